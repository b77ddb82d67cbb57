"""Held against AWS's own service model, as botocore ships it: what may be asked, what is answered, what is refused."""

import ast
import inspect
import re
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

import pytest
from botocore import xform_name
from botocore.loaders import Loader
from botocore.model import ListShape, OperationModel, ServiceModel, Shape, StructureShape
from msgspec import inspect as types

from orgsim.api import Client, Simulation, as_dict
from orgsim.engine import errors
from orgsim.engine import operation as operation_shape
from orgsim.engine.errors import Refused, SerializationException
from orgsim.engine.handshake import HandshakeState
from orgsim.engine.operations import OPERATIONS, create_account, create_organization, finish_account_creation
from orgsim.engine.operations.finish_account_creation import FailureReason
from orgsim.engine.rules import membership, tags
from orgsim.engine.settings import Settings
from orgsim.engine.words import Action, FeatureSet, JoinedMethod, PartyType
from orgsim.projections.account_creation import CreationState
from orgsim.projections.reads import READS

MODEL = ServiceModel(Loader().load_service_model("organizations", "service-2"))
REQUESTS = {name: module.Request for name, module in OPERATIONS.items()} | {
    name: read.request for name, read in READS.items()
}
FOUNDER, MEMBER = "111111111111", "222222222222"

# Where orgsim knows better than the model, with the reason; member by its path. Everything else has to be the same.
LOOSER = {
    # A missing id is INVALID_PATTERN and an unknown type INVALID_PARTY_TYPE_TARGET on the wire (section 2.2), which the
    # operation raises itself, so neither can be a constraint of the request.
    "InviteAccountToOrganization.Target.Id": {"required", "min"},
    "InviteAccountToOrganization.Target.Type": {"enum"},
}
# The model's maximum says what its pattern says already.
IMPLIED_BY_PATTERN = {"HandshakeId", "AccountId", "CreateAccountRequestId", "ParentHandshakeId", "RoleName"}

# The same sets of characters, written for Python's `re`; without anchors and captures.
PATTERNS = {
    r"[\u0020-\u007E]+": r"[\x20-\x7e]+",
    # Which characters these are, is tested one by one below.
    r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*": tags.CHARACTERS.removeprefix("^").removesuffix(r"\Z"),
    r"\d{12}": "[0-9]{12}",
    r"[\w+=,.@-]{1,64}": "[A-Za-z0-9_+=,.@-]{1,64}",
    r"[\s\S]*": None,
}


def bare(pattern: str | None) -> str | None:
    """A pattern without what makes it match the whole: AWS's anchors and captures, or ours."""
    if pattern is None:
        return None
    found = re.sub(r"^\^|(\$|\\Z)$", "", pattern)
    return found[1:-1] if re.fullmatch(r"\([^()]*\)", found) else found


def operation(name: str) -> OperationModel:
    return MODEL.operation_model(name)


def unwrapped(kind: types.Type) -> types.Type:
    """The type beside None, and the type under its annotations."""
    if isinstance(kind, types.UnionType):
        (kind,) = [option for option in kind.types if not isinstance(option, types.NoneType)]
    return unwrapped(kind.type) if isinstance(kind, types.Metadata) else kind


def constraints(kind: types.Type) -> dict[str, Any]:
    """What a member may be, in the model's words."""
    found: dict[str, Any] = {"type": None}
    if isinstance(kind, types.StrType):
        limits = {"min": kind.min_length, "max": kind.max_length, "pattern": bare(kind.pattern)}
        found = {"type": "string", **limits}
    elif isinstance(kind, types.IntType):
        found = {"type": "integer", "min": kind.ge, "max": kind.le}
    elif isinstance(kind, types.EnumType):
        found = {"type": "string", "enum": {member.value for member in kind.cls}}
    elif isinstance(kind, types.LiteralType):
        found = {"type": "string", "enum": set(kind.values)}
    elif isinstance(kind, types.VarTupleType | types.ListType):
        found = {"type": "list"}
    elif isinstance(kind, types.StructType):
        found = {"type": "structure"}
    return {name: value for name, value in found.items() if value is not None}


