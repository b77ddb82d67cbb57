"""Plans beside runs: the calls that were foreseen and those that were made, the least hours and those that it took."""

from collections import Counter
from math import sqrt

import pytest
from msgspec import structs
from support.play_scenario import ENDED, after, population, step, track, uniform
from support.refusals import count_refusals
from support.repository import ROOT, SCENARIOS

from orgsim.api.load.foresee import Plan, plan_scenario
from orgsim.api.load.play.outcome import Outcome
from orgsim.api.load.run import play_scenario
from orgsim.api.load.scenario import Scenario, ScenarioError, load_scenario, parse_scenario
from orgsim.engine.log import MemoryLog

pytestmark = pytest.mark.anyio

SMALL: dict[str, list[dict[str, int]]] = {
    "acquire-company": [{"accounts": 300}],
    "close-accounts": [{"accounts": 300, "kept": 0}, {"accounts": 40, "kept": 20}],
    "enable-all-features": [{"accounts": 300}],
    "leave-reseller": [{}],
    "merge-organizations": [{"accounts": 300}],
    "migrate-in-waves": [{"accounts": 120}],
    "redesign-ous": [{"prod": 30, "dev": 70}],
    "vend-accounts": [{"accounts": 60}],
    "vend-on-request": [{"accounts": 60}],
}
CASES = [(name, given) for name, all_given in SMALL.items() for given in all_given]
INITECH = 'management_account = "222222222222"\naccounts = 60\ncreated = 0.25\n'
BOTH = f"[organizations.ours]\n[organizations.initech]\n{INITECH}"
MEMBERS = population("owners", "member", 50, of="initech")
SILENT = population("owners", "invited", 40, invitation={"accept": 0.5, "decline": 0.2, "delay": uniform(0, 20)})
OFFER = {"Type": "BILLING", "StartTimestamp": "2026-02-01T00:00:00Z", "SourceName": "bills"}
MOVED = {"AccountId": "{account}", "SourceParentId": "{parent}", "DestinationParentId": "{x}"}
GROUP = "accounts = 40\ncreated = 0.0\n"
EXPELLED = {
    "deadline_days": 5,
    "escalation": {"action": "RemoveAccountFromOrganization", "with": {"AccountId": "{account}"}},
}

