"""The organization's resource policy: which texts AWS takes, what it stores, and what the stored text lets members do.

Pure functions on texts: who is a member, and who is asking, is told by the caller. Source: docs/aws.md 3.7; where that
is silent, IAM's rules for policy documents hold.
"""

import json
import re
from collections.abc import Callable, Container, Iterable, Sequence
from enum import Enum
from functools import lru_cache
from typing import Annotated, Literal, TypeVar

from msgspec import UNSET, Meta, Struct, UnsetType, convert, to_builtins
from msgspec.structs import replace

from ..errors import InvalidInputException

# What a resource policy may speak of: every reading operation, and the writing ones for policies and tags.
GRANTABLE = [
    "AttachPolicy",
    "CreatePolicy",
    "DeletePolicy",
    "DescribeAccount",
    "DescribeCreateAccountStatus",
    "DescribeEffectivePolicy",
    "DescribeHandshake",
    "DescribeOrganization",
    "DescribeOrganizationalUnit",
    "DescribePolicy",
    "DescribeResourcePolicy",
    "DescribeResponsibilityTransfer",
    "DetachPolicy",
    "DisablePolicyType",
    "EnablePolicyType",
    "ListAWSServiceAccessForOrganization",
    "ListAccounts",
    "ListAccountsForParent",
    "ListAccountsWithInvalidEffectivePolicy",
    "ListChildren",
    "ListCreateAccountStatus",
    "ListDelegatedAdministrators",
    "ListDelegatedServicesForAccount",
    "ListEffectivePolicyValidationErrors",
    "ListHandshakesForAccount",
    "ListHandshakesForOrganization",
    "ListInboundResponsibilityTransfers",
    "ListOrganizationalUnitsForParent",
    "ListOutboundResponsibilityTransfers",
    "ListParents",
    "ListPolicies",
    "ListPoliciesForTarget",
    "ListRoots",
    "ListTagsForResource",
    "ListTargetsForPolicy",
    "TagResource",
    "UntagResource",
    "UpdatePolicy",
]
NOT_GRANTABLE = [
    "AcceptHandshake",
    "CancelHandshake",
    "CloseAccount",
    "CreateAccount",
    "CreateGovCloudAccount",
    "CreateOrganization",
    "CreateOrganizationalUnit",
    "DeclineHandshake",
    "DeleteOrganization",
    "DeleteOrganizationalUnit",
    "DeleteResourcePolicy",
    "DeregisterDelegatedAdministrator",
    "DisableAWSServiceAccess",
    "EnableAWSServiceAccess",
    "EnableAllFeatures",
    "InviteAccountToOrganization",
    "InviteOrganizationToTransferResponsibility",
    "LeaveOrganization",
    "MoveAccount",
    "PutResourcePolicy",
    "RegisterDelegatedAdministrator",
    "RemoveAccountFromOrganization",
    "TerminateResponsibilityTransfer",
    "UpdateOrganizationalUnit",
    "UpdateResponsibilityTransfer",
]

PREFIX = "organizations:"
POLICY_TYPE = "organizations:policytype"  # condition keys are case-insensitive
SERVICE_PRINCIPAL = r"[a-z0-9.-]+\.amazonaws\.com"
ACCOUNT_PRINCIPAL = r"(?P<id>[0-9]{12})|arn:aws:iam::(?P<of_root>[0-9]{12}):root"
OPERATOR = (
    r"^(?P<quantifier>ForAnyValue:|ForAllValues:)?"
    r"(?P<comparison>String(?:Not)?(?:Equals(?:IgnoreCase)?|Like)|Arn(?:Not)?(?:Equals|Like)|BinaryEquals|Bool|Null"
    r"|(?:Numeric|Date)(?:(?:Not)?Equals|(?:Less|Greater)Than(?:Equals)?)|(?:Not)?IpAddress)"
    r"(?P<if_exists>IfExists)?\Z"
)

Names = (
    Annotated[str, Meta(min_length=1)] | Annotated[tuple[Annotated[str, Meta(min_length=1)], ...], Meta(min_length=1)]
)
Resource = Annotated[str, Meta(pattern=r"^(?:\*\Z|arn:)")]
Value = str | bool | int | float
Operator = Annotated[str, Meta(pattern=OPERATOR)]
Conditions = dict[Operator, dict[str, Value | tuple[Value, ...]]]


