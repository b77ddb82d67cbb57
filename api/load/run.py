"""Plays a scenario from beginning to end, on a log."""

from functools import partial
from time import perf_counter

from ...engine.events import WorldCreated
from ...engine.log import EventLog, LogError
from ...engine.log.beginning import read_beginning
from ...engine.log.resumed import ResumedLog
from ...engine.runtime.clock import SimulatedClock
from ...engine.runtime.engine import EngineStopped, Listener
from ...engine.runtime.running import running_engine
from ...projections.lagging import lag_reads
from ...projections.reads import READS
from ...projections.views import Views
from ..same_world import by_name, require_same_world
from .play.beginning import begin
from .play.call_counter import CallCounter
from .play.clock_driver import ClockDriver
from .play.context import StepContext
from .play.flows import Flows
from .play.funnel import funnels
from .play.lookout import Lookout
from .play.measuring import figure_now, measure
from .play.observing import Observer
from .play.outcome import Outcome
from .play.past import Past
from .play.player import play_tracks
from .play.so_far import RunSoFar
from .scenario.existing import require_present
from .scenario.figures import Figure
from .scenario.model import Scenario
from .scenario.problems import ScenarioError
from .scenario.steps import Call
from .steps import KINDS


async def play_scenario(
    scenario: Scenario,
    log: EventLog,
    *,
    name: str = "",
    resume: bool = False,
    observer: Observer | None = None,
    factor: float | None = None,
) -> Outcome:
    """Play a scenario on a log and measure the run.

    Args:
        scenario: the scenario, as ``load_scenario`` returns it.
        log: an empty log; with ``resume``, the log that an interrupted run of the same scenario has left; for a
            scenario that was read for the world of a log, that log or a copy, which is appended to.
        name: the scenario's file name, for the outcome and for errors.
        resume: play from the start again, compare with what the log holds, and append what it lacks.
        observer: told how the run goes on.
        factor: simulated seconds per second of real time, at most; None: as fast as the machine can.

    Raises:
        LogError: the log is not empty, or with ``resume`` the log of another run.
        ScenarioError: a step cannot be played, or time would run past the calendar.
        EngineStopped: the log could not be written.
    """
    _require_beginning(scenario, log, resume=resume)
    try:
        return await (_resume if resume else _play)(scenario, log, name, observer or Observer(), factor)
    except ScenarioError as error:
        raise ScenarioError(f"{name}: {error}" if name else str(error)) from None


def _require_beginning(scenario: Scenario, log: EventLog, *, resume: bool) -> None:
    if scenario.log:
        if resume or not log.head:
            raise LogError(f"{log.name}: a run that begins with a log needs one that is not empty, and is not resumed")
        return
    if not resume and log.head:
        raise LogError(f"{log.name}: the log holds a world already; a scenario begins in an empty one")
    require_present(scenario)


async def _resume(scenario: Scenario, log: EventLog, name: str, observer: Observer, factor: float | None) -> Outcome:
    began = await read_beginning(log)
    try:
        if began:
            require_same_world(
                f"{log.name}: cannot be resumed", began, {"seed": scenario.seed} | by_name(scenario.settings)
            )
    except ValueError as error:
        raise LogError(f"{error}; the scenario, parameters or seed are others") from None
    target = ResumedLog(log)
    try:
        outcome = await _play(scenario, target, name, observer, factor)
    except EngineStopped:
        if target.difference:
            raise target.difference from None
        raise
    target.require_caught_up()
    return outcome


async def _play(scenario: Scenario, log: EventLog, name: str, observer: Observer, factor: float | None) -> Outcome:
    began = perf_counter()
    past = Past(scenario)
    clock = SimulatedClock(past.began_at)
    began_with = await read_beginning(log) or WorldCreated(scenario.seed, scenario.settings)
    flows = Flows(scenario)
    # The other views are built only for reading operations: they cost more than the rest of the run.
    reads = any(isinstance(step, Call) and step.operation in READS for step in scenario.all_steps)
    views = Views() if reads else None
    listeners: list[Listener] = [flows.feed]
    if views:
        listeners += [views.feed, *lag_reads(views, began_with)]
    async with running_engine(
        log, clock=clock, seed=scenario.seed, settings=scenario.settings, listeners=listeners
    ) as engine:
        standing = await past.write(engine)
        if scenario.log or standing:
            flows.restart(engine.now)
        counter = CallCounter(clock.now, by_minute=engine.throttle is not None)
        driver = ClockDriver(engine, clock, counter, observer, factor)

        begun = begin(scenario, engine, counter, standing)
        await engine.flush()
        flows.begin(begun.organizations, begun.accounts, engine.state)

        def value(figure: Figure) -> float | None:
            return figure_now(figure, context, flows)

        async def look(figure: Figure) -> float | None:
            await engine.settle()
            return value(figure)

        async def measure_anew() -> None:
            await engine.flush()
            flows.restart(engine.now)
            context.restart()

        lookout = Lookout(scenario, engine.now, look, measure_anew)
        context = StepContext(scenario, engine, driver, counter, views, lookout, begun)
        count_accounts = partial(funnels, flows.whole, engine.state, context.organizations, counter.refusals)
        observer.begins(RunSoFar(scenario, engine, context.timetable.tracks, value, count_accounts))
        await play_tracks(context, lambda step: KINDS[type(step)].play(step, context))
        return measure(context, flows, name, perf_counter() - began)
