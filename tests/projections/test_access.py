import json
from datetime import UTC, datetime
from typing import Any

import pytest
from support.given import FOUNDER, MEMBER, OTHER, RIVAL, STRANGER
from support.projection_world import WatchedWorld

from orgsim.engine.authorization.services import SERVICES
from orgsim.engine.errors import (
    AccessDeniedException,
    AccountNotFoundException,
    AccountNotRegisteredException,
    AWSOrganizationsNotInUseException,
    InvalidInputException,
    ResourcePolicyNotFoundException,
)
from orgsim.engine.events import AccountClosed, AccountClosureRequested
from orgsim.engine.words import FeatureSet

SSO, CONFIG, HEALTH, RAM = (f"{name}.amazonaws.com" for name in ("sso", "config", "health", "ram"))
SERVICE_ACCESS = "ListAWSServiceAccessForOrganization"
ADMINISTRATORS = "ListDelegatedAdministrators"
DELEGATED_SERVICES = "ListDelegatedServicesForAccount"
ENABLED, DELEGATED = "EnabledServicePrincipals", "DelegatedAdministrators"


def settled() -> WatchedWorld:
    """An organization with two members, and another one with nobody in it."""
    world = WatchedWorld()
    world.founded(FOUNDER, FeatureSet.ALL)
    world.joined(MEMBER)
    world.joined(OTHER)
    world.founded(RIVAL, FeatureSet.ALL)
    return world


def trust(world: WatchedWorld, *services: str, account: str = FOUNDER) -> None:
    """Give services access."""
    for service in services:
        world.call("EnableAWSServiceAccess", account, ServicePrincipal=service)


def register(world: WatchedWorld, account: str, *services: str) -> None:
    """Have a member administer services, trusted from then on at the latest."""
    trust(world, *services)
    for service in services:
        world.call("RegisterDelegatedAdministrator", FOUNDER, AccountId=account, ServicePrincipal=service)


def grant(world: WatchedWorld, *operations: str, resource: str = "*") -> str:
    """Let MEMBER do what it names, and give the policy back."""
    actions = [f"organizations:{operation}" for operation in operations]
    statement = {"Effect": "Allow", "Principal": {"AWS": MEMBER}, "Action": actions, "Resource": resource}
    content = json.dumps({"Statement": [statement]})
    world.call("PutResourcePolicy", FOUNDER, Content=content)
    return content


def today(world: WatchedWorld) -> datetime:
    """Return the time of the world's clock."""
    return datetime.fromtimestamp(world.now / 1_000_000, UTC)


def ids(answer: dict[str, Any]) -> list[str]:
    """The accounts of a list of administrators."""
    return [administrator["Id"] for administrator in answer[DELEGATED]]


# Trusted services.


def test_services() -> None:
    """Trusted services are listed in the order of the alphabet, each with the date since when it is."""
    world = settled()
    assert world.ask(SERVICE_ACCESS, FOUNDER) == {ENABLED: []}
    trust(world, SSO)
    first = today(world)
    world.advance(days=1)
    trust(world, SSO, CONFIG)
    assert world.ask(SERVICE_ACCESS, FOUNDER) == {
        ENABLED: [
            {"ServicePrincipal": CONFIG, "DateEnabled": today(world)},
            {"ServicePrincipal": SSO, "DateEnabled": first},
        ]
    }
    world.call("DisableAWSServiceAccess", FOUNDER, ServicePrincipal=CONFIG)
    assert world.ask(SERVICE_ACCESS, FOUNDER) == {ENABLED: [{"ServicePrincipal": SSO, "DateEnabled": first}]}
    assert world.ask(SERVICE_ACCESS, RIVAL) == {ENABLED: []}


def test_pages_of_services() -> None:
    """All known services come on pages of twenty, or of the size that is wished for."""
    world = settled()
    trust(world, *reversed(SERVICES))
    pages = world.pages(SERVICE_ACCESS, FOUNDER, ENABLED)
    assert [len(page) for page in pages] == [20, 20, len(SERVICES) - 40]
    assert [row["ServicePrincipal"] for page in pages for row in page] == sorted(SERVICES)
    assert len(world.pages(SERVICE_ACCESS, FOUNDER, ENABLED, MaxResults=7)[0]) == 7


def test_services_between_two_pages() -> None:
    """Rows that come or go between two pages move no others, and a token is valid for its organization only."""
    world = settled()
    trust(world, CONFIG, HEALTH, SSO)
    trust(world, CONFIG, SSO, account=RIVAL)
    token = world.ask(SERVICE_ACCESS, FOUNDER, MaxResults=2)["NextToken"]
    world.call("DisableAWSServiceAccess", FOUNDER, ServicePrincipal=HEALTH)
    world.call("EnableAWSServiceAccess", FOUNDER, ServicePrincipal="account.amazonaws.com")
    rest = world.ask(SERVICE_ACCESS, FOUNDER, NextToken=token)
    assert [row["ServicePrincipal"] for row in rest[ENABLED]] == [SSO]
    world.denies(SERVICE_ACCESS, RIVAL, InvalidInputException, "INVALID_NEXT_TOKEN", NextToken=token)


