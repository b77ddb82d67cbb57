"""A real `orgsim serve` in a process of its own, for tests that speak to it as clients of AWS do."""

import json
import os
import re
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.request import Request, urlopen

import boto3

PATIENCE = 20
"""Seconds until a server that does not say where it is counts as broken."""

NOBODY = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_MAX_ATTEMPTS": "1",
}
"""AWS's clients without whoever runs the tests. They try once, so that nothing that goes wrong stays unseen."""


@contextmanager
def as_nobody() -> Iterator[None]:
    """Neither profiles nor proxies of whoever runs the tests have a say."""
    disturbing = [name for name in os.environ if name.startswith("AWS_") or name.lower().endswith("_proxy")]
    with patch.dict(os.environ, NOBODY):
        for name in disturbing:
            if name not in NOBODY:
                del os.environ[name]
        yield


class Server:
    """Where a server listens, and the world that it simulates."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = boto3.Session()
        self.organizations = cache(self._organizations)
        self.last_answer: Any = None
        """What stood in the body of the last answer of ``organizations``; boto3 leaves out what it does not know."""

    def _organizations(self, account: str) -> Any:
        client = self.client("organizations", aws_access_key_id=account, aws_secret_access_key="any")
        client.meta.events.register("before-parse.organizations", self._keep_answer)
        return client

    def _keep_answer(self, response_dict: dict[str, Any], **_: Any) -> None:
        self.last_answer = json.loads(response_dict["body"])

    def client(self, service: str, **credentials: str) -> Any:
        """A client of boto3."""
        return self.session.client(service, endpoint_url=self.url, **credentials)

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
    with as_nobody(), subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Server(_announced_url(process))
        finally:
            _stop(process)
    assert process.returncode == 0, "`orgsim serve` did not stop cleanly"


def _stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()


def _announced_url(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], PATIENCE)
    line = process.stdout.readline() if ready else ""
    found = re.search(r"http://[^\s/]+", line)
    assert found, f"`orgsim serve` does not say where it listens: {line!r}"
    return found[0]
