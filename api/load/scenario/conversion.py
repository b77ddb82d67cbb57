"""Converts values of a scenario file into structs, and rewords msgspec's errors for readers of TOML."""

import json
import re
from types import UnionType
from typing import Annotated, Any, Union, cast, get_args, get_origin

import msgspec
from msgspec import Struct, structs

from .checks import choose
from .model import ScenarioError


def convert(value: Any, wanted: Any, path: str) -> Any:
    """Convert a value of a scenario file to a type.

    Args:
        value: the value, as ``tomllib`` returns it.
        wanted: the type.
        path: the path of the value in the file.

    Raises:
        ScenarioError: it cannot be converted; the message has the path, and what is possible there.
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
"""Keys that no file has, because the action stands for them."""

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
    """Reword an error message of msgspec in the terms of TOML."""
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
    """The type and the value at a path inside a type and a value, such as ``.steps[2].days``."""
    for name, index in re.findall(r"\.(\w+)|\[(\d+)\]", inner):
        if index:
            wanted, value = get_args(_bare(wanted))[0], value[int(index)]
            continue
        fields = {field.encode_name: field.type for each in _structs(wanted, value) for field in structs.fields(each)}
        if name in fields:
            wanted, value = fields[name], value.get(name)
    return wanted, value


def _bare(wanted: Any) -> Any:
    """Strip ``Annotated`` and ``| None`` off a type."""
    while True:
        if get_origin(wanted) is Annotated:
            wanted = get_args(wanted)[0]
        elif get_origin(wanted) in (Union, UnionType) and type(None) in get_args(wanted):
            (wanted,) = [each for each in get_args(wanted) if each is not type(None)][:1]
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


def _choices(complaint: str, wanted: Any, value: Any) -> str:
    """The end of an error message: the closest known key or value, and all that are possible."""
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
