import json
from typing import Any

import pytest
from support.effective_policies import (
    AI,
    DESCRIBE,
    ERRORS,
    INVALID,
    RCP,
    READS,
    SCP,
    TAG,
    Organization,
    grant,
    late,
    tags,
    team,
)
from support.given import FOUNDER, MEMBER, OTHER, RIVAL, STRANGER

from orgsim.engine.authorization.services import REQUIRED_BY
from orgsim.engine.errors import (
    AccessDeniedException,
    AccountNotFoundException,
    AWSOrganizationsNotInUseException,
    EffectivePolicyNotFoundException,
    InvalidInputException,
    TargetNotFoundException,
)
from orgsim.engine.policies.types import POLICY_TYPES
from orgsim.engine.words import FeatureSet, PolicyType

# Who may ask for what (docs/aws.md 6.5).


def test_own_document() -> None:
    """A member and the management account get their own document, with or without naming themselves."""
    world = Organization(TAG)
    world.attach(TAG, tags("@@assign", "red"), world.root)
    wanted = {
        "PolicyContent": '{"tags":{"team":{"tag_value":["red"],"tag_key":"team"}}}',
        "LastUpdatedTimestamp": world.date(),
        "PolicyType": TAG,
    }
    for account in (FOUNDER, MEMBER):
        for members in ({}, {"TargetId": account}):
            answer = world.ask(DESCRIBE, account, PolicyType=TAG, **members)
            assert answer == {"EffectivePolicy": wanted | {"TargetId": account}}


def test_documents_of_others() -> None:
    """The management account and delegated administrators get the document of any account; a plain member does not."""
    world = Organization(TAG)
    world.attach(TAG, tags("@@assign", "red"), OTHER)
    world.denies(DESCRIBE, MEMBER, AccessDeniedException, PolicyType=TAG, TargetId=OTHER)
    world.denies(DESCRIBE, MEMBER, AccessDeniedException, PolicyType=TAG, TargetId=STRANGER)
    service = "guardduty.amazonaws.com"
    world.call("EnableAWSServiceAccess", FOUNDER, ServicePrincipal=service)
    world.call("RegisterDelegatedAdministrator", FOUNDER, AccountId=MEMBER, ServicePrincipal=service)
    for account in (FOUNDER, MEMBER):
        answer = world.ask(DESCRIBE, account, PolicyType=TAG, TargetId=OTHER)["EffectivePolicy"]
        assert answer["TargetId"] == OTHER
        assert json.loads(answer["PolicyContent"]) == team("red")


def test_granted_member() -> None:
    """A member that the resource policy names may ask for the accounts and types that are granted, and no other."""
    world = Organization(TAG, AI)
    grant(world, "Allow", DESCRIBE, f"arn:aws:organizations::{FOUNDER}:account/{world.id}/{OTHER}", TAG)
    assert world.ask(DESCRIBE, MEMBER, PolicyType=TAG, TargetId=OTHER)["EffectivePolicy"]["TargetId"] == OTHER
    world.denies(DESCRIBE, MEMBER, AccessDeniedException, PolicyType=AI, TargetId=OTHER)
    world.denies(DESCRIBE, MEMBER, AccessDeniedException, PolicyType=TAG, TargetId=FOUNDER)
    assert world.effective(MEMBER, AI) == {}


def test_denied_member() -> None:
    """A resource policy can keep a member from its own document."""
    world = Organization(TAG)
    grant(world, "Deny", DESCRIBE, "*")
    world.denies(DESCRIBE, MEMBER, AccessDeniedException, PolicyType=TAG)
    assert world.effective(OTHER) == {}


def test_validation_is_not_for_everybody() -> None:
    """The validation reads are for the management account and for members to which they are granted."""
    world = Organization(TAG)
    own = {"PolicyType": TAG, "AccountId": MEMBER}
    world.denies(ERRORS, MEMBER, AccessDeniedException, **own)
    world.denies(INVALID, MEMBER, AccessDeniedException, PolicyType=TAG)
    grant(world, "Allow", ERRORS, f"arn:aws:organizations::{FOUNDER}:account/{world.id}/{MEMBER}")
    assert world.ask(ERRORS, MEMBER, **own)["AccountId"] == MEMBER
    world.denies(ERRORS, MEMBER, AccessDeniedException, PolicyType=TAG, AccountId=OTHER)
    grant(world, "Allow", INVALID, "*")
    assert world.ask(INVALID, MEMBER, PolicyType=TAG) == {"Accounts": [], "PolicyType": TAG}


