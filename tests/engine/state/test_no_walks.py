"""What happens once for each of a million accounts must not walk a table that has one entry for each of them."""

from collections.abc import Callable
from typing import Any, NoReturn

import pytest
from support.given import FOUNDER, OPERATION, World, invite

from orgsim.engine.events.envelope import Envelope
from orgsim.engine.evolve import apply
from orgsim.engine.operation import Caller, Stamp
from orgsim.engine.operations import (
    accept_handshake,
    create_account,
    decline_handshake,
    due_request,
    leave_organization,
    remove_account_from_organization,
    tag_resource,
)
from orgsim.engine.rules.tags import TagMember

MEMBERS = [f"{number:012}" for number in range(500, 520)]


class Unwalked(dict[Any, Any]):
    """A table that can be asked for one entry, and refuses to be walked."""

    def _refuse(self, *_: object) -> NoReturn:
        raise AssertionError("a table with an entry for each account is walked")

    __iter__ = keys = values = items = _refuse  # pyright: ignore[reportAssignmentType]


def migrating() -> tuple[World, dict[str, str]]:
    """A world whose members are asked for all features, and has tables that refuse to be walked; and the approvals."""
    world = World()
    world.founded()
    for member in MEMBERS:
        world.joined(member)
    _, approvals = world.migrating()
    state, organization = world.state, world.organization_of(FOUNDER)
    migration = organization.migration
    assert migration is not None, "it is under way"
    migration.outstanding = Unwalked(migration.outstanding)
    organization.members, organization.invitations = Unwalked(organization.members), Unwalked(organization.invitations)
    organization.tags, organization.creations = Unwalked(organization.tags), Unwalked(organization.creations)
    organization.units.placed = Unwalked(organization.units.placed)
    state.accounts, state.handshakes, state.emails = map(Unwalked, (state.accounts, state.handshakes, state.emails))
    return world, approvals


def perform(world: World, request: Any, caller: str | None) -> None:
    """Decide a command, which must have events, and apply them; without the checks of ``World.do``, which walk."""
    name, operation = OPERATION[type(request)]
    state = world.state
    first, now = state.position + 1, max(world.now, state.now)
    events = operation.decide(request, state, Stamp(now, Caller(caller), first, world.ids))
    assert events, "something happens"
    for position, event in enumerate(events, first):
        apply(state, Envelope(position, now, event, name, caller, None, first))


Step = Callable[[World, dict[str, str]], None]
STEPS: dict[str, Step] = {
    "approve": lambda world, asked: perform(world, accept_handshake.Request(asked[MEMBERS[0]]), MEMBERS[0]),
    "decline": lambda world, asked: perform(world, decline_handshake.Request(asked[MEMBERS[0]]), MEMBERS[0]),
    "leave": lambda world, asked: perform(world, leave_organization.Request(), MEMBERS[0]),
    "remove": lambda world, asked: perform(world, remove_account_from_organization.Request(MEMBERS[0]), FOUNDER),
    "invite": lambda world, asked: perform(world, invite("333333333333"), FOUNDER),
    "create": lambda world, asked: perform(world, create_account.Request("a@b.example", "a"), FOUNDER),
    "tag": lambda world, asked: perform(world, tag_resource.Request(MEMBERS[0], (TagMember("key", "value"),)), FOUNDER),
}


@pytest.mark.parametrize("step", STEPS)
def test_nothing_is_walked(step: str) -> None:
    """A command about one account looks up what it needs, however many accounts there are."""
    world, approvals = migrating()
    STEPS[step](world, approvals)


def test_nothing_is_walked_when_time_passes() -> None:
    """Invitations that were accepted are purged one by one, without a look at the others."""
    world, _ = migrating()
    for _ in MEMBERS:
        due = world.state.timers.next_due
        world.now = max(due, world.now)
        perform(world, due_request(world.state.timers), None)
