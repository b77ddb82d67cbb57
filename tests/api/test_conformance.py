"""orgsim held against AWS's own service model: what may be asked, what is answered, what is refused, what has pages.

Everything goes by the tables and the model, so a new operation is compared as soon as it is in a table, and whatever
AWS adds is named by a failure. The few differences that are meant stand in the tables below, each with its reason.
"""

# botocore's cached properties have no types.
# pyright: reportAttributeAccessIssue=false, reportGeneralTypeIssues=false, reportOperatorIssue=false

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator
from functools import cache
from types import ModuleType
from typing import Any, get_args, get_type_hints

import pytest
from botocore import xform_name
from msgspec import Struct
from support.botocore_model import (
    EXCEPTIONS,
    MODEL,
    PAGINATORS,
    alternatives,
    differences,
    enumerations,
    longest,
    operation,
    reasons_of,
)
from support.repository import ROOT

from orgsim.api import Client
from orgsim.engine import errors, words
from orgsim.engine import operation as operation_shape
from orgsim.engine.authorization.callers import CALLERS
from orgsim.engine.errors import Refused
from orgsim.engine.operations import OPERATIONS, create_account, create_organization, finish_account_creation
from orgsim.engine.operations.finish_account_creation import FailureReason
from orgsim.engine.policies.types import POLICY_TYPES
from orgsim.engine.rules import membership, tags
from orgsim.engine.state.handshake import HandshakeState
from orgsim.projections.account_creation import CreationState
from orgsim.projections.reads import READS

ANSWERED = sorted([*OPERATIONS, *READS])
AWS_OPERATIONS = set(MODEL.operation_names)
SOURCES = [path for folder in ("engine", "projections") for path in sorted(ROOT.glob(f"{folder}/**/*.py"))]

# Differences of requests that are meant, by place. On the wire these have other reasons than those of a constraint: the
# operation raises them itself.
INVITED_PARTY = "INVALID_PATTERN without a member, and INVALID_PARTY_TYPE_TARGET (docs/aws.md 10.2)"
EFFECTIVE_TYPE = "INVALID_ENUM_POLICY_TYPE for a type that has no effective policy (docs/aws.md 6.5 and 6.8)"
NO_ACCOUNT = "TARGET_NOT_SUPPORTED for none, and for a root (docs/aws.md 6.8)"
MEANT_IN_REQUESTS = {
    "DescribeEffectivePolicy.PolicyType: enum": EFFECTIVE_TYPE,
    "InviteAccountToOrganization.Target.Id: max": INVITED_PARTY,
    "InviteAccountToOrganization.Target.Id: min": INVITED_PARTY,
    "InviteAccountToOrganization.Target.Id: required": INVITED_PARTY,
    "InviteAccountToOrganization.Target.Type: enum": INVITED_PARTY,
    "InviteAccountToOrganization.Target.Type: required": INVITED_PARTY,
    "InviteOrganizationToTransferResponsibility.Target.Id: max": INVITED_PARTY,
    "InviteOrganizationToTransferResponsibility.Target.Id: min": INVITED_PARTY,
    "InviteOrganizationToTransferResponsibility.Target.Id: required": INVITED_PARTY,
    "InviteOrganizationToTransferResponsibility.Target.Type: enum": INVITED_PARTY,
    "InviteOrganizationToTransferResponsibility.Target.Type: required": INVITED_PARTY,
    "ListAccountsWithInvalidEffectivePolicy.PolicyType: enum": EFFECTIVE_TYPE,
    "ListEffectivePolicyValidationErrors.AccountId: pattern": NO_ACCOUNT,
    "ListEffectivePolicyValidationErrors.AccountId: required": NO_ACCOUNT,
    "ListEffectivePolicyValidationErrors.PolicyType: enum": EFFECTIVE_TYPE,
}

