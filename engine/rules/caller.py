"""Which kind of account may call (fact sheet, sections 3.4 and 9)."""

from ..errors import AccessDeniedException, AWSOrganizationsNotInUseException
from ..operation import Stamp
from ..state import Organization, State


def member(state: State, stamp: Stamp) -> Organization:
    """The caller's organization.

    Raises:
        AWSOrganizationsNotInUseException: the caller is a standalone account.
    """
    organization = state.organization_of(stamp.account)
    if organization is None:
        raise AWSOrganizationsNotInUseException
    return organization


def management(state: State, stamp: Stamp) -> Organization:
    """The organization that the caller manages.

    Raises:
        AWSOrganizationsNotInUseException: the caller is a standalone account.
        AccessDeniedException: the caller is a member, but not the management account.
    """
    organization = member(state, stamp)
    if organization.management_account != stamp.account:
        raise AccessDeniedException
    return organization
