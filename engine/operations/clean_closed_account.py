"""CleanClosedAccount: remove an account for good, ninety days after it was closed.

Caller: a timer, ninety days after the closure.
Refused, in this order: nothing.
Happens: AccountDeparted (CLEANED). Nobody else can use its address.
Goes on in: nowhere.
Sources: docs/aws.md 4.1, 4.4 and 11.3. AWS may take some days longer; here it is exactly ninety.
"""

from msgspec import Struct

from ..events import AccountDeparted
from ..operation import Events, Stamp
from ..state import State
from ..words import DepartureMethod


class Request(Struct, frozen=True):
    account: str


def decide(request: Request, state: State, stamp: Stamp) -> Events:
    organization = state.accounts[request.account].organization
    assert organization is not None, "a closed account cannot leave"
    return [AccountDeparted(organization, request.account, DepartureMethod.CLEANED)]
