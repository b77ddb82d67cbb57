"""Forks at a moment, and forks that are kept in a file."""

import json
from pathlib import Path
from random import Random

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.given import FOUNDER, MEMBER, RIVAL
from support.played_simulation import Played
from test_fork import content, found
from typer.testing import CliRunner

from orgsim.api import LogDamaged, LogError, Settings, Simulation
from orgsim.api.cli.app import app


@given(st.integers(0, 2**16), st.lists(st.integers(0, 2**32 - 1), max_size=15))
def test_future_is_played_again(seed: int, script: list[int]) -> None:
    """A fork at a past place, in which the same happens again, gets the same log and knows the same."""
    cut = Random(seed).randrange(len(script) + 1)
    settings = Settings(latency="realistic", read_lag_seconds=90 * (seed % 2))
    with Simulation(seed=5, settings=settings) as sim:
        found(sim)
        Played(sim).play(script[:cut])
        position, now = sim.engine.durable, sim.engine.now
        Played(sim).play(script[cut:])
        before = content(sim)
        with sim.sync.fork(at=position) as fork:
            assert (fork.engine.durable, fork.engine.now) == (position, now)
            Played(fork).play(script[cut:])
            assert content(fork) == before == content(sim)


def test_file(tmp_path: Path) -> None:
    """A fork in a file goes on in its own way, also when it is opened again; the original stays as it is."""
    path, other = tmp_path / "w.db", tmp_path / "other.db"
    with Simulation(path) as sim:
        sim.sync.client(FOUNDER).create_organization()
        sim.sync.advance(days=1)
        sim.sync.client(FOUNDER).invite_account_to_organization(target={"Type": "ACCOUNT", "Id": MEMBER})
        kept = sim.sync.events()
        with sim.sync.fork(at="2026-01-01T12:00:00Z", log=other) as fork:
            assert not fork.sync.client(FOUNDER).list_handshakes_for_organization().handshakes
            fork.sync.client(FOUNDER).invite_account_to_organization(target={"Type": "ACCOUNT", "Id": RIVAL})
        assert sim.sync.events() == kept
        with Simulation(other) as again:
            assert again.sync.events(limit=3) == kept[:3]
            assert len(again.sync.client(FOUNDER).list_handshakes_for_organization().handshakes) == 1
        with sim.sync.fork(log=tmp_path / "present.db") as present:
            assert present.sync.events() == kept
    assert CliRunner().invoke(app, ["verify", str(other)]).exit_code == 0
    assert {each.name for each in tmp_path.iterdir()} == {"w.db", "other.db", "present.db"}


async def test_refused(tmp_path: Path) -> None:
    """A fork onto a file, at no place, or in the midst of a command is refused, and leaves nothing behind."""
    path = tmp_path / "w.db"
    async with Simulation(path) as sim:
        await sim.client(FOUNDER).create_organization()
        with pytest.raises(LogError, match="the file exists already"):
            await sim.fork(at=1, log=path)
        with pytest.raises(ValueError, match="there is no position 99; the log has"):
            await sim.fork(at=99, log=tmp_path / "new.db")
        with pytest.raises(LogError, match=r"in the midst of CreateOrganization, .* 2 to 3 .*: fork at 1 or at 3$"):
            await sim.fork(at=2, log=tmp_path / "new.db")
    assert [each.name async for each in anyio.Path(tmp_path).iterdir()] == ["w.db"]


def test_command(tmp_path: Path) -> None:
    """``orgsim fork`` says what both logs have; what cannot be is one line, and leaves nothing behind."""
    path, new = tmp_path / "w.db", tmp_path / "new.db"
    with Simulation(path) as sim:
        sim.sync.client(FOUNDER).create_organization()
        sim.sync.advance(days=1)
    run = CliRunner().invoke
    made = json.loads(run(app, ["fork", str(path), str(new), "--at", "2026-01-01T12:00:00Z", "--json"]).stdout)
    verified = json.loads(run(app, ["verify", str(new), "--json"]).stdout)
    assert (made["position"], made["digest"]) == (verified["events"], verified["digest"])
    for arguments in (["--at", "77"], ["--at", "2020-01-01T00:00:00Z"], ["--at", "then"], ["--at", "2"]):
        refused = run(app, ["fork", str(path), str(tmp_path / "no.db"), *arguments])
        assert (refused.exit_code, refused.stdout, refused.stderr.count("\n")) == (2, "", 1)
    assert "exists already" in run(app, ["fork", str(path), str(new)]).stderr
    assert {each.name for each in tmp_path.iterdir()} == {"w.db", "new.db"}


def test_damaged_log(tmp_path: Path) -> None:
    """Of a damaged log no fork is made."""
    path, new = tmp_path / "w.db", tmp_path / "new.db"
    with Simulation(path) as sim:
        sim.sync.client(FOUNDER).create_organization()
    data = bytearray(path.read_bytes())
    place = data.index(b"CreateOrganization")
    data[place : place + 6] = b"Delete"
    path.write_bytes(data)
    refused = CliRunner().invoke(app, ["fork", str(path), str(new)])
    assert refused.exit_code == 1
    assert "damaged at position" in refused.stderr
    assert [each.name for each in tmp_path.iterdir()] == ["w.db"]
    with pytest.raises(LogDamaged), Simulation(path):
        pass
