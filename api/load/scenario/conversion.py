"""Turning a part of a scenario file into a struct, and saying in the words of TOML what is wrong with it."""

import json
import re
from types import UnionType
from typing import Annotated, Any, Union, cast, get_args, get_origin

import msgspec
from msgspec import Struct, structs

from .checks import choose
from .model import ScenarioError


def convert(value: Any, wanted: Any, path: str) -> Any:
    """A value of the wanted type, from what stands at a path of the file.

    Raises:
        ScenarioError: it is something else; with the path, and with what is possible there.
    """
    try:
        return msgspec.convert(value, wanted)
    except msgspec.ValidationError as error:
        complaint, _, inner = str(error).partition(" - at `$")
        inner = inner.rstrip("`")
        place = (path + inner).strip(".")
        kind, found = _at(wanted, value, inner)
        advice = _in_plain_words(complaint) + _found(complaint, found) + _choices(complaint, kind, found)
        raise ScenarioError(f"{place}: {advice}".removeprefix(": ")) from None


INTERNAL = {"operation"}
"""Keys that no file has: the action says it."""

PLAIN_WORDS = (
    ("Expected `object`", "Expected a table"),
    ("Object contains", "The table contains"),
    ("Object missing required field", "The table lacks"),
    ("Expected `object | null`", "Expected a table"),
    ("Invalid RFC3339 encoded datetime", "Expected a moment such as 2026-01-05T09:00:00Z"),
    ("Expected `datetime` with a timezone component", "Expected a time zone too, such as 2026-01-05T09:00:00Z"),
    ("Expected `datetime`", "Expected a moment such as 2026-01-05T09:00:00Z"),
    (" matching regex '^[0-9]{12}\\\\Z'", " of twelve digits"),
)


def _in_plain_words(complaint: str) -> str:
    """A complaint of msgspec in the words of TOML."""
    for theirs, ours in PLAIN_WORDS:
        complaint = complaint.replace(theirs, ours)
    return complaint


LONGEST = 60
"""So many characters of a value are repeated."""


def _found(complaint: str, value: Any) -> str:
    """What stands there instead of what is expected, if that is a single value."""
    if not complaint.startswith("Expected") or not isinstance(value, bool | int | float | str):
        return ""
    text = json.dumps(value, ensure_ascii=False)
    text = text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
    return f" ({text})" if ", got " in complaint else f", not {text}"


def _at(wanted: Any, value: Any, inner: str) -> tuple[Any, Any]:
    """What type is wanted at a path such as ``.steps[2].days``, and what stands there."""
    for name, index in re.findall(r"\.(\w+)|\[(\d+)\]", inner):
        if index:
            wanted, value = get_args(_bare(wanted))[0], value[int(index)]
            continue
        fields = {field.encode_name: field.type for each in _structs(wanted, value) for field in structs.fields(each)}
        if name in fields:
            wanted, value = fields[name], value.get(name)
    return wanted, value


def _bare(wanted: Any) -> Any:
    """A type without what it is annotated with, and without None."""
    while True:
        if get_origin(wanted) is Annotated:
            wanted = get_args(wanted)[0]
        elif get_origin(wanted) in (Union, UnionType) and type(None) in get_args(wanted):
            (wanted,) = [each for each in get_args(wanted) if each is not type(None)][:1]
        else:
            return wanted


def _structs(wanted: Any, value: Any) -> list[type[Struct]]:
    """The structs that a value may be: one, if its tag says which."""
    wanted = _bare(wanted)
    candidates = [each for each in get_args(wanted) or (wanted,) if isinstance(each, type) and issubclass(each, Struct)]
    configs = [(each, each.__struct_config__) for each in candidates]
    given = [each for each, config in configs if config.tag and config.tag == _get(value, config.tag_field)]
    return given or candidates


def _get(value: Any, name: str | None) -> Any:
    return cast("dict[str, Any]", value).get(name or "") if isinstance(value, dict) else None


def _choices(complaint: str, wanted: Any, value: Any) -> str:
    """What could have been meant by an unknown key or value; what is possible where something is missing."""
    candidates = _structs(wanted, value)
    tags = sorted(str(each.__struct_config__.tag) for each in candidates if each.__struct_config__.tag)
    unknown = re.match(r"Object contains unknown field `(.*)`", complaint, re.DOTALL)
    if unknown:
        known = {name for each in candidates for name in each.__struct_encode_fields__}
        known |= {str(each.__struct_config__.tag_field) for each in candidates if each.__struct_config__.tag_field}
        return choose(unknown[1], sorted(known - INTERNAL))
    unknown = re.match(r"Invalid (?:enum )?value '(.*)'", complaint, re.DOTALL)
    if unknown:
        wanted = _bare(wanted)
        return choose(unknown[1], tags or [str(each) for each in get_args(wanted) or list(wanted)])
    missing_tag = any(f"`{each.__struct_config__.tag_field}`" in complaint for each in candidates)
    return f" (there are: {', '.join(tags)})" if missing_tag else ""
