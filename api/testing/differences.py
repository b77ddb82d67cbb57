"""Events and answers line by line, in YAML's manner, and the difference between two of them."""

from collections.abc import Mapping
from difflib import unified_diff
from typing import Any, cast

import msgspec
from msgspec import structs

from ...engine.events import Event


def event_lines(event: Event | type[Event], members: Mapping[str, Any] | None = None) -> list[str]:
    """Write an event as an entry of a list: its type, and its members one below the other.

    Args:
        event: an event, or only its type.
        members: used instead of the event's own; those without a value are left out.
    """
    if members is None:
        members = structs.asdict(cast("Event", event))
    kind = event if isinstance(event, type) else type(event)
    told = {name: value for name, value in members.items() if value is not None and value != ()}
    return [f"- {kind.__name__}{':' if told else ''}", *(value_lines(told, "    ") if told else ())]


def value_lines(value: Any, indent: str = "") -> list[str]:
    """Write a dictionary, a list or a plain value, each member in a line of its own."""
    value = msgspec.to_builtins(value)
    if isinstance(value, dict):
        lines: list[str] = []
        for name, each in cast("dict[str, Any]", value).items():
            inside = value_lines(each, indent + "  ")
            plain = not isinstance(each, dict | list) or not each
            lines += [f"{indent}{name}: {inside[0].strip()}"] if plain else [f"{indent}{name}:", *inside]
        return lines or [f"{indent}{{}}"]
    if isinstance(value, list):
        entries = [value_lines(each, indent + "  ") for each in cast("list[Any]", value)]
        return [line for first, *rest in entries for line in (f"{indent}- {first.strip()}", *rest)] or [f"{indent}[]"]
    return [f"{indent}{value if isinstance(value, str) else msgspec.json.encode(value).decode()}"]


def differences(expected: list[str], found: list[str]) -> str:
    """Compare lines that differ: ``-`` stands before what was expected only, ``+`` before what was found only."""
    _, _, _, *lines = unified_diff(expected, found, n=len(expected) + len(found), lineterm="")
    return "\n".join(["(- expected, + found)", *(f"{line[0]} {line[1:]}" for line in lines)])
