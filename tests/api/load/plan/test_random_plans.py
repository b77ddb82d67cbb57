"""Random scenarios: the run makes no fewer and no more calls than its plan says, and is no faster."""

from collections import Counter
from random import Random
from typing import Any

import anyio
import pytest
from support.play_scenario import ENDED, after, population, step, track, uniform
from support.refusals import count_refusals

from orgsim.api.load.foresee import plan_scenario
from orgsim.api.load.run import play_scenario
from orgsim.api.load.scenario import parse_scenario
from orgsim.api.load.scenario.populations import ANSWERS
from orgsim.engine.log import MemoryLog

ACCOUNT = {"AccountId": "{account}"}
TARGET = {"Target": {"Id": "{account}", "Type": "ACCOUNT"}}
ESCALATIONS = [
    {"action": "RemoveAccountFromOrganization", "with": ACCOUNT},
    {"action": "CancelHandshake", "with": {"HandshakeId": "{handshake}"}},
    {"action": "TagResource", "with": {"ResourceId": "{account}", "Tags": [{"Key": "late", "Value": "yes"}]}},
]
CALLS: list[tuple[str, dict[str, Any]]] = [
    ("InviteAccountToOrganization", {"with_": TARGET}),
    ("RemoveAccountFromOrganization", {"with_": ACCOUNT}),
    ("CloseAccount", {"with_": ACCOUNT}),
    ("LeaveOrganization", {"caller": "account"}),
    ("DescribeAccount", {"with_": ACCOUNT}),
]
POPULATIONS = ["member", "invited", "created"]
ONCE_WRONG = [50_423, 50_569, 50_878, 52_138, 52_687, 52_953, 67_344, 68_837]
"""Seeds at which a plan once promised what was not sure."""


def behaviour(random: Random, *, migration: bool) -> dict[str, Any]:
    """Some answers after some time, perhaps with reminders and a deadline; or everybody accepts."""
    delay = random.choice([uniform(0, 20), uniform(1, 3), after(1), after(0)])
    late = {"deadline_days": random.choice([2, 6, 12]), "escalation": random.choice(ESCALATIONS)}
    late = late if random.random() < 0.3 else {}
    if random.random() < 0.3:
        return {"delay": delay} | late
    shares = {name: round(random.random() * most, 2) for name, most in (("accept", 0.5), ("decline", 0.15))}
    if migration and random.random() < 0.3:
        shares["leave"] = 0.15
    reminders = {"remind_after_days": [2, 5]} if random.random() < 0.3 else {}
    return shares | late | reminders | {"after_reminder": round(random.random() * 0.2, 2), "delay": delay}


def some_call(random: Random, of: str, who: str, sending: dict[str, Any]) -> str:
    """A call of an AWS operation for some of a population."""
    operation, keys = random.choice(CALLS)
    share = random.choice([{}, {"share": 0.3}, {"share": 0.25, "skip": 0.5}])
    return step(operation, organization=of, for_each=who, **keys, **share, **sending)


def some_step(random: Random) -> str:
    """A step of one of two organizations with one of three populations."""
    of, who = random.choice(["ours", "theirs"]), random.choice(POPULATIONS)
    sending = random.choice([{}, {}, {"pace": {"over_days": 3}}, {"retry": {"attempts": 3}}])
    invite = step("invite", organization=of, population=who, **sending)
    others = [
        ENDED,
        step("enable_all_features", organization=of),
        step("remove_declined", organization=of, silent=random.random() < 0.5),
        step("create_accounts", organization=of, population="created", **sending),
        random.choice([step("remind", accept=0.5), step("wait", days=5), step("finalize", organization=of)]),
        step("close_accounts", organization=of, population=who, share=0.5, **sending),
        some_call(random, of, who, sending),
    ]
    return random.choice([invite, invite, invite, *others])


def some_steps(random: Random) -> list[str]:
    return [some_step(random) for _ in range(random.randrange(2, 9))]


def some_tracks(random: Random) -> str:
    """Two or three tracks: beside each other, after each other, on a day or again and again."""
    when: list[dict[str, Any]] = [{}, {"from_day": random.choice([2, 9])}, {"every_days": 4, "times": 3}]
    text = track("one", *some_steps(random), **random.choice(when))
    text += track("two", *some_steps(random), **random.choice([*when, {"after": ["one"]}]))
    return text + (track("three", *some_steps(random), **random.choice(when)) if random.random() < 0.3 else "")


def scenario_text(random: Random) -> str:
    """A scenario of two organizations, one of which is there, three populations and some steps, perhaps in tracks."""
    heads = [
        ["throttle = 'aws'\n", ""],
        ["latency = 'realistic'\n", ""],
        ["quotas.invitations_per_day = 20\n", "", ""],
        ["quotas.created_account_minimum_age_days = 0\n", ""],
    ]
    created, features = random.choice([0.0, 1.0, 0.3]), random.choice(["ALL", "CONSOLIDATED_BILLING"])
    age = random.choice(
        ["{ distribution = 'fixed', days = 90 }", "{ distribution = 'uniform', from_days = 1, to_days = 9 }"]
    )
    theirs = f"[organizations.theirs]\naccounts = 30\ncreated = {created}\nage = {age}\n"
    behaviours = [
        {"invitation": behaviour(random, migration=False), "migration": behaviour(random, migration=True)}
        for _ in POPULATIONS
    ]
    return (
        "".join(map(random.choice, heads))
        + f"[organizations.ours]\nfeature_set = '{features}'\n{theirs}"
        + population("member", "member", random.choice([10, 30, 30]), of="theirs", **behaviours[0])
        + population("invited", "invited", random.choice([5, 40]), **behaviours[1])
        + population("created", "created", random.choice([3, 20]), **behaviours[2])
        + random.choice(["".join(some_steps(random)), some_tracks(random)])
    )


