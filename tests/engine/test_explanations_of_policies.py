"""Why calls about policies, tags, services and the resource policy are refused, in our words."""

import json
from typing import Any

import pytest
from support.explained import Call, cases, check, why
from support.given import FOUNDER, MEMBER, OTHER, STRANGER
from support.policy_commands import (
    FULL_ACCESS,
    SCP,
    TAG,
    UNKNOWN_POLICY,
    UNKNOWN_ROOT,
    UNKNOWN_UNIT,
    attach,
    document,
    enable,
    governed,
    made,
    made_unit,
)
from support.projection_world import WatchedWorld
from support.tag_policies import team_policy

from orgsim.engine.policies.types import POLICY_TYPES
from orgsim.engine.words import Condition, PolicyType

CONFIG, GUARDDUTY = "config.amazonaws.com", "guardduty.amazonaws.com"
NO_POLICY = f"<org> has no policy {UNKNOWN_POLICY}; ListPolicies lists those there are"
ONLY_BILLING = "<org> has consolidated billing only; it needs all features, which EnableAllFeatures begins"
LONGEST = POLICY_TYPES[SCP].max_size


def policies() -> tuple[WatchedWorld, dict[str, str]]:
    """An organization with SCPs: one on the root and an OU, an unused one, one of a disabled type; trusted services."""
    world = WatchedWorld()
    organization = governed(world)
    for account in (MEMBER, OTHER):
        world.joined(account)
    names = {"org": organization.id, "root": organization.root, "unit": made_unit(world)}
    names |= {"used": made(world, SCP, "Used"), "unused": made(world, SCP, "Unused"), "tags": made(world, TAG, "Tags")}
    attach(world, names["used"], names["root"])
    attach(world, names["used"], names["unit"])
    for service in (CONFIG, GUARDDUTY):
        world.call("EnableAWSServiceAccess", FOUNDER, ServicePrincipal=service)
    world.call("RegisterDelegatedAdministrator", FOUNDER, AccountId=MEMBER, ServicePrincipal=GUARDDUTY)
    enable(world, PolicyType.GUARDDUTY_POLICY)
    world.suffers(OTHER, Condition.SUSPENDED)
    return world, names


def create(name: str = "New", content: str | None = None, kind: str = SCP, **members: Any) -> dict[str, Any]:
    return {"Name": name, "Description": "", "Type": kind, "Content": content or document(SCP), **members}


def on(policy: str, target: str) -> dict[str, str]:
    return {"PolicyId": policy, "TargetId": target}


def delegation(account: str, service: str) -> dict[str, str]:
    return {"AccountId": account, "ServicePrincipal": service}


def tags(resource: str, *keys: str) -> dict[str, Any]:
    return {"ResourceId": resource, "Tags": [{"Key": key, "Value": ""} for key in keys]}


