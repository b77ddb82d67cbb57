"""Authorization of calls: the table of who may call what, and the check that reads it (docs/aws.md 3.4 and 9)."""

from collections.abc import Sequence
from enum import Flag, auto

from ..errors import AccessDeniedException, Refused
from ..state import Access, OrganizationFacts
from .resource_policy import Verdict, verdict


class Callers(Flag):
    """The kinds of callers that may call an operation.

    ``require_allowed`` checks members. Operations for standalone accounts and for parties of a handshake check those
    themselves, because there is no organization, or the handshake has to be found first.
    """

    MANAGEMENT = auto()
    """The management account."""
    ADMINISTRATOR = auto()
    """A delegated administrator of any service."""
    GRANTED = auto()
    """A member to whom the resource policy grants it."""
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
    "DescribeOrganization": M | MEMBER,
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
    "ListHandshakesForAccount": M | MEMBER | STANDALONE,
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


def require_allowed(
    operation: str,
    account: str,
    management_account: str,
    access: Access,
    resources: Sequence[str] = (),
    policy_type: str | None = None,
    *,
    own: bool = True,
) -> None:
    """Require that a member of an organization may call an operation there.

    Args:
        operation: AWS's name.
        account: the caller, a member.
        management_account: of the caller's organization; the resource policy never restricts it.
        access: the organization's delegated administrators and resource policy.
        resources: ARNs of what the call is about; none where it is about no resource that exists yet.
        policy_type: of the policy that the call is about.
        own: whether the call is about the caller itself, or about no account. MEMBER allows only such calls.

    Raises:
        AccessDeniedException: the table, a delegation or the resource policy does not let it.
    """
    if account == management_account:
        if operation not in MANAGEMENT_OPERATIONS:
            raise AccessDeniedException
        return
    callers = CALLERS[operation]
    policy = access.resource_policy
    decision = verdict(policy.content, account, operation, resources, policy_type) if policy else Verdict.SILENT
    if decision is Verdict.DENIED:
        raise AccessDeniedException
    is_administrator = Callers.ADMINISTRATOR in callers and account in access.administrators
    is_granted = Callers.GRANTED in callers and decision is Verdict.ALLOWED
    is_own = Callers.MEMBER in callers and own
    if not (is_own or is_administrator or is_granted):
        raise AccessDeniedException


def denied_to_members(refusal: Refused, operation: str, organization: OrganizationFacts, account: str) -> Refused:
    """The refusal of a call about a resource that does not exist, as this caller gets it (docs/aws.md 3.7).

    The management account, and a delegated administrator if the table allows one, get ``refusal``. Any other member
    could only be allowed by a resource policy, which cannot be checked without the resource, and gets AccessDenied.
    """
    is_administrator = account in organization.access.administrators and Callers.ADMINISTRATOR in CALLERS[operation]
    is_allowed = account == organization.management_account or is_administrator
    return refusal if is_allowed else AccessDeniedException()