def wanted(shape: Shape, name: str) -> dict[str, Any]:
    """What the model says that a member may be, in the form of ``constraints``."""
    found: dict[str, Any] = {"type": shape.type_name, **shape.metadata}
    if "enum" in found:
        found["enum"] = set(found["enum"])
    if "pattern" in found:
        pattern = bare(found["pattern"])
        found["pattern"] = PATTERNS.get(pattern or "", pattern)
    if found.get("min") == 0:
        # No text is shorter than nothing.
        del found["min"]
    if name in IMPLIED_BY_PATTERN:
        found.pop("max", None)
    kept = ("type", "enum", "pattern", "min", "max")
    return {name: value for name, value in found.items() if name in kept and value is not None}


def ours(kind: types.Type, name: str) -> dict[str, Any]:
    found = constraints(unwrapped(kind))
    if name in IMPLIED_BY_PATTERN:
        found.pop("max", None)
    return found


def differences(request: type[Any], shape: StructureShape | None, path: str) -> list[str]:
    """Where a request and the model's input differ, structure by structure."""
    fields = {field.encode_name: field for field in types.type_info(request).fields}
    members = dict(shape.members) if shape else {}
    found = [f"{path}.{name}: not in the model" for name in fields.keys() - members.keys()]
    found += [f"{path}.{name}: missing" for name in members.keys() - fields.keys()]
    for name in fields.keys() & members.keys():
        place = f"{path}.{name}"
        allowed = LOOSER.get(place, set())
        required = name in shape.required_members if shape else False
        if fields[name].required != required and not (required and "required" in allowed):
            found.append(f"{place}: required is {fields[name].required}, in the model {required}")
        found += compared(fields[name].type, members[name], place, allowed)
    return found


def compared(kind: types.Type, shape: Shape, place: str, allowed: set[str]) -> list[str]:
    name = place.rpartition(".")[2].removesuffix("[]")
    have, want = ours(kind, name), wanted(shape, name)
    want = {constraint: value for constraint, value in want.items() if constraint not in allowed}
    found = [f"{place}: {have}, in the model {want}"] if have != want else []
    inner = unwrapped(kind)
    if isinstance(inner, types.StructType) and isinstance(shape, StructureShape):
        found += differences(inner.cls, shape, place)
    if isinstance(inner, types.VarTupleType | types.ListType) and isinstance(shape, ListShape):
        found += compared(inner.item_type, shape.member, f"{place}[]", allowed)
    return found


def test_operations_are_aws_operations() -> None:
    """Every operation has AWS's name, and the two tables have none in common."""
    assert REQUESTS.keys() <= set(MODEL.operation_names)
    assert not OPERATIONS.keys() & READS.keys()
    assert len(REQUESTS) == len(OPERATIONS) + len(READS)


@pytest.mark.parametrize("name", REQUESTS)
def test_request(name: str) -> None:
    """A request has the model's members, the required ones required, with the model's constraints."""
    assert differences(REQUESTS[name], operation(name).input_shape, name) == []


def test_documented_differences_are_needed() -> None:
    """Nothing is excused that would not differ."""
    excused = dict(LOOSER)
    for place in excused:
        LOOSER.pop(place)
        name = place.partition(".")[0]
        assert [line for line in differences(REQUESTS[name], operation(name).input_shape, name) if place in line]
        LOOSER[place] = excused[place]


@pytest.mark.parametrize("text", ["Zürich 7", "a\u00a0b", "日本", "", "Ⅷ²", "a.b:c/d=e+f-g@h_i"])
def test_characters_of_tags(text: str) -> None:
    """Letters, numbers and spaces of all languages, and a few marks, can stand in a tag."""
    assert re.match(tags.CHARACTERS, text)


@pytest.mark.parametrize("text", ["a*b", "a,b", "a#", "a\tb", "a\nb", "a\n", "a\x1fb", "a\x85b", "☃", "\u200b"])
def test_characters_not_of_tags(text: str) -> None:
    """Other marks and control characters, tabs and line ends among them, cannot: they are no \\p{Z}."""
    assert not re.match(tags.CHARACTERS, text)


ENUMS: list[tuple[Any, str]] = [
    (Action, "ActionType"),
    (CreationState, "CreateAccountState"),
    (FeatureSet, "OrganizationFeatureSet"),
    (HandshakeState, "HandshakeState"),
    (JoinedMethod, "AccountJoinedMethod"),
    (PartyType, "HandshakePartyType"),
]


