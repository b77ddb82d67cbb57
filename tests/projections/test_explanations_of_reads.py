"""Why questions are refused, in our words."""

from typing import Any

import pytest
from support.explained import Call, cases, check
from support.given import FOUNDER, MEMBER, OTHER, RIVAL, STRANGER
from support.policy_commands import EFFECTIVE, SCP, TAG, UNKNOWN_POLICY, UNKNOWN_UNIT, governed, made_unit
from support.projection_world import WatchedWorld
from support.responsibility_transfers import offered

NO_OU = f"<org> has no OU {UNKNOWN_UNIT}; ListOrganizationalUnitsForParent lists those there are"
NO_MEMBER = f"{STRANGER} is no member of <org>; it must be one"
NO_POLICY = f"<org> has no policy {UNKNOWN_POLICY}; ListPolicies lists those there are"
NO_TRANSFER = (
    "<org> has no responsibility transfer rt-00000000; ListInboundResponsibilityTransfers and "
    "ListOutboundResponsibilityTransfers list those there are"
)
TOKEN = (
    "the token was not given out by a page of the same question of this account; without a token the first page comes"
)
ABOUT_MEMBERS = "a delegated administrator or a member that the resource policy grants it"


def scene() -> tuple[WatchedWorld, dict[str, str]]:
    """An organization with SCPs, an OU and members, that offers to pay for another one; a rival and its invitation."""
    world = WatchedWorld()
    organization = governed(world)
    for account in (MEMBER, OTHER):
        world.joined(account)
    rival = world.founded(RIVAL)
    names = {"org": organization.id, "rival": rival, "unit": made_unit(world), "invitation": world.invited(STRANGER)}
    names["offer"] = offered(world)[1]
    return world, names


@cases(
    Call(
        "DescribeOrganization",
        {},
        "AWSOrganizationsNotInUseException",
        f"{STRANGER} is in no organization; it must create one, or accept an invitation to one",
        STRANGER,
    ),
    Call("DescribeAccount", {"AccountId": STRANGER}, "AccountNotFoundException", NO_MEMBER),
    Call(
        "DescribeAccount",
        {"AccountId": OTHER},
        "AccessDeniedException",
        f"{MEMBER} is a member, and DescribeAccount is for the management account {FOUNDER} or {ABOUT_MEMBERS}",
        MEMBER,
    ),
    Call(
        "DescribeOrganizationalUnit",
        {"OrganizationalUnitId": UNKNOWN_UNIT},
        "OrganizationalUnitNotFoundException",
        NO_OU,
    ),
    Call("ListChildren", {"ParentId": UNKNOWN_UNIT, "ChildType": "ACCOUNT"}, "ParentNotFoundException", NO_OU),
    Call("ListAccountsForParent", {"ParentId": UNKNOWN_UNIT}, "ParentNotFoundException", NO_OU),
    Call("ListOrganizationalUnitsForParent", {"ParentId": UNKNOWN_UNIT}, "ParentNotFoundException", NO_OU),
    Call("ListParents", {"ChildId": STRANGER}, "ChildNotFoundException", NO_MEMBER),
    Call("DescribePolicy", {"PolicyId": UNKNOWN_POLICY}, "PolicyNotFoundException", NO_POLICY),
    Call("ListTargetsForPolicy", {"PolicyId": UNKNOWN_POLICY}, "PolicyNotFoundException", NO_POLICY),
    Call("ListPoliciesForTarget", {"TargetId": UNKNOWN_UNIT, "Filter": SCP}, "TargetNotFoundException", NO_OU),
    Call("ListTagsForResource", {"ResourceId": UNKNOWN_UNIT}, "TargetNotFoundException", NO_OU),
    Call("ListAccounts", {"NextToken": "AAAA"}, "INVALID_NEXT_TOKEN", TOKEN),
    Call(
        "DescribeCreateAccountStatus",
        {"CreateAccountRequestId": "car-00000000"},
        "CreateAccountStatusNotFoundException",
        "<org> has asked for no creation car-00000000; ListCreateAccountStatus lists those there are",
    ),
    Call(
        "DescribeHandshake",
        {"HandshakeId": "h-00000000"},
        "HandshakeNotFoundException",
        "there is no handshake h-00000000; one that has ended disappears 30 days later",
    ),
    Call(
        "DescribeHandshake",
        {"HandshakeId": "<invitation>"},
        "AccessDeniedException",
        f"{RIVAL} is neither a party of the invitation <invitation> nor a member of <org>, which sent it",
        RIVAL,
    ),
    Call(
        "ListHandshakesForOrganization",
        {"Filter": {"ActionType": "INVITE", "ParentHandshakeId": "h-00000000"}},
        "MAX_LIMIT_EXCEEDED_FILTER",
        "the filter has an ActionType and a ParentHandshakeId; one of them must go",
    ),
    Call(
        "ListDelegatedServicesForAccount",
        {"AccountId": MEMBER},
        "AccountNotRegisteredException",
        f"{MEMBER} is no delegated administrator; RegisterDelegatedAdministrator registers it",
    ),
    Call(
        "DescribeResourcePolicy",
        {},
        "ResourcePolicyNotFoundException",
        "<org> has no resource policy; PutResourcePolicy gives it one",
    ),
    Call(
        "DescribeResponsibilityTransfer", {"Id": "rt-00000000"}, "ResponsibilityTransferNotFoundException", NO_TRANSFER
    ),
    Call(
        "ListInboundResponsibilityTransfers",
        {"Type": "BILLING", "Id": "<offer>"},
        "ResponsibilityTransferNotFoundException",
        "<rival> pays for nobody by <offer>, and does not offer to; without an id all by which it does are listed",
        RIVAL,
    ),
    Call(
        "DescribeEffectivePolicy",
        {"PolicyType": TAG, "TargetId": "<unit>"},
        "TARGET_NOT_SUPPORTED",
        "<unit> is no account; only accounts have effective policies",
    ),
    Call(
        "ListEffectivePolicyValidationErrors",
        {"PolicyType": TAG},
        "TARGET_NOT_SUPPORTED",
        "no account is named; only accounts have effective policies",
    ),
    Call(
        "DescribeEffectivePolicy",
        {"PolicyType": TAG, "TargetId": STRANGER},
        "TargetNotFoundException",
        NO_MEMBER,
    ),
)
def test_reads(call: Call) -> None:
    """Questions about what is not there, or not for the caller, name it, and the call that tells what there is."""
    world, names = scene()
    check(world, call, names)


@pytest.mark.parametrize(
    ("operation", "members"),
    [
        ("DescribeEffectivePolicy", {"TargetId": MEMBER}),
        ("ListEffectivePolicyValidationErrors", {"AccountId": MEMBER}),
        ("ListAccountsWithInvalidEffectivePolicy", {}),
    ],
)
def test_effective_policies(operation: str, members: dict[str, Any]) -> None:
    """A type that is not enabled says what enables it, and one that no account can have says which there are."""
    world, names = scene()
    root = world.organization_of(FOUNDER).root
    disabled = f"TAG_POLICY is not enabled on {root}; EnablePolicyType enables it"
    check(world, Call(operation, {**members, "PolicyType": TAG}, "EffectivePolicyNotFoundException", disabled), names)
    there = ", ".join(EFFECTIVE)
    scp = f"accounts have no effective policy of the type 'SERVICE_CONTROL_POLICY'; they have one of {there}"
    check(world, Call(operation, {**members, "PolicyType": SCP}, "INVALID_ENUM_POLICY_TYPE", scp), names)
