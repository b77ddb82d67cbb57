"""``facts_of``: what each event changes about temporal facts. Pure: it needs the event, and the roots that there are.

Every type of event has a function in ``HANDLERS`` or its reason in ``NOT_FOLDED``.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...engine.events import (
    AccountClosed,
    AccountClosureRequested,
    AccountCreationFailed,
    AccountCreationRequested,
    AccountCreationSucceeded,
    AccountDeparted,
    AccountDescribed,
    AccountJoined,
    AccountMoved,
    AccountReinstated,
    CallRecorded,
    DelegatedAdministratorDeregistered,
    DelegatedAdministratorRegistered,
    DumpTaken,
    EffectivePoliciesOutdated,
    EffectivePoliciesPublished,
    Event,
    FaultCleared,
    FaultInjected,
    FaultPassedOver,
    FaultScripted,
    FeatureSetChanged,
    HandshakeAccepted,
    HandshakeCanceled,
    HandshakeDeclined,
    HandshakeExpired,
    HandshakeOpened,
    HandshakePurged,
    HandshakeRequested,
    OrganizationalUnitCreated,
    OrganizationalUnitDeleted,
    OrganizationalUnitRenamed,
    OrganizationCreated,
    OrganizationDeleted,
    PartitionAssigned,
    PolicyAttached,
    PolicyCreated,
    PolicyDeleted,
    PolicyDetached,
    PolicyTypeDisabled,
    PolicyTypeEnabled,
    PolicyUpdated,
    RecordTaken,
    ResourcePolicyDeleted,
    ResourcePolicyPut,
    ResourceTagged,
    ResourceUntagged,
    ResponsibilityTransferAccepted,
    ResponsibilityTransferEnded,
    ResponsibilityTransferPurged,
    ResponsibilityTransferRenamed,
    ResponsibilityTransferRequested,
    ResponsibilityTransferWithdrawn,
    RootIdentified,
    ServiceAccessDisabled,
    ServiceAccessEnabled,
    TimeAdvanced,
    WorldCreated,
)
from ...engine.policies.types import MANAGED_POLICIES, POLICY_TYPES
from ...engine.words import Action
from .changes import (
    ATTACHED,
    TAG,
    WITHOUT_DEFAULT,
    AttachmentsEnd,
    Begins,
    Change,
    Details,
    Ends,
    Introduces,
    OrganizationEnds,
    RootReplaced,
)

OF_MEMBERS = ("organization", "joined method", "parent", "state", ATTACHED, WITHOUT_DEFAULT, TAG, "delegated service")
"""The attributes of an account that end with its membership; its name and address stay."""

Changes = Sequence[Change]

Roots = Mapping[str, str]
"""Organization to its root, which accounts join; the events do not repeat it."""


def on_organization_created(event: OrganizationCreated, roots: Roots) -> Changes:
    organization = event.organization
    return (
        Introduces(organization, organization, {"RootId": event.root}),
        Begins(organization, "feature set", event.feature_set),
        Begins(organization, "management account", event.management_account),
        Introduces(event.root, organization),
        Begins(event.root, "name", "Root"),
    )


def on_organization_deleted(event: OrganizationDeleted, roots: Roots) -> Changes:
    return (OrganizationEnds(event.organization),)


def on_root_identified(event: RootIdentified, roots: Roots) -> Changes:
    return (
        Begins(event.organization, "root", event.root),
        Introduces(event.root, event.organization),
        RootReplaced(event.organization, event.placeholder, event.root),
    )


def on_feature_set_changed(event: FeatureSetChanged, roots: Roots) -> Changes:
    return (Begins(event.organization, "feature set", event.feature_set),)


def on_partition_assigned(event: PartitionAssigned, roots: Roots) -> Changes:
    return (Begins(event.organization, "partition", event.partition),)


def on_account_described(event: AccountDescribed, roots: Roots) -> Changes:
    account = event.account
    return (
        *([Begins(account, "email", event.email)] if event.email else []),
        *([Begins(account, "name", event.name)] if event.name else []),
        Begins(account, "conditions", ", ".join(event.conditions))
        if event.conditions
        else Ends(account, ("conditions",)),
    )


def on_creation_requested(event: AccountCreationRequested, roots: Roots) -> Changes:
    details: Details = {"Email": event.email, "AccountName": event.name}
    return Introduces(event.request, event.organization, details), Begins(event.request, "state", "IN_PROGRESS")


def on_creation_succeeded(event: AccountCreationSucceeded, roots: Roots) -> Changes:
    linked = event.govcloud_account
    return (
        Begins(event.request, "state", "SUCCEEDED"),
        Begins(event.request, "account", event.account),
        *([Begins(event.request, "GovCloud account", linked)] if linked else []),
    )


def on_creation_failed(event: AccountCreationFailed, roots: Roots) -> Changes:
    return Begins(event.request, "state", "FAILED"), Begins(event.request, "failure reason", event.reason)


def on_account_joined(event: AccountJoined, roots: Roots) -> Changes:
    account = event.account
    return (
        Begins(account, "organization", event.organization),
        Begins(account, "joined method", event.method),
        Begins(account, "parent", roots[event.organization]),
        Begins(account, "state", "ACTIVE"),
        *([Begins(account, "email", event.email)] if event.email else []),
        *([Begins(account, "name", event.name)] if event.name else []),
    )


def on_account_departed(event: AccountDeparted, roots: Roots) -> Changes:
    return (Ends(event.account, OF_MEMBERS),)


def on_account_moved(event: AccountMoved, roots: Roots) -> Changes:
    return (Begins(event.account, "parent", event.destination),)


def on_closure_requested(event: AccountClosureRequested, roots: Roots) -> Changes:
    return (Begins(event.account, "state", "PENDING_CLOSURE"),)


def on_account_closed(event: AccountClosed, roots: Roots) -> Changes:
    return (Begins(event.account, "state", "CLOSED"),)


def on_account_reinstated(event: AccountReinstated, roots: Roots) -> Changes:
    return (Begins(event.account, "state", "ACTIVE"),)


def on_unit_created(event: OrganizationalUnitCreated, roots: Roots) -> Changes:
    return (
        Introduces(event.unit, event.organization),
        Begins(event.unit, "parent", event.parent),
        Begins(event.unit, "name", event.name),
    )


def on_unit_renamed(event: OrganizationalUnitRenamed, roots: Roots) -> Changes:
    return (Begins(event.unit, "name", event.name),)


def on_unit_deleted(event: OrganizationalUnitDeleted, roots: Roots) -> Changes:
    return (Ends(event.unit),)


def on_tagged(event: ResourceTagged, roots: Roots) -> Changes:
    return [Begins(event.resource, TAG, tag.value, tag.key) for tag in event.tags]


def on_untagged(event: ResourceUntagged, roots: Roots) -> Changes:
    return [Ends(event.resource, (TAG,), key) for key in event.keys]


def on_handshake_requested(event: HandshakeRequested, roots: Roots) -> Changes:
    details: Details = {
        "Action": event.action,
        "ParentHandshakeId": event.parent,
        "Notes": event.notes,
        "ExpirationTimestamp": event.expires_at,
    }
    state = "REQUESTED" if event.action is Action.ENABLE_ALL_FEATURES else "OPEN"
    new = Introduces(event.handshake, event.organization, details, event.party)
    return new, Begins(event.handshake, "state", state)


def on_handshake_opened(event: HandshakeOpened, roots: Roots) -> Changes:
    return (Begins(event.handshake, "state", "OPEN"),)


def on_handshake_accepted(event: HandshakeAccepted, roots: Roots) -> Changes:
    accepted = Begins(event.handshake, "state", "ACCEPTED")
    return (accepted, Begins(event.handshake, "account", event.account)) if event.account else (accepted,)


def on_handshake_declined(event: HandshakeDeclined, roots: Roots) -> Changes:
    return (Begins(event.handshake, "state", "DECLINED"),)


def on_handshake_canceled(event: HandshakeCanceled, roots: Roots) -> Changes:
    return (Begins(event.handshake, "state", "CANCELED"),)


def on_handshake_expired(event: HandshakeExpired, roots: Roots) -> Changes:
    return (Begins(event.handshake, "state", "EXPIRED"),)


def on_handshake_purged(event: HandshakePurged, roots: Roots) -> Changes:
    return (Ends(event.handshake),)


def on_type_enabled(event: PolicyTypeEnabled, roots: Roots) -> Changes:
    return (Begins(event.organization, "policy type", "ENABLED", event.policy_type),)


def on_type_disabled(event: PolicyTypeDisabled, roots: Roots) -> Changes:
    default = POLICY_TYPES[event.policy_type].default_policy
    return (
        Ends(event.organization, ("policy type",), event.policy_type),
        AttachmentsEnd(event.organization, event.policy_type, default),
    )


def on_policy_created(event: PolicyCreated, roots: Roots) -> Changes:
    return (
        Introduces(event.policy, event.organization, {"Type": event.policy_type}),
        Begins(event.policy, "name", event.name),
        Begins(event.policy, "description", event.description),
        Begins(event.policy, "content", event.content),
    )


def on_policy_updated(event: PolicyUpdated, roots: Roots) -> Changes:
    changed = {"name": event.name, "description": event.description, "content": event.content}
    return [Begins(event.policy, attribute, value) for attribute, value in changed.items() if value is not None]


def on_policy_deleted(event: PolicyDeleted, roots: Roots) -> Changes:
    return (Ends(event.policy),)


def on_attached(event: PolicyAttached, roots: Roots) -> Changes:
    if event.policy in MANAGED_POLICIES:
        return (Ends(event.target, (WITHOUT_DEFAULT,), event.policy),)
    return (Begins(event.target, ATTACHED, event.organization, event.policy),)


def on_detached(event: PolicyDetached, roots: Roots) -> Changes:
    if event.policy in MANAGED_POLICIES:
        return (Begins(event.target, WITHOUT_DEFAULT, event.organization, event.policy),)
    return (Ends(event.target, (ATTACHED,), event.policy),)


def on_service_enabled(event: ServiceAccessEnabled, roots: Roots) -> Changes:
    return (Begins(event.organization, "trusted service", "ENABLED", event.service),)


def on_service_disabled(event: ServiceAccessDisabled, roots: Roots) -> Changes:
    return (Ends(event.organization, ("trusted service",), event.service),)


def on_registered(event: DelegatedAdministratorRegistered, roots: Roots) -> Changes:
    return (Begins(event.account, "delegated service", event.organization, event.service),)


def on_deregistered(event: DelegatedAdministratorDeregistered, roots: Roots) -> Changes:
    return (Ends(event.account, ("delegated service",), event.service),)


def on_resource_policy_put(event: ResourcePolicyPut, roots: Roots) -> Changes:
    return (
        Introduces(event.resource_policy, event.organization),
        Begins(event.resource_policy, "content", event.content),
    )


def on_resource_policy_deleted(event: ResourcePolicyDeleted, roots: Roots) -> Changes:
    return (Ends(event.resource_policy),)


def on_transfer_requested(event: ResponsibilityTransferRequested, roots: Roots) -> Changes:
    details: Details = {"HandshakeId": event.handshake, "StartTimestamp": event.starts_at}
    return (
        Introduces(event.transfer, event.organization, details, event.party),
        Begins(event.transfer, "state", "REQUESTED"),
        Begins(event.transfer, "name", event.name),
    )


def on_transfer_accepted(event: ResponsibilityTransferAccepted, roots: Roots) -> Changes:
    return (
        Begins(event.transfer, "state", "ACCEPTED"),
        Begins(event.transfer, "source organization", event.source_organization),
        Begins(event.transfer, "source account", event.source_account),
    )


def on_transfer_ended(event: ResponsibilityTransferEnded, roots: Roots) -> Changes:
    return (Begins(event.transfer, "state", event.status),)


def on_transfer_purged(event: ResponsibilityTransferPurged, roots: Roots) -> Changes:
    return (Ends(event.transfer),)


def on_transfer_renamed(event: ResponsibilityTransferRenamed, roots: Roots) -> Changes:
    return (Begins(event.transfer, "name", event.name),)


def on_transfer_withdrawn(event: ResponsibilityTransferWithdrawn, roots: Roots) -> Changes:
    return Begins(event.transfer, "state", "WITHDRAWN"), Begins(event.transfer, "ends at", str(event.ends_at))


HANDLERS: dict[type[Any], Callable[[Any, Roots], Changes]] = {
    OrganizationCreated: on_organization_created,
    OrganizationDeleted: on_organization_deleted,
    RootIdentified: on_root_identified,
    FeatureSetChanged: on_feature_set_changed,
    PartitionAssigned: on_partition_assigned,
    AccountDescribed: on_account_described,
    AccountCreationRequested: on_creation_requested,
    AccountCreationSucceeded: on_creation_succeeded,
    AccountCreationFailed: on_creation_failed,
    AccountJoined: on_account_joined,
    AccountDeparted: on_account_departed,
    AccountMoved: on_account_moved,
    AccountClosureRequested: on_closure_requested,
    AccountClosed: on_account_closed,
    AccountReinstated: on_account_reinstated,
    OrganizationalUnitCreated: on_unit_created,
    OrganizationalUnitRenamed: on_unit_renamed,
    OrganizationalUnitDeleted: on_unit_deleted,
    ResourceTagged: on_tagged,
    ResourceUntagged: on_untagged,
    HandshakeRequested: on_handshake_requested,
    HandshakeOpened: on_handshake_opened,
    HandshakeAccepted: on_handshake_accepted,
    HandshakeDeclined: on_handshake_declined,
    HandshakeCanceled: on_handshake_canceled,
    HandshakeExpired: on_handshake_expired,
    HandshakePurged: on_handshake_purged,
    PolicyTypeEnabled: on_type_enabled,
    PolicyTypeDisabled: on_type_disabled,
    PolicyCreated: on_policy_created,
    PolicyUpdated: on_policy_updated,
    PolicyDeleted: on_policy_deleted,
    PolicyAttached: on_attached,
    PolicyDetached: on_detached,
    ServiceAccessEnabled: on_service_enabled,
    ServiceAccessDisabled: on_service_disabled,
    DelegatedAdministratorRegistered: on_registered,
    DelegatedAdministratorDeregistered: on_deregistered,
    ResourcePolicyPut: on_resource_policy_put,
    ResourcePolicyDeleted: on_resource_policy_deleted,
    ResponsibilityTransferRequested: on_transfer_requested,
    ResponsibilityTransferAccepted: on_transfer_accepted,
    ResponsibilityTransferEnded: on_transfer_ended,
    ResponsibilityTransferPurged: on_transfer_purged,
    ResponsibilityTransferRenamed: on_transfer_renamed,
    ResponsibilityTransferWithdrawn: on_transfer_withdrawn,
}

NOT_FOLDED: dict[type[Any], str] = {
    WorldCreated: "the seed and the settings of the simulation are about no organization",
    TimeAdvanced: "time passed; its call tells when",
    EffectivePoliciesOutdated: "when answers show a change, which is a fact of its own",
    EffectivePoliciesPublished: "when answers show a change, which is a fact of its own",
    FaultScripted: "what goes wrong on purpose is about calls, not about an organization",
    FaultCleared: "what goes wrong on purpose is about calls, not about an organization",
    FaultInjected: "what goes wrong on purpose is about calls, not about an organization",
    FaultPassedOver: "what goes wrong on purpose is about calls, not about an organization",
    CallRecorded: "the call changed nothing; the table of calls has it",
    DumpTaken: "the events of the same command say what it showed; the table of calls has it",
    RecordTaken: "the events that follow say what the record says; the table of calls has it",
}
"""Event types that change no fact, and why."""


def facts_of(event: Event, roots: Roots) -> Changes:
    """What an event changes about temporal facts, in order; empty for the types in ``NOT_FOLDED``.

    Args:
        event: a fact of the log.
        roots: the root of each organization that was created before.
    """
    handler = HANDLERS.get(type(event))
    return handler(event, roots) if handler else ()
