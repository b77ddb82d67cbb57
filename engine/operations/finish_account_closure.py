"""FinishAccountClosure: close an account whose closure was requested.

Caller: a timer, at the closure's ``finishes_at``.
Refused, in this order: nothing; without effect if it has been closed.
Happens: AccountClosed. It stays a member, in its OU, for ninety more days.
Goes on in: clean_closed_account.py.
Sources: docs/aws.md 4.4.
"""

from msgspec import Struct

from ..events import AccountClosed
from ..operation import Events, Stamp
from ..state import State


class Request(Struct, frozen=True):
    account: str


def decide(request: Request, state: State, stamp: Stamp) -> Events:
    organization = state.organization_of(request.account)
    if organization is None or request.account not in organization.closures.pending:
        return []
    return [AccountClosed(organization.id, request.account)]
