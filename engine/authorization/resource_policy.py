"""The organization's resource policy: its validation, the form in which it is stored, and its evaluation.

Pure functions of texts: the members and the calling account are arguments. Source: docs/aws.md 3.7; where that
is silent, IAM's rules for policy documents hold.
"""

import json
import re
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from enum import Enum
from functools import lru_cache
from itertools import zip_longest
from typing import Annotated, Literal, TypeVar

from msgspec import UNSET, Meta, Struct, UnsetType, convert, to_builtins
from msgspec.structs import replace

from ..arns import role_arn, root_user_arn, user_arn
from ..errors import InvalidInputException
from ..explaining import some
from ..words import Partition
from .callers import CALLERS, GRANTABLE

PREFIX = "organizations:"
SERVICE_PRINCIPAL = r"[a-z0-9.-]+\.amazonaws\.com"
ACCOUNT_PRINCIPAL = r"(?P<id>[0-9]{12})|arn:(?P<partition>aws[a-z-]*):iam::(?P<of_root>[0-9]{12}):root"
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
    """One statement, an Allow or a Deny. NotPrincipal, NotAction and NotResource are unknown members on purpose."""

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
    """The result of evaluating a resource policy for a call; SILENT if no statement applies."""

    ALLOWED = "ALLOWED"
    DENIED = "DENIED"
    SILENT = "SILENT"


def normalised(content: str, members: Container[str], partition: Partition = "aws") -> str:
    """Validate a resource policy and turn it into the form in which AWS stores it (docs/aws.md 3.7).

    Args:
        content: the text that PutResourcePolicy was given.
        members: the ids of the organization's accounts, the management account's included.
        partition: of the organization.

    Returns:
        Equivalent compact JSON, with a version, and with accounts as ARNs. Normalising that again changes nothing.

    Raises:
        InvalidInputException: ``INVALID_RESOURCE_POLICY_JSON`` for a text that is no policy, or for a principal that
            is neither a service nor an account of the organization; then ``UNSUPPORTED_ACTION_IN_RESOURCE_POLICY``.
    """
    document = _parsed(content)
    stored = _map_items(lambda statement: _with_arns(statement, members, partition), document.statement)
    for statement in _items(document.statement):
        for action in _items(statement.action):
            _require_supported(action)
    return _text(replace(document, statement=stored))


def condition_keys(
    account: str,
    principal: str | None,
    organization: str,
    policy_type: str | None = None,
    partition: Partition = "aws",
) -> dict[str, str]:
    """The condition keys that have a value in a call (docs/aws.md 3.7).

    Args:
        account: the calling account.
        principal: the user, or the role and its session as ``role/session``, that calls; None for the account's root.
        organization: the id of the account's organization.
        policy_type: of the policy that the call is about, if it is about one.
        partition: of the organization.

    Returns:
        The keys in small letters, as they are compared without case, with their values.
    """
    name, _, session = (principal or "").partition("/")
    arn = root_user_arn(partition, account)
    if name:
        arn = role_arn(partition, account, name) if session else user_arn(partition, account, name)
    keys = {"aws:principalarn": arn, "aws:principalaccount": account, "aws:principalorgid": organization}
    return keys | ({"organizations:policytype": policy_type} if policy_type else {})


def verdict(content: str, account: str, operation: str, resources: Sequence[str], keys: Mapping[str, str]) -> Verdict:
    """Evaluate a stored resource policy for a member's call (docs/aws.md 3.7).

    Args:
        content: the stored policy.
        account: the id of the calling account, a member of the policy's organization.
        operation: the operation's name, without the prefix.
        resources: the ARNs that the call is about; none for a call about the organization at large, which only a
            statement about ``*`` covers.
        keys: the condition keys that have a value, from ``condition_keys``. No other one has.

    Returns:
        DENIED if any of the resources is denied, ALLOWED if all of them are allowed, or else SILENT.
    """
    relevant = [
        statement
        for statement in _items(_parsed(content).statement)
        if _applies_to(statement, account)
        and any(_covers(action, operation) for action in _items(statement.action))
        and _conditions_hold(statement.condition, keys)
    ]
    effects = [_effects(relevant, resource) for resource in resources or ("*",)]
    if any("Deny" in effect for effect in effects):
        return Verdict.DENIED
    return Verdict.ALLOWED if all("Allow" in effect for effect in effects) else Verdict.SILENT


def _invalid(why: str) -> InvalidInputException:
    return InvalidInputException("INVALID_RESOURCE_POLICY_JSON", explanation=why)


def _items(value: T | tuple[T, ...]) -> tuple[T, ...]:
    """The items of what IAM lets one write as one item or as a list."""
    return value if isinstance(value, tuple) else (value,)


def _map_items(change: Callable[[T], T], value: T | tuple[T, ...]) -> T | tuple[T, ...]:
    """Apply a change to one item, or to each item of a list; a list stays a list."""
    return tuple(map(change, value)) if isinstance(value, tuple) else change(value)


@lru_cache(maxsize=256)  # every call of a member asks the same few stored policies
def _parsed(content: str) -> Document:
    try:
        return convert(json.loads(content, object_pairs_hook=_without_duplicates), Document)
    except (ValueError, RecursionError) as error:  # a document as deep as that is no policy anyway
        raise _invalid(f"the content is no resource policy: {error}") from None


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a member occurs twice")
    return members