# Differences of answers that are meant, by place.
ANY_TYPE = "the enumeration of all types; the two that have no effective policy have been refused"
MEANT_IN_ANSWERS = {
    "DescribeEffectivePolicy.EffectivePolicy.PolicyType: enum": ANY_TYPE,
    "ListAccountsWithInvalidEffectivePolicy.PolicyType: enum": ANY_TYPE,
    "ListEffectivePolicyValidationErrors.PolicyType: enum": ANY_TYPE,
}

# AWS's framework refuses so; the service's model does not know it.
FRAMEWORK_ERRORS = {"SerializationException": "a member of the wrong type (docs/aws.md 10.1)"}

# On the wire, but not in the model's enumeration (docs/aws.md 0.3).
REASONS_BESIDE_THE_MODEL = {
    (
        "ConstraintViolationException",
        "UPDATE_EXISTING_RESOURCE_POLICY_WITH_TAGS_NOT_SUPPORTED",
    ): "captured (docs/aws.md 3.7)",
}

# Refusals that an operation's code can reach and the model does not list for it.
REACHED_BESIDE_THE_MODEL = {
    ("DeletePolicy", "TargetNotFoundException"): "a rule of attachments too; here it is asked for no target",
    ("DescribeHandshake", "AWSOrganizationsNotInUseException"): "only members of the sender's organization come so far",
    ("ListHandshakesForAccount", "AWSOrganizationsNotInUseException"): "only members are looked up",
    ("UpdatePolicy", "TargetNotFoundException"): "a rule of attachments too; here it is asked for no target",
}

# What refuses elsewhere, but not on the way to an operation's answer, by module and function.
NEVER_REFUSES = {
    "orgsim.engine.policies.merge.merge": "reads documents that CreatePolicy and UpdatePolicy have checked",
    "orgsim.engine.authorization.resource_policy.verdict": "reads the document that PutResourcePolicy has checked",
}

# Values of enumerations that orgsim neither takes nor gives.
NEVER_SAID = {
    # On the wire it is a reason of another error (docs/aws.md 0.3).
    "CreateAccountFailureReason": {"UPDATE_EXISTING_RESOURCE_POLICY_WITH_TAGS_NOT_SUPPORTED"},
    # Policy types are enabled and disabled at once, as captured (docs/aws.md 6.2).
    "PolicyTypeStatus": {"PENDING_DISABLE", "PENDING_ENABLE"},
}

# Lists without a paginator (docs/aws.md 9).
PAGES_WITHOUT_PAGINATOR = {"ListInboundResponsibilityTransfers", "ListOutboundResponsibilityTransfers"}
PAGES_WITHOUT_SIZE = {"ListTagsForResource"}


def request_of(name: str) -> type[Struct]:
    """The struct of an operation's request."""
    return OPERATIONS[name].Request if name in OPERATIONS else READS[name].request


def entry_of(name: str) -> Callable[..., Any]:
    """Where an operation decides or answers."""
    return OPERATIONS[name].decide if name in OPERATIONS else READS[name].answer


def answer_of(name: str) -> type[Struct]:
    """The struct of an operation's answer."""
    function = OPERATIONS[name].reply if name in OPERATIONS else READS[name].answer
    return get_type_hints(function)["return"]


def method_of(name: str) -> Callable[..., Any]:
    """The client's method, under boto3's name."""
    return getattr(Client, xform_name(name))


def not_meant(lines: Iterator[str], meant: dict[str, str]) -> list[str]:
    """Differences without those that are meant."""
    return sorted(line for line in lines if not line.startswith(tuple(meant)))


# Operations.


def test_all_operations_are_answered() -> None:
    """The two tables together are AWS's operations, all of them and no others, each in one table only."""
    missing, foreign = sorted(AWS_OPERATIONS - set(ANSWERED)), sorted(set(ANSWERED) - AWS_OPERATIONS)

    assert (missing, foreign) == ([], [])
    assert not OPERATIONS.keys() & READS.keys()


