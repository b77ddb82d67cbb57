"""FinishAccountClosure: close an account whose closure was requested.

Caller: a timer, at the closure's ``finishes_at``.
Refused, in this order: nothing.
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
    organization = state.accounts[request.account].organization
    assert organization is not None, "a closed account cannot leave"
    return [AccountClosed(organization, request.account)]
