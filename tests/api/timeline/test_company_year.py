"""The shipped year of a company: its trail is valid, the same every time, and tells of all that it says it tells."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from support.json_schema import faults
from support.patience import PATIENCE
from support.repository import ROOT
from support.trails import records_in

from orgsim.scenarios.company_year import ACME, GLOBEX, write

pytestmark = pytest.mark.slow


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*.gz")}


async def test_the_year_is_a_trail(tmp_path: Path) -> None:
    """A small year has records of twelve months that fit the schema: hires, moves, closures and an acquisition."""
    schema = json.loads((ROOT / "docs/trail-record.schema.json").read_text("utf-8"))
    written = await write(tmp_path / "trail", teams=8)
    found = records_in(tmp_path / "trail")
    assert written.records == len(found) > 500
    assert [fault for record in found for fault in faults(record, schema, schema)] == []
    assert {record["eventTime"][:7] for record in found} == {f"2025-{month:02}" for month in range(1, 13)}
    names = [record["eventName"] for record in found]
    created = [record for record in found if record["eventName"] == "CreateAccountResult"]
    assert len(created) == 8 + 1
    assert {"MoveAccount", "CloseAccountResult", "TagResource", "DescribeCreateAccountStatus"} <= set(names)
    joined = [
        record["serviceEventDetails"]["accountId"]
        for record in found
        if record["eventName"] == "AccountJoinedOrganization" and record["recipientAccountId"] == ACME
    ]
    assert GLOBEX in joined
    (ended,) = [record for record in found if record["eventName"] == "DeleteOrganization"]
    assert ended["recipientAccountId"] == GLOBEX


async def test_the_year_is_the_same_every_time(tmp_path: Path) -> None:
    """Played twice, the trails are alike byte for byte; without the incident only its records are missing before it."""
    for name, incident in (("1", True), ("2", True), ("3", False)):
        await write(tmp_path / name, teams=3, incident=incident)
    one, two, three = (contents(tmp_path / name) for name in "123")
    assert one == two
    assert (tmp_path / "1.db").stat().st_size
    assert {name: one[name] for name in one if "/2025/0" in name} == {
        name: three[name] for name in three if "/2025/0" in name
    }


def ran(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "orgsim.scenarios.company_year", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)


def test_the_year_as_a_command(tmp_path: Path) -> None:
    """The command says what it wrote; a folder that is there, or too few teams, are answered in one line."""
    trail = tmp_path / "trail"
    done = ran(str(trail), "--teams", "2", "--plain", "--without-incident")
    assert (done.returncode, done.stderr) == (0, "")
    found = records_in(trail)
    assert done.stdout.startswith(f"{trail}: {len(found):,} records of")
    asked = [record["requestParameters"] for record in found if record["eventName"] == "CreateAccount"]
    assert all(each["email"].endswith("@acme.example") for each in asked)
    assert all(record["eventName"] != "LeaveOrganization" for record in found)
    again, few = ran(str(trail)), ran(str(tmp_path / "other"), "--teams", "1")
    assert (again.returncode, few.returncode) == (2, 2)
    assert again.stderr.endswith("is not empty; name a folder that is not there yet\n")
    assert few.stderr.endswith("--teams must be at least 2\n")
