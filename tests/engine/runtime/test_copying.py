"""Copying objects in bulk: what is copied, what is shared, and what stays one object."""

from collections import Counter, OrderedDict, defaultdict, deque
from threading import Lock
from types import MethodType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from orgsim.engine.events import Tag
from orgsim.engine.runtime.copying import copied


class Row(Struct):
    """A row that refers to anything."""

    name: str
    inside: Any = None
    tag: Tag | None = None
    words: tuple[str, ...] = ()
    table: dict[str, tuple[Tag, ...]] | None = None
    flat: dict[str, tuple[Tag, ...]] = {}


def leaves() -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), st.integers(), st.text(max_size=3), st.just(Tag("team", "blue")))


def containers(inside: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    lists = st.lists(inside, max_size=4)
    tables = st.dictionaries(st.text(max_size=2), inside, max_size=4)
    rows = st.builds(Row, st.text(max_size=2), inside, st.just(Tag("a", "b")))
    # The same objects in several containers, and one object several times in one of them.
    again = lists.map(lambda things: [things, things[::-1], deque(things), things[1:], [things, things]])
    return st.one_of(lists, lists.map(tuple), lists.map(deque), tables, tables.map(OrderedDict), rows, again)


def drawn(thing: Any, seen: dict[int, int], originals: set[int]) -> Any:
    """Draw up a thing: types, values, and which mutable objects are the same; collects the identities of those."""
    if isinstance(thing, tuple):
        return tuple(drawn(each, seen, originals) for each in thing)
    if not isinstance(thing, list | dict | deque | Row):
        return thing
    if id(thing) in seen:
        return "again", seen[id(thing)]
    seen[id(thing)] = len(seen)
    originals.add(id(thing))
    if isinstance(thing, Row):
        inside: Any = (thing.name, thing.inside, thing.tag)
    else:
        inside = tuple(thing.items()) if isinstance(thing, dict) else tuple(thing)
    return type(thing), drawn(inside, seen, originals)


@given(st.recursive(leaves(), containers, max_leaves=30))
def test_copies_have_the_same_shape(thing: Any) -> None:
    """A copy has the same content in the same order, the same objects in the same places, and none of the original."""
    originals, copies = set[int](), set[int]()
    again = copied(thing)
    assert drawn(again, {}, copies) == drawn(thing, {}, originals)
    assert not originals & copies


def test_long_chains() -> None:
    """A linked list of any length is copied, because nothing recurses along references."""
    first = row = Row("0")
    for number in range(20_000):
        row.inside = row = Row(str(number))
    found, length = copied(first), 0
    while found is not None:
        found, length = found.inside, length + 1
    assert length == 20_001


def test_cycles_and_methods() -> None:
    """An object that refers to itself is copied, and a method in it is bound to the copy."""
    row = Row("it")
    row.inside = [row, MethodType(lambda self: self, row)]
    again = copied(row)
    itself, method = again.inside
    assert itself is again is not row
    assert method() is again


def test_tables_with_defaults() -> None:
    """Counters and tables with defaults stay what they are."""
    lists: defaultdict[str, list[int]] = defaultdict(list)
    lists["a"].append(1)
    again, count, names = copied((lists, Counter("aab"), {"x"}))
    again["b"].append(2)
    assert (again, lists) == ({"a": [1], "b": [2]}, {"a": [1]})
    assert (type(count), count["a"], names) == (Counter, 2, {"x"})


def test_tables_of_what_never_changes() -> None:
    """A table of immutable objects is another table in the copy, the same one wherever it is referred to."""
    tags = {"a": (Tag("team", "blue"),)}
    row = Row("it", inside=[tags, {"of lists": ([1],), "of tags": tags["a"]}], table=tags, flat=tags)
    for again in copied(row), copied(Row("outside", inside=row)).inside:
        assert again == row
        assert again.table is again.flat is again.inside[0] is not tags
        assert again.flat["a"] is tags["a"]
        again.inside[1]["of lists"][0].append(2)
    assert row.inside[1]["of lists"] == ([1],)


def test_what_cannot_be_copied() -> None:
    """A type of which it is not known how to copy it is named, rather than shared in silence."""
    with pytest.raises(TypeError, match=r"a world with a _thread\.lock in it cannot be copied"):
        copied([Lock()])
