import pytest
from support.given import FOUNDER, MEMBER, OTHER, RIVAL, STRANGER, World

from orgsim.engine.errors import (
    AWSOrganizationsNotInUseException,
    ConstraintViolationException,
    MasterCannotLeaveOrganizationException,
)
from orgsim.engine.events import AccountDeparted, HandshakeCanceled, HandshakeOpened
from orgsim.engine.operations import accept_handshake, cancel_handshake, decline_handshake
from orgsim.engine.operations.leave_organization import Request
from orgsim.engine.settings import Quotas
from orgsim.engine.state.handshake import HandshakeState
from orgsim.engine.words import Condition, DepartureMethod

REASONS = {
    Condition.PAYMENT_INSTRUMENT_MISSING: "MEMBER_ACCOUNT_PAYMENT_INSTRUMENT_REQUIRED",
    Condition.PHONE_UNVERIFIED: "ACCOUNT_CANNOT_LEAVE_WITHOUT_PHONE_VERIFICATION",
    Condition.EULA_UNSIGNED: "ACCOUNT_CANNOT_LEAVE_WITHOUT_EULA",
    Condition.PAYMENT_INSTRUMENT_INVALID: "INVALID_PAYMENT_INSTRUMENT",
    Condition.SUSPENDED: "ACCOUNT_CANNOT_LEAVE_ORGANIZATION",
}


def organization(**settings) -> World:
    world = World(**settings)
    world.founded()
    return world


# Refusals, in the order of the operation's head.


def test_caller() -> None:
    """A standalone account has nothing to leave, and a management account cannot leave, whatever else is amiss."""
    world = organization()
    for account in (STRANGER, FOUNDER):
        world.suffers(account, *Condition)
    world.refuses(Request(), STRANGER, AWSOrganizationsNotInUseException)
    world.refuses(Request(), FOUNDER, MasterCannotLeaveOrganizationException)


def test_order_of_refusals() -> None:
    """With everything amiss at once, each refusal hides those behind it; other conditions do not matter."""
    world = organization()
    account = world.created()
    world.suffers(account, *Condition)
    world.refuses(Request(), account, ConstraintViolationException, "WAIT_PERIOD_ACTIVE")
    world.advance(days=4)
    amiss = set(Condition)
    for condition, reason in REASONS.items():
        world.refuses(Request(), account, ConstraintViolationException, reason)
        amiss.remove(condition)
        world.suffers(account, *amiss)
    assert world.do(Request(), account)


@pytest.mark.parametrize("condition", Condition)
def test_conditions(condition: Condition) -> None:
    """Each condition that stands in the way has its own refusal, and any other is no obstacle."""
    world = organization()
    world.joined(MEMBER)
    world.suffers(MEMBER, condition)
    if condition in REASONS:
        world.refuses(Request(), MEMBER, ConstraintViolationException, REASONS[condition])
    else:
        assert world.do(Request(), MEMBER)


@pytest.mark.parametrize("days", [0, 4, 7])
def test_wait_period(days: int) -> None:
    """A created account has to wait for exactly as many days as the quota says, four by default."""
    world = organization(quotas=Quotas(created_account_minimum_age_days=days))
    account = world.created()
    if days:
        world.advance(days=days, microseconds=-1)
        world.refuses(Request(), account, ConstraintViolationException, "WAIT_PERIOD_ACTIVE")
        world.advance(microseconds=1)
    assert world.do(Request(), account)
    assert Quotas().created_account_minimum_age_days == 4


def test_no_wait_period_for_invited_accounts() -> None:
    """An invited account may leave at once, also one that was created elsewhere long ago."""
    world = organization()
    world.founded(RIVAL)
    account = world.created(sender=RIVAL)
    world.advance(days=4)
    world.joined(account)
    assert world.do(Request(), account)


# What happens.


def test_departure() -> None:
    """The member is a standalone account again, and the organization goes on without it."""
    world = organization()
    found = world.organization_of(FOUNDER)
    world.joined(MEMBER)
    world.advance(days=1)
    assert world.do(Request(), MEMBER) == [AccountDeparted(found.id, MEMBER, DepartureMethod.LEFT)]
    account = world.state.accounts[MEMBER]
    assert (account.organization, account.joined_method) == (None, None)
    assert account.membership_changed_at == world.now
    assert list(found.members) == [FOUNDER]
    world.refuses(Request(), MEMBER, AWSOrganizationsNotInUseException)


