"""The answers of AWS's operations, as far as their structs tell: whether there can be a value at a path."""

from collections.abc import Callable
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from msgspec import Struct, structs

from ....engine.operations import OPERATIONS
from ....engine.spelling import quoted
from ....projections.reads import READS
from ...choices import choose


def answer_of(operation: str) -> type[Struct] | None:
    """The struct of an operation's answer; None if its functions do not say."""
    function: Callable[..., Any] = OPERATIONS[operation].reply if operation in OPERATIONS else READS[operation].answer
    answer = get_type_hints(function).get("return")
    return answer if isinstance(answer, type) and issubclass(answer, Struct) else None


def wrong_way(answer: Any, way: str) -> str:
    """Why there is never a value at a path of keys and indexes in an answer; empty if there can be one.

    Args:
        answer: its type.
        way: such as ``OrganizationalUnit.Id``.
    """
    for key in way.split("."):
        kinds = _kinds(answer)
        if not kinds:
            return ""
        fields = {field.encode_name: field.type for each in kinds if _is_struct(each) for field in structs.fields(each)}
        items = [get_args(each)[0] for each in kinds if get_origin(each) in (list, tuple)]
        if items and key.isdecimal():
            answer = items[0]
        elif key in fields:
            answer = fields[key]
        elif fields:
            return f"the answer has no {quoted(way)}{choose(key, [*fields])}"
        elif items:
            where = f"in front of {quoted(key)} is a list, whose items are called 0, 1, ..."
            return f"the answer has no {quoted(way)}: {where}"
        elif all(each in (str, int, float, bool) for each in kinds):
            return f"the answer has no {quoted(way)}: in front of {quoted(key)} is a single value"
        else:
            return ""
    return ""


def _kinds(kind: Any) -> list[Any]:
    """The types that a value may have, without None and what is annotated."""
    while hasattr(kind, "__metadata__"):
        kind = get_args(kind)[0]
    if get_origin(kind) in (Union, UnionType):
        return [found for each in get_args(kind) for found in _kinds(each)]
    return [] if kind is type(None) else [kind]


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Struct)
