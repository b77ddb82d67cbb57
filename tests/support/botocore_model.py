"""AWS's own model of Organizations, as the newest botocore ships it, and how orgsim's structs are held against it.

Every difference is a line that begins with its place, such as ``InviteAccountToOrganization.Target.Id: …``, so that the
tests can list the few that are meant. Whatever AWS adds shows up as such a line.
"""

# botocore's cached properties have no types.
# pyright: reportAttributeAccessIssue=false, reportGeneralTypeIssues=false, reportOperatorIssue=false
# pyright: reportCallIssue=false, reportAssignmentType=false

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from botocore.loaders import Loader
from botocore.model import ListShape, OperationModel, ServiceModel, Shape, StructureShape
from msgspec import inspect as types

from orgsim.engine.rules import tags

LOADER = Loader()
MODEL = ServiceModel(LOADER.load_service_model("organizations", "service-2"))
PAGINATORS: dict[str, dict[str, Any]] = LOADER.load_service_model("organizations", "paginators-1")["pagination"]
EXAMPLES: dict[str, list[dict[str, Any]]] = LOADER.load_service_model("organizations", "examples-1")["examples"]

EXCEPTIONS = {name for name in MODEL.shape_names if MODEL.shape_for(name).metadata.get("exception")}

UNBOUNDED = 10**9

# The same sets of characters, written for Python's `re`; without anchors and captures.
PATTERNS = {
    r"[\u0020-\u007E]+": r"[\x20-\x7e]+",
    # Which characters these are, is tested one by one.
    r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*": tags.CHARACTERS.removeprefix("^").removesuffix(r"\Z"),
    r"\d{12}": "[0-9]{12}",
    r"[\w+=,.@-]{1,64}": "[A-Za-z0-9_+=,.@-]{1,64}",
    r"[\w+=,.@-]*": "[A-Za-z0-9_+=,.@-]*",
}
ANYTHING = r"[\s\S]*"


def operation(name: str) -> OperationModel:
    """One of AWS's operations."""
    return MODEL.operation_model(name)


def operations_with(exception: str) -> set[str]:
    """The operations that have an exception in the model."""
    return {
        name for name in MODEL.operation_names if exception in {shape.name for shape in operation(name).error_shapes}
    }


def enumerations() -> dict[str, set[str]]:
    """The values of each of the model's enumerations, by its shape."""
    return {name: set(MODEL.shape_for(name).enum) for name in MODEL.shape_names if is_enumeration(name)}


def is_enumeration(name: str) -> bool:
    """Whether a shape is text of a few fixed values."""
    return bool(getattr(MODEL.shape_for(name), "enum", None))


def reasons_of(exception: str) -> set[str]:
    """The model's reasons of an exception; most have none."""
    shape = MODEL.shape_for(exception)
    assert isinstance(shape, StructureShape)
    return set(shape.members["Reason"].enum) if "Reason" in shape.members else set()


# Patterns.


def alternatives(pattern: str) -> set[str]:
    """What a pattern matches as a whole, one by one: ``^(a)|(b)$`` and ``^(?:a|b)\\Z`` are both a and b.

    AWS's anchors stand at the first and the last alternative only; a match of the whole is meant (docs/aws.md 1.1).
    """
    bare = re.sub(r"^\^|(\$|\\Z)$", "", pattern)
    parts = top_level_parts(bare)
    if len(parts) == 1 and not (inner := inside_of_group(bare)):
        return {PATTERNS.get(bare, bare)}
    return {found for part in (parts if len(parts) > 1 else [inner]) for found in alternatives(part)}


def top_level_parts(pattern: str) -> list[str]:
    """A pattern split at the bars that stand outside all brackets."""
    parts, depth = [""], 0
    for token in re.findall(r"\\.|\[(?:\\.|[^\]])*\]|.", pattern, re.DOTALL):
        depth += {"(": 1, ")": -1}.get(token, 0)
        if token == "|" and depth == 0:
            parts.append("")
        else:
            parts[-1] += token
    return parts


def inside_of_group(pattern: str) -> str:
    """What stands in the one group that a pattern is; nothing if it is something else."""
    if pattern in PATTERNS.values():
        return ""
    found = re.fullmatch(r"\((?:\?:)?(.*)\)", pattern)
    closes_early = found and any(found[1][:end].count(")") > found[1][:end].count("(") for end in range(len(found[1])))
    return found[1] if found and not closes_early else ""


def longest(alternative: str) -> int:
    """How long a text can be that matches: ``h-[0-9a-z]{8,32}`` is 34 at most."""
    spelled = re.sub(r"\[[^]]*\]\{(?:\d+,)?(\d+)\}", lambda found: "x" * int(found[1]), alternative)
    return UNBOUNDED if re.search(r"[*+?{]", re.sub(r"\\.", "x", spelled)) else len(spelled)


# What a member may be, in the model's words.

Facts = dict[str, Any]


def unwrapped(kind: types.Type) -> types.Type:
    """The type beside None, and the type under its annotations; a moment may come as a number too."""
    if isinstance(kind, types.UnionType):
        options = [unwrapped(option) for option in kind.types if not isinstance(option, types.NoneType)]
        moments = [option for option in options if isinstance(option, types.DateTimeType)]
        return (moments or options)[0]
    return unwrapped(kind.type) if isinstance(kind, types.Metadata) else kind


