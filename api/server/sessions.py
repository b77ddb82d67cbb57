"""Temporary credentials without stored sessions: the signed session token says whose they are and how long.

A token is signed with a key of the world that is served, so it is not valid in another. The key of a world with a log
derives from its seed (and, under ``--auth verify``, from the secrets of the credentials file), so its tokens survive a
restart of the server. A world in memory has a random key, and its tokens end with it.
"""

import hmac
import time
from base64 import b64encode, urlsafe_b64decode, urlsafe_b64encode
from hashlib import blake2b
from secrets import token_bytes

import msgspec
from msgspec import Struct

from .faults import ExpiredToken, UnrecognizedClient

PREFIX = b"orgsim."
"""The first bytes of every token of ours; one without them comes from the real AWS."""


class Session(Struct, frozen=True, array_like=True):
    """The content of a session token."""

    account: str
    role: str
    name: str
    expires_at: int
    """Seconds since the epoch by the wall clock, not the simulated one, because clients sign by the wall clock."""
    key_id: str

    @property
    def holder(self) -> tuple[str, str, str]:
        """The account, the role, and the session's name."""
        return self.account, self.role, self.name


class TemporaryCredentials(Struct, frozen=True):
    """The credentials that AssumeRole returns."""

    key_id: str
    secret: str
    token: str
    expires_at: int

    def __repr__(self) -> str:
        """Leave out the secret and the token, so that they cannot end in a log."""
        return f"TemporaryCredentials({self.key_id})"


class Sessions:
    """Makes and verifies temporary credentials, which derive from ``key``."""

    def __init__(self, key: bytes) -> None:
        self._key = blake2b(key, person=b"sessions").digest()

    def begin(self, account: str, role: str, name: str, seconds: int, key_id: str) -> TemporaryCredentials:
        """Make the credentials of a session that begins now.

        Args:
            account: of the role.
            role: its name.
            name: of the session.
            seconds: until the session expires.
            key_id: the new access key id.
        """
        session = Session(account, role, name, int(time.time()) + seconds, key_id)
        content = msgspec.msgpack.encode(session)
        token = PREFIX + urlsafe_b64encode(self._mac(content) + content)
        return TemporaryCredentials(key_id, self.secret_of(key_id), token.decode(), session.expires_at)

    def read(self, token: bytes, key_id: str) -> Session | None:
        """Verify a token and return its session; None if it is not a token of this server.

        Raises:
            UnrecognizedClient: the token was changed, is of another world, or belongs to another access key.
            ExpiredToken: the session has expired.
        """
        if not token.startswith(PREFIX):
            return None
        try:
            signed = urlsafe_b64decode(token.removeprefix(PREFIX))
        except ValueError:
            raise UnrecognizedClient from None
        mac, content = signed[:32], signed[32:]
        if not hmac.compare_digest(mac, self._mac(content)):
            raise UnrecognizedClient
        session = msgspec.msgpack.decode(content, type=Session)
        if session.key_id != key_id:
            raise UnrecognizedClient
        if session.expires_at <= time.time():
            raise ExpiredToken
        return session

    def secret_of(self, key_id: str) -> str:
        """Derive the secret access key of a temporary access key id: forty characters, like AWS's."""
        return b64encode(blake2b(key_id.encode(), key=self._key, person=b"secret", digest_size=30).digest()).decode()

    def _mac(self, content: bytes) -> bytes:
        return blake2b(content, key=self._key, person=b"token", digest_size=32).digest()


def fresh() -> bytes:
    """Return random bytes that make an access key id unique. It is in no log, so randomness does no harm."""
    return token_bytes(16)
