"""``orgsim fork`` that is killed leaves the new log whole or not at all, and the old one as it was."""

import signal
import subprocess
import sys
from pathlib import Path

import anyio
import pytest
from support.campaign import CAMPAIGN
from support.log_files import verified
from typer.testing import CliRunner

from orgsim.api import Simulation
from orgsim.api.cli.app import app
from orgsim.engine.operation import SIMULATION
from orgsim.engine.operations import describe_account_outside

pytestmark = pytest.mark.slow

EVENTS = 700

KILLED = """
import os, signal, sys
from orgsim.api.cli.app import app
from orgsim.engine.log import cut

cut.READ_SIZE = 256
left = int(sys.argv[1])

def kill(event, arguments):
    global left
    if event.startswith(("open", "os.", "sqlite3.")) and any("new.db" in str(each) for each in arguments):
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1

sys.addaudithook(kill)
app(["fork", "w.db", "new.db"])
"""
"""Forks a log, and is killed when it is about to open, link or remove a file of the new one for the so-manieth time."""


async def _filled(path: Path) -> None:
    async with Simulation(path, durability="off") as sim:
        for number in range(EVENTS - 1):
            sim.engine.post(describe_account_outside.Request(f"{number:012}", name=f"number {number}"), SIMULATION)
        await sim.engine.flush()


@pytest.mark.campaign
def test_killed_at_every_step(tmp_path: Path) -> None:
    """Wherever it is killed there is no new log or a whole one; run again it makes it, or says that it is there.

    In the suite it is killed at every fourth step, in a campaign at every one.
    """
    old, new, stride = tmp_path / "w.db", tmp_path / "new.db", 1 if CAMPAIGN else 4
    anyio.run(_filled, old)
    before, ends = old.read_bytes(), list[int]()
    while not ends or ends[-1]:
        command = [sys.executable, "-c", KILLED, str(len(ends) * stride)]
        ends.append(subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode)
        assert ends[-1] in (0, -signal.SIGKILL)
        assert old.read_bytes() == before
        was_there = new.exists()
        again = CliRunner().invoke(app, ["fork", str(old), str(new)])
        assert (again.exit_code, "exists already" in again.stderr) == ((2, True) if was_there else (0, False))
        assert anyio.run(verified, new) == EVENTS
        anyio.run(_opened_once, new)
        # A killed reader leaves SQLite's files beside what it has read; its next writer takes them away.
        assert {each.name for each in tmp_path.iterdir()} - {"w.db-wal", "w.db-shm"} == {"w.db", "new.db"}
        new.unlink()
    assert len(ends) * stride > 10


async def _opened_once(path: Path) -> None:
    """Open a log for writing, and close it, which removes what is left beside it."""
    async with Simulation(path):
        pass
