"""Copy the objects of a world: like ``copy.deepcopy``, but in bulk, because there may be a million accounts.

Objects of one type that stand in one container are copied shallowly, all at once; then what is inside the copies is
replaced in the same way. So nothing recurses along references, an object that is referred to from several places is
copied once, and what is immutable is shared.
"""

from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable
from copy import copy
from datetime import datetime
from enum import Enum
from functools import cache
from itertools import chain
from operator import attrgetter, is_
from types import BuiltinFunctionType, FunctionType, MethodType, NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin

import msgspec
from msgspec import Struct

from ..ids import IdSource
from .garbage import collection_paused

T = TypeVar("T")

SHARED = (str, int, float, bytes, NoneType, datetime, Enum, type, frozenset, IdSource)
"""Types of immutable objects; frozen structs are immutable too."""

FUNCTIONS = (FunctionType, BuiltinFunctionType, attrgetter)
"""Callables that are shared: their closures hold nothing that changes."""

Table = dict[Any, Any]
VALUES: Callable[[Table], Iterable[Any]] = Table.values
SAME: Callable[[Table], Table] = Table.copy

SHALLOW = "__copy__"
"""The method of structs that ``copy`` would look for each time."""

EMPTY: dict[type[Any], Callable[[Any], Any]] = {
    dict: lambda _: dict[Any, Any](),
    list: lambda _: list[Any](),
    deque: lambda _: deque[Any](),
    Counter: lambda _: Counter[Any](),
    OrderedDict: lambda _: OrderedDict[Any, Any](),
    defaultdict: lambda table: defaultdict[Any, Any](table.default_factory),
}
"""How to make an empty container for the copies of what is in another."""

Run = tuple[list[Any], list[Any]]
"""Objects that stand together in a container, and their copies."""


def copied(thing: T) -> T:
    """Copy an object and all that it refers to.

    Raises:
        TypeError: something in it is of a type of which it is not known how to copy it.
    """
    with collection_paused():
        return _Copies().of(thing)


