"""The flow of a run: its totals are those of the views that answer questions, its durations are those of the log."""

from collections import Counter
from random import Random

import pytest
from support.campaign import examples
from support.given import FOUNDER, MEMBER, OTHER, RIVAL, START, STRANGER
from support.projection_world import WatchedWorld
from support.random_commands import kinds_of_events, play

from orgsim.engine.events import (
    AccountClosed,
    AccountCreationSucceeded,
    HandshakeAccepted,
    HandshakeRequested,
    OrganizationCreated,
    RecordTaken,
)
from orgsim.engine.evolve import EVOLVE
from orgsim.engine.operations import (
    accept_handshake,
    cancel_handshake,
    close_account,
    create_account,
    enable_all_features,
)
from orgsim.engine.settings import DAY
from orgsim.engine.state.handshake import HandshakeState
from orgsim.engine.words import Action, FeatureSet
from orgsim.projections.flow import MINUTE, Changes, FlowView

pytestmark = [pytest.mark.slow, pytest.mark.campaign]


def now(changes: Changes) -> int:
    """Sum up the changes of a number."""
    return sum(changes.values())


def agree(world: WatchedWorld, flow: FlowView) -> None:
    """The flow, the views that answer questions and the state say the same."""
    state = world.state
    assert flow.position == state.position
    assert flow.totals() == world.views.handshakes.summary()
    creations = {name: now(changes) for name, changes in flow.creations.items()}
    assert {name: number for name, number in creations.items() if number} == world.views.account_creations.summary()
    living = {key: each for key, each in state.organizations.items() if not each.deleted}
    assert flow.feature_sets == {key: each.feature_set for key, each in living.items()}
    assert {key: now(flow.members[key]) for key in state.organizations} == {
        key: len(each.members) for key, each in state.organizations.items()
    }
    closures = [each.closures for each in living.values()]
    assert now(flow.closures["PENDING_CLOSURE"]) == sum(len(each.pending) for each in closures)
    assert now(flow.closures["CLOSED"]) == sum(len(each.closed) for each in closures)


def durations_agree(world: WatchedWorld, flow: FlowView) -> None:
    """Each duration is that from the event that asked to the event that ended it, and is counted once."""
    asked = {each.event.handshake: each for each in world.log if isinstance(each.event, HandshakeRequested)}
    taken = {each.position for each in world.log if isinstance(each.event, RecordTaken)}
    expected = {action: Counter[tuple[int, str]]() for action in Action}
    for each in world.log:
        if isinstance(each.event, HandshakeAccepted):
            requested = asked[each.event.handshake]
            assert isinstance(requested.event, HandshakeRequested)
            manager = world.state.organizations[requested.event.organization].management_account
            account = each.event.account or requested.event.party or manager
            if each.command in taken:
                # A record may tell of it though another called, or it is inferred.
                account = each.account or ""
            expected[requested.event.action][each.time - requested.time, account] += 1
    found = {action: Counter(zip(some.lengths, some.accounts, strict=True)) for action, some in flow.accepted.items()}
    assert found == expected
    kinds = Counter(type(each.event) for each in world.log)
    assert len(flow.created.lengths) == kinds[AccountCreationSucceeded]
    assert len(flow.closed.lengths) == kinds[AccountClosed]
    assert len(flow.founded) == kinds[OrganizationCreated]
    assert all(length >= 0 for some in (flow.created, flow.closed) for length in some.lengths)


def invited_agree(world: WatchedWorld, flow: FlowView) -> None:
    """Of the accounts that were invited, those have joined that have ever accepted, each counted once."""
    asked = {each.event.handshake: each.event for each in world.log if isinstance(each.event, HandshakeRequested)}
    invited = {key: each for key, each in asked.items() if each.action is Action.INVITE}
    accepted = [
        (each.event.account or each.account or "", invited[each.event.handshake], bool(each.event.account))
        for each in world.log
        if isinstance(each.event, HandshakeAccepted) and each.event.handshake in invited
    ]
    owners = {(request.organization, request.party): account for account, request, by_address in accepted if by_address}
    parties = {owners.get((each.organization, each.party), each.party) for each in invited.values()}
    # A record may tell of an acceptance though another called.
    joined = {account for account, request, by_address in accepted if by_address or account == request.party}
    assert flow.joined == len(joined)
    assert flow.joined_share == (len(joined) / len(parties) if parties else None)


