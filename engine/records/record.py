"""A record of CloudTrail as the engine takes it: decoded, with what other records tell about its organization."""

from typing import Any, cast

from msgspec import Struct

from ..errors import Refused
from ..events import Tag
from ..shapes.trail_times import read_time
from ..words import FeatureSet, Partition

Members = dict[str, Any]
"""A JSON object: a part of a record, its names in camelCase."""

MASKED = "****"
"""In place of addresses and names of accounts (docs/aws.md 11.1)."""

HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
"""In place of the content of a resource policy."""


class Unplaced(Refused):
    """A record contradicts what is known, or lacks what it must say; not an exception of AWS.

    Args:
        why: what is wrong, in our words.
    """

    def __init__(self, why: str) -> None:
        super().__init__(message=f"The record cannot be placed: {why}.", explanation=why)


class Known(Struct, frozen=True):
    """What a record itself, or other records of the same trail, tell about the organization that it is about."""

    organization: str | None = None
    management_account: str | None = None
    root: str | None = None
    partition: Partition | None = None
    feature_set: FeatureSet | None = None


NOTHING = Known()


class Record(Struct, frozen=True, kw_only=True):
    """One record of ``organizations.amazonaws.com``; who called is the caller of the command, when is its time."""

    event_id: str
    event_name: str
    request_id: str | None = None
    parameters: Members | None = None
    """``requestParameters``."""
    answer: Members | None = None
    """``responseElements``."""
    details: Members | None = None
    """``serviceEventDetails``."""
    code: str | None = None
    message: str | None = None
    reads: bool = False
    """Whether it asks a question."""
    recipient: str | None = None
    """The account in whose trail it is; for what AWS itself did the management account's."""
    source_ip_address: str | None = None
    user_agent: str | None = None
    said: Known = NOTHING
    """What the record itself says, in its ARNs and ids."""
    elsewhere: Known = NOTHING
    """What other records say."""


def part(members: Members | None, *path: str) -> Members:
    """The object at a path; an empty one if there is none."""
    found: Any = members
    for name in path:
        found = cast("Members", found).get(name) if isinstance(found, dict) else None
    return cast("Members", found) if isinstance(found, dict) else {}


def listed(members: Members, name: str) -> list[Members]:
    """The objects of the list under a name; none if there is no list."""
    value = members.get(name)
    return [part({"": each}, "") for each in cast("list[Any]", value)] if isinstance(value, list) else []


def text(members: Members, *names: str) -> str | None:
    """The first text under one of the names; None if there is none."""
    for name in names:
        value = members.get(name)
        if isinstance(value, str) and value:
            return value
    return None


def needed(members: Members, name: str, where: str) -> str:
    """The text under a name.

    Raises:
        Unplaced: there is none.
    """
    value = text(members, name)
    if value is None:
        raise Unplaced(f"{where}.{name} is missing")
    return value


def unmasked(value: str | None) -> str | None:
    """A text, or None if it is masked."""
    return None if value in (MASKED, HIDDEN) else value


def time_under(members: Members, name: str) -> int | None:
    """The time under a name, in microseconds since the epoch; None if there is none."""
    return read_time(members.get(name))


def tags_under(members: Members, name: str = "tags") -> tuple[Tag, ...]:
    """The tags under a name, in either case; later ones replace earlier ones with the same key."""
    tags: dict[str, str] = {}
    for each in listed(members, name):
        key, value = each.get("key", each.get("Key")), each.get("value", each.get("Value"))
        if isinstance(key, str) and isinstance(value, str | None):
            tags[key] = value or ""
    return tuple(Tag(key, value) for key, value in tags.items())
