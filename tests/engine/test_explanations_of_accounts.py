"""Why calls about OUs and accounts are refused, in our words."""

from support.explained import Call, cases, check
from support.given import FOUNDER, MEMBER, OTHER, STRANGER
from support.policy_commands import UNKNOWN_ROOT, UNKNOWN_UNIT, made_unit
from support.projection_world import WatchedWorld

from orgsim.engine.settings import Latencies, Quotas
from orgsim.engine.words import Condition, FeatureSet

NO_OU = f"<org> has no OU {UNKNOWN_UNIT}; ListOrganizationalUnitsForParent lists those there are"
NO_ROOT = f"the root of <org> is <root>, not {UNKNOWN_ROOT}"
NO_MEMBER = f"{STRANGER} is no member of <org>; it must be one"
ONLY_BILLING = "<org> has consolidated billing only; it needs all features, which EnableAllFeatures begins"
SLOW = Latencies(creation=3_600, closure=3_600)


def tree() -> tuple[WatchedWorld, dict[str, str]]:
    """An organization with three OUs, of which one is in another, and a member in the outer one."""
    world = WatchedWorld(quotas=Quotas(organizational_units=4, organizational_unit_depth=2))
    organization = world.founded(feature_set=FeatureSet.ALL)
    root = world.organization_of(FOUNDER).root
    outer = made_unit(world, "Outer")
    inner, other = made_unit(world, "Inner", outer), made_unit(world, "Other")
    for account in (MEMBER, OTHER):
        world.joined(account)
    world.call("MoveAccount", FOUNDER, AccountId=MEMBER, SourceParentId=root, DestinationParentId=outer)
    return world, {"org": organization, "root": root, "outer": outer, "inner": inner, "other": other}


def create(parent: str, name: str = "New") -> dict[str, str]:
    return {"ParentId": parent, "Name": name}


def move(account: str, source: str, destination: str) -> dict[str, str]:
    return {"AccountId": account, "SourceParentId": source, "DestinationParentId": destination}


@cases(
    Call("CreateOrganizationalUnit", create(UNKNOWN_UNIT), "ParentNotFoundException", NO_OU),
    Call("CreateOrganizationalUnit", create(UNKNOWN_ROOT), "ParentNotFoundException", NO_ROOT),
    Call(
        "CreateOrganizationalUnit",
        create("<root>", "Outer"),
        "DuplicateOrganizationalUnitException",
        "<outer> in <root> has the name 'Outer'; another name or another parent is needed",
    ),
    Call(
        "CreateOrganizationalUnit",
        create("<inner>"),
        "OU_DEPTH_LIMIT_EXCEEDED",
        "an OU in <inner> would be 3 levels below the root, and the quota is 2; it needs a parent further up",
    ),
    Call(
        "DeleteOrganizationalUnit",
        {"OrganizationalUnitId": UNKNOWN_UNIT},
        "OrganizationalUnitNotFoundException",
        NO_OU,
    ),
    Call(
        "DeleteOrganizationalUnit",
        {"OrganizationalUnitId": "<outer>"},
        "OrganizationalUnitNotEmptyException",
        "<outer> contains 1 account, which MoveAccount moves away, and 1 OU (<inner>) to be deleted first",
    ),
    Call(
        "UpdateOrganizationalUnit",
        {"OrganizationalUnitId": UNKNOWN_UNIT, "Name": "New"},
        "OrganizationalUnitNotFoundException",
        NO_OU,
    ),
    Call(
        "UpdateOrganizationalUnit",
        {"OrganizationalUnitId": "<other>", "Name": "Outer"},
        "DuplicateOrganizationalUnitException",
        "<outer> in <root> has the name 'Outer'; another name or another parent is needed",
    ),
    Call("MoveAccount", move(STRANGER, "<root>", "<outer>"), "AccountNotFoundException", NO_MEMBER),
    Call("MoveAccount", move(MEMBER, UNKNOWN_UNIT, "<outer>"), "SourceParentNotFoundException", NO_OU),
    Call("MoveAccount", move(MEMBER, "<outer>", UNKNOWN_ROOT), "DestinationParentNotFoundException", NO_ROOT),
    Call(
        "MoveAccount",
        move(MEMBER, "<root>", "<inner>"),
        "AccountNotFoundException",
        f"{MEMBER} is in <outer>, not in <root>",
    ),
    Call(
        "MoveAccount",
        move(MEMBER, "<outer>", "<outer>"),
        "DuplicateAccountException",
        f"{MEMBER} is in <outer> already",
    ),
    Call("CloseAccount", {"AccountId": STRANGER}, "AccountNotFoundException", NO_MEMBER),
    Call(
        "CloseAccount",
        {"AccountId": FOUNDER},
        "CANNOT_CLOSE_MANAGEMENT_ACCOUNT",
        f"{FOUNDER} is the management account of <org>; only other members can be closed",
    ),
    Call(
        "CreateAccount",
        {"Email": "a@b.example", "AccountName": "A", "RoleName": "AWSServiceRoleForMe"},
        "INVALID_ROLE_NAME",
        "AWSServiceRoleForMe begins with AWSServiceRoleFor, which is reserved",
    ),
    Call(
        "CreateOrganizationalUnit",
        create("<root>"),
        "AccessDeniedException",
        f"{MEMBER} is a member, and CreateOrganizationalUnit is for the management account {FOUNDER}",
        MEMBER,
    ),
    Call(
        "MoveAccount",
        move(MEMBER, "<root>", "<outer>"),
        "AWSOrganizationsNotInUseException",
        f"{STRANGER} is in no organization; it must create one, or accept an invitation to one",
        STRANGER,
    ),
)
def test_tree(call: Call) -> None:
    """Calls about the tree name the OU or account that is in the way, and the call that would mend it."""
    world, names = tree()
    check(world, call, names)


