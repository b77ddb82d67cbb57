"""TakeRecord: take a record of CloudTrail for a fact that was decided elsewhere.

Caller: whoever called at AWS, as the record says; the simulation where AWS itself acted.
Refused, in this order:
    - Unplaced: the record contradicts what is known, or lacks what it must say; nothing is appended.
Happens: RecordTaken; then what the trail does not say, but must have been, such as that an account has joined that is
    now moved; then the events that the operation itself would have brought about, with AWS's ids. After a refused call,
    or one that asks, CallRecorded. A record of something that is known already is taken and changes nothing.
Goes on in: nowhere; the timers that its events set fire as ever.
Sources: docs/aws.md 11. What each record says is in ``engine/records``; how its shape was found out, docs/fidelity.md.
"""

from typing import Any

from ..events import CallRecorded, RecordTaken
from ..operation import Events, Stamp
from ..records.record import Record as Request
from ..records.record import Unplaced
from ..records.table import RECORDS
from ..records.taking import Taking
from ..state import State


def decide(request: Request, state: State, stamp: Stamp) -> Events:
    if request.code is not None or request.reads:
        return [_taken(request, 0, changed=False), _call(request)]
    events_of = RECORDS.get(request.event_name)
    if events_of is None:
        raise Unplaced(f"nothing is known of what {request.event_name!r} changes")
    taking = Taking(request, state, stamp)
    events = events_of(taking)
    return [_taken(request, len(taking.inferred), changed=True), *taking.inferred, *events]


def _taken(request: Request, inferred: int, *, changed: bool) -> RecordTaken:
    return RecordTaken(
        request.event_id,
        request.event_name,
        request.request_id,
        inferred,
        changed,
        request.code,
        request.source_ip_address,
        request.user_agent,
    )


def _call(request: Request) -> CallRecorded:
    members: dict[str, Any] = request.parameters or request.details or {}
    return CallRecorded(request.event_name, members, request.code, message=request.message)
