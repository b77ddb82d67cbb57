"""The page about scenarios: its example is played, and it has every key, every figure and every shipped scenario."""

import json
import re
import tomllib
from pathlib import Path
from typing import get_args

import pytest
from msgspec import Struct, structs
from support.repository import ROOT, SCENARIOS
from typer.testing import CliRunner

from orgsim.api import Simulation
from orgsim.api.cli.app import app
from orgsim.api.cli.init import templates
from orgsim.api.delays import Delay
from orgsim.api.faults import FaultTable
from orgsim.api.load.play.on_log import beginning_at
from orgsim.api.load.run import play_scenario
from orgsim.api.load.scenario import (
    Behaviour,
    OrganizationTable,
    PopulationTable,
    Scenario,
    parse_scenario,
)
from orgsim.api.load.scenario.checks import ALWAYS_KNOWN, KNOWN_FOR_EACH
from orgsim.api.load.scenario.metrics import DISTRIBUTIONS, NUMBERS, STATISTICS
from orgsim.api.load.scenario.model import Header
from orgsim.api.load.scenario.organizations import PolicyTable, UnitTable
from orgsim.api.load.scenario.pace import Pace, Stage
from orgsim.api.load.scenario.populations import AccountCall, MemberTable
from orgsim.api.load.scenario.steps import Call, Step, TrackTable
from orgsim.api.load.scenario.thresholds import COMPARISONS, ThresholdTable
from orgsim.api.past import Recorded
from orgsim.api.retries import Retry
from orgsim.engine.events import AccountMoved
from orgsim.engine.events.envelope import decode_envelope
from orgsim.engine.log import MemoryLog
from orgsim.engine.log.place import Span
from orgsim.engine.settings import Quotas, Settings

PAGE = (ROOT / "docs" / "scenarios.md").read_text("utf-8")
EXAMPLES = re.findall(r"```toml\n(.*?)```", PAGE, flags=re.DOTALL)
BUILT = [
    (example, [" ".join(line.split()) for line in re.findall(r"^    (.*\S)", after, flags=re.MULTILINE)])
    for example, after in re.findall(
        r"```toml\n(.*?)```(.*?)(?=```toml|### What if)", PAGE.partition("### Side by side")[0], flags=re.DOTALL
    )
]
"""The scenarios that lead to the acquisition, each with the lines that the page quotes from what it prints."""
TABLES: list[type[Struct]] = [
    *(
        Header,
        Scenario,
        OrganizationTable,
        UnitTable,
        PolicyTable,
        Settings,
        Quotas,
        PopulationTable,
        MemberTable,
        ThresholdTable,
        Behaviour,
        AccountCall,
        Pace,
        Stage,
        Retry,
        FaultTable,
        TrackTable,
    ),
    *get_args(Delay),
    *get_args(Step),
]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)
def test_every_key_is_on_the_page(table: type[Struct]) -> None:
    """Every key of every table is named on the page, and so is every action, distribution and other value."""
    names = {str(field.encode_name) for field in structs.fields(table)} - {"operation", "dated"}
    missing = [name for name in sorted(names) if not re.search(rf"[`{{\[ ]{name}[` \].]", PAGE)]
    assert missing == []
    tag = table.__struct_config__.tag
    assert tag is None or table is Call or f'`"{tag}"`' in PAGE


@pytest.mark.parametrize(("name", "meaning"), [*NUMBERS.items(), *DISTRIBUTIONS.items()])
def test_every_figure_is_on_the_page(name: str, meaning: str) -> None:
    """Every figure has its line, with the meaning that it has in the code."""
    assert f"\n| `{name}` | {meaning} |\n" in PAGE


def test_no_other_figure_is_on_the_page() -> None:
    """The page lists no figure that there is not."""
    listed = re.findall(r"^\| `(\w+)` \|", PAGE.partition("## Thresholds and figures")[2], flags=re.MULTILINE)
    assert sorted(listed) == sorted([*NUMBERS, *DISTRIBUTIONS])


def test_what_figures_are_asked_for() -> None:
    """The page has every statistic and every comparison, and every name that braces may hold."""
    assert all(f"`{word}`" in PAGE for word in (*STATISTICS, *COMPARISONS))
    assert all(f"`{{{name}}}`" in PAGE for name in (*ALWAYS_KNOWN, *KNOWN_FOR_EACH))


def test_defaults() -> None:
    """The numbers that the page gives as defaults are those of the code."""
    quotas, retry = Quotas(), Retry()
    for name in Quotas.__struct_fields__:
        value = getattr(quotas, name)
        assert value is None or re.search(rf"`{name}`\s\({value:,}[;),]", PAGE), name
    assert all(re.search(rf"`{name}`\s\({getattr(retry, name):g}\)", PAGE) for name in Retry.__struct_fields__)


def test_settings() -> None:
    """The table of settings has a line for each, with its default and its other choices."""
    table = PAGE.partition("| Setting | Default |")[2].partition("\n\n")[0]
    lines = dict(re.findall(r"^\| `(\w+)` \| (.*)$", table, flags=re.MULTILINE))
    assert sorted(lines) == sorted(Settings.__struct_fields__)
    for field in structs.fields(Settings):
        if field.name == "quotas":
            continue
        default = json.dumps(getattr(Settings(), field.name))
        others = {json.dumps(choice) for choice in get_args(field.type) if isinstance(choice, str)} - {default}
        others |= {json.dumps(not json.loads(default))} if field.type is bool else set()
        assert lines[field.name].startswith(f"`{default}` | "), field.name
        assert all(f"`{other}`: " in lines[field.name] for other in others), field.name


