"""Playing a scenario from beginning to end."""

from collections.abc import Sequence
from time import perf_counter

from ....engine.log import EventLog, LogError
from ....engine.log.beginning import read_beginning
from ....engine.log.resumed import ResumedLog
from ....engine.runtime.clock import SimulatedClock
from ....engine.runtime.engine import EngineStopped, Listener
from ....engine.runtime.running import running_engine
from ....projections.flow import FlowView
from ....projections.reads import READS
from ....projections.views import Views
from ...same_world import by_name, require_same_world
from ...simulation import microseconds
from ..scenario.model import Scenario, ScenarioError
from ..scenario.steps import Call
from .measuring import measure
from .outcome import Outcome
from .player import Player
from .tally import Tally
from .world import Progress, World

__all__ = ["Outcome", "Progress", "no_progress", "play_scenario"]


def no_progress(what: str, done: int, total: int, day: str) -> None:
    """For runs that nobody watches."""


async def play_scenario(
    scenario: Scenario, log: EventLog, *, name: str = "", resume: bool = False, progress: Progress = no_progress
) -> Outcome:
    """Play a scenario on a log.

    Args:
        scenario: what to play; see ``load_scenario``.
        log: an empty one; with ``resume``, what an interrupted run of the same scenario has left.
        name: of the scenario's file, for the outcome.
        resume: do the run again from the start, compare what the log holds, and write what it does not.
        progress: told now and then how far the run is.

    Raises:
        LogError: the log is not empty, or with ``resume`` not of this run.
        ScenarioError: something cannot be played, or time would run out of the calendar.
        EngineStopped: the log could not be written on the way.
    """
    if not resume and log.head:
        raise LogError(f"{log.name}: the log holds a world already; a scenario begins in an empty one")
    try:
        return await (_resume if resume else _play_on)(scenario, log, name, progress)
    except ScenarioError as error:
        raise ScenarioError(f"{name}: {error}" if name else str(error)) from None


async def _resume(scenario: Scenario, log: EventLog, name: str, progress: Progress) -> Outcome:
    began = await read_beginning(log)
    try:
        if began:
            require_same_world(log.name, began, {"seed": scenario.seed} | by_name(scenario.settings))
    except ValueError as error:
        raise LogError(f"{error}; --resume needs the scenario, parameters and seed of the interrupted run") from None
    target = ResumedLog(log)
    try:
        outcome = await _play_on(scenario, target, name, progress)
    except EngineStopped:
        if target.difference:
            raise target.difference from None
        raise
    target.require_caught_up()
    return outcome


async def _play_on(scenario: Scenario, log: EventLog, name: str, progress: Progress) -> Outcome:
    began = perf_counter()
    clock = SimulatedClock(microseconds(scenario.start))
    flow = FlowView()
    # All the other views only where a step asks something: they cost more than the rest of the run.
    asks = any(isinstance(step, Call) and step.operation in READS for step in scenario.steps)
    views = Views() if asks else None
    listeners: Sequence[Listener] = [flow.feed, views.feed] if views else [flow.feed]
    async with running_engine(
        log, clock=clock, seed=scenario.seed, settings=scenario.settings, listeners=listeners
    ) as engine:
        tally = Tally(clock.now, by_minute=engine.throttle is not None)
        player = Player(scenario, engine, World(engine, clock, tally, progress), tally, views)
        await player.play()
        seconds = perf_counter() - began
        return measure(scenario, name, engine, flow, tally, player, seconds)
