"""``orgsim snapshot``, and what the other commands do with its file."""

import json
from pathlib import Path

import anyio
import msgspec
import pytest
from click.testing import Result
from support.repository import SCENARIOS
from typer.testing import CliRunner

from orgsim.api import Simulation
from orgsim.api.cli.app import app
from orgsim.engine.log import snapshots as snapshots_module
from orgsim.engine.log import snapshots_along
from orgsim.engine.log.snapshots import MAGIC, Snapshot
from orgsim.projections import rebuild
from orgsim.projections.views import Views

pytestmark = pytest.mark.slow

SCENARIO = SCENARIOS / "enable-all-features.toml"


def run(*arguments: str | Path) -> Result:
    """Run the command and return its result."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """The log of a run."""
    path = tmp_path / "w.db"
    assert run("simulate", SCENARIO, "--accounts", "20", "--log", path, "--durability", "off").exit_code == 0
    return path


def beside(log: Path) -> Path:
    """Its snapshot."""
    return log.with_name("w.db-snapshot")


def test_snapshot(log: Path) -> None:
    """The command writes the file beside the log and says how far it goes; a second one begins from it."""
    taken = json.loads(run("snapshot", log, "--json").stdout)
    events = json.loads(run("verify", log, "--json").stdout)["events"]
    content = beside(log).read_bytes()
    assert taken == {
        "snapshot": str(beside(log)),
        "position": events,
        "seconds": taken["seconds"],
        "bytes": len(content),
    }
    people = run("snapshot", log)
    assert people.stdout.startswith(f"{beside(log)}: position {events:,}, ")
    assert beside(log).read_bytes() == content


def test_show_begins_from_it(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``show`` gives the same output with a snapshot, without reading an event."""
    subjects = ("organization", "units", "accounts", "policies", "handshakes")
    before = [run("show", log, subject, "--json").stdout for subject in subjects]
    run("snapshot", log)
    fed: list[int] = []

    class Counted(Views):
        def feed(self, envelopes: list) -> None:
            fed.append(len(envelopes))
            super().feed(envelopes)

    monkeypatch.setattr(rebuild, "Views", Counted)
    assert [run("show", log, subject, "--json").stdout for subject in subjects] == before
    assert fed == []
    beside(log).unlink()
    assert run("show", log, "accounts", "--json").stdout == before[2]
    assert sum(fed) > 0
    assert not beside(log).exists()


def test_resume_takes_no_notice(log: Path) -> None:
    """A run that is resumed beside a snapshot ends with the digest that it has without one."""
    digest = json.loads(run("verify", log, "--json").stdout)["digest"]
    run("snapshot", log)
    content = beside(log).read_bytes()
    resumed = run("simulate", SCENARIO, "--accounts", "20", "--log", log, "--resume", "--json")
    assert json.loads(resumed.stdout)["digest"] == digest
    assert beside(log).read_bytes() == content


def test_verify_proves_it(log: Path) -> None:
    """``verify`` says that a snapshot is what the whole log leads to, or why it is not used."""
    assert "snapshot" not in json.loads(run("verify", log, "--json").stdout)
    run("snapshot", log)
    assert json.loads(run("verify", log, "--json").stdout)["snapshot"] == "equal"
    assert run("verify", log).stdout.splitlines()[1] == f"{beside(log)}: equal"
    beside(log).write_bytes(beside(log).read_bytes()[:-1])
    found = run("verify", log, "--json")
    assert (found.exit_code, json.loads(found.stdout)["snapshot"]) == (1, "damaged")
    assert found.stderr == f"orgsim: {beside(log)}: damaged; delete it; it is not used\n"


def test_verify_finds_one_that_lies(log: Path) -> None:
    """A snapshot that would be believed, and says something else than the log, fails the check."""
    run("snapshot", log)
    body = beside(log).read_bytes()[len(MAGIC) + 32 :]
    snapshot = msgspec.msgpack.decode(body, type=Snapshot)
    lie = snapshot.state.replace(b"111111111111", b"999999999999")
    body = msgspec.msgpack.encode(msgspec.structs.replace(snapshot, state=lie))
    beside(log).write_bytes(MAGIC + snapshots_module.sha256(body).digest() + body)
    found = run("verify", log, "--json")
    answer = json.loads(found.stdout)
    message = (
        f"{beside(log)}: differs from what the first {answer['events']:,} events lead to; delete it; it is not used"
    )
    assert (found.exit_code, answer["ok"], answer["snapshot"], answer["error"]) == (1, False, "differs", message)
    assert found.stderr == f"orgsim: {message}\n"


def test_older_snapshot(log: Path) -> None:
    """A snapshot that the log has outgrown is proved as far as it goes, and shown with all that came since."""
    run("snapshot", log)
    older = beside(log).read_bytes()

    async def go_on() -> None:
        async with Simulation(log) as sim:
            await sim.advance(days=1)

    anyio.run(go_on)
    assert beside(log).read_bytes() == older
    assert json.loads(run("verify", log, "--json").stdout)["snapshot"] == "equal"
    shown = json.loads(run("show", log, "--json").stdout)
    beside(log).unlink()
    assert json.loads(run("show", log, "--json").stdout) == shown


def test_no_room_for_it(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the file cannot be written, one line says so, and nothing is left of it."""

    def fail(source: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    ran = run("snapshot", log)
    assert (ran.exit_code, ran.stdout) == (1, "")
    assert ran.stderr == f"orgsim: {beside(log)}: cannot be written: No space left on device\n"
    assert not [file for file in log.parent.iterdir() if "snapshot" in file.name]


def test_snapshots_along(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``show --at`` shows the past, and writes snapshots along the log; ``verify`` proves each of them."""
    monkeypatch.setattr(snapshots_along, "SPACING", 50)
    shown = json.loads(run("show", log, "accounts", "--at", "130", "--json").stdout)
    assert shown["position"] == 130
    assert shown["total"] == len(shown["accounts"]) > 20
    along = [log.with_name(f"w.db-snapshot-{position}") for position in (50, 100)]
    found = json.loads(run("verify", log, "--json").stdout)
    assert found["snapshots"] == {str(path): "equal" for path in along}
    assert f"{along[0]}: equal\n{along[1]}: equal\n" in run("verify", log).stdout
    moment = json.loads(run("show", log, "migration", "--at", shown["time"], "--json").stdout)
    assert moment["position"] >= 130
    content = bytearray(along[1].read_bytes())
    content[-1] ^= 1
    along[1].write_bytes(content)
    damaged = run("verify", log, "--json")
    assert (damaged.exit_code, json.loads(damaged.stdout)["snapshots"][str(along[1])]) == (1, "damaged")
    assert damaged.stderr == f"orgsim: {along[1]}: damaged; delete it; it is not used\n"


@pytest.mark.parametrize("place", ["0", "100000", "2025-01-01T00:00:00Z", "2025-01-01T00:00:00", "last Tuesday"])
def test_no_such_place(log: Path, place: str) -> None:
    """A place that is not in the log gets one line on stderr."""
    found = run("show", log, "accounts", "--at", place)
    assert (found.exit_code, found.stdout, found.stderr.count("\n")) == (2, "", 1)
    assert found.stderr.startswith(f"orgsim: {log}: ")


def test_events_have_no_place(log: Path) -> None:
    """Events are what they are at any moment, so ``--at`` is refused for them."""
    found = run("show", log, "events", "--at", "7")
    assert (found.exit_code, found.stdout) == (2, "")
    assert "--after and --limit" in found.stderr
