"""The table of AWS's reading operations: name to request and query. To add one is a query and one line here."""

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from ..views import Views
from .access import (
    DescribeResourcePolicy,
    ListAWSServiceAccessForOrganization,
    ListDelegatedAdministrators,
    ListDelegatedServicesForAccount,
    describe_resource_policy,
    list_aws_service_access_for_organization,
    list_delegated_administrators,
    list_delegated_services_for_account,
)
from .account_creation import (
    DescribeCreateAccountStatus,
    ListCreateAccountStatus,
    describe_create_account_status,
    list_create_account_status,
)
from .accounts import DescribeAccount, ListAccounts, describe_account, list_accounts
from .effective_policy import (
    DescribeEffectivePolicy,
    ListAccountsWithInvalidEffectivePolicy,
    ListEffectivePolicyValidationErrors,
    describe_effective_policy,
    list_accounts_with_invalid_effective_policy,
    list_effective_policy_validation_errors,
)
from .handshakes import (
    DescribeHandshake,
    ListHandshakesForAccount,
    ListHandshakesForOrganization,
    describe_handshake,
    list_handshakes_for_account,
    list_handshakes_for_organization,
)
from .organization import DescribeOrganization, ListRoots, describe_organization, list_roots
from .policies import (
    DescribePolicy,
    ListPolicies,
    ListPoliciesForTarget,
    ListTargetsForPolicy,
    describe_policy,
    list_policies,
    list_policies_for_target,
    list_targets_for_policy,
)
from .tags import ListTagsForResource, list_tags_for_resource
from .transfers import (
    DescribeResponsibilityTransfer,
    ListInboundResponsibilityTransfers,
    ListOutboundResponsibilityTransfers,
    describe_responsibility_transfer,
    list_inbound_responsibility_transfers,
    list_outbound_responsibility_transfers,
)
from .tree import (
    DescribeOrganizationalUnit,
    ListAccountsForParent,
    ListChildren,
    ListOrganizationalUnitsForParent,
    ListParents,
    describe_organizational_unit,
    list_accounts_for_parent,
    list_children,
    list_organizational_units_for_parent,
    list_parents,
)


class Read(Struct, frozen=True):
    """A reading operation."""

    request: type[Struct]
    answer: Callable[[Any, Views, str], Struct]
    """Answers a request: called with the request, the views and the caller's account; raises ``Refused``."""


READS = {
    "DescribeAccount": Read(DescribeAccount, describe_account),
    "DescribeCreateAccountStatus": Read(DescribeCreateAccountStatus, describe_create_account_status),
    "DescribeEffectivePolicy": Read(DescribeEffectivePolicy, describe_effective_policy),
    "DescribeHandshake": Read(DescribeHandshake, describe_handshake),
    "DescribeOrganization": Read(DescribeOrganization, describe_organization),
    "DescribeOrganizationalUnit": Read(DescribeOrganizationalUnit, describe_organizational_unit),
    "DescribePolicy": Read(DescribePolicy, describe_policy),
    "DescribeResourcePolicy": Read(DescribeResourcePolicy, describe_resource_policy),
    "DescribeResponsibilityTransfer": Read(DescribeResponsibilityTransfer, describe_responsibility_transfer),
    "ListAWSServiceAccessForOrganization": Read(
        ListAWSServiceAccessForOrganization, list_aws_service_access_for_organization
    ),
    "ListAccounts": Read(ListAccounts, list_accounts),
    "ListAccountsForParent": Read(ListAccountsForParent, list_accounts_for_parent),
    "ListAccountsWithInvalidEffectivePolicy": Read(
        ListAccountsWithInvalidEffectivePolicy, list_accounts_with_invalid_effective_policy
    ),
    "ListChildren": Read(ListChildren, list_children),
    "ListCreateAccountStatus": Read(ListCreateAccountStatus, list_create_account_status),
    "ListDelegatedAdministrators": Read(ListDelegatedAdministrators, list_delegated_administrators),
    "ListDelegatedServicesForAccount": Read(ListDelegatedServicesForAccount, list_delegated_services_for_account),
    "ListEffectivePolicyValidationErrors": Read(
        ListEffectivePolicyValidationErrors, list_effective_policy_validation_errors
    ),
    "ListHandshakesForAccount": Read(ListHandshakesForAccount, list_handshakes_for_account),
    "ListHandshakesForOrganization": Read(ListHandshakesForOrganization, list_handshakes_for_organization),
    "ListInboundResponsibilityTransfers": Read(
        ListInboundResponsibilityTransfers, list_inbound_responsibility_transfers
    ),
    "ListOrganizationalUnitsForParent": Read(ListOrganizationalUnitsForParent, list_organizational_units_for_parent),
    "ListOutboundResponsibilityTransfers": Read(
        ListOutboundResponsibilityTransfers, list_outbound_responsibility_transfers
    ),
    "ListParents": Read(ListParents, list_parents),
    "ListPolicies": Read(ListPolicies, list_policies),
    "ListPoliciesForTarget": Read(ListPoliciesForTarget, list_policies_for_target),
    "ListRoots": Read(ListRoots, list_roots),
    "ListTagsForResource": Read(ListTagsForResource, list_tags_for_resource),
    "ListTargetsForPolicy": Read(ListTargetsForPolicy, list_targets_for_policy),
}
