"""ImportOrganization: make an organization equal to a dump of one that stands elsewhere.

Caller: the simulation.
Refused, in this order:
    - ImpossibleDump: the dump contradicts itself; it was taken before the log's time; or it shows what cannot have
      become of what stands, such as an OU that has moved.
Happens: DumpTaken, and the difference: of an organization that is not there yet everything, else what has changed.
    Members that are gone AccountDeparted (REMOVED, or CLEANED if they were closed); invitations that are gone were
    accepted if whom they invited is a member, else canceled.
    A dump is brought in by several commands in the order of time: ``twin.time_order`` has one for each moment that it
    tells, with what happened then, and the last one, ``final``, has what it shows.
Goes on in: everywhere; the state is as if it had been decided here, so timers go on.
Sources: none; AWS has no such thing. What is inferred is told in docs/twin.md.
"""

from msgspec import Struct

from ..events import (
    AccountClosed,
    AccountDeparted,
    AccountDescribed,
    AnyEvent,
    DelegatedAdministratorDeregistered,
    DumpTaken,
    FeatureSetChanged,
    HandshakeAccepted,
    HandshakeCanceled,
    ServiceAccessDisabled,
)
from ..operation import Events, Stamp
from ..state import State
from ..twin.checks import ImpossibleDump as ImpossibleDump
from ..twin.checks import require_consistent, require_possible
from ..twin.difference import difference
from ..twin.form import Form

INFERRED = (
    AccountClosed,
    AccountDeparted,
    AccountDescribed,
    DelegatedAdministratorDeregistered,
    FeatureSetChanged,
    HandshakeAccepted,
    HandshakeCanceled,
    ServiceAccessDisabled,
)
"""What must have been before something that a dump tells with its moment, and which it does not tell itself."""


class Request(Struct, frozen=True, kw_only=True):
    form: Form
    source: str
    """Where the dump came from, in words."""
    taken_at: int
    """In microseconds since the epoch."""
    final: bool = True
    """Whether it is what the dump shows, at its own moment; otherwise what it tells of an earlier one."""


def decide(request: Request, state: State, stamp: Stamp) -> Events:
    if request.final:
        require_consistent(request.form)
    require_possible(request.form, request.taken_at, state)
    events = difference(request.form, state, stamp.now, final=request.final)
    if not (events or request.final):
        return []
    inferred = len(events) if request.final else sum(isinstance(event, INFERRED) for event in events)
    if not request.final:
        events = _inferred_first(events)
    return [DumpTaken(request.source, request.taken_at, inferred), *events]


def _inferred_first(events: list[AnyEvent]) -> list[AnyEvent]:
    return sorted(events, key=lambda event: not isinstance(event, INFERRED))
