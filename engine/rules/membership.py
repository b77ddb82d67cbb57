"""Joining and leaving an organization: the checks and the events that all ways of doing it share.

Sources: docs/aws.md 2.2, 2.9 and 4.5. The order of the checks in each function is suggested there.
"""

from collections.abc import Collection

from ..errors import (
    AccessDeniedException,
    AccessDeniedForDependencyException,
    ConstraintViolationException,
    FinalizingOrganizationException,
    HandshakeConstraintViolationException,
)
from ..events import AccountDeparted, HandshakeCanceled, HandshakeOpened, OrganizationDeleted
from ..explaining import some, suffers, when
from ..operation import Events, Stamp
from ..settings import DAY, SECOND
from ..state import Account, Organization, State
from ..words import Condition, DepartureMethod, JoinedMethod, Partition
from .handshakes import is_open

# Aliases: accounts join by the million, and looking up a member of an enumeration takes longer than the check itself.
SUSPENDED, OTHER_SELLER, EMAIL_UNVERIFIED = (
    Condition.SUSPENDED,
    Condition.OTHER_SELLER_OF_RECORD,
    Condition.EMAIL_UNVERIFIED,
)
PAYMENT_MISSING, ROLE_DENIED = Condition.PAYMENT_INSTRUMENT_MISSING, Condition.SERVICE_LINKED_ROLE_DENIED

# Conditions that keep an account from being standalone, in the order in which they are checked (docs/aws.md 4.5).
LEAVE_REASONS = {
    Condition.PAYMENT_INSTRUMENT_MISSING: "MEMBER_ACCOUNT_PAYMENT_INSTRUMENT_REQUIRED",
    Condition.PHONE_UNVERIFIED: "ACCOUNT_CANNOT_LEAVE_WITHOUT_PHONE_VERIFICATION",
    Condition.EULA_UNSIGNED: "ACCOUNT_CANNOT_LEAVE_WITHOUT_EULA",
    Condition.PAYMENT_INSTRUMENT_INVALID: "INVALID_PAYMENT_INSTRUMENT",
}


def require_may_leave(account: Account, state: State, now: int) -> None:
    """Require that a member may leave, be removed, or move to another organization.

    Raises:
        ConstraintViolationException: ``CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG``, ``WAIT_PERIOD_ACTIVE``
            (created accounts only), a missing prerequisite of a standalone account, or
            ``ACCOUNT_CANNOT_LEAVE_ORGANIZATION`` for one that is suspended, closed or about to be [inferred].
    """
    assert account.organization is not None, "a member has an organization"
    organization = state.organizations[account.organization]
    if account.id in organization.access.administrators:
        raise ConstraintViolationException(
            "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG", explanation=_why_administrator(account.id, organization)
        )
    if account.joined_method is JoinedMethod.CREATED:
        minimum = state.settings.quotas.created_account_minimum_age_days * DAY
        assert account.membership_changed_at is not None, "a member has joined"
        created_at = account.membership_changed_at
        if now < created_at + minimum:
            raise ConstraintViolationException(
                "WAIT_PERIOD_ACTIVE",
                explanation=f"{account.id} was created on {when(created_at)}; "
                f"it may leave from {when(created_at + minimum)}",
            )
    if account.conditions:
        for condition, reason in LEAVE_REASONS.items():
            if condition in account.conditions:
                raise ConstraintViolationException(reason, explanation=suffers(account.id, condition))
        if SUSPENDED in account.conditions:
            raise ConstraintViolationException(
                "ACCOUNT_CANNOT_LEAVE_ORGANIZATION", explanation=suffers(account.id, SUSPENDED)
            )
    if account.id in organization.closures.pending or account.id in organization.closures.closed:
        raise ConstraintViolationException(
            "ACCOUNT_CANNOT_LEAVE_ORGANIZATION", explanation=why_closing(account.id, organization)
        )


def _why_administrator(account: str, organization: Organization) -> str:
    services = some(organization.access.administrators[account])
    return f"{account} is delegated administrator for {services}; it must be deregistered first"


def why_closing(account: str, organization: Organization) -> str:
    """Explain that a member is closed or about to be, and since when."""
    closures = organization.closures
    if account in closures.pending:
        return f"{account} has been PENDING_CLOSURE since {when(closures.pending[account])}; it must be active"
    return f"{account} was closed on {when(closures.closed[account])}; it must be active"


def why_member(account: str, organization: Organization) -> str:
    """Explain that an account is a member already, and since when."""
    joined_at = organization.members[account].membership_changed_at
    since = f" since {when(joined_at)}" if joined_at is not None else ""
    return f"{account} is a member of {organization.id}{since}; it must be outside"


def why_master_stays(organization: Organization) -> str:
    """Explain that a management account leaves its organization only by deleting it."""
    return (
        f"{organization.management_account} is the management account of {organization.id}, "
        "and can only delete it, once it is the last member"
    )