@cases(
    Call(
        "CreatePolicy",
        create("Used"),
        "DuplicatePolicyException",
        "<used> of type SERVICE_CONTROL_POLICY has the name 'Used'",
    ),
    Call(
        "CreatePolicy",
        create("FullAWSAccess"),
        "DuplicatePolicyException",
        "AWS's own SERVICE_CONTROL_POLICY has the name 'FullAWSAccess'",
    ),
    Call(
        "CreatePolicy",
        create(content=document(SCP, LONGEST + 1)),
        "POLICY_CONTENT_LIMIT_EXCEEDED",
        f"the document has {LONGEST + 1:,} characters, and the quota is {LONGEST:,}; make it shorter",
    ),
    Call(
        "CreatePolicy",
        create(content='{"Statement": [{"Effect": "Maybe"}]}'),
        "MalformedPolicyDocumentException",
        'statement 1: Effect is "Maybe"; it must be Allow or Deny',
    ),
    Call(
        "CreatePolicy",
        create(Tags=[{"Key": "aws:team", "Value": ""}]),
        "INVALID_SYSTEM_TAGS_PARAMETER",
        "the key 'aws:team' begins with aws:, which is reserved",
    ),
    Call(
        "CreatePolicy",
        create(kind="SERVICE"),
        "INVALID_ENUM:TYPE",
        "Type must not be 'SERVICE'",
    ),
    Call("UpdatePolicy", {"PolicyId": UNKNOWN_POLICY}, "PolicyNotFoundException", NO_POLICY),
    Call(
        "UpdatePolicy",
        {"PolicyId": FULL_ACCESS, "Name": "Mine"},
        "IMMUTABLE_POLICY",
        f"{FULL_ACCESS} is AWS's; only own ones can change",
    ),
    Call(
        "UpdatePolicy",
        {"PolicyId": "<unused>", "Name": "Used"},
        "DuplicatePolicyException",
        "<used> of type SERVICE_CONTROL_POLICY has the name 'Used'",
    ),
    Call(
        "DeletePolicy",
        {"PolicyId": "<used>"},
        "PolicyInUseException",
        "<used> is attached to 2 targets (<root>, <unit>); DetachPolicy must detach it first",
    ),
    Call("DeletePolicy", {"PolicyId": UNKNOWN_POLICY}, "PolicyNotFoundException", NO_POLICY),
    Call(
        "DeletePolicy",
        {"PolicyId": UNKNOWN_POLICY},
        "AccessDeniedException",
        f"{OTHER} is a member, and DeletePolicy is for the management account {FOUNDER} "
        "or a member that the resource policy grants it; besides, there is no such resource",
        OTHER,
    ),
    Call(
        "AttachPolicy",
        on("<used>", "<unit>"),
        "DuplicatePolicyAttachmentException",
        "<used> is attached to <unit> already",
    ),
    Call(
        "AttachPolicy",
        on("<tags>", "<unit>"),
        "PolicyTypeNotEnabledException",
        "TAG_POLICY is not enabled on <root>; EnablePolicyType enables it",
    ),
    Call(
        "DetachPolicy",
        on("<unused>", "<unit>"),
        "PolicyNotAttachedException",
        "<unused> is not attached to <unit> itself; what is attached above it is detached there",
    ),
    Call(
        "DetachPolicy",
        on(FULL_ACCESS, MEMBER),
        "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
        f"{FULL_ACCESS} is the last SERVICE_CONTROL_POLICY on {MEMBER}; another must be attached first",
    ),
    Call(
        "EnablePolicyType",
        {"RootId": "<root>", "PolicyType": SCP},
        "PolicyTypeAlreadyEnabledException",
        "SERVICE_CONTROL_POLICY is enabled since 2026-01-01T00:00:00Z",
    ),
    Call(
        "EnablePolicyType",
        {"RootId": "<root>", "PolicyType": "INSPECTOR_POLICY"},
        "SERVICE_ACCESS_NOT_ENABLED",
        "INSPECTOR_POLICY needs inspector2.amazonaws.com, which has no access to <org>; "
        "EnableAWSServiceAccess gives it",
    ),
    Call(
        "DisablePolicyType",
        {"RootId": "<root>", "PolicyType": TAG},
        "PolicyTypeNotEnabledException",
        "TAG_POLICY is not enabled on <root>; EnablePolicyType enables it",
    ),
    Call(
        "DisablePolicyType",
        {"RootId": UNKNOWN_ROOT, "PolicyType": SCP},
        "RootNotFoundException",
        f"the root of <org> is <root>, not {UNKNOWN_ROOT}",
    ),
)
def test_policies(call: Call) -> None:
    """Calls about policies name what is in the way: names, targets, limits, the place in a malformed document."""
    world, names = policies()
    check(world, call, names)


def test_full_target() -> None:
    """A target with all policies that it may have is told of some, and how many there are."""
    world, names = policies()
    limit = POLICY_TYPES[SCP].max_attached
    more = [made(world, SCP, f"Rules {number}") for number in range(limit)]
    for policy in more[: limit - 2]:
        attach(world, policy, names["unit"])
    text = (
        f"<unit> has {FULL_ACCESS}, <used>, {more[0]} and {limit - 3} more of type SERVICE_CONTROL_POLICY attached, "
        f"and the quota is {limit}; one must be detached first"
    )
    check(world, Call("AttachPolicy", on(more[-1], "<unit>"), "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED", text), names)


