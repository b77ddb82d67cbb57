"""The table of who may call which of AWS's operations (docs/aws.md 3.4 and 9); ``check`` reads it."""

from enum import Flag, auto


class Callers(Flag):
    """The kinds of callers that may call an operation.

    ``check.require_allowed`` checks members. Operations for standalone accounts and for parties of a handshake check
    those themselves, because there is no organization, or the handshake has to be found first.
    """

    MANAGEMENT = auto()
    """The management account."""
    ADMINISTRATOR = auto()
    """A delegated administrator of any service."""
    GRANTED = auto()
    """A member to whom the resource policy grants it; so a resource policy may name the operation."""
    MEMBER = auto()
    """Any member."""
    STANDALONE = auto()
    """An account in no organization."""
    PARTY = auto()
    """Whoever the handshake is addressed to, or was sent by."""


M, DA, RP = Callers.MANAGEMENT, Callers.ADMINISTRATOR, Callers.GRANTED
MEMBER, STANDALONE, PARTY = Callers.MEMBER, Callers.STANDALONE, Callers.PARTY

CALLERS: dict[str, Callers] = {
    "AcceptHandshake": PARTY,
    "AttachPolicy": M | RP,
    "CancelHandshake": PARTY,
    "CloseAccount": M,
    "CreateAccount": M,
    "CreateGovCloudAccount": M,
    "CreateOrganization": STANDALONE,
    "CreateOrganizationalUnit": M,
    "CreatePolicy": M | RP,
    "DeclineHandshake": PARTY,
    "DeleteOrganization": M,
    "DeleteOrganizationalUnit": M,
    "DeletePolicy": M | RP,
    "DeleteResourcePolicy": M,
    "DeregisterDelegatedAdministrator": M,
    "DescribeAccount": M | DA | RP,
    "DescribeCreateAccountStatus": M | DA | RP,
    "DescribeEffectivePolicy": M | DA | RP | MEMBER,  # a member for itself
    "DescribeHandshake": PARTY | M | DA | RP,
    "DescribeOrganization": M | RP | MEMBER,
    "DescribeOrganizationalUnit": M | DA | RP,
    "DescribePolicy": M | DA | RP,
    "DescribeResourcePolicy": M | DA | RP,
    "DescribeResponsibilityTransfer": M | RP,
    "DetachPolicy": M | RP,
    "DisableAWSServiceAccess": M,
    "DisablePolicyType": M | RP,
    "EnableAWSServiceAccess": M,
    "EnableAllFeatures": M,
    "EnablePolicyType": M | RP,
    "InviteAccountToOrganization": M,
    "InviteOrganizationToTransferResponsibility": M,
    "LeaveOrganization": MEMBER,
    "ListAWSServiceAccessForOrganization": M | DA | RP,
    "ListAccounts": M | DA | RP,
    "ListAccountsForParent": M | DA | RP,
    "ListAccountsWithInvalidEffectivePolicy": M | DA | RP,
    "ListChildren": M | DA | RP,
    "ListCreateAccountStatus": M | DA | RP,
    "ListDelegatedAdministrators": M | DA | RP,
    "ListDelegatedServicesForAccount": M | DA | RP,
    "ListEffectivePolicyValidationErrors": M | DA | RP,
    "ListHandshakesForAccount": M | RP | MEMBER | STANDALONE,
    "ListHandshakesForOrganization": M | DA | RP,
    "ListInboundResponsibilityTransfers": M | RP,
    "ListOrganizationalUnitsForParent": M | DA | RP,
    "ListOutboundResponsibilityTransfers": M | RP,
    "ListParents": M | DA | RP,
    "ListPolicies": M | DA | RP,
    "ListPoliciesForTarget": M | DA | RP,
    "ListRoots": M | DA | RP,
    "ListTagsForResource": M | DA | RP,
    "ListTargetsForPolicy": M | DA | RP,
    "MoveAccount": M,
    "PutResourcePolicy": M,
    "RegisterDelegatedAdministrator": M,
    "RemoveAccountFromOrganization": M,
    "TagResource": M | RP,
    "TerminateResponsibilityTransfer": M,
    "UntagResource": M | RP,
    "UpdateOrganizationalUnit": M,
    "UpdatePolicy": M | RP,
    "UpdateResponsibilityTransfer": M,
}

MANAGEMENT_OPERATIONS = frozenset(name for name, callers in CALLERS.items() if M in callers)
"""The operations of the management account, as a set: testing a Flag takes longer than the rest of the check."""

GRANTABLE = frozenset(name for name, callers in CALLERS.items() if RP in callers)
"""Operations that a resource policy may name (docs/aws.md 3.7): all that read, and those on policies and tags."""
