"""LocalStack with a REST API whose GET is a mapping template to DynamoDB's GetItem: prints its address, stays until stdin ends.

Takes the address of a DynamoDB, its table and the id of an actie. LocalStack's own DynamoDB is a program of AWS that is no open
source and has to be downloaded; the one that `synth local` embeds takes its place. LocalStack listens on every address of the
machine whatever it is told; here it is held to 127.0.0.1.
"""

import functools
import os
import sys
import tempfile
import threading

from peer import REGION, client, free_port, serve

dynamodb, table, actie = sys.argv[1:]
# LocalStack has something to say as well.
out, sys.stdout = sys.stdout, sys.stderr
port = free_port()
endpoint = f"http://127.0.0.1:{port}"
folder = tempfile.TemporaryDirectory()
os.environ.update(
    GATEWAY_LISTEN=f"127.0.0.1:{port}",
    FILESYSTEM_ROOT=folder.name,
    DNS_ADDRESS="0",
    DISABLE_EVENTS="1",
    SKIP_SSL_CERT_DOWNLOAD="1",
    LS_LOG="error",
)

from twisted.internet import endpoints

endpoints.TCP4ServerEndpoint = functools.partial(endpoints.TCP4ServerEndpoint, interface="127.0.0.1")

from localstack.aws.forwarder import AwsRequestProxy
from localstack.runtime import current, events
from localstack.services.dynamodb.server import DynamodbServer

DynamodbServer.start_dynamodb = lambda self: True
DynamodbServer.stop_dynamodb = lambda self: None

REQUEST = """{
  "TableName": "%s", "ConsistentRead": true,
  "Key": {"actieId": {"S": "$input.params('id')"}, "soort": {"S": "actueel"}}
}"""
# Something of the row, as an answer of the API has it.
ANSWER = """#set($row = $input.path('$.Item'))
{"actieId": "$row.actieId.S", "vertrouwelijkheid": "$row.vertrouwelijkheid.S", "tijdstip": "$row.tijdstipRegistratie.S"}"""


def deploy():
    DynamodbServer.get().proxy = AwsRequestProxy(dynamodb)
    api = client("apigateway", endpoint)
    rest = api.create_rest_api(name="peer")["id"]
    root = api.get_resources(restApiId=rest)["items"][0]["id"]
    acties = api.create_resource(restApiId=rest, parentId=root, pathPart="verwerkingsacties")["id"]
    one = api.create_resource(restApiId=rest, parentId=acties, pathPart="{id}")["id"]
    method = {"restApiId": rest, "resourceId": one, "httpMethod": "GET"}
    api.put_method(**method, authorizationType="NONE", requestParameters={"method.request.path.id": True})
    api.put_method_response(**method, statusCode="200")
    api.put_integration(
        **method,
        type="AWS",
        integrationHttpMethod="POST",
        uri=f"arn:aws:apigateway:{REGION}:dynamodb:action/GetItem",
        credentials="arn:aws:iam::000000000000:role/peer",
        requestTemplates={"application/json": REQUEST % table},
    )
    api.put_integration_response(**method, statusCode="200", responseTemplates={"application/json": ANSWER})
    api.create_deployment(restApiId=rest, stageName="v1")
    return f"{endpoint}/_aws/execute-api/{rest}/v1/verwerkingsacties/{actie}"


def deploy_and_serve():
    events.infra_ready.wait()
    try:
        serve(deploy(), out)
    except Exception as why:
        print(why, file=sys.stderr)
    # Its threads do not end by themselves.
    folder.cleanup()
    os._exit(0)


threading.Thread(target=deploy_and_serve, daemon=True).start()
current.initialize_runtime().run()
