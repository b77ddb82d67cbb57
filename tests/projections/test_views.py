from collections import Counter
from random import Random

import msgspec
import pytest
from support.campaign import examples
from support.given import FOUNDER, RIVAL
from support.projection_world import WatchedWorld, answers
from support.random_commands import ACCOUNTS, kinds_of_events, play

from orgsim.engine.events import HandshakeRequested
from orgsim.engine.evolve import EVOLVE, SUBSTATES
from orgsim.engine.state.handshake import HandshakeState
from orgsim.engine.words import Action, FeatureSet
from orgsim.projections.views import Views

pytestmark = [pytest.mark.slow, pytest.mark.campaign]


def agree(world: WatchedWorld, views: Views) -> None:
    """The views and the state say the same about everything that both know."""
    state = world.state
    assert (views.position, views.now) == (state.position, state.now)
    assert views.organizations.settings == state.settings
    assert encoded(views.transfers.facts) == encoded(state.transfers)
    organizations_agree(world, views)
    for account in {*state.accounts, *ACCOUNTS}:
        home = state.organization_of(account)
        assert views.accounts.organization_of(account) == (home.id if home else None)
        assert views.accounts.email_of(account) == state.email_of(account)
        assert views.accounts.name_of(account) == state.name_of(account)
    accepted_by = views.handshakes.accepted_by
    assert {key: (row.state, accepted_by.get(key), row.requested_at) for key, row in views.handshakes.rows.items()} == {
        key: (found.state, found.account, found.requested_at) for key, found in state.handshakes.items()
    }
    running = {key for key, row in views.account_creations.rows.items() if row.state == "IN_PROGRESS"}
    assert running == set(state.creations)


def organizations_agree(world: WatchedWorld, views: Views) -> None:
    """Every substate of every organization, in the same order as in the state."""
    assert list(views.organizations.rows) == list(world.state.organizations)
    for organization in world.state.organizations.values():
        row = views.organizations.rows[organization.id]
        facts = ("id", "root", "management_account", "feature_set", "created_at", "deleted", *SUBSTATES)
        for fact in facts:
            assert encoded(getattr(row, fact)) == encoded(getattr(organization, fact)), fact
        members = views.accounts.by_organization[organization.id]
        assert [(member.account, member.method) for member in members] == [
            (member.id, member.joined_method) for member in organization.members.values()
        ]
        assert len(members) == len(organization.members)
        open_invitations = {
            str(found.requested.party).lower(): found.requested.handshake
            for found in views.handshakes.rows.values()
            if found.requested.organization == organization.id
            and (found.requested.action, found.state) == (Action.INVITE, HandshakeState.OPEN)
        }
        assert open_invitations == organization.invitations


def encoded(part: object) -> bytes:
    return msgspec.msgpack.encode(part, enc_hook=list)


def counted(world: WatchedWorld) -> Counter[str]:
    """How many handshakes of each action were ever requested."""
    events = [envelope.event for envelope in world.log]
    return Counter(event.action for event in events if isinstance(event, HandshakeRequested))


def happened(seed: int, script: list[int]) -> set[type]:
    """Play a script, check that inline views, rebuilt views and the state agree, and return the types of events."""
    draw = Random(seed)
    world = WatchedWorld(latency=draw.choice(["instant", "realistic"]))
    world.founded(FOUNDER, draw.choice(list(FeatureSet)))
    world.founded(RIVAL)
    for _ in play(script, world):
        agree(world, world.views)
    rebuilt = Views()
    rebuilt.feed(world.log)
    agree(world, rebuilt)
    assert answers(rebuilt, ACCOUNTS) == answers(world.views, ACCOUNTS)
    totals = world.views.handshakes.summary()
    assert {action: sum(states.values()) for action, states in totals.items()} == counted(world)
    return {type(envelope.event) for envelope in world.log}


def test_inline_rebuilt_and_state_agree() -> None:
    """Whatever happens, views fed inline, views rebuilt from the log and the state of the engine agree."""
    assert kinds_of_events(happened, worlds=examples(70), length=80) == set(EVOLVE), (
        "the commands reach every kind of event"
    )