class Statement(Struct, frozen=True, kw_only=True, rename="pascal", forbid_unknown_fields=True):
    """One grant or prohibition. NotPrincipal, NotAction and NotResource are unknown members on purpose."""

    sid: str | UnsetType = UNSET
    effect: Literal["Allow", "Deny"]
    principal: Literal["*"] | Annotated[dict[Literal["AWS", "Service"], Names], Meta(min_length=1)]
    action: Names
    resource: Resource | Annotated[tuple[Resource, ...], Meta(min_length=1)]
    condition: Conditions | UnsetType = UNSET


class Document(Struct, frozen=True, kw_only=True, rename="pascal", forbid_unknown_fields=True):
    """A resource policy. Members are stored in the order in which they stand here, and in a statement."""

    version: Literal["2008-10-17", "2012-10-17"] = "2008-10-17"
    id: str | UnsetType = UNSET
    statement: Statement | Annotated[tuple[Statement, ...], Meta(min_length=1)]


T = TypeVar("T", bound=Statement | Value)


class Verdict(Enum):
    """What a resource policy says about a call."""

    ALLOWED = "ALLOWED"
    DENIED = "DENIED"
    SILENT = "SILENT"


def normalised(content: str, members: Container[str]) -> str:
    """The form in which AWS stores a resource policy (docs/aws.md 3.7).

    Args:
        content: the text that PutResourcePolicy was given.
        members: the ids of the organization's accounts, the management account's included.

    Returns:
        Compact JSON that says the same, with a version, and with accounts as ARNs. Normalising it changes nothing.

    Raises:
        InvalidInputException: ``INVALID_RESOURCE_POLICY_JSON`` for a text that is no policy, or for a principal that
            is neither a service nor an account of the organization; then ``UNSUPPORTED_ACTION_IN_RESOURCE_POLICY``.
    """
    document = _parsed(content)
    stored = _each(lambda statement: _with_arns(statement, members), document.statement)
    for statement in _several(document.statement):
        for action in _several(statement.action):
            _require_supported(action)
    return _text(replace(document, statement=stored))


def verdict(content: str, account: str, operation: str, resources: Sequence[str], policy_type: str | None) -> Verdict:
    """What a stored resource policy says about a member's call (docs/aws.md 3.7).

    Args:
        content: the stored policy.
        account: the id of the calling account, a member of the policy's organization.
        operation: the operation's name, without the prefix.
        resources: the ARNs that the call is about; none for a call about the organization at large, which only a
            statement about ``*`` covers.
        policy_type: the value of the condition key ``organizations:PolicyType``, if the call has one. No other
            condition key has a value.

    Returns:
        DENIED if any of the resources is denied, ALLOWED if all of them are allowed, or else SILENT.
    """
    relevant = [
        statement
        for statement in _several(_parsed(content).statement)
        if _is_for(statement, account)
        and any(_covers(action, operation) for action in _several(statement.action))
        and _holds(statement.condition, policy_type)
    ]
    effects = [_effects(relevant, resource) for resource in resources or ("*",)]
    if any("Deny" in effect for effect in effects):
        return Verdict.DENIED
    return Verdict.ALLOWED if all("Allow" in effect for effect in effects) else Verdict.SILENT


def _invalid() -> InvalidInputException:
    return InvalidInputException("INVALID_RESOURCE_POLICY_JSON")


def _several(value: T | tuple[T, ...]) -> tuple[T, ...]:
    """What IAM lets one write as one thing or as a list, as several."""
    return value if isinstance(value, tuple) else (value,)


def _each(change: Callable[[T], T], value: T | tuple[T, ...]) -> T | tuple[T, ...]:
    """One thing changed, or each thing of a list; a list stays a list."""
    return tuple(map(change, value)) if isinstance(value, tuple) else change(value)


@lru_cache(maxsize=256)  # every call of a member asks the same few stored policies
def _parsed(content: str) -> Document:
    try:
        return convert(json.loads(content, object_pairs_hook=_without_duplicates), Document)
    except (ValueError, RecursionError):  # a document as deep as that is no policy anyway
        raise _invalid() from None


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a member occurs twice")
    return members


