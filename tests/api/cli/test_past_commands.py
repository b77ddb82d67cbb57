"""``orgsim timeline``, ``orgsim diff`` and ``orgsim why``, as people and machines use them."""

import json
import shutil
from pathlib import Path

import anyio
import pytest
from support.sixty_calls import ADA, GOVERNED, LAB, OPS, SHOP, Ids, play
from typer.testing import CliRunner, Result

from orgsim.api import Simulation
from orgsim.api.cli.app import app
from orgsim.api.cli.difference_tree import document_diff

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Ids]:
    """The log of a small company, and the ids in it."""
    path = tmp_path_factory.mktemp("story") / "w.db"
    return str(path), anyio.run(play, path)


@pytest.fixture
def log(story: tuple[str, Ids]) -> str:
    return story[0]


@pytest.fixture
def ids(story: tuple[str, Ids]) -> Ids:
    return story[1]


def ran(*arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments])


def printed(*arguments: str) -> str:
    """Run a command that succeeds, and return its output."""
    done = ran(*arguments)
    assert (done.exit_code, done.stderr) == (0, "")
    return done.stdout


def test_timeline_for_people(log: str, ids: Ids) -> None:
    """Each call has a line, its changes stand below it, ids are never folded; what is left out can be asked for."""
    text = printed("timeline", log, OPS)
    assert f"parent {ids['root']} → {ids['Workloads']}" in text
    assert "delegated administrator of config.amazonaws.com" in text
    assert text.splitlines()[0].startswith("6  2026-01-")
    some = printed("timeline", log, "--limit", "2")
    assert "2 calls; more with --limit, or --from 6" in some