def test_shipped_scenarios() -> None:
    """The page has a line for each shipped scenario, with its question, in the order of `orgsim init --list`."""
    rows = [
        f"| [{name}](../scenarios/{name}.toml) | {tomllib.loads(text)['description']} |"
        for name, text in templates().items()
    ]
    assert re.findall(r"^\| \[.*\]\(\.\./scenarios/.*\|$", PAGE, flags=re.MULTILINE) == rows


def test_the_first_scenario_has_five_lines() -> None:
    """The page begins with a scenario of five lines, and ends with the acquisition as it is shipped."""
    first, *_, last = [example for example, _ in BUILT]
    assert len(first.splitlines()) == 5
    assert last == (SCENARIOS / "acquire-company.toml").read_text("utf-8")
    # Each says what the one before did not, and all the rest as before.
    sizes = [len(example.splitlines()) for example, _ in BUILT]
    assert sizes == sorted(set(sizes))


@pytest.mark.parametrize(("example", "quoted"), BUILT, ids=range(1, len(BUILT) + 1))
def test_what_the_page_says_of_each(example: str, quoted: list[str], tmp_path: Path) -> None:
    """Each scenario on the way to the acquisition is played as it stands, and prints the lines that the page quotes."""
    file = tmp_path / "example.toml"
    file.write_text(example, "utf-8")
    printed = CliRunner().invoke(app, ["simulate", str(file)]).stdout
    lines = {" ".join(line.split()) for line in printed.splitlines()}
    assert len(quoted) >= 2
    assert [line for line in quoted if line not in lines] == []


def test_what_if() -> None:
    """The page says what becomes of the acquisition if half of the owners ignore the first mail."""
    file = str(SCENARIOS / "acquire-company.toml")
    ran = CliRunner().invoke(app, ["simulate", file, "--set", "ignore=0.5"])
    assert ran.exit_code == 1
    assert "✗ joined_share" in ran.stdout


async def test_the_example_of_tracks() -> None:
    """The example is played and passes; who has not approved after twenty days is removed, and Data is in its OU."""
    log = MemoryLog()
    outcome = await play_scenario(parse_scenario(EXAMPLES[-3]), log)
    assert outcome.passed
    assert (outcome.refused, outcome.warnings) == ({}, ())
    (removed,) = [each.followed for each in outcome.follow_ups]
    assert 0 < removed < 15
    assert outcome.organizations["ours"].accounts == 1 + 20 + 100 - removed
    moved = [decode_envelope(record).event for record in await log.read(0, log.head)]
    # The hundred moved into their own organization's OUs before the run.
    assert sum(isinstance(event, AccountMoved) for event in moved) == 100 + 40


async def test_the_example_of_an_organization_that_is_there() -> None:
    """The example is played: members of the OU answer, the others stay."""
    example = EXAMPLES[-2]
    outcome = await play_scenario(parse_scenario(example), MemoryLog())
    assert outcome.refused == {}
    assert sum(outcome.handshakes["INVITE"].values()) == 40
    assert outcome.organizations["ours"].accounts == 1 + outcome.handshakes["INVITE"]["ACCEPTED"]
    assert outcome.figure("members") == 402


async def test_the_example_of_a_world_that_exists() -> None:
    """The example is played on a log with two such organizations: members of the OU answer, the others stay."""
    example = EXAMPLES[-1]
    async with Simulation() as sim:
        ours, theirs = sim.client("111111111111"), sim.client("222222222222")
        ids = [(await each.create_organization()).organization.id for each in (ours, theirs)]
        parent = (await theirs.list_roots()).roots[0].id
        for name in ("Workloads", "Web"):
            unit = await theirs.create_organizational_unit(parent_id=parent, name=name)
            parent = unit.organizational_unit.id
        for number in range(40):
            await theirs.create_account(account_name=f"a{number}", email=f"a{number}@example.com")
        root = (await theirs.list_roots()).roots[0].id
        for account in [*sim.engine.state.organizations[ids[1]].members][-30:]:
            await theirs.move_account(account_id=account, source_parent_id=root, destination_parent_id=parent)
        await sim.advance(days=10)
        recorded = Recorded(sim.engine.log, lambda: Span(0, sim.engine.now, sim.engine.durable))
        beginning = await beginning_at(recorded, None)
        log = await beginning.copied(None, "off")
    for name, key in zip(("o-a1b2c3d4e5", "o-f6g7h8i9j0"), ids, strict=True):
        example = example.replace(name, key)
    outcome = await play_scenario(parse_scenario(example, world=beginning.world), log)
    assert outcome.refused == {}
    assert set(outcome.handshakes["INVITE"]) == {"ACCEPTED", "DECLINED"}
    assert sum(outcome.handshakes["INVITE"].values()) == 30
    assert outcome.organizations["ours"].accounts == 1 + outcome.handshakes["INVITE"]["ACCEPTED"]
