"""What was asked: the requests of calls that changed something, from the events that they led to.

A log keeps what happened, not how it was asked for. Nearly all that a request said is in its events; what is not, such
as the end of a transfer that AWS chose by itself, is listed in docs/trails.md.

Each function takes the events of a command and the state before them, and returns the request of its operation.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from msgspec import Struct

from ....engine.events import (
    AccountClosureRequested,
    AccountCreationRequested,
    AccountDeparted,
    AccountMoved,
    DelegatedAdministratorDeregistered,
    DelegatedAdministratorRegistered,
    Event,
    HandshakeAccepted,
    HandshakeCanceled,
    HandshakeDeclined,
    HandshakeRequested,
    OrganizationalUnitCreated,
    OrganizationalUnitDeleted,
    OrganizationalUnitRenamed,
    OrganizationCreated,
    PolicyAttached,
    PolicyCreated,
    PolicyDeleted,
    PolicyDetached,
    PolicyTypeDisabled,
    PolicyTypeEnabled,
    PolicyUpdated,
    ResourcePolicyPut,
    ResourceTagged,
    ResourceUntagged,
    ResponsibilityTransferRenamed,
    ResponsibilityTransferRequested,
    ResponsibilityTransferWithdrawn,
    ServiceAccessDisabled,
    ServiceAccessEnabled,
    Tag,
)
from ....engine.operations import (
    accept_handshake,
    attach_policy,
    cancel_handshake,
    close_account,
    create_account,
    create_organization,
    create_organizational_unit,
    create_policy,
    decline_handshake,
    delete_organization,
    delete_organizational_unit,
    delete_policy,
    delete_resource_policy,
    deregister_delegated_administrator,
    detach_policy,
    disable_aws_service_access,
    disable_policy_type,
    enable_all_features,
    enable_aws_service_access,
    enable_policy_type,
    invite_account_to_organization,
    invite_organization_to_transfer_responsibility,
    leave_organization,
    move_account,
    put_resource_policy,
    register_delegated_administrator,
    remove_account_from_organization,
    tag_resource,
    terminate_responsibility_transfer,
    untag_resource,
    update_organizational_unit,
    update_policy,
    update_responsibility_transfer,
)
from ....engine.rules.invitees import Target
from ....engine.rules.tags import TagMember
from ....engine.shapes.base import moment
from ....engine.state import State

Events = Sequence[Event]
MakeRequest = Callable[[Events, State], Struct]
Kind = TypeVar("Kind", bound=Event)


def request_of(operation: str, events: Events, state: State) -> Struct:
    """Build the request of a call that changed something.

    Args:
        operation: AWS's name of a writing operation.
        events: those that the call appended.
        state: as it was before them.
    """
    return REQUESTS[operation](events, state)


def _all(kind: type[Kind], events: Events) -> Iterator[Kind]:
    return (event for event in events if isinstance(event, kind))


def _the(kind: type[Kind], events: Events) -> Kind:
    return next(_all(kind, events))


def _members(tags: Sequence[Tag]) -> tuple[TagMember, ...]:
    return tuple(TagMember(tag.key, tag.value) for tag in tags)


def _tags(events: Events) -> tuple[TagMember, ...]:
    """The tags that a new resource was made with."""
    return _members(next((tagged.tags for tagged in _all(ResourceTagged, events)), ()))


def _nothing(request: type[Struct]) -> MakeRequest:
    """What makes a request without members."""
    return lambda events, state: request()


# Organizations and accounts.


def _create_organization(events: Events, _: State) -> Struct:
    return create_organization.Request(_the(OrganizationCreated, events).feature_set)


def _create_account(events: Events, _: State) -> Struct:
    """Of CreateGovCloudAccount too, whose request is the same."""
    asked = _the(AccountCreationRequested, events)
    billing: Any = asked.iam_user_access_to_billing
    return create_account.Request(asked.email, asked.name, asked.role_name, billing, _members(asked.tags))


def _close_account(events: Events, _: State) -> Struct:
    return close_account.Request(_the(AccountClosureRequested, events).account)


def _remove_account(events: Events, _: State) -> Struct:
    return remove_account_from_organization.Request(_the(AccountDeparted, events).account)


def _move_account(events: Events, _: State) -> Struct:
    moved = _the(AccountMoved, events)
    return move_account.Request(moved.account, moved.source, moved.destination)


# Handshakes.


def _target(requested: HandshakeRequested) -> Target:
    return Target(requested.party_type, requested.party or "")


def _invite_account(events: Events, _: State) -> Struct:
    asked = _the(HandshakeRequested, events)
    return invite_account_to_organization.Request(_target(asked), asked.notes, _members(asked.tags))


def _accept_handshake(events: Events, _: State) -> Struct:
    return accept_handshake.Request(_the(HandshakeAccepted, events).handshake)


def _decline_handshake(events: Events, _: State) -> Struct:
    return decline_handshake.Request(_the(HandshakeDeclined, events).handshake)


def _cancel_handshake(events: Events, _: State) -> Struct:
    """What ends with the parent of a migration is canceled before it."""
    *_meanwhile, named = _all(HandshakeCanceled, events)
    return cancel_handshake.Request(named.handshake)


# OUs and tags.


def _create_unit(events: Events, _: State) -> Struct:
    created = _the(OrganizationalUnitCreated, events)
    return create_organizational_unit.Request(created.parent, created.name, _tags(events))


def _update_unit(events: Events, _: State) -> Struct:
    renamed = _the(OrganizationalUnitRenamed, events)
    return update_organizational_unit.Request(renamed.unit, renamed.name)


def _delete_unit(events: Events, _: State) -> Struct:
    return delete_organizational_unit.Request(_the(OrganizationalUnitDeleted, events).unit)


def _tag_resource(events: Events, _: State) -> Struct:
    tagged = _the(ResourceTagged, events)
    return tag_resource.Request(tagged.resource, _members(tagged.tags))


def _untag_resource(events: Events, _: State) -> Struct:
    untagged = _the(ResourceUntagged, events)
    return untag_resource.Request(untagged.resource, untagged.keys)


# Policies.


def _create_policy(events: Events, _: State) -> Struct:
    made = _the(PolicyCreated, events)
    return create_policy.Request(made.content, made.description, made.name, made.policy_type, _tags(events))


def _update_policy(events: Events, _: State) -> Struct:
    changed = _the(PolicyUpdated, events)
    return update_policy.Request(changed.policy, changed.name, changed.description, changed.content)


def _delete_policy(events: Events, _: State) -> Struct:
    return delete_policy.Request(_the(PolicyDeleted, events).policy)


def _attach_policy(events: Events, _: State) -> Struct:
    attached = _the(PolicyAttached, events)
    return attach_policy.Request(attached.policy, attached.target)


def _detach_policy(events: Events, _: State) -> Struct:
    detached = _the(PolicyDetached, events)
    return detach_policy.Request(detached.policy, detached.target)


def _enable_policy_type(events: Events, state: State) -> Struct:
    enabled = _the(PolicyTypeEnabled, events)
    return enable_policy_type.Request(state.organizations[enabled.organization].root, enabled.policy_type)


def _disable_policy_type(events: Events, state: State) -> Struct:
    disabled = _the(PolicyTypeDisabled, events)
    return disable_policy_type.Request(state.organizations[disabled.organization].root, disabled.policy_type)


# Services and the resource policy.


def _enable_service(events: Events, _: State) -> Struct:
    return enable_aws_service_access.Request(_the(ServiceAccessEnabled, events).service)


def _disable_service(events: Events, _: State) -> Struct:
    return disable_aws_service_access.Request(_the(ServiceAccessDisabled, events).service)


def _register_administrator(events: Events, _: State) -> Struct:
    registered = _the(DelegatedAdministratorRegistered, events)
    return register_delegated_administrator.Request(registered.account, registered.service)


def _deregister_administrator(events: Events, _: State) -> Struct:
    deregistered = _the(DelegatedAdministratorDeregistered, events)
    return deregister_delegated_administrator.Request(deregistered.account, deregistered.service)


def _put_resource_policy(events: Events, _: State) -> Struct:
    return put_resource_policy.Request(_the(ResourcePolicyPut, events).content, _tags(events))


# Responsibility transfers.


def _invite_organization(events: Events, _: State) -> Struct:
    asked, offered = _the(HandshakeRequested, events), _the(ResponsibilityTransferRequested, events)
    return invite_organization_to_transfer_responsibility.Request(
        type="BILLING",
        target=_target(asked),
        start_timestamp=moment(offered.starts_at),
        source_name=offered.name,
        notes=asked.notes,
        tags=_members(asked.tags),
    )


def _rename_transfer(events: Events, _: State) -> Struct:
    renamed = _the(ResponsibilityTransferRenamed, events)
    return update_responsibility_transfer.Request(renamed.transfer, renamed.name)


def _terminate_transfer(events: Events, _: State) -> Struct:
    """Whether the end was named or is AWS's default, the log does not tell; it is named here."""
    ended = _the(ResponsibilityTransferWithdrawn, events)
    return terminate_responsibility_transfer.Request(ended.transfer, moment(ended.ends_at))


