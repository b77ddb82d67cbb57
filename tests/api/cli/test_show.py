"""``orgsim show`` of a world with a tree and policies."""

import json
from pathlib import Path

import anyio
import msgspec
import pytest
from rich.console import Console
from typer.testing import CliRunner

from orgsim.api import PacedClock, Simulation
from orgsim.api.cli import terminal
from orgsim.api.cli.app import app
from orgsim.api.cli.show import COLUMNS, Subject
from orgsim.engine.log import MemoryLog
from orgsim.engine.log.sqlite import SqliteLog
from orgsim.engine.settings import SECOND

pytestmark = pytest.mark.slow

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
    """Run the command and return its output."""
    done = CliRunner().invoke(app, ["show", log, *arguments])
    assert (done.exit_code, done.stderr) == (0, "")
    return done.stdout


def test_accounts_of_two_organizations(tmp_path: Path) -> None:
    """Each account is shown with its organization, its state, and when it joined how."""
    log = tmp_path / "w.db"

    async def write() -> None:
        async with Simulation(log) as sim:
            theirs = sim.client("222222222222")
            await theirs.create_organization()
            await sim.advance(days=5)
            ours = sim.client(MANAGEMENT)
            await ours.create_organization()
            await ours.create_account(email="a@example.com", account_name="a")
            (member,) = [
                each.id for each in (await ours.list_accounts()).accounts if each.id not in (MANAGEMENT, "222222222222")
            ]
            await sim.advance(days=5)
            await ours.close_account(account_id=member)

    anyio.run(write)
    organizations = {
        each["MasterAccountId"]: each["Id"]
        for each in json.loads(shown(str(log), "organization", "--json"))["organization"]
    }
    rows = [line.split() for line in shown(str(log), "accounts").splitlines() if "@" in line]

    assert [(row[1], row[3], row[4], row[5]) for row in rows] == [
        (organizations["222222222222"], "ACTIVE", "INVITED", "2026-01-01"),
        (organizations[MANAGEMENT], "ACTIVE", "INVITED", "2026-01-06"),
        (organizations[MANAGEMENT], "PENDING_CLOSURE", "CREATED", "2026-01-06"),
    ]


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
    assert "1 event," in done.stdout


@pytest.mark.parametrize("columns", [20, 40, 80, 200])
@pytest.mark.parametrize("subject", ["organization", "units", "accounts", "policies", "handshakes", "migration"])
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


def test_events(log: str) -> None:
    """Events are shown from a position on, as a table, as one document and line by line."""
    found = json.loads(shown(log, "events", "--json"))
    assert found["position"] == found["total"] == len(found["events"])
    assert [event["position"] for event in found["events"]] == list(range(1, found["position"] + 1))
    assert found["time"] == found["events"][-1]["time"]
    page = json.loads(shown(log, "events", "--after", "2", "--limit", "2", "--json"))
    assert page["events"] == found["events"][2:4]
    assert page["total"] == found["total"] - 2
    lines = shown(log, "events", "--after", "2", "--limit", "2", "--json-lines").splitlines()
    assert [json.loads(line) for line in lines] == page["events"]
    for_people = shown(log, "events", "--after", "1", "--limit", "2")
    last = found["position"]
    assert all(
        text in for_people for text in ("OrganizationCreated", "AccountJoined", "CreateOrganization", MANAGEMENT)
    )
    assert f"{last - 1} events behind position 1, {last - 3} more with --after 3 or --limit" in for_people
    assert shown(log, "events", "--after", str(last), "--json-lines") == ""
    assert f"0 events behind position {last};" in shown(log, "events", "--after", str(last))


def test_migration(tmp_path: Path) -> None:
    """A pending migration is shown with its end, how many of all that were asked have approved and answered, who has
    not answered, and who declined; those who left are counted but not shown."""
    members = ["222222222222", "333333333333", "444444444444", "555555555555"]

    async def write(path: Path) -> None:
        async with Simulation(path) as sim:
            org = sim.client(MANAGEMENT)
            await org.create_organization(feature_set="CONSOLIDATED_BILLING")
            for member in members:
                invited = await org.invite_account_to_organization(target={"Type": "ACCOUNT", "Id": member})
                await sim.client(member).accept_handshake(handshake_id=invited.handshake.id)
            await org.enable_all_features()
            approvals = [(await sim.client(each).list_handshakes_for_account()).handshakes[0].id for each in members]
            await sim.client(members[1]).decline_handshake(handshake_id=approvals[1])
            await sim.client(members[2]).accept_handshake(handshake_id=approvals[2])
            await sim.client(members[3]).leave_organization()

    log = str(tmp_path / "w.db")
    anyio.run(write, Path(log))
    (migration,) = json.loads(shown(log, "migration", "--json"))["migration"]
    assert (migration["State"], migration["ExpirationTimestamp"]) == ("REQUESTED", "2026-04-01T00:00:00Z")
    assert [migration[name] for name in ("Asked", "Approved", "Answered")] == [4, 1, 2]
    (unanswered,), (declined,) = migration["Unanswered"], migration["Declined"]
    assert (unanswered["Id"], unanswered["Email"]) == (members[0], f"{members[0]}@accounts.example")
    assert (declined["Id"], declined["State"]) == (members[1], "DECLINED")
    for_people = shown(log, "migration")
    assert all(text in for_people for text in (migration["Id"], "2026-04-01 00:00", members[0], declined["Handshake"]))
    assert members[2] not in for_people
    assert "1 of 4" in for_people
    assert "2 of 4" in for_people


