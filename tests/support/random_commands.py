"""Random commands to a world of several organizations: any operation, most often such that it has a chance.

A script is a list of numbers, and each is the seed of one command: so what a failure does not need can be left out.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from random import Random
from typing import Any

from orgsim.engine.errors import Refused
from orgsim.engine.operation import read_request
from orgsim.engine.operations import (
    OPERATIONS,
    clear_faults,
    describe_account_outside,
    finish_account_creation,
    import_organization,
    meet_faults,
    record_call,
    script_fault,
)
from orgsim.engine.rules.faults import possible_operations
from orgsim.engine.shapes.base import moment
from orgsim.engine.shapes.timestamps import month_start
from orgsim.engine.state import Access, Organization, Policies
from orgsim.engine.words import Action, Condition, FeatureSet, PolicyType
from support.forms import altered, form_of
from support.given import FOUNDER, MEMBER, OTHER, RIVAL, STRANGER, World, check_explained
from support.policy_commands import FULL_ACCESS, RCP, SCP, TAG, UNKNOWN_POLICY, UNKNOWN_UNIT, document
from support.shrink import shortened
from support.trail_records import Drawing

ACCOUNTS = [FOUNDER, RIVAL, MEMBER, OTHER, STRANGER]
MANAGERS = [FOUNDER, FOUNDER, FOUNDER, FOUNDER, RIVAL]
ADDRESSES = [*(f"{account}@accounts.example" for account in ACCOUNTS[1:4]), "New@example.com"]
DURATIONS = [{"seconds": 1}, {"seconds": 40}, {"hours": 12}, {"days": 4}, {"days": 14}, {"days": 31}, {"days": 91}]
TYPES = [SCP, SCP, RCP, TAG, TAG, PolicyType.SECURITYHUB_POLICY]
SERVICES = ["config.amazonaws.com", "guardduty.amazonaws.com", "securityhub.amazonaws.com", "ram.amazonaws.com"]
NAMES = ["Rules", "More", "Less"]
KEYS = ["team", "Team", "cost centre"]
FAULTS = [
    ("throttle", None, None, None),
    ("refuse", "ConstraintViolationException", "WAIT_PERIOD_ACTIVE", None),
    ("fail_creation", None, "EMAIL_ALREADY_EXISTS", None),
    ("slow_creation", None, None, 50_000_000),
    ("slow_closure", None, None, 50_000_000),
    ("lose_answer", None, None, None),
]
"""Kind, code, reason and duration of faults; not those that let reads lag, which no snapshot has."""

Command = tuple[Any, str | None]


def ask(operation: str, caller: str, **members: Any) -> Command:
    return read_request(OPERATIONS[operation].Request, members), caller


def prefer(draw: Random, good: Iterable[Any], rest: Sequence[Any]) -> Any:
    """Draw mostly one of the good choices, if there are any, and else one of the rest."""
    best = list(good)
    return draw.choice(best if best and draw.randrange(8) else rest)


def account_of(draw: Random, world: World) -> str:
    """Draw one of the initial accounts or a created one, perhaps of GovCloud."""
    made = {**world.state.accounts, **world.state.partitions}
    return draw.choice([*ACCOUNTS, *(account for account in made if account not in ACCOUNTS)])


def manager_of(draw: Random, world: World) -> tuple[str, Organization | None]:
    """Draw mostly a management account, with its organization."""
    manager = prefer(draw, MANAGERS, [account_of(draw, world)])
    return manager, world.state.organization_of(manager)


def member_of(draw: Random, world: World, organization: Organization | None) -> str:
    """Draw mostly a member that is no management account."""
    members = list(organization.members) if organization else []
    return prefer(draw, members[1:], [account_of(draw, world)])


def unit_of(draw: Random, organization: Organization | None) -> str:
    return prefer(draw, organization.units.by_id if organization else (), [UNKNOWN_UNIT])


def policy_of(draw: Random, organization: Organization | None) -> str:
    return prefer(draw, organization.policies.by_id if organization else (), [FULL_ACCESS, UNKNOWN_POLICY])


def inviting(draw: Random, world: World) -> Command:
    manager, _ = manager_of(draw, world)
    target = draw.choice([account_of(draw, world), *ADDRESSES])
    tags = draw.choice([[], [], [{"Key": "team", "Value": "blue"}]])
    named = {"Type": "EMAIL" if "@" in target else "ACCOUNT", "Id": target}
    return ask("InviteAccountToOrganization", manager, Target=named, Tags=tags)


def offering(draw: Random, world: World) -> Command:
    manager, _ = manager_of(draw, world)
    target = draw.choice([FOUNDER, RIVAL, RIVAL, f"{RIVAL}@accounts.example", account_of(draw, world)])
    named = {"Type": "EMAIL" if "@" in target else "ACCOUNT", "Id": target}
    start = moment(month_start(world.now, draw.choice([1, 2, 2, 3])))
    return ask(
        "InviteOrganizationToTransferResponsibility",
        manager,
        Type="BILLING",
        Target=named,
        StartTimestamp=start,
        SourceName="Subsidiary",
        Tags=draw.choice([[], [{"Key": "team", "Value": "red"}]]),
    )


def party_of(world: World, handshake: str, sender: bool) -> str:
    """Return the account that may act on a handshake as sender or recipient; the founder if there is none."""
    found = world.state.handshakes.get(handshake)
    if found is None:
        return FOUNDER
    party = found.requested.party
    if sender or party is None:
        return world.state.organizations[found.requested.organization].management_account
    return (world.state.owner_of(party) if "@" in party else party) or FOUNDER


def answering(draw: Random, world: World) -> Command:
    known = world.state.handshakes
    handshake = prefer(draw, (each for each, found in known.items() if found.ended_at < 0), [*known, "h-00000000"])
    answer = draw.choice([*["AcceptHandshake"] * 4, "DeclineHandshake", "CancelHandshake"])
    party = party_of(world, handshake, sender=answer == "CancelHandshake")
    return ask(answer, prefer(draw, [party], [account_of(draw, world)]), HandshakeId=handshake)


def migrating(draw: Random, world: World) -> Command:
    """A migration is begun, or one of its handshakes is accepted by whom it asks."""
    steps = (Action.APPROVE_ALL_FEATURES, Action.ENABLE_ALL_FEATURES)
    asked = [
        each for each, found in world.state.handshakes.items() if found.ended_at < 0 and found.requested.action in steps
    ]
    if asked and draw.random() < 0.5:
        handshake = draw.choice(asked)
        return ask("AcceptHandshake", party_of(world, handshake, sender=False), HandshakeId=handshake)
    return ask("EnableAllFeatures", manager_of(draw, world)[0])


def parting(draw: Random, world: World) -> Command:
    manager, organization = manager_of(draw, world)
    member = member_of(draw, world, organization)
    parts = [
        *[("LeaveOrganization", member, {})] * 2,
        *[("RemoveAccountFromOrganization", manager, {"AccountId": member})] * 2,
        ("DeleteOrganization", manager, {}),
    ]
    operation, caller, members = draw.choice(parts)
    return ask(operation, caller, **members)


def closing(draw: Random, world: World) -> Command:
    manager, organization = manager_of(draw, world)
    return ask("CloseAccount", manager, AccountId=member_of(draw, world, organization))


def founding(draw: Random, world: World) -> Command:
    founder = draw.choice([account_of(draw, world), *world.state.partitions])
    return ask("CreateOrganization", founder, FeatureSet=draw.choice(list(FeatureSet)))


def creating(draw: Random, world: World) -> Command:
    finish = [(finish_account_creation.Request(each, "INTERNAL_FAILURE"), None) for each in world.state.creations]
    email = draw.choice(["new@example.com", "made@example.com", "other@example.com"])
    tags = [{"Key": "team", "Value": "green"}]
    operation = draw.choice(["CreateAccount", "CreateAccount", "CreateGovCloudAccount"])
    create = ask(operation, manager_of(draw, world)[0], Email=email, AccountName="Made", Tags=tags)
    return draw.choice([create, *finish])


def telling(draw: Random, world: World) -> Command:
    account = account_of(draw, world)
    conditions = draw.choice([(), (), (), *((condition,) for condition in Condition)])
    email = draw.choice([None, None, "new@example.com", "NEW@example.com", f"{account}@accounts.example"])
    return describe_account_outside.Request(account, email, None, conditions), None


def branching(draw: Random, world: World) -> Command:
    """The tree of OUs grows, changes or shrinks."""
    manager, organization = manager_of(draw, world)
    unit, name = unit_of(draw, organization), draw.choice(NAMES)
    units = organization.units.by_id if organization else {}
    child = prefer(draw, (each for each in units if each.startswith("ou-")), [UNKNOWN_UNIT])
    tags = draw.choice([[], [{"Key": "team", "Value": "blue"}]])
    changes = [
        *[("CreateOrganizationalUnit", {"ParentId": unit, "Name": name, "Tags": tags})] * 3,
        ("UpdateOrganizationalUnit", {"OrganizationalUnitId": child, "Name": name}),
        ("DeleteOrganizationalUnit", {"OrganizationalUnitId": child}),
    ]
    operation, members = draw.choice(changes)
    return ask(operation, manager, **members)


def moving(draw: Random, world: World) -> Command:
    manager, organization = manager_of(draw, world)
    account = draw.choice([member_of(draw, world, organization), manager])
    source = organization.units.parent_of(account) if organization else UNKNOWN_UNIT
    source = prefer(draw, [source], [unit_of(draw, organization)])
    destination = unit_of(draw, organization)
    return ask("MoveAccount", manager, AccountId=account, SourceParentId=source, DestinationParentId=destination)


def entity_of(draw: Random, world: World, organization: Organization | None) -> str:
    return draw.choice([unit_of(draw, organization), member_of(draw, world, organization), FOUNDER])


def tagging(draw: Random, world: World) -> Command:
    manager, organization = manager_of(draw, world)
    written = organization.access.resource_policy if organization else None
    others = [policy_of(draw, organization), *([written.id] if written else []), *world.state.transfers.by_id]
    resource = draw.choice([entity_of(draw, world, organization), *others])
    if draw.random() < 0.5:
        tagged, tags = prefer(draw, organization.tags.items() if organization else (), [(resource, ())])
        present = [tag.key for tag in tags] or KEYS
        return ask("UntagResource", manager, ResourceId=tagged, TagKeys=draw.choice([[], KEYS, present]))
    value = draw.choice(["", "blue"])
    keys = draw.sample(KEYS, draw.randrange(3))
    return ask("TagResource", manager, ResourceId=resource, Tags=[{"Key": key, "Value": value} for key in keys])


def governing(draw: Random, world: World) -> Command:
    """Policies and their types."""
    manager, organization = manager_of(draw, world)
    policy, kind = policy_of(draw, organization), draw.choice(TYPES)
    policies = organization.policies if organization else Policies()
    attachable = [each.id for each in policies.by_id.values() if each.type in policies.enabled]
    # Where another service control policy is attached, AWS's own can be detached.
    attached = [(each, target) for target, there in policies.attached.items() for each in (*there, FULL_ACCESS)]
    root = {"RootId": organization.root if organization else "r-0000", "PolicyType": kind}
    target = entity_of(draw, world, organization)
    place = {"PolicyId": prefer(draw, attachable, [policy]), "TargetId": target}
    policy_there, there = prefer(draw, attached, [(policy, target)])
    made = {"Content": document(kind), "Description": "", "Name": draw.choice(NAMES), "Type": kind}
    changes = [
        *[("CreatePolicy", made)] * 2,
        ("UpdatePolicy", {"PolicyId": policy, "Name": draw.choice([None, *NAMES])}),
        ("DeletePolicy", {"PolicyId": policy}),
        *[("AttachPolicy", place)] * 4,
        *[("DetachPolicy", {"PolicyId": policy_there, "TargetId": there})] * 2,
        *[("EnablePolicyType", root)] * 2,
        ("DisablePolicyType", root),
    ]
    operation, members = draw.choice(changes)
    return ask(operation, manager, **members)


def delegating(draw: Random, world: World) -> Command:
    """Trusted services, their administrators, and the resource policy."""
    manager, organization = manager_of(draw, world)
    access = organization.access if organization else Access()
    service = {"ServicePrincipal": prefer(draw, access.services, SERVICES)}
    delegated = {"AccountId": member_of(draw, world, organization), **service}
    account, administered = prefer(draw, access.administrators.items(), [(MEMBER, SERVICES)])
    registered = {"AccountId": account, "ServicePrincipal": draw.choice(list(administered))}
    statement = '{"Effect":"Allow","Principal":"*","Action":"organizations:List*","Resource":"*"}'
    changes = [
        *[("EnableAWSServiceAccess", {"ServicePrincipal": draw.choice(SERVICES)})] * 3,
        ("DisableAWSServiceAccess", service),
        *[("RegisterDelegatedAdministrator", delegated)] * 3,
        ("DeregisterDelegatedAdministrator", registered),
        ("PutResourcePolicy", {"Content": f'{{"Version":"2012-10-17","Statement":[{statement}]}}'}),
        ("DeleteResourcePolicy", {}),
    ]
    operation, members = draw.choice(changes)
    return ask(operation, manager, **members)


def transferring(draw: Random, world: World) -> Command:
    """Transfers that there are: another name, or an end."""
    manager, organization = manager_of(draw, world)
    transfers = world.state.transfers
    own = transfers.inbound.get(organization.id, ()) if organization else ()
    transfer = prefer(draw, own, [*transfers.by_id, "rt-00000000"])
    if draw.random() < 0.5:
        return ask("UpdateResponsibilityTransfer", manager, Id=transfer, Name="Renamed")
    return ask("TerminateResponsibilityTransfer", manager, Id=transfer)


def faulting(draw: Random, world: World) -> Command:
    """A fault is scripted, met or cleared; or a call that changed nothing is recorded."""
    scripts = world.state.faults.scripts if world.state.faults else {}
    open_scripts = [script.scripted for script in scripts.values() if script.left != 0]
    choice = draw.randrange(6)
    if open_scripts and choice < 3:
        fault = draw.choice(open_scripts)
        operations = sorted(fault.operations or possible_operations(fault.fault, fault.code))
        return meet_faults.Request(draw.choice(operations), account_of(draw, world)), None
    if choice == 4:
        return recording(draw, world)
    if choice == 3:
        return clear_faults.Request(draw.choice([None, *scripts])), None
    kind, code, reason, duration = draw.choice(FAULTS)
    request = script_fault.Request(
        fault=kind,
        operations=("*",),
        share=draw.choice([0.5, 1.0]),
        times=draw.choice([None, 1, 2]),
        after_calls=draw.choice([0, 0, 1]),
        begins_at=draw.choice([None, None, world.now + 1_000_000]),
        ends_at=draw.choice([None, world.now + 5_000_000]),
        code=code,
        reason=reason,
        duration=duration,
    )
    return request, None


def recording(draw: Random, world: World) -> Command:
    """A call that changed nothing is recorded."""
    operation, code = draw.choice([("LeaveOrganization", "AccessDeniedException"), ("ListAccounts", None)])
    return record_call.Request(operation, {"MaxResults": draw.randrange(20)}, code), account_of(draw, world)


def importing(draw: Random, world: World) -> Command:
    """A dump is brought in that shows what stands, but for one thing."""
    world.advance()
    standing = [each for each in world.state.organizations.values() if not each.deleted]
    if not standing:
        return founding(draw, world)
    closing = (each for each in standing if each.closures.pending or each.closures.closed)
    organization = prefer(draw, closing, standing)
    form = form_of(organization, world.state)
    form = altered(form, draw) if draw.randrange(4) else form
    return import_organization.Request(form=form, source="a dump", taken_at=world.now), None


def replaying(draw: Random, world: World) -> Command:
    """A record of CloudTrail is taken, about things that there are or not; what a root is called may come out later."""
    return Drawing(draw, world.state, ACCOUNTS).record()


DECIDED = [
    *[inviting] * 2,
    *[answering] * 4,
    *[migrating] * 2,
    parting,
    founding,
    creating,
    telling,
    *[branching] * 2,
    *[moving] * 2,
    *[closing] * 2,
    tagging,
    *[governing] * 6,
    *[delegating] * 4,
    offering,
    transferring,
    faulting,
    importing,
]
"""Commands that the engine decides itself."""

COMMANDS = [*DECIDED, *[replaying] * 3]
"""All commands, records of CloudTrail among them, which tell of what is impossible, too."""


def random_script(seed: int, length: int) -> list[int]:
    """Draw the seeds of a number of commands."""
    draw = Random(seed)
    return [draw.getrandbits(32) for _ in range(length)]


def play(script: list[int], world: World, commands: Sequence[Any] = COMMANDS) -> Iterator[None]:
    """Do each command in turn, advancing the clock before one in six; a refusal changes nothing, and is explained."""
    for seed in script:
        draw = Random(seed)
        if draw.randrange(6) == 0:
            world.advance(**draw.choice(DURATIONS))
        request, caller = draw.choice(commands)(draw, world)
        world.advance()
        before = world.encoded()
        try:
            world.do(request, caller)
        except Refused as refusal:
            assert world.encoded() == before
            check_explained(refusal)
        yield


def kinds_of_events(happened: Callable[[int, list[int]], set[type]], worlds: int, length: int) -> set[type]:
    """Play random scripts and return the event types that occurred; one that fails is shortened and played again.

    Args:
        happened: plays a script in a world of its own, by the number of the world, and says what it brought about.
        worlds: how many.
        length: commands of each script.
    """

    def failure(world: int, script: list[int]) -> Exception | None:
        try:
            kinds.update(happened(world, script))
        except Exception as error:
            return error
        return None

    kinds: set[type] = set()
    for world in range(worlds):
        script = random_script(world, length)
        if failure(world, script):
            shorter = shortened(script, lambda part, world=world: failure(world, part) is not None)
            print(f"happened({world}, {shorter})")
            happened(world, shorter)
    return kinds
