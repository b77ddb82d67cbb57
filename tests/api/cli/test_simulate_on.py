"""``orgsim simulate SCENARIO --on LOG``: the company that is bought exists already, and its log stays as it is."""

import json
import re
from hashlib import sha256
from pathlib import Path
from typing import Any

import anyio
import pytest
from support.play_scenario import population, step
from support.scenario_keys import DONE
from typer.testing import CliRunner, Result

from orgsim.api import Simulation
from orgsim.api.cli.app import app
from orgsim.api.load.play.on_log import beginning_at
from orgsim.api.load.run import play_scenario
from orgsim.api.load.scenario import load_scenario
from orgsim.api.past import open_recorded
from orgsim.engine.errors import Refused
from orgsim.engine.log import LogError, MemoryLog
from orgsim.engine.settings import Settings

pytestmark = pytest.mark.slow

LATER = {"delay": {"distribution": "fixed", "days": 1}}

BOUGHT = "\n".join(
    [
        "seed = 7\nthrottle = 'aws'\n[quotas]\naccounts = 60",
        population("partners", "invited", 6, invitation=LATER, migration={"accept": 0}),
        population("apps", "created", 4),
        step("invite", population="partners"),
        step("create_accounts", population="apps"),
        *(
            step(
                "CreateOrganizationalUnit",
                with_={"ParentId": f"{{{parent}}}", "Name": name},
                save={name: "OrganizationalUnit.Id"},
            )
            for parent, name in (("root", "Prod"), ("Prod", "Web"))
        ),
        step(
            "MoveAccount",
            for_each="apps",
            share=0.5,
            with_={"AccountId": "{account}", "SourceParentId": "{root}", "DestinationParentId": "{Web}"},
        ),
        step("wait", days=10),
        step("enable_all_features"),
        step("wait", days=1),
    ]
)
"""The past: six partners have joined, four accounts were created, two of them are in Prod/Web; a migration begins."""

BEFORE, END = "2026-01-10T00:00:00Z", "2026-01-12T00:00:00Z"
"""A moment before the migration, and the last one, give or take the calls held back by throttling."""

TAKE_OVER = "\n".join(
    [
        "[organizations.ours]\nmanagement_account = '999999999999'\nfeature_set = 'ALL'",
        "[organizations.initech]\nid = '$id'",
        "[populations.web]\norigin = 'member'\nof = 'initech'\nunit = 'Prod/Web'",
        "[populations.two]\norigin = 'member'\nof = 'initech'\ncount = 2\ninvitation = { decline = 1 }",
        "[populations.rest]\norigin = 'member'\nof = 'initech'",
        *(step("invite", organization="ours", population=name) for name in ("web", "two", "rest")),
        step("wait_for_answers"),
        "[thresholds]\njoined = '== 8'",
    ]
)


@pytest.fixture(scope="module")
def bought(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, str]:
    """The log of the company that is bought, and the id of its organization."""
    folder = tmp_path_factory.mktemp("bought")
    (folder / "past.toml").write_text(BOUGHT)
    done = ran("simulate", folder / "past.toml", "--log", folder / "bought.db", "--json")
    assert (done.exit_code, done.stderr) == (0, "")
    (only,) = json.loads(done.stdout)["organizations"].values()
    return (folder / "bought.db").read_bytes(), only["id"]


@pytest.fixture
def organization(bought: tuple[bytes, str]) -> str:
    return bought[1]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, bought: tuple[bytes, str], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the log and a scenario, in which the command runs."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bought.db").write_bytes(bought[0])
    (tmp_path / "plan.toml").write_text(TAKE_OVER.replace("$id", bought[1]))
    return tmp_path


def ran(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def outcome(*arguments: str) -> dict[str, Any]:
    """The outcome of a run on the log that is bought."""
    done = ran("simulate", "plan.toml", "--on", "bought.db", "--json", *arguments)
    assert done.stderr == ""
    return json.loads(done.stdout)


def plan(*parts: str) -> None:
    Path("plan.toml").write_text("\n".join(parts))


def contents() -> dict[str, str]:
    """All files in the folder, with digests of what is in them."""
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in sorted(Path().iterdir())}


