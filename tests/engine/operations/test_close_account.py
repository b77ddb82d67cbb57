"""CloseAccount (docs/aws.md 4.4)."""

import pytest
from support.given import FOUNDER, MEMBER, STRANGER, World

from orgsim.engine.errors import (
    AccessDeniedException,
    AccountAlreadyClosedException,
    AccountNotFoundException,
    AWSOrganizationsNotInUseException,
    ConstraintViolationException,
)
from orgsim.engine.events import AccountClosed, AccountClosureRequested, AccountDeparted
from orgsim.engine.operations import close_account, remove_account_from_organization
from orgsim.engine.settings import SECOND, Quotas
from orgsim.engine.words import DepartureMethod, FeatureSet


def with_member(**settings: object) -> World:
    """A world whose organization has all features and one invited member."""
    world = World(**settings)
    world.founded(feature_set=FeatureSet.ALL)
    world.joined(MEMBER)
    return world


def members(world: World, number: int) -> list[str]:
    """Add this many members to the organization."""
    return [world.joined(f"{index:012}") for index in range(number)]


def test_refusals_come_in_order() -> None:
    """Caller, account, management account and feature set are looked at in this order."""
    world = World()
    request = close_account.Request(MEMBER)
    world.refuses(request, FOUNDER, AWSOrganizationsNotInUseException)
    world.founded()
    world.joined(MEMBER)
    world.refuses(request, MEMBER, AccessDeniedException)
    world.refuses(close_account.Request(STRANGER), FOUNDER, AccountNotFoundException)
    own = close_account.Request(FOUNDER)
    world.refuses(own, FOUNDER, ConstraintViolationException, "CANNOT_CLOSE_MANAGEMENT_ACCOUNT")
    world.refuses(request, FOUNDER, ConstraintViolationException, "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE")


def test_closed_by_the_next_request() -> None:
    """Without latency the account is closed before anything else happens, and cannot be closed again."""
    world = with_member()
    organization = world.organization_of(FOUNDER)
    assert world.do(close_account.Request(MEMBER), FOUNDER) == [
        AccountClosureRequested(organization.id, MEMBER, world.now)
    ]
    assert list(organization.closures.pending) == [MEMBER]
    world.refuses(close_account.Request(MEMBER), FOUNDER, AccountAlreadyClosedException)
    assert (organization.closures.pending, organization.closures.closed) == ({}, {MEMBER: world.now})


def test_closing_takes_minutes() -> None:
    """With realistic latency the closure is pending for ten to eleven minutes, and refused a second time meanwhile."""
    world = with_member(latency="realistic")
    (requested,) = world.do(close_account.Request(MEMBER), FOUNDER)
    assert 600 * SECOND <= requested.finishes_at - world.now <= 660 * SECOND
    world.refuses(close_account.Request(MEMBER), FOUNDER, AccountAlreadyClosedException)
    assert world.advance(minutes=11) == [AccountClosed(requested.organization, MEMBER)]


def test_three_at_a_time() -> None:
    """A fourth closure has to wait until one of three is through."""
    world = with_member(latency="realistic")
    for account in members(world, 3):
        world.do(close_account.Request(account), FOUNDER)
    limit = "CLOSE_ACCOUNT_REQUESTS_LIMIT_EXCEEDED"
    world.refuses(close_account.Request(MEMBER), FOUNDER, ConstraintViolationException, limit)
    world.advance(minutes=11)
    assert world.do(close_account.Request(MEMBER), FOUNDER)


def test_quota_of_thirty_days() -> None:
    """The quota counts closures of thirty rolling days."""
    world = with_member(quotas=Quotas(account_closures_per_30_days=1))
    (other,) = members(world, 1)
    world.do(close_account.Request(other), FOUNDER)
    limit = "CLOSE_ACCOUNT_QUOTA_EXCEEDED"
    world.advance(days=29, hours=23)
    world.refuses(close_account.Request(MEMBER), FOUNDER, ConstraintViolationException, limit)
    world.advance(hours=1)
    assert world.do(close_account.Request(MEMBER), FOUNDER)


@pytest.mark.parametrize(
    ("accounts", "allowed"), [(300, 250), (1_250, 250), (1_500, 300), (5_000, 1_000), (9_000, 1_000)]
)
def test_quota_grows_with_the_organization(accounts: int, allowed: int) -> None:
    """A fifth of the accounts may be closed, at least 250 and at most 1,000."""
    world = with_member()
    organization = world.organization_of(FOUNDER)
    record = organization.members[MEMBER]
    organization.members.update({f"{index:012}": record for index in range(accounts - 2)})
    organization.closures.recent.extend([world.now] * (allowed - 1))
    world.do(close_account.Request(MEMBER), FOUNDER)
    another = close_account.Request("000000000000")
    world.refuses(another, FOUNDER, ConstraintViolationException, "CLOSE_ACCOUNT_QUOTA_EXCEEDED")


def test_closed_accounts_stay_for_ninety_days() -> None:
    """A closed account cannot be removed, counts as a member, and departs for good after ninety days."""
    world = with_member()
    world.do(close_account.Request(MEMBER), FOUNDER)
    world.advance(days=89)
    stays = "ACCOUNT_CANNOT_LEAVE_ORGANIZATION"
    remove = remove_account_from_organization.Request(MEMBER)
    world.refuses(remove, FOUNDER, ConstraintViolationException, stays)
    organization = world.organization_of(FOUNDER)
    assert MEMBER in organization.members
    assert world.advance(days=1)[-1:] == [AccountDeparted(organization.id, MEMBER, DepartureMethod.CLEANED)]
    assert (MEMBER in organization.members, organization.closures.closed) == (False, {})


def test_reply_is_empty() -> None:
    """AWS answers with nothing."""
    assert with_member().reply(close_account.Request(MEMBER), FOUNDER) == {}
