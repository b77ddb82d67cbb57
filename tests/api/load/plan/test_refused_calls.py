"""Calls that AWS surely refuses: a plan counts them as refused, as the run does, and nothing comes of them."""

from collections import Counter
from random import Random
from typing import Any

import anyio
import pytest
from support.play_scenario import ENDED, after, population, step
from support.refusals import count_refusals

from orgsim.api.load.foresee import plan_scenario
from orgsim.api.load.run import play_scenario
from orgsim.api.load.scenario import parse_scenario
from orgsim.engine.log import MemoryLog

pytestmark = pytest.mark.anyio

ALL = "[organizations.ours]\nfeature_set = 'ALL'\n"
THERE = f"{ALL}accounts = 30\n" + population("here", "member", 20, of="ours")
OUTSIDE = population("outside", "invited", 12, invitation={"delay": after(1)}, migration={"delay": after(1)})
NEW = population("new", "created", 9) + step("create_accounts", population="new")
ACCOUNT = {"AccountId": "{account}"}
MANAGEMENT = {"AccountId": "{management_account}"}
CALLS: list[tuple[str, dict[str, Any]]] = [
    ("InviteAccountToOrganization", {"with_": {"Target": {"Id": "{account}", "Type": "ACCOUNT"}}}),
    *((name, {"with_": ACCOUNT}) for name in ("RemoveAccountFromOrganization", "CloseAccount", "DescribeAccount")),
    *(("LeaveOrganization", {"caller": caller}) for caller in ("account", "management")),
]
TARGET = {"Target": {"Id": "{account}", "Type": "ACCOUNT"}}
INVITE = step("invite", population="outside") + ENDED

