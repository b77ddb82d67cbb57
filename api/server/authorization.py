"""Parse the Authorization header of AWS Signature Version 4.

Messages are AWS's; where AWS used to repeat the header it now gives its hash, and so do we.
"""

import re
from base64 import b64encode
from hashlib import sha256

from msgspec import Struct

from .faults import IncompleteSignature, InvalidSignature, MissingAuthenticationToken
from .message import Headers

ALGORITHM = "AWS4-HMAC-SHA256"
TERMINATOR = "aws4_request"
BASIC_DATE = re.compile(rb"[0-9]{8}T[0-9]{6}Z")
# The parameters in the order in which every SDK writes them.
USUAL = re.compile(
    rf"{ALGORITHM} Credential=([^/, ]+)/([^/, ]*)/([^/, ]*)/([^/, ]*)/{TERMINATOR}, ?"
    r"SignedHeaders=([^, ]+), ?Signature=([^, ]+)"
)
SEPARATORS = re.compile(r"[,\s]+")
DATE_MISSING = "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."


class Authorization(Struct, frozen=True, gc=False):
    """The parameters of an Authorization header."""

    key_id: str
    date: str
    region: str
    service: str
    signed_headers: str
    """Names, separated by semicolons."""
    signature: str


def read_authorization(headers: Headers) -> Authorization:
    """Parse the Authorization header of a request.

    Raises:
        MissingAuthenticationToken: there is none.
        IncompleteSignature: it lacks a parameter, or is malformed.
        InvalidSignature: it is for another version of the protocol.
    """
    header = headers.get(b"authorization")
    if not header:
        raise MissingAuthenticationToken
    text = header.decode("latin-1")
    usual = USUAL.fullmatch(text)
    return Authorization(*usual.groups()) if usual else _read_unusual(text, headers)


def _read_unusual(text: str, headers: Headers) -> Authorization:
    """Parse a header that is incomplete, or whose parameters are in another order than the usual one."""
    parameters = _parameters(text)
    missing = [name for name in ("Credential", "Signature", "SignedHeaders") if not parameters.get(name)]
    if missing:
        complaints = [f"Authorization header requires '{name}' parameter." for name in missing]
        if b"x-amz-date" not in headers and b"date" not in headers:
            complaints.append(DATE_MISSING)
        raise IncompleteSignature(f"{' '.join(complaints)} {_hash_of(text)}")
    scope = parameters["Credential"].split("/")
    if len(scope) != 5 or not scope[0]:
        raise IncompleteSignature(
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got "
            f"'{parameters['Credential']}'"
        )
    key_id, date, region, service, terminator = scope
    if terminator != TERMINATOR:
        raise InvalidSignature(
            f"Credential should be scoped with a valid terminator: '{TERMINATOR}', not '{terminator}'"
        )
    return Authorization(key_id, date, region, service, parameters["SignedHeaders"], parameters["Signature"])


def _parameters(text: str) -> dict[str, str]:
    algorithm, *parts = SEPARATORS.split(text.strip())
    parameters: dict[str, str] = {}
    for part in parts if algorithm == ALGORITHM else ():
        name, equals, value = part.partition("=")
        if not equals:
            raise IncompleteSignature(
                "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded "
                f"with Base64): '{_hashed(text)}'."
            )
        parameters[name] = value
    return parameters


def require_date(headers: Headers) -> None:
    """Check that a signed request carries its date.

    Raises:
        IncompleteSignature: it has no date, or not in AWS's format.
    """
    date = headers.get(b"x-amz-date")
    if date is None:
        if b"date" not in headers:
            raise IncompleteSignature(f"{DATE_MISSING} {_hash_of(headers[b'authorization'].decode('latin-1'))}")
    elif not BASIC_DATE.fullmatch(date):
        raise IncompleteSignature(
            f"Date must be in ISO-8601 'basic format'. Got '{date.decode('latin-1')}'. "
            "See http://en.wikipedia.org/wiki/ISO_8601"
        )


def _hashed(text: str) -> str:
    return b64encode(sha256(text.encode("latin-1")).digest()).decode()


def _hash_of(text: str) -> str:
    return f"(Hashed with SHA-256 and encoded with Base64) Authorization={_hashed(text)}"
