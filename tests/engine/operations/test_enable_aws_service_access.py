import pytest
from support.given import FOUNDER, MEMBER, STRANGER, World

from orgsim.engine.authorization.services import SERVICES
from orgsim.engine.errors import (
    AccessDeniedException,
    AWSOrganizationsNotInUseException,
    ConstraintViolationException,
    InvalidInputException,
)
from orgsim.engine.events import FeatureSetChanged, ServiceAccessEnabled
from orgsim.engine.operation import read_request
from orgsim.engine.operations.enable_aws_service_access import Request
from orgsim.engine.words import FeatureSet

SSO, RAM = "sso.amazonaws.com", "ram.amazonaws.com"


def organization() -> World:
    world = World()
    world.founded(feature_set=FeatureSet.ALL)
    return world


# Refusals, in the order of the operation's head.


@pytest.mark.parametrize("service", [SSO, "nothing.amazonaws.com"])
def test_caller(service: str) -> None:
    """Only a management account may give access, and who is not hears of nothing else that is wrong."""
    world = World()
    world.founded()
    world.joined(MEMBER)
    world.refuses(Request(service), STRANGER, AWSOrganizationsNotInUseException)
    world.refuses(Request(service), MEMBER, AccessDeniedException)


@pytest.mark.parametrize("service", ["nothing.amazonaws.com", "sso", "SSO.amazonaws.com", "events.amazonaws.com"])
@pytest.mark.parametrize("feature_set", FeatureSet)
def test_unknown_service(service: str, feature_set: FeatureSet) -> None:
    """A principal that is no service with trusted access is not recognized, whatever the features."""
    world = World()
    world.founded(feature_set=feature_set)
    world.refuses(Request(service), FOUNDER, InvalidInputException, "UNRECOGNIZED_SERVICE_PRINCIPAL")


def test_consolidated_billing() -> None:
    """Without all features no service can be trusted; after the migration it can."""
    world = World()
    found = world.founded()
    reason = "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE"
    world.refuses(Request(SSO), FOUNDER, ConstraintViolationException, reason)
    world.evolve(FeatureSetChanged(found, FeatureSet.ALL))
    assert world.do(Request(SSO), FOUNDER)


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({}, "INPUT_REQUIRED:SERVICE_PRINCIPAL"),
        ({"ServicePrincipal": ""}, "MIN_LENGTH_EXCEEDED:SERVICE_PRINCIPAL"),
        ({"ServicePrincipal": "a" * 129}, "MAX_LENGTH_EXCEEDED:SERVICE_PRINCIPAL"),
        ({"ServicePrincipal": "sso/amazonaws"}, "INVALID_PATTERN:SERVICE_PRINCIPAL"),
        ({"ServicePrincipal": SSO + "\n"}, "INVALID_PATTERN:SERVICE_PRINCIPAL"),
    ],
)
def test_constraints(members: dict, reason: str) -> None:
    """The principal is required and well-formed."""
    with pytest.raises(InvalidInputException) as caught:
        read_request(Request, members)
    assert caught.value.reason == reason


# What happens.


@pytest.mark.parametrize("service", SERVICES)
def test_enabled(service: str) -> None:
    """Every known service can be trusted, from this moment on."""
    world = organization()
    found = world.organization_of(FOUNDER)
    assert world.do(Request(service), FOUNDER) == [ServiceAccessEnabled(found.id, service)]
    assert found.access.services == {service: world.now}


def test_twice() -> None:
    """Enabling again succeeds, changes nothing, and keeps the first date."""
    world = organization()
    world.do(Request(SSO), FOUNDER)
    first = world.now
    world.advance(days=1)
    assert world.do(Request(SSO), FOUNDER) == []
    assert world.do(Request(RAM), FOUNDER)
    assert world.organization_of(FOUNDER).access.services == {SSO: first, RAM: world.now}


def test_reply() -> None:
    """The answer is empty, the first time and again."""
    world = organization()
    assert world.reply(Request(SSO), FOUNDER) == {}
    assert world.reply(Request(SSO), FOUNDER) == {}