CASES: dict[str, tuple[str, dict[str, int]]] = {
    "a management account cannot leave": (
        THERE + step("LeaveOrganization") + step("LeaveOrganization", for_each="here"),
        {"LeaveOrganization": 21},
    ),
    "created accounts are too young": (
        ALL + NEW + step("LeaveOrganization", for_each="new", caller="account"),
        {"LeaveOrganization": 9},
    ),
    "too young to be removed, old enough later": (
        ALL
        + NEW
        + step("RemoveAccountFromOrganization", for_each="new", share=0.34, with_=ACCOUNT)
        + step("wait", days=4)
        + step("RemoveAccountFromOrganization", for_each="new", with_=ACCOUNT),
        {"RemoveAccountFromOrganization": 3},
    ),
    "who is in no organization cannot leave": (
        OUTSIDE + step("LeaveOrganization", for_each="outside", caller="account") + INVITE,
        {"LeaveOrganization": 12},
    ),
    "members are invited": (
        THERE + step("InviteAccountToOrganization", for_each="here", with_=TARGET) + ENDED,
        {"InviteAccountToOrganization": 20},
    ),
    "invited twice": (
        OUTSIDE
        + step("InviteAccountToOrganization", for_each="outside", share=0.5, with_=TARGET)
        + ENDED
        + INVITE
        + step("InviteAccountToOrganization", for_each="outside", with_=TARGET),
        {"InviteAccountToOrganization": 12},
    ),
    "removed before they have joined": (
        OUTSIDE
        + step("RemoveAccountFromOrganization", for_each="outside", with_=ACCOUNT)
        + INVITE
        + step("enable_all_features")
        + ENDED
        + step("finalize"),
        {"RemoveAccountFromOrganization": 12},
    ),
    "removed twice": (
        THERE + 2 * step("RemoveAccountFromOrganization", for_each="here", with_=ACCOUNT),
        {"RemoveAccountFromOrganization": 20},
    ),
    "closed without all features": (
        THERE.replace("feature_set = 'ALL'", "")
        + step("close_accounts", population="here", share=0.5)
        + step("CloseAccount", for_each="here", with_=ACCOUNT),
        {"CloseAccount": 30},
    ),
    "closed accounts cannot leave": (
        THERE
        + step("close_accounts", population="here")
        + step("LeaveOrganization", for_each="here", caller="account")
        + step("CloseAccount", for_each="here", with_=ACCOUNT),
        {"LeaveOrganization": 20, "CloseAccount": 20},
    ),
    "members call what only the management account may": (
        THERE
        + step("EnableAllFeatures", for_each="here", caller="account")
        + step("RemoveAccountFromOrganization", for_each="here", caller="account", with_=ACCOUNT)
        + step(
            "CreateAccount",
            for_each="here",
            caller="account",
            with_={"Email": "{index}@example.com", "AccountName": "a"},
        ),
        {"EnableAllFeatures": 20, "RemoveAccountFromOrganization": 20, "CreateAccount": 20},
    ),
    "all features are there, or asked for": (
        "[organizations.ours]\n[organizations.other]\nfeature_set = 'ALL'\n"
        + OUTSIDE
        + step("invite", organization="ours", population="outside")
        + ENDED
        + step("EnableAllFeatures", organization="other")
        + 2 * step("enable_all_features", organization="ours")
        + step("EnableAllFeatures", organization="ours", for_each="outside")
        + ENDED,
        {"EnableAllFeatures": 14},
    ),
    "finalized though some have not approved": (
        OUTSIDE.replace("migration = {", "migration = { accept = 0.0,")
        + INVITE
        + step("enable_all_features")
        + ENDED
        + step("finalize"),
        {"AcceptHandshake": 1},
    ),
    "finalized twice": (
        OUTSIDE + INVITE + step("enable_all_features") + ENDED + 2 * step("finalize"),
        {"AcceptHandshake": 1},
    ),
    "finalized though nobody asks the others": (
        THERE.replace("feature_set = 'ALL'", "") + step("enable_all_features") + ENDED + step("finalize"),
        {"AcceptHandshake": 1},
    ),
    "created accounts accept another's invitation too early, closed ones never": (
        "[organizations.ours]\nfeature_set = 'ALL'\n[organizations.other]\n"
        + population("new", "created", 9, invitation={"delay": after(1)})
        + step("create_accounts", organization="ours", population="new")
        + step("invite", organization="other", population="new")
        + ENDED
        + step("wait", days=20)
        + step("close_accounts", organization="ours", population="new", share=0.34)
        + step("invite", organization="other", population="new")
        + ENDED,
        {"AcceptHandshake": 12},
    ),
    "closed while a migration waits": (
        OUTSIDE + INVITE + step("enable_all_features") + step("close_accounts", population="outside") + ENDED,
        {"CloseAccount": 12},
    ),
    "one OU for each, of one name": (
        THERE + step("CreateOrganizationalUnit", for_each="here", with_={"ParentId": "{root}", "Name": "same"}),
        {"CreateOrganizationalUnit": 19},
    ),
    "the management account is meant": (
        THERE
        + step("RemoveAccountFromOrganization", with_=MANAGEMENT)
        + step("CloseAccount", for_each="here", with_=MANAGEMENT)
        + step("InviteAccountToOrganization", with_={"Target": {"Id": "111111111111", "Type": "ACCOUNT"}}),
        {"RemoveAccountFromOrganization": 1, "CloseAccount": 20, "InviteAccountToOrganization": 1},
    ),
    "nobody of them is a member": (
        OUTSIDE
        + step("DescribeAccount", for_each="outside", with_=ACCOUNT)
        + INVITE
        + step("DescribeAccount", for_each="outside", with_=ACCOUNT),
        {"DescribeAccount": 12},
    ),
    "addresses of members can be invited": (
        THERE
        + step(
            "InviteAccountToOrganization",
            for_each="here",
            with_={"Target": {"Id": "{account}@example.com", "Type": "EMAIL"}},
        ),
        {},
    ),
}


