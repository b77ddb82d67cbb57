"""Converts values of a scenario file into structs, and rewords msgspec's errors for readers of TOML."""

import re
from collections.abc import Iterator
from copy import deepcopy
from types import UnionType
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin

import msgspec
from msgspec import Struct, structs

from ...choices import choose
from .possible import A_SHARE, as_share, possible, shown
from .problems import KeyPath, Problem, ScenarioError

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
    try:
        return msgspec.convert(value, wanted)
    except msgspec.ValidationError as error:
        raise ScenarioError(*_all_problems(deepcopy(value), wanted, path, str(error))) from None


def _all_problems(value: Any, wanted: Any, path: KeyPath, error: str) -> Iterator[Problem]:
    """What is wrong with a value: msgspec stops at the first mistake, so each is cut out before it looks again."""
    settled: set[KeyPath] = set()
    while error:
        complaint, _, inner = error.partition(" - at `$")
        keys = _keys(inner)
        unknown = UNKNOWN.match(complaint)
        for each in _complaints(complaint, wanted, value, keys, settled):
            kind, found = _at(wanted, value, keys)
            advice = _advice(each, kind, found)
            named = unknown or MISSING.match(each)
            yield Problem(advice, (*path, *keys), named[1] if named else "")
            # What a misspelt key was meant to be is not missing besides.
            settled |= {(*keys, meant) for meant in re.findall(r"did you mean `(\w+)`", advice) if unknown}
        place = _cut_out(value, (*keys, unknown[1]) if unknown else keys)
        if place is None:
            return
        settled.add(place)
        error = _next_error(value, wanted)


def _next_error(value: Any, wanted: Any) -> str:
    try:
        msgspec.convert(value, wanted)
    except msgspec.ValidationError as error:
        return str(error)
    return ""


def _complaints(complaint: str, wanted: Any, value: Any, keys: KeyPath, settled: set[KeyPath]) -> list[str]:
    """A complaint about the table at a path, if it does not follow from what was cut out; one for each missing key."""
    if missing := MISSING.match(complaint):
        lacking = _lacking(missing[1], *_at(wanted, value, keys))
        return [f"Object missing required field `{name}`" for name in lacking if (*keys, name) not in settled]
    cut = [place[-1] for place in settled if place and place[:-1] == keys]
    if "` is missing" in complaint:
        cut = [key for key in cut if f"`{key}`" in complaint]
    follows = bool(cut) and not UNKNOWN.match(complaint)
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
        fields = {field.encode_name: field.type for each in _structs(wanted, value) for field in structs.fields(each)}
        if key in fields:
            wanted, value = fields[key], value.get(key)
    return wanted, value


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
