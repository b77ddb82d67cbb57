"""Converts values of a scenario file into structs, and rewords msgspec's errors for readers of TOML."""

import re
from collections.abc import Collection, Iterable, Iterator
from copy import deepcopy
from types import UnionType
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin

import msgspec
from msgspec import Struct, structs

from ....engine.spelling import close_to, shortened
from ...choices import choose, likely
from .contradictions import Table
from .possible import A_SHARE, as_share, possible, shown
from .problems import KeyPath, Problem, Problems

UNKNOWN = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
INVALID = re.compile(r"Invalid (?:enum )?value '(.*)'", re.DOTALL)
MISSING = re.compile(r"Object missing required field `(.*)`", re.DOTALL)


def convert(value: Any, wanted: Any, path: KeyPath) -> Any:
    """Convert a value of a scenario file to a type.

    Args:
        value: the value, as ``tomllib`` returns it.
        wanted: the type.
        path: the path of the value in the file.

    Raises:
        ScenarioError: it cannot be converted; with all that is wrong, each with its path, and what is possible there.
    """
    problems = Problems()
    converted = salvage(value, wanted, path, problems)
    problems.require_none()
    return converted


def salvage(value: Any, wanted: Any, path: KeyPath, problems: Problems, needed: Collection[str] = ()) -> Any:
    """Convert a value as far as that is possible, so that what is left of it can be checked too.

    Args:
        value: as for ``convert``, like the next two.
        wanted: the type.
        path: the path of the value in the file.
        problems: what is wrong is added to it.
        needed: keys of the table without which its others tell nothing.

    Returns:
        The value without its keys that cannot be converted, even if others contradict each other. Those that it must
        have are anything. None if a needed one cannot be converted, or the value is no table.
    """
    if _error(value, wanted):
        value = deepcopy(value)
        problems += _all_problems(value, wanted, path, problems.lost)
        if _error(value, wanted):
            return None
    converted = msgspec.convert(value, wanted)
    problems += _contradictions(converted, path, problems.lost)
    lost = {place[: len(path) + 1] for place in problems.lost}
    return converted if lost.isdisjoint((*path, key) for key in needed) else None


def _error(value: Any, wanted: Any) -> str:
    """Why a value cannot be converted, in msgspec's words; empty if it can."""
    try:
        msgspec.convert(value, wanted)
    except msgspec.ValidationError as error:
        return str(error)
    return ""


def _contradictions(part: Any, path: KeyPath, lost: Collection[KeyPath]) -> Iterator[Problem]:
    """The contradictions of a table and of all tables in it, but for those that follow from a key that is lost."""
    if isinstance(part, Table):
        for each in part.contradictions():
            if not any((*path, key) in lost for key in each.lacking):
                yield Problem(each.message, (*path, *each.path))
    parts: Iterable[tuple[str | int, Any]] = ()
    if isinstance(part, Struct):
        parts = zip(part.__struct_encode_fields__, structs.astuple(part), strict=True)
    elif isinstance(part, tuple):
        parts = enumerate(cast("tuple[Any, ...]", part))
    for key, inner in parts:
        yield from _contradictions(inner, (*path, key), lost)


def _all_problems(value: Any, wanted: Any, path: KeyPath, lost: set[KeyPath]) -> Iterator[Problem]:
    """What is wrong with a value: msgspec stops at the first mistake, so each is cut out before it looks again.

    What is cut out is removed from the value, and its path is added to ``lost``; so is what a misspelt key was meant
    to be.
    """
    while error := _error(value, wanted):
        complaint, _, inner = error.partition(" - at `$")
        keys = _keys(inner)
        kind, found = _at(wanted, value, keys)
        unknown = _unknown_key(complaint, kind, found)
        if unknown is not None:
            known = sorted({*_fields(kind, found)} - INTERNAL)
            yield Problem(
                f"unknown key `{shortened(unknown)}`{choose(unknown, known, taken=found)}", (*path, *keys), unknown
            )
            # Though it may have a value, one of a population that this one is like.
            lost |= {(*path, *keys, meant) for meant in close_to(unknown, likely(unknown, known, found), 1)}
            del found[unknown]
            continue
        if inner.endswith("]`"):
            keys = keys[:-1] if isinstance(keys[-1], int) else keys
            kind, found = _at(wanted, value, keys)
            yield from _in_items(kind, found, (*path, *keys), lost)
        elif missing := MISSING.match(complaint):
            yield from _missing(missing[1], kind, found, (*path, *keys), lost)
        elif not any(place[:-1] == (*path, *keys) for place in lost):
            yield Problem(_advice(complaint, kind, found), (*path, *keys))
        if not _error(found, kind):
            continue
        if not keys:
            return
        _cut_out(value, keys)
        lost.add((*path, *keys))


def _in_items(wanted: Any, value: Any, path: KeyPath, lost: set[KeyPath]) -> Iterator[Problem]:
    """What is wrong with the items of a list, or of a table of any names."""
    items = cast("dict[str, Any]", value).items() if isinstance(value, dict) else enumerate(cast("list[Any]", value))
    for key, item in items:
        yield from _all_problems(item, _item_type(wanted), (*path, key), lost)


def _unknown_key(complaint: str, wanted: Any, value: Any) -> str | None:
    """The key that there is not, if that is the complaint, or if it was meant to be the one that is missing."""
    if unknown := UNKNOWN.match(complaint):
        return unknown[1]
    missing = MISSING.match(complaint)
    others = [key for key in value if key not in _fields(wanted, value)] if missing else []
    return next((key for key in others if missing and close_to(key, [missing[1]], 1)), None)


