"""CleanClosedAccount (section 4.4)."""

from given import FOUNDER, World

from orgsim.engine.errors import AccessDeniedException, OrganizationNotEmptyException
from orgsim.engine.events import AccountCreationFailed
from orgsim.engine.operations import accept_handshake, close_account, create_account, delete_organization
from orgsim.engine.words import FeatureSet


def cleaned() -> tuple[World, str]:
    """A world in which a created account was closed and is gone, and that account."""
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
    """An account that is gone cannot join any organization again."""
    world, account = cleaned()
    invitation = world.invited(account)
    world.refuses(accept_handshake.Request(invitation), account, AccessDeniedException)


def test_the_organization_can_be_deleted() -> None:
    """Nothing of it stands in the way any more."""
    world, _ = cleaned()
    assert world.do(delete_organization.Request(), FOUNDER)
    assert world.state.timers.appointments == []