class _Copies:
    """The copies that have been made; the originals live as long as this, so their identities are their keys."""

    def __init__(self) -> None:
        self._known: dict[int, Any] = {}
        """By the identity of the original."""
        self._runs: dict[int, Run] = {}
        """By the identity of its first object. Many containers hold the same objects in the same order."""
        self._unlisted: dict[type[Any], list[Run]] = {}
        """By type, those whose copies are not in ``_known`` yet: most types never need it, and it is the slowest."""
        self._flat: set[int] = set()
        """The identities of tables that hold nothing mutable, as their annotations say; so nobody has to look."""
        self._open: deque[tuple[type[Any], list[Any], list[Any]]] = deque()
        """Type, originals and shallow copies, in which the originals are still to be replaced; in the order of members,
        because tables stand before the lists that refer to their rows."""

    def of(self, thing: Any) -> Any:
        [result] = self._all([thing])
        while self._open:
            self._finish(*self._open.popleft())
        return result

    def _all(self, things: list[Any]) -> list[Any]:
        """Return the copies of some things, which may still have the originals inside; the list itself if none."""
        run = self._runs.get(id(things[0])) if things else None
        if run and len(run[0]) == len(things) and all(map(is_, run[0], things)):
            return run[1]
        kinds = set(map(type, things))
        mutable = [kind for kind in kinds if not _is_shared(kind)]
        if not mutable or (kinds == {tuple} and not _any_mutable(chain.from_iterable(things))):
            return things
        if len(kinds) == len(mutable) == 1:
            copies = self._alike(mutable[0], things)
            self._runs.setdefault(id(things[0]), (things, copies))
            return copies
        found = {
            number: each
            for kind in mutable
            for alike in [[thing for thing in things if type(thing) is kind]]
            for number, each in zip(map(id, alike), self._alike(kind, alike), strict=True)
        }
        return list(map(found.get, map(id, things), things))

    def _alike(self, kind: type[Any], things: list[Any]) -> list[Any]:
        """Return the copies of things of one type."""
        first_of_kind = kind not in self._unlisted
        unlisted = self._unlisted.setdefault(kind, [])
        if first_of_kind and len(set(map(id, things))) == len(things):
            copies = self._new(kind, things)
            unlisted.append((things, copies))
            return copies
        known, numbers = self._known, list(map(id, things))
        for originals, copies in unlisted:
            known.update(zip(map(id, originals), copies, strict=True))
        unlisted.clear()
        found = list(map(known.get, numbers))
        if None in found:
            new = {number: thing for number, thing in zip(numbers, things, strict=True) if number not in known}
            known.update(zip(new, self._new(kind, [*new.values()]), strict=True))
            found = list(map(known.__getitem__, numbers))
        return found

    def _new(self, kind: type[Any], things: list[Any]) -> list[Any]:
        """Copy things of one type that have no copies yet."""
        if issubclass(kind, tuple):
            inside = _any_mutable(chain.from_iterable(things))
            return [tuple(self._all([*thing])) for thing in things] if inside else things
        if kind is MethodType:
            return [MethodType(thing.__func__, self._all([thing.__self__])[0]) for thing in things]
        if kind is dict and len(things) > 100 and not _any_mutable(chain.from_iterable(map(VALUES, things))):
            return list(map(SAME, things))
        copies = list(map(_shallow(kind), things))
        self._open.append((kind, things, copies))
        return copies

    def _finish(self, kind: type[Any], things: list[Any], copies: list[Any]) -> None:
        """Put copies inside shallow copies."""
        if issubclass(kind, dict):
            for each, its_copy in zip(things, copies, strict=True):
                its_copy.update(each)
                if id(each) not in self._flat and _any_mutable(each.values()):
                    its_copy.update(zip(each, self._all([*each.values()]), strict=True))
        elif issubclass(kind, list | deque):
            for each, its_copy in zip(things, copies, strict=True):
                its_copy.extend(self._all([*each]) if _any_mutable(each) else each)
        elif kind.__dictoffset__:
            self._open.append((dict, [vars(each) for each in things], [vars(each) for each in copies]))
        else:
            for name, is_flat in _members(kind):
                self._replace_member(name, is_flat, copies)

    def _replace_member(self, name: str, is_flat: bool, copies: list[Any]) -> None:
        values = list(map(attrgetter(name), copies))
        if is_flat:
            self._flat.update(map(id, values))
        found = self._all(values)
        if found is not values:
            for each, value in zip(copies, found, strict=True):
                setattr(each, name, value)


def _any_mutable(things: Iterable[Any]) -> bool:
    return not all(map(_is_shared, set(map(type, things))))


@cache
def _is_shared(kind: type[Any]) -> bool:
    if issubclass(kind, Struct):
        return kind.__struct_config__.frozen
    return issubclass(kind, SHARED) or kind in FUNCTIONS


@cache
def _shallow(kind: Any) -> Callable[[Any], Any]:
    """How to make a shallow copy of an object of a type; that of a container is empty."""
    if issubclass(kind, Struct):
        return getattr(kind, SHALLOW)
    if kind in EMPTY:
        return EMPTY[kind]
    if kind is set or kind.__module__.startswith("orgsim."):
        return copy
    raise TypeError(f"a world with a {kind.__module__}.{kind.__qualname__} in it cannot be copied")


@cache
def _members(kind: type[Any]) -> tuple[tuple[str, bool], ...]:
    """The members of a struct, or of a class with slots, that may hold something mutable, and whether each is flat."""
    if issubclass(kind, Struct):
        fields = msgspec.structs.fields(kind)
        return tuple((each.name, _is_flat(each.type)) for each in fields if not _never_changes(each.type))
    return tuple((name, False) for name in getattr(kind, "__slots__", ()))


def _is_flat(annotation: Any) -> bool:
    """Whether what an annotation describes is a table of immutable objects."""
    return get_origin(annotation) is dict and _never_changes(get_args(annotation)[1])


def _never_changes(annotation: Any) -> bool:
    if get_origin(annotation) in (Union, UnionType, tuple):
        return all(each is ... or _never_changes(each) for each in get_args(annotation))
    return isinstance(annotation, type) and _is_shared(annotation)
