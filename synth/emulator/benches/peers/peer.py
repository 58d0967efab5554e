"""What the peers have in common: a free port, a client, and ending with whoever started them."""

import socket
import sys

REGION = "eu-west-1"


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def client(service, endpoint):
    import boto3

    secrets = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    return boto3.client(service, endpoint_url=endpoint, region_name=REGION, **secrets)


def serve(where, out=sys.stdout):
    """Says where the API is, and stays until nobody listens any more."""
    print(where, file=out, flush=True)
    sys.stdin.read()
