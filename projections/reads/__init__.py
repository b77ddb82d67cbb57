"""The table of AWS's reading operations: name to request and query. To add one is a query and one line here."""

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from ..views import Views
from .account_creation import (
    DescribeCreateAccountStatus,
    ListCreateAccountStatus,
    describe_create_account_status,
    list_create_account_status,
)
from .accounts import DescribeAccount, ListAccounts, describe_account, list_accounts
from .handshakes import (
    DescribeHandshake,
    ListHandshakesForAccount,
    ListHandshakesForOrganization,
    describe_handshake,
    list_handshakes_for_account,
    list_handshakes_for_organization,
)
from .organization import DescribeOrganization, ListRoots, describe_organization, list_roots


class Read(Struct, frozen=True):
    """A reading operation."""

    request: type[Struct]
    answer: Callable[[Any, Views, str], Struct]
    """From the request, the views and the caller's account; raises ``Refused``."""


READS = {
    "DescribeAccount": Read(DescribeAccount, describe_account),
    "DescribeCreateAccountStatus": Read(DescribeCreateAccountStatus, describe_create_account_status),
    "DescribeHandshake": Read(DescribeHandshake, describe_handshake),
    "DescribeOrganization": Read(DescribeOrganization, describe_organization),
    "ListAccounts": Read(ListAccounts, list_accounts),
    "ListCreateAccountStatus": Read(ListCreateAccountStatus, list_create_account_status),
    "ListHandshakesForAccount": Read(ListHandshakesForAccount, list_handshakes_for_account),
    "ListHandshakesForOrganization": Read(ListHandshakesForOrganization, list_handshakes_for_organization),
    "ListRoots": Read(ListRoots, list_roots),
}