def test_who_may_call_is_known_for_all_operations() -> None:
    """The table of callers has AWS's operations, all of them and no others."""
    assert CALLERS.keys() == AWS_OPERATIONS


def test_the_service_is_the_one_that_is_simulated() -> None:
    """The wire is JSON 1.1 under the target prefix that the server looks for."""
    said = {name: MODEL.metadata[name] for name in ("apiVersion", "protocol", "jsonVersion", "targetPrefix")}

    assert said == {
        "apiVersion": "2016-11-28",
        "protocol": "json",
        "jsonVersion": "1.1",
        "targetPrefix": "AWSOrganizationsV20161128",
    }
    assert {(operation(name).http["method"], operation(name).http["requestUri"]) for name in AWS_OPERATIONS} == {
        ("POST", "/")
    }


@pytest.mark.parametrize("name", ANSWERED)
def test_request(name: str) -> None:
    """A request has the model's members, the required ones required, with the model's types and constraints."""
    found = differences(request_of(name), operation(name).input_shape, name)

    assert not_meant(found, MEANT_IN_REQUESTS) == []


@pytest.mark.parametrize("name", ANSWERED)
def test_answer(name: str) -> None:
    """An answer has the model's members, with the model's types and values."""
    found = differences(answer_of(name), operation(name).output_shape, name, answer=True)

    assert not_meant(found, MEANT_IN_ANSWERS) == []


def test_meant_differences_are_still_there() -> None:
    """Nothing is excused that would not differ, nor anything about operations that are gone."""
    requests = [line for name in ANSWERED for line in differences(request_of(name), operation(name).input_shape, name)]
    answers = [
        line
        for name in ANSWERED
        for line in differences(answer_of(name), operation(name).output_shape, name, answer=True)
    ]

    assert [place for place in MEANT_IN_REQUESTS if not any(line.startswith(place) for line in requests)] == []
    assert [place for place in MEANT_IN_ANSWERS if not any(line.startswith(place) for line in answers)] == []


@pytest.mark.parametrize("name", ANSWERED)
def test_method_of_the_client(name: str) -> None:
    """The client's method takes boto3's parameters and nothing else, the required ones without a default, and answers
    what the operation answers."""
    parameters = dict(inspect.signature(method_of(name)).parameters)
    del parameters["self"]
    shape = operation(name).input_shape
    required = {parameter for parameter, facts in parameters.items() if facts.default is inspect.Parameter.empty}

    assert parameters.keys() == {xform_name(member) for member in (shape.members if shape else {})}
    assert required == {xform_name(member) for member in (shape.required_members if shape else [])}
    assert get_type_hints(method_of(name))["return"] is answer_of(name)


# The comparison itself.


class Target(Struct, rename="pascal"):
    """A party with everything wrong: an id that may be missing and of any length, a type that may be anything."""

    type: str
    id: int | None = None
    colour: str = ""


class Wrong(Struct, rename="pascal"):
    """An invitation with everything wrong."""

    target: Target
    tags: str = ""


def test_differences_are_found() -> None:
    """A comparison names members that are foreign, missing, optional by mistake, of another type or unconstrained."""
    found = set(differences(Wrong, operation("InviteAccountToOrganization").input_shape, "X"))

    assert found == {
        "X.Notes: missing",
        "X.Tags: type is string, in the model list",
        "X.Target.Colour: not in the model",
        "X.Target.Id: required is False, in the model True",
        "X.Target.Id: type is integer, in the model string",
        "X.Target.Id: min is None, in the model 1",
        "X.Target.Id: max is None, in the model 64",
        "X.Target.Type: enum is None, in the model ['ACCOUNT', 'EMAIL', 'ORGANIZATION']",
    }


