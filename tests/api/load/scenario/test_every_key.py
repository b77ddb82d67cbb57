"""Every key of a scenario file is read into its field, and all shipped files can be read."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, get_args

import pytest
from msgspec import Struct, structs
from support.repository import SCENARIOS
from support.scenario_keys import DONE, EVERYTHING, THERE

from orgsim.api.delays import Delay, Fixed, Lognormal, OfficeHours, Uniform
from orgsim.api.faults import FaultTable
from orgsim.api.load import scenario as language
from orgsim.api.load.scenario import (
    Behaviour,
    OrganizationTable,
    PopulationTable,
    Scenario,
    load_scenario,
    parse_scenario,
)
from orgsim.api.load.scenario import steps as actions
from orgsim.api.load.scenario.model import Header
from orgsim.api.load.scenario.organizations import PolicyTable, UnitTable
from orgsim.api.load.scenario.pace import Pace, Stage
from orgsim.api.load.scenario.populations import AccountCall, MemberTable
from orgsim.api.load.scenario.steps import Call, Step, Track, TrackTable
from orgsim.api.retries import Retry
from orgsim.engine.settings import Quotas, Settings
from orgsim.engine.words import FeatureSet

SHIPPED = sorted((SCENARIOS).glob("*.toml"))


def test_faults() -> None:
    """Every key of a fault is read."""
    assert parse_scenario(EVERYTHING).faults == (
        FaultTable(
            fault="refuse",
            operations=("MoveAccount", "ListRoots"),
            account=("123456789012",),
            share=0.5,
            times=3,
            after_calls=1,
            since="1d",
            until="2027-04-04T05:06:07Z",
            code="InvalidInputException",
            reason="INVALID_ENUM",
        ),
        FaultTable(fault="slow_creation", duration="10m"),
    )


def test_the_world() -> None:
    """Description, seed, start, latency, throttle and quotas are those of the file, and so are the world's settings."""
    scenario = parse_scenario(EVERYTHING)
    assert scenario.description == "Every key there is"
    assert scenario.seed == -7
    assert scenario.start == datetime(2027, 3, 4, 5, 6, 7, tzinfo=timezone(timedelta(hours=2)))
    quotas = Quotas(
        accounts=11,
        invitations_per_day=12,
        all_features_migration_accounts=13,
        concurrent_account_creations=14,
        created_account_minimum_age_days=0,
        organizational_units=15,
        organizational_unit_depth=3,
        concurrent_account_closures=2,
        account_closures_per_30_days=16,
        inbound_transfers=17,
        transfer_chain_length=1,
    )
    assert scenario.settings == Settings(
        quotas=quotas,
        latency="realistic",
        throttle="aws",
        fidelity="observed",
        invitations_during_migration=False,
        organization_finalization_seconds=60,
        membership_change_interval_seconds=70,
        policy_types_at_creation=("SERVICE_CONTROL_POLICY",),
        transfer_notice_days=15,
        read_lag_seconds=20,
        reads_flip=True,
        write_conflict_seconds=2,
        record="changes",
        partition="aws-cn",
    )


def test_settings_in_one_table() -> None:
    """All settings can stand in one table, quotas too; they mean the same at the top level."""
    short = 'latency = "realistic"\nthrottle = "aws"\n[quotas]\naccounts = 3\n'
    whole = '[settings]\nlatency = "realistic"\nthrottle = "aws"\n[settings.quotas]\naccounts = 3\n'
    expected = Settings(latency="realistic", throttle="aws", quotas=Quotas(accounts=3))
    assert parse_scenario(short + DONE).settings == parse_scenario(whole + DONE).settings == expected
    mixed = 'throttle = "aws"\n[settings]\nlatency = "realistic"\nquotas.accounts = 3\n'
    assert parse_scenario(mixed + DONE).settings == expected


def test_organizations_and_parameters() -> None:
    """Organizations keep their names and order, and a parameter stands where it is named."""
    scenario = parse_scenario(EVERYTHING)
    assert list(scenario.organizations.items()) == [
        ("acme", OrganizationTable(management_account="123456789012", feature_set=FeatureSet.ALL)),
        ("other", OrganizationTable(management_account="222222222222", transfer=Behaviour(decline=0.5))),
    ]
    assert scenario.parameters == {"accounts": 4, "willing": 0.5, "soon": 2.5, "who": "222222222222", "often": True}


def test_populations() -> None:
    """Populations have their origin, their number, and a behaviour for each thing that they are asked."""
    assert parse_scenario(EVERYTHING).populations == {
        "made": PopulationTable(origin="created", count=3),
        "apart": PopulationTable(origin="standalone", count=2),
        "asked": PopulationTable(
            origin="invited",
            count=4,
            invitation=Behaviour(accept=0.5, decline=0.25, after_reminder=0.125, delay=Uniform(0.5, 14)),
            migration=Behaviour(
                decline=0.1,
                leave=0.2,
                after_reminder=0.25,
                delay=Lognormal(4, 0.8, 40),
                remind_after_days=(7, 12.5),
                reminded_accept=(0.5, 1),
                reminded_delay=Fixed(1),
                deadline_days=20,
                escalation=AccountCall(
                    action="TagResource",
                    members={"ResourceId": "{account}", "Tags": [{"Key": "a", "Value": "b"}]},
                ),
            ),
        ),
        "alike": PopulationTable(
            origin="invited",
            count=6,
            like="prompt",
            delay=Fixed(3),
            invitation=Behaviour(decline=0.5, delay=Fixed(2)),
            migration=Behaviour(delay=OfficeHours(8, 1, 80, 8, 18, -5.5)),
        ),
        "prompt": PopulationTable(
            origin="invited",
            count=5,
            delay=Fixed(3),
            invitation=Behaviour(delay=Fixed(2)),
            migration=Behaviour(delay=OfficeHours(8, 1, 80, 8, 18, -5.5)),
        ),
    }


