"""MoveAccount: the management account moves a member, perhaps itself, to another OU or the root.

Caller: the management account.
Refused, in this order:
    - AWSOrganizationsNotInUse: the caller is in no organization.
    - AccessDenied: the caller is a member account.
    - AccountNotFound: there is no such account in the organization.
    - SourceParentNotFound: the source is no root or OU of the organization.
    - DestinationParentNotFound: the destination is no root or OU of the organization.
    - AccountNotFound: the account is not in the source, so also when a move is repeated.
    - DuplicateAccount: source and destination are the same.
Happens: AccountMoved; then, because other policies apply in the new place, for each enabled policy type with effective
    policies EffectivePoliciesPublished, or with realistic latency EffectivePoliciesOutdated.
Goes on in: publish_effective_policies.py, with realistic latency.
Sources: docs/aws.md 4.6; the order among unknown account, source and destination is inferred. An organization has one
    root, so no account can be moved to another. Closed accounts can be moved.
"""

from msgspec import Struct

from ..errors import (
    AccountNotFoundException,
    DestinationParentNotFoundException,
    DuplicateAccountException,
    SourceParentNotFoundException,
)
from ..events import AccountMoved
from ..explaining import absent
from ..ids import AccountId, ParentId
from ..operation import Events, Stamp
from ..rules import caller, publication
from ..shapes.base import EmptyReply
from ..state import State


class Request(Struct, frozen=True, rename="pascal"):
    account_id: AccountId
    source_parent_id: ParentId
    destination_parent_id: ParentId


def decide(request: Request, state: State, stamp: Stamp) -> Events:
    organization = caller.authorize("MoveAccount", state, stamp)
    units, source, destination = organization.units, request.source_parent_id, request.destination_parent_id
    if request.account_id not in organization.members:
        raise AccountNotFoundException(explanation=absent(request.account_id, organization))
    if source not in units.by_id:
        raise SourceParentNotFoundException(explanation=absent(source, organization))
    if destination not in units.by_id:
        raise DestinationParentNotFoundException(explanation=absent(destination, organization))
    parent = units.parent_of(request.account_id)
    if parent != source:
        raise AccountNotFoundException(explanation=f"{request.account_id} is in {parent}, not in {source}")
    if source == destination:
        raise DuplicateAccountException(explanation=f"{request.account_id} is in {destination} already")
    return [
        AccountMoved(organization.id, request.account_id, source, destination),
        *publication.publication_events(organization, organization.policies.enabled, state, stamp),
    ]


def reply(request: Request, events: Events, state: State) -> EmptyReply:
    return EmptyReply()