@pytest.mark.parametrize(("text", "refused"), CASES.values(), ids=CASES)
async def test_as_the_run(text: str, refused: dict[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    """So many calls of each operation are refused in the plan as in the run, and as many calls are made in all."""
    scenario = parse_scenario(text)
    plan, (made, turned_down) = plan_scenario(scenario), count_refusals(monkeypatch)
    await play_scenario(scenario, MemoryLog())
    foreseen = Counter[str]()
    for each in plan.calls:
        foreseen[each.operation] += each.refused
    assert +foreseen == turned_down == Counter(refused)
    # An e-mail address is nobody's, so nobody accepts.
    calls = {name: expected for name, (_, expected, _) in plan.operations.items()}
    assert calls == made or "EMAIL" in text
    for operation in refused:
        assert any(operation in each or "WAIT_PERIOD_ACTIVE" in each for each in plan.warnings), operation


def text_without_chance(random: Random) -> str:
    """Calls for whole populations of two organizations; everybody accepts a day later, before the next step begins."""
    behaviours = {"invitation": {"delay": after(1)}, "migration": {"delay": after(1)}}
    steps = list[str]()
    for _ in range(random.randrange(1, 8)):
        of, who = random.choice(["ours", "other"]), random.choice(["here", "outside", "new"])
        operation, keys = random.choice(CALLS)
        some = [
            step("invite", organization=of, population=who),
            step("create_accounts", organization="ours", population="new"),
            step("enable_all_features", organization=of),
            step("close_accounts", organization=of, population=who),
            step("wait", days=5),
            *[step(operation, organization=of, for_each=who, **keys)] * 5,
        ]
        steps.append(random.choice(some) + ENDED)
    features = [random.choice(["ALL", "CONSOLIDATED_BILLING"]) for _ in range(2)]
    return (
        "quotas.created_account_minimum_age_days = 0\n"
        + f"[organizations.ours]\nfeature_set = '{features[0]}'\n"
        + f"[organizations.other]\naccounts = 30\nfeature_set = '{features[1]}'\n"
        + population("here", "member", 30, of="other", **behaviours)
        + population("outside", "invited", 40, **behaviours)
        + population("new", "created", 20, **behaviours)
        + "".join(steps)
    )


@pytest.mark.parametrize("seed", range(60))
def test_just_as_the_run(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing is left to chance, just those calls are refused, and as many are made, whoever has moved where."""
    scenario = parse_scenario(text_without_chance(Random(seed)))
    plan, (made, turned_down) = plan_scenario(scenario), count_refusals(monkeypatch)
    anyio.run(play_scenario, scenario, MemoryLog())
    foreseen = Counter[str]()
    for each in plan.calls:
        foreseen[each.operation] += each.refused
    assert +foreseen == turned_down
    for operation, (least, expected, most) in plan.operations.items():
        assert least <= made[operation] == expected <= most, operation


@pytest.mark.parametrize(
    ("wait", "refused"),
    [(ENDED, []), (step("wait", until="joined >= 9", at_most_days=30), []), (step("wait", days=3), [9])],
    ids=["for answers", "for a condition", "some days"],
)
def test_too_young_after_a_wait(wait: str, refused: list[int]) -> None:
    """After a wait of which nobody knows how long it takes accounts may be old enough: there is a warning, no count."""
    text = ALL + OUTSIDE + NEW + step("invite", population="outside") + wait
    plan = plan_scenario(parse_scenario(text + step("LeaveOrganization", for_each="new", caller="account")))
    assert [each.refused for each in plan.calls if each.refused] == refused
    assert any("WAIT_PERIOD_ACTIVE" in each for each in plan.warnings)


CREATED = population("new", "created", 9)
SOME = population("some", "invited", 12, invitation={"accept": 0.5, "delay": after(0)})
OLD_ENOUGH = {
    "created one after the other": CREATED
    + step("create_accounts", population="new", pace={"over_days": 3})
    + step("wait", days=3)
    + step("LeaveOrganization", for_each="new", caller="account"),
    "leave one after the other": NEW
    + step("LeaveOrganization", for_each="new", caller="account", pace={"over_days": 9}),
    "there is nobody to create": NEW
    + step("wait", days=3.9)
    + step("create_accounts", population="new", pace={"over_days": 3})
    + step("wait", days=1)
    + step("LeaveOrganization", for_each="new", caller="account"),
    "invitations wait for days": "quotas.invitations_per_day = 1\n"
    + SOME
    + NEW
    + step("invite", population="some")
    + step("LeaveOrganization", for_each="new", caller="account"),
    "closures wait for weeks": "quotas.account_closures_per_30_days = 1\n"
    + SOME
    + NEW
    + step("invite", population="some")
    + step("wait", days=1)
    + step("close_accounts", population="some")
    + step("LeaveOrganization", for_each="new", caller="account"),
}


@pytest.mark.parametrize("text", OLD_ENOUGH.values(), ids=OLD_ENOUGH)
async def test_some_are_old_enough_by_then(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Accounts that may be old enough when their call is made are not called refused."""
    head, _, rest = text.rpartition("[populations.new]")
    scenario = parse_scenario(head + ALL + f"[populations.new]{rest}")
    plan, (_, turned_down) = plan_scenario(scenario), count_refusals(monkeypatch)
    await play_scenario(scenario, MemoryLog())
    assert sum(each.refused for each in plan.calls) <= turned_down.total() < 9


def test_nothing_is_said_of_what_is_not_known() -> None:
    """Where another track may have changed it, or calls whose effects are not foreseen, nothing is called refused."""
    leave = step("LeaveOrganization", for_each="outside", caller="account")
    tracks = [f"[tracks.{name}]\n" + each for name, each in (("a", INVITE), ("b", leave))]
    beside = OUTSIDE + "".join(
        each.replace("[[steps]]", f"[[tracks.{name}.steps]]") for name, each in zip("ab", tracks, strict=True)
    )
    found = step("CreateOrganization", for_each="outside", caller="account") + leave
    for text in (beside, OUTSIDE + found):
        assert [each.refused for each in plan_scenario(parse_scenario(text)).calls if each.refused] == []
