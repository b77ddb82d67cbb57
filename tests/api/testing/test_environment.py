"""``sim.environment``: the environment of another program, with a server behind it."""

import socket
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import pytest
from support.patience import PATIENCE

from orgsim.api import Simulation
from orgsim.engine.runtime.inline import NeedsEventLoop

FOUNDER = "111111111111"
REAL_CONNECT = socket.socket.connect


@pytest.fixture(autouse=True)
def loopback(no_network: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sockets may be connected here."""
    monkeypatch.setattr(socket.socket, "connect", REAL_CONNECT)


def as_program(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]) -> None:
    """Give this process the environment of the program."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)


@pytest.mark.parametrize("log", [None, "world.db"])
def test_a_program(log: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program calls the same world that this process sees, and after the block nobody answers."""
    with Simulation(log and tmp_path / log) as sim:
        with sim.environment(FOUNDER) as environment:
            as_program(monkeypatch, environment)
            made = boto3.client("organizations").create_organization()["Organization"]

            assert made["Id"] == sim.sync.client(FOUNDER).describe_organization().organization.id
        url = urlsplit(environment["AWS_ENDPOINT_URL"])
        with pytest.raises(OSError, match="refused"):
            socket.create_connection((str(url.hostname), url.port or 0), timeout=PATIENCE)


def test_roles(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program can call as a session of a role, whose keys are valid in process too."""
    monkeypatch.setenv("AWS_PROFILE", "production")
    with Simulation() as sim, sim.environment(FOUNDER, role="Admin") as environment:
        assert "AWS_PROFILE" not in environment
        monkeypatch.delenv("AWS_PROFILE")
        as_program(monkeypatch, environment)
        arn = f"arn:aws:sts::{FOUNDER}:assumed-role/Admin/orgsim"

        assert boto3.client("sts").get_caller_identity()["Arn"] == arn
        assert sim.boto3_session(FOUNDER).client("sts").get_caller_identity()["Account"] == FOUNDER


async def test_a_log_in_a_loop(tmp_path: Path) -> None:
    """A world with a log that runs in this event loop is served in it, and says so."""
    async with Simulation(tmp_path / "world.db") as sim:
        with pytest.raises(NeedsEventLoop, match=r"async with orgsim.api.server.embed.serve"):
            sim.environment(FOUNDER).__enter__()
