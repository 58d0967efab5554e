"""The least that a custom runtime of Lambda is: asks for events, has them handled, hands the answers back."""

import http.client
import json
import os


def run(handler):
    api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    while True:
        api.request("GET", "/2018-06-01/runtime/invocation/next")
        answer = api.getresponse()
        event = json.loads(answer.read())
        request = answer.getheader("Lambda-Runtime-Aws-Request-Id")
        content = json.dumps(handler(event))
        api.request("POST", f"/2018-06-01/runtime/invocation/{request}/response", content)
        api.getresponse().read()
