"""A served world, imported over the wire into a new log: every reading operation answers the same."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import anyio
import pytest
from support.campaign import examples
from support.dumps import log_of, random_world
from support.given import FOUNDER
from support.loopback_server import serving
from support.projection_world import answers
from support.server_process import NOBODY, as_nobody
from typer.testing import CliRunner

from orgsim.api import Simulation
from orgsim.api.cli.app import app
from orgsim.engine.log import MemoryLog
from orgsim.projections.views import Views

CREDENTIALS = {**NOBODY, "AWS_ACCESS_KEY_ID": FOUNDER, "AWS_SECRET_ACCESS_KEY": "any"}
TIMES = ("LastUpdatedTimestamp", "EvaluationTimestamp")
"""When effective policies were merged: in the twin at the moment of the dump."""


@pytest.fixture(autouse=True)
def credentials() -> Iterator[None]:
    """The environment of the management account, without the user's own settings."""
    with as_nobody(), patch.dict(os.environ, CREDENTIALS):
        yield


def run(*arguments: object) -> Any:
    """Run a command of orgsim."""
    return CliRunner().invoke(app, [str(each) for each in arguments])


def comparable(value: Any) -> Any:
    """An answer without the order of lists, of which AWS promises none, and without ended handshakes."""
    if isinstance(value, dict):
        return {key: comparable(each) for key, each in value.items() if key not in (*TIMES, "NextToken")}
    if isinstance(value, datetime):
        return round(value.timestamp() * 1_000)  # the wire has milliseconds
    if isinstance(value, list):
        kept = [comparable(each) for each in value if not _is_lost(each)]
        return sorted(kept, key=lambda each: json.dumps(each, sort_keys=True, default=str))
    return value


def _is_lost(item: Any) -> bool:
    """Whether an item of a list is a handshake that has ended, or offers a transfer."""
    if not isinstance(item, dict) or "Action" not in item or "State" not in item:
        return False
    return item["State"] not in ("OPEN", "REQUESTED") or item["Action"] == "TRANSFER_RESPONSIBILITY"


def asked(views: Views, organization: str) -> dict[tuple[str, ...], Any]:
    """The answers to all questions about an organization, asked by its management account."""
    found: dict[tuple[str, ...], Any] = {}
    for question, answer in answers(views, [FOUNDER]).items():
        if question[0] == FOUNDER and "Transfer" not in question[1] and "Handshake" not in question[1][:18]:
            found[question] = comparable(answer)
    return found


@contextmanager
def served(log: MemoryLog) -> Iterator[Any]:
    """Serve the world of a log."""
    with serving(log=log) as server:
        yield server


@pytest.mark.slow
@pytest.mark.campaign
def test_a_random_world() -> None:
    """The twin of a random served world answers all questions as it does, but for ended handshakes and transfers."""
    for seed in range(examples(6)):
        world = random_world(seed)
        organization = world.state.organization_of(FOUNDER)
        if organization is None or organization.management_account != FOUNDER:
            continue
        log = anyio.run(log_of, world)
        with TemporaryDirectory() as folder, served(log) as server:
            twin = Path(folder) / "twin.db"
            result = run("import", "--endpoint-url", server.url, "--log", twin, "--json")
            assert result.exit_code == 0, result.output
            original = asked(server.sim.views, organization.id)
            with Simulation(twin) as sim:
                copied = asked(sim.views, organization.id)
                assert abs(sim.engine.now - server.sim.engine.now) < 1_000
            shared = original.keys() & copied.keys()
            assert copied == {question: original[question] for question in shared}, seed