def test_patterns_are_compared_by_what_they_match() -> None:
    """However a pattern is anchored and grouped, it is the set of its alternatives."""
    theirs = r"^(r-[0-9a-z]{4,32})|(\d{12})|(ou-[0-9a-z]{4,32}-[a-z0-9]{8,32})$"
    ours = r"^(?:ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}|r-[0-9a-z]{4,32}|[0-9]{12})\Z"

    assert alternatives(theirs) == alternatives(ours)
    assert alternatives(theirs) != alternatives(ours.replace("{12}", "{11}"))
    assert sorted(map(longest, alternatives(ours))) == [12, 34, 68]


@pytest.mark.parametrize("text", ["Zürich 7", "a\u00a0b", "日本", "", "Ⅷ²", "a.b:c/d=e+f-g@h_i"])
def test_characters_of_tags(text: str) -> None:
    """Letters, numbers and spaces of all languages, and a few marks, can stand in a tag."""
    assert re.match(tags.CHARACTERS, text)


@pytest.mark.parametrize("text", ["a*b", "a,b", "a#", "a\tb", "a\nb", "a\n", "a\x1fb", "a\x85b", "☃", "\u200b"])
def test_characters_not_of_tags(text: str) -> None:
    """Other marks and control characters, tabs and line ends among them, cannot: they are no \\p{Z}."""
    assert not re.match(tags.CHARACTERS, text)


# Pages.


def members_of(struct: type[Struct]) -> set[str]:
    """The members of a struct, under AWS's names."""
    return set(struct.__struct_encode_fields__)


def test_paginators_are_known() -> None:
    """The operations with pages are those of AWS's model, whether botocore has a paginator for them or not."""
    with_tokens = {
        name
        for name in AWS_OPERATIONS
        if (shape := operation(name).input_shape) is not None and "NextToken" in shape.members
    }

    assert with_tokens == PAGINATORS.keys() | PAGES_WITHOUT_PAGINATOR
    assert not PAGINATORS.keys() & PAGES_WITHOUT_PAGINATOR
    assert {name for name, paginator in PAGINATORS.items() if "limit_key" not in paginator} == PAGES_WITHOUT_SIZE


@pytest.mark.parametrize("name", sorted(PAGINATORS.keys() & set(ANSWERED)))
def test_paginator(name: str) -> None:
    """A request takes the token and the size of a page, and the answer has the list and the next token, where
    botocore's paginator looks for them; what is not listed stands in every page."""
    paginator = PAGINATORS[name]
    asked, answered = members_of(request_of(name)), members_of(answer_of(name))

    assert {paginator["input_token"], *([paginator["limit_key"]] if "limit_key" in paginator else [])} <= asked
    assert ("MaxResults" in asked) == ("limit_key" in paginator)
    assert {paginator["output_token"], paginator["result_key"], *paginator.get("non_aggregate_keys", [])} <= answered
    assert "next_token" in inspect.signature(method_of(name)).parameters


# Words.

ENUMS: list[tuple[Any, str]] = [
    (words.Action, "ActionType"),
    (words.FeatureSet, "OrganizationFeatureSet"),
    (words.JoinedMethod, "AccountJoinedMethod"),
    (words.PartyType, "HandshakePartyType"),
    (words.PolicyType, "PolicyType"),
    (CreationState, "CreateAccountState"),
    (HandshakeState, "HandshakeState"),
]


@pytest.mark.parametrize(("enum", "shape"), ENUMS, ids=[shape for _, shape in ENUMS])
def test_enumeration(enum: Any, shape: str) -> None:
    """An enumeration has the model's values, all of them."""
    assert {member.value for member in enum} == enumerations()[shape]


def test_types_with_effective_policies() -> None:
    """The types that accounts have effective policies of are the model's."""
    assert {kind.value for kind, facts in POLICY_TYPES.items() if facts.effective} == enumerations()[
        "EffectivePolicyType"
    ]