def test_the_company_exists(bought: tuple[bytes, str]) -> None:
    """Its members are invited away, the figures are those of the run alone, and its log is untouched."""
    found = outcome("--log", "new.db", "--at", BEFORE)
    assert found["passed"]
    assert {name: each["accounts"] for name, each in found["organizations"].items()} == {"ours": 9, "initech": 3}
    assert found["handshakes"] == {"INVITE": {"ACCEPTED": 8, "DECLINED": 2}}
    assert found["metrics"]["created"] == 0
    assert (found["seed"], found["start"]) == (7, BEFORE)
    assert (found["began_with"], found["began_at"]) == ("bought.db", BEFORE)
    assert found["timeline"]["members"]["initech"][0] + found["timeline"]["members"]["ours"][0] == 12
    assert Path("bought.db").read_bytes() == bought[0]
    verified = json.loads(ran("verify", "new.db", "--json").stdout)
    assert (verified["digest"], verified["events"] > found["events"]) == (found["digest"], True)


def test_what_would_have_happened(organization: str) -> None:
    """The difference between the log and the run's shows what the plan has changed."""
    outcome("--log", "new.db", "--at", BEFORE)
    ran("fork", "bought.db", "then.db", "--at", BEFORE)
    differs = json.loads(ran("diff", "then.db", "new.db", "--json").stdout)
    assert organization in json.dumps(differs)
    moved = [account for account in json.dumps(differs).split('"') if account == "999999999999"]
    assert moved


def test_same_scenario_and_log_same_bytes() -> None:
    """Every run writes the same records, in a file or in memory; another seed draws otherwise.

    The digest is of the bytes of all records. How many of them a row of the file has, the timing of the disk decides.
    """
    first = outcome("--log", "new.db")
    assert outcome()["digest"] == outcome("--log", "other.db")["digest"] == first["digest"]
    assert outcome("--seed", "8")["seed"] == 8


async def test_same_bytes_on_every_event_loop(bought: tuple[bytes, str]) -> None:
    """From Python a run on a log gives the digest that the command gives."""
    async with open_recorded(Path("bought.db")) as recorded:
        beginning = await beginning_at(recorded, BEFORE)
        log = await beginning.copied(None, "off")
    scenario = await load_scenario("plan.toml", world=beginning.world)
    found = await play_scenario(scenario, log)
    command = await anyio.to_thread.run_sync(lambda: outcome("--at", BEFORE))
    assert found.digest == command["digest"]
    with pytest.raises(LogError, match="needs one that is not empty"):
        await play_scenario(scenario, MemoryLog())


def test_the_only_organization_is_taken() -> None:
    """A scenario that names no organization is about the log's, if it has one; names of new accounts go on."""
    plan(population("apps", "created", 2), step("create_accounts", population="apps"), DONE)
    found = outcome("--at", BEFORE, "--log", "new.db")
    assert found["accounts"] == 13
    assert found["account_creations"] == {"SUCCEEDED": 2}
    assert "apps-6" in ran("show", "new.db", "accounts").stdout


def test_a_migration_under_way() -> None:
    """Members that were asked before the run began answer in it, and what had been begun can be finalized."""
    plan(
        "[populations.all]\norigin = 'member'\ncount = 9\nmigration = { delay = { distribution = 'fixed', days = 2 } }",
        "[populations.others]\norigin = 'member'\nmigration = { decline = 1 }",
        *(step("wait_for_answers"), step("remove_declined"), step("finalize")),
        '[thresholds]\nall_features_share = "== 1"\n"migration_days.max" = "< 3.1"',
    )
    found = outcome()
    assert found["passed"]
    assert found["handshakes"]["APPROVE_ALL_FEATURES"] == {"ACCEPTED": 5, "DECLINED": 1}
    assert 2 < found["distributions"]["migration_days"]["percentiles"][100] < 3.1


def test_the_run_begins_where_it_is_told(organization: str) -> None:
    """At a position the clock stands at its event, at a moment there, with a later start in the file even later."""
    plan(f"[organizations.it]\nid = '{organization}'", DONE)
    at_position = outcome("--at", "19")
    assert at_position["began_at"] == "19"
    assert at_position["start"] < outcome("--at", "2026-01-02T00:00:00Z")["start"] == "2026-01-02T00:00:00Z"
    plan("start = 2026-05-01T00:00:00Z\n", DONE)
    later = outcome("--log", "new.db")
    assert (later["start"], later["virtual_days"]) == ("2026-05-01T00:00:00Z", 0)
    assert later["handshakes"] == {}


