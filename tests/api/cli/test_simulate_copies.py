"""Scenarios with an organization that is copied from a log or from a dump: it is there when the run begins."""

import json
import re
from pathlib import Path
from typing import Any

import anyio
import pytest
from support.sixty_calls import play as play_sixty_calls
from typer.testing import CliRunner, Result

from orgsim.api.cli.app import app

pytestmark = pytest.mark.slow

PLAN = """
[organizations.ours]
management_account = "999999999999"
feature_set = "ALL"
accounts = 5

[organizations.bought]
from = "their/world.db"

[populations.theirs]
origin = "member"
of = "bought"
invitation = { delay = { distribution = "fixed", days = 2 } }

[[steps]]
action = "invite"
organization = "ours"
population = "theirs"

[[steps]]
action = "wait_for_answers"

[thresholds]
bought.joined = "== 0"
"""


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The log of a small company."""
    path = tmp_path_factory.mktemp("company") / "w.db"
    anyio.run(play_sixty_calls, path)
    return path.read_bytes()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, company: bytes, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a plan, and with the company's log in a folder below."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "their").mkdir()
    (tmp_path / "their" / "world.db").write_bytes(company)
    (tmp_path / "plan.toml").write_text(PLAN)
    return tmp_path


def ran(*arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments])


def outcome(*arguments: str, file: str = "plan.toml") -> dict[str, Any]:
    done = ran("simulate", file, "--json", *arguments)
    assert done.stderr == ""
    return json.loads(done.stdout)


def changed(*pairs: tuple[str, str]) -> None:
    """Change the plan."""
    text = PLAN
    for before, behind in pairs:
        assert before in text
        text = text.replace(before, behind)
    Path("plan.toml").write_text(text)


def accounts(log: str, *arguments: str) -> dict[str, Any]:
    """The accounts in a log, by id."""
    shown = json.loads(ran("show", log, "accounts", "--json", *arguments).stdout)
    return {each["Id"]: each for each in shown["accounts"]}


def test_it_is_there_as_it_was(company: bytes) -> None:
    """Accounts have their joining times, OUs and policies are there, and the copied log is untouched."""
    found = outcome("--log", "new.db")
    assert found["passed"]
    assert found["start"] > "2026-04-10"
    assert found["organizations"]["bought"]["feature_set"] == "ALL"
    theirs, mine = accounts("their/world.db"), accounts("new.db", "--at", found["start"])
    assert {key: (each["JoinedTimestamp"], each["JoinedMethod"]) for key, each in theirs.items()}.items() <= {
        key: (each["JoinedTimestamp"], each["JoinedMethod"]) for key, each in mine.items()
    }.items()
    for what in ("units", "policies"):
        then = json.loads(ran("show", "their/world.db", what, "--json").stdout)
        assert json.loads(ran("show", "new.db", what, "--json").stdout)[what] == then[what]
    assert Path("their/world.db").read_bytes() == company
    assert found["organizations"]["ours"]["accounts"] == 1 + 5 + found["metrics"]["joined"]
    assert found["metrics"]["joined"] == found["parts"]["populations.theirs"]["metrics"]["joined"] > 0
    assert json.loads(ran("verify", "new.db", "--json").stdout)["digest"] == found["digest"]


def test_the_same_from_anywhere(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths begin at the scenario's folder, and the log does not depend on where that is."""
    first = outcome()
    monkeypatch.chdir(folder.parent)
    assert outcome(file=f"{folder.name}/plan.toml")["digest"] == first["digest"]


def test_from_the_folder_of_a_dump() -> None:
    """A folder with a dump is as good as a log; it says its organization's id, which may be named."""
    assert ran("dump", "their/world.db", "--out", "their/dump").exit_code == 0
    (organization,) = json.loads(ran("show", "their/world.db", "organization", "--json").stdout)["organization"]
    changed(("world.db", "dump"), ("accounts = 5", "accounts = 2"))
    found = outcome()
    assert found["organizations"]["bought"]["id"] == organization["Id"]
    assert found["passed"]


def test_a_start_of_its_own() -> None:
    """A run may begin later than the copy was made; figures begin with it."""
    changed(("\n[organizations.ours]", "start = 2027-01-01T00:00:00Z\n[organizations.ours]"))
    found = outcome()
    assert found["start"] == "2027-01-01T00:00:00Z"
    assert found["metrics"]["virtual_days"] == pytest.approx(2)


