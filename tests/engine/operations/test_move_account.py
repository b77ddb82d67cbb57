import pytest
from support.given import FOUNDER, MEMBER, OTHER, RIVAL, STRANGER, World

from orgsim.engine.errors import (
    AccessDeniedException,
    AccountNotFoundException,
    AWSOrganizationsNotInUseException,
    DestinationParentNotFoundException,
    DuplicateAccountException,
    InvalidInputException,
    SourceParentNotFoundException,
)
from orgsim.engine.events import (
    AccountClosed,
    AccountClosureRequested,
    AccountMoved,
    EffectivePoliciesOutdated,
    EffectivePoliciesPublished,
    PolicyTypeEnabled,
)
from orgsim.engine.operation import read_request
from orgsim.engine.operations import create_organizational_unit, leave_organization
from orgsim.engine.operations.move_account import Request
from orgsim.engine.rules.latency import MEASURED
from orgsim.engine.words import FeatureSet, PolicyType

UNKNOWN = "ou-none-00000000"
TYPES = (PolicyType.TAG_POLICY, PolicyType.SERVICE_CONTROL_POLICY, PolicyType.BACKUP_POLICY)

SHORTEST, LONGEST = MEASURED["policies"]


def organization(**settings) -> tuple[World, str, str, str]:
    """A world with an organization of two accounts, its root, an OU, and an OU in that."""
    world = World(**settings)
    world.founded()
    world.joined(MEMBER)
    root = world.organization_of(FOUNDER).root
    unit = world.do(create_organizational_unit.Request(root, "Unit"), FOUNDER)[0].unit
    inner = world.do(create_organizational_unit.Request(unit, "Inner"), FOUNDER)[0].unit
    return world, root, unit, inner


# Refusals, in the order of the operation's head.


def test_caller() -> None:
    """Only a management account may move accounts, and who is not hears of nothing else that is wrong."""
    world, root, unit, _ = organization()
    for request in (Request(MEMBER, root, unit), Request(OTHER, UNKNOWN, UNKNOWN)):
        world.refuses(request, STRANGER, AWSOrganizationsNotInUseException)
        world.refuses(request, MEMBER, AccessDeniedException)


def test_order_of_refusals() -> None:
    """With everything wrong at once, each refusal hides those behind it."""
    world, root, unit, _ = organization()
    for request, refusal in [
        (Request(OTHER, UNKNOWN, UNKNOWN), AccountNotFoundException),
        (Request(MEMBER, UNKNOWN, UNKNOWN), SourceParentNotFoundException),
        (Request(MEMBER, unit, UNKNOWN), DestinationParentNotFoundException),
        (Request(MEMBER, unit, unit), AccountNotFoundException),
        (Request(MEMBER, root, root), DuplicateAccountException),
    ]:
        world.refuses(request, FOUNDER, refusal)


def test_another_organization() -> None:
    """Accounts, roots and OUs of another organization are not found."""
    world, root, unit, _ = organization()
    world.founded(RIVAL)
    world.joined(OTHER, RIVAL)
    rival_root = world.organization_of(RIVAL).root
    rival_unit = world.do(create_organizational_unit.Request(rival_root, "Unit"), RIVAL)[0].unit
    for account in (OTHER, RIVAL, STRANGER):
        world.refuses(Request(account, root, unit), FOUNDER, AccountNotFoundException)
    for parent in (rival_root, rival_unit):
        world.refuses(Request(MEMBER, parent, unit), FOUNDER, SourceParentNotFoundException)
        world.refuses(Request(MEMBER, root, parent), FOUNDER, DestinationParentNotFoundException)


def test_there_already() -> None:
    """An account cannot be moved to where it stands (openshift/osdctl#190)."""
    world, root, unit, _ = organization()
    world.refuses(Request(MEMBER, root, root), FOUNDER, DuplicateAccountException)
    world.do(Request(MEMBER, root, unit), FOUNDER)
    world.refuses(Request(MEMBER, unit, unit), FOUNDER, DuplicateAccountException)