@pytest.mark.parametrize("operation", READS)
def test_outside(operation: str) -> None:
    """A standalone account has no effective policies."""
    members = {} if operation == INVALID else {"AccountId": STRANGER, "TargetId": STRANGER}
    Organization(TAG).denies(operation, STRANGER, AWSOrganizationsNotInUseException, PolicyType=TAG, **members)


# What is wrong with a question, and in which order it shows (docs/aws.md 6.5, 6.8 and 9).


def test_types_that_cannot_be_described() -> None:
    """Service control policies are invalid in one way, everything else without an effective view in another."""
    world = Organization()
    world.denies(DESCRIBE, MEMBER, InvalidInputException, "INVALID_ENUM_POLICY_TYPE", PolicyType=SCP)
    for policy_type in (RCP, "NONSENSE", ""):
        world.denies(DESCRIBE, MEMBER, InvalidInputException, "INVALID_ENUM:POLICY_TYPE", PolicyType=policy_type)
    world.denies(DESCRIBE, MEMBER, InvalidInputException, "INPUT_REQUIRED:POLICY_TYPE")


@pytest.mark.parametrize("policy_type", [SCP, RCP, "NONSENSE"])
def test_types_that_cannot_be_validated(policy_type: str) -> None:
    """The validation reads call all of them invalid in one way."""
    world = Organization()
    members = {"PolicyType": policy_type}
    world.denies(ERRORS, FOUNDER, InvalidInputException, "INVALID_ENUM_POLICY_TYPE", **members, AccountId=MEMBER)
    world.denies(INVALID, FOUNDER, InvalidInputException, "INVALID_ENUM_POLICY_TYPE", **members)


def test_targets_without_effective_policy() -> None:
    """A root or an OU is no target, whoever asks; and there must be one to validate."""
    world = Organization(TAG)
    for target in (world.root, world.unit("A"), "r-none"):
        for account in (FOUNDER, MEMBER):
            members = {"PolicyType": TAG, "TargetId": target, "AccountId": target}
            world.denies(DESCRIBE, account, InvalidInputException, "TARGET_NOT_SUPPORTED", **members)
            world.denies(ERRORS, account, InvalidInputException, "TARGET_NOT_SUPPORTED", **members)
    world.denies(ERRORS, FOUNDER, InvalidInputException, "TARGET_NOT_SUPPORTED", PolicyType=TAG)
    world.denies(DESCRIBE, FOUNDER, InvalidInputException, "INVALID_PATTERN:TARGET_ID", PolicyType=TAG, TargetId="x")
    world.denies(ERRORS, FOUNDER, InvalidInputException, "INVALID_PATTERN:ACCOUNT_ID", PolicyType=TAG, AccountId="x")


def test_unknown_account() -> None:
    """An account outside the organization is not found, even if the type is not enabled either; only the management
    account is told so (docs/aws.md 3.7)."""
    world = Organization()
    world.founded(RIVAL, FeatureSet.ALL)
    for account in (STRANGER, RIVAL):
        world.denies(DESCRIBE, FOUNDER, TargetNotFoundException, PolicyType=TAG, TargetId=account)
        world.denies(ERRORS, FOUNDER, AccountNotFoundException, PolicyType=TAG, AccountId=account)
    for operation in (DESCRIBE, ERRORS):
        grant(world, "Allow", operation, "*")
        members = {"PolicyType": TAG, "TargetId": STRANGER, "AccountId": STRANGER}
        world.denies(operation, MEMBER, AccessDeniedException, **members)


