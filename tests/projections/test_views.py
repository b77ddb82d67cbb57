from collections import Counter
from typing import Any

from asking import WatchedWorld, answers
from given import FOUNDER, MEMBER, OTHER, RIVAL, STRANGER
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orgsim.engine.errors import Refused
from orgsim.engine.events import HandshakeRequested
from orgsim.engine.handshake import HandshakeState
from orgsim.engine.settings import DAY, HOUR, SECOND
from orgsim.engine.words import Action
from orgsim.projections.views import Views

ACCOUNTS = (FOUNDER, RIVAL, MEMBER, OTHER, STRANGER)
ADDRESSES = ("one@example.com", "Two@Example.com", f"{MEMBER}@accounts.example", f"{RIVAL}@accounts.example")
STEPS = (0, SECOND, 48 * SECOND, HOUR, 5 * DAY, 15 * DAY, 30 * DAY, 91 * DAY)

accounts = st.sampled_from(ACCOUNTS)
addresses = st.sampled_from(ADDRESSES)
targets = st.one_of(
    st.fixed_dictionaries({"Type": st.just("ACCOUNT"), "Id": accounts}),
    st.fixed_dictionaries({"Type": st.just("EMAIL"), "Id": addresses}),
)
managers = st.sampled_from(ACCOUNTS[:2])
which = st.integers(0, 99)

commands = st.one_of(
    st.tuples(st.just("CreateOrganization"), managers, st.sampled_from(["ALL", "CONSOLIDATED_BILLING"])),
    st.tuples(st.just("DeleteOrganization"), managers, st.none()),
    st.tuples(st.just("InviteAccountToOrganization"), managers, targets),
    st.tuples(st.just("InviteAccountToOrganization"), managers, targets),
    st.tuples(st.just("AcceptHandshake"), accounts, which),
    st.tuples(st.just("AcceptHandshake"), accounts, which),
    st.tuples(st.just("DeclineHandshake"), accounts, which),
    st.tuples(st.just("CancelHandshake"), managers, which),
    st.tuples(st.just("EnableAllFeatures"), managers, st.none()),
    st.tuples(st.just("LeaveOrganization"), accounts, st.none()),
    st.tuples(st.just("RemoveAccountFromOrganization"), managers, accounts),
    st.tuples(st.just("CreateAccount"), managers, addresses),
    st.tuples(st.just("describe"), accounts, addresses),
    st.tuples(st.just("advance"), st.none(), st.sampled_from(STEPS)),
)


def play(world: WatchedWorld, operation: str, account: str, value: Any) -> None:
    """One command; a refusal is an answer like any other."""
    members: dict[str, Any] = {}
    if operation == "advance":
        world.advance(microseconds=value)
        return
    if operation == "CreateOrganization":
        members = {"FeatureSet": value}
    elif operation == "InviteAccountToOrganization":
        members = {"Target": value}
    elif operation.endswith("Handshake"):
        live = [found for found in world.state.handshakes.values() if found.ended_at < 0] or [None]
        found = live[value % len(live)]
        # Mostly somebody who may; sometimes whoever was drawn.
        if found and found.requested.party in ACCOUNTS and value % 4 and operation != "CancelHandshake":
            account = found.requested.party
        members = {"HandshakeId": found.requested.handshake if found else "h-00000000"}
    elif operation == "RemoveAccountFromOrganization":
        members = {"AccountId": value}
    elif operation == "CreateAccount":
        members = {"Email": value, "AccountName": "Made"}
    try:
        if operation == "describe":
            world.describe(account_id=account, email=value)
        else:
            world.call(operation, account, **members)
    except Refused:
        pass


def agree(world: WatchedWorld, views: Views) -> None:
    """The views and the state say the same about everything that both know."""
    state = world.state
    assert (views.position, views.now) == (state.position, state.now)
    assert list(views.organizations.rows) == list(state.organizations)
    for organization in state.organizations.values():
        row = views.organizations.rows[organization.id]
        assert (row.root, row.management_account, row.feature_set, row.deleted) == (
            organization.root,
            organization.management_account,
            organization.feature_set,
            organization.deleted,
        )
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


def counted(world: WatchedWorld) -> Counter[str]:
    """How many handshakes of each action were ever requested."""
    events = [envelope.event for envelope in world.log]
    return Counter(event.action for event in events if isinstance(event, HandshakeRequested))


@settings(max_examples=80, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(st.lists(commands, min_size=30, max_size=80), st.sampled_from(["instant", "realistic"]))
def test_inline_rebuilt_and_state_agree(script: list[tuple[str, Any, Any]], latency: str) -> None:
    """Whatever happens, views fed inline, views rebuilt from the log and the state of the engine agree."""
    world = WatchedWorld(latency=latency)
    for account in ACCOUNTS[:2]:
        world.founded(account)
    for command in script:
        play(world, *command)
        agree(world, world.views)
    rebuilt = Views()
    rebuilt.feed(world.log)
    agree(world, rebuilt)
    assert answers(rebuilt, ACCOUNTS) == answers(world.views, ACCOUNTS)
    totals = world.views.handshakes.summary()
    assert {action: sum(states.values()) for action, states in totals.items()} == counted(world)
