"""The one check of who may call what: the table of callers, delegations and the resource policy."""

from collections.abc import Sequence

from ..errors import AccessDeniedException, Refused
from ..state import OrganizationFacts
from .callers import CALLERS, MANAGEMENT_OPERATIONS, Callers
from .resource_policy import Verdict, condition_keys, verdict


def require_allowed(
    operation: str,
    account: str,
    organization: OrganizationFacts,
    resources: Sequence[str] = (),
    policy_type: str | None = None,
    *,
    principal: str | None = None,
    own: bool = True,
) -> None:
    """Require that a member of an organization may call an operation there.

    Args:
        operation: AWS's name.
        account: the caller, a member.
        organization: the caller's. Its resource policy never restricts its management account.
        resources: ARNs of what the call is about; none where it is about no resource that exists yet.
        policy_type: of the policy that the call is about.
        principal: the user in the account, or the role and its session; None for its root.
        own: whether the call is about the caller itself, or about no account. MEMBER allows only such calls.

    Raises:
        AccessDeniedException: the table, a delegation or the resource policy does not let it.
    """
    access = organization.access
    if account == organization.management_account:
        if operation not in MANAGEMENT_OPERATIONS:
            raise AccessDeniedException(
                explanation=f"{account} is the management account, and {operation} is called by members"
            )
        return
    callers = CALLERS[operation]
    policy = access.resource_policy
    keys = condition_keys(account, principal, organization.id, policy_type, organization.partition)
    decision = verdict(policy.content, account, operation, resources, keys) if policy else Verdict.SILENT
    if decision is Verdict.DENIED:
        raise AccessDeniedException(
            explanation=f"the resource policy {policy.id if policy else ''} denies {operation} to {account}; "
            "no statement of it may deny this"
        )
    is_administrator = Callers.ADMINISTRATOR in callers and account in access.administrators
    is_granted = Callers.GRANTED in callers and decision is Verdict.ALLOWED
    is_own = Callers.MEMBER in callers and own
    if not (is_own or is_administrator or is_granted):
        raise AccessDeniedException(explanation=_why_denied(operation, account, organization.management_account))


def _why_denied(operation: str, account: str, management_account: str) -> str:
    """Say who may call an operation; the caller is a member that may not."""
    callers = CALLERS[operation]
    able = [f"the management account {management_account}"]
    able += ["a delegated administrator"] if Callers.ADMINISTRATOR in callers else []
    able += ["a member that the resource policy grants it"] if Callers.GRANTED in callers else []
    able += ["a member about itself"] if Callers.MEMBER in callers else []
    return f"{account} is a member, and {operation} is for {' or '.join(able)}"


def denied_to_members(refusal: Refused, operation: str, organization: OrganizationFacts, account: str) -> Refused:
    """The refusal of a call about a resource that does not exist, as this caller gets it (docs/aws.md 3.7).

    The management account, and a delegated administrator if the table allows one, get ``refusal``. Any other member
    could only be allowed by a resource policy, which cannot be checked without the resource, and gets AccessDenied.
    """
    is_administrator = account in organization.access.administrators and Callers.ADMINISTRATOR in CALLERS[operation]
    is_allowed = account == organization.management_account or is_administrator
    if is_allowed:
        return refusal
    why = _why_denied(operation, account, organization.management_account)
    return AccessDeniedException(explanation=f"{why}; besides, there is no such resource")
