"""A small checker of JSON schemas: of the keywords that ours use; any other is an error, so none is passed over."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

TYPES: dict[str, type | tuple[type, ...]] = {
    "array": list,
    "boolean": bool,
    "number": (int, float),
    "null": type(None),
    "object": dict,
    "string": str,
}
NOT_CHECKED = {"$schema", "$defs", "title"}


def faults(value: Any, schema: Mapping[str, Any], root: Mapping[str, Any], place: str = "$") -> list[str]:
    """What is wrong with a value: a line for each fault, with its place; nothing if it is valid."""
    return [
        fault
        for keyword, argument in schema.items()
        if keyword not in NOT_CHECKED and keyword != "properties"
        for fault in CHECKS[keyword](value, argument, schema, root, place)
    ]


def _type(value: Any, name: Any, _: Any, __: Any, place: str) -> Iterator[str]:
    if not isinstance(value, TYPES[name]) or (name == "number" and isinstance(value, bool)):
        yield f"{place}: {value!r} is no {name}"


def _choice(value: Any, allowed: Any, _: Any, __: Any, place: str) -> Iterator[str]:
    if value not in allowed:
        yield f"{place}: {value!r} is none of {allowed}"


def _const(value: Any, only: Any, _: Any, __: Any, place: str) -> Iterator[str]:
    if value != only:
        yield f"{place}: {value!r} is not {only!r}"


def _pattern(value: Any, pattern: str, _: Any, __: Any, place: str) -> Iterator[str]:
    if isinstance(value, str) and not re.search(pattern, value):
        yield f"{place}: {value!r} does not match {pattern}"


def _required(value: Any, names: Any, _: Any, __: Any, place: str) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (f"{place}: {name} is missing" for name in names if name not in value)


def _least(value: Any, least: int, _: Any, __: Any, place: str) -> Iterator[str]:
    if isinstance(value, dict) and len(value) < least:
        yield f"{place}: has fewer than {least} members"


def _properties(value: Any, more: Any, schema: Any, root: Any, place: str) -> Iterator[str]:
    """``properties`` and ``additionalProperties``: what is not among the first fits the second, or is none at all."""
    if isinstance(value, dict):
        for name, member in value.items():
            known = schema.get("properties", {}).get(name, more)
            if known is False:
                yield f"{place}: {name} is unknown"
            else:
                yield from faults(member, known, root, f"{place}.{name}")


def _names(value: Any, schema: Any, _: Any, root: Any, place: str) -> Iterator[str]:
    if isinstance(value, dict):
        for name in value:
            yield from faults(name, schema, root, place)


def _items(value: Any, of: Any, _: Any, root: Any, place: str) -> Iterator[str]:
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from faults(item, of, root, f"{place}[{index}]")


def _reference(value: Any, path: str, _: Any, root: Any, place: str) -> Iterator[str]:
    yield from faults(value, root["$defs"][path.removeprefix("#/$defs/")], root, place)


def _one_of(value: Any, choices: Any, _: Any, root: Any, place: str) -> Iterator[str]:
    found = [faults(value, choice, root, place) for choice in choices]
    valid = sum(not each for each in found)
    if valid != 1:
        nearest = min(found, key=len) if not valid else [f"{place}: {valid} choices fit"]
        yield from nearest


CHECKS: dict[str, Callable[[Any, Any, Any, Any, str], Iterator[str]]] = {
    "$ref": _reference,
    "additionalProperties": _properties,
    "const": _const,
    "enum": _choice,
    "items": _items,
    "minProperties": _least,
    "oneOf": _one_of,
    "pattern": _pattern,
    "propertyNames": _names,
    "required": _required,
    "type": _type,
}
