import pytest
from support.given import FOUNDER, MEMBER, OTHER, RIVAL, STRANGER, World

from orgsim.engine.errors import (
    AccessDeniedException,
    AccountNotFoundException,
    AWSOrganizationsNotInUseException,
    ConstraintViolationException,
    InvalidInputException,
    MasterCannotLeaveOrganizationException,
)
from orgsim.engine.events import AccountDeparted, HandshakeCanceled, HandshakeOpened
from orgsim.engine.operation import read_request
from orgsim.engine.operations import accept_handshake, decline_handshake
from orgsim.engine.operations.remove_account_from_organization import Request
from orgsim.engine.state.handshake import HandshakeState
from orgsim.engine.words import Condition, DepartureMethod

REASONS = {
    Condition.PAYMENT_INSTRUMENT_MISSING: "MEMBER_ACCOUNT_PAYMENT_INSTRUMENT_REQUIRED",
    Condition.PHONE_UNVERIFIED: "ACCOUNT_CANNOT_LEAVE_WITHOUT_PHONE_VERIFICATION",
    Condition.EULA_UNSIGNED: "ACCOUNT_CANNOT_LEAVE_WITHOUT_EULA",
    Condition.PAYMENT_INSTRUMENT_INVALID: "INVALID_PAYMENT_INSTRUMENT",
    Condition.SUSPENDED: "ACCOUNT_CANNOT_LEAVE_ORGANIZATION",
}


def organization() -> World:
    world = World()
    world.founded()
    return world


# Refusals, in the order of the operation's head.


@pytest.mark.parametrize("account", [STRANGER, FOUNDER, MEMBER, OTHER])
def test_caller(account: str) -> None:
    """Only a management account may remove anybody, and who is not hears of nothing else that is wrong."""
    world = organization()
    world.joined(MEMBER)
    world.joined(OTHER)
    world.suffers(account, *Condition)
    world.refuses(Request(account), STRANGER, AWSOrganizationsNotInUseException)
    world.refuses(Request(account), MEMBER, AccessDeniedException)


@pytest.mark.parametrize("account", [STRANGER, RIVAL, OTHER], ids=["stranger", "management", "member"])
def test_not_a_member(account: str) -> None:
    """An account outside the organization is not found, be it in another one or in none."""
    world = organization()
    world.founded(RIVAL)
    world.joined(OTHER, RIVAL)
    world.refuses(Request(account), FOUNDER, AccountNotFoundException)


def test_management_account() -> None:
    """The management account cannot remove itself, whatever else is amiss."""
    world = organization()
    world.suffers(FOUNDER, *Condition)
    world.refuses(Request(FOUNDER), FOUNDER, MasterCannotLeaveOrganizationException)


def test_order_of_refusals() -> None:
    """With everything amiss at once, each refusal hides those behind it; other conditions do not matter."""
    world = organization()
    account = world.created()
    world.suffers(account, *Condition)
    world.advance(days=4, microseconds=-1)
    world.refuses(Request(account), FOUNDER, ConstraintViolationException, "WAIT_PERIOD_ACTIVE")
    world.advance(microseconds=1)
    amiss = set(Condition)
    for condition, reason in REASONS.items():
        world.refuses(Request(account), FOUNDER, ConstraintViolationException, reason)
        amiss.remove(condition)
        world.suffers(account, *amiss)
    assert world.do(Request(account), FOUNDER)


@pytest.mark.parametrize("condition", Condition)
def test_conditions(condition: Condition) -> None:
    """Each condition that stands in the way has its own refusal, and any other is no obstacle."""
    world = organization()
    world.joined(MEMBER)
    world.suffers(MEMBER, condition)
    if condition in REASONS:
        world.refuses(Request(MEMBER), FOUNDER, ConstraintViolationException, REASONS[condition])
    else:
        assert world.do(Request(MEMBER), FOUNDER)


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({}, "INPUT_REQUIRED:ACCOUNT_ID"),
        ({"AccountId": "1"}, "INVALID_PATTERN:ACCOUNT_ID"),
        ({"AccountId": MEMBER + "\n"}, "INVALID_PATTERN:ACCOUNT_ID"),
    ],
)
def test_constraints(members: dict, reason: str) -> None:
    """The account's id is required and well-formed."""
    with pytest.raises(InvalidInputException) as caught:
        read_request(Request, members)
    assert caught.value.reason == reason


# What happens.


def test_departure() -> None:
    """The member is a standalone account again, removed by the management account."""
    world = organization()
    found = world.organization_of(FOUNDER)
    world.joined(MEMBER)
    assert world.do(Request(MEMBER), FOUNDER) == [AccountDeparted(found.id, MEMBER, DepartureMethod.REMOVED)]
    assert world.state.organization_of(MEMBER) is None
    assert list(found.members) == [FOUNDER]
    world.refuses(Request(MEMBER), FOUNDER, AccountNotFoundException)


def test_reply() -> None:
    """The answer is empty."""
    world = organization()
    world.joined(MEMBER)
    assert world.reply(Request(MEMBER), FOUNDER) == {}


def test_last_to_approve() -> None:
    """The pending approval of a removed member is canceled, and the parent opens if it was the last."""
    world = organization()
    for account in (MEMBER, OTHER):
        world.joined(account)
    sender = world.organization_of(FOUNDER).id
    parent, approvals = world.migrating()
    assert world.do(Request(MEMBER), FOUNDER) == [
        HandshakeCanceled(sender, approvals[MEMBER]),
        AccountDeparted(sender, MEMBER, DepartureMethod.REMOVED),
    ]
    assert world.state_of(parent) is HandshakeState.REQUESTED
    assert world.do(Request(OTHER), FOUNDER) == [
        HandshakeCanceled(sender, approvals[OTHER]),
        AccountDeparted(sender, OTHER, DepartureMethod.REMOVED),
        HandshakeOpened(sender, parent),
    ]
    assert world.do(accept_handshake.Request(parent), FOUNDER)


def test_member_that_declined() -> None:
    """To remove the member that declined lets the migration go on; its decline stays on record."""
    world = organization()
    world.joined(MEMBER)
    sender = world.organization_of(FOUNDER).id
    parent, approvals = world.migrating()
    world.do(decline_handshake.Request(approvals[MEMBER]), MEMBER)
    assert world.do(Request(MEMBER), FOUNDER) == [
        AccountDeparted(sender, MEMBER, DepartureMethod.REMOVED),
        HandshakeOpened(sender, parent),
    ]
    assert world.state_of(approvals[MEMBER]) is HandshakeState.DECLINED


def test_created_member_during_a_migration() -> None:
    """A member that was never asked is removed without a trace in the migration."""
    world = organization()
    account = world.created()
    world.joined(MEMBER)
    world.migrating()
    world.advance(days=4)
    assert len(world.do(Request(account), FOUNDER)) == 1