def _text(document: Document) -> str:
    try:
        text = json.dumps(to_builtins(document), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        text.encode()  # half a surrogate pair, or a number beyond all bounds, cannot be stored
    except ValueError:
        raise _invalid() from None
    return text


def _with_arns(statement: Statement, members: Container[str]) -> Statement:
    """The statement with its principals checked, and the accounts among them as ARNs."""
    if statement.principal == "*":
        return statement
    for service in _several(statement.principal.get("Service", ())):
        if not re.fullmatch(SERVICE_PRINCIPAL, service):
            raise _invalid()
    if "AWS" not in statement.principal:
        return statement
    accounts = _each(lambda name: _principal_arn(name, members), statement.principal["AWS"])
    return replace(statement, principal={**statement.principal, "AWS": accounts})


def _principal_arn(name: str, members: Container[str]) -> str:
    if name == "*":
        return name
    match = re.fullmatch(ACCOUNT_PRINCIPAL, name)
    account = match and (match["id"] or match["of_root"])
    if account is None or account not in members:
        raise _invalid()
    return _root_arn(account)


def _root_arn(account: str) -> str:
    return f"arn:aws:iam::{account}:root"


def _require_supported(action: str) -> None:
    """An action is supported if it stands for some operations, and a resource policy may speak of all of them.

    All the evidence for wildcards is that ``organizations:Describe*`` is taken and ``organizations:*`` is not.
    """
    stands_for_some = any(_covers(action, operation) for operation in GRANTABLE)
    if not stands_for_some or any(_covers(action, operation) for operation in NOT_GRANTABLE):
        message = f"{action} is not a supported action for this resource-based policy."
        raise InvalidInputException("UNSUPPORTED_ACTION_IN_RESOURCE_POLICY", message=message)


def _covers(action: str, operation: str) -> bool:
    """Actions are case-insensitive, and have wildcards in the operation only, not in the service."""
    pattern = action.lower()
    return pattern.startswith(PREFIX) and _matches(pattern.removeprefix(PREFIX), operation.lower())


def _is_for(statement: Statement, account: str) -> bool:
    if statement.principal == "*":
        return True
    accounts = _several(statement.principal.get("AWS", ()))
    return "*" in accounts or _root_arn(account) in accounts


def _effects(statements: Iterable[Statement], resource: str) -> set[str]:
    """What the statements about a resource say of it."""
    return {
        statement.effect
        for statement in statements
        if any(_matches(pattern, resource) for pattern in _several(statement.resource))
    }


def _holds(conditions: Conditions | UnsetType, policy_type: str | None) -> bool:
    """All keys under all operators must match."""
    if isinstance(conditions, UnsetType):
        return True
    return all(
        _compares(operator, _several(wanted), policy_type if key.lower() == POLICY_TYPE else None)
        for operator, keys in conditions.items()
        for key, wanted in keys.items()
    )


def _compares(operator: str, wanted: Sequence[Value], actual: str | None) -> bool:
    """Whether one key's value, or its absence, satisfies one operator; several wanted values are alternatives."""
    match = re.match(OPERATOR, operator)
    assert match, "the operators of a parsed policy are known"
    comparison = match["comparison"]
    values = [_as_text(value) for value in wanted]
    if comparison == "Null":
        return ("true" if actual is None else "false") in values
    negated = "Not" in comparison
    if actual is None:
        return (
            bool(match["if_exists"])
            or match["quantifier"] == "ForAllValues:"
            or (negated and match["quantifier"] is None)
        )
    return negated != any(_is_like(comparison.replace("Not", ""), value, actual) for value in values)


def _is_like(comparison: str, wanted: str, actual: str) -> bool:
    """Policy types are strings: the comparisons of numbers, dates, addresses and so on never match them."""
    if comparison == "StringEquals":
        return wanted == actual
    if comparison == "StringEqualsIgnoreCase":
        return wanted.lower() == actual.lower()
    return comparison == "StringLike" and _matches(wanted, actual)


def _as_text(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _matches(wildcard: str, text: str) -> bool:
    return _regex(wildcard).fullmatch(text) is not None


@lru_cache(maxsize=4_096)
def _regex(wildcard: str) -> re.Pattern[str]:
    """IAM's wildcards as a regular expression: ``*`` is any text, ``?`` any one character.

    What stands between two stars is taken where it first occurs (an atomic group), for a later place is never better:
    so matching takes no longer for many stars than for one.
    """
    first, *others = [re.escape(part).replace(r"\?", ".") for part in re.sub(r"\*+", "*", wildcard).split("*")]
    between = "".join(f"(?>.*?{part})" for part in others[:-1])
    last = ".*" + others[-1] if others else ""
    return re.compile(first + between + last, re.DOTALL)
