import pytest
from support.given import FOUNDER, MEMBER, OTHER, RIVAL, STRANGER, World

from orgsim.engine.errors import (
    AccessDeniedException,
    AccountNotFoundException,
    AccountNotRegisteredException,
    AWSOrganizationsNotInUseException,
    InvalidInputException,
)
from orgsim.engine.events import DelegatedAdministratorDeregistered, ServiceAccessDisabled
from orgsim.engine.operation import read_request
from orgsim.engine.operations import (
    enable_aws_service_access,
    register_delegated_administrator,
)
from orgsim.engine.operations.deregister_delegated_administrator import Request
from orgsim.engine.words import FeatureSet

SSO, CONFIG, RAM = "sso.amazonaws.com", "config.amazonaws.com", "ram.amazonaws.com"


def organization() -> World:
    """An organization with a member that administers two services, and another that administers none."""
    world = World()
    world.founded(feature_set=FeatureSet.ALL)
    world.joined(MEMBER)
    world.joined(OTHER)
    for service in (SSO, CONFIG):
        world.do(enable_aws_service_access.Request(service), FOUNDER)
        world.do(register_delegated_administrator.Request(MEMBER, service), FOUNDER)
    return world


# Refusals, in the order of the operation's head.


@pytest.mark.parametrize("account", [STRANGER, FOUNDER, MEMBER])
def test_caller(account: str) -> None:
    """Only a management account may deregister anybody, an administrator not even itself."""
    world = organization()
    for service in (SSO, "nothing.amazonaws.com"):
        world.refuses(Request(account, service), STRANGER, AWSOrganizationsNotInUseException)
        world.refuses(Request(account, service), MEMBER, AccessDeniedException)


@pytest.mark.parametrize("account", [STRANGER, FOUNDER, MEMBER])
@pytest.mark.parametrize("service", [RAM, "nothing.amazonaws.com"], ids=["not delegable", "unknown"])
def test_unrecognized_service(service: str, account: str) -> None:
    """A service that can have no administrator is not recognized, whoever is to be deregistered."""
    reason = "UNRECOGNIZED_SERVICE_PRINCIPAL"
    organization().refuses(Request(account, service), FOUNDER, InvalidInputException, reason)


@pytest.mark.parametrize("account", [STRANGER, RIVAL])
def test_not_a_member(account: str) -> None:
    """An account outside the organization is not found."""
    world = organization()
    world.founded(RIVAL)
    world.refuses(Request(account, SSO), FOUNDER, AccountNotFoundException)


@pytest.mark.parametrize("account", [FOUNDER, OTHER])
def test_no_administrator(account: str) -> None:
    """An account that administers nothing cannot be deregistered, the management account included."""
    organization().refuses(Request(account, SSO), FOUNDER, AccountNotRegisteredException)


def test_administrator_of_another_service() -> None:
    """An administrator of other services cannot be deregistered for this one."""
    world = organization()
    world.refuses(Request(MEMBER, "health.amazonaws.com"), FOUNDER, AccountNotRegisteredException)


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"ServicePrincipal": SSO}, "INPUT_REQUIRED:ACCOUNT_ID"),
        ({"AccountId": MEMBER}, "INPUT_REQUIRED:SERVICE_PRINCIPAL"),
        ({"AccountId": "1", "ServicePrincipal": SSO}, "INVALID_PATTERN:ACCOUNT_ID"),
        ({"AccountId": MEMBER, "ServicePrincipal": "a b"}, "INVALID_PATTERN:SERVICE_PRINCIPAL"),
    ],
)
def test_constraints(members: dict, reason: str) -> None:
    """Both members are required and well-formed."""
    with pytest.raises(InvalidInputException) as caught:
        read_request(Request, members)
    assert caught.value.reason == reason


# What happens.


def test_one_of_two_services() -> None:
    """The member goes on administering its other service, and after the last it administers nothing."""
    world = organization()
    found = world.organization_of(FOUNDER)
    assert world.do(Request(MEMBER, SSO), FOUNDER) == [DelegatedAdministratorDeregistered(found.id, MEMBER, SSO)]
    assert found.access.administrators == {MEMBER: {CONFIG: world.now}}
    world.refuses(Request(MEMBER, SSO), FOUNDER, AccountNotRegisteredException)
    world.do(Request(MEMBER, CONFIG), FOUNDER)
    assert found.access.administrators == {}


def test_service_no_longer_trusted() -> None:
    """An administrator of a service that is no longer trusted, as in old logs, can be deregistered."""
    world = organization()
    world.evolve(ServiceAccessDisabled(world.organization_of(FOUNDER).id, SSO))
    assert world.do(Request(MEMBER, SSO), FOUNDER)


def test_room_for_the_next() -> None:
    """Where one administrator is allowed, another can follow."""
    world = organization()
    world.do(Request(MEMBER, SSO), FOUNDER)
    assert world.do(register_delegated_administrator.Request(OTHER, SSO), FOUNDER)


def test_reply() -> None:
    """The answer is empty."""
    assert organization().reply(Request(MEMBER, SSO), FOUNDER) == {}