def _text(document: Document) -> str:
    try:
        text = json.dumps(to_builtins(document), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        text.encode()  # half a surrogate pair, or a number beyond all bounds, cannot be stored
    except ValueError as error:
        raise _invalid(f"the content cannot be stored: {error}") from None
    return text


def _with_arns(statement: Statement, members: Container[str], partition: Partition) -> Statement:
    """Check the principals of a statement, and turn the accounts among them into ARNs."""
    if statement.principal == "*":
        return statement
    for service in _items(statement.principal.get("Service", ())):
        if not re.fullmatch(SERVICE_PRINCIPAL, service):
            raise _invalid(f"{service!r} is no service principal, such as config.amazonaws.com")
    if "AWS" not in statement.principal:
        return statement
    accounts = _map_items(lambda name: _principal_arn(name, members, partition), statement.principal["AWS"])
    return replace(statement, principal={**statement.principal, "AWS": accounts})


def _principal_arn(name: str, members: Container[str], partition: Partition) -> str:
    if name == "*":
        return name
    match = re.fullmatch(ACCOUNT_PRINCIPAL, name)
    account = match and (match["id"] or match["of_root"])
    if match is None or account is None or account not in members or match["partition"] not in (None, partition):
        raise _invalid(
            f"the principal {name!r} is no account of the organization, by its id or as {root_user_arn(partition, '…')}"
        )
    return root_user_arn(partition, account)


def _require_supported(action: str) -> None:
    """Require that an action matches some operations, and that a resource policy may name all of them.

    About wildcards it is only known that AWS accepts ``organizations:Describe*`` and refuses ``organizations:*``.
    """
    covered = {operation for operation in CALLERS if _covers(action, operation)}
    if not covered or not covered <= GRANTABLE:
        message = f"{action} is not a supported action for this resource-based policy."
        beyond = f"{action} covers {some(sorted(covered - GRANTABLE))}, which no resource policy can grant or deny"
        why = beyond if covered else f"{action} covers no operation of Organizations"
        raise InvalidInputException("UNSUPPORTED_ACTION_IN_RESOURCE_POLICY", message=message, explanation=why)


def _covers(action: str, operation: str) -> bool:
    """Tell whether an action matches an operation: without case, with wildcards only behind ``organizations:``."""
    pattern = action.lower()
    return pattern.startswith(PREFIX) and _matches(pattern.removeprefix(PREFIX), operation.lower())


def _applies_to(statement: Statement, account: str) -> bool:
    if statement.principal == "*":
        return True
    accounts = _items(statement.principal.get("AWS", ()))
    return "*" in accounts or any(name.endswith(f":iam::{account}:root") for name in accounts)


def _effects(statements: Iterable[Statement], resource: str) -> set[str]:
    """The effects of the statements that cover a resource."""
    return {
        statement.effect
        for statement in statements
        if any(_matches(pattern, resource) for pattern in _items(statement.resource))
    }


def _conditions_hold(conditions: Conditions | UnsetType, keys: Mapping[str, str]) -> bool:
    """Tell whether all conditions hold: every key under every operator."""
    if isinstance(conditions, UnsetType):
        return True
    return all(
        _condition_holds(operator, _items(wanted), keys.get(key.lower()))
        for operator, tests in conditions.items()
        for key, wanted in tests.items()
    )


def _condition_holds(operator: str, wanted: Sequence[Value], actual: str | None) -> bool:
    """Tell whether a key's value (None: absent) satisfies an operator; several wanted values are alternatives."""
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
    return negated != any(_compare(comparison.replace("Not", ""), value, actual) for value in values)


def _compare(comparison: str, wanted: str, actual: str) -> bool:
    """Compare by one operator. All values are strings, so comparisons of numbers, dates and so on never match."""
    if comparison == "StringEquals":
        return wanted == actual
    if comparison == "StringEqualsIgnoreCase":
        return wanted.lower() == actual.lower()
    if comparison in ("ArnEquals", "ArnLike"):  # the same; each of the six parts of an ARN by itself
        pairs = list(zip_longest(wanted.split(":", 5), actual.split(":", 5), fillvalue=""))
        return len(pairs) == 6 and all(_matches(part, of_actual) for part, of_actual in pairs)
    return comparison == "StringLike" and _matches(wanted, actual)


def _as_text(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _matches(wildcard: str, text: str) -> bool:
    return _regex(wildcard).fullmatch(text) is not None


@lru_cache(maxsize=4_096)
def _regex(wildcard: str) -> re.Pattern[str]:
    """Compile IAM's wildcards: ``*`` is any text, ``?`` any one character.

    The text between two stars is matched where it first occurs (an atomic group), since a later place is never better.
    Without that, backtracking would take exponential time for many stars.
    """
    first, *others = [re.escape(part).replace(r"\?", ".") for part in re.sub(r"\*+", "*", wildcard).split("*")]
    between = "".join(f"(?>.*?{part})" for part in others[:-1])
    last = ".*" + others[-1] if others else ""
    return re.compile(first + between + last, re.DOTALL)