def test_reply() -> None:
    """The answer is empty."""
    world = organization()
    world.joined(MEMBER)
    assert world.reply(Request(), MEMBER) == {}


def test_created_account_keeps_its_address() -> None:
    """A created account that left is still the owner of its address."""
    world = organization()
    account = world.created("made@example.com")
    world.advance(days=4)
    world.do(Request(), account)
    assert world.state.owner_of("made@example.com") == account


def test_back_again() -> None:
    """Whoever left may be invited and join again."""
    world = organization()
    world.joined(MEMBER)
    world.do(Request(), MEMBER)
    assert world.joined(MEMBER) in world.organization_of(FOUNDER).members


# During a migration.


def migration() -> tuple[World, str, str, dict[str, str]]:
    world = organization()
    for account in (MEMBER, OTHER):
        world.joined(account)
    return world, world.organization_of(FOUNDER).id, *world.migrating()


def test_one_of_several_to_approve() -> None:
    """The approval of a member that leaves is canceled, and the parent waits for the others."""
    world, sender, parent, approvals = migration()
    assert world.do(Request(), MEMBER) == [
        HandshakeCanceled(sender, approvals[MEMBER]),
        AccountDeparted(sender, MEMBER, DepartureMethod.LEFT),
    ]
    assert world.organization_of(FOUNDER).migration.outstanding == {OTHER: approvals[OTHER]}
    assert world.state_of(parent) is HandshakeState.REQUESTED


def test_last_to_approve() -> None:
    """When the last member to approve leaves, the parent opens."""
    world, sender, parent, approvals = migration()
    world.do(accept_handshake.Request(approvals[OTHER]), OTHER)
    assert world.do(Request(), MEMBER) == [
        HandshakeCanceled(sender, approvals[MEMBER]),
        AccountDeparted(sender, MEMBER, DepartureMethod.LEFT),
        HandshakeOpened(sender, parent),
    ]
    assert world.state_of(parent) is HandshakeState.OPEN


@pytest.mark.parametrize(
    ("end", "caller"), [(decline_handshake, MEMBER), (cancel_handshake, FOUNDER)], ids=["declined", "canceled"]
)
def test_blocking_member(end, caller: str) -> None:
    """When the member whose approval was declined or canceled leaves, nothing blocks the parent any more."""
    world, sender, parent, approvals = migration()
    world.do(accept_handshake.Request(approvals[OTHER]), OTHER)
    world.do(end.Request(approvals[MEMBER]), caller)
    assert world.do(Request(), MEMBER) == [
        AccountDeparted(sender, MEMBER, DepartureMethod.LEFT),
        HandshakeOpened(sender, parent),
    ]


def test_member_that_approved() -> None:
    """A member that has approved leaves without a trace in the migration."""
    world, sender, parent, approvals = migration()
    world.do(accept_handshake.Request(approvals[MEMBER]), MEMBER)
    assert world.do(Request(), MEMBER) == [AccountDeparted(sender, MEMBER, DepartureMethod.LEFT)]
    assert world.state_of(approvals[MEMBER]) is HandshakeState.ACCEPTED
    assert world.state_of(parent) is HandshakeState.REQUESTED


def test_parent_open_already() -> None:
    """A parent that is open stays so when members leave, and is not opened twice."""
    world, sender, parent, approvals = migration()
    for account, approval in approvals.items():
        world.do(accept_handshake.Request(approval), account)
    assert world.do(Request(), MEMBER) == [AccountDeparted(sender, MEMBER, DepartureMethod.LEFT)]
    assert world.state_of(parent) is HandshakeState.OPEN


def test_back_during_the_migration() -> None:
    """A member that blocked, left and came back by invitation has consented to all features and is not asked."""
    world, _, parent, approvals = migration()
    world.do(decline_handshake.Request(approvals[MEMBER]), MEMBER)
    world.do(Request(), MEMBER)
    world.joined(MEMBER)
    world.do(accept_handshake.Request(approvals[OTHER]), OTHER)
    assert world.state_of(parent) is HandshakeState.OPEN
