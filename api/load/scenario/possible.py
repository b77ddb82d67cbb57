"""What a key of a file can be, and what stands there instead, in the words of people who write TOML."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import inspect

from ....engine.spelling import shortened

FORMS = {"^[0-9]{12}\\Z": "twelve digits in quotes", "^o-[a-z0-9]{10,32}\\Z": "an id such as o-a1b2c3d4e5"}
"""Regular expression to what a text that matches it is."""

MOMENT = "a moment with a time zone, such as 2026-01-05T09:00:00Z"
A_SHARE = "a number from 0 to 1"


def possible(wanted: Any) -> str:
    """What a value of a type can be: ``a number from 0 to 1``, ``"off" or "aws"``, ``a table``."""
    return _words(inspect.type_info(wanted))


def as_share(value: Any) -> str:
    """The end of an error message about what should be a share, but reads like a percentage; otherwise empty."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return f"; {value:g} % is {value / 100:g}" if is_number and 2 <= value <= 100 else ""


def shown(value: Any) -> str:
    """A value as TOML has it, cut if it is long; a table or a list by its kind."""
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "a list"
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, bool | int | float | str) else str(value)
    return shortened(text)


def _words(kind: inspect.Type) -> str:
    match kind:
        case inspect.Metadata():
            return _words(kind.type)
        case inspect.UnionType():
            return _any_of(dict.fromkeys(_words(each) for each in kind.types if not isinstance(each, inspect.NoneType)))
        case inspect.LiteralType():
            return _any_of(json.dumps(value) for value in kind.values)
        case inspect.EnumType():
            return _any_of(json.dumps(member.value) for member in kind.cls)
        case inspect.IntType():
            return f"a whole number{_bounds(kind)}"
        case inspect.FloatType():
            return f"a number{_bounds(kind)}"
        case inspect.StrType():
            return FORMS.get(kind.pattern or "", f"a text{_length(kind.min_length, kind.max_length)}")
        case inspect.VarTupleType() | inspect.ListType():
            least = f" of at least {kind.min_length}" if kind.min_length else ""
            return f"a list{least}, each item {_words(kind.item_type)}"
        case _:
            return PLAIN_TYPES.get(type(kind), "a table")


PLAIN_TYPES: dict[type[inspect.Type], str] = {inspect.BoolType: "true or false", inspect.DateTimeType: MOMENT}
"""Kinds of which all values are possible; what is none of these and not above is a table."""


def _any_of(choices: Iterable[str]) -> str:
    *others, last = choices
    return f"{', '.join(others)} or {last}" if others else last


def _bounds(kind: inspect.IntType | inspect.FloatType) -> str:
    words = {"from": kind.ge, "above": kind.gt, "up to" if kind.ge is None else "to": kind.le, "below": kind.lt}
    bounds = [
        f" {word} {limit:,}" if isinstance(limit, int) else f" {word} {_decimal(limit)}"
        for word, limit in words.items()
        if limit is not None
    ]
    return "".join(bounds) + (" up" if kind.ge is not None and len(bounds) == 1 else "")


def _decimal(limit: float) -> str:
    """A limit as people write it: ``0.000001``, not in powers of ten."""
    said = f"{limit:,.15g}"
    return f"{limit:.15f}".rstrip("0") if "e-" in said else said


def _length(least: int | None, most: int | None) -> str:
    if most is not None:
        return f" of {least or 0} to {most:,} characters"
    return " that is not empty" if least else ""