def test_a_call_with_many_changes(log: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a call that changed very much people see the first changes and how many more; what is next is behind it."""
    whole = printed("timeline", log, "--operation", "CreateOrganization").splitlines()[1:-1]
    monkeypatch.setattr("orgsim.api.cli.timeline.MOST_CHANGES", 2)
    some = printed("timeline", log, "--operation", "CreateOrganization").splitlines()[1:-1]
    assert some[:2] == whole[:2]
    assert [line.strip() for line in some[2:]] == [f"…  {len(whole) - 2} more changes of this call; all with --json"]
    assert (
        printed("timeline", log, "--limit", "2").splitlines()[-1].startswith("2 calls; more with --limit, or --from 6")
    )


@pytest.mark.parametrize("command", [("timeline",), ("why", OPS), ("show", "calls")])
def test_narrow_terminals(log: str, command: tuple[str, ...]) -> None:
    """However narrow the terminal, each line is as on a wide one, so that ids can be copied and searched."""
    name, *rest = command
    wide, narrow = (
        CliRunner().invoke(app, [name, log, *rest], env={"COLUMNS": columns}).stdout for columns in ("400", "40")
    )
    assert wide == narrow
    assert max(map(len, wide.splitlines())) > 60


def test_timeline_for_machines(log: str) -> None:
    """Each call is one JSON object on a line of its own."""
    lines = [json.loads(line) for line in printed("timeline", log, "--json").splitlines()]
    assert lines[0]["operation"] == "DescribeAccountOutside"
    assert lines[1]["operation"] == "CreateOrganization"
    assert len(lines) > 60
    (left,) = [line for line in lines if line["caller"] == {"account": LAB, "principal": "lea"}]
    assert {change["attribute"] for change in left["changes"]} >= {"organization", "parent", "state"}
    assert len(printed("timeline", log, "--json", "--limit", "3").splitlines()) == 3


def test_timeline_filters(log: str) -> None:
    """Kind, operation, caller and moments filter; an unknown kind or operation is answered with the choices."""
    closed = printed("timeline", log, "--operation", "CloseAccount", "--from", "2026-04-01", "--to", "2026-04-10")
    assert "1 call; " in closed
    assert "LeaveOrganization" in printed("timeline", log, "--by", "lea", "--kind", "account")
    kind, operation = ran("timeline", log, "--kind", "units"), ran("timeline", log, "--operation", "Leave")
    assert (kind.exit_code, operation.exit_code) == (2, 2)
    assert "account-creation" in kind.stderr
    assert "CreateOrganizationalUnit" in printed("timeline", log, "--kind", "ou")
    assert "LeaveOrganization" in operation.stderr


def test_diff_for_people(log: str, ids: Ids) -> None:
    """What differs stands as a tree with marks, with the document's lines, and is counted."""
    text = printed("diff", log, "--from", GOVERNED)
    assert f"- {LAB}" in text
    assert f"~ {ids['Regions']} Allowed regions" in text
    assert "name Regions → Allowed regions" in text
    assert "account: +1 -1 ~1" in text
    assert "more with --limit" in printed("diff", log, "--from", GOVERNED, "--limit", "2")


def test_a_changed_document_is_shown_by_lines(log: str, ids: Ids) -> None:
    """A policy's change is a diff of its lines, both versions laid out alike."""
    text = printed("diff", log, "--from", "41", "--to", GOVERNED)
    assert "content rewritten" in text
    assert '+            "eu-north-1"' in text
    assert [*document_diff('{"a":1}', '{ "a": 1 }')] == []
    assert [*document_diff("no json", "none")] == ["@@ -1 +1 @@", "-no json", "+none"]


def test_diff_for_machines(log: str) -> None:
    """One JSON object has both positions and every thing that differs."""
    found = json.loads(printed("diff", log, "--from", "2026-04-10", "--to", "2026-04-10", "--json"))
    changes = {each["subject"]: each["change"] for each in found["differences"]}
    assert (changes[LAB], changes[SHOP]) == ("removed", "removed")
    assert found["from"] < found["to"]


def test_what_differs_beyond_the_limit_is_counted(log: str) -> None:
    """Where more differs than is shown, each kind has an example and all counts, and what changed is said by groups."""
    whole = json.loads(printed("diff", log, "--from", "2026-02-10", "--to", "2026-04-20", "--json"))
    some = json.loads(printed("diff", log, "--from", "2026-02-10", "--to", "2026-04-20", "--json", "--limit", "3"))
    assert some["differences"] == whole["differences"][:3]
    assert some["groups"] == whole["groups"]
    assert sum(group["count"] for group in whole["groups"]) == len(whole["differences"])
    for kind, change in {(each["kind"], each["change"]) for each in whole["differences"]}:
        differing = [each for each in whole["differences"] if (each["kind"], each["change"]) == (kind, change)]
        counts = [group["count"] for group in whole["groups"] if (group["kind"], group["change"]) == (kind, change)]
        assert sum(counts) == len(differing)
    text = printed("diff", log, "--from", "2026-02-10", "--to", "2026-04-20", "--limit", str(len(whole["groups"])))
    shown = [line for line in text.splitlines() if line.lstrip("│├└─ ").startswith(("+ ", "- ", "~ "))]
    assert len(shown) >= len(whole["groups"])
    hidden = len(whole["differences"]) - len(whole["groups"])
    assert text.splitlines()[-1] == f"{hidden} more with --limit or --json"
    migrated = printed("diff", log, "--from", "2026-01-31", "--to", "2026-02-02", "--limit", "1")
    assert "  ~1 feature set CONSOLIDATED_BILLING → ALL" in migrated.splitlines()


def test_exit_code_of_diff(log: str) -> None:
    """With --exit-code, 1 means that something differs; without it, and where nothing does, the code is 0."""
    assert ran("diff", log, "--from", GOVERNED, "--exit-code").exit_code == 1
    assert ran("diff", log, "--from", GOVERNED, "--exit-code", "--json").exit_code == 1
    same = ran("diff", log, "--from", "50", "--to", "50", "--exit-code")
    assert (same.exit_code, same.stdout.startswith("Nothing differs between 50 and 50; the log")) == (0, True)


def test_diff_of_two_logs(log: str, tmp_path: Path, ids: Ids) -> None:
    """A copy that went on differs by what was done to it; a log does not differ from itself."""
    copy = tmp_path / "copy.db"
    shutil.copyfile(log, copy)
    assert ran("diff", log, str(copy), "--exit-code").exit_code == 0

    async def go_on() -> None:
        async with Simulation(copy) as sim:
            ada = sim.client(ADA)
            await ada.update_organizational_unit(organizational_unit_id=ids["Workloads"], name="Work")
            await ada.remove_account_from_organization(account_id=OPS)

    anyio.run(go_on)
    text = printed("diff", log, str(copy))
    assert "name Workloads → Work" in text
    assert f"- {OPS}" in text
    found = json.loads(printed("diff", str(copy), log, "--json"))
    assert {each["subject"]: each["change"] for each in found["differences"]} == {
        OPS: "added",
        ids["Workloads"]: "changed",
    }


def test_why(log: str, ids: Ids) -> None:
    """Each part of the answer has its title, and its calls with what they made so; then, and now."""
    text = printed("why", log, OPS)
    assert all(word in text for word in ("its root", "its parent", "a policy it has", "InviteAccountToOrganization"))
    assert "Freeze" in printed("why", log, LAB, "--at", GOVERNED)
    gone = printed("why", log, LAB).splitlines()
    assert (gone[0], "LeaveOrganization" in gone[1], "organization o-" in gone[2]) == ("what it lost", True, True)
    assert printed("why", log, LAB, "--at", "1").startswith(f"nothing is true of account {LAB} at position 1; ")
    assert json.loads(printed("why", log, ids["Regions"], "--json"))["kind"] == "policy"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("timeline", "{log}", "22222222222x"), "there never was '22222222222x' in this log; the nearest are 2222"),
        (("why", "{log}", "ou-none-12345678"), "there never was 'ou-none-12345678' in this log; the nearest are ou-"),
        (("why", "{log}", OPS, "--at", "2027-01-01"), "2027-01-01T00:00:00Z is beyond the world's time; the log has"),
        (("why", "{log}", "\udcff"), "'\\udcff' is no text in UTF-8"),
        (("timeline", "{log}", "\udcff"), "'\\udcff' is no text in UTF-8"),
        (("timeline", "{log}", "--by", "\udcff"), "'\\udcff' is no text in UTF-8"),
        (("timeline", "{log}", "--from", "9" * 5_000), "there is no position 99,999,999,999,999,999,999; the log"),
        (("timeline", "{log}", "x" * 5_000), f"there never was '{'x' * 140}' in this log"),
        (("diff", "{log}", "--from", "soon"), "'soon' is no moment; say a position such as 120, a time such as"),
        (("diff", "{log}"), "say --from MOMENT, or a second log"),
        (("diff", "{log}", "{log}", "--from", "1"), "moments are of one log; of two logs the ends are compared"),
        (("timeline", "{log}-none"), "cannot be read"),
    ],
)
def test_what_is_said_of_bad_input(log: str, arguments: tuple[str, ...], message: str) -> None:
    """A thing that never was, a moment that is none, or a log that is not there gets one line, and exit code 2."""
    done = ran(*(argument.format(log=log) for argument in arguments))
    assert done.exit_code == 2
    assert message in " ".join(done.stderr.replace("│", " ").split())


def test_a_folder_that_cannot_be_written(log: str, tmp_path: Path) -> None:
    """--in-memory answers without a file beside the log."""
    copy = tmp_path / "w.db"
    shutil.copyfile(log, copy)
    assert "LeaveOrganization" in printed("timeline", str(copy), LAB, "--in-memory")
    assert [path.name for path in tmp_path.iterdir()] == ["w.db"]
