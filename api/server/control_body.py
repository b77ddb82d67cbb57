"""Read the JSON body of a request to the control plane, with an error that names the mistake and the choices."""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, cast

import msgspec
from msgspec import Struct

from .faults import QUOTED, ControlRefused


class Member(Struct, frozen=True):
    """A member that a body may have."""

    kind: type | tuple[type, ...]
    """Of its value, or the kinds that it may be."""
    what: str
    """What its value is, for messages: ``a duration such as "15d"``."""


def read_body_members(body: bytes, members: Mapping[str, Member], example: str) -> dict[str, Any]:
    """Decode a body that is a JSON object with some of these members, each of its type; null counts as absent.

    Args:
        body: as it was sent.
        members: those that there are, by name.
        example: bodies that are right, for messages.

    Raises:
        ControlRefused: it is empty, no JSON, no object, or has a member that there is not or of another type.
    """
    if not body.strip():
        raise ControlRefused(f"the body is empty; say {example}")
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise ControlRefused(f"the body is not JSON ({error}); say {example}") from None
    if not isinstance(found, dict):
        raise ControlRefused(f"the body is no JSON object but {_shown(found)}; say {example}")
    given = cast("dict[str, Any]", found)
    for name, value in given.items():
        _require_member(name, value, members, example)
    return {name: value for name, value in given.items() if value is not None}


def _require_member(name: str, value: object, members: Mapping[str, Member], example: str) -> None:
    member = members.get(name)
    if member is None:
        in_snake_case = re.sub("(?=[A-Z])", "_", name[:QUOTED]).lower()
        similar = get_close_matches(in_snake_case, members, 1)
        meant = f"; did you mean {similar[0]}?" if similar else ";"
        raise ControlRefused(f"there is no {name[:QUOTED]!r} here{meant} say {example}")
    # Not isinstance, by which true is a whole number.
    kinds = member.kind if isinstance(member.kind, tuple) else (member.kind,)
    if value is not None and type(value) not in kinds:
        raise ControlRefused(f"{name} is {member.what}, not {_shown(value)}; say {example}")


def _shown(value: object) -> str:
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= QUOTED else f"{text[:QUOTED]}…"
