import pytest
from support.given import FOUNDER, MEMBER, STRANGER, World

from orgsim.engine.errors import (
    AccessDeniedException,
    AWSOrganizationsNotInUseException,
    ConstraintViolationException,
    InvalidInputException,
)
from orgsim.engine.events import PolicyTypeDisabled, PolicyTypeEnabled, ServiceAccessDisabled, ServiceAccessEnabled
from orgsim.engine.operation import read_request
from orgsim.engine.operations import (
    deregister_delegated_administrator,
    enable_aws_service_access,
    register_delegated_administrator,
)
from orgsim.engine.operations.disable_aws_service_access import Request
from orgsim.engine.words import FeatureSet, PolicyType

SSO, SECURITY_HUB = "sso.amazonaws.com", "securityhub.amazonaws.com"


def organization(*services: str) -> World:
    world = World()
    world.founded(feature_set=FeatureSet.ALL)
    for service in services:
        world.do(enable_aws_service_access.Request(service), FOUNDER)
    return world


# Refusals, in the order of the operation's head.


@pytest.mark.parametrize("service", [SSO, "nothing.amazonaws.com"])
def test_caller(service: str) -> None:
    """Only a management account may take access away, and who is not hears of nothing else that is wrong."""
    world = organization(SSO)
    world.joined(MEMBER)
    world.refuses(Request(service), STRANGER, AWSOrganizationsNotInUseException)
    world.refuses(Request(service), MEMBER, AccessDeniedException)


def test_unknown_service() -> None:
    """A principal that is no service with trusted access is not recognized."""
    world = organization()
    reason = "UNRECOGNIZED_SERVICE_PRINCIPAL"
    world.refuses(Request("nothing.amazonaws.com"), FOUNDER, InvalidInputException, reason)


def test_policy_type_in_need_of_it() -> None:
    """A service stays while a policy type that depends on it is enabled; others may go."""
    world = organization(SSO, SECURITY_HUB)
    found = world.organization_of(FOUNDER).id
    world.evolve(PolicyTypeEnabled(found, PolicyType.SECURITYHUB_POLICY))
    reason = "POLICY_TYPE_ENABLED_FOR_THIS_SERVICE"
    world.refuses(Request(SECURITY_HUB), FOUNDER, ConstraintViolationException, reason)
    assert world.do(Request(SSO), FOUNDER)
    world.evolve(PolicyTypeDisabled(found, PolicyType.SECURITYHUB_POLICY))
    assert world.do(Request(SECURITY_HUB), FOUNDER)


def test_delegated_administrators() -> None:
    """A service stays while it has a delegated administrator (radkawar/stackd, docs/iam-root-access.md)."""
    world = organization(SSO, SECURITY_HUB)
    world.joined(MEMBER)
    world.do(register_delegated_administrator.Request(MEMBER, SSO), FOUNDER)
    reason = "DELEGATED_ADMINISTRATOR_EXISTS_FOR_THIS_SERVICE"
    world.refuses(Request(SSO), FOUNDER, ConstraintViolationException, reason)
    assert world.do(Request(SECURITY_HUB), FOUNDER)
    world.do(deregister_delegated_administrator.Request(MEMBER, SSO), FOUNDER)
    assert world.do(Request(SSO), FOUNDER)


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({}, "INPUT_REQUIRED:SERVICE_PRINCIPAL"),
        ({"ServicePrincipal": "a b"}, "INVALID_PATTERN:SERVICE_PRINCIPAL"),
    ],
)
def test_constraints(members: dict, reason: str) -> None:
    """The principal is required and well-formed."""
    with pytest.raises(InvalidInputException) as caught:
        read_request(Request, members)
    assert caught.value.reason == reason


# What happens.


def test_disabled() -> None:
    """The service is no longer trusted; trusted again, it has a new date."""
    world = organization(SSO, SECURITY_HUB)
    found = world.organization_of(FOUNDER)
    first = world.now
    world.advance(days=1)
    assert world.do(Request(SSO), FOUNDER) == [ServiceAccessDisabled(found.id, SSO)]
    assert found.access.services == {SECURITY_HUB: first}
    again = world.do(enable_aws_service_access.Request(SSO), FOUNDER)
    assert again == [ServiceAccessEnabled(found.id, SSO)]
    assert found.access.services == {SECURITY_HUB: first, SSO: world.now}


@pytest.mark.parametrize("feature_set", FeatureSet)
def test_not_enabled(feature_set: FeatureSet) -> None:
    """To disable what is not enabled succeeds and changes nothing."""
    world = World()
    world.founded(feature_set=feature_set)
    assert world.do(Request(SSO), FOUNDER) == []


def test_reply() -> None:
    """The answer is empty, whether there was something to disable or not."""
    world = organization(SSO)
    assert world.reply(Request(SSO), FOUNDER) == {}
    assert world.reply(Request(SSO), FOUNDER) == {}
