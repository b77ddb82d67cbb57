"""``orgsim show LOG calls``: who called what, and was refused."""

import json
from pathlib import Path
from typing import Any

import anyio
import pytest
from typer.testing import CliRunner

from orgsim.api import Refused, Settings, Simulation
from orgsim.api.cli.app import app
from orgsim.engine.settings import Record

MANAGEMENT, MEMBER = "111111111111", "222222222222"


async def _write(path: Path, record: Record) -> None:
    async with Simulation(path, settings=Settings(record=record)) as sim:
        await sim.client(MANAGEMENT, "root").create_organization()
        for account, principal in ((MEMBER, "maria"), (MANAGEMENT, "root"), (MEMBER, None)):
            await sim.advance(days=1)
            with pytest.raises(Refused):
                await sim.client(account, principal).leave_organization()
        await sim.client(MANAGEMENT).list_roots()


def written(folder: Path, record: Record = "all") -> str:
    """The log of a world in which three calls were refused, one changed something and one asked."""
    path = folder / f"{record}.db"
    anyio.run(_write, path, record)
    return str(path)


def shown(log: str, *arguments: str) -> str:
    """Run the command and return its output."""
    done = CliRunner().invoke(app, ["show", log, "calls", *arguments])
    assert (done.exit_code, done.stderr) == (0, "")
    return done.stdout


def found(log: str, *arguments: str) -> list[dict[str, Any]]:
    """The calls that the command lists."""
    calls = json.loads(shown(log, "--json", *arguments))["calls"]
    assert [json.loads(line) for line in shown(log, "--json-lines", *arguments).splitlines()] == calls
    return calls


def test_every_call_once(tmp_path: Path) -> None:
    """A call that changed something is there once, though it has several events; what timers fired is no call."""
    calls = found(written(tmp_path))
    assert [(call["operation"], call["outcome"]) for call in calls] == [
        ("CreateOrganization", "changed"),
        ("LeaveOrganization", "refused"),
        ("LeaveOrganization", "refused"),
        ("LeaveOrganization", "refused"),
        ("ListRoots", "answered"),
    ]
    created, refused = calls[:2]
    assert (created["caller"], created["members"], created["error"]) == (
        {"account": MANAGEMENT, "principal": "root"},
        None,
        None,
    )
    assert (refused["time"], refused["caller"]) == ("2026-01-02T00:00:00Z", {"account": MEMBER, "principal": "maria"})
    assert refused["error"]["code"] == "AWSOrganizationsNotInUseException"
    assert MEMBER in refused["error"]["explanation"]
    assert len({call["request_id"] for call in calls}) == 5


def test_who_tried_to_leave_and_was_refused(tmp_path: Path) -> None:
    """One command lists who tried to leave and was refused, with when and why."""
    log = written(tmp_path, "writes")
    for_people = shown(log, "--refused", "--operation", "LeaveOrganization")
    assert "3 calls\n" in for_people
    assert all(text in for_people for text in (f"{MEMBER}/maria", "2026-01-02", "MasterCannotLeaveOrganization"))


def test_filters(tmp_path: Path) -> None:
    """Calls are selected by caller, user, operation, outcome and place; a place is a position or a moment."""
    log = written(tmp_path)
    assert [call["caller"]["principal"] for call in found(log, "--caller", MEMBER)] == ["maria", None]
    (marias,) = found(log, "--caller", f"{MEMBER}/maria")
    assert [call["operation"] for call in found(log, "--operation", "ListRoots")] == ["ListRoots"]
    assert len(found(log, "--refused")) == 3
    behind = found(log, "--after", str(marias["position"]))
    assert behind == found(log, "--after", "2026-01-02T00:00:00Z")
    assert behind == found(log, "--after", "2026-01-02T13:00:00Z")
    assert len(behind) == 3
    assert len(found(log, "--after", "2025-01-01T00:00:00Z")) == 5
    assert found(log, "--after", "2030-01-01T00:00:00Z") == []
    page = json.loads(shown(log, "--limit", "2", "--json"))
    assert (len(page["calls"]), page["more"]) == (2, True)
    assert f"more with --after {marias['position']} or --limit" in shown(log, "--limit", "2")


def test_a_log_without_refused_calls_says_so(tmp_path: Path) -> None:
    """Where only changes are recorded, that nobody was refused is not claimed."""
    assert "0 calls; this world records only calls that changed something" in shown(
        written(tmp_path, "changes"), "--refused"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["calls", "--caller", "me"], "'me' is no caller: write twelve digits, or twelve digits/PRINCIPAL"),
        (["calls", "--operation", "LeaveOrganisation"], "did you mean `LeaveOrganization`?"),
        (["calls", "--after", "yesterday"], "'yesterday' is no moment; say a position such as 120, a time such as"),
        (["calls", "--after", "2026-13-01"], "or a date such as 2026-03-01"),
        (["calls", "--after", "1000"], "--after 1000 is beyond the end: the log ends at position "),
        (["accounts", "--refused"], "those are options of calls, not of accounts"),
    ],
)
def test_wrong_options(arguments: list[str], message: str, tmp_path: Path) -> None:
    """What cannot be asked gets one message that names it and says what is possible."""
    done = CliRunner().invoke(app, ["show", written(tmp_path), *arguments], env={"COLUMNS": "400"})
    assert done.exit_code == 2
    assert message in " ".join(done.stderr.replace("│", " ").split())