@cache
def words_in_the_sources() -> set[str]:
    """Every text that is written down somewhere in orgsim's code."""
    return {
        node.value
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


@pytest.mark.parametrize("name", sorted(enumerations()))
def test_every_value_is_known(name: str) -> None:
    """Each value that AWS's model has for a state, a type or a reason is written down somewhere in orgsim."""
    unsaid = NEVER_SAID.get(name, set())

    assert sorted(enumerations()[name] - words_in_the_sources() - unsaid) == []
    assert unsaid <= enumerations()[name]


def test_failure_reasons() -> None:
    """A creation fails for the model's reasons, but for the one that belongs to resource policies."""
    theirs = enumerations()["CreateAccountFailureReason"] - NEVER_SAID["CreateAccountFailureReason"]

    assert set(get_args(FailureReason)) == theirs


# Refusals.

REFUSALS = {
    name: error
    for name, error in vars(errors).items()
    if isinstance(error, type) and issubclass(error, Refused) and error is not Refused
}


def test_every_exception_is_known() -> None:
    """orgsim's refusals are the model's exceptions, all of them, and those of AWS's framework."""
    ours = set(REFUSALS) - FRAMEWORK_ERRORS.keys()

    assert (sorted(EXCEPTIONS - ours), sorted(ours - EXCEPTIONS)) == ([], [])
    assert not FRAMEWORK_ERRORS.keys() & EXCEPTIONS
    assert {error().code for error in REFUSALS.values()} == REFUSALS.keys()


@pytest.mark.parametrize("name", sorted(REFUSALS.keys() & EXCEPTIONS))
def test_every_reason_has_its_message(name: str) -> None:
    """An exception has a message for each of the model's reasons, or, with one reason or none, for itself."""
    ours = {reason for reason in REFUSALS[name].messages if reason}
    beside = {reason for exception, reason in REASONS_BESIDE_THE_MODEL if exception == name}
    theirs = reasons_of(name)

    assert ours - theirs == beside
    assert sorted(theirs - ours) == [] or (len(theirs) == 1 and None in REFUSALS[name].messages)
    assert theirs or REFUSALS[name].messages.keys() == {None}
    assert all(REFUSALS[name].messages.values())


def raised() -> list[tuple[str, str, str]]:
    """Where the sources raise a refusal with a reason written beside it: file, exception, reason."""
    return [
        (path.name, node.func.id, argument.value)
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in REFUSALS
        for argument in node.args[:1]
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    ]


def test_reasons_are_aws_reasons() -> None:
    """Each reason that is raised is one of the model's for that exception, by its stem."""
    places = raised()
    stems = {(file, exception, reason.partition(":")[0]) for file, exception, reason in places}
    wrong = {
        place for place in stems if place[2] not in reasons_of(place[1]) and place[1:] not in REASONS_BESIDE_THE_MODEL
    }

    assert len(places) > 20
    assert wrong == set()


def test_reasons_in_tables_are_aws_reasons() -> None:
    """The tables from conditions to reasons, and from complaints to reasons, hold reasons of the model."""
    constraint = reasons_of("ConstraintViolationException")
    for table in (create_account.REASONS, create_organization.REASONS, membership.LEAVE_REASONS):
        assert set(table.values()) <= constraint
    assert {reason for _, reason, _ in operation_shape.REASONS} <= reasons_of("InvalidInputException")
    assert set(finish_account_creation.PAYMENT_REASONS.values()) <= enumerations()["CreateAccountFailureReason"]


def listed_for(name: str) -> set[str]:
    """The exceptions that the model lists for an operation."""
    return {shape.name for shape in operation(name).error_shapes}


def documented_for(name: str) -> set[str]:
    """The refusals that an operation's docstring names: a writing one under its heading, itself or as another file, a
    reading one anywhere."""
    docstring = inspect.getdoc(OPERATIONS.get(name) or READS[name].answer) or ""
    if name in OPERATIONS:
        docstring = docstring.partition("Refused, in this order:")[2].partition("Happens:")[0]
    others = {other for other in OPERATIONS if f"{xform_name(other)}.py" in docstring}
    found = {error for error in REFUSALS if re.search(rf"\b{named_in_prose(error)}\b", docstring)}
    return found.union(*map(documented_for, others))


def named_in_prose(error: str) -> str:
    """Without its suffix, if what remains is not an everyday word."""
    stem = error.removesuffix("Exception")
    return f"{stem}(?:Exception)?" if re.match(r"[A-Z]\w+[A-Z]", stem) else error


@pytest.mark.parametrize("name", ANSWERED)
def test_documented_refusals_are_listed(name: str) -> None:
    """Every refusal that an operation's docstring names is one that the model lists for the operation."""
    documented = documented_for(name)

    assert documented or name in READS
    assert sorted(documented - listed_for(name)) == []


def referred(function: Callable[..., Any]) -> Iterator[Any]:
    """Find the objects in a function's code: globals, members of modules, methods of annotated parameters."""
    scope = function.__globals__
    known = {**scope, **hints_of(function), "self": scope.get(function.__qualname__.partition(".")[0])}
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(function)))):
        if isinstance(node, ast.Name) and node.id in scope:
            yield from entries(scope[node.id])
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            owner = known.get(node.value.id)
            if isinstance(owner, ModuleType) or (isinstance(owner, type) and owner.__module__.startswith("orgsim.")):
                yield from entries(getattr(owner, node.attr, None))


