"""``orgsim serve`` in a process of its own, as its users run it, and clients of AWS that talk to it."""

import json
import os
import re
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch
from urllib.request import Request, urlopen

import boto3
import pytest

from support.forked_command import Command, Limits
from support.loopback_server import Served
from support.patience import PATIENCE

ORGSIM = Path(sys.executable).with_name("orgsim")
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "FORCE_COLOR")}

NOBODY = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_MAX_ATTEMPTS": "1",
}
"""The environment of AWS's clients, without the user's own settings; one attempt, so that no failure is hidden."""


@contextmanager
def as_nobody() -> Iterator[None]:
    """Hide the AWS settings and proxies of the user who runs the tests."""
    disturbing = [name for name in os.environ if name.startswith("AWS_") or name.lower().endswith("_proxy")]
    with patch.dict(os.environ, NOBODY):
        for name in disturbing:
            if name not in NOBODY:
                del os.environ[name]
        yield


class Process(Served):
    """A running ``orgsim serve``.

    Args:
        folder: its working directory; gets a file ``stderr``.
        arguments: of the command.
        limits: of the process.
    """

    def __init__(self, folder: Path, *arguments: str, limits: Limits | None = None) -> None:
        self._errors = folder / "stderr"
        self.process = Command(folder, ["serve", *arguments], self._errors, limits)
        self.ready = self.process.stdout.readline().decode()
        found = re.search(r"http://[^\"\s]+", self.ready)
        if not found:
            _, _, log = self.end(signal.SIGKILL)
            pytest.fail(f"not ready: {self.ready!r} {log}")
        super().__init__(found[0], None, None)

    @property
    def log(self) -> str:
        """The output on stderr so far."""
        return self._errors.read_text()

    def end(self, by: signal.Signals = signal.SIGTERM) -> tuple[int, str, str]:
        """Send a signal and wait; returns exit code, stdout after the ready line, and stderr."""
        if self.process.poll() is None:
            self.process.send_signal(by)
        if self.process.wait(PATIENCE) is None:
            self.process.kill()
        out, log = self.process.communicate()
        return self.process.returncode, out, log


Start = Callable[..., Process]
"""Starts a process on a free port."""


class Server:
    """The boto3 clients and the control plane of a running server."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = boto3.Session()
        self.organizations = cache(self._organizations)
        self.last_answer: Any = None
        """The JSON body of the last answer to ``organizations``; boto3 leaves out members that it does not know."""

    def _organizations(self, account: str) -> Any:
        client = self.client("organizations", aws_access_key_id=account, aws_secret_access_key="any")
        client.meta.events.register("before-parse.organizations", self._keep_answer)
        return client

    def _keep_answer(self, response_dict: dict[str, Any], **_: Any) -> None:
        self.last_answer = json.loads(response_dict["body"])

    def client(self, service: str, **credentials: str) -> Any:
        """Make a boto3 client."""
        return self.session.client(service, endpoint_url=self.url, **credentials)

    def advance(self, duration: str) -> None:
        """Advance the clock by a duration such as ``15d`` or ``1h``."""
        self._post("clock", {"advance": duration})

    def jump_for_pollers(self) -> None:
        """Let the clock jump for clients that poll."""
        self._post("clock", {"auto": True})

    def reset(self) -> None:
        """Replace the world by a new one."""
        self._post("reset", {})

    def _post(self, path: str, body: dict[str, Any]) -> None:
        request = Request(f"{self.url}/_orgsim/{path}", json.dumps(body).encode(), method="POST")
        with urlopen(request, timeout=PATIENCE) as answer:
            assert answer.status in (200, 204)


@contextmanager
def serving(*options: str) -> Iterator[Server]:
    """Run a server on a free port of the loopback interface; it must stop cleanly in the end."""
    with as_nobody(), TemporaryDirectory() as folder:
        process = Process(Path(folder), "--port", "0", "--clock", "simulated", *options)
        try:
            yield Server(process.url)
        finally:
            code, _, log = process.end()
    assert code == 0, f"`orgsim serve` did not stop cleanly: {log}"
