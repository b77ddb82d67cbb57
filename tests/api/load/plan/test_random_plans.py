"""Random scenarios: the run makes no fewer and no more calls than its plan says, and is no faster."""

from collections import Counter
from random import Random
from typing import Any

import pytest
from support.play_scenario import ENDED, after, population, step, uniform

from orgsim.api.load.plan.foresee import plan_scenario
from orgsim.api.load.play import play_scenario
from orgsim.api.load.play.call_counter import CallCounter
from orgsim.api.load.scenario import parse_scenario
from orgsim.engine.log import MemoryLog

pytestmark = pytest.mark.anyio


def behaviour(random: Random) -> dict[str, Any]:
    """Some answers after some time, perhaps with reminders; or everybody accepts."""
    delay = random.choice([uniform(0, 20), uniform(1, 3), after(1), after(0)])
    if random.random() < 0.3:
        return {"delay": delay}
    shares = {name: round(random.random() * most, 2) for name, most in (("accept", 0.6), ("decline", 0.2))}
    reminders = {"remind_after_days": [2, 5]} if random.random() < 0.3 else {}
    return shares | reminders | {"after_reminder": round(random.random() * 0.2, 2), "delay": delay}


def some_step(random: Random) -> str:
    """A step of one of two organizations with one of three populations."""
    of, who = random.choice(["ours", "theirs"]), random.choice(["member", "invited", "created"])
    pace = random.choice([{}, {"pace": {"over_days": 3}}])
    invite = step("invite", organization=of, population=who, **pace)
    others = [
        ENDED,
        step("enable_all_features", organization=of),
        step("remove_declined", organization=of, silent=random.random() < 0.5),
        step("create_accounts", organization=of, population="created"),
        random.choice([step("remind", accept=0.5), step("wait", days=5), step("finalize", organization=of)]),
        step("close_accounts", organization=of, population=who, share=0.5),
    ]
    return random.choice([invite, invite, invite, *others])


def scenario_text(random: Random) -> str:
    """A scenario of two organizations, one of which is there, three populations and some steps."""
    heads = [["throttle = 'aws'\n", ""], ["latency = 'realistic'\n", ""], ["quotas.invitations_per_day = 20\n", ""]]
    created, features = random.choice([0.0, 1.0, 0.3]), random.choice(["ALL", "CONSOLIDATED_BILLING"])
    theirs = f"[organizations.theirs]\nmanagement_account = '222222222222'\naccounts = 30\ncreated = {created}\n"
    behaviours = [{"invitation": behaviour(random), "migration": behaviour(random)} for _ in range(3)]
    return (
        "".join(map(random.choice, heads))
        + f"[organizations.ours]\nfeature_set = '{features}'\n{theirs}"
        + population("member", "member", random.choice([10, 30, 99]), of="theirs", **behaviours[0])
        + population("invited", "invited", random.choice([5, 40]), **behaviours[1])
        + population("created", "created", random.choice([3, 20]), **behaviours[2])
        + "".join(some_step(random) for _ in range(random.randrange(2, 9)))
    )


@pytest.mark.parametrize("seed", range(60))
async def test_between_least_and_most(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The calls of each operation lie between the least and the most, and the run takes at least the least hours."""
    made, count = Counter[str](), CallCounter.count_call

    def counted(self: CallCounter, operation: str) -> None:
        made[operation] += 1
        count(self, operation)

    monkeypatch.setattr(CallCounter, "count_call", counted)
    scenario = parse_scenario(scenario_text(Random(seed)))
    plan, outcome = plan_scenario(scenario), await play_scenario(scenario, MemoryLog())
    made -= Counter(outcome.throttled)
    for operation in made.keys() | plan.operations.keys():
        least, _, most = plan.operations.get(operation, (0, 0, 0))
        assert least <= made[operation] <= most, operation
    assert plan.least_hours <= (outcome.metrics["virtual_days"] or 0) * 24 + 1e-6
