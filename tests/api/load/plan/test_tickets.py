"""Quotas that a plan wants raised, and accounts of which it says that they are too young to leave."""

from typing import Any

import pytest
from support.play_scenario import ENDED, after, play, population, step, track

from orgsim.api.load.foresee import plan_scenario
from orgsim.api.load.plan.tickets import AWS, Ticket
from orgsim.api.load.scenario import parse_scenario

pytestmark = pytest.mark.anyio

YOUNG = "ConstraintViolationException WAIT_PERIOD_ACTIVE"
WAIT = "[[steps]]\naction = 'wait'\ndays = {}\n"
BOTH = "[organizations.theirs]\nmanagement_account = '222222222222'\n[organizations.ours]\n"
CREATED = population("new", "created", 12) + step("create_accounts", population="new", organization="theirs")


def tickets(*parts: str) -> dict[str, Ticket]:
    """The tickets of a plan, by quota."""
    return {each.quota: each for each in plan_scenario(parse_scenario("\n".join(parts))).tickets}


def standing(accounts: int, **keys: Any) -> str:
    lines = [f"{key} = {value}" for key, value in ({"accounts": accounts, "feature_set": "'ALL'"} | keys).items()]
    return "\n".join(["[organizations.theirs]", "management_account = '222222222222'", *lines, ""])


def removed(name: str) -> str:
    members = {"AccountId": "{account}"}
    return step("RemoveAccountFromOrganization", for_each=name, organization="theirs", with_=members)


def test_accounts() -> None:
    """Accounts are asked for in Service Quotas under AWS's name and code, beyond its ceiling of AWS support."""
    few = tickets(population("owners", "invited", 30), step("invite", population="owners"))["accounts"]
    assert (few.name, few.code) == ("Default maximum number of accounts", "L-E619E033")
    assert (few.needed, few.aws, few.raise_by, few.request) == (31, 10, 21, "Service Quotas: 31")
    many = population("owners", "invited", 60_000) + step("invite", population="owners")
    assert tickets("quotas.accounts = 90_000", many)["accounts"].request.startswith("AWS support: 60,001")


def test_closures() -> None:
    """Of 700 closures AWS lets 250 through in thirty days: the last ones wait sixty, as they do in the plan's hours."""
    text = standing(900) + "[populations.old]\nof = 'theirs'\ncount = 700\n"
    text += step("close_accounts", population="old")
    closures = tickets(text)["account_closures_per_30_days"]
    assert (closures.needed, closures.aws, closures.raise_by) == (700, 250, 450)
    assert closures.request == "AWS does not raise it: the last ones wait 60 days"
    assert plan_scenario(parse_scenario(text)).least_hours >= 60 * 24


def test_closures_of_two_months() -> None:
    """Steps that are thirty days apart do not add up, nearer ones do."""
    parts = (
        standing(900)
        + "[populations.old]\nof = 'theirs'\ncount = 200\n[populations.more]\nof = 'theirs'\ncount = 200\n"
    )
    steps = [step("close_accounts", population=name) for name in ("old", "more")]
    assert tickets(parts, WAIT.format(31).join(steps)) == {}
    assert tickets(parts, WAIT.format(3).join(steps))["account_closures_per_30_days"].needed == 400


def test_billing_transfers() -> None:
    """Nobody may offer to pay another's bills before AWS has raised that quota from nothing."""
    target = {"Type": "ACCOUNT", "Id": "{theirs.management_account}"}
    members = {"Type": "BILLING", "Target": target, "StartTimestamp": "2026-02-01T00:00:00Z", "SourceName": "x"}
    text = BOTH + step("InviteOrganizationToTransferResponsibility", organization="ours", with_=members)
    transfers = tickets(text)["inbound_transfers"]
    assert (transfers.needed, transfers.aws, transfers.request) == (1, 0, "Service Quotas: 1")


def test_units() -> None:
    """OUs beyond what AWS has are told, and that it is inferred that AWS does not raise it."""
    members = {"ParentId": "{root}", "Name": "ou-{index}"}
    text = population("p", "invited", 2_001)
    text += step("CreateOrganizationalUnit", for_each="p", with_=members)
    units = tickets(text)["organizational_units"]
    assert (units.needed, units.aws, units.inferred) == (2_001, 2_000, True)


def test_only_the_scenario_has_less() -> None:
    """A quota that only the scenario has lowered needs nothing of AWS."""
    text = "quotas.all_features_migration_accounts = 5\n" + population(
        "o", "invited", 9, invitation={"delay": after(0)}
    )
    found = tickets(text, step("invite", population="o"), ENDED, step("enable_all_features"))
    assert found["all_features_migration_accounts"].request.startswith("nothing of AWS")
    assert found["all_features_migration_accounts"].raise_by == 0