REQUESTS: dict[str, MakeRequest] = {
    "AcceptHandshake": _accept_handshake,
    "AttachPolicy": _attach_policy,
    "CancelHandshake": _cancel_handshake,
    "CloseAccount": _close_account,
    "CreateAccount": _create_account,
    "CreateGovCloudAccount": _create_account,
    "CreateOrganization": _create_organization,
    "CreateOrganizationalUnit": _create_unit,
    "CreatePolicy": _create_policy,
    "DeclineHandshake": _decline_handshake,
    "DeleteOrganization": _nothing(delete_organization.Request),
    "DeleteOrganizationalUnit": _delete_unit,
    "DeletePolicy": _delete_policy,
    "DeleteResourcePolicy": _nothing(delete_resource_policy.Request),
    "DeregisterDelegatedAdministrator": _deregister_administrator,
    "DetachPolicy": _detach_policy,
    "DisableAWSServiceAccess": _disable_service,
    "DisablePolicyType": _disable_policy_type,
    "EnableAWSServiceAccess": _enable_service,
    "EnableAllFeatures": _nothing(enable_all_features.Request),
    "EnablePolicyType": _enable_policy_type,
    "InviteAccountToOrganization": _invite_account,
    "InviteOrganizationToTransferResponsibility": _invite_organization,
    "LeaveOrganization": _nothing(leave_organization.Request),
    "MoveAccount": _move_account,
    "PutResourcePolicy": _put_resource_policy,
    "RegisterDelegatedAdministrator": _register_administrator,
    "RemoveAccountFromOrganization": _remove_account,
    "TagResource": _tag_resource,
    "TerminateResponsibilityTransfer": _terminate_transfer,
    "UntagResource": _untag_resource,
    "UpdateOrganizationalUnit": _update_unit,
    "UpdatePolicy": _update_policy,
    "UpdateResponsibilityTransfer": _rename_transfer,
}
"""AWS's name of every writing operation to what rebuilds its request."""
