"""Names that Python code writes: one of no operation, or of no member, is a mistake; the one that is meant is named.

On the wire it is not: there AWS ignores members that it does not know (docs/aws.md 10.1).
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, cast

import msgspec.inspect
from msgspec import Struct
from msgspec.inspect import ListType, StructType, UnionType, VarTupleType

from ...engine.operations import OPERATIONS
from ...engine.spelling import advice_on
from ...projections.reads import READS


def require_operation(operation: str) -> None:
    """Check that there is an operation.

    Raises:
        LookupError: orgsim does not answer it; the message names those that may be meant, then all.
    """
    if operation not in OPERATIONS and operation not in READS:
        known = OPERATIONS.keys() | READS.keys()
        advice = advice_on(operation, sorted(known), "it answers")
        raise LookupError(f"orgsim does not answer {operation!r}; {advice}")


def require_members(operation: str, members: Mapping[str, Any]) -> None:
    """Check that an operation has the members of a request, at every depth. Their values are not looked at.

    Raises:
        TypeError: there is no such member; the message has the one to write, or those there are.
    """
    _require(operation, _request_type(operation), members)


@cache
def _request_type(operation: str) -> msgspec.inspect.Type:
    request: type[Struct] = READS[operation].request if operation in READS else OPERATIONS[operation].Request
    return msgspec.inspect.type_info(request)


def _require(where: str, kind: msgspec.inspect.Type, value: Any) -> None:
    if isinstance(kind, UnionType):
        kind = next((each for each in kind.types if isinstance(each, StructType | ListType | VarTupleType)), kind)
    if isinstance(kind, ListType | VarTupleType) and isinstance(value, list | tuple):
        for item in cast("list[Any]", value):
            _require(where, kind.item_type, item)
    if isinstance(kind, StructType) and isinstance(value, Mapping):
        fields = {field.encode_name: field.type for field in kind.fields}
        for name, member in cast("Mapping[str, Any]", value).items():
            if name not in fields:
                raise TypeError(f"{where} has no member {name!r}; {advice_on(name, fields, 'there are:')}")
            _require(f"{where}.{name}", fields[name], member)