def test_type_not_enabled() -> None:
    """Without the type there is nothing to describe or to validate, with consolidated billing as with all features."""
    world = Organization(AI)
    world.founded(RIVAL)
    for account in (FOUNDER, RIVAL):
        world.denies(DESCRIBE, account, EffectivePolicyNotFoundException, PolicyType=TAG)
        world.denies(ERRORS, account, EffectivePolicyNotFoundException, PolicyType=TAG, AccountId=account)
        world.denies(INVALID, account, EffectivePolicyNotFoundException, PolicyType=TAG)


@pytest.mark.parametrize("kind", [kind for kind, facts in POLICY_TYPES.items() if facts.effective])
def test_nothing_attached(kind: PolicyType) -> None:
    """A type that is enabled has an empty document from that moment on, and nothing is wrong with it."""
    world = Organization()
    if kind in REQUIRED_BY:
        world.call("EnableAWSServiceAccess", FOUNDER, ServicePrincipal=REQUIRED_BY[kind])
    world.enable(kind)
    enabled = world.date()
    world.advance(days=1)
    assert world.effective(MEMBER, kind) == {}
    assert world.updated(MEMBER, kind) == enabled
    assert world.errors(MEMBER, kind) == {
        "AccountId": MEMBER,
        "PolicyType": kind,
        "EffectivePolicyValidationErrors": [],
    }
    assert world.invalid(kind) == []


# What is seen where (docs/aws.md 6.5 and 6.6).


def test_inheritance() -> None:
    """Policies hold for what is below them: each account sees what its own path comes to."""
    world = Organization(TAG)
    outer = world.unit("A")
    inner = world.unit("B", outer)
    world.move(MEMBER, inner)
    world.move(OTHER, outer)
    world.attach(TAG, tags("@@append", "root"), world.root)
    world.attach(TAG, tags("@@append", "inner"), inner)
    world.attach(TAG, tags("@@append", "member"), MEMBER)
    world.attach(TAG, tags("@@append", "outer"), outer)
    assert world.effective(FOUNDER) == team("root")
    assert world.effective(OTHER) == team("root", "outer")
    assert world.effective(MEMBER) == team("root", "outer", "inner", "member")


def test_attachment_order() -> None:
    """If two policies in one place assign a value, the one attached first wins; a policy attached anew comes last."""
    world = Organization(TAG)
    first = world.attach(TAG, tags("@@assign", "red"), MEMBER)
    world.attach(TAG, tags("@@assign", "blue"), MEMBER)
    assert world.effective(MEMBER) == team("red")
    world.detach(first, MEMBER)
    world.call("AttachPolicy", FOUNDER, PolicyId=first, TargetId=MEMBER)
    assert world.effective(MEMBER) == team("blue")


def test_types_apart() -> None:
    """Policies of one type are not part of another's document, and do not date it."""
    world = Organization(TAG, AI)
    world.advance(days=1)
    world.attach(TAG, tags("@@assign", "red"), world.root)
    assert world.effective(MEMBER, AI) == {}
    assert world.updated(MEMBER, AI) < world.updated(MEMBER) == world.date()


def test_dates() -> None:
    """A change dates the documents at and below it, even if they stay as they were; others keep their date."""
    world = Organization(TAG)
    unit = world.unit("A")
    world.move(MEMBER, unit)
    policy = world.attach(TAG, tags("@@assign", "red"), unit)
    world.attach(TAG, tags("@@append", "blue"), MEMBER)
    before = world.date()
    world.advance(hours=1)
    world.call("UpdatePolicy", FOUNDER, PolicyId=policy, Name="another name")
    assert world.updated(MEMBER) == world.date()
    assert world.updated(OTHER) == before
    world.advance(hours=1)
    world.attach(TAG, tags("@@append", "green"), world.root)
    assert {world.updated(account) for account in (FOUNDER, MEMBER, OTHER)} == {world.date()}


def test_detached() -> None:
    """Without the last policy of its own a place sees what is above it, as of the moment of the change."""
    world = Organization(TAG)
    unit = world.unit("A")
    world.move(MEMBER, unit)
    world.attach(TAG, tags("@@assign", "root"), world.root)
    policies = {place: world.attach(TAG, tags("@@append", place), place) for place in (unit, MEMBER)}
    assert world.effective(MEMBER) == team("root", unit, MEMBER)
    for place, wanted in ((unit, team("root", MEMBER)), (MEMBER, team("root"))):
        world.advance(hours=1)
        world.detach(policies[place], place)
        assert world.effective(MEMBER) == wanted
        assert world.updated(MEMBER) == world.date()
    assert world.updated(OTHER) < world.date()