def test_rows_line_by_line(log: str) -> None:
    """Every subject's rows can be had as lines of JSON."""
    rows = json.loads(shown(log, "units", "--json"))["units"]
    assert [json.loads(line) for line in shown(log, "units", "--json-lines").splitlines()] == rows


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["events", "--after", "-1"], "--after"),
        (["events", "--after", "x"], "--after"),
        (["events", "--after", "1000"], "--after 1000 is beyond the end: the log ends at position "),
        (["accounts", "--after", "1"], "positions are those of events, not of accounts"),
        (["events", "--json", "--json-lines"], "exclude each other"),
    ],
)
def test_impossible_wishes(log: str, arguments: list[str], complaint: str) -> None:
    """Impossible arguments are refused in words, with exit code 2."""
    done = CliRunner().invoke(app, ["show", log, *arguments])
    assert (done.exit_code, done.stdout) == (2, "")
    assert complaint in done.stderr


def test_events_cost_what_is_shown(tmp_path: Path) -> None:
    """Events at both ends of a log are shown even if those between cannot be decoded; to show those is an error."""
    path = tmp_path / "w.db"

    async def write() -> None:
        source = MemoryLog()
        async with Simulation(source) as sim:
            await sim.describe_account(MANAGEMENT, name="me")
        first, described = await source.read(0, 2)
        fields = msgspec.msgpack.decode(described)
        log = await SqliteLog.create(path)
        await log.append(0, [first, *[b"\xc1"] * 1_000, msgspec.msgpack.encode([1_002, *fields[1:]])])
        await log.close()

    anyio.run(write)
    assert "AccountDescribed" in shown(str(path), "events", "--after", "1001")
    assert "WorldCreated" in shown(str(path), "events", "--limit", "1")
    damaged = CliRunner().invoke(app, ["show", str(path), "events", "--after", "500"])
    assert damaged.exit_code == 1
    assert "damaged at position 501" in damaged.stderr


def test_hostile_texts_in_events(tmp_path: Path) -> None:
    """Texts in events are shown without markup and line breaks, long ones shortened."""

    async def write() -> None:
        async with Simulation(tmp_path / "w.db") as sim:
            await sim.describe_account(MANAGEMENT, name="[bold]a\nb\x1b[2J" + "x" * 35)

    anyio.run(write)
    table = shown(str(tmp_path / "w.db"), "events")
    assert "Name=[bold]a b�[2J" in table
    assert "x" * 26 + "…" in table


def test_policies_and_their_targets(tmp_path: Path) -> None:
    """Policies are shown with what they are attached to, OUs with theirs; both are found by unique names."""
    log = tmp_path / "w.db"

    async def write() -> None:
        async with Simulation(log) as sim:
            org = sim.client(MANAGEMENT)
            await org.create_organization()
            root = (await org.list_roots()).roots[0].id
            await org.enable_policy_type(root_id=root, policy_type="TAG_POLICY")
            units = [
                (await org.create_organizational_unit(parent_id=root, name=name)).organizational_unit.id
                for name in ("Web", "Data")
            ]
            await org.create_organizational_unit(parent_id=units[1], name="Web")
            made = await org.create_policy(type="TAG_POLICY", name="Costs", description="", content='{"tags":{}}')
            for target in (units[1], MANAGEMENT):
                await org.attach_policy(policy_id=made.policy.policy_summary.id, target_id=target)

    anyio.run(write)
    (policy,) = [line for line in shown(str(log), "policies").splitlines() if "Costs" in line]
    assert policy.rstrip().endswith(f"Data, {MANAGEMENT}")
    (unit,) = [line for line in shown(str(log), "units").splitlines() if " Data " in line]
    assert unit.rstrip().endswith("Costs")

    by_name = CliRunner().invoke(app, ["timeline", str(log), "Costs"])
    assert (by_name.exit_code, "CreatePolicy" in by_name.stdout, "AttachPolicy" in by_name.stdout) == (0, True, True)
    assert CliRunner().invoke(app, ["why", str(log), "Data"]).exit_code == 0
    several = CliRunner().invoke(app, ["timeline", str(log), "Web"])
    assert several.exit_code != 0
    assert "'Web' is the name of ou-" in several.stderr
    assert several.stderr.endswith(": say which\n")
    unknown = CliRunner().invoke(app, ["timeline", str(log), "Cost"])
    assert "there never was 'Cost' in this log; the nearest are Costs" in unknown.stderr
