import pytest
from support.given import FOUNDER, MEMBER, OTHER, RIVAL, STRANGER, World

from orgsim.engine.authorization.services import SERVICES
from orgsim.engine.errors import (
    AccessDeniedException,
    AccountAlreadyRegisteredException,
    AccountNotFoundException,
    AWSOrganizationsNotInUseException,
    ConstraintViolationException,
    InvalidInputException,
)
from orgsim.engine.events import AccountClosed, AccountClosureRequested, DelegatedAdministratorRegistered
from orgsim.engine.operation import read_request
from orgsim.engine.operations import enable_aws_service_access
from orgsim.engine.operations.register_delegated_administrator import AT_MOST, Request
from orgsim.engine.words import Condition, FeatureSet

SSO, CONFIG, CLOUDTRAIL, RAM = (f"{name}.amazonaws.com" for name in ("sso", "config", "cloudtrail", "ram"))


def organization(*services: str) -> World:
    """An organization that trusts some services, with two members."""
    world = World()
    world.founded(feature_set=FeatureSet.ALL)
    for service in services:
        world.do(enable_aws_service_access.Request(service), FOUNDER)
    world.joined(MEMBER)
    world.joined(OTHER)
    return world


# Refusals, in the order of the operation's head.


@pytest.mark.parametrize("account", [STRANGER, FOUNDER, MEMBER])
def test_caller(account: str) -> None:
    """Only a management account may register anybody, and who is not hears of nothing else that is wrong."""
    world = organization()
    for service in (SSO, "nothing.amazonaws.com"):
        world.refuses(Request(account, service), STRANGER, AWSOrganizationsNotInUseException)
        world.refuses(Request(account, service), MEMBER, AccessDeniedException)


@pytest.mark.parametrize("account", [STRANGER, FOUNDER, MEMBER])
@pytest.mark.parametrize("service", [RAM, "nothing.amazonaws.com"], ids=["not delegable", "unknown"])
def test_unrecognized_service(service: str, account: str) -> None:
    """A service without delegation is as little recognized as one that is unknown, whoever is to be registered."""
    world = organization(RAM)
    world.refuses(Request(account, service), FOUNDER, InvalidInputException, "UNRECOGNIZED_SERVICE_PRINCIPAL")


@pytest.mark.parametrize("account", [STRANGER, RIVAL])
def test_not_a_member(account: str) -> None:
    """An account outside the organization is not found, even while the service is not trusted."""
    world = organization()
    world.founded(RIVAL)
    world.refuses(Request(account, SSO), FOUNDER, AccountNotFoundException)


def test_order_of_refusals() -> None:
    """With everything amiss at once, each refusal hides those behind it."""
    world = organization()
    reason = "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR"
    world.suffers(FOUNDER, Condition.SUSPENDED)
    world.refuses(Request(FOUNDER, SSO), FOUNDER, ConstraintViolationException, reason)
    world.suffers(MEMBER, Condition.SUSPENDED)
    world.refuses(Request(MEMBER, SSO), FOUNDER, ConstraintViolationException, "SERVICE_ACCESS_NOT_ENABLED")
    world.do(enable_aws_service_access.Request(SSO), FOUNDER)
    world.suffers(MEMBER)
    world.do(Request(MEMBER, SSO), FOUNDER)
    world.suffers(MEMBER, Condition.SUSPENDED)
    suspended = "CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR"
    world.refuses(Request(MEMBER, SSO), FOUNDER, ConstraintViolationException, suspended)
    world.suffers(MEMBER)
    world.refuses(Request(MEMBER, SSO), FOUNDER, AccountAlreadyRegisteredException)


def test_consolidated_billing() -> None:
    """Without all features no service is trusted, so none can have an administrator."""
    world = World()
    world.founded()
    world.joined(MEMBER)
    world.refuses(Request(MEMBER, SSO), FOUNDER, ConstraintViolationException, "SERVICE_ACCESS_NOT_ENABLED")


@pytest.mark.parametrize("closed", [False, True])
def test_closed_account(closed: bool) -> None:
    """An account that is closed, or about to be, cannot be registered."""
    world = organization(SSO)
    found = world.organization_of(FOUNDER).id
    world.evolve(AccountClosureRequested(found, MEMBER, world.now + 1))
    if closed:
        world.evolve(AccountClosed(found, MEMBER))
    reason = "CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR"
    world.refuses(Request(MEMBER, SSO), FOUNDER, ConstraintViolationException, reason)
    assert world.do(Request(OTHER, SSO), FOUNDER)


@pytest.mark.parametrize("condition", sorted(set(Condition) - {Condition.SUSPENDED}))
def test_conditions_that_do_not_matter(condition: Condition) -> None:
    """No other condition of an account keeps it from being registered."""
    world = organization(SSO)
    world.suffers(MEMBER, condition)
    assert world.do(Request(MEMBER, SSO), FOUNDER)


@pytest.mark.parametrize("service", [service for service, most in AT_MOST.items() if most == 1])
def test_one_administrator(service: str) -> None:
    """A service that allows one administrator has no room for a second; another organization has its own."""
    world = organization(service)
    world.do(Request(MEMBER, service), FOUNDER)
    reason = "MAX_DELEGATED_ADMINISTRATORS_FOR_SERVICE_LIMIT_EXCEEDED"
    world.refuses(Request(OTHER, service), FOUNDER, ConstraintViolationException, reason)
    world.founded(RIVAL, FeatureSet.ALL)
    world.do(enable_aws_service_access.Request(service), RIVAL)
    world.joined(STRANGER, RIVAL)
    assert world.do(Request(STRANGER, service), RIVAL)


def test_a_few_administrators() -> None:
    """CloudTrail allows three administrators and no fourth; what they administer besides does not count."""
    world = organization(CLOUDTRAIL, CONFIG)
    accounts = [MEMBER, OTHER, world.joined("5" * 12), world.joined("6" * 12)]
    for account in accounts:
        world.do(Request(account, CONFIG), FOUNDER)
    for account in accounts[:3]:
        world.do(Request(account, CLOUDTRAIL), FOUNDER)
    reason = "MAX_DELEGATED_ADMINISTRATORS_FOR_SERVICE_LIMIT_EXCEEDED"
    world.refuses(Request(accounts[3], CLOUDTRAIL), FOUNDER, ConstraintViolationException, reason)


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


@pytest.mark.parametrize("service", [service for service, delegable in SERVICES.items() if delegable])
def test_registered(service: str) -> None:
    """Every service that supports delegation can have an administrator, from this moment on."""
    world = organization(service)
    found = world.organization_of(FOUNDER)
    assert world.do(Request(MEMBER, service), FOUNDER) == [DelegatedAdministratorRegistered(found.id, MEMBER, service)]
    assert found.access.administrators == {MEMBER: {service: world.now}}


def test_several_services() -> None:
    """An administrator of several services has a date for each."""
    world = organization(SSO, CONFIG)
    world.do(Request(MEMBER, SSO), FOUNDER)
    first = world.now
    world.advance(days=1)
    world.do(Request(MEMBER, CONFIG), FOUNDER)
    world.do(Request(OTHER, CONFIG), FOUNDER)
    assert world.organization_of(FOUNDER).access.administrators == {
        MEMBER: {SSO: first, CONFIG: world.now},
        OTHER: {CONFIG: world.now},
    }


def test_reply() -> None:
    """The answer is empty."""
    assert organization(SSO).reply(Request(MEMBER, SSO), FOUNDER) == {}