def restarted_agree(whole: FlowView, half: FlowView, before: FlowView) -> None:
    """What was restarted has what stands, and of what ended only what has since."""
    opened = (HandshakeState.REQUESTED, HandshakeState.OPEN)
    for action, states in whole.handshakes.items():
        for state, changes in states.items():
            ended = now(before.handshakes[action][state]) if action in before.handshakes and state not in opened else 0
            assert now(half.handshakes[action][state]) == now(changes) - ended
    for name in ("members", "closures"):
        mine, theirs = getattr(half, name), getattr(whole, name)
        assert {key: now(mine[key]) for key in theirs} == {key: now(theirs[key]) for key in theirs}
    for name, changes in whole.creations.items():
        ended = now(before.creations[name]) if name != "IN_PROGRESS" else 0
        assert now(half.creations[name]) == now(changes) - ended
    for counter in ("expired", "came", "departed"):
        assert getattr(half, counter) == getattr(whole, counter) - getattr(before, counter)
    assert half.feature_sets == whole.feature_sets
    assert half.founded == whole.founded[len(before.founded) :]
    for action, durations in whole.accepted.items():
        assert half.accepted[action].lengths == durations.lengths[len(before.accepted[action].lengths) :]
    assert half.created.lengths == whole.created.lengths[len(before.created.lengths) :]
    assert half.closed.accounts == whole.closed.accounts[len(before.closed.accounts) :]


@pytest.mark.parametrize("seed", range(examples(6)))
def test_measured_from_the_middle(seed: int) -> None:
    """A flow that was restarted goes on as one that was not, less what had ended by then, and begins at that minute."""
    draw = Random(seed)
    world = WatchedWorld(latency=draw.choice(["instant", "realistic"]))
    world.founded(FOUNDER, FeatureSet.CONSOLIDATED_BILLING)
    world.founded(RIVAL, FeatureSet.ALL)
    script = [draw.randrange(2**32) for _ in range(600)]
    for _ in play(script[:300], world):
        pass
    whole, half, before = FlowView(), FlowView(), FlowView()
    for flow in (whole, half, before):
        flow.feed(world.log)
    began, first = len(world.log), world.log[-1].time
    half.restart(first)
    for _ in play(script[300:], world):
        pass
    for flow in (whole, half):
        flow.feed(world.log[began:])
    restarted_agree(whole, half, before)
    assert half.began_at == began
    counted = (half.members, half.creations, half.closures, *half.handshakes.values())
    assert min(minute for states in counted for each in states.values() for minute in each) == first // MINUTE - 1


def happened(seed: int, script: list[int]) -> set[type]:
    """Play a script, check that the flow agrees with state and views, and return the types of events."""
    draw = Random(seed)
    world = WatchedWorld(latency=draw.choice(["instant", "realistic"]))
    flow, fed = FlowView(), 0
    world.founded(FOUNDER, draw.choice(list(FeatureSet)))
    world.founded(RIVAL, draw.choice(list(FeatureSet)))
    for _ in play(script, world):
        flow.feed(world.log[fed:])
        fed = len(world.log)
        agree(world, flow)
    durations_agree(world, flow)
    invited_agree(world, flow)
    return {type(each.event) for each in world.log}


def test_random_commands() -> None:
    """Whatever happens, the flow has the totals of the views and the state, and the durations of the log."""
    assert kinds_of_events(happened, worlds=examples(70), length=80) == set(EVOLVE), (
        "the commands reach every kind of event"
    )


