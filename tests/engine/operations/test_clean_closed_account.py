"""CleanClosedAccount (docs/aws.md 4.4)."""

from support.given import FOUNDER, STRANGER, World, invite

from orgsim.engine.errors import (
    AccessDeniedException,
    ConstraintViolationException,
    HandshakeConstraintViolationException,
    OrganizationNotEmptyException,
)
from orgsim.engine.events import AccountCreationFailed
from orgsim.engine.operations import (
    accept_handshake,
    close_account,
    create_account,
    create_organization,
    delete_organization,
    describe_account_outside,
)
from orgsim.engine.settings import Quotas
from orgsim.engine.words import FeatureSet


def cleaned() -> tuple[World, str]:
    """A world in which a created account was closed and cleaned, and that account."""
    world = World()
    world.founded(feature_set=FeatureSet.ALL)
    account = world.created("gone@example.com")
    world.do(close_account.Request(account), FOUNDER)
    world.refuses(delete_organization.Request(), FOUNDER, OrganizationNotEmptyException)
    world.advance(days=90)
    return world, account


def test_the_address_stays_taken() -> None:
    """No other account can be made with the address of one that is gone."""
    world, _ = cleaned()
    world.do(create_account.Request("gone@example.com", "Again"), FOUNDER)
    world.advance(seconds=1)
    assert AccountCreationFailed in {type(envelope.event) for envelope in world.log}


def test_it_cannot_come_back() -> None:
    """An account that is gone can neither join nor found an organization, whatever is said about it."""
    world, account = cleaned()
    invitation = world.invited(account)
    world.do(describe_account_outside.Request(account, name="Somebody"))
    world.refuses(accept_handshake.Request(invitation), account, AccessDeniedException)
    world.refuses(create_organization.Request(), account, AccessDeniedException)


def test_it_goes_on_counting() -> None:
    """Accounts that are gone count against the account quota for ever, for creations and invitations."""
    world, _ = cleaned()
    world.rules_change(quotas=Quotas(accounts=2))
    full = "ACCOUNT_NUMBER_LIMIT_EXCEEDED"
    request = create_account.Request("new@example.com", "New")
    world.refuses(request, FOUNDER, ConstraintViolationException, full)
    world.refuses(invite(STRANGER), FOUNDER, HandshakeConstraintViolationException, full)
    world.rules_change(quotas=Quotas(accounts=3))
    assert world.do(request, FOUNDER)


def test_the_organization_can_be_deleted() -> None:
    """A cleaned account does not keep the organization from being deleted."""
    world, _ = cleaned()
    assert world.do(delete_organization.Request(), FOUNDER)
    assert world.state.timers.appointments == []