@pytest.mark.parametrize(
    ("pairs", "messages"),
    [
        ([("their/world.db", "no.db")], ["8: organizations.bought.from: no.db: cannot be read: No such file or"]),
        ([("their/world.db", "plan.toml")], ["8: organizations.bought.from: plan.toml: not a log of orgsim"]),
        ([("their/world.db", "their")], ["8: organizations.bought.from: their: "]),
        (
            [('from = "their/world.db"', 'from = "their/world.db"\nid = "o-aaaaaaaaaa"')],
            ["8: organizations.bought.from: there is no organization 'o-aaaaaaaaaa' then; there are: o-"],
        ),
        (
            [('from = "their/world.db"', 'from = "their/world.db"\naccounts = 3')],
            ["8: organizations.bought.from: names an organization that has everything else: leave the other keys out"],
        ),
        (
            [
                (
                    "\n[organizations.ours]",
                    "start = 2026-03-01T00:00:00Z\n[quotas]\norganizational_units = 1\n[organizations.ours]",
                ),
                ('of = "bought"', 'of = "bought"\nunit = "Nowhere"'),
            ],
            [
                "10: organizations.bought.from: their/world.db is of 2026-04-2",
                "15: populations.theirs.unit: there is no OU 'Nowhere'",
            ],
        ),
        (
            [
                ('of = "bought"', 'of = "bought"\ncount = 300'),
                ("days = 2 } }", "days = 2 } }\n[populations.rest]\nof = 'bought'"),
            ],
            [
                "13: populations.theirs.count: must be at most 2, not 300: bought has 2 members",
                "15: populations.rest: nobody is left for it: bought has 2 members, and populations before it take 2",
            ],
        ),
        (
            [("\n[thresholds]", "\n[[steps]]\naction = 'wait'\nuntil = 'members > 9'\nat_most_days = 3\n[thresholds]")],
            ["25: step 3, until: members is never > 9: the accounts are at most 9"],
        ),
        (
            [
                (
                    "\n[thresholds]",
                    "\n[[steps]]\naction = 'CreateOrganizationalUnit'\norganization = 'bought'\n"
                    "with = { ParentId = '{/Nowhere}', Name = 'New' }\n[thresholds]",
                )
            ],
            ["26: step 3, with.ParentId: bought has no OU 'Nowhere' when the run begins (there are: "],
        ),
        (
            [("[organizations.ours]", "[quotas]\norganizational_units = 1\n[organizations.ours]")],
            ["10: organizations.bought.from: it needs quotas.organizational_units = "],
        ),
        (
            [('"999999999999"', '"111111111111"')],
            [
                "8: organizations.bought.from: 111111111111 is in ours too, and an account is in one organization; "
                'write another management_account for ours, such as "333333333333"'
            ],
        ),
    ],
)
def test_copies_that_cannot_be_there(pairs: list[tuple[str, str]], messages: list[str]) -> None:
    """What is wrong is told before the run, in one line each, with exit code 2, and nothing is written."""
    changed(*pairs)
    before = {path.name for path in Path().iterdir()}
    for command in (("simulate", "plan.toml", "--log", "new.db"), ("check", "plan.toml")):
        done = ran(*command)
        assert done.exit_code == 2
        told = [re.sub(r"^(orgsim: )?plan.toml:(\d+):\d+:", r"\2:", line) for line in done.output.splitlines()]
        assert [line[: len(start)] for line, start in zip(told, messages, strict=True)] == messages
    assert {path.name for path in Path().iterdir()} == before


def test_sweeps_have_no_copies() -> None:
    """A sweep depends on its scenario's text alone, and says so in one line."""
    done = ran("sweep", "plan.toml", "--runs", "2", "--out", "out")
    assert (done.exit_code, len(done.output.splitlines())) == (2, 1)
    assert "organizations.bought.from: a copy is read with the scenario's file, not in sweeps" in done.output


def test_a_dump_of_one_of_several(tmp_path: Path) -> None:
    """A dump of a log with several organizations is told the option that chooses one, with each of them."""
    text = "[organizations.a]\naccounts = 2\n[organizations.b]\naccounts = 2\n[[steps]]\naction = 'wait'\ndays = 1\n"
    (tmp_path / "two.toml").write_text(text)
    log = str(tmp_path / "two.db")
    runner = CliRunner()
    assert runner.invoke(app, ["simulate", str(tmp_path / "two.toml"), "--log", log]).exit_code == 0
    done = runner.invoke(app, ["dump", log, "--out", str(tmp_path / "dumped")])
    assert (done.exit_code, done.stderr.count("--organization o-")) == (2, 2)
    chosen = done.stderr.partition("--organization ")[2].partition(" ")[0]
    assert runner.invoke(app, ["dump", log, "--out", str(tmp_path / "dumped"), "--organization", chosen]).exit_code == 0
