"""Plays the steps of a scenario: posts their commands at their moments, in one deterministic order.

No real time passes while a step waits: the clock moves, and the answers on the agenda are posted in bulk while the
engine commits in groups. Every random number comes from a generator seeded with the scenario's seed and the purpose of
the draw, so two runs of one scenario write the same log, on any event loop, in memory or in a file, whole or resumed.
"""

from collections.abc import Mapping

from ....engine.operation import Caller
from .agenda import Cohort
from .asking import Asked
from .calls import call, fill
from .context import StepContext
from .follow_ups import follow_ups, place_of, refused, without_effect
from .lookout import RunStopped
from .outcome import FollowUp, StepOutcome
from .playing import Playing
from .timetable import PlayStep
from .turns import Waiting
from .vending import Vending


class Player:
    """Plays one scenario on one engine.

    Args:
        context: of the run, before its first step.
    """

    def __init__(self, context: StepContext) -> None:
        self.organizations = context.organizations
        """Name in the scenario to id."""
        self._scenario = context.scenario
        self._driver = context.driver
        self._lookout = context.lookout
        self._context = context
        self._timetable = context.timetable

    @property
    def steps(self) -> list[StepOutcome]:
        """The steps played so far, in the order in which they began."""
        return [each for each in self._timetable.steps if each]

    @property
    def playing(self) -> Mapping[str, Playing]:
        """The tracks that have begun, by their names."""
        return self._timetable.tracks

    @property
    def warnings(self) -> list[str]:
        """What did not go as planned so far."""
        return self._timetable.warnings

    @property
    def follow_ups(self) -> list[FollowUp]:
        """The reminders and deadlines of populations, and then those of steps."""
        return [*follow_ups(self._scenario, self._driver), *self._timetable.reminders]

    @property
    def vending(self) -> Vending:
        """What became of the accounts that steps have asked for."""
        return self._context.vending

    @property
    def measured_since(self) -> int:
        """From which moment on figures count, in microseconds since the epoch."""
        return self._lookout.measured_since

    async def play(self, play_step: PlayStep) -> None:
        """Play all steps, and wait until everything is durable.

        Args:
            play_step: plays a step of any kind.

        Raises:
            ScenarioError: a step cannot be played; the message begins with its path.
        """
        for organization in self.organizations.values():
            self._context.asking.take_up(organization)
        tracks = {
            track.name: Waiting(track.table.predecessors, self._timetable.play(track, play_step))
            for track in self._scenario.all_tracks
        }
        self._driver.carry_out_escalation = self._escalate
        try:
            await self._timetable.turns.run(tracks)
        except RunStopped as stopped:
            self._timetable.warnings.append(str(stopped))
        self.warnings.extend([*without_effect(self._scenario, self._driver), *refused(self._scenario, self._driver)])
        if self._lookout.unmeasured:
            day = f"{self._scenario.measure_from:g}"
            self._timetable.warnings.append(f"measure_from = {day} was not reached: figures are of the whole run")
        await self._driver.finish()

    def _escalate(self, cohort: Cohort, member: int) -> None:
        """Make the call for an account that has missed its deadline."""
        context, escalation = self._context, cohort.behaviour.escalation
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