def test_faults_count_from_the_beginning_of_the_run() -> None:
    """A fault's times are counted from where the run begins."""
    plan(
        "[[faults]]\nfault = 'refuse'\noperations = 'CreateOrganizationalUnit'\ncode = 'TooManyRequestsException'",
        "since = '1d'\nuntil = '2026-02-01T00:00:00Z'",
        *(
            step("CreateOrganizationalUnit", at_day=day, with_={"ParentId": "{root}", "Name": f"n{day}"})
            for day in (0, 2, 60)
        ),
    )
    assert outcome()["refused"] == {"TooManyRequestsException": 1}


def test_a_log_that_is_being_written(organization: str) -> None:
    """Somebody may be writing the log: the run begins with what is in it."""

    async def run() -> int:
        async with Simulation("bought.db") as sim:
            await sim.advance(days=1)
            found = await anyio.to_thread.run_sync(outcome)
            return found["accounts"]

    plan(f"[organizations.it]\nid = '{organization}'", DONE)
    assert anyio.run(run) == 11


def test_the_summary_and_the_report_say_with_what_it_began() -> None:
    """Both name the log and the place, and the report's command has them."""
    done = ran("simulate", "plan.toml", "--on", "bought.db", "--at", BEFORE, "--report", "r.html")
    assert f"bought.db at {BEFORE}" in " ".join(done.stdout.split())
    assert f"--on bought.db --at {BEFORE}" in Path("r.html").read_text()


def test_a_log_that_records_more() -> None:
    """The log of a server or a twin records refused calls too; a run on it adds what has changed."""

    async def served() -> None:
        async with Simulation("served.db", settings=Settings(record="writes")) as sim:
            await sim.organization(accounts=3)
            with pytest.raises(Refused):
                await sim.client("222222222222").leave_organization()

    anyio.run(served)
    plan("[populations.p]", "origin = 'member'", step("close_accounts", population="p"))
    done = ran("simulate", "plan.toml", "--on", "served.db", "--log", "new.db", "--json")
    assert done.stderr == ""
    assert json.loads(done.stdout)["metrics"]["closed"] == 3
    assert ran("verify", "new.db").exit_code == 0


def refused(*arguments: str | Path) -> list[str]:
    """What is said about a run that is refused; nothing has been written then."""
    before = contents()
    done = ran("simulate", *arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert contents() == before
    return [line.removeprefix("orgsim: ") for line in done.stderr.splitlines()]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--on", "no.db"), "no.db: cannot be read: No such file or directory"),
        (("--on", "plan.toml"), "plan.toml: not a log of orgsim: no SQLite file"),
        (("--on", "."), ".: cannot be read: Is a directory"),
        (("--on", "bought.db", "--log", "plan.toml"), "plan.toml: the file exists already"),
        (("--on", "bought.db", "--log", "bought.db"), "bought.db: the file exists already"),
        (("--on", "bought.db", "--log", "no/new.db"), "no/new.db: "),
        (("--on", "bought.db", "--resume", "--log", "new.db"), "--resume is not for runs with --on: "),
        (("--on", "bought.db", "--report", "bought.db"), "bought.db: --on and --report need a file each"),
        (("--at", "12"), "--at needs --on: "),
        (("--on", "bought.db", "--at", "soon"), "bought.db: 'soon' is no moment; "),
        (("--on", "bought.db", "--at", "100000"), "bought.db: there is no position 100,000; the log has "),
        (("--on", "bought.db", "--at", "2030-01-01T00:00:00Z"), "bought.db: 2030-01-01T00:00:00Z is beyond "),
        (
            ("--on", "bought.db", "--at", "2"),
            "bought.db: position 2 is in the midst of CreateOrganization, whose events 2 to 3 ",
        ),
        (
            (),
            "plan.toml:5:1: organizations.initech.id: it is there when the run begins: say in which log, with --",
        ),
    ],
)
def test_bad_options(arguments: tuple[str, ...], message: str) -> None:
    """A log or a place that cannot be begun with is refused in one line, and nothing is written."""
    (line,) = refused("plan.toml", *arguments)
    assert line.startswith(message)


