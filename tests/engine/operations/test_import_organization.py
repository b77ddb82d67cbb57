"""ImportOrganization: a dump becomes a state, and a later one the difference."""

import pytest
from msgspec.structs import replace
from support.forms import form_of
from support.given import FOUNDER, MEMBER, OTHER, RIVAL, World
from support.policy_commands import SCP, document, governed
from support.soundness import check_state

from orgsim.engine.events import (
    AccountClosed,
    AccountClosureRequested,
    AccountDeparted,
    AccountDescribed,
    AccountJoined,
    AccountMoved,
    AccountReinstated,
    DumpTaken,
    HandshakeAccepted,
    HandshakeCanceled,
    OrganizationalUnitCreated,
    OrganizationalUnitDeleted,
    OrganizationCreated,
    ServiceAccessDisabled,
    ServiceAccessEnabled,
)
from orgsim.engine.operations import accept_handshake, create_policy, move_account
from orgsim.engine.operations.import_organization import Request
from orgsim.engine.settings import DAY
from orgsim.engine.state import State
from orgsim.engine.twin.checks import ImpossibleDump
from orgsim.engine.twin.form import AccountForm, Form, UnitForm
from orgsim.engine.twin.time_order import in_time_order
from orgsim.engine.words import DepartureMethod, FeatureSet

UNIT, INNER = "ou-acme-11111111", "ou-acme-22222222"


def acme(world: World, **changes: object) -> Form:
    """A small organization: two members, one of them in an OU within an OU."""
    form = Form(
        organization="o-acme000000",
        root="r-acme",
        management_account=FOUNDER,
        feature_set=FeatureSet.ALL,
        units=(UnitForm(id=UNIT, parent="r-acme", name="Outer"), UnitForm(id=INNER, parent=UNIT, name="Inner")),
        accounts=(
            AccountForm(id=MEMBER, parent=INNER, email="m@example.com", name="M", joined_at=world.now + 2 * DAY),
            AccountForm(id=FOUNDER, parent="r-acme", email="boss@example.com", name="Boss", joined_at=world.now + DAY),
        ),
        services={"config.amazonaws.com": world.now + 3 * DAY},
        whole=frozenset(("accounts", "units", "services", "handshakes")),
    )
    return replace(form, **changes)


def bring_in(world: World, form: Form, taken_at: int) -> list[list[object]]:
    """Bring in a dump as the command line does; returns the events of each command."""
    commands: list[list[object]] = []
    known = form.organization in world.state.organizations
    for moment, told in in_time_order(form, world.now, taken_at, known=known):
        world.advance(microseconds=moment - world.now)
        commands.append([*world.do(Request(form=told, source="acme", taken_at=taken_at, final=False))])
        check_state(world.state)
    world.advance(microseconds=taken_at - world.now)
    commands.append([*world.do(Request(form=form, source="acme", taken_at=taken_at))])
    check_state(world.state)
    return [command for command in commands if command]


def test_known_moments_are_true() -> None:
    """What the dump tells with its moment happens then, and the rest, as inferred, at the moment of the dump."""
    world = World()
    start = world.now
    founding, joining, trusting, last = bring_in(world, acme(world), start + 9 * DAY)
    organization = "o-acme000000"
    assert founding[0] == DumpTaken("acme", start + 9 * DAY)
    assert [type(each) for each in founding[1:]] == [OrganizationCreated, AccountJoined]
    assert joining[1:] == [AccountJoined(organization, MEMBER, "INVITED", "m@example.com", "M")]
    assert trusting[1:] == [ServiceAccessEnabled(organization, "config.amazonaws.com")]
    assert last == [
        DumpTaken("acme", start + 9 * DAY, 3),
        OrganizationalUnitCreated(organization, UNIT, "r-acme", "Outer"),
        OrganizationalUnitCreated(organization, INNER, UNIT, "Inner"),
        AccountMoved(organization, MEMBER, "r-acme", INNER),
    ]
    found = world.state.organizations[organization]
    assert (found.created_at, found.members[MEMBER].membership_changed_at) == (start + DAY, start + 2 * DAY)
    assert found.access.services == {"config.amazonaws.com": start + 3 * DAY}


def test_the_same_dump_again() -> None:
    """A dump that shows what stands says that it was taken, and changes nothing."""
    world = World()
    form, taken_at = acme(world), world.now + 9 * DAY
    bring_in(world, form, taken_at)
    assert world.do(Request(form=form, source="acme", taken_at=taken_at)) == [DumpTaken("acme", taken_at)]
    assert bring_in(world, form, taken_at + DAY) == [[DumpTaken("acme", taken_at + DAY)]]


