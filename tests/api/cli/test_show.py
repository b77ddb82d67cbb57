"""``orgsim show`` of a world with a tree and policies."""

import json
from pathlib import Path

import anyio
import pytest
from rich.console import Console
from typer.testing import CliRunner

from orgsim.api import PacedClock, Simulation
from orgsim.api.cli import terminal
from orgsim.api.cli.app import app
from orgsim.api.cli.show import COLUMNS, Subject
from orgsim.engine.settings import SECOND

MANAGEMENT = "111111111111"


async def _write(path: Path) -> None:
    async with Simulation(path) as sim:
        org = sim.client(MANAGEMENT)
        await org.create_organization()
        root = (await org.list_roots()).roots[0].id
        outer = await org.create_organizational_unit(parent_id=root, name="Workloads")
        await org.create_organizational_unit(parent_id=outer.organizational_unit.id, name="Production")
        await org.create_policy(type="TAG_POLICY", name="Costs", description="Who pays", content='{"tags":{}}')
        await sim.client("222222222222").create_organization()


@pytest.fixture
def log(tmp_path: Path) -> str:
    """The log of a world of two organizations; one of them has OUs and a policy."""
    path = tmp_path / "w.db"
    anyio.run(_write, path)
    return str(path)


def shown(log: str, *arguments: str) -> str:
    """What the command prints."""
    done = CliRunner().invoke(app, ["show", log, *arguments])
    assert (done.exit_code, done.stderr) == (0, "")
    return done.stdout


def test_units(log: str) -> None:
    """OUs are shown with their paths; roots are none."""
    found = json.loads(shown(log, "units", "--json"))
    outer, inner = found["units"]
    assert (found["total"], outer["Name"], inner["Name"]) == (2, "Workloads", "Production")
    assert inner["Path"] == f"{outer['Path']}{inner['Id']}/"
    for_people = shown(log, "units")
    assert all(text in for_people for text in (outer["Id"], inner["Id"], inner["Path"]))


def test_policies(log: str) -> None:
    """An organization's own policies are shown, AWS's are not."""
    found = json.loads(shown(log, "policies", "--json"))
    (policy,) = found["policies"]
    assert (policy["Name"], policy["Type"], policy["AwsManaged"]) == ("Costs", "TAG_POLICY", False)
    for_people = shown(log, "policies")
    assert all(text in for_people for text in (policy["Id"], "TAG_POLICY", "Costs", "Who pays"))


def test_verify_beyond_the_calendar(tmp_path: Path) -> None:
    """A log that ends at a moment without a date is verified as any other: how far it has been read needs none."""

    async def write(path: Path) -> None:
        async with Simulation(path, clock=PacedClock(1, start=400_000_000_000 * SECOND)):
            pass

    anyio.run(write, tmp_path / "w.db")
    done = CliRunner().invoke(app, ["verify", str(tmp_path / "w.db")])
    assert (done.exit_code, done.stderr) == (0, "")
    assert "1 events" in done.stdout


@pytest.mark.parametrize("columns", [20, 40, 80, 200])
@pytest.mark.parametrize("subject", ["organization", "units", "accounts", "policies", "handshakes"])
def test_narrow_terminal(subject: str, columns: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However narrow the terminal is, every heading and every character of an id is there."""
    log = str(tmp_path / "w.db")

    async def write() -> None:
        await _write(Path(log))
        async with Simulation(log) as sim:
            await sim.client(MANAGEMENT).invite_account_to_organization(target={"Type": "ACCOUNT", "Id": "3" * 12})

    anyio.run(write)
    rows = json.loads(shown(log, subject, "--json"))[subject]
    monkeypatch.setattr(terminal, "out", Console(width=columns))
    told = shown(log, subject)
    for row in rows:
        assert row["Id"] in told
    folded = "".join(told.split())
    for heading in COLUMNS[Subject(subject)][0]:
        assert heading.split()[-1] in folded
    assert "…" not in told
