"""DescribePolicy, ListPolicies, ListPoliciesForTarget and ListTargetsForPolicy (docs/aws.md 3.7 and 6.3).

Lists are in the order of creation or attachment, AWS's own policies first; AWS promises no order. If a policy or target
does not exist, the management account is told so, while members are denied (docs/aws.md 3.7).
"""

from collections.abc import Iterable
from heapq import merge
from itertools import chain

from msgspec import Struct

from ...engine.errors import TargetNotFoundException
from ...engine.ids import PolicyId, PolicyTargetId
from ...engine.policies.types import MANAGED_POLICIES, ManagedPolicy
from ...engine.resources import arn_of, entity_type
from ...engine.rules import policies as rules
from ...engine.shapes.base import Shape
from ...engine.shapes.policies import PolicyReply, PolicySummary, policy_reply, summary_shape
from ...engine.state import OrganizationFacts
from ...engine.words import FeatureSet, PolicyType
from ..authorization import reader, reader_about
from ..paging import MaxResults, NextToken, cut_page, read_token
from ..policy_lists import Entry
from ..views import Views

MANAGED = 0
"""The position of AWS's own policies in lists: before all others."""

SCANNED = 200
"""Roots, OUs and accounts that are examined at most for one page of a default policy's targets. Without a bound a page
could scan a million accounts from which the policy was detached."""


class PoliciesReply(Shape, frozen=True):
    policies: list[PolicySummary]
    next_token: str | None = None


class PolicyTargetSummary(Shape, frozen=True):
    target_id: str
    arn: str
    name: str
    type: str


class TargetsReply(Shape, frozen=True):
    targets: list[PolicyTargetSummary]
    next_token: str | None = None


class DescribePolicy(Struct, frozen=True, rename="pascal"):
    policy_id: PolicyId


def describe_policy(request: DescribePolicy, views: Views, account: str) -> PolicyReply:
    """Return a policy with its content, byte for byte; AWS's own policies too, once the organization has all features.

    Refused, in this order:
        - AWSOrganizationsNotInUse: the caller is in no organization.
        - AccessDenied: the caller is a member that is no delegated administrator and has no grant, or the resource
          policy denies it; for one with a grant only, also where there is no such policy.
        - PolicyNotFound: there is no such policy.
    Views: policies.
    """
    organization, policy = _authorize("DescribePolicy", request.policy_id, views, account)
    return policy_reply(policy, organization)


class ListPolicies(Struct, frozen=True, rename="pascal"):
    filter: PolicyType
    max_results: MaxResults | None = None
    next_token: NextToken | None = None


def list_policies(request: ListPolicies, views: Views, account: str) -> PoliciesReply:
    """List the policies of a type, AWS's own first, then in the order of creation.

    The type need not be enabled. With consolidated billing there are none [inferred].

    Refused, in this order:
        - AWSOrganizationsNotInUse: the caller is in no organization.
        - AccessDenied: the caller is a member that is no delegated administrator and has no grant, or the resource
          policy denies it.
        - InvalidInput (INVALID_NEXT_TOKEN): the token comes from no page of the same question.
    Views: policies, policy lists.
    """
    organization = reader(views, "ListPolicies", account, policy_type=request.filter)
    scope = f"ListPolicies {organization.id} {account} {request.filter}"
    after = read_token(request.next_token, scope)
    own = views.policy_lists.of_type(request.filter, organization.id).after(after or 0)
    ours = (Entry(row.id, row.position) for row in own)
    rows = chain(_managed(request.filter, organization), ours) if after is None else ours
    page, token = cut_page(rows, request.max_results, scope)
    return PoliciesReply(_summaries(page, organization), token)


class ListPoliciesForTarget(Struct, frozen=True, rename="pascal"):
    target_id: PolicyTargetId
    filter: PolicyType
    max_results: MaxResults | None = None
    next_token: NextToken | None = None