def test_a_later_dump() -> None:
    """A later dump gives what has changed: who is gone, what was deleted, what is trusted no longer."""
    world = World()
    form, taken_at = acme(world), world.now + 9 * DAY
    bring_in(world, form, taken_at)
    boss = form.accounts[1]
    later = replace(form, accounts=(boss,), units=form.units[:1], services={})
    (events,) = bring_in(world, later, taken_at + DAY)
    assert events == [
        DumpTaken("acme", taken_at + DAY, 3),
        ServiceAccessDisabled(form.organization, "config.amazonaws.com"),
        AccountDeparted(form.organization, MEMBER, DepartureMethod.REMOVED),
        OrganizationalUnitDeleted(form.organization, INNER),
    ]


def test_what_a_dump_does_not_list_stays() -> None:
    """A dump whose lists may lack things removes nothing."""
    world = World()
    form, taken_at = acme(world), world.now + 9 * DAY
    bring_in(world, form, taken_at)
    less = replace(form, accounts=form.accounts[1:], units=(), services={}, whole=frozenset())
    assert bring_in(world, less, taken_at + DAY) == [[DumpTaken("acme", taken_at + DAY)]]


def test_joined_anew() -> None:
    """A member that left and came back has joined when the dump says so, and its departure is inferred."""
    world = World()
    form, taken_at = acme(world), world.now + 9 * DAY
    bring_in(world, form, taken_at)
    again = replace(form.accounts[0], joined_at=taken_at + DAY, parent="r-acme")
    first, last = bring_in(world, replace(form, accounts=(again, form.accounts[1])), taken_at + 2 * DAY)
    assert first == [
        DumpTaken("acme", taken_at + 2 * DAY, 1),
        AccountDeparted(form.organization, MEMBER, DepartureMethod.REMOVED),
        AccountJoined(form.organization, MEMBER, "INVITED"),
    ]
    assert last == [DumpTaken("acme", taken_at + 2 * DAY)]
    assert world.state.email_of(MEMBER) == "m@example.com"


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("ACTIVE", "CLOSED", [AccountClosureRequested, AccountClosed]),
        ("ACTIVE", "PENDING_CLOSURE", [AccountClosureRequested]),
        ("ACTIVE", "SUSPENDED", [AccountDescribed]),
        ("PENDING_CLOSURE", "ACTIVE", [AccountReinstated]),
        ("PENDING_CLOSURE", "CLOSED", []),
        ("CLOSED", "ACTIVE", [AccountReinstated]),
        ("CLOSED", "PENDING_CLOSURE", [AccountReinstated, AccountClosureRequested]),
        ("CLOSED", "CLOSED", []),
        ("SUSPENDED", "PENDING_ACTIVATION", [AccountDescribed]),
        ("SUSPENDED", "CLOSED", [AccountDescribed, AccountClosureRequested, AccountClosed]),
    ],
)
def test_states_of_accounts(before: str, after: str, expected: list[type]) -> None:
    """A member is closed, suspended or reopened as the later dump says; a pending closure ends by its timer."""
    world = World()
    form, taken_at = acme(world), world.now + 9 * DAY
    member, boss = form.accounts
    bring_in(world, replace(form, accounts=(replace(member, state=before), boss)), taken_at)
    (events,) = bring_in(world, replace(form, accounts=(replace(member, state=after), boss)), taken_at + DAY)
    assert [type(each) for each in events[1:]] == expected


def test_addresses_change_hands() -> None:
    """Two members that have exchanged their addresses have each other's afterwards."""
    world = World()
    form, taken_at = acme(world), world.now + 9 * DAY
    member, boss = form.accounts
    bring_in(world, form, taken_at)
    swapped = replace(member, email=boss.email), replace(boss, email=member.email)
    bring_in(world, replace(form, accounts=swapped), taken_at + DAY)
    assert world.state.owner_of("M@example.com") == FOUNDER
    assert world.state.owner_of("boss@example.com") == MEMBER


