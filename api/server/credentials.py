"""Read the credentials file of ``--auth verify``: access keys with their users, and roles with who may assume them.

    control_token = "…"                # for the control plane; by default a new one at each start

    [[credentials]]
    access_key_id = "AKIA…"            # AWS's format, twelve digits, or any other word
    secret_access_key = "…"
    account = "111111111111"
    user = "alice"                     # by default "orgsim"

    [[roles]]
    account = "222222222222"
    name = "Audit"
    trusted_accounts = ["111111111111"]

Error messages repeat nothing from the file but the names of keys, because it holds secrets.
"""

import re
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct, field

from ..toml import NoToml, read_toml
from .identity import DEFAULT_USER

AccountNumber = Annotated[str, Meta(pattern=r"^[0-9]{12}\Z")]
Name = Annotated[str, Meta(pattern=r"^[a-zA-Z0-9_+=,.@-]{1,64}\Z")]
KeyId = Annotated[str, Meta(pattern=r"^[a-zA-Z0-9_]{4,128}\Z")]
Token = Annotated[str, Meta(pattern=r"^[!-~]+\Z")]

# Patterns in msgspec's messages, and what they mean to somebody who edits a TOML file.
PLAIN_MESSAGES = (
    (r"matching regex '\^\[!-~\].*", "of printable characters without blanks"),
    (r"matching regex '\^\[0-9\]\{12\}.*", "of twelve digits"),
    (r"matching regex '\^\[a-zA-Z0-9_\].*", "of 4 to 128 letters and digits"),
    (r"matching regex '\^\[a-zA-Z0-9_\+.*", "of 1 to 64 letters, digits and _+=,.@-"),
    (r"Expected `object`", "Expected a table"),
    (r"Object contains", "The table contains"),
    (r"Object missing required field", "The table lacks"),
)


class CredentialsError(Exception):
    """The credentials file cannot be used. The message names file and place."""


class AccessKey(Struct, frozen=True, forbid_unknown_fields=True):
    """A user's long-term key."""

    access_key_id: KeyId
    secret_access_key: Annotated[str, Meta(min_length=1)]
    account: AccountNumber
    user: Name = DEFAULT_USER

    def __repr__(self) -> str:
        """Leave out the secret, so that it cannot end in a log."""
        return f"AccessKey({self.access_key_id})"


class Role(Struct, frozen=True, forbid_unknown_fields=True):
    """A role, and the accounts whose users and roles may assume it."""

    account: AccountNumber
    name: Name
    trusted_accounts: frozenset[AccountNumber]


class Credentials(Struct, frozen=True, forbid_unknown_fields=True):
    """The content of a credentials file."""

    credentials: list[AccessKey] = field(default_factory=list[AccessKey])
    roles: list[Role] = field(default_factory=list[Role])
    control_token: Token | None = None

    @property
    def secrets(self) -> bytes:
        """All secret access keys, sorted, so that their order in the file makes no difference."""
        return "\n".join(sorted(key.secret_access_key for key in self.credentials)).encode()

    def __repr__(self) -> str:
        """Leave out the token, so that it cannot end in a log."""
        return f"Credentials({self.credentials}, {self.roles})"


def load_credentials(path: Path) -> Credentials:
    """Read a credentials file.

    Raises:
        CredentialsError: it cannot be read, is not TOML, or has an invalid value.
    """
    try:
        found = msgspec.convert(read_toml(path.read_text("utf-8")), Credentials)
    except OSError as error:
        raise CredentialsError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise CredentialsError(f"{path}: not a text file in UTF-8 (byte {error.start})") from None
    except NoToml as error:
        # Its message may repeat what stands in the file.
        raise CredentialsError(f"{path}: not TOML{error.place}") from None
    except msgspec.ValidationError as error:
        raise CredentialsError(f"{path}: {_plain_message(str(error))}") from None
    names = [key.access_key_id for key in found.credentials]
    twice = next((index for index, name in enumerate(names) if name in names[:index]), None)
    if twice is not None:
        raise CredentialsError(f"{path}: credentials[{twice}].access_key_id: stands in the file before")
    if not names:
        raise CredentialsError(f"{path}: lacks [[credentials]]; without any, nobody could sign a request")
    return found


def _plain_message(message: str) -> str:
    """Rewrite a validation message of msgspec: the place first, in the terms of TOML, on one line."""
    problem, _, place = message.partition(" - at `$")
    for pattern, replacement in PLAIN_MESSAGES:
        problem = re.sub(pattern, replacement, problem, flags=re.DOTALL)
    return " ".join(f"{place.strip('.`')}: {problem}".removeprefix(": ").splitlines())