def list_policies_for_target(request: ListPoliciesForTarget, views: Views, account: str) -> PoliciesReply:
    """List the policies attached directly to a root, OU or account: AWS's default first, then in the order of
    attachment.

    Refused, in this order:
        - AWSOrganizationsNotInUse: the caller is in no organization.
        - AccessDenied: the caller is a member that is no delegated administrator and has no grant, or the resource
          policy denies it; for one with a grant only, also where there is no such target.
        - TargetNotFound: there is no such root, OU or account in the organization.
        - InvalidInput (INVALID_NEXT_TOKEN): the token comes from no page of the same question.
    Views: policies, policy lists, units.
    """
    target = request.target_id
    operation, not_found = "ListPoliciesForTarget", TargetNotFoundException
    organization = reader_about(views, operation, account, target, not_found, request.filter)
    scope = f"ListPoliciesForTarget {organization.id} {account} {target} {request.filter}"
    after = read_token(request.next_token, scope)
    places = views.policy_lists.attached.get(target, {})
    there = rules.attached(target, request.filter, organization)
    rows = (Entry(policy, places[policy].position if policy in places else MANAGED) for policy in there)
    page, token = cut_page((row for row in rows if after is None or row.position > after), request.max_results, scope)
    return PoliciesReply(_summaries(page, organization), token)


class ListTargetsForPolicy(Struct, frozen=True, rename="pascal"):
    policy_id: PolicyId
    max_results: MaxResults | None = None
    next_token: NextToken | None = None


def list_targets_for_policy(request: ListTargetsForPolicy, views: Views, account: str) -> TargetsReply:
    """List the roots, OUs and accounts to which a policy is attached, in the order of attachment.

    AWS's default policies, while their type is enabled, are attached to all that they were not detached from, in the
    order in which those were created or joined; if there were many detachments, a page may be short or empty without
    being the last.

    Refused, in this order:
        - AWSOrganizationsNotInUse: the caller is in no organization.
        - AccessDenied: the caller is a member that is no delegated administrator and has no grant, or the resource
          policy denies it; for one with a grant only, also where there is no such policy.
        - PolicyNotFound: there is no such policy.
        - InvalidInput (INVALID_NEXT_TOKEN): the token comes from no page of the same question.
    Views: policies, policy lists, units, accounts.
    """
    organization, policy = _authorize("ListTargetsForPolicy", request.policy_id, views, account)
    scope = f"ListTargetsForPolicy {organization.id} {account} {policy.id}"
    after = read_token(request.next_token, scope) or 0
    if isinstance(policy, ManagedPolicy):
        entities, further = cut_page(_entities(policy, organization, views, after), SCANNED, scope)
        rows = (entity for entity in entities if rules.is_attached(policy.id, entity.id, organization))
    else:
        rows, further = views.policy_lists.policies[policy.id].targets.after(after), None
    page, token = cut_page(rows, request.max_results, scope)
    token = token or further
    return TargetsReply([_target_shape(row.id, organization, views) for row in page], token)


def _managed(policy_type: PolicyType, organization: OrganizationFacts) -> list[Entry]:
    if organization.feature_set is not FeatureSet.ALL:
        return []
    return [Entry(policy.id, MANAGED) for policy in MANAGED_POLICIES.values() if policy.type is policy_type]


def _entities(policy: ManagedPolicy, organization: OrganizationFacts, views: Views, after: int) -> Iterable[Entry]:
    """Iterate over all that a default policy may be attached to; nothing while its type is disabled."""
    if policy.type not in organization.policies.enabled:
        return ()
    containers = views.policy_lists.containers[organization.id].after(after)
    members = views.accounts.by_organization[organization.id].after(after)
    accounts = (Entry(row.account, row.position) for row in members)
    return merge(containers, accounts, key=lambda entry: entry.position)


def _authorize(operation: str, policy: str, views: Views, account: str) -> tuple[OrganizationFacts, rules.AnyPolicy]:
    """Authorize a question about a policy; return the caller's organization and the policy."""
    organization = views.member(account)
    found = rules.find(policy, operation, organization, account)
    reader(views, operation, account, [arn_of(policy, organization)], found.type)
    return organization, found


def _summaries(page: list[Entry], organization: OrganizationFacts) -> list[PolicySummary]:
    own = organization.policies.by_id
    return [summary_shape(own.get(row.id) or MANAGED_POLICIES[row.id], organization) for row in page]


def _target_shape(target: str, organization: OrganizationFacts, views: Views) -> PolicyTargetSummary:
    unit = organization.units.by_id.get(target)
    name = unit.name if unit else views.accounts.name_of(target)
    return PolicyTargetSummary(target, arn_of(target, organization), name, entity_type(target))