def migrating(*members: str) -> tuple[WatchedWorld, FlowView]:
    """Two organizations that migrate, the founder's with some members, the rival's with none."""
    world = WatchedWorld()
    for manager in (FOUNDER, RIVAL):
        world.founded(manager, FeatureSet.CONSOLIDATED_BILLING)
    for member in members:
        world.joined(member)
    for manager in (FOUNDER, RIVAL):
        world.do(enable_all_features.Request(), manager)
    return world, FlowView()


def parent_of(world: WatchedWorld, manager: str) -> str:
    """The handshake of a running migration."""
    organization = world.state.organization_of(manager)
    assert organization is not None
    assert organization.migration is not None
    return organization.migration.parent


def test_a_migration_canceled_while_requested_and_while_open() -> None:
    """One organization cancels while approvals are missing, one when all is approved: both leave the state they had."""
    world, flow = migrating(MEMBER, OTHER)
    flow.feed(world.log)
    assert flow.totals()["ENABLE_ALL_FEATURES"] == {"OPEN": 1, "REQUESTED": 1}
    fed = len(world.log)
    for manager in (FOUNDER, RIVAL):
        world.do(cancel_handshake.Request(parent_of(world, manager)), manager)
    flow.feed(world.log[fed:])
    assert flow.totals() == {
        "APPROVE_ALL_FEATURES": {"CANCELED": 2},
        "ENABLE_ALL_FEATURES": {"CANCELED": 2},
        "INVITE": {"ACCEPTED": 2},
    }
    assert flow.migrated == {}
    assert flow.expired == {}


def test_a_migration_that_runs_out() -> None:
    """After ninety days the migrations expire, and with one its approvals; all count as expired."""
    world, flow = migrating(MEMBER, OTHER)
    world.advance(days=90)
    flow.feed(world.log)
    assert flow.totals()["ENABLE_ALL_FEATURES"] == {"EXPIRED": 2}
    assert flow.totals()["APPROVE_ALL_FEATURES"] == {"CANCELED": 2}
    assert flow.expired == {Action.ENABLE_ALL_FEATURES: 2, Action.APPROVE_ALL_FEATURES: 2}
    requested = flow.handshakes[Action.ENABLE_ALL_FEATURES]
    minutes = {state: dict(changes) for state, changes in requested.items() if changes}
    begin, end = START // MINUTE, (START + 90 * DAY) // MINUTE
    assert minutes == {
        "REQUESTED": {begin: 2 - 1, end: -1},
        "OPEN": {begin: 1, end: -1},
        "EXPIRED": {end: 2},
    }


def test_how_long_things_took() -> None:
    """Acceptances, creations and closures are measured from what asked for them to what ended them."""
    world = WatchedWorld(latency="realistic")
    flow = FlowView()
    world.founded(FOUNDER, FeatureSet.ALL)
    world.do(create_account.Request("new@example.com", "New"), FOUNDER)
    world.advance(hours=1)
    (created,) = [each.event.account for each in world.log if isinstance(each.event, AccountCreationSucceeded)]
    world.do(close_account.Request(created), FOUNDER)
    world.advance(days=100)
    flow.feed(world.log)
    assert flow.created.accounts == flow.closed.accounts == [created]
    assert 2 <= flow.created.lengths[0] / 1e6 <= 48
    assert 600 <= flow.closed.lengths[0] / 1e6 <= 660
    # After ninety days the closed account is gone.
    assert now(flow.closures["CLOSED"]) == 0
    assert flow.departed.total() == 1


def test_the_party_of_an_acceptance() -> None:
    """An acceptance belongs to the account that accepted, also where an address was invited."""
    world = WatchedWorld()
    world.founded(FOUNDER)
    handshake = world.invited(f"{STRANGER}@accounts.example")
    world.do(accept_handshake.Request(handshake), STRANGER)
    flow = FlowView()
    flow.feed(world.log)
    assert flow.accepted[Action.INVITE].accounts == [STRANGER]