def test_not_in_the_source() -> None:
    """A move that is repeated does not find the account in its source (openshift/aws-account-operator, MoveAccount)."""
    world, root, unit, inner = organization()
    world.do(Request(MEMBER, root, unit), FOUNDER)
    for destination in (unit, inner, root):
        world.refuses(Request(MEMBER, root, destination), FOUNDER, AccountNotFoundException)


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({}, "INPUT_REQUIRED:ACCOUNT_ID"),
        ({"SourceParentId": None}, "INPUT_REQUIRED:SOURCE_PARENT_ID"),
        ({"DestinationParentId": None}, "INPUT_REQUIRED:DESTINATION_PARENT_ID"),
        ({"AccountId": "1"}, "INVALID_PATTERN:ACCOUNT_ID"),
        ({"SourceParentId": MEMBER}, "INVALID_PATTERN:SOURCE_PARENT_ID"),
        ({"DestinationParentId": "ou-abcd"}, "INVALID_PATTERN:DESTINATION_PARENT_ID"),
    ],
)
def test_constraints(members: dict, reason: str) -> None:
    """All members are required and well-formed."""
    good = {"AccountId": MEMBER, "SourceParentId": "r-abcd", "DestinationParentId": UNKNOWN}
    with pytest.raises(InvalidInputException) as caught:
        read_request(Request, {**good, **members} if members else {})
    assert caught.value.reason == reason


# What happens.


def test_event() -> None:
    """The account stands in the one OU and not in the other, and back under the root it is nowhere else."""
    world, root, unit, inner = organization()
    found = world.organization_of(FOUNDER)
    accounts = [found.units.by_id[unit], found.units.by_id[inner]]
    for source, destination, counts in [(root, unit, [1, 0]), (unit, inner, [0, 1]), (inner, root, [0, 0])]:
        asked = Request(MEMBER, source, destination)
        assert world.do(asked, FOUNDER) == [AccountMoved(found.id, MEMBER, source, destination)]
        assert found.units.parent_of(MEMBER) == destination
        assert [each.accounts for each in accounts] == counts
    assert found.units.placed == {}


def test_management_account() -> None:
    """The management account moves like any other."""
    world, root, unit, _ = organization()
    world.do(Request(FOUNDER, root, unit), FOUNDER)
    assert world.organization_of(FOUNDER).units.parent_of(FOUNDER) == unit


def test_closed_account() -> None:
    """An account that is being closed, or is closed, can be moved."""
    world, root, unit, inner = organization()
    owner = world.organization_of(FOUNDER).id
    world.evolve(AccountClosureRequested(owner, MEMBER, world.now + 1))
    assert world.do(Request(MEMBER, root, unit), FOUNDER)
    world.evolve(AccountClosed(owner, MEMBER))
    assert world.do(Request(MEMBER, unit, inner), FOUNDER)


def test_back_under_the_root() -> None:
    """An account that left and came back stands under the root, wherever it stood."""
    world, root, unit, _ = organization()
    found = world.organization_of(FOUNDER)
    world.do(Request(MEMBER, root, unit), FOUNDER)
    world.do(leave_organization.Request(), MEMBER)
    assert found.units.by_id[unit].accounts == 0
    world.joined(MEMBER)
    assert found.units.parent_of(MEMBER) == root
    assert world.do(Request(MEMBER, root, unit), FOUNDER)


def test_effective_policies() -> None:
    """The effective policies of every enabled type that has some are published again."""
    world, root, unit, _ = organization()
    found = world.organization_of(FOUNDER)
    world.evolve(*(PolicyTypeEnabled(found.id, kind) for kind in TYPES))
    _, *published = world.do(Request(MEMBER, root, unit), FOUNDER)
    assert published == [EffectivePoliciesPublished(found.id, kind) for kind in (TYPES[0], TYPES[2])]


def test_realistic_latency() -> None:
    """With realistic latency what it sees is outdated for a while."""
    world, root, unit, _ = organization(latency="realistic")
    found = world.organization_of(FOUNDER)
    world.evolve(*(PolicyTypeEnabled(found.id, kind) for kind in TYPES))
    _, *outdated = world.do(Request(MEMBER, root, unit), FOUNDER)
    assert [(type(event), event.policy_type) for event in outdated] == [
        (EffectivePoliciesOutdated, TYPES[0]),
        (EffectivePoliciesOutdated, TYPES[2]),
    ]
    assert all(SHORTEST <= event.published_at - world.now < LONGEST for event in outdated)


@pytest.mark.parametrize("feature_set", FeatureSet)
def test_reply(feature_set: FeatureSet) -> None:
    """The answer is empty, whatever the feature set."""
    world = World()
    world.founded(FOUNDER, feature_set)
    world.joined(MEMBER)
    root = world.organization_of(FOUNDER).root
    unit = world.do(create_organizational_unit.Request(root, "Unit"), FOUNDER)[0].unit
    assert world.reply(Request(MEMBER, root, unit), FOUNDER) == {}