def test_names_change_hands() -> None:
    """Two policies that have exchanged their names have each other's afterwards."""
    world = World()
    organization = governed(world)
    for name in ("Rules", "More"):
        world.do(create_policy.Request(document(SCP), "", name, SCP), FOUNDER)
    form = form_of(organization, world.state)
    first, second = form.policies
    swapped = replace(first, name=second.name), replace(second, name=first.name)
    bring_in(world, replace(form, policies=swapped), world.now + DAY)
    assert [each.name for each in organization.policies.by_id.values()] == ["More", "Rules"]


def test_invitations_that_are_gone() -> None:
    """An invitation that is not listed any more was accepted if whom it invited is a member, and else canceled."""
    world = World()
    organization = world.organization_of(FOUNDER) if world.founded() else None
    accepted, canceled = world.invited(MEMBER), world.invited(OTHER)
    form = form_of(organization, world.state)
    joined = AccountForm(id=MEMBER, parent=form.root, joined_at=world.now + DAY)
    later = replace(form, accounts=(*form.accounts, joined), handshakes=())
    _, last = bring_in(world, later, world.now + 2 * DAY)
    assert HandshakeAccepted(organization.id, accepted) in last
    assert HandshakeCanceled(organization.id, canceled) in last


def test_a_migration_is_carried() -> None:
    """A migration under way comes with its approvals, and can be finalized once the last is given."""
    world = World()
    world.founded()
    for account in (MEMBER, OTHER):
        world.joined(account)
    parent, approvals = world.migrating()
    world.do(accept_handshake.Request(approvals[MEMBER]), MEMBER)
    form = form_of(world.organization_of(FOUNDER), world.state)
    twin = World()
    bring_in(twin, form, twin.now + DAY)
    assert twin.organization_of(FOUNDER).migration.outstanding == {OTHER: approvals[OTHER]}
    twin.do(accept_handshake.Request(approvals[OTHER]), OTHER)
    twin.do(accept_handshake.Request(parent), FOUNDER)
    assert twin.organization_of(FOUNDER).feature_set is FeatureSet.ALL


def test_the_engine_goes_on() -> None:
    """A member of a twin is moved as if it had joined here."""
    world = World()
    form = acme(world)
    bring_in(world, form, world.now + 9 * DAY)
    world.do(move_account.Request(MEMBER, INNER, "r-acme"), FOUNDER)
    assert world.organization_of(FOUNDER).units.parent_of(MEMBER) == "r-acme"


def impossible(form: Form, taken_at: int, state: State | None = None) -> str:
    """The complaint about a dump."""
    world = World()
    if state is not None:
        world.state = state
    with pytest.raises(ImpossibleDump) as caught:
        world.do(Request(form=form, source="acme", taken_at=taken_at))
    return caught.value.message


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"accounts": ()}, f"the management account {FOUNDER} is not among the accounts"),
        ({"units": (UnitForm(id=INNER, parent=UNIT, name="Inner"),)}, f"the parent {UNIT} of OU {INNER} is not there"),
        ({"units": ()}, f"the parent {INNER} of account {MEMBER} is not there"),
        ({"administrators": {RIVAL: {"config.amazonaws.com": None}}}, f"administrator {RIVAL} is not among"),
        ({"default_targets": {"p-FullAWSAccess": (RIVAL,)}}, f"p-FullAWSAccess is attached to {RIVAL}, which is not"),
        ({"feature_set": FeatureSet.CONSOLIDATED_BILLING}, "yet only consolidated billing"),
    ],
)
def test_dumps_that_contradict_themselves(changes: dict[str, object], complaint: str) -> None:
    """A dump that cannot be true is refused, and the message names the things."""
    world = World()
    assert complaint in impossible(acme(world, **changes), world.now)


def test_dumps_that_contradict_what_stands() -> None:
    """A dump is refused that is older than the log, or shows what cannot have become of what stands."""
    world = World()
    form, taken_at = acme(world), world.now + 9 * DAY
    bring_in(world, form, taken_at)
    assert "before the time of the log" in impossible(form, taken_at - 1, world.state)
    outer, inner = form.units
    moved = replace(form, units=(outer, replace(inner, parent="r-acme")))
    assert "OUs never move" in impossible(moved, taken_at, world.state)
    billing = replace(form, feature_set=FeatureSet.CONSOLIDATED_BILLING, services={})
    assert "which no organization ever loses" in impossible(billing, taken_at, world.state)
    boss = replace(form.accounts[1], parent=None)
    other = replace(form, root="r-else", units=(), accounts=(boss,))
    assert "in this log the root r-acme" in impossible(other, taken_at, world.state)
