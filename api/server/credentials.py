"""The credentials file of ``--auth verify``: whose keys there are, and which roles may be assumed.

    control_token = "…"                # what the control plane asks for; drawn at each start unless said here

    [[credentials]]
    access_key_id = "AKIA…"            # AWS's format, twelve digits, or any other word
    secret_access_key = "…"
    account = "111111111111"
    user = "alice"                     # "orgsim" unless said otherwise

    [[roles]]
    account = "222222222222"
    name = "Audit"
    trusted_accounts = ["111111111111"]

No message about the file repeats anything that stands in it but names of keys.
"""

import re
import tomllib
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct, field

from .identity import DEFAULT_USER

AccountNumber = Annotated[str, Meta(pattern=r"^[0-9]{12}\Z")]
Name = Annotated[str, Meta(pattern=r"^[a-zA-Z0-9_+=,.@-]{1,64}\Z")]
KeyId = Annotated[str, Meta(pattern=r"^[a-zA-Z0-9_]{4,128}\Z")]
Token = Annotated[str, Meta(pattern=r"^[!-~]+\Z")]

IN_PLAIN_WORDS = (
    (r"matching regex '\^\[!-~\].*", "of printable characters without blanks"),
    (r"matching regex '\^\[0-9\]\{12\}.*", "of twelve digits"),
    (r"matching regex '\^\[a-zA-Z0-9_\].*", "of 4 to 128 letters and digits"),
    (r"matching regex '\^\[a-zA-Z0-9_\+.*", "of 1 to 64 letters, digits and _+=,.@-"),
    (r"Expected `object`", "Expected a table"),
    (r"Object contains", "The table contains"),
    (r"Object missing required field", "The table lacks"),
)


class CredentialsError(Exception):
    """The credentials file cannot be used; the message names file and place."""


class AccessKey(Struct, frozen=True, forbid_unknown_fields=True):
    """A user's long-term key."""

    access_key_id: KeyId
    secret_access_key: Annotated[str, Meta(min_length=1)]
    account: AccountNumber
    user: Name = DEFAULT_USER

    def __repr__(self) -> str:
        """Without the secret, which belongs into no log."""
        return f"AccessKey({self.access_key_id})"


class Role(Struct, frozen=True, forbid_unknown_fields=True):
    """A role, and the accounts whose users and roles may assume it."""

    account: AccountNumber
    name: Name
    trusted_accounts: frozenset[AccountNumber]


class Credentials(Struct, frozen=True, forbid_unknown_fields=True):
    """A credentials file."""

    credentials: list[AccessKey] = field(default_factory=list[AccessKey])
    roles: list[Role] = field(default_factory=list[Role])
    control_token: Token | None = None

    @property
    def secrets(self) -> bytes:
        """All secret access keys, in an order of their own."""
        return "\n".join(sorted(key.secret_access_key for key in self.credentials)).encode()

    def __repr__(self) -> str:
        """Without the token, which belongs into no log."""
        return f"Credentials({self.credentials}, {self.roles})"


def load_credentials(path: Path) -> Credentials:
    """Read a credentials file.

    Raises:
        CredentialsError: it cannot be read, is no TOML, or says something impossible.
    """
    try:
        found = msgspec.convert(tomllib.loads(path.read_text("utf-8")), Credentials)
    except OSError as error:
        raise CredentialsError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise CredentialsError(f"{path}: not a text file in UTF-8 (byte {error.start})") from None
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"at (line \d+, column \d+|end of document)", str(error))
        raise CredentialsError(f"{path}: not TOML ({place[0] if place else 'see the manual'})") from None
    except RecursionError:
        raise CredentialsError(f"{path}: not TOML that can be read: nested too deep") from None
    except msgspec.ValidationError as error:
        raise CredentialsError(f"{path}: {_in_plain_words(str(error))}") from None
    names = [key.access_key_id for key in found.credentials]
    twice = next((index for index, name in enumerate(names) if name in names[:index]), None)
    if twice is not None:
        raise CredentialsError(f"{path}: credentials[{twice}].access_key_id: stands in the file before")
    if not names:
        raise CredentialsError(f"{path}: lacks [[credentials]]; without any, nobody could sign a request")
    return found


def _in_plain_words(complaint: str) -> str:
    """A complaint of msgspec with the place in front, in the words of TOML and on one line."""
    what, _, place = complaint.partition(" - at `$")
    for theirs, ours in IN_PLAIN_WORDS:
        what = re.sub(theirs, ours, what, flags=re.DOTALL)
    return " ".join(f"{place.strip('.`')}: {what}".removeprefix(": ").splitlines())
