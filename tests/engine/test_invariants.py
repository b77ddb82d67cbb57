"""Random commands in several organizations; after every command, and every timer, the whole state is looked through."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from given import FOUNDER, MEMBER, OTHER, RIVAL, STRANGER, World, encoded, invite
from hypothesis import given, settings
from hypothesis import strategies as st

from orgsim.engine.errors import Refused
from orgsim.engine.events import HandshakeAccepted, HandshakeRequested
from orgsim.engine.evolve import EVOLVE, apply
from orgsim.engine.handshake import Handshake, HandshakeState
from orgsim.engine.operations import (
    accept_handshake,
    cancel_handshake,
    create_account,
    create_organization,
    decline_handshake,
    delete_organization,
    describe_account_outside,
    enable_all_features,
    finish_account_creation,
    leave_organization,
    remove_account_from_organization,
)
from orgsim.engine.rules import quotas
from orgsim.engine.settings import DAY, HANDSHAKE_RETENTION, Quotas
from orgsim.engine.state import Organization, State
from orgsim.engine.timers import NEVER
from orgsim.engine.words import Action, Condition, FeatureSet

ACCOUNTS = [FOUNDER, RIVAL, MEMBER, OTHER, STRANGER]
TARGETS = [*ACCOUNTS, *(f"{account}@accounts.example" for account in ACCOUNTS[1:4]), "new@example.com"]
LIVE = (HandshakeState.REQUESTED, HandshakeState.OPEN)
REFUSED_APPROVALS = (HandshakeState.OPEN, HandshakeState.DECLINED, HandshakeState.CANCELED)
DURATIONS = [{"seconds": 1}, {"seconds": 40}, {"hours": 12}, {"days": 4}, {"days": 14}, {"days": 31}, {"days": 89}]


# What must hold whenever a command is over.


def live(state: State, action: Action) -> list[Handshake]:
    return [found for found in state.handshakes.values() if found.state in LIVE and found.requested.action is action]


def check_accounts(state: State) -> None:
    members = {
        account: organization.id for organization in state.organizations.values() for account in organization.members
    }
    for account in state.accounts.values():
        assert account.organization == members.get(account.id)
        assert (account.joined_method is None) == (account.organization is None)
        assert account.email is None or state.emails[account.email.lower()] == account.id
    for address, owner in state.emails.items():
        assert (state.accounts[owner].email or "").lower() == address


def check_organization(organization: Organization, state: State) -> None:
    for account, member in organization.members.items():
        assert member is state.accounts[account]
    assert (organization.management_account in organization.members) is not organization.deleted
    if organization.deleted:
        assert (organization.members, organization.invitations, organization.creations) == ({}, {}, {})
        assert organization.migration is None
    assert quotas.accounts_counted(organization) <= state.settings.quotas.accounts
    assert organization.invitations == {
        str(found.requested.party).lower(): found.requested.handshake
        for found in live(state, Action.INVITE)
        if found.requested.organization == organization.id
    }
    assert set(organization.creations.values()) == {
        request for request, creation in state.creations.items() if creation.organization == organization.id
    }


def check_migration(organization: Organization, state: State) -> None:
    migration = organization.migration
    parents = [found for found in live(state, Action.ENABLE_ALL_FEATURES) if _of(found, organization)]
    children = [found for found in live(state, Action.APPROVE_ALL_FEATURES) if _of(found, organization)]
    if migration is None:
        assert (parents, children) == ([], [])
        return
    assert organization.feature_set is FeatureSet.CONSOLIDATED_BILLING
    assert [found.requested.handshake for found in parents] == [migration.parent]
    assert parents[0].state is (HandshakeState.REQUESTED if migration.outstanding else HandshakeState.OPEN)
    assert migration.outstanding.keys() <= organization.members.keys()
    assert {found.requested.handshake for found in children} <= set(migration.outstanding.values())
    for account, handshake in migration.outstanding.items():
        # One that ended more than thirty days ago has been purged and is outstanding all the same.
        child = state.handshakes.get(handshake)
        if child:
            assert child.state in REFUSED_APPROVALS
            assert (child.requested.party, child.requested.parent) == (account, migration.parent)


def _of(handshake: Handshake, organization: Organization) -> bool:
    return handshake.requested.organization == organization.id


def check_handshakes(state: State) -> None:
    for found in state.handshakes.values():
        assert (found.state in LIVE) is (found.ended_at < 0)
        assert found.ended_at <= state.now
    targets = Counter(
        (found.requested.organization, found.requested.action, str(found.requested.party).lower())
        for found in state.handshakes.values()
        if found.state in LIVE
    )
    assert set(targets.values()) <= {1}


def check_timers(state: State) -> None:
    timers = state.timers
    expiring = [*live(state, Action.INVITE), *live(state, Action.ENABLE_ALL_FEATURES)]
    ended = [found for found in state.handshakes.values() if found.state not in LIVE]
    due = [
        *(found.requested.expires_at for found in expiring),
        *(found.ended_at + HANDSHAKE_RETENTION for found in ended),
        *(creation.finishes_at for creation in state.creations.values()),
    ]
    assert timers.next_due == min(due, default=NEVER)
    for queue in (timers.invitations, timers.migrations):
        assert not queue or queue[0].state in LIVE
    assert {id(found) for found in expiring} <= {id(each) for each in (*timers.invitations, *timers.migrations)}
    assert sorted(map(id, ended)) == sorted(map(id, timers.purges))
    assert sorted(subject for *_, subject in timers.appointments) == sorted(state.creations)


class CheckedWorld(World):
    """A world that looks its state through after every command, those that timers asked for included."""

    def _record(self, events: Sequence[Any], operation: str, caller: str | None, now: int) -> None:
        before = self.state.now
        super()._record(events, operation, caller, now)
        state = self.state
        assert before <= state.now <= self.now
        check_accounts(state)
        check_handshakes(state)
        check_timers(state)
        for organization in state.organizations.values():
            check_organization(organization, state)
            check_migration(organization, state)
            self.check_daily_quota(organization)

    def check_daily_quota(self, organization: Organization) -> None:
        """The invitations that count are those of the last day that were not accepted, as the log tells."""
        accepted = {envelope.event.handshake for envelope in self.log if isinstance(envelope.event, HandshakeAccepted)}
        counted = [
            envelope
            for envelope in self.log
            if isinstance(envelope.event, HandshakeRequested)
            and (envelope.event.organization, envelope.event.action) == (organization.id, Action.INVITE)
            and envelope.time > self.state.now - DAY
            and envelope.event.handshake not in accepted
        ]
        expected = 0 if organization.deleted else len(counted)
        assert quotas.invitations_counted(organization, self.state.now) == expected


# Random commands.


def party_of(world: World, handshake: str, sender: bool) -> str:
    """Who may do something with a handshake; the founder, if nobody may."""
    found = world.state.handshakes.get(handshake)
    if found is None:
        return FOUNDER
    party = found.requested.party
    if sender or party is None:
        return world.state.organizations[found.requested.organization].management_account
    return (world.state.owner_of(party) if "@" in party else party) or FOUNDER


def command(draw: st.DrawFn, world: World) -> tuple[Any, str | None]:
    """One command, most often one that has a chance."""
    accounts = [*ACCOUNTS, *(account for account in world.state.accounts if account not in ACCOUNTS)]
    account = draw(st.sampled_from(accounts))
    manager = draw(st.sampled_from([FOUNDER, FOUNDER, RIVAL, account]))
    kind = draw(st.sampled_from(["invite", "answer", "answer", "answer", "migrate", "part", "found", "create", "tell"]))
    if kind == "invite":
        return invite(draw(st.sampled_from([*TARGETS, account]))), manager
    if kind == "answer":
        handshakes = [*(each for each, found in world.state.handshakes.items() if found.state in LIVE), "h-00000000"]
        handshake = draw(st.sampled_from([*handshakes, *world.state.handshakes]))
        answers = [accept_handshake, accept_handshake, accept_handshake, decline_handshake, cancel_handshake]
        answer = draw(st.sampled_from(answers))
        party = party_of(world, handshake, sender=answer is cancel_handshake)
        return answer.Request(handshake), draw(st.sampled_from([party, party, party, account]))
    if kind == "migrate":
        return enable_all_features.Request(), manager
    if kind == "part":
        remove = remove_account_from_organization.Request(account)
        parting = [(leave_organization.Request(), account), (remove, manager), (delete_organization.Request(), manager)]
        return draw(st.sampled_from(parting))
    if kind == "found":
        return create_organization.Request(draw(st.sampled_from(FeatureSet))), account
    if kind == "create":
        finish = [(finish_account_creation.Request(each, "INTERNAL_FAILURE"), None) for each in world.state.creations]
        email = draw(st.sampled_from(["new@example.com", "made@example.com", "other@example.com"]))
        return draw(st.sampled_from([(create_account.Request(email, "Made"), manager), *finish]))
    conditions = draw(st.sampled_from([(), (), (), *((condition,) for condition in Condition)]))
    email = draw(st.sampled_from([None, None, "new@example.com", "NEW@example.com", f"{account}@accounts.example"]))
    return describe_account_outside.Request(account, email, None, conditions), None


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """A world in which something or other has happened."""
    world = CheckedWorld(
        quotas=draw(st.sampled_from([Quotas(), Quotas(accounts=4, invitations_per_day=3)])),
        latency=draw(st.sampled_from(["instant", "realistic"])),
        invitations_during_migration=draw(st.sampled_from([True, True, False])),
        membership_change_interval_seconds=draw(st.sampled_from([0, 3600])),
    )
    for manager in (FOUNDER, RIVAL):
        world.founded(manager)
    for account in draw(st.sets(st.sampled_from([MEMBER, OTHER]))):
        world.joined(account)
    for _ in range(draw(st.integers(0, 30))):
        if draw(st.integers(0, 4)) == 0:
            world.advance(**draw(st.sampled_from(DURATIONS)))
        request, caller = command(draw, world)
        _post(world, request, caller)
    return world


def _post(world: World, request: Any, caller: str | None) -> None:
    world.advance()
    before = world.encoded()
    try:
        world.do(request, caller)
    except Refused:
        assert world.encoded() == before


def test_invariants() -> None:
    """Whatever is asked, in whatever order: the state is sound, and the log alone makes the very same state again."""
    happened: set[type] = set()

    @settings(max_examples=250, deadline=None, derandomize=True)
    @given(worlds())
    def play(world: World) -> None:
        happened.update(type(envelope.event) for envelope in world.log)
        rebuilt = State()
        for envelope in world.log:
            apply(rebuilt, envelope)
        assert encoded(rebuilt) == world.encoded()

    play()
    assert happened == set(EVOLVE), "the commands reach every kind of event"