def test_moves() -> None:
    """An account that is moved takes its own policies along, and sees those of its new place from now on."""
    world = Organization(TAG)
    places = {name: world.unit(name) for name in ("a", "b")}
    for name, unit in places.items():
        world.attach(TAG, tags("@@assign", name), unit)
    world.attach(TAG, tags("@@append", "own"), MEMBER)
    assert [world.effective(account) for account in (MEMBER, OTHER)] == [team("own"), {}]
    for name, unit in places.items():
        world.advance(hours=1)
        for account, own in ((MEMBER, ["own"]), (OTHER, [])):
            world.move(account, unit)
            assert world.effective(account) == team(name, *own)
            assert world.updated(account) == world.date()
    for account in (MEMBER, OTHER):
        world.move(account, world.root)
    assert [world.effective(account) for account in (MEMBER, OTHER)] == [team("own"), {}]


def test_new_members() -> None:
    """A new member sees the document of its root at once; one that comes back has none of its old policies."""
    world = Organization(TAG)
    world.attach(TAG, tags("@@assign", "root"), world.root)
    published = world.date()
    world.joined(STRANGER)
    world.attach(TAG, tags("@@append", "own"), STRANGER)
    assert world.effective(STRANGER) == team("root", "own")
    world.advance(days=1)
    world.call("LeaveOrganization", STRANGER)
    world.joined(STRANGER)
    assert world.effective(STRANGER) == team("root")
    assert world.updated(STRANGER) == published


def test_units_come_and_go() -> None:
    """A deleted OU leaves nothing behind, and a new one begins with what is above it."""
    world = Organization(TAG)
    world.attach(TAG, tags("@@assign", "root"), world.root)
    for _ in range(2):
        unit = world.unit("A")
        world.move(MEMBER, unit)
        assert world.effective(MEMBER) == team("root")
        policy = world.attach(TAG, tags("@@append", "unit"), unit)
        assert world.effective(MEMBER) == team("root", "unit")
        world.move(MEMBER, world.root)
        world.detach(policy, unit)
        world.call("DeleteOrganizationalUnit", FOUNDER, OrganizationalUnitId=unit)
        world.require_nothing_left()
    assert world.effective(MEMBER) == team("root")


def test_unit_deleted_before_publication() -> None:
    """An OU may be gone when the change of its policies is published."""
    world = late(TAG)
    unit = world.unit("A")
    world.attach(TAG, tags("@@assign", "red"), unit)
    world.call("DeleteOrganizationalUnit", FOUNDER, OrganizationalUnitId=unit)
    world.require_nothing_left()
    world.advance(minutes=1)
    world.require_nothing_left()


def test_organizations_apart() -> None:
    """The policies of one organization do not affect another, nor a later one of the same account."""
    world = Organization(TAG)
    world.attach(TAG, tags("@@assign", "red"), world.root)
    world.founded(RIVAL, FeatureSet.ALL)
    rival = world.organization_of(RIVAL).root
    world.call("EnablePolicyType", RIVAL, RootId=rival, PolicyType=TAG)
    assert [world.effective(account) for account in (FOUNDER, RIVAL)] == [team("red"), {}]
    world.call("DeleteOrganization", RIVAL)
    world.founded(RIVAL, FeatureSet.ALL)
    world.denies(DESCRIBE, RIVAL, EffectivePolicyNotFoundException, PolicyType=TAG)


# Until it is published (docs/aws.md 6.2, 6.5 and 13).


def seen_over_time(world: Organization, seconds: int = 10) -> list[tuple[int, Any]]:
    """Collect the documents that the member sees during some seconds, with the tenth of a second of each."""
    found: list[tuple[int, Any]] = []
    for tenth in range(seconds * 10):
        document = world.effective(MEMBER)
        if not found or found[-1][1] != document:
            found.append((tenth, document))
        world.advance(milliseconds=100)
    return found


