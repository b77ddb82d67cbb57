"""Who is calling: the account and the user or assumed role behind an access key id.

An access key id of twelve digits is the account of that number. One in AWS's own format carries the account number in
its bits; anything else belongs to the default account. AWS's format is ``AKIA`` (a user's) or ``ASIA`` (temporary) and
16 characters of base32, which are 80 bits, of which the first is 1, the next 40 are the account number, and the last 39
tell one key from another. Keys made before that format begin with 0 there (``AKIAI…``, ``AKIAJ…``, as in AWS's own
example ``AKIAIOSFODNN7EXAMPLE``) and say nothing of their account, so they too belong to the default account. AWS does
not document this; it has been worked out, and published, by several people who compared keys with GetAccessKeyInfo.
"""

import re
from base64 import b32decode, b32encode
from functools import lru_cache
from hashlib import blake2b
from typing import Protocol

from msgspec import Struct

from .authorization import read_authorization, require_date
from .message import Request
from .sessions import Sessions

DEFAULT_ACCOUNT = "123456789012"
DEFAULT_USER = "orgsim"
"""The user behind every access key of which nothing else is known. Nobody here is ever the root user."""

TWELVE_DIGITS = re.compile(r"[0-9]{12}", re.ASCII)
KEY_ID = re.compile(r"(?:AKIA|ASIA)([A-Z2-7]{16})")
TAIL_BITS = 39
NEW_FORMAT = 1 << 79


class Identity(Struct, frozen=True):
    """A user of an account, or a session of a role in it. Never the root user."""

    account: str
    name: str = DEFAULT_USER
    """The user's or the role's."""
    session: str | None = None
    """Set for an assumed role."""

    @property
    def principal(self) -> str:
        """As the record of a command names it: ``user`` or ``role/session``."""
        return self.name if self.session is None else f"{self.name}/{self.session}"

    @property
    def arn(self) -> str:
        """As STS and messages name it."""
        if self.session is None:
            return f"arn:aws:iam::{self.account}:user/{self.name}"
        return f"arn:aws:sts::{self.account}:assumed-role/{self.name}/{self.session}"

    @property
    def user_id(self) -> str:
        """AWS's unique id: ``AIDA…`` of a user, ``AROA…:session`` of an assumed role. The same name, the same id."""
        if self.session is None:
            return unique_id("AIDA", self.account, f"user/{self.name}")
        return f"{unique_id('AROA', self.account, f'role/{self.name}')}:{self.session}"


def unique_id(prefix: str, account: str, of: str | bytes) -> str:
    """An id in AWS's format that carries the account number, and otherwise derives from what it is the id of."""
    source = of.encode() if isinstance(of, str) else of
    tail = int.from_bytes(blake2b(source, digest_size=8).digest(), "big") & ((1 << TAIL_BITS) - 1)
    number = NEW_FORMAT | int(account) << TAIL_BITS | tail
    return prefix + b32encode(number.to_bytes(10, "big")).decode()


def account_of(key_id: str) -> str:
    """The account to which an access key id belongs, by the rules above."""
    if TWELVE_DIGITS.fullmatch(key_id):
        return key_id
    found = KEY_ID.fullmatch(key_id)
    number = int.from_bytes(b32decode(found[1]), "big") if found else 0
    account = f"{(number & ~NEW_FORMAT) >> TAIL_BITS:012}"
    return account if number & NEW_FORMAT and len(account) == 12 else DEFAULT_ACCOUNT


@lru_cache(maxsize=4_096)
def user_of(key_id: str) -> Identity:
    """The user behind an access key id of which nothing else is known."""
    return Identity(account_of(key_id))


class Authentication(Protocol):
    """How the server finds out who is calling."""

    @property
    def name(self) -> str:
        """As in ``--auth``."""
        ...

    def identify(self, request: Request, service: str, sessions: Sessions) -> Identity:
        """Who sent a request to a service.

        Args:
            request: the request.
            service: the service, as signatures name it.
            sessions: those of the world that the request is about.

        Raises:
            Fault: as AWS refuses requests that are not signed, or not well.
        """
        ...

    def account_of(self, key_id: str) -> str | None:
        """The account of an access key id; None for one that AWS would not know."""
        ...

    def may_assume(self, caller: Identity, account: str, role: str) -> bool:
        """Whether the caller may assume any role of a known account, or this one, whatever Organizations says."""
        ...


class OpenAuthentication:
    """Every signature is taken for good, if there is a well-formed one."""

    name = "open"

    def identify(self, request: Request, service: str, sessions: Sessions) -> Identity:
        """As ``Authentication``; for temporary keys of this server the session decides who is calling."""
        authorization = read_authorization(request.headers)
        require_date(request.headers)
        token = request.headers.get(b"x-amz-security-token")
        if token is not None:
            session = sessions.read(token, authorization.key_id)
            # Somebody's real token, from a profile made for AWS, is as good as any other key here.
            if session is not None:
                return Identity(*session.holder)
        return user_of(authorization.key_id)

    def account_of(self, key_id: str) -> str | None:
        """As ``Authentication``: here every key belongs to some account."""
        return account_of(key_id)

    def may_assume(self, caller: Identity, account: str, role: str) -> bool:
        """As ``Authentication``: here everybody may."""
        return True