def _missing(told: str, wanted: Any, value: Any, path: KeyPath, lost: set[KeyPath]) -> Iterator[Problem]:
    """The keys that a table lacks, of which msgspec has told one. Each gets any value, so that the others count."""
    candidates = _structs(wanted, value)
    kinds = {field.encode_name: field.type for field in structs.fields(candidates[0]) if field.required}
    if len(candidates) > 1:
        # It does not say which of several kinds of table it is.
        kinds = {told: None}
    for key in [each for each in kinds if each not in value]:
        if (*path, key) not in lost:
            yield Problem(f"`{key}` is missing{_tags(key, wanted) or _choices(kinds[key])}", path, key)
        lost.add((*path, key))
        value[key] = next((each for each in ("?", 1, *get_args(kinds[key])) if not _error(each, kinds[key])), None)


def _keys(inner: str) -> KeyPath:
    """The keys of msgspec's path, such as ``.pace.stages[0].days``; it does not tell those of tables of any names."""
    return tuple(name or int(index) for name, index in re.findall(r"\.(\w+)|\[(\d+)\]", inner))


def _cut_out(value: Any, keys: KeyPath) -> None:
    for key in keys[:-1]:
        value = value[key]
    del value[keys[-1]]


INTERNAL = {"operation"}
"""Keys that no file has, because the action stands for them."""


def _advice(complaint: str, wanted: Any, value: Any) -> str:
    """What is wrong with a value, in the terms of TOML, and what is possible there.

    Args:
        complaint: msgspec's, about the type; or what a struct's own check says.
        wanted: the type.
        value: what stands there.
    """
    if complaint.startswith("Invalid") and (chosen := INVALID.match(complaint)):
        return f"{shown(chosen[1])} is not possible{choose(chosen[1], _values(wanted))}"
    if complaint.startswith(("Expected", "Invalid")):
        expected = possible(wanted)
        return f"must be {expected}, not {shown(value)}" + (as_share(value) if expected == A_SHARE else "")
    return complaint


def _at(wanted: Any, value: Any, keys: KeyPath) -> tuple[Any, Any]:
    """The type and the value at a path inside a type and a value."""
    for key in keys:
        if isinstance(key, int):
            wanted, value = _item_type(wanted), value[key]
            continue
        fields = _fields(wanted, value)
        if key in fields:
            wanted, value = fields[key], value.get(key)
    return wanted, value


def _fields(wanted: Any, value: Any) -> dict[str, Any]:
    """The keys of a table, with their types."""
    fields = {field.encode_name: field.type for each in _structs(wanted, value) for field in structs.fields(each)}
    tagged = [each.__struct_config__ for each in _structs(wanted, None) if each.__struct_config__.tag]
    tags = {str(config.tag_field): Literal[tuple(sorted(str(each.tag) for each in tagged))] for config in tagged}
    return tags | fields


def _item_type(wanted: Any) -> Any:
    """The type of the items of a list, or of a table of any names, which may be one of several things wanted there."""
    choices = get_args(wanted) if get_origin(wanted) in (Union, UnionType) else (wanted,)
    (holder, *_) = [each for each in map(_bare, choices) if get_origin(each) in (list, tuple, dict)]
    return get_args(holder)[1 if get_origin(holder) is dict else 0]


def _bare(wanted: Any) -> Any:
    """Strip ``Annotated`` and ``| None`` off a type, which may be a union then."""
    while True:
        if get_origin(wanted) is Annotated:
            wanted = get_args(wanted)[0]
        elif get_origin(wanted) in (Union, UnionType) and type(None) in get_args(wanted):
            wanted = Union[tuple(each for each in get_args(wanted) if each is not type(None))]  # noqa: UP007  a variable
        else:
            return wanted


def _structs(wanted: Any, value: Any) -> list[type[Struct]]:
    """The structs among the wanted types; the only one, if the value has its tag."""
    wanted = _bare(wanted)
    candidates = [each for each in get_args(wanted) or (wanted,) if isinstance(each, type) and issubclass(each, Struct)]
    configs = [(each, each.__struct_config__) for each in candidates]
    given = [each for each, config in configs if config.tag and config.tag == _get(value, config.tag_field)]
    return given or candidates


def _get(value: Any, name: str | None) -> Any:
    return cast("dict[str, Any]", value).get(name or "") if isinstance(value, dict) else None


def _values(wanted: Any) -> list[str]:
    """The values of a ``Literal``, also one in a union, or of an enumeration."""
    wanted = _bare(wanted)
    if get_origin(wanted) in (Union, UnionType):
        literals = [each for each in map(_bare, get_args(wanted)) if get_origin(each) is Literal]
        return [value for each in literals for value in _values(each)]
    return [str(each) for each in get_args(wanted) or list(wanted)]


def _choices(kind: Any) -> str:
    """The end of an error message: the values of a missing key, if they are few words."""
    bare = _bare(kind)
    return f" (there are: {', '.join(get_args(bare))})" if get_origin(bare) is Literal else ""


def _tags(key: str, wanted: Any) -> str:
    """The end of an error message: the values of a missing key, if it tells apart the kinds of tables."""
    configs = [each.__struct_config__ for each in _structs(wanted, None)]
    tags = sorted(str(each.tag) for each in configs if each.tag and each.tag_field == key)
    return f" (there are: {', '.join(tags)})" if tags else ""
