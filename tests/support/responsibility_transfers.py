"""Starting points for tests of responsibility transfers: two organizations, an offer, a transfer."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from orgsim.engine.operations import (
    accept_handshake,
    cancel_handshake,
    decline_handshake,
    invite_organization_to_transfer_responsibility,
    terminate_responsibility_transfer,
)
from orgsim.engine.rules.invitees import Target
from orgsim.engine.rules.tags import TagMember
from orgsim.engine.shapes.timestamps import microseconds
from orgsim.engine.words import TransferStatus
from support.given import FOUNDER, RIVAL, World

FEBRUARY, MARCH = datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)
"""Worlds begin with January 2026: a transfer can start with either."""

DEADLINE = microseconds(datetime(2026, 1, 31, tzinfo=UTC))
"""Until when a transfer that starts with February can be accepted."""

END_OF_JANUARY = microseconds(FEBRUARY) - 1_000
END_OF_FEBRUARY = microseconds(MARCH) - 1_000

WorldType = TypeVar("WorldType", bound=World)


def offer(
    target: str = RIVAL, start: Any = FEBRUARY, notes: str | None = None, tags: Sequence[tuple[str, str]] = ()
) -> invite_organization_to_transfer_responsibility.Request:
    """Make the request that invites an account, by id or address, to have its bills paid from February on."""
    return invite_organization_to_transfer_responsibility.Request(
        "BILLING",
        Target("EMAIL" if "@" in target else "ACCOUNT", target),
        start,
        "Subsidiary",
        notes,
        tuple(TagMember(*tag) for tag in tags),
    )


def two_organizations(world: WorldType) -> WorldType:
    """Create the organizations of FOUNDER and of RIVAL."""
    world.founded()
    world.founded(RIVAL)
    return world


def offered(world: World, target: str = RIVAL, payer: str = FOUNDER, **members: Any) -> tuple[str, str]:
    """Offer a transfer; returns the ids of the open invitation and of the transfer."""
    handshake, transfer = world.do(offer(target, **members), payer)
    return handshake.handshake, transfer.transfer


def transferred(world: World, source: str = RIVAL, payer: str = FOUNDER, **members: Any) -> str:
    """Offer a transfer and accept it; returns its id."""
    handshake, transfer = offered(world, source, payer, **members)
    world.do(accept_handshake.Request(handshake), source)
    return transfer


def transfer_in(world: World, status: TransferStatus) -> str:
    """Bring a transfer from RIVAL to FOUNDER into a status; returns its id."""
    handshake, transfer = offered(world)
    if status is TransferStatus.DECLINED:
        world.do(decline_handshake.Request(handshake), RIVAL)
    elif status is TransferStatus.CANCELED:
        world.do(cancel_handshake.Request(handshake), FOUNDER)
    elif status is TransferStatus.EXPIRED:
        world.advance(microseconds=DEADLINE - world.now)
    elif status is not TransferStatus.REQUESTED:
        world.do(accept_handshake.Request(handshake), RIVAL)
    if status is TransferStatus.WITHDRAWN:
        world.do(terminate_responsibility_transfer.Request(transfer), FOUNDER)
    assert world.state.transfers.by_id[transfer].status is status
    return transfer