def test_every_quota_is_known() -> None:
    """Each quota of the table is one of a scenario's."""
    parse_scenario("\n".join(f"quotas.{name} = 5" for name in AWS) + "\n" + WAIT.format(1))


@pytest.mark.parametrize(
    ("days", "refused"), [(0, 12), (3.9, 12), (4, 0)], ids=["at once", "a little too early", "in time"]
)
async def test_removed_too_young(days: float, refused: int) -> None:
    """Created accounts that a step removes within four days are refused, as the plan says."""
    text = BOTH + CREATED + WAIT.format(days) + removed("new")
    warnings = plan_scenario(parse_scenario(text)).warnings
    assert (await play(text)).refused.get(YOUNG, 0) == refused
    assert [f"some {refused} calls" in each and each.startswith("step 3: ") for each in warnings] == [True] * bool(
        refused
    )


async def test_invited_too_young() -> None:
    """Created accounts that accept another's invitation within four days are refused; later ones are not."""
    for days, refused in ((1, 12), (5, 0)):
        text = BOTH + population("new", "created", 12, invitation={"delay": after(days)})
        text += step("create_accounts", population="new", organization="theirs")
        text += step("invite", population="new", organization="ours") + ENDED
        plan, outcome = plan_scenario(parse_scenario(text)), await play(text)
        assert outcome.refused.get(YOUNG, 0) == refused
        assert len(plan.warnings) == bool(refused)
        assert plan.operations["AcceptHandshake"] == ((0, 12, 12) if refused else (12, 12, 12))


async def test_members_that_are_there() -> None:
    """Of members that were created up to a month ago, every tenth is too young: those of one, two and three days."""
    age = "{ distribution = 'uniform', from_days = 0, to_days = 30 }"
    text = standing(300, created=1.0, age=age) + "[populations.p]\nof = 'theirs'\n" + removed("p")
    (warning,) = plan_scenario(parse_scenario(text)).warnings
    refused = (await play(text)).refused[YOUNG]
    assert "some 30 calls are refused" in warning
    assert "may be 1 days old" in warning
    assert 15 <= refused <= 45


async def test_leaving_too_young() -> None:
    """So it is for accounts that leave by themselves."""
    text = BOTH + CREATED + step("LeaveOrganization", for_each="new", caller="account", organization="theirs")
    (warning,) = plan_scenario(parse_scenario(text)).warnings
    assert (await play(text)).refused[YOUNG] == 12
    assert "some 12 calls" in warning


def test_faults_are_not_foreseen() -> None:
    """A plan of a scenario with faults says that they are not in it."""
    text = "[[faults]]\nfault = 'throttle'\noperations = ['*']\nshare = 0.5\n"
    text += population("o", "invited", 9) + step("invite", population="o")
    assert plan_scenario(parse_scenario(text)).warnings[0].startswith("faults are not foreseen")


def test_a_year_of_invitations() -> None:
    """A track that invites every day for a year is planned too: old invitations are added up."""
    text = population("o", "invited", 9, invitation={"accept": 0.0})
    text += track("daily", step("invite", population="o"), every_days=1, times=365)
    plan = plan_scenario(parse_scenario(text))
    assert plan.operations["InviteAccountToOrganization"][2] == 9 * 365
    assert plan.least_hours == 364 * 24


def test_old_enough() -> None:
    """Members that have been there for a year, and accounts that joined by invitation, may leave."""
    text = standing(30, created=1.0) + "[populations.p]\nof = 'theirs'\n" + removed("p")
    assert not plan_scenario(parse_scenario(text)).warnings
    invited = population("o", "invited", 9) + step("invite", population="o", organization="theirs") + ENDED
    assert not plan_scenario(parse_scenario(BOTH + invited + removed("o"))).warnings


def test_invitations_follow_the_accounts() -> None:
    """Whoever has asked for as many accounts may invite as many a day; a scenario that has less says so."""
    owners = population("o", "invited", 60_000, invitation={"delay": after(2)}) + step("invite", population="o")
    assert tickets("quotas.accounts = 90_000", owners).keys() == {"accounts"}
    few = tickets("quotas.accounts = 90_000\nquotas.invitations_per_day = 100", owners)["invitations_per_day"]
    assert (few.needed, few.aws, few.scenario, few.raise_by) == (60_000, 60_001, 100, 0)
    assert few.request.startswith("nothing of AWS")
