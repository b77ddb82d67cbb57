"""``orgsim plan``: the calls of a scenario, their least hours and the quotas to have raised."""

import json
from pathlib import Path

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
    assert "L-E619E033" in text
    assert "Service Quotas: 541" in text


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


def test_the_keys_are_documented() -> None:
    """Each key of --json stands in the page, in the row of the list that it is in."""
    page = (
        (ROOT / "docs" / "scenarios.md").read_text("utf-8").partition("## Before a run")[2].partition("## The world")[0]
    )
    planned = json.loads(ran(FILE, "--json").stdout)
    rows = {keys: line for line in page.splitlines() for keys in line.split("|")[1:2]}
    said = " ".join(rows)
    assert [key for key in planned if f"`{key}`" not in said] == []
    for name in ("calls", "tickets"):
        (line,) = [line for keys, line in rows.items() if keys.strip() == f"`{name}`"]
        assert [key for key in planned[name][0] if f"`{key}`" not in line] == []


def test_worlds_of_logs(tmp_path: Path) -> None:
    """Organizations of a log are told at their lines, all of them, and what to do instead."""
    file = tmp_path / "plan.toml"
    file.write_text(
        "[organizations.a]\nid = 'o-a1b2c3d4e5'\n[organizations.b]\nid = 'o-a1b2c3d4e6'\n"
        "[[steps]]\naction = 'finalize'\norganization = 'a'\n"
    )
    result = ran(str(file))
    assert result.exit_code == 2
    assert [line.partition(": ")[2].partition(": ")[0] for line in result.stderr.splitlines()] == [
        f"{file}:2:1",
        f"{file}:4:1",
    ]
    assert "orgsim simulate --on LOG" in result.stderr
    assert not result.stdout


def test_no_calls(tmp_path: Path) -> None:
    """A scenario that asks nothing of AWS says so, and has its hours."""
    file = tmp_path / "plan.toml"
    file.write_text("organizations.ours.accounts = 3\n[[steps]]\naction = 'wait'\ndays = 2\n")
    assert (
        ran(str(file)).stdout == "No calls.\nAt least 48.0 hours (2.0 days), with AWS's rates 48.0 hours (2.0 days).\n"
    )


def test_warnings(tmp_path: Path) -> None:
    """Accounts that are too young to leave are a warning behind the hours."""
    file = tmp_path / "plan.toml"
    file.write_text(
        "[populations.new]\norigin = 'created'\ncount = 3\n[[steps]]\naction = 'create_accounts'\npopulation = 'new'\n"
        "[[steps]]\naction = 'RemoveAccountFromOrganization'\nfor_each = 'new'\nwith = { AccountId = '{account}' }\n"
    )
    lines = ran(str(file)).stdout.splitlines()
    assert sum(line.startswith("warning: step 2: accounts that ") for line in lines) == 1


def test_mistakes() -> None:
    """A parameter that is unknown or set twice, and a missing file, get one line and exit code 2."""
    for arguments in ([FILE, "--set", "nobody=1"], [FILE, "--accounts", "1", "--set", "accounts=2"], ["none.toml"]):
        result = ran(*arguments)
        assert result.exit_code == 2
        assert len(result.stderr.strip().splitlines()) == 1


def test_attempts(tmp_path: Path) -> None:
    """That attempts are not known before a run is a sentence that names the steps, and in --json a list."""
    file, retry = tmp_path / "plan.toml", "retry = { attempts = 4 }\n"
    call = "action = 'DescribeOrganization'\n"
    file.write_text(
        f"[[steps]]\n{call}[[steps]]\n{call}{retry}[[tracks.late.steps]]\n{call}retry = {{ attempts = 1_000 }}\n"
        f"[[tracks.once.steps]]\n{call}retry = {{ attempts = 1 }}\n"
    )
    (line,) = [each for each in ran(str(file)).stdout.splitlines() if "attempts" in each]
    assert line.endswith("is not known before a run: up to 4 in step 2, 1,000 in track late step 1.")
    assert json.loads(ran(str(file), "--json").stdout)["retries"] == [
        {"track": "", "step": 2, "attempts": 4},
        {"track": "late", "step": 1, "attempts": 1_000},
    ]
    assert "attempts" not in ran(FILE).stdout
    many = "".join(f"[[tracks.t{number}.steps]]\n{call}{retry}" for number in range(14))
    file.write_text(many)
    assert ", 4 in track t11 step 1, and in 2 more steps." in ran(str(file)).stdout


def test_refused_calls(tmp_path: Path) -> None:
    """Calls that AWS surely refuses have a column, only where there are some, and a warning that says why."""
    file = tmp_path / "plan.toml"
    file.write_text("organizations.ours = { accounts = 3 }\n[[steps]]\naction = 'LeaveOrganization'\n", "utf-8")
    text = ran(str(file)).stdout
    assert "refused" in text.splitlines()[1]
    assert "warning: step 1: AWS refuses 1 call of LeaveOrganization (MasterCannotLeave" in text
    assert json.loads(ran(str(file), "--json").stdout)["calls"][0]["refused"] == 1
    assert "refused" not in ran(FILE).stdout
