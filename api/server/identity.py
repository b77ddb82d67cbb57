"""Find out who is calling: the account and the user or assumed role behind an access key id.

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

from ...engine.arns import session_arn, user_arn
from ...engine.partitions import partition_of_region
from ...engine.words import Partition
from .authorization import read_authorization, require_date
from .message import Request
from .sessions import Sessions

DEFAULT_ACCOUNT = "123456789012"
DEFAULT_USER = "orgsim"
"""The user of every access key that is in no credentials file. The root user is not modelled."""

TWELVE_DIGITS = re.compile(r"[0-9]{12}", re.ASCII)
KEY_ID = re.compile(r"(?:AKIA|ASIA)([A-Z2-7]{16})")
TAIL_BITS = 39
NEW_FORMAT = 1 << 79


class Identity(Struct, frozen=True):
    """A user of an account, or a session of a role in it; never the root user."""

    account: str
    name: str = DEFAULT_USER
    """The name of the user or of the role."""
    session: str | None = None
    """The name of the session of an assumed role; None for a user."""
    partition: Partition | None = None
    """The one that the signature's region is in; None for a name that is no region."""

    @property
    def principal(self) -> str:
        """The name under which the log records who called: ``user`` or ``role/session``."""
        return self.name if self.session is None else f"{self.name}/{self.session}"

    @property
    def arn(self) -> str:
        """The ARN that STS and error messages show."""
        if self.session is None:
            return user_arn(self.partition or "aws", self.account, self.name)
        return session_arn(self.partition or "aws", self.account, self.name, self.session)

    @property
    def user_id(self) -> str:
        """AWS's unique id, derived from the name: ``AIDA…`` for a user, ``AROA…:session`` for an assumed role."""
        if self.session is None:
            return unique_id("AIDA", self.account, f"user/{self.name}")
        return f"{unique_id('AROA', self.account, f'role/{self.name}')}:{self.session}"


def unique_id(prefix: str, account: str, of: str | bytes) -> str:
    """Make an id in AWS's format: it carries the account number, and a hash of the thing that it identifies."""
    source = of.encode() if isinstance(of, str) else of
    tail = int.from_bytes(blake2b(source, digest_size=8).digest(), "big") & ((1 << TAIL_BITS) - 1)
    number = NEW_FORMAT | int(account) << TAIL_BITS | tail
    return prefix + b32encode(number.to_bytes(10, "big")).decode()


def account_of(key_id: str) -> str:
    """Return the account to which an access key id belongs, by the rules at the top of this module."""
    if TWELVE_DIGITS.fullmatch(key_id):
        return key_id
    found = KEY_ID.fullmatch(key_id)
    number = int.from_bytes(b32decode(found[1]), "big") if found else 0
    account = f"{(number & ~NEW_FORMAT) >> TAIL_BITS:012}"
    return account if number & NEW_FORMAT and len(account) == 12 else DEFAULT_ACCOUNT


@lru_cache(maxsize=4_096)
def user_of(key_id: str, region: str = "") -> Identity:
    """Return the user of an access key id that is in no credentials file, calling from a region."""
    return Identity(account_of(key_id), partition=partition_of_region(region))


class Authentication(Protocol):
    """Tells who is calling."""

    @property
    def name(self) -> str:
        """The kind of authentication, ``open`` or ``verify``."""
        ...

    def identify(self, request: Request, service: str, sessions: Sessions) -> Identity:
        """Authenticate a request to a service.

        Args:
            request: the request.
            service: the service's name in signatures, such as ``organizations``.
            sessions: of the world that the request is about.

        Raises:
            Fault: the request is not signed, or not correctly; as AWS refuses it.
        """
        ...

    def account_of(self, key_id: str) -> str | None:
        """Return the account of an access key id; None if AWS would not know the key."""
        ...

    def may_assume(self, caller: Identity, account: str, role: str) -> bool:
        """Whether the caller may assume this role of a known account, regardless of Organizations' own rules."""
        ...


class OpenAuthentication:
    """Accepts every well-formed signature without verifying it."""

    name = "open"

    def identify(self, request: Request, service: str, sessions: Sessions) -> Identity:
        """Take the caller from the access key id, or from the session of a temporary key of this server."""
        authorization = read_authorization(request.headers)
        require_date(request.headers)
        token = request.headers.get(b"x-amz-security-token")
        if token is not None:
            session = sessions.read(token, authorization.key_id)
            # None is a token of the real AWS, from somebody's profile: its key is as good as any other here.
            if session is not None:
                return Identity(*session.holder, partition_of_region(authorization.region))
        return user_of(authorization.key_id, authorization.region)

    def account_of(self, key_id: str) -> str | None:
        """Return the account of an access key id; here every key belongs to some account."""
        return account_of(key_id)

    def may_assume(self, caller: Identity, account: str, role: str) -> bool:
        """Let everybody assume every role."""
        return True