def facts_of(kind: types.Type) -> Facts:
    """What orgsim's type lets through."""
    match unwrapped(kind):
        case types.StrType(min_length=shortest, max_length=most, pattern=pattern):
            found = {"type": "string", "min": shortest, "max": most, "pattern": pattern}
        case types.IntType(ge=least, le=most):
            found = {"type": "integer", "min": least, "max": most}
        case types.EnumType(cls=words):
            found = {"type": "string", "enum": {word.value for word in words}}
        case types.LiteralType(values=values):
            found = {"type": "string", "enum": set(values)}
        case types.BoolType():
            found = {"type": "boolean"}
        case types.DateTimeType() | types.FloatType():
            found = {"type": "timestamp"}
        case types.VarTupleType() | types.ListType():
            found = {"type": "list"}
        case types.StructType():
            found = {"type": "structure"}
        case other:
            found = {"type": repr(other)}
    return comparable(found)


def facts_of_shape(shape: Shape) -> Facts:
    """What the model lets through."""
    kept = {name: shape.metadata.get(name) for name in ("min", "max", "pattern", "enum")}
    return comparable({"type": shape.type_name, **kept})


def comparable(facts: Facts) -> Facts:
    """Facts in one form, without those that say nothing more."""
    found = {name: value for name, value in facts.items() if value is not None}
    if found.get("pattern") == ANYTHING:
        del found["pattern"]
    if "enum" in found:
        found["enum"] = set(found["enum"])
    if "pattern" in found:
        found["pattern"] = alternatives(found["pattern"])
        # A maximum may say only what the pattern says already.
        if found.get("max", 0) >= max(map(longest, found["pattern"])):
            del found["max"]
    # No text is shorter than nothing.
    if found.get("type") == "string" and found.get("min") == 0:
        del found["min"]
    return found


# Comparing.


def differences(struct: type[Any], shape: StructureShape | None, path: str, *, answer: bool = False) -> Iterator[str]:
    """Where a struct and the model's structure differ, inner structures included.

    Of an answer the model says neither what is required nor, in earnest, what a text looks like: names, types and
    values are compared.
    """
    fields = {field.encode_name: field for field in types.type_info(struct).fields}
    members: Mapping[str, Shape] = shape.members if shape else {}
    required = set(shape.required_members) if shape else set()
    yield from (f"{path}.{name}: not in the model" for name in fields.keys() - members.keys())
    yield from (f"{path}.{name}: missing" for name in members.keys() - fields.keys())
    for name in fields.keys() & members.keys():
        if not answer and fields[name].required != (name in required):
            yield f"{path}.{name}: required is {fields[name].required}, in the model {name in required}"
        yield from differences_of_types(fields[name].type, members[name], f"{path}.{name}", answer)


def differences_of_types(kind: types.Type, shape: Shape, path: str, answer: bool) -> Iterator[str]:
    """Where a member's type and the model's differ."""
    ours, theirs = facts_of(kind), facts_of_shape(shape)
    for name in ("type", "enum") if answer else ("type", "enum", "pattern", "min", "max"):
        spelled_out = answer and name == "enum" and "enum" not in ours
        if ours.get(name) != theirs.get(name) and not spelled_out:
            yield f"{path}: {name} is {shown(ours.get(name))}, in the model {shown(theirs.get(name))}"
    inner = unwrapped(kind)
    if isinstance(inner, types.StructType) and isinstance(shape, StructureShape):
        # Resources of a handshake have resources.
        if not path.endswith("Resources[].Resources[]"):
            yield from differences(inner.cls, shape, path, answer=answer)
    elif isinstance(inner, types.VarTupleType | types.ListType) and isinstance(shape, ListShape):
        yield from differences_of_types(inner.item_type, shape.member, f"{path}[]", answer)


def shown(value: Any) -> Any:
    """A value as failures show it: sets in order."""
    return sorted(value) if isinstance(value, set) else value


# Answers.


def misfits(value: Any, shape: Shape | None, path: str) -> list[str]:
    """Where an answer is not of the shape that the model gives it."""
    if shape is None:
        return [] if value == {} else [f"{path}: {value!r} where nothing is sent"]
    if isinstance(shape, StructureShape):
        return list(misfits_of_structure(value, shape, path))
    if isinstance(shape, ListShape):
        if not isinstance(value, list):
            return [f"{path}: {value!r} is no list"]
        return [line for item in value for line in misfits(item, shape.member, f"{path}[]")]
    return misfits_of_value(value, shape, path)


def misfits_of_structure(value: Any, shape: StructureShape, path: str) -> Iterator[str]:
    """Where a structure of an answer is not the model's."""
    if not isinstance(value, dict):
        yield f"{path}: {value!r} is no structure"
        return
    yield from (f"{path}.{name}: not in the model" for name in value.keys() - shape.members.keys())
    yield from (f"{path}.{name}: missing" for name in set(shape.required_members) - value.keys())
    for name in shape.members.keys() & value.keys():
        yield from misfits(value[name], shape.members[name], f"{path}.{name}")


def misfits_of_value(value: Any, shape: Shape, path: str) -> list[str]:
    """Whether a moment, a truth or a text of an answer is what the model says."""
    if shape.type_name == "timestamp":
        is_moment = isinstance(value, datetime) and value.tzinfo is not None
        return [] if is_moment else [f"{path}: {value!r} is no moment"]
    if shape.type_name == "boolean":
        return [] if type(value) is bool else [f"{path}: {value!r} is neither true nor false"]
    assert shape.type_name == "string", shape.type_name
    if type(value) is not str:
        return [f"{path}: {value!r} is no plain text"]
    if "enum" in shape.metadata:
        return [] if value in shape.metadata["enum"] else [f"{path}: {value!r} is none of {shape.metadata['enum']}"]
    shortest, most = shape.metadata.get("min", 0), shape.metadata.get("max", len(value))
    pattern = shape.metadata.get("pattern", ANYTHING)
    fits = any(re.fullmatch(part, value) for part in alternatives(pattern)) and shortest <= len(value) <= most
    return [] if fits else [f"{path}: {value!r} does not fit {dict(shape.metadata)}"]
