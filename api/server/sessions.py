"""Temporary credentials that the server need not remember: the session token says whose they are and how long.

A token is signed with a key of the world that is served, so it is worth nothing in another. The key of a world in a log
derives from its seed (and, under ``--auth verify``, from the secrets of the credentials file): there tokens outlive a
restart of the server. A world in memory has a random one, and its tokens end with it.
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
"""How our tokens begin; a foreign one does not, and is not ours to judge."""


class Session(Struct, frozen=True, array_like=True):
    """What a session token says."""

    account: str
    role: str
    name: str
    expires_at: int
    """In seconds since the epoch, by the wall clock: AWS's signatures live in real time too."""
    key_id: str

    @property
    def holder(self) -> tuple[str, str, str]:
        """Account, role, and the session's name."""
        return self.account, self.role, self.name


class TemporaryCredentials(Struct, frozen=True):
    """What AssumeRole hands out."""

    key_id: str
    secret: str
    token: str
    expires_at: int

    def __repr__(self) -> str:
        """Without the secret and the token, which belong into no log."""
        return f"TemporaryCredentials({self.key_id})"


class Sessions:
    """Makes and reads temporary credentials. ``key`` is what they derive from."""

    def __init__(self, key: bytes) -> None:
        self._key = blake2b(key, person=b"sessions").digest()

    def begin(self, account: str, role: str, name: str, seconds: int, key_id: str) -> TemporaryCredentials:
        """Credentials for a session that begins now."""
        session = Session(account, role, name, int(time.time()) + seconds, key_id)
        content = msgspec.msgpack.encode(session)
        token = PREFIX + urlsafe_b64encode(self._mac(content) + content)
        return TemporaryCredentials(key_id, self.secret_of(key_id), token.decode(), session.expires_at)

    def read(self, token: bytes, key_id: str) -> Session | None:
        """The session of a token that goes with an access key id; None if the token is not one of ours.

        Raises:
            UnrecognizedClient: the token was changed, is of another world, or goes with another key.
            ExpiredToken: the session is over.
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
        """The secret access key of a temporary key id: forty characters, as AWS's."""
        return b64encode(blake2b(key_id.encode(), key=self._key, person=b"secret", digest_size=30).digest()).decode()

    def _mac(self, content: bytes) -> bytes:
        return blake2b(content, key=self._key, person=b"token", digest_size=32).digest()


def fresh() -> bytes:
    """Something that makes one access key id differ from the next. It is in no log, so it may be drawn at random."""
    return token_bytes(16)
