"""The target of an invitation: an account, by its id or by its owner's email address (docs/aws.md 2.2)."""

import re

from msgspec import Struct

from ..errors import InvalidInputException
from ..words import PartyType

ACCOUNT, EMAIL = PartyType.ACCOUNT, PartyType.EMAIL
ACCOUNT_ID = re.compile(r"[0-9]{12}")
ADDRESS = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
SHORTEST, LONGEST = 6, 64
"""Length of an email address, in characters (docs/aws.md 1.1)."""


class Target(Struct, frozen=True, rename="pascal"):
    """The target in a request. It has no constraints here, because AWS refuses bad ones with reasons of their own."""

    type: str = ""
    id: str = ""


def party_type_of(target: Target) -> PartyType:
    """Check a target and tell whether it is an account id or an email address.

    Raises:
        InvalidInputException: ``INVALID_PATTERN``, ``INVALID_EMAIL_ADDRESS_TARGET`` or, if it is neither an account nor
            an address, ``INVALID_PARTY_TYPE_TARGET``.
    """
    if target.type == ACCOUNT:
        if not ACCOUNT_ID.fullmatch(target.id):
            raise InvalidInputException(
                "INVALID_PATTERN", explanation=f"the target {target.id!r} is no account id, which has twelve digits"
            )
        return ACCOUNT
    if target.type == EMAIL:
        if not (SHORTEST <= len(target.id) <= LONGEST and ADDRESS.fullmatch(target.id)):
            raise InvalidInputException(
                "INVALID_EMAIL_ADDRESS_TARGET",
                explanation=f"the target {target.id!r} is no email address of {SHORTEST} to {LONGEST} characters",
            )
        return EMAIL
    raise InvalidInputException(
        "INVALID_PARTY_TYPE_TARGET", explanation=f"the target's type is {target.type!r}; it is ACCOUNT or EMAIL"
    )