def test_steps() -> None:
    """Steps stand in their order, AWS's operations among them."""
    moving = {"AccountId": "{account}", "SourceParentId": "{parent}", "DestinationParentId": "{new}"}
    assert parse_scenario(EVERYTHING).steps == (
        actions.CreateAccounts(
            organization="acme",
            population="made",
            pace=Pace(per_second=0.1),
            retry=Retry(attempts=5, first_seconds=0.5, most_seconds=60),
            retry_failed=True,
            then=(AccountCall(action="CloseAccount", members={"AccountId": "{account}"}),),
        ),
        actions.Invite(
            organization="other",
            population="asked",
            at_day=3,
            pace=Pace(stages=(Stage(days=2, to_per_day=10), Stage(days=1, to_per_day=5))),
        ),
        actions.EnableAllFeatures(organization="other"),
        actions.Wait(days=2.5),
        actions.Remind(),
        actions.Remind(population="asked", accept=0.5),
        actions.WaitForAnswers(),
        actions.RemoveDeclined(organization="other", silent=True),
        actions.Finalize(organization="other"),
        actions.CloseAccounts(organization="acme", population="made", share=0.5, pace=Pace(per_hour=1)),
        Call(
            organization="acme",
            operation="CreateOrganizationalUnit",
            members={"ParentId": "{root}", "Name": "new"},
            save={"new": "OrganizationalUnit.Id"},
        ),
        Call(
            organization="acme",
            operation="MoveAccount",
            members=moving,
            for_each="made",
            share=0.25,
            skip=0.5,
            only_members=True,
            pace=Pace(per_day=24),
            retry=Retry(attempts=3, first_seconds=1, most_seconds=20),
        ),
        Call(
            organization="acme",
            operation="DescribeOrganization",
            for_each="made",
            caller="account",
            pace=Pace(over_days=2),
        ),
    )


def test_tracks() -> None:
    """Tracks have their beginnings and their steps, in the order of the file, behind the plain list."""
    scenario = parse_scenario(EVERYTHING)
    assert scenario.tracks == (
        Track(
            "beside",
            TrackTable(from_day=1.5, every_days=2, times=3),
            (actions.Wait(until="joining_days.p95 < 3", at_most_days=4), actions.Remind()),
        ),
        Track("between", TrackTable(), (actions.WaitForAnswers(population="asked"),)),
        Track(
            "behind",
            TrackTable(after=("beside", "steps")),
            (actions.EnableAllFeatures(organization="acme"),),
        ),
    )
    assert [track.name for track in scenario.all_tracks] == ["steps", "beside", "between", "behind"]


def test_thresholds() -> None:
    """Thresholds may be written as nested tables or with the whole name in quotes."""
    assert [str(each) for each in parse_scenario(EVERYTHING).thresholds] == [
        "all_features_share == 1",
        "migration_days.p95 < 60",
        "joining_days.max <= 15",
        "acme.members > 2",
    ]


STRUCTS: list[type[Struct]] = [
    *(Header, OrganizationTable, UnitTable, PolicyTable, Settings, Quotas, PopulationTable, MemberTable),
    *(Behaviour, AccountCall, Pace, Stage, Retry, FaultTable),
    TrackTable,
    *get_args(Delay),
    *get_args(Step),
]


@pytest.mark.parametrize("table", STRUCTS, ids=lambda table: table.__name__)
def test_the_file_with_every_key_has_every_key(table: type[Struct]) -> None:
    """No key of the language is missing in the file that has them all."""
    names = {str(field.encode_name) for field in structs.fields(table)} - {"operation"}
    missing = [
        name for name in names if not any(way in EVERYTHING + THERE for way in (f"{name} = ", f"{name}]", f"[{name}."))
    ]
    assert missing == []


@pytest.mark.parametrize("text", [DONE, DONE.replace("\n", "\r\n"), f"# a comment\n{DONE}"])
def test_the_least_there_can_be(text: str) -> None:
    """One step is a scenario: of one organization with consolidated billing, under AWS's limits."""
    assert parse_scenario(text) == Scenario(
        organizations={"organization": OrganizationTable()}, steps=(actions.WaitForAnswers(),)
    )
    assert parse_scenario(text).start == datetime(2026, 1, 1, tzinfo=UTC)
    assert parse_scenario(text).settings.throttle == "off"


def test_windows_line_ends() -> None:
    """A file with the line ends of Windows means the same."""
    assert parse_scenario(EVERYTHING.replace("\n", "\r\n")) == parse_scenario(EVERYTHING)


def test_the_only_organization_goes_without_saying() -> None:
    """Where there is one organization, each step is of it."""
    (finalize,) = parse_scenario('[organizations.acme]\n[[steps]]\naction = "finalize"').steps
    assert finalize == actions.Finalize(organization="acme")


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
async def test_shipped_scenarios(file: Path) -> None:
    """Every scenario of the repository can be read, asks a question, and has parameters and thresholds."""
    scenario = await load_scenario(file)
    assert scenario.description.endswith("?")
    assert scenario.parameters
    assert scenario.thresholds


async def test_byte_order_mark(tmp_path: Path) -> None:
    """The mark with which some editors begin a UTF-8 file does no harm."""
    file = tmp_path / "scenario.toml"
    file.write_bytes(EVERYTHING.encode("utf-8-sig"))
    assert await load_scenario(file) == parse_scenario(EVERYTHING)


def test_what_the_package_offers() -> None:
    """Every name that the package says it has is there."""
    found: list[Any] = [getattr(language, name) for name in language.__all__]
    assert len(found) == len(set(language.__all__))
