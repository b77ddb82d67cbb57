"""What the tests of code for AWS share: no request may leave the process, and nobody's profile is read."""

import os
import socket
from pathlib import Path
from typing import Any

import pytest


class Left(Exception):
    """A socket was connected."""


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Connecting a socket raises, and there is no profile, no key and no region of whoever runs the tests."""

    def connect(self: socket.socket, address: Any) -> None:
        raise Left(f"something connects to {address}")

    monkeypatch.setattr(socket.socket, "connect", connect)
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
