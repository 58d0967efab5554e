"""MiniStack, started."""

import atexit
import os
import socket
import subprocess
import sys
import tempfile
import time

from peer import free_port


def start(program):
    """Starts it; it ends with this process. Returns the address of its AWS."""
    port = free_port()
    endpoint = f"http://127.0.0.1:{port}"
    folder = tempfile.TemporaryDirectory()
    # The functions that it runs write there too, and find it by its address.
    environment = dict(os.environ, BIND_HOST="127.0.0.1", GATEWAY_PORT=str(port), AWS_ENDPOINT_URL=endpoint, TMPDIR=folder.name)
    log = open(os.path.join(folder.name, "log"), "w")
    ministack = subprocess.Popen([program], env=environment, cwd=folder.name, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def end():
        # So that it ends the functions that it runs.
        ministack.terminate()
        ministack.wait()
        folder.cleanup()

    atexit.register(end)
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return endpoint
        except OSError:
            if ministack.poll() is not None:
                sys.exit(open(log.name).read())
            time.sleep(0.05)


def url(endpoint, rest):
    """Where the stage v1 of an API is."""
    return f"{endpoint}/restapis/{rest}/v1/_user_request_/verwerkingsacties"
