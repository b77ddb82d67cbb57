"""Authorize reading operations, by the same table of callers as writing ones."""

from collections.abc import Sequence

from ..engine.authorization.check import denied_to_members, require_allowed
from ..engine.errors import Refused
from ..engine.explaining import absent
from ..engine.resources import arn_of
from ..engine.state import OrganizationFacts
from .views import Views


def reader(
    views: Views, operation: str, account: str, resources: Sequence[str] = (), policy_type: str | None = None
) -> OrganizationFacts:
    """Authorize a read and return the caller's organization (table: ``engine/authorization/callers.py``).

    Args:
        views: all views.
        operation: AWS's name of the read.
        account: the caller.
        resources: ARNs of the resources that are read; the resource policy may restrict them.
        policy_type: the type of the policy that is read; the resource policy may restrict it.

    Raises:
        AWSOrganizationsNotInUseException: the caller is a standalone account.
        AccessDeniedException: it is a member that may not call this operation.
    """
    row = views.member(account)
    require_allowed(operation, account, row, resources, policy_type, principal=views.principal)
    return row


def reader_about(
    views: Views, operation: str, account: str, entity: str, not_found: type[Refused], policy_type: str | None = None
) -> OrganizationFacts:
    """Authorize a read about a root, OU or account, and return the caller's organization, which it is in.

    Args:
        views: all views.
        operation: AWS's name of the read.
        account: the caller.
        entity: the id of the root, OU or account.
        not_found: raised for the management account if the entity does not exist; members are denied.
        policy_type: the type of the policies that are read; the resource policy may restrict it.

    Raises:
        AWSOrganizationsNotInUseException: the caller is a standalone account.
        AccessDeniedException: it is a member that may not call this operation, or the entity does not exist.
        Refused: ``not_found``.
    """
    row = views.member(account)
    if entity not in row.units.by_id and views.accounts.organization_of(entity) != row.id:
        raise denied_to_members(not_found(explanation=absent(entity, row)), operation, row, account)
    require_allowed(
        operation,
        account,
        row,
        [arn_of(entity, row)],
        policy_type,
        principal=views.principal,
        own=entity == account,
    )
    return row
