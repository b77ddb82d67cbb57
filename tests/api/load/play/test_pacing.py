"""Runs that are held back to a rate, and those who hear how a run goes on."""

import re
from collections.abc import Callable
from itertools import cycle
from pathlib import Path
from typing import Any, cast

import anyio
import pytest
from support.play_scenario import after, figures, population, step, track, uniform
from support.repository import SCENARIOS

from orgsim.api.load.play.observing import Observer
from orgsim.api.load.play.outcome import Outcome
from orgsim.api.load.play.so_far import RunSoFar
from orgsim.api.load.run import play_scenario
from orgsim.api.load.scenario import load_scenario, parse_scenario
from orgsim.api.load.scenario.model import Parameter
from orgsim.engine.log import MemoryLog
from orgsim.engine.settings import DAY

ASKED = population("partners", "invited", 30, invitation={"accept": 0.6, "delay": uniform(0.5, 9)})
VENDED = population("vended", "created", 5)
STEPS = (
    step("create_accounts", population="vended"),
    step("invite", population="partners", pace={"over_days": 3}),
    step("wait", until="joined_share >= 0.3", at_most_days=30),
    # Long enough for all invitations to expire: timers that fire while nobody does anything.
    step("wait", days=30),
)
PLAIN = "\n".join(["latency = 'realistic'", "throttle = 'aws'", ASKED, VENDED, *STEPS])
TRACKS = "\n".join(
    [
        ASKED,
        VENDED,
        track("vending", STEPS[0]),
        track("asking", *STEPS[1:], from_day=2),
        "[thresholds]",
        "joined_share = '>= 0.5'",
        "joining_days.p95 = '< 9'",
    ]
)


class Watching(Observer):
    """Looks at a run whenever it may, or each so many times that it may."""

    def __init__(self, look: Callable[[RunSoFar], object], every: int = 1) -> None:
        super().__init__()
        self._times = cycle([True, *[False] * (every - 1)])
        self.run: RunSoFar | None = None
        self.seen: list[object] = []
        self._look = look

    def begins(self, run: RunSoFar) -> None:
        """Look at the run before its first step."""
        self.run = run
        self.look()

    def wants_to_look(self) -> bool:
        """Whether it is the time out of so many."""
        return next(self._times)

    def look(self) -> None:
        """Look at the run."""
        assert self.run is not None
        self.seen.append(self._look(self.run))


def everything(run: RunSoFar) -> object:
    """All that a run shows."""
    return run.day, list(run.tracks()), list(run.thresholds()), run.funnels()


async def recorded(
    text: str, observer: Observer | None = None, factor: float | None = None
) -> tuple[Outcome, list[bytes]]:
    """Play a scenario; returns the outcome and the log's records."""
    log = MemoryLog()
    outcome = await play_scenario(parse_scenario(text), log, observer=observer, factor=factor)
    return outcome, await log.read(0, log.head)


@pytest.mark.parametrize("text", [PLAIN, TRACKS])
@pytest.mark.parametrize("factor", [None, 1_000_000_000.0, 86_400.0 * 300])
async def test_the_log_is_the_same(text: str, factor: float | None) -> None:
    """Watching a run at every moment and holding it back changes no byte of its log and no figure."""
    expected, records = await recorded(text)
    watching = Watching(everything)
    outcome, watched = await recorded(text, watching, factor)
    assert watched == records
    assert figures(outcome) == figures(expected)
    assert len(watching.seen) > 30


@pytest.mark.slow
async def test_a_wait_ends_at_the_same_moment() -> None:
    """A wait whose last answers are canceled by a timer, after ninety days, ends then, whether held back or not."""
    text = "\n".join(
        [
            population("mute", "invited", 1, migration={"accept": 0}),
            population("late", "invited", 3, invitation={"delay": after(10)}),
            step("invite", population="mute"),
            step("wait_for_answers"),
            step("enable_all_features"),
            step("wait", days=85),
            step("invite", population="late"),
            step("wait_for_answers"),
        ]
    )
    expected, records = await recorded(text)
    # So slow that the clock stands between the end of the migration and the answers that were to come.
    outcome, paced = await recorded(text, factor=86_400.0 * 50)
    assert paced == records
    assert outcome.virtual_days == expected.virtual_days == 90