def hints_of(function: Callable[..., Any]) -> dict[str, Any]:
    """A function's annotations, as far as they can be read."""
    try:
        return get_type_hints(function)
    except NameError:
        return {}


def is_followed(function: Callable[..., Any]) -> bool:
    """Whether a function is orgsim's, and could refuse."""
    name = f"{function.__module__}.{function.__qualname__}"
    return name.startswith("orgsim.") and name not in NEVER_REFUSES


def entries(value: Any) -> Iterator[Any]:
    """A value, or what a table holds; of a property its getter."""
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list | tuple):
        yield from value
    else:
        yield value.fget if isinstance(value, property) else inspect.unwrap(value) if callable(value) else value


def reachable_refusals(start: Callable[..., Any]) -> set[str]:
    """The refusals that a function can raise, itself or in what it calls."""
    found: set[str] = set()
    todo, seen = [start], {start}
    while todo:
        for value in referred(todo.pop()):
            if isinstance(value, type) and issubclass(value, Refused):
                found.add(value.__name__)
            elif inspect.isfunction(value) and is_followed(value) and value not in seen:
                seen.add(value)
                todo.append(value)
    return found & REFUSALS.keys()


@pytest.mark.parametrize("name", ANSWERED)
def test_reachable_refusals_are_listed(name: str) -> None:
    """Every refusal that an operation's code can reach is one that the model lists for the operation."""
    foreign = reachable_refusals(entry_of(name)) - listed_for(name) - FRAMEWORK_ERRORS.keys()

    assert foreign == {error for at, error in REACHED_BESIDE_THE_MODEL if at == name}


@pytest.mark.parametrize("name", ANSWERED)
def test_reachable_refusals_are_documented(name: str) -> None:
    """The refusals that an operation's code can reach are those that its docstring names."""
    reached = reachable_refusals(entry_of(name)) - {error for at, error in REACHED_BESIDE_THE_MODEL if at == name}

    assert sorted(reached - documented_for(name)) == []


def test_reachable_refusals_are_found() -> None:
    """The search goes through rules, tables and views: it finds what two operations are known to raise."""
    assert {"AccessDeniedException", "AWSOrganizationsNotInUseException", "ConcurrentModificationException"} <= (
        reachable_refusals(create_account.decide)
    )
    assert reachable_refusals(READS["DescribeAccount"].answer) >= {
        "AccessDeniedException",
        "AccountNotFoundException",
        "AWSOrganizationsNotInUseException",
    }
