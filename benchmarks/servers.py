"""Starts the servers that are measured, ours and moto's, in processes of their own, and makes clients of them."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector
from threading import Event
from typing import Any
from urllib.request import Request, urlopen

import boto3
from botocore.config import Config
from moto.server import ThreadedMotoServer

TIMEOUT = 120
"""Seconds after which a server that does not answer fails the benchmark."""

KEY_ID = "AKIAIOSFODNN7EXAMPLE"
ORGSIM = (str(Path(sys.executable).with_name("orgsim")), "serve", "--port", "0")
ORGSIM_RESET = "/_orgsim/reset"
MOTO = (sys.executable, __file__)
MOTO_RESET = "/moto-api/reset"


@contextmanager
def running(*command: str) -> Iterator[str]:
    """Run a server in a process of its own; yields its URL, the last word of the first line that it prints."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        try:
            with DefaultSelector() as selector:
                selector.register(process.stdout, EVENT_READ)
                line = process.stdout.readline() if selector.select(TIMEOUT) else ""
            assert line, f"{command} does not start"
            yield line.split()[-1]
        finally:
            process.terminate()
            try:
                process.wait(TIMEOUT)
            except subprocess.TimeoutExpired:
                process.kill()


def reset(url: str, path: str) -> None:
    """Reset a server to an empty world."""
    with urlopen(Request(url + path, b"{}", {"Content-Type": "application/json"}), timeout=TIMEOUT):
        pass


def boto3_client(url: str) -> Any:
    """A boto3 client of the server at a URL, without retries."""
    config = Config(retries={"total_max_attempts": 1}, read_timeout=TIMEOUT)
    keys = {"aws_access_key_id": KEY_ID, "aws_secret_access_key": "secret"}
    return boto3.client("organizations", "us-east-1", endpoint_url=url, config=config, **keys)


def _serve_moto() -> None:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    print(f"http://{host}:{port}", flush=True)
    # The server runs in a daemon thread, which does not keep the process alive.
    Event().wait()


if __name__ == "__main__":
    _serve_moto()