@pytest.mark.parametrize(("enum", "shape"), ENUMS, ids=[shape for _, shape in ENUMS])
def test_enums(enum: Any, shape: str) -> None:
    """An enumeration has the model's values, all of them."""
    assert {member.value for member in enum} == set(MODEL.shape_for(shape).enum)


def test_failure_reasons() -> None:
    """A creation fails for the model's reasons, but for the one that belongs to resource policies."""
    misplaced = {"UPDATE_EXISTING_RESOURCE_POLICY_WITH_TAGS_NOT_SUPPORTED"}
    assert set(get_args(FailureReason)) == set(MODEL.shape_for("CreateAccountFailureReason").enum) - misplaced


# Refusals.

AWS_ERRORS = {
    name: error
    for name, error in vars(errors).items()
    if isinstance(error, type) and issubclass(error, Refused) and error is not Refused
}


def reasons_of(name: str) -> set[str]:
    """The model's reasons of an exception."""
    shape = MODEL.shape_for(name)
    assert isinstance(shape, StructureShape)
    return set(shape.members["Reason"].enum) if "Reason" in shape.members else set()


@pytest.mark.parametrize("name", AWS_ERRORS)
def test_error(name: str) -> None:
    """A refusal is named as one of the model's exceptions, and its messages are for reasons of the model."""
    if AWS_ERRORS[name] is SerializationException:
        assert name not in MODEL.shape_names
        return
    shape = MODEL.shape_for(name)
    assert shape.metadata["exception"] is True
    assert AWS_ERRORS[name].__name__ == AWS_ERRORS[name]().code == name
    assert {reason for reason in AWS_ERRORS[name].messages if reason} <= reasons_of(name)