OTHERS = {
    "reminded by a step": population(
        "late", "invited", 200, invitation={"accept": 0.3, "after_reminder": 0.6, "delay": uniform(1, 6)}
    )
    + step("invite", population="late", pace={"over_days": 5})
    + step("remind", at_day=8, accept=0.5)
    + step("remind", at_day=12, accept=0.5)
    + ENDED,
    "those that joined are moved": SILENT
    + step("invite", population="owners", pace={"over_days": 5})
    + ENDED
    + step("CreateOrganizationalUnit", with_={"ParentId": "{root}", "Name": "x"}, save={"x": "OrganizationalUnit.Id"})
    + step("MoveAccount", for_each="owners", only_members=True, with_=MOVED),
    "a deadline that removes": population(
        "owners",
        "invited",
        100,
        migration={
            "accept": 0.6,
            "leave": 0.1,
            "deadline_days": 5,
            "delay": uniform(0, 10),
            "escalation": {"action": "RemoveAccountFromOrganization", "with": {"AccountId": "{account}"}},
        },
    )
    + step("invite", population="owners")
    + ENDED
    + step("enable_all_features")
    + ENDED
    + step("remove_declined", silent=True)
    + step("finalize"),
    "those that did not answer again": SILENT
    + step("invite", population="owners")
    + step("invite", population="owners", at_day=30)
    + ENDED,
    "tracks": SILENT
    + track("first", step("invite", population="owners"), from_day=3)
    + track("second", step("DescribeOrganization"), every_days=2, times=5)
    + track("third", step("enable_all_features"), step("finalize"), after=["first"], from_day=30),
    "members of another": BOTH
    + MEMBERS
    + step("invite", organization="ours", population="owners")
    + step("enable_all_features", organization="initech", at_day=2),
    "an organization's own features": BOTH
    + MEMBERS
    + step("enable_all_features", organization="initech")
    + ENDED
    + step("remove_declined", organization="initech", silent=True)
    + step("finalize", organization="initech"),
    "shares of a population": population("some", "invited", 37, migration={"decline": 1.0})
    + step(
        "InviteAccountToOrganization",
        for_each="some",
        share=0.3,
        with_={"Target": {"Id": "{account}", "Type": "ACCOUNT"}},
    )
    + ENDED
    + step("ListAccounts", for_each="some", share=0.2, skip=0.1, caller="account")
    + step("enable_all_features")
    + ENDED
    + step("remove_declined"),
    "few invitations a day": "quotas.invitations_per_day = 10\n"
    + population("owners", "invited", 35, invitation={"accept": 0.0})
    + step("invite", population="owners"),
    "a pace": population("owners", "invited", 35, invitation={"delay": after(1)})
    + step("invite", population="owners", pace={"per_day": 7})
    + ENDED,
    "an offer that is taken back": "[organizations.payer]\n[organizations.paid]\n"
    "transfer = { accept = 0.3, decline = 0.2, deadline_days = 9, escalation.action = 'CancelHandshake', "
    "escalation.with.HandshakeId = '{handshake}' }\n"
    + step(
        "InviteOrganizationToTransferResponsibility",
        organization="payer",
        with_={
            "Type": "BILLING",
            "SourceName": "paid",
            "StartTimestamp": "2026-02-01T00:00:00Z",
            "Target": {"Type": "ACCOUNT", "Id": "{paid.management_account}"},
        },
    )
    + ENDED,
    "the oldest of all before those of an OU": "[organizations.ours]\n[organizations.initech]\naccounts = 100\n"
    "age = { distribution = 'uniform', from_days = 9, to_days = 900 }\nunits = [{ name = 'Web', accounts = 30 }]\n"
    + population("oldest", "member", 90, of="initech")
    + "[populations.web]\nof = 'initech'\nunit = 'Web'\n"
    + step("invite", organization="ours", population="web"),
    "closed again": "[organizations.ours]\nfeature_set = 'ALL'\naccounts = 40\n"
    + population("old", "member", 30)
    + step("close_accounts", population="old", share=0.4)
    + step("close_accounts", population="old", share=0.7)
    + step("close_accounts", population="old", share=0.7),
    "closed after the first have left": f"[organizations.ours]\nfeature_set = 'ALL'\n{GROUP}"
    + population("old", "member", 30, of="ours")
    + step("LeaveOrganization", for_each="old", caller="account", share=0.3)
    + step("close_accounts", population="old", share=0.5)
    + step("close_accounts", population="old", share=0.4),
    "removed before they would answer": BOTH
    + population("owners", "member", 50, of="initech", migration={"delay": uniform(0, 20)} | EXPELLED)
    + step("enable_all_features", organization="initech")
    + ENDED,
    "a step reminds in time": population(
        "owners", "invited", 50, migration={"accept": 0.0, "after_reminder": 1.0, "delay": after(1)} | EXPELLED
    )
    + step("invite", population="owners")
    + ENDED
    + step("enable_all_features")
    + step("remind", at_day=2, accept=0.8)
    + ENDED,
    "nobody is removed who answers just at the deadline": population(
        "owners", "invited", 50, migration={"delay": after(5)} | EXPELLED
    )
    + step("invite", population="owners")
    + ENDED
    + step("enable_all_features")
    + ENDED,
    "all features asked for each": BOTH
    + MEMBERS
    + step("EnableAllFeatures", organization="initech", for_each="owners")
    + ENDED,
    "offers to nobody": "".join(
        step("InviteOrganizationToTransferResponsibility", with_={**OFFER, "Target": target})
        for target in ({"Id": "{root}", "Type": "ACCOUNT"}, {"Id": "a@{root}", "Type": "EMAIL"})
    ),
    "all at once": population("owners", "invited", 5)
    + step("invite", population="owners", pace={"over_days": 5e-324})
    + ENDED,
    "a pipeline": population("owners", "created", 35)
    + step(
        "create_accounts",
        population="owners",
        then=[{"action": "TagResource", "with": {"ResourceId": "{account}", "Tags": [{"Key": "a", "Value": "b"}]}}],
    ),
}