@cases(
    Call(
        "EnableAWSServiceAccess",
        {"ServicePrincipal": "confg.amazonaws.com"},
        "UNRECOGNIZED_SERVICE_PRINCIPAL",
        "no service with the principal 'confg.amazonaws.com' is known to work with Organizations; "
        "the most similar one is config.amazonaws.com",
    ),
    Call(
        "DisableAWSServiceAccess",
        {"ServicePrincipal": GUARDDUTY},
        "POLICY_TYPE_ENABLED_FOR_THIS_SERVICE",
        f"{GUARDDUTY} is needed by GUARDDUTY_POLICY; DisablePolicyType must disable it first",
    ),
    Call(
        "RegisterDelegatedAdministrator",
        delegation(MEMBER, "wellarchitected.amazonaws.com"),
        "UNRECOGNIZED_SERVICE_PRINCIPAL",
        "wellarchitected.amazonaws.com can have trusted access, but no delegated administrators",
    ),
    Call(
        "RegisterDelegatedAdministrator",
        delegation(STRANGER, CONFIG),
        "AccountNotFoundException",
        f"{STRANGER} is no member of <org>; it must be one",
    ),
    Call(
        "RegisterDelegatedAdministrator",
        delegation(FOUNDER, CONFIG),
        "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR",
        f"{FOUNDER} is the management account of <org>; another member must be named",
    ),
    Call(
        "RegisterDelegatedAdministrator",
        delegation(MEMBER, "health.amazonaws.com"),
        "SERVICE_ACCESS_NOT_ENABLED",
        "health.amazonaws.com has no access to <org>; EnableAWSServiceAccess gives it",
    ),
    Call(
        "RegisterDelegatedAdministrator",
        delegation(OTHER, CONFIG),
        "CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR",
        f"{OTHER} is suspended; it must be active",
    ),
    Call(
        "RegisterDelegatedAdministrator",
        delegation(MEMBER, GUARDDUTY),
        "AccountAlreadyRegisteredException",
        f"{MEMBER} administers {GUARDDUTY} since 2026-01-01T00:00:00Z",
    ),
    Call(
        "DeregisterDelegatedAdministrator",
        delegation(STRANGER, CONFIG),
        "AccountNotFoundException",
        f"{STRANGER} is no member of <org>; it must be one",
    ),
    Call(
        "DeregisterDelegatedAdministrator",
        delegation(OTHER, CONFIG),
        "AccountNotRegisteredException",
        f"{OTHER} is no delegated administrator for {CONFIG}; RegisterDelegatedAdministrator registers it",
    ),
    Call(
        "DeregisterDelegatedAdministrator",
        delegation(MEMBER, CONFIG),
        "AccountNotRegisteredException",
        f"{MEMBER} is no delegated administrator for {CONFIG}; it administers {GUARDDUTY}",
    ),
)
def test_services(call: Call) -> None:
    """Calls about trusted services name the service, and who administers it or what needs it."""
    world, names = policies()
    check(world, call, names)


def test_administrators_in_the_way() -> None:
    """Whoever administers a service is named when it cannot be disabled, and when it can have no other."""
    world, names = policies()
    world.suffers(OTHER)
    world.call("DisablePolicyType", FOUNDER, RootId=names["root"], PolicyType="GUARDDUTY_POLICY")
    room = f"{GUARDDUTY} is administered by {MEMBER}, and the quota is 1; one must be deregistered first"
    disable = f"{GUARDDUTY} is administered by {MEMBER}; DeregisterDelegatedAdministrator must end that first"
    at_most, exists = (
        "MAX_DELEGATED_ADMINISTRATORS_FOR_SERVICE_LIMIT_EXCEEDED",
        "DELEGATED_ADMINISTRATOR_EXISTS_FOR_THIS_SERVICE",
    )
    check(world, Call("RegisterDelegatedAdministrator", delegation(OTHER, GUARDDUTY), at_most, room), names)
    check(world, Call("DisableAWSServiceAccess", {"ServicePrincipal": GUARDDUTY}, exists, disable), names)


def test_closed_account_registered() -> None:
    """A member that is closed says since when."""
    world, names = policies()
    world.suffers(OTHER)
    world.call("CloseAccount", FOUNDER, AccountId=OTHER)
    reason = "CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR"
    text = f"{OTHER} was closed on 2026-01-01T00:00:00Z; it must be active"
    check(world, Call("RegisterDelegatedAdministrator", delegation(OTHER, CONFIG), reason, text), names)


@cases(
    Call(
        "TagResource",
        tags(UNKNOWN_UNIT, "team"),
        "TargetNotFoundException",
        f"<org> has no OU {UNKNOWN_UNIT}; ListOrganizationalUnitsForParent lists those there are",
    ),
    Call("TagResource", tags(UNKNOWN_POLICY, "team"), "TargetNotFoundException", NO_POLICY),
    Call(
        "TagResource",
        tags("rt-00000000", "team"),
        "TargetNotFoundException",
        "<org> has no responsibility transfer rt-00000000; ListInboundResponsibilityTransfers and "
        "ListOutboundResponsibilityTransfers list those there are",
    ),
    Call(
        "TagResource",
        tags("rp-00000000", "team"),
        "TargetNotFoundException",
        "<org> has no resource policy rp-00000000; DescribeResourcePolicy shows the one there is",
    ),
    Call(
        "TagResource",
        tags(FULL_ACCESS, "team"),
        "INVALID_PATTERN:RESOURCE_ID",
        f"{FULL_ACCESS} is AWS's; only an organization's own policies have tags",
    ),
    Call("TagResource", tags("<unit>", "a", "b", "a"), "DUPLICATE_TAG_KEY", "the key 'a' is there more than once"),
    Call(
        "TagResource",
        tags("<unit>", *map(str, range(51))),
        "MAX_TAG_LIMIT_EXCEEDED",
        "the resource would have 51 tags, and the quota is 50; UntagResource makes room",
    ),
    Call(
        "UntagResource",
        {"ResourceId": "<unit>", "TagKeys": ["AWS:x"]},
        "INVALID_SYSTEM_TAGS_PARAMETER",
        "the key 'AWS:x' begins with aws:, which is reserved",
    ),
    Call(
        "TagResource",
        {"ResourceId": "<unit>", "Tags": [{"Key": "Team", "Value": "green"}]},
        "TAG_POLICY_VIOLATION",
        "the effective tag policy allows as values of 'Team' red, blue*, and not 'green'",
    ),
    Call(
        "TagResource",
        {"ResourceId": "<unit>", "Tags": [{"Key": "free", "Value": ""}, {"Key": "team", "Value": "red"}]},
        "TAG_POLICY_VIOLATION",
        "the effective tag policy demands that the key 'team' be written 'Team'",
    ),
)
def test_tags(call: Call) -> None:
    """Calls about tags name the key, and what a tag policy would have."""
    world, names = policies()
    world.evolve(*team_policy(names["org"], names["root"]))
    if call.refusal != "TAG_POLICY_VIOLATION":
        world.call("DisablePolicyType", FOUNDER, RootId=names["root"], PolicyType=TAG)
    check(world, call, names)


