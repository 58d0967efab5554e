"""MiniStack with a REST API whose POST is a function that sends to a queue: prints its address, stays until stdin ends.

Takes the program `ministack`.
"""

import io
import sys
import zipfile

from ministack import start, url
from peer import REGION, client, serve

# As quick as a function in Python can be: no SDK, and one connection.
FUNCTION = """
import http.client, json, os, urllib.parse
where = urllib.parse.urlsplit(os.environ["QUEUE"])
connection = http.client.HTTPConnection(where.netloc)
signature = "AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/sqs/aws4_request, SignedHeaders=host, Signature=0"
headers = {"X-Amz-Target": "AmazonSQS.SendMessage", "Content-Type": "application/x-amz-json-1.0", "Authorization": signature}
def handler(event, context):
    connection.request("POST", "/", json.dumps({"QueueUrl": os.environ["QUEUE"], "MessageBody": event["body"]}), headers)
    answer = connection.getresponse()
    sent = json.loads(answer.read())
    return {"statusCode": 201, "body": json.dumps({"id": sent["MessageId"]})}
"""

[program] = sys.argv[1:]
endpoint = start(program)
queue = client("sqs", endpoint).create_queue(QueueName="peer")["QueueUrl"]
package = io.BytesIO()
with zipfile.ZipFile(package, "w") as packed:
    packed.writestr("index.py", FUNCTION)
functions = client("lambda", endpoint)
arn = functions.create_function(
    FunctionName="peer",
    Runtime="python3.12",
    Handler="index.handler",
    Role="arn:aws:iam::000000000000:role/peer",
    Code={"ZipFile": package.getvalue()},
    Environment={"Variables": {"QUEUE": queue}},
)["FunctionArn"]
api = client("apigateway", endpoint)
rest = api.create_rest_api(name="peer")["id"]
root = api.get_resources(restApiId=rest)["items"][0]["id"]
acties = api.create_resource(restApiId=rest, parentId=root, pathPart="verwerkingsacties")["id"]
method = {"restApiId": rest, "resourceId": acties, "httpMethod": "POST"}
api.put_method(**method, authorizationType="NONE")
api.put_integration(
    **method,
    type="AWS_PROXY",
    integrationHttpMethod="POST",
    uri=f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{arn}/invocations",
)
api.create_deployment(restApiId=rest, stageName="v1")
serve(url(endpoint, rest))
