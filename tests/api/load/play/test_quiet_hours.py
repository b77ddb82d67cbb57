"""Thresholds that end a run, and conditions that are waited for, are looked at only when something may have changed."""

from collections import Counter
from random import Random
from typing import Any

import anyio
import pytest
from support.play_scenario import ENDED, after, figures, play, population, step, toml, track, uniform

from orgsim.api.load.play.clock_driver import ClockDriver
from orgsim.api.load.play.lookout import Lookout
from orgsim.api.load.run import play_scenario
from orgsim.api.load.scenario import Scenario, ScenarioError, parse_scenario
from orgsim.engine.log import MemoryLog

CENTURY = 36_500
CANCEL = {"action": "CancelHandshake", "with": {"HandshakeId": "{handshake}"}}
ASKED = population("p", "invited", 20, invitation={"accept": 0.5, "delay": uniform(1, 9)})
INVITE = step("invite", population="p")
PACES: list[dict[str, Any]] = [{}, {"pace": {"over_days": 0.3}}, {"pace": {"over_days": 6}}]
FIGURES = [
    *("joined", "p.joined_share", "q.joined_of_all_share", "members", "accepted_share", "joining_days.p50"),
    *("events", "commands", "held_back", "expired_share", "virtual_days", "virtual_hours", "tracks.b.commands"),
]


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often figures are looked up, by their names."""
    found, create = Counter[str](), Lookout.__init__

    def counting(self: Lookout, *given: Any) -> None:
        create(self, *given)
        look = self.value

        async def counted(figure: Any) -> float | None:
            found[figure.name] += 1
            return await look(figure)

        self.value = counted

    monkeypatch.setattr(Lookout, "__init__", counting)
    return found


async def test_a_century_of_a_threshold(looks: Counter[str]) -> None:
    """In a century in which twenty accounts answer, a threshold that ends the run is looked at some dozens of times."""
    limits = "joined_share = { condition = '< 0.9', stop = true }\n"
    outcome = await play(ASKED, INVITE, step("wait", days=CENTURY), f"[thresholds]\n{limits}")
    assert outcome.virtual_days == CENTURY
    assert looks["joined_share"] < 100


async def test_a_century_of_a_condition(looks: Counter[str]) -> None:
    """So it is with a condition that never holds, beside another track that waits for one, too."""
    tracks = [track(name, step("wait", until="joined >= 20", at_most_days=CENTURY)) for name in ("a", "b")]
    outcome = await play(ASKED, INVITE, *tracks)
    assert outcome.virtual_days == CENTURY
    assert looks["joined"] < 200


TARGET = {"Target": {"Type": "ACCOUNT", "Id": "{account}"}}
ASKING = {
    "invite": [INVITE],
    "call": [step("InviteAccountToOrganization", for_each="p", with_=TARGET)],
    "remind": [INVITE, step("wait", days=1), step("remind", accept=1)],
    "enable_all_features": [INVITE, ENDED, step("enable_all_features")],
}
"""Steps of which the last asks everybody at once."""


@pytest.mark.parametrize("asking", ASKING)
async def test_those_who_were_just_asked(asking: str) -> None:
    """Whatever step has just asked, a condition that waits for the answers holds at the hour at which they come."""
    answer = {"delay": after(3)} | ({"accept": 0, "after_reminder": 1} if asking == "remind" else {})
    outcome = await play(
        population("p", "invited", 5, invitation=answer, migration={"delay": after(3)}),
        *ASKING[asking],
        step("wait", until="accepted_share >= 1", at_most_days=60),
    )
    assert (outcome.steps[-1].hours, outcome.warnings) == (72, ())


async def test_what_another_track_has_just_done() -> None:
    """A track that waits sees that another will go on at its next look, because a third has acted since its last."""
    outcome = await play(
        population("p", "invited", 5, invitation={"delay": after(3)}),
        population("made", "created", 3),
        track("a", step("wait", until="members > 3", at_most_days=40), INVITE),
        track("b", step("create_accounts", population="made")),
        track("c", step("wait", until="joined >= 1", at_most_days=40)),
    )
    assert {each.track: each.hours for each in outcome.steps if each.action == "wait"} == {"a": 1, "c": 73}


@pytest.mark.parametrize("limits", ["", "members = { condition = '< 100', stop = true }"], ids=["alone", "looked at"])
async def test_a_look_holds_nobody_up(limits: str) -> None:
    """What a track waits for ends at the very hour of a look: it goes on at that hour, as it does if nobody looks."""
    behaviour = {"delay": uniform(1, 9), "deadline_days": 4, "escalation": CANCEL}
    outcome = await play(
        population("p", "invited", 6, invitation=behaviour),
        track("a", INVITE, step("wait", days=5)),
        track("b", step("wait", days=1), ENDED),
        f"[thresholds]\n{limits}",
    )
    assert outcome.steps[-1].hours == 72


@pytest.mark.parametrize(("condition", "hours"), [("<= 87600", 87_601), ("< 87600.5", 87_601), ("== 5", 6)])
async def test_time_is_a_figure(condition: str, hours: int, looks: Counter[str]) -> None:
    """A limit of the run's own time ends it at the same full hour as ever, and is looked at around that hour alone."""
    limits = f"virtual_hours = {{ condition = '{condition}', stop = true }}\n"
    outcome = await play(step("wait", days=CENTURY), f"[thresholds]\n{limits}")
    assert outcome.figure("virtual_hours") == hours
    assert looks["virtual_hours"] < 10