def content(**changes: Any) -> dict[str, str]:
    """The content of a resource policy that is in order but for the changes to its statement."""
    principal = {"AWS": f"arn:aws:iam::{MEMBER}:root"}
    statement = {"Effect": "Allow", "Principal": principal, "Action": "organizations:ListRoots", "Resource": "*"}
    return {"Content": json.dumps({"Statement": [statement | changes]})}


JSON, ACTION = "INVALID_RESOURCE_POLICY_JSON", "UNSUPPORTED_ACTION_IN_RESOURCE_POLICY"


@cases(
    Call(
        "PutResourcePolicy",
        {"Content": "policy"},
        JSON,
        "the content is no resource policy: Expecting value: line 1 column 1 (char 0)",
    ),
    Call(
        "PutResourcePolicy",
        content(Effect="Maybe"),
        JSON,
        "the content is no resource policy: Invalid enum value 'Maybe' - at `$.Statement[0].Effect`",
    ),
    Call(
        "PutResourcePolicy",
        content(Principal={"AWS": STRANGER}),
        JSON,
        f"the principal '{STRANGER}' is no account of the organization, by its id or as arn:aws:iam::…:root",
    ),
    Call(
        "PutResourcePolicy",
        content(Principal={"Service": "config"}),
        JSON,
        "'config' is no service principal, such as config.amazonaws.com",
    ),
    Call(
        "PutResourcePolicy",
        content(Action="organizations:Fly"),
        ACTION,
        "organizations:Fly covers no operation of Organizations",
    ),
    Call(
        "PutResourcePolicy",
        content(Action="organizations:LeaveOrganization"),
        ACTION,
        "organizations:LeaveOrganization covers LeaveOrganization, which no resource policy can grant or deny",
    ),
    Call(
        "DeleteResourcePolicy",
        {},
        "ResourcePolicyNotFoundException",
        "<org> has no resource policy; PutResourcePolicy gives it one",
    ),
)
def test_resource_policy(call: Call) -> None:
    """A resource policy that is refused is told which part of it is wrong."""
    world, names = policies()
    check(world, call, names)


def test_resource_policy_there_already() -> None:
    """Tags along with the second content are refused with the id that can be tagged; a denial names the policy."""
    world, names = policies()
    there = world.call("PutResourcePolicy", FOUNDER, **content(Effect="Deny"))[0].resource_policy
    again = {**content(), "Tags": [{"Key": "team", "Value": ""}]}
    text = f"{there} is there already, and tags come with a new one only; TagResource tags it"
    refusal = "UPDATE_EXISTING_RESOURCE_POLICY_WITH_TAGS_NOT_SUPPORTED"
    check(world, Call("PutResourcePolicy", again, refusal, text), names)
    denied = f"the resource policy {there} denies ListRoots to {MEMBER}; no statement of it may deny this"
    check(world, Call("ListRoots", {}, "AccessDeniedException", denied, MEMBER), names)


@pytest.mark.parametrize(
    ("operation", "members"),
    [
        ("CreatePolicy", create()),
        ("UpdatePolicy", {"PolicyId": UNKNOWN_POLICY}),
        ("AttachPolicy", on(UNKNOWN_POLICY, UNKNOWN_UNIT)),
        ("EnableAWSServiceAccess", {"ServicePrincipal": CONFIG}),
        ("PutResourcePolicy", content()),
    ],
)
def test_consolidated_billing(operation: str, members: dict[str, Any]) -> None:
    """What an organization with consolidated billing cannot do begins with EnableAllFeatures."""
    world = WatchedWorld()
    organization = world.founded()
    world.joined(MEMBER)
    assert why(world, operation, FOUNDER, members)[1] == ONLY_BILLING.replace("<org>", organization)
