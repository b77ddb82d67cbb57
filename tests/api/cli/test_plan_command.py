"""``orgsim plan``: the calls of a scenario, their least hours and the quotas to have raised."""

import json

from support.repository import ROOT, SCENARIOS
from typer.testing import CliRunner, Result

from orgsim.api.cli.app import app

FILE = str(SCENARIOS / "acquire-company.toml")


def ran(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["plan", *arguments])


def test_for_people() -> None:
    """A table has the calls of each step, a second one the quotas, and a line the least hours."""
    text = ran(FILE, "--accounts", "40").stdout
    assert "InviteAccountToOrganization" in text
    assert "At least 3" in text
    assert "Service Quotas L-E619E033: 541" in text


def test_the_page() -> None:
    """What docs/scenarios.md shows of the acquisition is what the command prints, but for spaces and lines."""
    page = (ROOT / "docs" / "scenarios.md").read_text("utf-8")
    shown = page.partition("## Before a run")[2].partition("\n- `calls`")[0]
    lines = [" ".join(line.split()) for line in shown.splitlines() if line.startswith("    ")]
    printed = [" ".join(line.split()) for line in ran(FILE).stdout.splitlines()]
    assert len(lines) == 10
    assert [line for line in lines if line not in printed] == []


def test_for_machines() -> None:
    """Parameters change what is foreseen, and --json has all of it."""
    planned = json.loads(ran(FILE, "--set", "accounts=50", "--json").stdout)
    assert planned["operations"]["InviteAccountToOrganization"] == [50, 50, 50]
    assert planned["tickets"][0]["needed"] == 551
    assert {"step", "operation", "by", "least", "expected", "most", "hours"} <= planned["calls"][0].keys()


def test_mistakes() -> None:
    """A parameter that is unknown or set twice, and a missing file, get one line and exit code 2."""
    for arguments in ([FILE, "--set", "nobody=1"], [FILE, "--accounts", "1", "--set", "accounts=2"], ["none.toml"]):
        result = ran(*arguments)
        assert result.exit_code == 2
        assert len(result.stderr.strip().splitlines()) == 1
