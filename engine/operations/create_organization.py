"""CreateOrganization: a standalone account creates an organization and becomes its management account.

Caller: a standalone account.
Refused, in this order:
    - AlreadyInOrganization: the caller is in an organization.
    - AccessDenied: the caller is suspended or closed [inferred].
    - ConstraintViolation (ACCOUNT_CREATION_NOT_COMPLETE): the caller's sign-up is incomplete.
    - ConstraintViolation (MASTER_ACCOUNT_PAYMENT_INSTRUMENT_REQUIRED): the caller has no payment method.
    - ConstraintViolation (MASTER_ACCOUNT_MISSING_CONTACT_INFO): the caller has no contact address or phone number.
    - ConstraintViolation (MASTER_ACCOUNT_MISSING_BUSINESS_LICENSE): the caller has no business license where one is
      needed.
    - ConstraintViolation (CREATE_ORGANIZATION_IN_BILLING_MODE_UNSUPPORTED_REGION): consolidated billing is asked for
      in GovCloud, or while consolidated_billing_supported is off in the settings.
    - AccessDeniedForDependency (ACCESS_DENIED_DURING_CREATE_SERVICE_LINKED_ROLE): the service-linked role cannot be
      made in the account.
Happens: OrganizationCreated, outside the partition aws PartitionAssigned, AccountJoined for the management account,
    which counts as INVITED; with all features PolicyTypeEnabled for each of the setting ``policy_types_at_creation``,
    none by default.
Goes on in: invite_account_to_organization.py, create_account.py.
Sources: docs/aws.md 1.3, 3.1 and 10.4; the order of the refusals is inferred.
"""

from msgspec import Struct

from ..errors import (
    AccessDeniedException,
    AccessDeniedForDependencyException,
    AlreadyInOrganizationException,
    ConstraintViolationException,
)
from ..events import AccountJoined, OrganizationCreated, PartitionAssigned, PolicyTypeEnabled
from ..explaining import suffers
from ..operation import Events, Stamp
from ..partitions import PARTITIONS
from ..rules import membership
from ..shapes.organizations import OrganizationReply, initiator_of, organization_shape
from ..state import State
from ..words import Condition, FeatureSet, JoinedMethod, Partition, PolicyType

REASONS = {
    Condition.SIGN_UP_INCOMPLETE: "ACCOUNT_CREATION_NOT_COMPLETE",
    Condition.PAYMENT_INSTRUMENT_MISSING: "MASTER_ACCOUNT_PAYMENT_INSTRUMENT_REQUIRED",
    Condition.CONTACT_INFO_MISSING: "MASTER_ACCOUNT_MISSING_CONTACT_INFO",
    Condition.BUSINESS_LICENSE_MISSING: "MASTER_ACCOUNT_MISSING_BUSINESS_LICENSE",
}


class Request(Struct, frozen=True, rename="pascal"):
    feature_set: FeatureSet = FeatureSet.ALL


def decide(request: Request, state: State, stamp: Stamp) -> Events:
    account = stamp.account
    former = state.organization_of(account)
    if former:
        raise AlreadyInOrganizationException(explanation=membership.why_member(account, former))
    conditions = state.conditions_of(account)
    if Condition.SUSPENDED in conditions:
        raise AccessDeniedException(explanation=suffers(account, Condition.SUSPENDED))
    for condition, reason in REASONS.items():
        if condition in conditions:
            raise ConstraintViolationException(reason, explanation=suffers(account, condition))
    billing_only = request.feature_set is FeatureSet.CONSOLIDATED_BILLING
    partition = stamp.partition(state)
    has_billing_only = PARTITIONS[partition].consolidated_billing and state.settings.consolidated_billing_supported
    if billing_only and not has_billing_only:
        raise ConstraintViolationException(
            "CREATE_ORGANIZATION_IN_BILLING_MODE_UNSUPPORTED_REGION",
            explanation=_why_all_features(partition),
        )
    if Condition.SERVICE_LINKED_ROLE_DENIED in conditions:
        raise AccessDeniedForDependencyException(
            "ACCESS_DENIED_DURING_CREATE_SERVICE_LINKED_ROLE",
            explanation=suffers(account, Condition.SERVICE_LINKED_ROLE_DENIED),
        )
    organization = stamp.ids.organization(stamp.position)
    enabled = () if billing_only else state.settings.policy_types_at_creation
    return [
        OrganizationCreated(organization, stamp.ids.root(stamp.position), account, request.feature_set),
        *([] if partition == "aws" else [PartitionAssigned(organization, partition)]),
        AccountJoined(organization, account, JoinedMethod.INVITED),
        *(PolicyTypeEnabled(organization, PolicyType(policy_type)) for policy_type in enabled),
    ]


def _why_all_features(partition: Partition) -> str:
    why = "consolidated_billing_supported is off in the settings"
    if not PARTITIONS[partition].consolidated_billing:
        why = f"the partition {partition} has no consolidated billing"
    return f"{why}; the feature set must be ALL"


def reply(request: Request, events: Events, state: State) -> OrganizationReply:
    created = events[0]
    assert isinstance(created, OrganizationCreated)
    return OrganizationReply(organization_shape(initiator_of(created.organization, state), created.feature_set))
