"""What each record of CloudTrail says about an organization: the table ``RECORDS``, by the record's event name.

A function of the table gets a ``Taking`` and returns the events that our own operations would have produced, with AWS's
ids. It decides nothing anew: what a record says has happened. What the trail does not say, but must have been for the
record to make sense, the ``Taking`` infers. Raises ``Unplaced`` where neither is possible.
"""

from collections.abc import Callable

from ..operation import Events
from . import access, accounts, handshakes, organizations, policies, tags, transfers, units
from .taking import Taking

EventsOf = Callable[[Taking], Events]
"""What a record says."""

RECORDS: dict[str, EventsOf] = {
    **organizations.RECORDS,
    **accounts.RECORDS,
    **handshakes.RECORDS,
    **units.RECORDS,
    **policies.RECORDS,
    **access.RECORDS,
    **tags.RECORDS,
    **transfers.RECORDS,
}
