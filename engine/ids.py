"""Identifiers: their formats, and the source of new ones (docs/aws.md 1).

Every new id is a function of (seed, position) alone. A refused command uses up nothing, and a restarted engine goes on
with the very ids that it would have given out. Nothing else in the core may draw anything at random.
"""

from functools import cached_property
from hashlib import blake2b
from typing import Annotated

from msgspec import Meta

# `\Z`, not `$`: the latter would let a trailing newline through.
AccountId = Annotated[str, Meta(pattern=r"^[0-9]{12}\Z")]
HandshakeId = Annotated[str, Meta(pattern=r"^h-[0-9a-z]{8,32}\Z")]
CreateAccountRequestId = Annotated[str, Meta(pattern=r"^car-[a-z0-9]{8,32}\Z")]
RootId = Annotated[str, Meta(pattern=r"^r-[0-9a-z]{4,32}\Z")]
OrganizationalUnitId = Annotated[str, Meta(pattern=r"^ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}\Z")]
PolicyId = Annotated[str, Meta(pattern=r"^p-[0-9a-zA-Z_]{8,128}\Z")]
ResponsibilityTransferId = Annotated[str, Meta(pattern=r"^rt-[0-9a-z]{8,32}\Z")]

# Ids of more than one kind of thing. AWS's patterns anchor only their first and last alternative; these are whole.
ParentId = Annotated[str, Meta(pattern=r"^(?:r-[0-9a-z]{4,32}|ou-[0-9a-z]{4,32}-[a-z0-9]{8,32})\Z")]
ChildId = Annotated[str, Meta(pattern=r"^(?:[0-9]{12}|ou-[0-9a-z]{4,32}-[a-z0-9]{8,32})\Z")]
PolicyTargetId = Annotated[str, Meta(pattern=r"^(?:r-[0-9a-z]{4,32}|[0-9]{12}|ou-[0-9a-z]{4,32}-[a-z0-9]{8,32})\Z")]
TaggableResourceId = Annotated[
    str,
    Meta(
        pattern=r"^(?:r-[0-9a-z]{4,32}|[0-9]{12}|ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}|p-[0-9a-zA-Z_]{8,128}"
        r"|rp-[0-9a-zA-Z_]{4,128}|rt-[0-9a-zA-Z_]{8,32})\Z",
        max_length=130,
    ),
]

BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"


class IdSource:
    """Source of new ids: pure functions of the seed of the log and of a position in it."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    @cached_property
    def _handshake(self) -> blake2b:
        return self._hasher(b"handshake", 16)

    @cached_property
    def _request(self) -> blake2b:
        return self._hasher(b"request", 16)

    @cached_property
    def _trail_record(self) -> blake2b:
        return self._hasher(b"trail record", 16)

    def _hasher(self, kind: bytes, size: int) -> blake2b:
        key = self._seed.to_bytes(16, "big", signed=True)
        return blake2b(key=key, person=kind, digest_size=size)

    def _number(self, kind: bytes, position: int) -> int:
        hasher = self._hasher(kind, 16)
        hasher.update(position.to_bytes(8, "big"))
        return int.from_bytes(hasher.digest(), "big")

    def handshake(self, position: int) -> str:
        """The id of the handshake requested at this position: ``h-`` and 32 hexadecimal digits."""
        hasher = self._handshake.copy()
        hasher.update(position.to_bytes(8, "big"))
        return "h-" + hasher.hexdigest()

    def organization(self, position: int) -> str:
        """The id of the organization created at this position: ``o-`` and ten characters."""
        return "o-" + base36(self._number(b"organization", position), 10)

    def root(self, position: int) -> str:
        """The id of the root of the organization created at this position: ``r-`` and four characters."""
        return "r-" + base36(self._number(b"root", position), 4)

    def organizational_unit(self, position: int, root: str) -> str:
        """The id of the OU created at this position: ``ou-``, the root's four characters and eight more."""
        return f"ou-{root.removeprefix('r-')}-{base36(self._number(b'unit', position), 8)}"

    def policy(self, position: int) -> str:
        """The id of the policy created at this position: ``p-`` and ten characters."""
        return "p-" + base36(self._number(b"policy", position), 10)

    def resource_policy(self, position: int) -> str:
        """The id of the resource policy first put at this position: ``rp-`` and eight characters."""
        return "rp-" + base36(self._number(b"resource policy", position), 8)

    def responsibility_transfer(self, position: int) -> str:
        """The id of the responsibility transfer offered at this position: ``rt-`` and eight characters."""
        return "rt-" + base36(self._number(b"transfer", position), 8)

    def create_account_request(self, position: int) -> str:
        """The id of the account creation requested at this position: ``car-`` and 32 hexadecimal digits."""
        return f"car-{self._number(b'creation', position):032x}"

    def account(self, position: int) -> str:
        """An account id for the account created at this position: twelve digits, never with a leading zero."""
        return str(10**11 + self._number(b"account", position) % (9 * 10**11))

    def request(self, position: int) -> str:
        """The AWS request id of the command whose first event has this position, in the form of a UUID."""
        hasher = self._request.copy()
        hasher.update(position.to_bytes(8, "big"))
        return uuid(hasher)

    def trail_record(self, position: int, account: str) -> str:
        """The id of the record in an account's trail of the call or event with this position, in the form of a UUID."""
        hasher = self._trail_record.copy()
        hasher.update(position.to_bytes(8, "big") + account.encode())
        return uuid(hasher)

    def request_bytes(self, position: int) -> bytes:
        """The sixteen bytes of which ``request`` is the text."""
        hasher = self._request.copy()
        hasher.update(position.to_bytes(8, "big"))
        digest = bytearray(hasher.digest())
        digest[6], digest[8] = 0x40 | digest[6] & 0x0F, 0xA0 | digest[8] & 0x0F
        return bytes(digest)

    def fraction(self, position: int, kind: bytes = b"fraction") -> float:
        """A number in [0, 1) for a latency decided at this position; for each kind of latency (16 bytes) another."""
        return (self._number(kind, position) >> 75) / 2**53


def uuid(hasher: blake2b) -> str:
    """A digest of sixteen bytes in the form of a UUID of version 4."""
    text = hasher.hexdigest()
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"


def base36(number: int, length: int) -> str:
    """The last ``length`` digits of a number in base 36, lower case."""
    digits: list[str] = []
    for _ in range(length):
        number, digit = divmod(number, 36)
        digits.append(BASE36[digit])
    return "".join(digits)


DERIVED_DOMAIN = "accounts.example"


def derived_email(account: str) -> str:
    """The email address that an account has by default; only accounts with another one need a record."""
    return f"{account}@{DERIVED_DOMAIN}"


def derived_name(account: str) -> str:
    """The name that an account has by default."""
    return f"Account {account}"


def owner_of_derived_email(email: str) -> str | None:
    """The account to which a derived address belongs; None for any other address."""
    local, _, domain = email.partition("@")
    is_account = domain == DERIVED_DOMAIN and len(local) == 12 and local.isascii() and local.isdigit()
    return local if is_account else None
