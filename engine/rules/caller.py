"""Authorization of the caller of an operation; the table is in ``authorization/callers.py`` (docs/aws.md 3.4 and 9)."""

from collections.abc import Sequence

from ..authorization.check import require_allowed
from ..errors import AWSOrganizationsNotInUseException, UnsupportedAPIEndpointException
from ..explaining import outside
from ..operation import Stamp
from ..partitions import PARTITIONS
from ..state import Organization, State


def organization_of(state: State, stamp: Stamp) -> Organization:
    """The caller's organization.

    Raises:
        AWSOrganizationsNotInUseException: the caller is a standalone account.
    """
    organization = state.organization_of(stamp.account)
    if organization is None:
        raise AWSOrganizationsNotInUseException(explanation=outside(stamp.account))
    return organization


def require_offered(operation: str, state: State, stamp: Stamp) -> None:
    """Require that an operation is there in the partition that the caller calls.

    Raises:
        UnsupportedAPIEndpointException: it is not (docs/aws.md 1.3).
    """
    partition = stamp.partition(state)
    if operation in PARTITIONS[partition].unavailable_operations:
        raise UnsupportedAPIEndpointException(explanation=f"the partition {partition} has no {operation}")


def authorize(
    operation: str, state: State, stamp: Stamp, resources: Sequence[str] = (), policy_type: str | None = None
) -> Organization:
    """Authorize the caller's call within its organization, and return that organization.

    Args:
        operation: AWS's name, in the table of callers.
        state: the current state.
        stamp: names the caller.
        resources: ARNs of what the call is about, for the resource policy.
        policy_type: of the policy that the call is about, for the resource policy.

    Raises:
        AWSOrganizationsNotInUseException: the caller is a standalone account.
        AccessDeniedException: it is a member that may not call this.
    """
    organization = organization_of(state, stamp)
    principal = stamp.caller.principal
    require_allowed(operation, stamp.account, organization, resources, policy_type, principal=principal)
    return organization
