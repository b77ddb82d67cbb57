"""A real `orgsim serve` in a process of its own, for tests that speak to it as clients of AWS do."""

import json
import re
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import boto3
from botocore.config import Config

PATIENCE = 20
"""Seconds until a server that does not say where it is counts as broken."""


class Server:
    """Where a server listens, and the world that it simulates."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = boto3.Session(region_name="us-east-1")
        self.organizations = cache(self._organizations)

    def _organizations(self, account: str) -> Any:
        return self.client("organizations", aws_access_key_id=account, aws_secret_access_key="any")

    def client(self, service: str, **credentials: str) -> Any:
        """A client of boto3; it tries once, so that nothing that goes wrong stays unseen."""
        once = Config(retries={"total_max_attempts": 1})
        return self.session.client(service, endpoint_url=self.url, config=once, **credentials)

    def advance(self, duration: str) -> None:
        """Let time pass: ``15d``, ``1h``."""
        self._post("clock", {"advance": duration})

    def reset(self) -> None:
        """Begin with a new world."""
        self._post("reset", {})

    def _post(self, path: str, body: dict[str, str]) -> None:
        request = Request(f"{self.url}/_orgsim/{path}", json.dumps(body).encode(), method="POST")
        with urlopen(request, timeout=PATIENCE) as answer:
            assert answer.status in (200, 204)


@contextmanager
def serving(*options: str) -> Iterator[Server]:
    """A server on a free port of the loopback; stopped as one stops a service, which it does cleanly."""
    command = [Path(sys.executable).with_name("orgsim"), "serve", "--port", "0", "--clock", "simulated", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield Server(_announced_url(process))
        finally:
            process.terminate()
            _, complaints = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, complaints


def _announced_url(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], PATIENCE)
    line = process.stdout.readline() if ready else ""
    found = re.search(r"http://[^\s/]+", line)
    assert found, f"`orgsim serve` does not say where it listens: {line!r}"
    return found[0]
