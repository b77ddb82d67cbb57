"""The patterns of requests' members in plain words."""

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec import inspect

from orgsim.engine.operations import OPERATIONS
from orgsim.engine.patterns import in_words
from orgsim.projections.reads import READS

REQUESTS: dict[str, Any] = {name: each.Request for name, each in OPERATIONS.items()} | {
    name: each.request for name, each in READS.items()
}


def patterns(kind: inspect.Type) -> Iterator[str]:
    """The patterns of a type, and of all that is in it."""
    match kind:
        case inspect.Metadata():
            yield from patterns(kind.type)
        case inspect.StrType():
            yield from [kind.pattern] if kind.pattern else []
        case inspect.UnionType():
            for each in kind.types:
                yield from patterns(each)
        case inspect.StructType():
            for each in kind.fields:
                yield from patterns(each.type)
        case inspect.VarTupleType() | inspect.ListType():
            yield from patterns(kind.item_type)
        case inspect.DictType():
            yield from [*patterns(kind.key_type), *patterns(kind.value_type)]
        case _:
            pass


@pytest.mark.parametrize("operation", REQUESTS)
def test_every_pattern(operation: str) -> None:
    """Whatever a member must match is told without the pattern."""
    found = [*patterns(inspect.type_info(REQUESTS[operation]))]
    assert [each for each in found if not in_words(repr(each)).startswith("must be ")] == []


def test_one_of_several() -> None:
    """What may be one of several ids is told with all of them; another pattern is repeated."""
    said = in_words(repr(r"^(?:[0-9]{12}|r-[0-9a-z]{4,32})\Z"))
    assert said == ("must be an account's id, of twelve digits; or a root's id, r- and 4 to 32 small letters or digits")
    assert in_words("'^x+$'") == "must match '^x+$'"