def test_a_plan_that_does_not_fit_the_log(organization: str) -> None:
    """All that does not fit is told at once, each with its line and with what there is."""
    plan(
        *("start = 2026-01-03T00:00:00Z", "throttle = 'off'", "[settings]", "read_lag_seconds = 3", "[quotas]"),
        *("accounts = 60", "organizational_units = 7"),
        *("[organizations.a]", "id = 'o-aaaaaaaaaa'", "[organizations.b]", "[organizations.c]"),
        *("management_account = '200000000003'", "[organizations.d]", f"id = '{organization}'"),
        *("[populations.p]", "origin = 'member'", "of = 'd'", "unit = 'Web'"),
        *("[populations.q]", "origin = 'member'", "of = 'b'", "[populations.r]", "origin = 'member'", DONE),
    )
    lines = refused("plan.toml", "--on", "bought.db", "--log", "new.db")
    beginnings = [
        "plan.toml:1: start: the world of bought.db stands at 2026-01-1",
        "plan.toml:2: throttle: the world of bought.db began with throttle aws, it cannot go on with off",
        "plan.toml:4: settings.read_lag_seconds: the world of bought.db began with read_lag_seconds 0, it cannot go",
        "plan.toml:7: quotas.organizational_units: the world of bought.db began with quotas.organizational_units 2000",
        f"plan.toml:9: organizations.a.id: bought.db has no organization 'o-aaaaaaaaaa' (there are: {organization})",
        f"plan.toml:10: organizations.b.management_account: 111111111111 manages {organization} in bought.db already; ",
        "plan.toml:12: organizations.c.management_account: 200000000003 is a member of ",
        "plan.toml:18: populations.p.unit: there is no OU 'Web' (there are: Prod, Prod/Web)",
        "plan.toml:21: populations.q.of: b is founded when the run begins, and has no members then",
        "plan.toml:22: populations.r.of: say of which organization (there are: a, b, c, d)",
    ]
    told = [re.sub(r"^(plan.toml:\d+):\d+:", r"\1:", line) for line in lines]
    assert [line[: len(start)] for line, start in zip(told, beginnings, strict=True)] == beginnings


def test_more_members_than_the_log_has(organization: str) -> None:
    """Populations that ask for more members than there are in the log, or to which others leave nobody, are told."""
    populations = (
        *("[populations.all]", "of = 'd'", "count = 11", "[populations.web]", "of = 'd'", "unit = 'Prod/Web'"),
        *("[populations.rest]", "of = 'd'"),
    )
    plan("[organizations.d]", f"id = '{organization}'", *populations, DONE)
    assert refused("plan.toml", "--on", "bought.db") == [
        "plan.toml:5:1: populations.all.count: must be at most 10, not 11: d has 10 members",
        "plan.toml:6:14: populations.web: nobody is left for it: OU 'Prod/Web' of d has 2 members, and populations "
        "before it take 2",
        "plan.toml:9:14: populations.rest: nobody is left for it: d has 10 members, and populations before it take 10",
    ]


def test_ous_of_the_log_in_texts(organization: str) -> None:
    """A text names an OU of the log by its path; one that the log does not have is told before the run."""
    text = [
        *("[organizations.d]", f"id = '{organization}'", "[populations.web]", "of = 'd'", "unit = 'Prod/Web'"),
        step(
            "MoveAccount",
            for_each="web",
            with_={"AccountId": "{account}", "SourceParentId": "{/Prod/Web}", "DestinationParentId": "{/Prod}"},
        ),
    ]
    plan(*text)
    found = outcome()
    assert (found["steps"][0]["commands"], found["refused"]) == (2, {})
    plan(*(each.replace("{/Prod}", "{/Prd}") for each in text))
    (line,) = refused("plan.toml", "--on", "bought.db")
    assert "with.DestinationParentId: d has no OU 'Prd' when the run begins, did you mean `Prod`?" in line
    # Which OUs there are is not known without the log.
    assert ran("check", "plan.toml").exit_code == 0
