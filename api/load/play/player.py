"""Plays the steps of a scenario: posts their commands at their moments, in one deterministic order.

No real time passes while a step waits: the clock moves, and the answers on the agenda are posted in bulk while the
engine commits in groups. Every random number comes from a generator seeded with the scenario's seed and the purpose of
the draw, so two runs of one scenario write the same log, on any event loop, in memory or in a file, whole or resumed.
"""

from functools import partial

from ....engine.operation import Caller
from .agenda import Cohort
from .asking import Asked
from .calls import call, fill
from .context import StepContext
from .follow_ups import place_of, refused, without_effect
from .lookout import RunStopped
from .timetable import PlayStep
from .turns import Waiting


async def play_tracks(context: StepContext, play_step: PlayStep) -> None:
    """Play all steps of a scenario on an engine, and wait until everything is durable.

    Args:
        context: of the run, before its first step.
        play_step: plays a step of any kind.

    Raises:
        ScenarioError: a step cannot be played; the message begins with its path.
    """
    scenario, driver, timetable = context.scenario, context.driver, context.timetable
    for organization in context.organizations.values():
        context.asking.take_up(organization)
    tracks = {
        track.name: Waiting(track.table.predecessors, timetable.play(track, play_step)) for track in scenario.all_tracks
    }
    driver.carry_out_escalation = partial(_escalate, context)
    try:
        await timetable.turns.run(tracks)
    except RunStopped as stopped:
        timetable.warnings.append(str(stopped))
    timetable.warnings.extend([*without_effect(scenario, driver), *refused(scenario, driver)])
    if context.lookout.unmeasured:
        day = f"{scenario.measure_from:g}"
        timetable.warnings.append(f"measure_from = {day} was not reached: figures are of the whole run")
    await driver.finish()


def _escalate(context: StepContext, cohort: Cohort, member: int) -> None:
    """Make the call for an account that has missed its deadline."""
    escalation = cohort.behaviour.escalation
    assert escalation is not None, "it was scheduled for one"
    organization = context.engine.state.organizations[cohort.organization]
    names = context.names_in_texts(organization, cohort.accounts[member], 1)
    names |= {"handshake": cohort.handshakes[member]}
    members = fill(escalation.members, names, f"{place_of(cohort.population, cohort.request)}.escalation.with")
    caller, heard = Caller(organization.management_account), dict[Asked, Cohort]()
    _, events = call(context.engine, context.views, escalation.action, members, caller)
    context.asking.hear(events, heard, final=True)
    for asked in heard.values():
        asked.growing = False