def require_between(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made, refused = count_refusals(monkeypatch)
    scenario = parse_scenario(text)
    plan, outcome = plan_scenario(scenario), anyio.run(play_scenario, scenario, MemoryLog())
    # Throttled calls come on top, but those of a step that retries are among its most.
    once = made - Counter(outcome.throttled)
    for operation in made.keys() | plan.operations.keys():
        least, expected, most = plan.operations.get(operation, (0, 0, 0))
        assert least <= expected <= most, operation
        assert least <= (made if "retry" in text else once)[operation], (operation, least, made[operation])
        assert once[operation] <= most, (operation, once[operation], most)
    foreseen = Counter[str]()
    for each in plan.calls:
        # Answers come only if the run goes on for so long.
        foreseen[each.operation] += each.refused if each.by == "management" or each.operation not in ANSWERS else 0
    assert foreseen <= refused, (foreseen, refused)
    hours = (outcome.metrics["virtual_days"] or 0) * 24
    assert plan.least_hours <= hours + 1e-6, (plan.least_hours, hours)


@pytest.mark.parametrize("seed", [*range(100), *ONCE_WRONG])
def test_between_least_and_most(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The calls of each operation lie between the least and the most, and the run takes at least the least hours."""
    require_between(scenario_text(Random(seed)), monkeypatch)


OTHERWISE = {
    "{ distribution = 'uniform', from_days = 1, to_days = 3 }": "{ distribution = 'lognormal', median_days = 2, "
    "sigma = 1.5, at_most_days = 60 }",
    "{ distribution = 'fixed', days = 1 }": "{ distribution = 'office_hours', median_hours = 8, sigma = 1.0, "
    "at_most_hours = 72 }",
    "action = 'wait_for_answers'": "action = 'wait'\nuntil = 'joined_share >= 0.2'\nat_most_days = 9",
}
"""What stands in random scenarios, and what stands there instead: rare delays, waits for a condition."""


@pytest.mark.parametrize("seed", [*range(3_000, 3_050), 70_536])
def test_rare_delays_and_waits_for_a_condition(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """So it is where a few answer very late, and where a wait ends as soon as some have joined."""
    text = scenario_text(Random(seed))
    for usual, other in OTHERWISE.items():
        text = text.replace(usual, other)
    assert not any(usual in text for usual in OTHERWISE)
    require_between(text, monkeypatch)


@pytest.mark.parametrize("seed", range(1_000, 1_004))
def test_many_times(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """So it is where a track invites for weeks, whose older invitations are added up."""
    random = Random(seed)
    head = scenario_text(random).partition("[[steps]]")[0].partition("[tracks")[0]
    steps = [step("invite", organization="ours", population=who) for who in POPULATIONS]
    again = track("again", *steps, *random.choice([[], [ENDED]]), every_days=random.choice([2, 8]), times=40)
    last = step("close_accounts", organization="ours", population="invited")
    require_between(head + again + track("last", last, after=["again"]), monkeypatch)


def text_without_chance(random: Random) -> str:
    """Everybody accepts a day later, and each step is over before the next begins."""
    accepting = {"invitation": {"delay": after(1)}, "migration": {"delay": after(1)}}
    steps = list[str]()
    for _ in range(random.randrange(1, 7)):
        of, who = random.choice(["ours", "theirs"]), random.choice(POPULATIONS)
        some = [
            step("invite", organization=of, population=who, **random.choice([{}, {"pace": {"over_days": 3}}])),
            step("create_accounts", organization="ours", population="created"),
            step("enable_all_features", organization=of),
            step("finalize", organization=of),
            step("remove_declined", organization=of),
            step("DescribeAccount", organization=of, for_each=who, with_=ACCOUNT, share=0.3),
        ]
        steps.append(random.choice(some) + ENDED)
    return (
        "throttle = 'aws'\nquotas.created_account_minimum_age_days = 0\n"
        + "[organizations.ours]\n[organizations.theirs]\naccounts = 30\n"
        + population("member", "member", 30, of="theirs", **accepting)
        + population("invited", "invited", 40, **accepting)
        + population("created", "created", 20, **accepting)
        + "".join(steps)
    )


@pytest.mark.parametrize("seed", range(40))
def test_exact_without_chance(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing is left to chance the plan is exact, and the run does just that."""
    text = text_without_chance(Random(seed))
    assert [each for each in plan_scenario(parse_scenario(text)).calls if each.least != each.most] == []
    require_between(text, monkeypatch)


@pytest.mark.parametrize("seed", range(2_000, 2_030))
def test_shares(seed: int) -> None:
    """Every share of the run and of its parts is between nothing and all, from whatever day on it is measured."""
    text = f"measure_from = {seed % 3 * 4}\n" + scenario_text(Random(seed))
    outcome = anyio.run(play_scenario, parse_scenario(text), MemoryLog())
    parts = {"run": outcome.metrics} | {name: part.metrics for name, part in outcome.parts.items()}
    for name, metrics in parts.items():
        shares = {key: value for key, value in metrics.items() if key.endswith("_share") and value is not None}
        assert all(0 <= value <= 1 for value in shares.values()), (name, shares)