async def test_time_is_waited_for(looks: Counter[str]) -> None:
    """A track that waits for a time of the run goes on at that hour."""
    outcome = await play(step("wait", until="virtual_days >= 3650", at_most_days=CENTURY))
    assert (outcome.figure("virtual_days"), outcome.warnings) == (3_650, ())
    assert looks["virtual_days"] < 10


def some_condition(random: Random) -> tuple[str, str]:
    """A figure and a condition on it."""
    name = random.choice(FIGURES)
    limit = random.choice([0.2, 0.5, 0.9]) if name.endswith("_share") else random.choice([0, 3, 5.5, 10, 24, 60])
    return name, f"{random.choice(['<', '<=', '>', '>=', '==', '!='])} {limit}"


def some_steps(random: Random) -> list[str]:
    """Some steps of a track: several ask somebody, or wait for a condition, mostly one after the other."""
    some = list[str]()
    for _ in range(random.randrange(1, 4)):
        name, condition = some_condition(random)
        until = step("wait", until=f"{name} {condition}", at_most_days=random.choice([3.01, 20]))
        invite = step("invite", population=random.choice("pq"), **random.choice(PACES))
        others = [
            step("wait", days=random.choice([0.1, 2])),
            step("CreateOrganizationalUnit", with_={"ParentId": "{root}", "Name": "a"}),
            step("enable_all_features"),
            ENDED,
        ]
        some += random.choice([[invite, until], [invite, until], [until], [random.choice(others)]])
    return some


def some_scenario(random: Random) -> Scenario:
    """One that is not refused because a track would wait for what never holds."""
    while True:
        try:
            return parse_scenario(some_text(random))
        except ScenarioError as refused:
            if "is never" not in str(refused):
                raise


def some_text(random: Random) -> str:
    """Tracks side by side, some of which wait for conditions, and thresholds that may end the run."""
    late = {"deadline_days": 4, "escalation": CANCEL}
    behaviours = [{"accept": 0.6, "delay": delay} for delay in (uniform(0, 12), after(3), uniform(1, 2))]
    limits = dict(some_condition(random) for _ in range(random.randrange(4)))
    return "\n".join(
        [
            random.choice(["throttle = 'aws'", "latency = 'realistic'", ""]),
            random.choice(["measure_from = 2.3", "measure_from = 5", ""]),
            "start = 2026-01-01T00:20:00Z",
            *(
                population(name, "invited", 25, invitation=random.choice(behaviours) | random.choice([late, {}]))
                for name in "pq"
            ),
            *(
                track(
                    name, *some_steps(random), **random.choice([{}, {"from_day": 1.37}, {"every_days": 3, "times": 3}])
                )
                for name in random.choice(["b", "ba", "abc"])
            ),
            "[thresholds]",
            *(f"{name} = {toml({'condition': condition, 'stop': True})}" for name, condition in limits.items()),
        ]
    )


@pytest.mark.parametrize("seed", range(30))
def test_as_if_every_hour_was_looked_at(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run is the same, in log, figures and warnings, as one in which everybody looks every hour."""
    scenario = some_scenario(Random(seed))
    seldom = anyio.run(play_scenario, scenario, MemoryLog())
    monkeypatch.setattr(ClockDriver, "next_change", property(lambda self: self.engine.now))
    assert figures(seldom) == figures(anyio.run(play_scenario, scenario, MemoryLog()))