def departure_events(
    account: Account, organization: Organization, state: State, method: DepartureMethod, gone: Collection[str] = ()
) -> Events:
    """Build the events of a departure: an open approval is canceled, and the migration may be ready without it.

    Args:
        account: who departs.
        organization: of which it is a member.
        state: the current state.
        method: how it departs.
        gone: members that depart before it in the same command.
    """
    departed = AccountDeparted(organization.id, account.id, method)
    migration = organization.migration
    approval = migration.outstanding.get(account.id) if migration else None
    if migration is None or approval is None:
        return [departed]
    canceled = [HandshakeCanceled(organization.id, approval)] if is_open(state, approval) else []
    # Counted, not looked for: the first entry of a table from whose front thousands were taken is slow to reach.
    others = len(migration.outstanding) - 1 - sum(each in migration.outstanding for each in gone if each != account.id)
    ready = [HandshakeOpened(organization.id, migration.parent)] if not others else []
    return [*canceled, departed, *ready]


def deletion_events(organization: Organization) -> Events:
    """Build the events of the deletion of an organization without other members.

    Without other members there are no approvals: only invitations and the parent of a migration can be open.
    """
    parent = [organization.migration.parent] if organization.migration else []
    return [
        *(HandshakeCanceled(organization.id, handshake) for handshake in [*organization.invitations.values(), *parent]),
        AccountDeparted(organization.id, organization.management_account, DepartureMethod.LEFT),
        OrganizationDeleted(organization.id),
    ]


def require_may_join(organization: Organization, state: State, stamp: Stamp) -> None:
    """Require that the caller, which was invited, may become a member.

    Raises:
        AccessDeniedException: it is suspended [inferred].
        HandshakeConstraintViolationException: ``ORGANIZATION_FROM_DIFFERENT_SELLER_OF_RECORD``,
            ``MANAGEMENT_ACCOUNT_EMAIL_NOT_VERIFIED``, ``PAYMENT_INSTRUMENT_REQUIRED``,
            ``ORGANIZATION_MEMBERSHIP_CHANGE_RATE_LIMIT_EXCEEDED``, in this order.
        AccessDeniedForDependencyException: the service-linked role cannot be created.
    """
    account, now = stamp.account, stamp.now
    conditions = state.conditions_of(account)
    if SUSPENDED in conditions:
        raise AccessDeniedException(explanation=suffers(account, SUSPENDED))
    if OTHER_SELLER in conditions:
        raise HandshakeConstraintViolationException(
            "ORGANIZATION_FROM_DIFFERENT_SELLER_OF_RECORD", explanation=suffers(account, OTHER_SELLER)
        )
    require_partition(account, stamp.partition(state), organization)
    if EMAIL_UNVERIFIED in state.conditions_of(organization.management_account):
        raise HandshakeConstraintViolationException(
            "MANAGEMENT_ACCOUNT_EMAIL_NOT_VERIFIED",
            explanation=suffers(organization.management_account, EMAIL_UNVERIFIED),
        )
    if PAYMENT_MISSING in conditions:
        raise HandshakeConstraintViolationException(
            "PAYMENT_INSTRUMENT_REQUIRED", explanation=suffers(account, PAYMENT_MISSING)
        )
    interval = state.settings.membership_change_interval_seconds * SECOND
    record = state.accounts.get(account)
    changed_at = record.membership_changed_at if record else None
    if interval and changed_at is not None and now < changed_at + interval:
        raise HandshakeConstraintViolationException(
            "ORGANIZATION_MEMBERSHIP_CHANGE_RATE_LIMIT_EXCEEDED",
            explanation=f"{account} joined or departed on {when(changed_at)}; "
            f"it may join again from {when(changed_at + interval)}",
        )
    if ROLE_DENIED in conditions:
        raise AccessDeniedForDependencyException(
            "ACCESS_DENIED_DURING_CREATE_SERVICE_LINKED_ROLE", explanation=suffers(account, ROLE_DENIED)
        )


def require_partition(account: str, partition: Partition | None, organization: Organization) -> None:
    """Require that an account that is invited is in the organization's partition, or not known to be in any.

    Raises:
        HandshakeConstraintViolationException: ``ORGANIZATION_FROM_DIFFERENT_SELLER_OF_RECORD`` (docs/aws.md 1.3).
    """
    if partition not in (None, organization.partition):
        raise HandshakeConstraintViolationException(
            "ORGANIZATION_FROM_DIFFERENT_SELLER_OF_RECORD",
            explanation=f"{account} is in the partition {partition}, {organization.id} in {organization.partition}",
        )


def require_finalized(organization: Organization, state: State, now: int) -> None:
    """Require that an organization is old enough to grow, where the settings demand an age (docs/aws.md 13).

    Raises:
        FinalizingOrganizationException: it was created too recently.
    """
    grown_at = organization.created_at + state.settings.organization_finalization_seconds * SECOND
    if now < grown_at:
        raise FinalizingOrganizationException(
            explanation=f"{organization.id} was created on {when(organization.created_at)}; "
            f"it may grow from {when(grown_at)}"
        )
