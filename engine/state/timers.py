"""What is due later. Timers are state: only ``evolve`` sets and clears them; firing one is an internal operation.

Every kind of timer but one has a fixed delay, and time never goes back, so the timers of a kind fall due in the order
in which they were set: each kind is a queue. A million handshakes are a million slots in a deque, not heap entries, and
to look at the next one costs nothing. What takes a varying time, and is never much at once, is an appointment in a
heap.

The head of a queue is always live: whoever ends a handshake calls ``trim_ended``. Of what is due at one moment, that
which was set first fires first. Within a queue that is its order; between them it is told by when each was set, which
the handshakes and the appointments know. What was set at one moment too had the same delay: then expiries of migrations
come first, disappearances second, expiries of invitations third and appointments last.
"""

import heapq
from collections import deque

from msgspec import Struct, field

from ..settings import HANDSHAKE_RETENTION, INVITATION_LIFETIME, MIGRATION_LIFETIME
from .handshake import Handshake

NEVER = 2**63 - 1

_DELAYS = (MIGRATION_LIFETIME, HANDSHAKE_RETENTION, INVITATION_LIFETIME)
assert min(_DELAYS) > 0, "what is due before it was set cannot be put in order"
assert len(set(_DELAYS)) == len(_DELAYS), "kinds of one delay are ordered by one queue, which they have to share"

Appointment = tuple[int, int, int, str, str]
"""When it is due, when it was set, the position that set it, the internal operation to fire, and what that is about."""


class Timers(Struct):
    """All that is due later, and when the next is due (``NEVER`` if nothing is)."""

    migrations: deque[Handshake] = field(default_factory=deque[Handshake])
    """ENABLE_ALL_FEATURES handshakes, 90 days from their request. Their children end with them."""
    purges: deque[Handshake] = field(default_factory=deque[Handshake])
    """Ended handshakes, 30 days from their end."""
    invitations: deque[Handshake] = field(default_factory=deque[Handshake])
    """INVITE handshakes, 15 days from their request."""
    appointments: list[Appointment] = field(default_factory=list[Appointment])
    """A heap of all that has no fixed delay."""
    next_due: int = NEVER

    def schedule_expiry(self, handshake: Handshake, queue: deque[Handshake]) -> None:
        """Set the expiry of a handshake in the queue of its kind."""
        queue.append(handshake)
        self.next_due = min(self.next_due, handshake.requested.expires_at)

    def schedule_purge(self, handshake: Handshake) -> None:
        """Set the disappearance of a handshake that has just ended."""
        if not self.purges:
            self.next_due = min(self.next_due, handshake.ended_at + HANDSHAKE_RETENTION)
        self.purges.append(handshake)

    def schedule(self, due: int, now: int, position: int, operation: str, subject: str) -> None:
        """Set an internal operation for a moment."""
        heapq.heappush(self.appointments, (due, now, position, operation, subject))
        self.next_due = min(self.next_due, due)

    def trim_ended(self, queue: deque[Handshake]) -> None:
        """Clear the expiry of handshakes that have ended, as far as they stand at the head of the queue."""
        if queue and queue[0].ended_at >= 0:
            while queue and queue[0].ended_at >= 0:
                queue.popleft()
            self._update_next_due()

    def clear_purge(self) -> None:
        """Clear the disappearance that has just happened: always that of the first in the queue."""
        self.purges.popleft()
        self._update_next_due()

    def clear_appointment(self, operation: str, subject: str) -> None:
        """Clear an appointment, wherever it stands in the heap (there are few); nothing happens if there is none."""
        appointments = self.appointments
        if appointments and appointments[0][3:] == (operation, subject):
            heapq.heappop(appointments)
        else:
            self.appointments = [entry for entry in appointments if entry[3:] != (operation, subject)]
            heapq.heapify(self.appointments)
        self._update_next_due()

    def first(self) -> Handshake | Appointment:
        """What happens next: of all that is due then, what was set first. Something is due.

        A live handshake expires, one that has ended disappears.
        """
        # Once for each of a million timers: no list of candidates. Of one moment of setting, the first one here stays.
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
        """When the next ended handshake disappears."""
        return self.purges[0].ended_at + HANDSHAKE_RETENTION if self.purges else NEVER

    def _update_next_due(self) -> None:
        # Once for each of a million handshakes that disappear: no call, no list of candidates.
        due = self.purges[0].ended_at + HANDSHAKE_RETENTION if self.purges else NEVER
        if self.invitations and self.invitations[0].requested.expires_at < due:
            due = self.invitations[0].requested.expires_at
        if self.migrations and self.migrations[0].requested.expires_at < due:
            due = self.migrations[0].requested.expires_at
        if self.appointments and self.appointments[0][0] < due:
            due = self.appointments[0][0]
        self.next_due = due