async def test_time_never_goes_back_and_never_jumps() -> None:
    """The clock of a run that is held back goes steadily, also where nothing happens, and stands where the run ends."""
    watching = Watching(lambda run: run.now)
    outcome, _ = await recorded(step("wait", days=10), watching, 86_400 * 40.0)
    moments = [each for each in watching.seen if isinstance(each, int)]
    assert moments == sorted(moments)
    assert (moments[-1] - moments[0]) / DAY == outcome.virtual_days == 10
    assert len(set(moments)) >= 3


async def test_repeating_is_not_held_back() -> None:
    """A resumed run goes through what its log has at full speed, and is held back only after that."""
    log = MemoryLog()
    text = "\n".join([ASKED, step("invite", population="partners"), step("wait_for_answers")])
    first = await play_scenario(parse_scenario(text), log)
    # At this rate the run would take years.
    again = await play_scenario(parse_scenario(text), log, resume=True, factor=0.01)
    assert figures(again) == figures(first)


async def test_tracks_so_far() -> None:
    """Of every track it is told which step it is at, how many calls it has sent, what it waits for, and its end."""
    text = "\n".join(
        [
            population("web", "invited", 4, invitation={"delay": after(1)}),
            track("one", step("invite", population="web", pace={"over_days": 4}), step("wait", days=2, at_day=9)),
            track("two", step("wait", until="joined >= 4", at_most_days=20), after="one"),
        ]
    )
    watching = Watching(lambda run: list(run.tracks()))
    await recorded(text, watching)
    assert watching.run is not None
    seen = [(one.number, one.sent, one.planned, two.waits_for, two.number) for one, two in cast("Any", watching.seen)]
    assert list(dict.fromkeys(seen)) == [
        (0, 0, 0, ("one",), 0),
        *((1, sent, 4, ("one",), 0) for sent in range(1, 5)),
        # The second step waits for its day.
        (2, 0, 0, ("one",), 0),
        # The first has ended when the second looks whether it may begin.
        (2, 0, 0, (), 0),
    ]
    assert [(track.name, track.action, track.number, track.ended) for track in watching.run.tracks()] == [
        ("one", "wait", 2, True),
        ("two", "wait", 1, True),
    ]
    assert [track.condition for track in watching.run.tracks()] == ["", "joined >= 4"]


async def test_thresholds_so_far() -> None:
    """Thresholds are told with their values at that moment, in the end those of the outcome."""
    watching = Watching(lambda run: [each.value for each in run.thresholds()])
    outcome, _ = await recorded(TRACKS, watching)
    assert watching.run is not None
    assert list(watching.run.thresholds()) == list(outcome.thresholds)
    shares = [cast("Any", each)[0] for each in watching.seen]
    assert len(set(shares)) > 3


async def test_funnels_so_far() -> None:
    """The funnel of accounts is told as it stands: ever more are asked, and at the end it is that of the outcome."""
    watching = Watching(lambda run: run.funnels())
    outcome, _ = await recorded(PLAIN, watching)
    assert watching.run is not None
    assert watching.run.funnels() == outcome.funnels
    asked = [stages["organization"][0].accounts for stages in cast("Any", watching.seen) if stages]
    assert asked == sorted(asked)
    assert asked[-1] == 30
    assert len(set(asked)) > 1


@pytest.mark.slow
@pytest.mark.parametrize("path", sorted(SCENARIOS.glob("*.toml")), ids=lambda path: path.stem)
def test_shipped_scenarios_so_far(path: Path) -> None:
    """Every shipped scenario can be looked at in the middle, and is played as if nobody looked."""
    has_parameter = bool(re.search(r'"\$accounts"', path.read_text("utf-8")))
    anyio.run(look_at_shipped, path, {"accounts": 60} if has_parameter else {})


async def look_at_shipped(path: Path, parameters: dict[str, Parameter]) -> None:
    """Play a scenario twice, and look at one of the runs now and then."""
    scenario = await load_scenario(path, parameters)
    expected = await play_scenario(scenario, MemoryLog())
    watching = Watching(everything, every=100)
    outcome = await play_scenario(scenario, MemoryLog(), observer=watching)
    assert figures(outcome) == figures(expected)
    assert watching.seen
