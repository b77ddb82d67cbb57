"""Who may ask what: a caller's organization, in which it may ask a reading operation."""

from collections.abc import Sequence

from ..engine.authorization.check import denied_to_members, require_allowed
from ..engine.errors import Refused
from ..engine.resources import arn_of
from ..engine.state import OrganizationFacts
from .views import Views


def reader(
    views: Views, operation: str, account: str, resources: Sequence[str] = (), policy_type: str | None = None
) -> OrganizationFacts:
    """The caller's organization, in which it may ask the operation (table: ``engine/authorization/callers.py``).

    Args:
        views: of the world.
        operation: AWS's name.
        account: the caller.
        resources: ARNs of what the question is about, for the resource policy.
        policy_type: of the policy that the question is about, for the resource policy.

    Raises:
        AWSOrganizationsNotInUseException: the caller is a standalone account.
        AccessDeniedException: it is a member that may not ask this.
    """
    row = views.member(account)
    require_allowed(operation, account, row.management_account, row.access, resources, policy_type)
    return row


def reader_about(
    views: Views, operation: str, account: str, entity: str, not_found: type[Refused], policy_type: str | None = None
) -> OrganizationFacts:
    """The caller's organization, in which it may ask the operation about this root, OU or account.

    Args:
        views: of the world.
        operation: AWS's name.
        account: the caller.
        entity: the id of what the question is about.
        not_found: what the management account hears if there is no such thing; members are denied.
        policy_type: of the policies that the question is about, for the resource policy.

    Raises:
        AWSOrganizationsNotInUseException: the caller is a standalone account.
        AccessDeniedException: it is a member that may not ask this, or not about what is not there.
        Refused: ``not_found``.
    """
    row = views.member(account)
    if entity not in row.units.by_id and views.accounts.organization_of(entity) != row.id:
        raise denied_to_members(not_found(), operation, row, account)
    require_allowed(
        operation,
        account,
        row.management_account,
        row.access,
        [arn_of(entity, row)],
        policy_type,
        own=entity == account,
    )
    return row
