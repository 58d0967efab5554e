"""MiniStack with the emitted stack and its packed functions: prints the address of POST and a token, stays until stdin ends.

Takes the program `ministack`, and the assets file of a stack whose clients sign their own tokens (`tokens: { zgw: true }`), beside
which lie the template and the packages.
"""

import base64
import hashlib
import hmac
import json
import pathlib
import sys
import time

from ministack import start, url
from peer import REGION, client, serve

CLIENT, KEY = "zaaksysteem", "a-key-of-more-than-thirty-two-bytes"
BUCKET, STACK = "assets", "peer"


def token():
    """As a client signs it in the ZGW way."""

    def part(content):
        return base64.urlsafe_b64encode(content).rstrip(b"=")

    claims = {"iss": CLIENT, "client_id": CLIENT, "iat": int(time.time())}
    signed = part(b'{"alg":"HS256","typ":"JWT"}') + b"." + part(json.dumps(claims).encode())
    return (signed + b"." + part(hmac.digest(KEY.encode(), signed, hashlib.sha256))).decode()


program, assets = sys.argv[1:]
assets = pathlib.Path(assets)
endpoint = start(program)
bucket = client("s3", endpoint)
bucket.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
for asset in json.loads(assets.read_text())["assets"]:
    bucket.upload_file(str(assets.parent / asset["key"]), BUCKET, asset["key"])
template = assets.with_name(assets.name.replace(".assets.json", ".template.json"))
bucket.upload_file(str(template), BUCKET, template.name)

stacks = client("cloudformation", endpoint)
stacks.create_stack(
    StackName=STACK,
    TemplateURL=f"{endpoint}/{BUCKET}/{template.name}",
    Capabilities=["CAPABILITY_IAM"],
    Parameters=[{"ParameterKey": "AssetsBucket", "ParameterValue": BUCKET}],
)
while True:
    [stack] = stacks.describe_stacks(StackName=STACK)["Stacks"]
    if stack["StackStatus"] != "CREATE_IN_PROGRESS":
        break
    time.sleep(0.05)
if stack["StackStatus"] != "CREATE_COMPLETE":
    sys.exit(f"{stack['StackStatus']}: {stack.get('StackStatusReason')}")
outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
clients = {CLIENT: {"sleutel": KEY, "scopes": "create:confidential"}}
client("secretsmanager", endpoint).put_secret_value(SecretId=outputs["ClientsSecretArn"], SecretString=json.dumps(clients))
rest = outputs["ApiUrl"].removeprefix("https://").split(".")[0]
serve(f"{url(endpoint, rest)} {token()}")
