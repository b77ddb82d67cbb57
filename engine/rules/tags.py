"""Tags given when something is made or an account invited: one bad tag fails the whole request (section 8)."""

from typing import Annotated

from msgspec import Meta, Struct

from ..errors import ConstraintViolationException, InvalidInputException
from ..events import Tag
from ..settings import TAGS_PER_RESOURCE

# AWS's class is [\p{L}\p{Z}\p{N}_.:/=+\-@]*. Python's `re` has no \p: \w is letters, numbers and `_`, and \p{Z} is \s
# without the control characters.
CHARACTERS = r"^(?:[\w.:/=+\-@]|[^\S\t-\r\x1c-\x1f\x85])*\Z"


class TagMember(Struct, frozen=True, rename="pascal"):
    """A tag in a request."""

    key: Annotated[str, Meta(min_length=1, max_length=128, pattern=CHARACTERS)]
    value: Annotated[str, Meta(max_length=256, pattern=CHARACTERS)]


def checked(tags: tuple[TagMember, ...]) -> tuple[Tag, ...]:
    """The tags as they are recorded.

    Raises:
        InvalidInputException: ``INVALID_SYSTEM_TAGS_PARAMETER`` for a key that begins with ``aws:``,
            ``DUPLICATE_TAG_KEY`` for a repeated key.
        ConstraintViolationException: ``MAX_TAG_LIMIT_EXCEEDED``.
    """
    if not tags:
        return ()
    if any(tag.key.lower().startswith("aws:") for tag in tags):
        raise InvalidInputException("INVALID_SYSTEM_TAGS_PARAMETER")
    if len({tag.key for tag in tags}) < len(tags):
        raise InvalidInputException("DUPLICATE_TAG_KEY")
    if len(tags) > TAGS_PER_RESOURCE:
        raise ConstraintViolationException("MAX_TAG_LIMIT_EXCEEDED")
    return tuple(Tag(tag.key, tag.value) for tag in tags)
