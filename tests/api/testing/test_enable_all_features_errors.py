"""Every exception that AWS documents for EnableAllFeatures, met by boto3 through ``client.exceptions``."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pytest
from botocore.config import Config

from orgsim.api import Quotas, Simulation

FOUNDER, MEMBER, OUTSIDER = "111111111111", "222222222222", "333333333333"

Situation = Callable[[Simulation], tuple[str, AbstractContextManager[object]]]
"""Brings a world into a state; returns who asks, and in which block."""


def consolidated(sim: Simulation) -> None:
    """Found an organization for consolidated billing with one member."""
    org, member = sim.sync.client(FOUNDER), sim.sync.client(MEMBER)
    org.create_organization(feature_set="CONSOLIDATED_BILLING")
    invitation = org.invite_account_to_organization(target={"Type": "ACCOUNT", "Id": MEMBER}).handshake
    member.accept_handshake(handshake_id=invitation.id)


def outside(sim: Simulation) -> tuple[str, AbstractContextManager[object]]:
    """An account that is in no organization asks."""
    return OUTSIDER, nullcontext()


def member(sim: Simulation) -> tuple[str, AbstractContextManager[object]]:
    """A member asks."""
    consolidated(sim)
    return MEMBER, nullcontext()


def all_features(sim: Simulation) -> tuple[str, AbstractContextManager[object]]:
    """The organization has all features."""
    sim.sync.client(FOUNDER).create_organization(feature_set="ALL")
    return FOUNDER, nullcontext()


def pending(sim: Simulation) -> tuple[str, AbstractContextManager[object]]:
    """A migration is under way."""
    consolidated(sim)
    sim.sync.client(FOUNDER).enable_all_features()
    return FOUNDER, nullcontext()


def too_large(sim: Simulation) -> tuple[str, AbstractContextManager[object]]:
    """The organization has more members than may migrate."""
    consolidated(sim)
    return FOUNDER, nullcontext()


def fault(make: Callable[[Simulation], AbstractContextManager[object]]) -> Situation:
    """A situation that no state of the world brings about."""

    def situation(sim: Simulation) -> tuple[str, AbstractContextManager[object]]:
        consolidated(sim)
        return FOUNDER, make(sim)

    return situation


OPERATION = "EnableAllFeatures"
SITUATIONS: list[tuple[str, Situation]] = [
    ("AWSOrganizationsNotInUseException", outside),
    ("AccessDeniedException", member),
    ("HandshakeConstraintViolationException", all_features),
    ("HandshakeConstraintViolationException", pending),
    ("ConstraintViolationException", too_large),
    ("ConcurrentModificationException", fault(lambda sim: sim.faults.conflict(OPERATION))),
    ("TooManyRequestsException", fault(lambda sim: sim.faults.throttle(OPERATION))),
    ("ServiceException", fault(lambda sim: sim.faults.service_exception(OPERATION))),
    (
        "InvalidInputException",
        fault(lambda sim: sim.faults.refuse(OPERATION, code="InvalidInputException", reason="INPUT_REQUIRED")),
    ),
]


@pytest.mark.parametrize(("exception", "situation"), SITUATIONS)
def test_exception(exception: str, situation: Situation) -> None:
    """The exception that AWS documents is the one that boto3 raises, under its name, and nothing has begun."""
    small = Quotas(all_features_migration_accounts=1) if situation is too_large else None
    with Simulation(quotas=small) as sim:
        caller, block = situation(sim)
        config = Config(retries={"total_max_attempts": 1})
        client = sim.boto3_client("organizations", account=caller, config=config)
        before = sim.engine.state.handshakes.copy()
        with block, pytest.raises(getattr(client.exceptions, exception)) as refusal:
            client.enable_all_features()
        assert refusal.value.response["Error"]["Code"] == exception
        assert sim.engine.state.handshakes == before


def test_all_documented_exceptions_are_met() -> None:
    """The situations are those of AWS's model, no more and no fewer."""
    with Simulation() as sim:
        client: Any = sim.boto3_client("organizations", account=FOUNDER)
        documented = client.meta.service_model.operation_model(OPERATION).error_shapes
        assert {shape.name for shape in documented} == {exception for exception, _ in SITUATIONS}