# Delegated administrators.


def test_administrators() -> None:
    """An administrator is shown as the account it is, with the date of its first registration."""
    world = settled()
    assert world.ask(ADMINISTRATORS, FOUNDER) == {DELEGATED: []}
    joined = today(world)
    world.advance(days=1)
    register(world, OTHER, SSO)
    first = today(world)
    world.advance(days=1)
    register(world, OTHER, CONFIG)
    register(world, MEMBER, CONFIG)
    account = world.ask("DescribeAccount", FOUNDER, AccountId=OTHER)["Account"]
    del account["Paths"]
    assert account["JoinedTimestamp"] == joined
    answer = world.ask(ADMINISTRATORS, FOUNDER)
    assert ids(answer) == [MEMBER, OTHER]
    assert answer[DELEGATED][1] == account | {"DelegationEnabledDate": first}
    assert answer[DELEGATED][0]["DelegationEnabledDate"] == today(world)


def test_administrators_of_a_service() -> None:
    """The list can be of one service; the dates stay those of the first registrations."""
    world = settled()
    register(world, MEMBER, SSO)
    first = today(world)
    world.advance(days=1)
    register(world, MEMBER, CONFIG)
    register(world, OTHER, CONFIG)
    assert ids(world.ask(ADMINISTRATORS, FOUNDER, ServicePrincipal=SSO)) == [MEMBER]
    answer = world.ask(ADMINISTRATORS, FOUNDER, ServicePrincipal=CONFIG)
    assert ids(answer) == [MEMBER, OTHER]
    assert [row["DelegationEnabledDate"] for row in answer[DELEGATED]] == [first, today(world)]
    assert ids(world.ask(ADMINISTRATORS, FOUNDER, ServicePrincipal=HEALTH)) == []
    assert ids(world.ask(ADMINISTRATORS, RIVAL, ServicePrincipal=CONFIG)) == []


@pytest.mark.parametrize("service", [RAM, "nothing.amazonaws.com"])
def test_administrators_of_no_service(service: str) -> None:
    """A service that can have none is not recognized."""
    reason = "UNRECOGNIZED_SERVICE_PRINCIPAL"
    settled().denies(ADMINISTRATORS, FOUNDER, InvalidInputException, reason, ServicePrincipal=service)


def test_deregistered() -> None:
    """With its first service goes that date; with its last service the administrator."""
    world = settled()
    register(world, MEMBER, SSO)
    world.advance(days=1)
    register(world, MEMBER, CONFIG)
    world.call("DeregisterDelegatedAdministrator", FOUNDER, AccountId=MEMBER, ServicePrincipal=SSO)
    [administrator] = world.ask(ADMINISTRATORS, FOUNDER)[DELEGATED]
    assert administrator["DelegationEnabledDate"] == today(world)
    world.call("DeregisterDelegatedAdministrator", FOUNDER, AccountId=MEMBER, ServicePrincipal=CONFIG)
    assert world.ask(ADMINISTRATORS, FOUNDER) == {DELEGATED: []}


def test_closed_administrator() -> None:
    """An administrator that is closed is still one, and shown as closed."""
    world = settled()
    register(world, MEMBER, SSO)
    found = world.organization_of(FOUNDER).id
    world.evolve(AccountClosureRequested(found, MEMBER, world.now + 1), AccountClosed(found, MEMBER))
    [administrator] = world.ask(ADMINISTRATORS, FOUNDER)[DELEGATED]
    assert (administrator["Status"], administrator["State"]) == ("SUSPENDED", "CLOSED")


def test_pages_of_administrators() -> None:
    """Administrators come in the order of joining, whoever was registered first; going and coming moves no others."""
    world = settled()
    joined = [MEMBER, OTHER, *(world.joined(f"{number:012}") for number in range(5))]
    for account in reversed(joined):
        register(world, account, CONFIG)
    pages = world.pages(ADMINISTRATORS, FOUNDER, DELEGATED, MaxResults=3, ServicePrincipal=CONFIG)
    assert [[row["Id"] for row in page] for page in pages] == [joined[:3], joined[3:6], joined[6:]]
    token = world.ask(ADMINISTRATORS, FOUNDER, MaxResults=3)["NextToken"]
    world.denies(
        ADMINISTRATORS, FOUNDER, InvalidInputException, "INVALID_NEXT_TOKEN", NextToken=token, ServicePrincipal=CONFIG
    )
    world.call("DeregisterDelegatedAdministrator", FOUNDER, AccountId=OTHER, ServicePrincipal=CONFIG)
    assert ids(world.ask(ADMINISTRATORS, FOUNDER, NextToken=token)) == joined[3:]