def raised() -> list[tuple[str, str, str]]:
    """Where the sources raise a refusal of AWS with a reason written beside it: file, exception, reason."""
    found: list[tuple[str, str, str]] = []
    root = Path(inspect.getfile(errors)).parent
    for path in sorted([*root.rglob("*.py"), *(root.parent / "projections").rglob("*.py")]):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in AWS_ERRORS:
                reasons = [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
                found += [(path.name, node.func.id, reason) for reason in reasons if isinstance(reason, str)]
    return found


def test_reasons_are_aws_reasons() -> None:
    """Each reason that is raised is one of the model's for that exception, by its stem."""
    places = raised()
    assert len(places) > 20
    wrong = [place for place in places if place[2].partition(":")[0] not in reasons_of(place[1])]
    assert wrong == []


def test_reasons_in_tables_are_aws_reasons() -> None:
    """The tables from conditions to reasons, and from complaints to reasons, hold reasons of the model."""
    constraint = reasons_of("ConstraintViolationException")
    for table in (create_account.REASONS, create_organization.REASONS, membership.LEAVE_REASONS):
        assert set(table.values()) <= constraint
    assert {reason for _, reason in operation_shape.REASONS} <= reasons_of("InvalidInputException")
    failures = set(MODEL.shape_for("CreateAccountFailureReason").enum)
    assert set(finish_account_creation.PAYMENT_REASONS.values()) <= failures


@pytest.mark.parametrize("name", OPERATIONS)
def test_refusals_are_listed_for_the_operation(name: str) -> None:
    """Every refusal that an operation's docstring names is one that the model lists for the operation."""
    docstring = inspect.getdoc(OPERATIONS[name]) or ""
    refused = docstring.partition("Refused, in this order:")[2].partition("Happens:")[0]
    named = {error for error in AWS_ERRORS if re.search(rf"\b{error.removesuffix('Exception')}\b", refused)}
    listed = {shape.name for shape in operation(name).error_shapes}
    assert named
    assert named <= listed


# Replies.


def misfits(value: Any, shape: Shape | None, path: str) -> list[str]:
    """Where a reply is not of the shape that the model gives it."""
    if shape is None:
        return [] if value == {} else [f"{path}: {value!r} where nothing is sent"]
    if isinstance(shape, StructureShape):
        if not isinstance(value, dict):
            return [f"{path}: {value!r} is no structure"]
        unknown = [f"{path}.{name}: not in the model" for name in value.keys() - shape.members.keys()]
        missing = [f"{path}.{name}: missing" for name in set(shape.required_members) - value.keys()]
        inner = [
            misfits(value[name], member, f"{path}.{name}") for name, member in shape.members.items() if name in value
        ]
        return unknown + missing + [line for lines in inner for line in lines]
    if isinstance(shape, ListShape):
        if not isinstance(value, list):
            return [f"{path}: {value!r} is no list"]
        return [line for item in value for line in misfits(item, shape.member, f"{path}[]")]
    if shape.type_name == "timestamp":
        aware = isinstance(value, datetime) and value.tzinfo is not None
        return [] if aware else [f"{path}: {value!r} is no moment"]
    assert shape.type_name == "string", shape.type_name
    if type(value) is not str:
        return [f"{path}: {value!r} is no plain text"]
    if "enum" in shape.metadata:
        return [] if value in shape.metadata["enum"] else [f"{path}: {value!r} is none of {shape.metadata['enum']}"]
    shortest, longest = shape.metadata.get("min", 0), shape.metadata.get("max", len(value))
    fits = re.match(shape.metadata.get("pattern", ""), value) and shortest <= len(value) <= longest
    return [] if fits else [f"{path}: {value!r} does not fit {shape.metadata}"]


# All that AWS sends, by structure; a set for each form that it comes in.
COMPLETE: dict[str, list[set[str]]] = {
    "Account": [
        {"Id", "Arn", "Email", "Name", "Status", "State", "Paths", "JoinedMethod", "JoinedTimestamp"},
    ],
    "Organization": [
        {
            "Id",
            "Arn",
            "FeatureSet",
            "MasterAccountArn",
            "MasterAccountId",
            "MasterAccountEmail",
            "AvailablePolicyTypes",
        }
    ],
    "Root": [{"Id", "Arn", "Name", "PolicyTypes"}],
    "PolicyTypeSummary": [{"Type", "Status"}],
    "Handshake": [
        {"Id", "Arn", "Parties", "State", "RequestedTimestamp", "ExpirationTimestamp", "Action", "Resources"},
    ],
    "HandshakeParty": [{"Id", "Type"}],
    "HandshakeResource": [{"Type", "Value"}, {"Type", "Value", "Resources"}],
    "CreateAccountStatus": [
        {"Id", "AccountName", "State", "RequestedTimestamp"},
        {"Id", "AccountName", "State", "RequestedTimestamp", "CompletedTimestamp", "AccountId"},
        {"Id", "AccountName", "State", "RequestedTimestamp", "CompletedTimestamp", "FailureReason"},
    ],
}


def incomplete(value: Any, shape: Shape | None, path: str) -> list[str]:
    """Where a reply lacks what AWS always sends."""
    if isinstance(shape, ListShape):
        return [line for item in value for line in incomplete(item, shape.member, f"{path}[]")]
    if not isinstance(shape, StructureShape):
        return []
    inner = [
        incomplete(value[name], member, f"{path}.{name}") for name, member in shape.members.items() if name in value
    ]
    found = [line for lines in inner for line in lines]
    if shape.name in COMPLETE:
        return found + ([] if set(value) in COMPLETE[shape.name] else [f"{path}: {sorted(value)}"])
    # The replies themselves: everything but the token of a next page.
    missing = shape.members.keys() - value.keys() - {"NextToken"}
    return found + [f"{path}.{name}: missing" for name in missing]


class Recorder:
    """A client that keeps every reply."""

    def __init__(self, client: Client, replies: list[tuple[str, dict[str, Any]]]) -> None:
        self.client = client
        self.replies = replies

    async def call(self, name: str, **members: Any) -> Any:
        reply = await self.client.call(name, members)
        self.replies.append((name, as_dict(reply)))
        return reply


async def all_replies() -> list[tuple[str, dict[str, Any]]]:
    """Replies of every operation, in as many forms as there are."""
    replies: list[tuple[str, dict[str, Any]]] = []
    async with Simulation(seed=2, settings=Settings(latency="realistic")) as sim:
        org, member = (Recorder(sim.client(account), replies) for account in (FOUNDER, MEMBER))
        await org.call("CreateOrganization", FeatureSet="ALL")
        await org.call("ListRoots")
        await org.call("DeleteOrganization")
        await org.call("CreateOrganization", FeatureSet="CONSOLIDATED_BILLING")
        target = {"Type": "ACCOUNT", "Id": MEMBER}
        email = {"Type": "EMAIL", "Id": f"{MEMBER}@accounts.example"}
        canceled = await org.call("InviteAccountToOrganization", Target=target, Notes="Come", Tags=[])
        await org.call("CancelHandshake", HandshakeId=canceled.handshake.id)
        declined = await org.call("InviteAccountToOrganization", Target=target)
        await member.call("DeclineHandshake", HandshakeId=declined.handshake.id)
        accepted = await org.call("InviteAccountToOrganization", Target=email)
        await member.call("DescribeHandshake", HandshakeId=accepted.handshake.id)
        await member.call("AcceptHandshake", HandshakeId=accepted.handshake.id)
        failing = await org.call("CreateAccount", Email="a@example.com", AccountName="A")
        await sim.fail_account_creation(failing.create_account_status.id, "INTERNAL_FAILURE")
        made = await org.call("CreateAccount", Email="b@example.com", AccountName="B")
        for state in ("IN_PROGRESS", "FAILED"):
            await org.call("ListCreateAccountStatus", States=[state])
        await sim.advance(hours=1)
        await org.call("ListCreateAccountStatus", MaxResults=1)
        for request in (failing, made):
            wanted = request.create_account_status.id
            await org.call("DescribeCreateAccountStatus", CreateAccountRequestId=wanted)
        parent = await org.call("EnableAllFeatures")
        received = await member.call("ListHandshakesForAccount", Filter={"ActionType": "APPROVE_ALL_FEATURES"})
        await org.call("ListHandshakesForOrganization", MaxResults=2)
        await member.call("AcceptHandshake", HandshakeId=received.handshakes[0].id)
        await org.call("AcceptHandshake", HandshakeId=parent.handshake.id)
        for client in (org, member):
            await client.call("DescribeOrganization")
        await org.call("DescribeAccount", AccountId=MEMBER)
        await org.call("ListAccounts")
        await org.call("ListRoots")
        await member.call("LeaveOrganization")
        again = await org.call("InviteAccountToOrganization", Target=target)
        await member.call("AcceptHandshake", HandshakeId=again.handshake.id)
        await org.call("RemoveAccountFromOrganization", AccountId=MEMBER)
    return replies


async def test_replies() -> None:
    """Every reply, as boto3's dictionary, has only members of the model, each of its type, and all that AWS sends."""
    replies = await all_replies()
    assert {name for name, _ in replies} == REQUESTS.keys()
    wrong = [line for name, reply in replies for line in misfits(reply, operation(name).output_shape, name)]
    assert wrong == []
    lacking = [line for name, reply in replies for line in incomplete(reply, operation(name).output_shape, name)]
    assert lacking == []


async def test_replies_are_checked() -> None:
    """The check itself finds what is wrong: a foreign member, a wrong type, an unknown value, a missing member."""
    (reply,) = [reply for name, reply in await all_replies() if name == "DescribeAccount"]
    shape = operation("DescribeAccount").output_shape
    for name, value in {"Colour": "red", "State": "GONE", "JoinedTimestamp": 7, "Paths": "/", "Id": "7"}.items():
        assert len(misfits({"Account": reply["Account"] | {name: value}}, shape, "")) == 1
    assert incomplete({"Account": {}}, shape, "") == [".Account: []"]
    assert incomplete({}, shape, "") == [".Account: missing"]


@pytest.mark.parametrize("name", REQUESTS)
async def test_parameters_are_boto3_parameters(name: str) -> None:
    """The client's method takes the model's members, in snake case, and nothing else; required ones have no default."""
    parameters = dict(inspect.signature(getattr(Client, xform_name(name))).parameters)
    del parameters["self"]
    shape = operation(name).input_shape
    members = {xform_name(member): member for member in shape.members} if shape else {}
    assert parameters.keys() == members.keys()
    required = {parameter for parameter, facts in parameters.items() if facts.default is inspect.Parameter.empty}
    assert required == {xform_name(member) for member in (shape.required_members if shape else [])}
