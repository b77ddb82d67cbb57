"""DescribeAccountOutside: set the properties of an account outside Organizations: address, name, conditions.

Caller: the simulation.
Refused, in this order:
    - AddressTaken: another account owns the address.
Happens: AccountDescribed. An address or name that is not given stays as it is; conditions are replaced.
Goes on in: every operation that AWS refuses for such a condition, and invitations by address.
Sources: the conditions stand for what AWS finds outside Organizations (docs/aws.md 2.9, 4.1, 4.5 and 10.4).
"""

from typing import Annotated

from msgspec import Meta, Struct

from ..errors import Refused
from ..events import AccountDescribed
from ..ids import AccountId
from ..operation import Events, Stamp
from ..state import State
from ..words import Condition


class AddressTaken(Refused):
    """Another account owns the address; not an exception of AWS."""

    def __init__(self, email: str, owner: str) -> None:
        super().__init__(message=f"The address {email!r} belongs to account {owner}.")


class Request(Struct, frozen=True):
    account_id: AccountId
    email: Annotated[str, Meta(min_length=6, max_length=64, pattern=r"^[^\s@]+@[^\s@]+\.[^\s@]+\Z")] | None = None
    name: Annotated[str, Meta(min_length=1, max_length=128)] | None = None
    conditions: tuple[Condition, ...] = ()


def decide(request: Request, state: State, stamp: Stamp) -> Events:
    owner = state.owner_of(request.email) if request.email else None
    if request.email and owner and owner != request.account_id:
        raise AddressTaken(request.email, owner)
    conditions = tuple(sorted(set(request.conditions)))
    return [AccountDescribed(request.account_id, request.email, request.name, conditions)]
