"""Whom an invitation is addressed to: an account, by its id or by its owner's address (docs/aws.md 2.2)."""

import re

from msgspec import Struct

from ..errors import InvalidInputException
from ..words import PartyType

ACCOUNT, EMAIL = PartyType.ACCOUNT, PartyType.EMAIL
ACCOUNT_ID = re.compile(r"[0-9]{12}")
ADDRESS = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
SHORTEST, LONGEST = 6, 64
"""Characters of an address (docs/aws.md 1.1)."""


class Target(Struct, frozen=True, rename="pascal"):
    """A party in a request. What is wrong with it has other reasons on the wire than a broken constraint."""

    type: str = ""
    id: str = ""


def party_type_of(target: Target) -> PartyType:
    """How a target is addressed.

    Raises:
        InvalidInputException: ``INVALID_PATTERN``, ``INVALID_EMAIL_ADDRESS_TARGET`` or, if it is neither an account nor
            an address, ``INVALID_PARTY_TYPE_TARGET``.
    """
    if target.type == ACCOUNT:
        if not ACCOUNT_ID.fullmatch(target.id):
            raise InvalidInputException("INVALID_PATTERN")
        return ACCOUNT
    if target.type == EMAIL:
        if not (SHORTEST <= len(target.id) <= LONGEST and ADDRESS.fullmatch(target.id)):
            raise InvalidInputException("INVALID_EMAIL_ADDRESS_TARGET")
        return EMAIL
    raise InvalidInputException("INVALID_PARTY_TYPE_TARGET")
