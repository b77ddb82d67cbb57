"""Checks of tags: which resources can have them, which are valid, and compliance with tag policies (docs/aws.md 8)."""

from collections import Counter
from collections.abc import Iterable
from typing import Annotated

from msgspec import Meta, Struct

from ..arns import transfer_arn
from ..authorization.check import denied_to_members
from ..errors import ConstraintViolationException, InvalidInputException, TargetNotFoundException
from ..events import Tag
from ..explaining import absent, full, number
from ..operation import Stamp
from ..policies.merge import merge
from ..policies.tag_compliance import violates, why_violated
from ..policies.types import MANAGED_POLICIES
from ..resources import ResourceType, arn_of, policy_type_of
from ..settings import TAGS_PER_RESOURCE
from ..state import Organization, OrganizationFacts, State, Transfer
from ..words import PolicyType
from . import caller
from .policies import levels

# AWS's class is [\p{L}\p{Z}\p{N}_.:/=+\-@]*. Python's `re` has no \p: \w is letters, numbers and `_`, and \p{Z} is \s
# without the control characters.
CHARACTERS = r"^(?:[\w.:/=+\-@]|[^\S\t-\r\x1c-\x1f\x85])*\Z"

TagKey = Annotated[str, Meta(min_length=1, max_length=128, pattern=CHARACTERS)]

TAG_POLICY = PolicyType.TAG_POLICY


class TagMember(Struct, frozen=True, rename="pascal"):
    """A tag in a request."""

    key: TagKey
    value: Annotated[str, Meta(max_length=256, pattern=CHARACTERS)]


def compliant_tags(
    tags: tuple[TagMember, ...], resource_type: ResourceType, organization: OrganizationFacts, has: Iterable[str] = ()
) -> tuple[Tag, ...]:
    """Check tags against the limits and the organization's tag policies, and convert them for the event.

    Args:
        tags: from the request.
        resource_type: of the resource that gets the tags.
        organization: the one that the resource belongs to.
        has: keys of the tags that the resource has already.

    Raises:
        InvalidInputException: as ``checked_tags``.
        ConstraintViolationException: as ``checked_tags``; or ``TAG_POLICY_VIOLATION``.
    """
    recorded = checked_tags(tags, has)
    if recorded and TAG_POLICY in organization.policies.enabled:
        # The effective tag policy of the management account, to which all these resources belong.
        document = merge(TAG_POLICY, levels(organization.management_account, TAG_POLICY, organization))
        if violates(document, f"organizations:{resource_type}", {tag.key: tag.value for tag in recorded}):
            raise ConstraintViolationException(
                "TAG_POLICY_VIOLATION", explanation=why_violated(document, f"organizations:{resource_type}", recorded)
            )
    return recorded


def checked_tags(tags: tuple[TagMember, ...], has: Iterable[str] = ()) -> tuple[Tag, ...]:
    """Check tags against the limits, without the tag policies, and convert them for the event.

    One bad tag fails the whole request.

    Raises:
        InvalidInputException: ``INVALID_SYSTEM_TAGS_PARAMETER`` for a key that begins with ``aws:``,
            ``DUPLICATE_TAG_KEY`` for a repeated key.
        ConstraintViolationException: ``MAX_TAG_LIMIT_EXCEEDED``, counting the keys in ``has`` too.
    """
    if not tags:
        return ()
    keys = {tag.key for tag in tags}
    require_no_system_keys(keys)
    if len(keys) < len(tags):
        twice = next(key for key, count in Counter(tag.key for tag in tags).items() if count > 1)
        raise InvalidInputException("DUPLICATE_TAG_KEY", explanation=f"the key {twice!r} is there more than once")
    if (count := len(keys.union(has))) > TAGS_PER_RESOURCE:
        raise ConstraintViolationException(
            "MAX_TAG_LIMIT_EXCEEDED",
            explanation=full(
                f"the resource would have {number(count, 'tags')}", TAGS_PER_RESOURCE, "UntagResource makes room"
            ),
        )
    return tuple(Tag(tag.key, tag.value) for tag in tags)


def require_no_system_keys(keys: Iterable[str]) -> None:
    """Require that no key begins with ``aws:``, which is reserved.

    Raises:
        InvalidInputException: ``INVALID_SYSTEM_TAGS_PARAMETER``.
    """
    reserved = min((key for key in keys if key.lower().startswith("aws:")), default=None)
    if reserved is not None:
        raise InvalidInputException(
            "INVALID_SYSTEM_TAGS_PARAMETER", explanation=f"the key {reserved!r} begins with aws:, which is reserved"
        )


def authorize(operation: str, resource: str, state: State, stamp: Stamp) -> Organization:
    """Authorize a call that changes the tags of a resource, and return the caller's organization.

    Raises:
        AWSOrganizationsNotInUseException: the caller is a standalone account.
        InvalidInputException: as ``find``.
        AccessDeniedException: it is a member that may not do this; or, for a member, there is no such resource.
        TargetNotFoundException: there is no such resource.
    """
    organization = caller.organization_of(state, stamp)
    arn = find(resource, organization, resource in organization.members, state.transfers.by_id.get(resource))
    if arn is None:
        refusal = TargetNotFoundException(explanation=absent(resource, organization))
        raise denied_to_members(refusal, operation, organization, stamp.account)
    return caller.authorize(operation, state, stamp, [arn], policy_type_of(resource, organization))


def find(resource: str, organization: OrganizationFacts, is_member: bool, transfer: Transfer | None) -> str | None:
    """Find a resource of the organization that can have tags.

    Args:
        resource: its id.
        organization: where it is looked for.
        is_member: whether it is the id of a member account.
        transfer: the responsibility transfer with this id, if there is one; it belongs to its inbound side.

    Returns:
        Its ARN; None if the organization has no such resource.

    Raises:
        InvalidInputException: ``INVALID_PATTERN:RESOURCE_ID`` for an AWS managed policy.
    """
    if resource in MANAGED_POLICIES:
        raise InvalidInputException(
            "INVALID_PATTERN:RESOURCE_ID",
            explanation=f"{resource} is AWS's; only an organization's own policies have tags",
        )
    if transfer is not None:
        own = transfer.organization == organization.id
        return transfer_arn(organization, "inbound", resource) if own else None
    resource_policy = organization.access.resource_policy
    if (
        is_member
        or resource in organization.units.by_id
        or resource in organization.policies.by_id
        or (resource_policy is not None and resource == resource_policy.id)
    ):
        return arn_of(resource, organization)
    return None
