"""DescribeEffectivePolicy, ListEffectivePolicyValidationErrors and ListAccountsWithInvalidEffectivePolicy
(docs/aws.md 6.5 and 6.8).

Refusals come in this order: an invalid request, a caller who may not ask, something that does not exist, and last a
type that is not enabled (docs/aws.md 9).
"""

from collections.abc import Iterator
from datetime import datetime
from heapq import nsmallest

from msgspec import Struct

from ...engine.errors import (
    AccountNotFoundException,
    EffectivePolicyNotFoundException,
    InvalidInputException,
    TargetNotFoundException,
)
from ...engine.ids import PolicyTargetId
from ...engine.policies.completeness import EffectivePolicyError
from ...engine.policies.types import POLICY_TYPES
from ...engine.resources import entity_type
from ...engine.rules.policies import why_not_enabled
from ...engine.shapes.accounts import Account
from ...engine.shapes.base import Shape, moment
from ...engine.state import OrganizationFacts
from ...engine.words import PolicyType
from ..accounts import MemberRow
from ..authorization import reader, reader_about
from ..effective_policy import Documents
from ..paging import PAGE_SIZE, MaxResults, NextToken, cut_page, read_token, write_token
from ..views import Views
from .accounts import account_shape

EFFECTIVE_TYPES = {kind.value: kind for kind, facts in POLICY_TYPES.items() if facts.effective}


class EffectivePolicy(Shape, frozen=True):
    policy_content: str
    last_updated_timestamp: datetime
    target_id: str
    policy_type: PolicyType


class EffectivePolicyReply(Shape, frozen=True):
    effective_policy: EffectivePolicy


class DescribeEffectivePolicy(Struct, frozen=True, rename="pascal"):
    policy_type: str
    target_id: PolicyTargetId | None = None


def describe_effective_policy(request: DescribeEffectivePolicy, views: Views, account: str) -> EffectivePolicyReply:
    """Return the effective policy, as last published, of the caller or of another account of the organization.

    The management account has one too.

    Refused, in this order:
        - InvalidInput (INVALID_ENUM_POLICY_TYPE): the type is SERVICE_CONTROL_POLICY.
        - InvalidInput (INVALID_ENUM:POLICY_TYPE): the type is another of which accounts have no effective policy.
        - InvalidInput (TARGET_NOT_SUPPORTED): the target is a root or an OU.
        - AWSOrganizationsNotInUse: the caller is in no organization.
        - AccessDenied: the caller is a member that asks for another account and is no delegated administrator and has
          no grant, or the resource policy denies it.
        - TargetNotFound: there is no such account in the organization.
        - EffectivePolicyNotFound: the type is not enabled.
    Views: effective policies, units, access.
    """
    policy_type = EFFECTIVE_TYPES.get(request.policy_type)
    if policy_type is None:
        is_scp = request.policy_type == PolicyType.SERVICE_CONTROL_POLICY
        reason = "INVALID_ENUM_POLICY_TYPE" if is_scp else "INVALID_ENUM:POLICY_TYPE"
        raise InvalidInputException(reason, explanation=_why_no_effect(request.policy_type))
    target = request.target_id or account
    _require_account(target)
    operation, not_found = "DescribeEffectivePolicy", TargetNotFoundException
    organization = reader_about(views, operation, account, target, not_found, policy_type)
    seen = _documents(organization, policy_type, views).seen(organization.units.path_to(target))
    return EffectivePolicyReply(EffectivePolicy(seen.content, moment(seen.updated_at), target, policy_type))


class ListEffectivePolicyValidationErrors(Struct, frozen=True, rename="pascal"):
    policy_type: str
    account_id: PolicyTargetId | None = None
    max_results: MaxResults | None = None
    next_token: NextToken | None = None


class EffectivePolicyValidationError(Shape, frozen=True):
    error_code: str
    error_message: str
    path_to_error: str
    contributing_policies: list[str]


class ValidationErrorsReply(Shape, frozen=True):
    account_id: str
    policy_type: PolicyType
    effective_policy_validation_errors: list[EffectivePolicyValidationError]
    path: str | None = None
    evaluation_timestamp: datetime | None = None
    next_token: str | None = None


def list_effective_policy_validation_errors(
    request: ListEffectivePolicyValidationErrors, views: Views, account: str
) -> ValidationErrorsReply:
    """List the errors in an account's effective policy, in the order of the document.

    Path and time of the evaluation are given only if there are errors.

    Refused, in this order:
        - InvalidInput (INVALID_ENUM_POLICY_TYPE): accounts have no effective policy of the type.
        - InvalidInput (TARGET_NOT_SUPPORTED): no account is named, or a root or an OU is.
        - AWSOrganizationsNotInUse: the caller is in no organization.
        - AccessDenied: the caller is a member that is no delegated administrator and has no grant, or the resource
          policy denies it; for one with a grant only, also where there is no such account.
        - AccountNotFound: there is no such account in the organization.
        - EffectivePolicyNotFound: the type is not enabled.
        - InvalidInput (INVALID_NEXT_TOKEN): the token comes from no page of the same question.
    Views: effective policies, units.
    """
    policy_type = _validated_type(request.policy_type)
    target = request.account_id or ""
    _require_account(target)
    operation = "ListEffectivePolicyValidationErrors"
    organization = reader_about(views, operation, account, target, AccountNotFoundException, policy_type)
    path = organization.units.path_to(target)
    seen = _documents(organization, policy_type, views).seen(path)
    scope = f"{operation} {organization.id} {account} {target} {policy_type}"
    first = read_token(request.next_token, scope) or 0
    end = first + (request.max_results or PAGE_SIZE)
    return ValidationErrorsReply(
        account_id=target,
        policy_type=policy_type,
        effective_policy_validation_errors=[_error_shape(error) for error in seen.errors[first:end]],
        path="/".join([organization.id, *path, ""]) if seen.errors else None,
        evaluation_timestamp=moment(seen.evaluated_at) if seen.errors else None,
        next_token=write_token(end, scope) if end < len(seen.errors) else None,
    )


