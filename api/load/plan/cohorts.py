"""What accounts that are asked something will answer, as shares and as numbers."""

from msgspec import Struct

from ....engine.settings import DAY, INVITATION_LIFETIME, MIGRATION_LIFETIME
from ...delays import Delay
from ..scenario.populations import Behaviour
from .number import NEARLY, RARELY, Number, share_within

MOMENT = 1 / DAY
"""A microsecond, in days."""
REMOVE, CANCEL = "RemoveAccountFromOrganization", "CancelHandshake"

PARTS = 8
"""A reminder is looked at for so many parts of those that a step has asked."""


class PlannedCohort(Struct):
    """Accounts of a population that are asked by one step, to join or for all features."""

    population: str
    organization: str
    behaviour: Behaviour
    asked: Number
    migration: bool
    day: float
    """When, in days after the start of the run, at the earliest."""
    start: int
    """The same in microseconds since the epoch."""
    place: int
    """Of the step, in the order of the plan."""
    spread: int = 0
    """For how many microseconds the step goes on asking, at its pace."""
    removed: Number = Number()
    """How many were removed because they declined or said nothing."""
    settled: bool = False
    """Whether a step has waited until all have answered that will."""
    refused: bool = False
    """Whether some acceptances may be refused, such as those of accounts that are too young to leave where they are."""
    refusals: float = 0.0
    """How many acceptances are refused for that, as is to be expected."""
    canceled: bool = False
    """Whether something came between, such as accounts that went: some may not have answered by then."""
    reminded: float = 0.0
    """The share that accepts because a step has reminded it."""
    awaited: float = 0.0
    """The share that has accepted by now, because a step has waited for it."""
    waiting: float = -1.0
    """The share that waits for a step to remind it; negative: not known yet."""

    @property
    def lifetime(self) -> float:
        """For how many days it can be answered."""
        return (MIGRATION_LIFETIME if self.migration else INVITATION_LIFETIME) / DAY

    @property
    def escalation(self) -> str:
        """What the organization calls for those that miss the deadline; empty if it does nothing."""
        days, escalation = self.behaviour.deadline_days, self.behaviour.escalation
        return escalation.action if escalation and days is not None and days < self.lifetime else ""

    @property
    def is_cut_off(self) -> bool:
        """Whether nobody can answer after the deadline; an invited account is removed from nowhere."""
        return self.escalation == CANCEL or (self.escalation == REMOVE and self.migration)

    @property
    def limit(self) -> float:
        """For how many days they can answer, if what the organization calls then is accepted."""
        return self._deadline if self.is_cut_off else self.lifetime

    @property
    def _deadline(self) -> float:
        """For how many days they do not miss the deadline: whoever answers just then does not."""
        return (self.behaviour.deadline_days or 0.0) + MOMENT

    def accepting(self, days: float | None = None) -> float:
        """The share that accepts within some days, or while it can, without a step that reminds it."""
        return self.behaviour.accepting * self._within(days) + self._following(days)[0]

    @property
    def accept_share(self) -> float:
        """The share that accepts."""
        return self.accepting() + self.reminded

    @property
    def decline_share(self) -> float:
        """The share that declines."""
        return self.behaviour.decline * self._within(None)

    @property
    def leave_share(self) -> float:
        """The share that answers by leaving."""
        return self.behaviour.leave * self._within(None)

    def accepted(self, day: float) -> Number:
        """How many have accepted by a day."""
        found = self.part(self.accept_share)
        if not (self.settled or self.canceled):
            share = self._joined(day - self.day)
            found = Number(0.0, self.asked.expected * share, found.most)
        return Number(found.least, max(0.0, found.expected - self.refusals), found.most)

    def open(self, day: float) -> Number:
        """How many have not answered by a day, and can still."""
        days = self.limit if self.settled else day - self.day
        answered = self._joined(days) + self.behaviour.decline * self._within(days)
        if self.canceled or (self.settled and answered >= 1 - NEARLY and not self.refused):
            return Number()
        # Whose acceptance is refused has an open invitation still.
        expected = self.asked.expected * max(0.0, 1 - answered) + self.refusals
        are_left = day - self.day < self.limit and not (self.settled and self.is_cut_off)
        # Those that were asked last may be open longer.
        return Number(0.0, expected if are_left else 0.0, self.asked.most)

    def part(self, share: float) -> Number:
        """How many of them do what this share does."""
        return self.asked.chance(share, certain=self.settled and not (self.canceled or self.refused))

    @property
    def escalated(self) -> Number:
        """How many miss a deadline that has an escalation."""
        if not self.escalation:
            return Number()
        behaviour, days = self.behaviour, self._deadline
        answering = behaviour.accepting + behaviour.decline + behaviour.leave
        answering *= share_within(behaviour.answer_delay, days, self.start, self.spread)
        reminded = self.reminded if self.is_cut_off else 0.0
        missing = self.part(1 - answering - self._following(days)[0] - reminded)
        # Whoever is refused has not answered; and a step may remind some in time.
        unsure = self.refused or self.reminded
        return Number(0.0, missing.expected, self.asked.most) if unsure else missing

    @property
    def expelled(self) -> Number:
        """How many are removed because they missed the deadline."""
        return self.escalated if self.escalation == REMOVE and self.migration else Number()

    @property
    def gone(self) -> Number:
        """How many are no members any more, because they left or were removed."""
        return self.expelled + self.removed + self.part(self.leave_share)

    def to_remove(self, day: float, *, silent: bool) -> Number:
        """How many have declined by a day and are still members; with ``silent``: have not approved."""
        if silent and not self.settled:
            answered = self.accepting(day - self.day) + self.behaviour.leave * self._within(day - self.day)
            return (
                Number(0.0, self.asked.expected * max(0.0, 1 - answered), self.asked.most)
                - self.expelled
                - self.removed
            )
        if silent:
            return self.part(1 - self.accept_share - self.leave_share) - self.expelled - self.removed
        return self.part(self.decline_share) - self.removed

    def wait_for(self, share: float, day: float) -> None:
        """Expect that a share has accepted now, or as many of it as will have by a day."""
        self.awaited = max(self.awaited, min(share, self._joined(day - self.day)))

    def _joined(self, days: float) -> float:
        """The share that has accepted within some days, as is to be expected."""
        return max(self.awaited, self.accepting(days) + self.reminded)

    def remind(self, share: float, day: float) -> None:
        """Let a share of those that wait for a reminder accept, if they can still."""
        if self.waiting < 0:
            self.waiting = self.behaviour.after_reminder - self._following(None)[1]
        left = self.limit - (day - self.day)
        now = self.start + round((day - self.day) * DAY)
        # Those that were asked last can answer longest.
        lefts = [left + self.spread / DAY * part / PARTS for part in range(PARTS)]
        in_time = sum(self._in_time(self.behaviour.answer_delay, each, now, 0) for each in lefts) / PARTS
        self.reminded += self.waiting * share * in_time
        self.waiting *= 1 - share

    def _within(self, days: float | None) -> float:
        within = self.limit if days is None else min(days, self.limit)
        return self._in_time(self.behaviour.answer_delay, within, self.start, self.spread)

    def _following(self, days: float | None) -> tuple[float, float]:
        """The shares that follow reminders of their own: in time, and at all."""
        behaviour, limit = self.behaviour, self.limit if days is None else min(days, self.limit)
        delay, waiting, in_time = behaviour.follow_delay, behaviour.after_reminder, 0.0
        for after, share in behaviour.reminders:
            in_time += waiting * share * self._in_time(delay, limit - after / DAY, self.start + after, self.spread)
            waiting *= 1 - share
        return in_time, behaviour.after_reminder - waiting

    def _in_time(self, delay: Delay, days: float, start: int, spread: int) -> float:
        """The share of answers that come within some days; rarely more, as what cuts them off is late or refused."""
        found = share_within(delay, days, start, spread)
        if found or not self.is_cut_off:
            return found
        return RARELY if share_within(delay, days + self.lifetime - self.limit, start, spread) else 0.0