@pytest.mark.parametrize("seed", range(5))
def test_lag(seed: int) -> None:
    """After each change the old document is served for 1.8 to 8 seconds, and dated when the new one came."""
    world = late(TAG, seed=seed)
    policy = world.policy(TAG, tags("@@assign", "red"))
    changes = {
        "AttachPolicy": {"TargetId": MEMBER},
        "UpdatePolicy": {"Content": json.dumps(tags("@@assign", "blue"))},
        "DetachPolicy": {"TargetId": MEMBER},
    }
    documents = [{}, team("red"), team("blue"), {}]
    for (operation, members), before, after in zip(changes.items(), documents[:-1], documents[1:], strict=True):
        changed = world.date()
        world.call(operation, FOUNDER, PolicyId=policy, **members)
        (_, first), (when, second) = seen_over_time(world)
        assert (first, second) == (before, after)
        assert 18 <= when <= 81
        assert 1.8 <= (world.updated(MEMBER) - changed).total_seconds() <= 8


def test_rapid_changes() -> None:
    """If two changes follow each other rapidly, the first is never seen."""
    world = late(TAG)
    policy = world.attach(TAG, tags("@@assign", "red"), MEMBER)
    world.advance(seconds=1)
    world.update(policy, tags("@@assign", "blue"))
    assert [document for _, document in seen_over_time(world)] == [{}, team("blue")]


def test_move_with_lag() -> None:
    """Until the publication a moved account sees the document of where it stood."""
    world = late(TAG)
    places = [world.unit("A"), world.unit("B")]
    for unit in places:
        world.attach(TAG, tags("@@assign", unit), unit)
    world.advance(minutes=1)
    for before, after in (({}, team(places[0])), (team(places[0]), team(places[1]))):
        world.move(MEMBER, next(iter(after["tags"]["team"]["tag_value"])))
        moved = world.date()
        assert [document for _, document in seen_over_time(world)] == [before, after]
        assert world.updated(MEMBER) > moved


def test_moved_twice_with_lag() -> None:
    """An account that was only passing through never sees what is there; nor has it anything once it has left."""
    world = late(TAG)
    places = [world.unit("A"), world.unit("B")]
    for unit in places:
        world.attach(TAG, tags("@@assign", unit), unit)
    world.advance(minutes=1)
    for unit in places:
        world.move(MEMBER, unit)
        world.move(OTHER, unit)
    world.call("LeaveOrganization", OTHER)
    world.joined(OTHER)
    assert [document for _, document in seen_over_time(world)] == [{}, team(places[1])]
    assert world.effective(OTHER) == {}


def test_new_member_with_lag() -> None:
    """A new member sees what has been published for its root, not what is about to be."""
    world = late(TAG)
    world.attach(TAG, tags("@@assign", "red"), world.root)
    world.joined(STRANGER)
    assert world.effective(STRANGER) == {}
    world.advance(seconds=8)
    assert world.effective(STRANGER) == team("red")


def test_disabled_and_enabled_again() -> None:
    """A disabled type is gone at once; enabled again, the old document is back until the empty one is published."""
    world = late(TAG)
    world.attach(TAG, tags("@@assign", "red"), world.root)
    world.attach(TAG, tags("@@append", "own"), MEMBER)
    world.advance(minutes=1)
    world.disable(TAG)
    world.denies(DESCRIBE, MEMBER, EffectivePolicyNotFoundException, PolicyType=TAG)
    world.advance(minutes=1)
    world.enable(TAG)
    assert world.effective(FOUNDER) == team("red")
    assert [document for _, document in seen_over_time(world)] == [team("red", "own"), {}]
    assert world.effective(FOUNDER) == {}


def test_disabled_and_enabled_again_at_once() -> None:
    """With instant latency the type begins empty."""
    world = Organization(TAG)
    world.attach(TAG, tags("@@assign", "red"), MEMBER)
    world.disable(TAG)
    world.denies(DESCRIBE, MEMBER, EffectivePolicyNotFoundException, PolicyType=TAG)
    world.advance(minutes=1)
    world.enable(TAG)
    assert world.effective(MEMBER) == {}
    assert world.updated(MEMBER) == world.date()