def test_too_many_units() -> None:
    """An organization with all OUs that it may have is told how many it has."""
    world, names = tree()
    made_unit(world, "Fourth")
    full = "<org> has 4 OUs, and the quota is 4; DeleteOrganizationalUnit makes room"
    check(world, Call("CreateOrganizationalUnit", create("<root>"), "OU_NUMBER_LIMIT_EXCEEDED", full), names)


CLOSE = {"AccountId": MEMBER}
UNTIL_ONE = "2026-01-01T01:00:00Z"


@cases(
    Call(
        "CloseAccount",
        CLOSE,
        "AccountAlreadyClosedException",
        f"{MEMBER} has been PENDING_CLOSURE since 2026-01-01T00:00:00Z; it must be active",
    ),
    Call(
        "CloseAccount",
        {"AccountId": OTHER},
        "CLOSE_ACCOUNT_REQUESTS_LIMIT_EXCEEDED",
        f"<org> has 1 closure in progress, and the quota is 1; there is room from {UNTIL_ONE}",
    ),
    Call(
        "CreateAccount",
        {"Email": "FIRST@example.com", "AccountName": "Again"},
        "ConcurrentModificationException",
        f"<first>, which creates FIRST@example.com, is IN_PROGRESS until {UNTIL_ONE}",
    ),
    Call(
        "CreateAccount",
        {"Email": "second@example.com", "AccountName": "Second"},
        "ACCOUNT_CREATION_RATE_LIMIT_EXCEEDED",
        f"<org> has 1 running creation, and the quota is 1; there is room from {UNTIL_ONE}",
    ),
)
def test_in_progress(call: Call) -> None:
    """What waits for a closure or creation in progress says when that ends."""
    world = WatchedWorld(quotas=Quotas(concurrent_account_closures=1, concurrent_account_creations=1), latency=SLOW)
    organization = world.founded(feature_set=FeatureSet.ALL)
    for account in (MEMBER, OTHER):
        world.joined(account)
    world.call("CloseAccount", FOUNDER, AccountId=MEMBER)
    first = world.call("CreateAccount", FOUNDER, Email="first@example.com", AccountName="First")[0].request
    check(world, call, {"org": organization, "first": first})


def test_closures_within_thirty_days() -> None:
    """The quota of closures says when there is room again."""
    world = WatchedWorld(quotas=Quotas(account_closures_per_30_days=1))
    organization = world.founded(feature_set=FeatureSet.ALL)
    for account in (MEMBER, OTHER):
        world.joined(account)
    world.call("CloseAccount", FOUNDER, AccountId=MEMBER)
    text = "<org> asked for 1 closure within thirty days, and the quota is 1; there is room from 2026-01-31T00:00:00Z"
    check(
        world, Call("CloseAccount", {"AccountId": OTHER}, "CLOSE_ACCOUNT_QUOTA_EXCEEDED", text), {"org": organization}
    )


@cases(
    Call("CloseAccount", CLOSE, "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE", ONLY_BILLING),
    Call(
        "CreateAccount",
        {"Email": "a@b.example", "AccountName": "A"},
        "ACCOUNT_NUMBER_LIMIT_EXCEEDED",
        "<org> counts 2 members, and the quota is 2; one of them must go",
    ),
    Call(
        "CreateGovCloudAccount",
        {"Email": "a@b.example", "AccountName": "A"},
        "MASTER_ACCOUNT_NOT_GOVCLOUD_ENABLED",
        f"{FOUNDER} is not enabled for GovCloud; it must be enabled first",
    ),
)
def test_small_organization_with_consolidated_billing(call: Call) -> None:
    """What needs all features, room or a condition says what is missing."""
    world = WatchedWorld(quotas=Quotas(accounts=2))
    organization = world.founded()
    world.joined(MEMBER)
    world.suffers(FOUNDER, Condition.GOVCLOUD_NOT_ENABLED)
    check(world, call, {"org": organization})