def test_services_of_an_administrator() -> None:
    """The services of an administrator are in the order of the alphabet, each with its own date."""
    world = settled()
    register(world, MEMBER, SSO)
    first = today(world)
    world.advance(days=1)
    register(world, MEMBER, CONFIG)
    register(world, OTHER, HEALTH)
    assert world.ask(DELEGATED_SERVICES, FOUNDER, AccountId=MEMBER) == {
        "DelegatedServices": [
            {"ServicePrincipal": CONFIG, "DelegationEnabledDate": today(world)},
            {"ServicePrincipal": SSO, "DelegationEnabledDate": first},
        ]
    }
    pages = world.pages(DELEGATED_SERVICES, FOUNDER, "DelegatedServices", AccountId=MEMBER, MaxResults=1)
    assert [[row["ServicePrincipal"] for row in page] for page in pages] == [[CONFIG], [SSO]]


def test_services_of_others() -> None:
    """Who administers nothing is no administrator, and who is no member is not found."""
    world = settled()
    for account in (FOUNDER, MEMBER):
        world.denies(DELEGATED_SERVICES, FOUNDER, AccountNotRegisteredException, AccountId=account)
    for account in (RIVAL, STRANGER):
        world.denies(DELEGATED_SERVICES, FOUNDER, AccountNotFoundException, AccountId=account)


# The resource policy.


def test_resource_policy() -> None:
    """The policy is described as it is stored, until it is deleted."""
    world = settled()
    world.denies("DescribeResourcePolicy", FOUNDER, ResourcePolicyNotFoundException)
    grant(world, "ListRoots")
    found = world.organization_of(FOUNDER)
    policy = found.access.resource_policy.id
    assert world.ask("DescribeResourcePolicy", FOUNDER) == {
        "ResourcePolicy": {
            "ResourcePolicySummary": {
                "Id": policy,
                "Arn": f"arn:aws:organizations::{FOUNDER}:resourcepolicy/{found.id}/{policy}",
            },
            "Content": '{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::'
            f'{MEMBER}:root"}},"Action":["organizations:ListRoots"],"Resource":"*"}}]}}',
        }
    }
    world.denies("DescribeResourcePolicy", RIVAL, ResourcePolicyNotFoundException)
    world.call("DeleteResourcePolicy", FOUNDER)
    world.denies("DescribeResourcePolicy", FOUNDER, ResourcePolicyNotFoundException)


# Who may ask.

QUESTIONS = {
    SERVICE_ACCESS: {},
    ADMINISTRATORS: {},
    DELEGATED_SERVICES: {"AccountId": OTHER},
    "DescribeResourcePolicy": {},
}


@pytest.mark.parametrize(("operation", "members"), QUESTIONS.items())
def test_who_may_ask(operation: str, members: dict[str, str]) -> None:
    """The management account, a delegated administrator of any service, and whoever is granted the very operation."""
    world = settled()
    register(world, OTHER, SSO)
    grant(world, *set(QUESTIONS) - {operation})
    expected = world.ask(operation, FOUNDER, **members)
    assert world.ask(operation, OTHER, **members) == expected
    world.denies(operation, MEMBER, AccessDeniedException, **members)
    world.denies(operation, STRANGER, AWSOrganizationsNotInUseException, **members)
    grant(world, operation)
    assert world.ask(operation, MEMBER, **members).keys() == expected.keys()


def test_grant_for_an_account() -> None:
    """A grant can be for some accounts only; beyond it, and about what is no member, the member is denied."""
    world = settled()
    register(world, OTHER, SSO)
    found = world.organization_of(FOUNDER).id
    arn = f"arn:aws:organizations::{FOUNDER}:account/{found}"
    grant(world, DELEGATED_SERVICES, resource=f"{arn}/{MEMBER}")
    world.denies(DELEGATED_SERVICES, MEMBER, AccessDeniedException, AccountId=OTHER)
    world.denies(DELEGATED_SERVICES, MEMBER, AccountNotRegisteredException, AccountId=MEMBER)
    grant(world, DELEGATED_SERVICES, resource=f"{arn}/*")
    assert world.ask(DELEGATED_SERVICES, MEMBER, AccountId=OTHER)
    for nobody in (RIVAL, STRANGER):
        world.denies(DELEGATED_SERVICES, MEMBER, AccessDeniedException, AccountId=nobody)


def test_consolidated_billing() -> None:
    """Without all features there is nothing to list."""
    world = WatchedWorld()
    world.founded()
    assert world.ask(SERVICE_ACCESS, FOUNDER) == {ENABLED: []}
    assert world.ask(ADMINISTRATORS, FOUNDER) == {DELEGATED: []}
    world.denies("DescribeResourcePolicy", FOUNDER, ResourcePolicyNotFoundException)


def test_after_the_end() -> None:
    """A new organization begins with nothing of what its management account's former one had."""
    world = settled()
    register(world, MEMBER, SSO)
    grant(world, "ListRoots")
    world.call("DeregisterDelegatedAdministrator", FOUNDER, AccountId=MEMBER, ServicePrincipal=SSO)
    for account in (MEMBER, OTHER):
        world.call("LeaveOrganization", account)
    world.call("DeleteOrganization", FOUNDER)
    world.founded(FOUNDER, FeatureSet.ALL)
    assert world.ask(SERVICE_ACCESS, FOUNDER) == {ENABLED: []}
    world.denies("DescribeResourcePolicy", FOUNDER, ResourcePolicyNotFoundException)
