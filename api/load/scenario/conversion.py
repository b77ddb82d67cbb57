"""Converts values of a scenario file into structs, and rewords msgspec's errors for readers of TOML."""

import re
from collections.abc import Collection, Iterable, Iterator
from copy import deepcopy
from types import UnionType
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin

import msgspec
from msgspec import Struct, structs

from ...choices import choose
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
        The value without its keys that cannot be converted, even if others contradict each other; None if one that
        it must have, or that is needed, cannot be converted.
    """
    if _error(value, wanted):
        value = deepcopy(value)
        problems += _all_problems(value, wanted, path, problems.lost)
        if _error(value, wanted):
            _salvage_parts(value, wanted, path, problems)
            return None
    converted = msgspec.convert(value, wanted)
    problems += _contradictions(converted, path, problems.lost)
    lost = {place[: len(path) + 1] for place in problems.lost}
    return converted if lost.isdisjoint((*path, key) for key in needed) else None


def _salvage_parts(value: Any, wanted: Any, path: KeyPath, problems: Problems) -> None:
    """Find contradictions in the tables of a table that lacks what it must have itself."""
    if isinstance(value, dict) and len(_structs(wanted, value)) == 1:
        for key, kind in _fields(wanted, value).items():
            if key in value:
                salvage(value[key], kind, (*path, key), problems)


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
        if unknown := UNKNOWN.match(complaint):
            advice = _advice(complaint, kind, found)
            yield Problem(advice, (*path, *keys), unknown[1])
            lost |= {(*path, *keys, meant) for meant in re.findall(r"did you mean `(\w+)`", advice)}
            del found[unknown[1]]
            continue
        for each in _complaints(complaint, kind, found, (*path, *keys), lost):
            missing = MISSING.match(each)
            yield Problem(_advice(each, kind, found), (*path, *keys), missing[1] if missing else "")
        place = _cut_out(value, keys)
        if place is None:
            return
        lost.add((*path, *place))


def _complaints(complaint: str, wanted: Any, value: Any, path: KeyPath, lost: set[KeyPath]) -> list[str]:
    """A complaint about the table at a path, if it does not follow from what was cut out; one for each missing key."""
    if missing := MISSING.match(complaint):
        lacking = _lacking(missing[1], wanted, value)
        return [f"Object missing required field `{name}`" for name in lacking if (*path, name) not in lost]
    follows = any(place[:-1] == path for place in lost)
    return [] if follows else [complaint]


def _keys(inner: str) -> KeyPath:
    """The keys of msgspec's path, such as ``.pace.stages[0].days``; it does not tell those of tables of any names."""
    return tuple(name or int(index) for name, index in re.findall(r"\.(\w+)|\[(\d+)\]", inner))


def _lacking(told: str, wanted: Any, value: Any) -> list[str]:
    """All keys that a table lacks, of which msgspec has told one."""
    candidates = _structs(wanted, value)
    if len(candidates) != 1:
        return [told]
    needed = [field.encode_name for field in structs.fields(candidates[0]) if field.required]
    return [told, *(name for name in needed if name not in (told, *value))]


def _cut_out(value: Any, keys: KeyPath) -> KeyPath | None:
    """Remove the innermost key of a path, with the whole list if it leads into one; None if there is nothing to cut."""
    while keys and isinstance(keys[-1], int):
        keys = keys[:-1]
    part = value
    for key in keys[:-1]:
        part = part[key]
    if not keys or not isinstance(part, dict) or keys[-1] not in part:
        return None
    del part[keys[-1]]
    return keys


INTERNAL = {"operation"}
"""Keys that no file has, because the action stands for them."""


def _advice(complaint: str, wanted: Any, value: Any) -> str:
    """What is wrong with a value, in the terms of TOML, and what is possible there.

    Args:
        complaint: msgspec's, about the type; or what a struct's own check says.
        wanted: the type.
        value: what stands there.
    """
    if unknown := UNKNOWN.match(complaint):
        return f"unknown key `{unknown[1]}`" + _choices(complaint, wanted, value)
    if missing := MISSING.match(complaint):
        return f"`{missing[1]}` is missing" + _choices(complaint, wanted, value)
    if complaint.startswith("Invalid") and (chosen := INVALID.match(complaint)):
        return f"{shown(chosen[1])} is not possible" + _choices(complaint, wanted, value)
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
    return {field.encode_name: field.type for each in _structs(wanted, value) for field in structs.fields(each)}


def _item_type(wanted: Any) -> Any:
    """The type of the items where a list stands, which may be one of several things that are wanted there."""
    choices = get_args(wanted) if get_origin(wanted) in (Union, UnionType) else (wanted,)
    lists = [each for each in map(_bare, choices) if get_origin(each) in (list, tuple)]
    return get_args(lists[0] if lists else _bare(wanted))[0]


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


def _choices(complaint: str, wanted: Any, value: Any) -> str:
    """The end of an error message: the closest known key or value, and all that are possible."""
    candidates = _structs(wanted, value)
    tags = sorted(str(each.__struct_config__.tag) for each in candidates if each.__struct_config__.tag)
    unknown = UNKNOWN.match(complaint)
    if unknown:
        known = {name for each in candidates for name in each.__struct_encode_fields__}
        known |= {str(each.__struct_config__.tag_field) for each in candidates if each.__struct_config__.tag_field}
        return choose(unknown[1], sorted(known - INTERNAL))
    invalid = INVALID.match(complaint)
    if invalid:
        return choose(invalid[1], tags or _values(wanted))
    missing_tag = any(f"`{each.__struct_config__.tag_field}`" in complaint for each in candidates)
    return f" (there are: {', '.join(tags)})" if missing_tag else ""