def _error_shape(error: EffectivePolicyError) -> EffectivePolicyValidationError:
    return EffectivePolicyValidationError(error.code, error.message, error.path, list(error.contributing))


class ListAccountsWithInvalidEffectivePolicy(Struct, frozen=True, rename="pascal"):
    policy_type: str
    max_results: MaxResults | None = None
    next_token: NextToken | None = None


class InvalidAccountsReply(Shape, frozen=True):
    accounts: list[Account]
    policy_type: PolicyType
    next_token: str | None = None


def list_accounts_with_invalid_effective_policy(
    request: ListAccountsWithInvalidEffectivePolicy, views: Views, account: str
) -> InvalidAccountsReply:
    """List the accounts whose effective policy is invalid, in the order of joining.

    Refused, in this order:
        - InvalidInput (INVALID_ENUM_POLICY_TYPE): accounts have no effective policy of the type.
        - AWSOrganizationsNotInUse: the caller is in no organization.
        - AccessDenied: the caller is a member that is no delegated administrator and has no grant, or the resource
          policy denies it.
        - InvalidInput (INVALID_NEXT_TOKEN): the token comes from no page of the same question.
        - EffectivePolicyNotFound: the type is not enabled.
    Views: effective policies, accounts, units.
    """
    policy_type = _validated_type(request.policy_type)
    organization = reader(views, "ListAccountsWithInvalidEffectivePolicy", account, policy_type=policy_type)
    scope = f"ListAccountsWithInvalidEffectivePolicy {organization.id} {account} {policy_type}"
    after = read_token(request.next_token, scope) or 0
    rows = _invalid_members(organization, _documents(organization, policy_type, views), views, after)
    page, token = cut_page(rows, request.max_results, scope)
    return InvalidAccountsReply([account_shape(row, organization, views) for row in page], policy_type, token)


def _invalid_members(
    organization: OrganizationFacts, documents: Documents, views: Views, after: int
) -> Iterator[MemberRow]:
    if organization.root in documents.invalid:
        # The root's policy is inherited by all but those with a valid one below it, so every member is looked at.
        everybody = views.accounts.by_organization[organization.id].after(after)
        return (row for row in everybody if documents.seen(organization.units.path_to(row.account)).errors)
    rows = (views.accounts.members[account] for account in _invalid_accounts(organization, documents, views))
    # One row more than a page, from which cut_page knows whether there is another page.
    return iter(nsmallest(PAGE_SIZE + 1, (row for row in rows if row.position > after), key=lambda row: row.position))


def _invalid_accounts(organization: OrganizationFacts, documents: Documents, views: Views) -> Iterator[str]:
    """Iterate over accounts with an invalid effective policy of their own, or inherited from an OU."""
    by_id = organization.units.by_id
    yield from (place for place in documents.invalid if place not in by_id)
    units = [place for place in documents.invalid if place in by_id]
    for unit in units:  # grows while it is iterated: OUs below inherit as well
        units.extend(inner for inner in by_id[unit].units if inner not in documents.by_place)
        standing = views.accounts.accounts_in(unit, organization.id)
        yield from (row.account for row in standing if row.account not in documents.by_place)


def _why_no_effect(name: str) -> str:
    return f"accounts have no effective policy of the type {name!r}; they have one of {', '.join(EFFECTIVE_TYPES)}"


def _validated_type(name: str) -> PolicyType:
    """Check the policy type of a validation read, for which all other types are invalid alike (docs/aws.md 6.8)."""
    policy_type = EFFECTIVE_TYPES.get(name)
    if policy_type is None:
        raise InvalidInputException("INVALID_ENUM_POLICY_TYPE", explanation=_why_no_effect(name))
    return policy_type


def _require_account(target: str) -> None:
    """Check that the target is an account: roots and OUs have no effective policy that could be asked for."""
    if not target or entity_type(target) != "ACCOUNT":
        named = f"{target} is no account" if target else "no account is named"
        raise InvalidInputException(
            "TARGET_NOT_SUPPORTED", explanation=f"{named}; only accounts have effective policies"
        )


def _documents(organization: OrganizationFacts, policy_type: PolicyType, views: Views) -> Documents:
    documents = views.effective_policies.documents(organization, policy_type)
    if documents is None:
        raise EffectivePolicyNotFoundException(explanation=why_not_enabled(policy_type, organization))
    return documents
