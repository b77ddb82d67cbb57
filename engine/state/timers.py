"""Timers: what is due later. They are state: only ``evolve`` sets and clears them; one fires as an internal operation.

Timers with a fixed delay are queues, one for each delay. Time never goes back, so timers with the same delay fall due
in the order in which they were set, and a deque is already sorted: a million handshakes cost a million slots and no
comparisons, and the next one is at the head. Timers with a varying delay (the end of an account creation, a publication
of policies) are appointments in a heap; there are few of them at a time (docs/decisions/0002 and 0011).

Ending a handshake does not search its queue for the expiry, which would take time in proportion to the queue. The
expiry stays, and is removed when it reaches the head: whoever ends a handshake calls ``trim_ended``, so the head of a
queue is always live.

Among timers due at the same moment, the one that was set first fires first (docs/decisions/0020). Within a queue that
is its order; between queues and appointments it is told by when each was set. Those set at the same moment as well fire
in a fixed order: expiries of migrations, purges, expiries of invitations, appointments.
"""

import heapq
from collections import deque

from msgspec import Struct, field

from ..settings import HANDSHAKE_RETENTION, INVITATION_LIFETIME, MIGRATION_LIFETIME
from .handshake import Handshake

NEVER = 2**63 - 1

_DELAYS = (MIGRATION_LIFETIME, HANDSHAKE_RETENTION, INVITATION_LIFETIME)
assert min(_DELAYS) > 0, "a timer must not be due before it was set"
assert len(set(_DELAYS)) == len(_DELAYS), "timers with the same delay have to share one queue, which orders them"

Appointment = tuple[int, int, int, str, str]
"""(When it is due, when it was set, position of the event that set it, internal operation to fire, id it is about)."""


class Timers(Struct):
    """All timers, and when the next one is due (``NEVER`` if there is none)."""

    migrations: deque[Handshake] = field(default_factory=deque[Handshake])
    """Expiries of ENABLE_ALL_FEATURES handshakes, 90 days from their request. Their children end with them."""
    purges: deque[Handshake] = field(default_factory=deque[Handshake])
    """Purges of ended handshakes, 30 days from their end."""
    invitations: deque[Handshake] = field(default_factory=deque[Handshake])
    """Expiries of INVITE handshakes, 15 days from their request."""
    appointments: list[Appointment] = []
    """A heap of the timers with a varying delay."""
    next_due: int = NEVER
    next_change: int = NEVER
    """When the next timer is due that is not a purge; a purge ends nothing that is open."""

    def schedule_expiry(self, handshake: Handshake, queue: deque[Handshake]) -> None:
        """Set the expiry of a handshake, in the queue of its kind."""
        queue.append(handshake)
        self._is_due_at(handshake.requested.expires_at)

    def schedule_purge(self, handshake: Handshake) -> None:
        """Set the purge of a handshake that has just ended."""
        if not self.purges:
            self.next_due = min(self.next_due, handshake.ended_at + HANDSHAKE_RETENTION)
        self.purges.append(handshake)

    def schedule(self, due: int, now: int, position: int, operation: str, subject: str) -> None:
        """Set an appointment: fire an internal operation about ``subject`` at ``due``."""
        heapq.heappush(self.appointments, (due, now, position, operation, subject))
        self._is_due_at(due)

    def trim_ended(self, queue: deque[Handshake]) -> None:
        """Remove expiries of ended handshakes from the head of a queue, up to the first live one."""
        if queue and queue[0].ended_at >= 0:
            while queue and queue[0].ended_at >= 0:
                queue.popleft()
            self._update_next_due()

    def clear_purge(self) -> None:
        """Clear the purge that has just happened: always the first in the queue."""
        # Called a million times: nothing but the purges has changed, so nothing else is looked at.
        purges, change = self.purges, self.next_change
        purges.popleft()
        due = purges[0].ended_at + HANDSHAKE_RETENTION if purges else NEVER
        self.next_due = due if due < change else change

    def clear_appointment(self, operation: str, subject: str) -> None:
        """Clear an appointment, wherever it is in the heap (there are few); does nothing if there is none."""
        appointments = self.appointments
        if appointments and appointments[0][3:] == (operation, subject):
            heapq.heappop(appointments)
        else:
            self.appointments = [entry for entry in appointments if entry[3:] != (operation, subject)]
            heapq.heapify(self.appointments)
        self._update_next_due()

    def first(self) -> Handshake | Appointment:
        """The timer that fires next: of those due at ``next_due`` the one that was set first. There must be one.

        Returns:
            An appointment, or a handshake: a live one expires, an ended one is purged.
        """
        # Called for each of a million timers: mostly it is a purge, and else no list of candidates is built. Of those
        # set at one moment, the first in the order of this function wins: only a strictly earlier one replaces it.
        if self.next_due < self.next_change:
            return self.purges[0]
        due, was_set, first = self.next_due, NEVER, None
        if self.migrations and (head := self.migrations[0]).requested.expires_at == due:
            first, was_set = head, head.requested_at
        if self.purges and (head := self.purges[0]).ended_at + HANDSHAKE_RETENTION == due and head.ended_at < was_set:
            first, was_set = head, head.ended_at
        if self.invitations:
            head = self.invitations[0]
            if head.requested.expires_at == due and head.requested_at < was_set:
                first, was_set = head, head.requested_at
        if first is None or (self.appointments and self.appointments[0][:2] < (due, was_set)):
            return self.appointments[0]
        return first

    @property
    def next_purge(self) -> int:
        """When the next ended handshake is purged."""
        return self.purges[0].ended_at + HANDSHAKE_RETENTION if self.purges else NEVER

    def _is_due_at(self, moment: int) -> None:
        """A timer that is not a purge was set for a moment."""
        if moment < self.next_change:
            self.next_change = moment
            self.next_due = min(self.next_due, moment)

    def _update_next_due(self) -> None:
        expiries = [queue[0].requested.expires_at for queue in (self.migrations, self.invitations) if queue]
        self.next_change = min([*expiries, *(each[0] for each in self.appointments[:1])], default=NEVER)
        self.next_due = min(self.next_change, self.next_purge)