async def compared(scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> tuple[Plan, Counter[str], Outcome]:
    """The plan of a scenario, the calls of a run by operation, and its outcome."""
    plan, (made, _) = plan_scenario(scenario), count_refusals(monkeypatch)
    outcome = await play_scenario(scenario, MemoryLog())
    return plan, made, outcome


async def require_foreseen(scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    plan, made, outcome = await compared(scenario, monkeypatch)
    made -= Counter(outcome.throttled)
    assert made.keys() <= plan.operations.keys()
    for operation, (least, expected, most) in plan.operations.items():
        assert least <= made[operation] <= most, operation
        # A number of independent chances is seldom more than five standard deviations away.
        assert least == most or abs(made[operation] - expected) <= 5 * sqrt(expected) + 2, operation
    # Measured from a later day on, the days before it are missing.
    days = scenario.measure_from + (outcome.metrics["virtual_days"] or 0)
    assert plan.least_hours <= days * 24 + 1e-6
    assert plan.least_hours <= plan.least_hours_at_aws_rates


def test_every_shipped_scenario_is_here() -> None:
    """A scenario that is shipped has a small form to be compared with its plan."""
    assert {each.stem for each in SCENARIOS.glob("*.toml")} == SMALL.keys()


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize(("name", "given"), CASES, ids=[name for name, _ in CASES])
async def test_shipped_scenarios(name: str, given: dict[str, int], seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run makes as many calls as the plan says, exactly where no chance is involved, and takes no less time."""
    scenario = await load_scenario(SCENARIOS / f"{name}.toml", given)
    await require_foreseen(structs.replace(scenario, seed=seed), monkeypatch)


def numbers(least: int, expected: int, most: int) -> str:
    return f"{expected:,}" if least == most else f"{least:,}, {expected:,}, {most:,}"


async def row(name: str, given: dict[str, int], monkeypatch: pytest.MonkeyPatch) -> str:
    """What is said in docs/scenarios.md of a scenario's plan and its run."""
    scenario = await load_scenario(SCENARIOS / f"{name}.toml", given)
    plan, made, outcome = await compared(scenario, monkeypatch)
    made -= Counter(outcome.throttled)
    calls = "; ".join(f"{key} {numbers(*each)}: {made[key]:,}" for key, each in plan.operations.items() if each[2] > 1)
    hours = (scenario.measure_from + (outcome.metrics["virtual_days"] or 0)) * 24
    small = " ".join(f"`{key}={value}`" for key, value in given.items())
    return f"| {name} | {small} | {calls} | {plan.least_hours:,.1f}: {hours:,.1f} |"


@pytest.mark.parametrize(("name", "given"), CASES, ids=[name for name, _ in CASES])
async def test_the_page(name: str, given: dict[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    """The page about scenarios has what was foreseen of each shipped one beside what happened."""
    page, line = (ROOT / "docs" / "scenarios.md").read_text("utf-8"), await row(name, given, monkeypatch)
    assert line in page.splitlines(), f"in docs/scenarios.md, under Before a run, it should say {line}"


@pytest.mark.parametrize("text", OTHERS.values(), ids=OTHERS)
async def test_other_scenarios(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """So it is with reminders, deadlines, tracks, members that are there, shares and paces."""
    await require_foreseen(parse_scenario(text), monkeypatch)


SLOW = {"after_reminder": 0.3, "remind_after_days": [4, 8], "reminded_accept": [0.7, 0.8], "delay": uniform(0, 5)}
DESCRIBED = step("DescribeAccount", for_each="web", only_members=True, with_={"AccountId": "{account}"})


@pytest.mark.parametrize(
    ("until", "at_most_days", "least"),
    [
        ("web.joined_share >= 0.9", 14, 270),
        ("joined_share > 0.6", 14, 180),
        ("ours.joined_share >= 0.8", 14, 240),
        ("web.joined_of_all_share >= 0.7", 14, 210),
        ("joined >= 250", 14, 250),
        ("joined_share >= 0.99", 14, 270),
        ("joined_share >= 0.9", 3, 100),
    ],
)
async def test_after_a_wait(until: str, at_most_days: int, least: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a wait for a condition as many are expected to have joined as it demands, if they do so in time."""
    text = (
        "[organizations.ours]\n"
        + population("web", "invited", 300, invitation=SLOW)
        + step("invite", population="web")
        + step("wait", until=until, at_most_days=at_most_days)
        + DESCRIBED
    )
    plan, made, _ = await compared(parse_scenario(text), monkeypatch)
    _, expected, _ = plan.operations["DescribeAccount"]
    assert min(expected, made["DescribeAccount"]) >= least
    assert abs(expected - made["DescribeAccount"]) <= 20


async def test_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    """A step that retries may make as many calls as it has attempts, and what it brings about is not certain."""
    text = population("new", "created", 12) + step("create_accounts", population="new", retry={"attempts": 2})
    text += step("DescribeAccount", for_each="new", with_={"AccountId": "{account}"})
    plan, made, _ = await compared(parse_scenario(f"throttle = 'aws'\n{text}"), monkeypatch)
    assert plan.operations["CreateAccount"] == (12, 12, 24)
    assert 12 < made["CreateAccount"] <= 24
    least, _, most = plan.operations["DescribeAccount"]
    assert least <= made["DescribeAccount"] < most


async def test_retries_of_accounts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Accounts that call for themselves may make as many calls as they have attempts, too."""
    text = "throttle = 'aws'\n[organizations.ours]\naccounts = 60\ncreated = 0.0\n" + population("old", "member", 60)
    text += step("LeaveOrganization", for_each="old", caller="account", retry={"attempts": 2})
    plan, made, _ = await compared(parse_scenario(text), monkeypatch)
    assert plan.operations["LeaveOrganization"] == (60, 60, 120)
    assert 60 < made["LeaveOrganization"] <= 120


@pytest.mark.parametrize("name", ["vend-accounts", "close-accounts", "redesign-ous"])
async def test_close_to_the_run(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where only AWS's limits take time, the least hours are nearly those of the run."""
    scenario = await load_scenario(SCENARIOS / f"{name}.toml", SMALL[name][0])
    plan, _, outcome = await compared(scenario, monkeypatch)
    assert plan.least_hours >= (outcome.metrics["virtual_days"] or 0) * 24 * 0.9


def test_limits_by_hand() -> None:
    """Thirty-five silent owners, ten a day, take three days; twelve creations at AWS's rate take ninety seconds."""
    assert plan_scenario(parse_scenario(OTHERS["few invitations a day"])).least_hours == 72
    plan = plan_scenario(parse_scenario(population("new", "created", 12) + step("create_accounts", population="new")))
    assert (plan.least_hours, round(plan.least_hours_at_aws_rates * 3600)) == (0, 90)
    assert [round(each.hours * 3600) for each in plan.calls] == [0, 90]


def test_tickets_by_hand() -> None:
    """6,000 who join need an account quota of 6,001, and AWS's help for the migration; nine need nothing."""
    steps = step("invite", population="owners") + ENDED + step("enable_all_features")
    plan = plan_scenario(parse_scenario(population("owners", "invited", 6_000) + steps))
    assert [(each.quota, each.needed, each.aws) for each in plan.tickets] == [
        ("accounts", 6_001, 10),
        ("all_features_migration_accounts", 6_001, 5_000),
    ]
    assert not plan_scenario(parse_scenario(population("owners", "invited", 9) + steps)).tickets


def test_throttle_off_has_rates_all_the_same() -> None:
    """A scenario without AWS's rates is told what they would make of it."""
    plan = plan_scenario(parse_scenario(population("o", "invited", 3_605) + step("invite", population="o")))
    assert plan.least_hours == 0
    assert plan.least_hours_at_aws_rates == pytest.approx(3_600 / 3 / 3600)


def test_a_log_is_refused() -> None:
    """What the accounts of a log's organization do is not known to a plan, which says so."""
    scenario = parse_scenario(step("EnableAllFeatures"))
    organizations = {name: structs.replace(each, id="o-a1b2c3d4e5") for name, each in scenario.organizations.items()}
    with pytest.raises(ScenarioError, match="a plan knows no log"):
        plan_scenario(structs.replace(scenario, organizations=organizations))
