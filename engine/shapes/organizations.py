"""Response shapes of organizations and roots."""

from msgspec import Struct

from ..arns import account_arn, organization_arn, root_arn
from ..partitions import PARTITIONS
from ..state import OrganizationFacts, State
from ..words import FeatureSet, Partition
from .base import Shape


class PolicyTypeSummary(Shape, frozen=True):
    type: str
    status: str


class Organization(Shape, frozen=True):
    id: str
    arn: str
    feature_set: FeatureSet
    master_account_arn: str
    master_account_id: str
    master_account_email: str
    available_policy_types: list[PolicyTypeSummary]


class OrganizationReply(Shape, frozen=True):
    organization: Organization


class Root(Shape, frozen=True):
    id: str
    arn: str
    name: str
    policy_types: list[PolicyTypeSummary]


class Initiator(Struct, frozen=True):
    """The organization that sent a handshake, with the details that the handshake shows."""

    id: str
    management_account: str
    partition: Partition
    email: str
    name: str


def organization_shape(initiator: Initiator, feature_set: FeatureSet) -> Organization:
    """Build an organization as DescribeOrganization shows it; its policy types never change (docs/aws.md 1.3, 3.2)."""
    management = initiator.management_account
    has_policies = feature_set is FeatureSet.ALL and PARTITIONS[initiator.partition].shows_policy_types
    return Organization(
        id=initiator.id,
        arn=organization_arn(initiator),
        feature_set=feature_set,
        master_account_arn=account_arn(initiator, management),
        master_account_id=management,
        master_account_email=initiator.email,
        available_policy_types=[PolicyTypeSummary("SERVICE_CONTROL_POLICY", "ENABLED")] if has_policies else [],
    )


def root_shape(organization: OrganizationFacts, policy_types: list[PolicyTypeSummary]) -> Root:
    """Build the root of an organization."""
    root = organization.root
    return Root(root, root_arn(organization, root), "Root", policy_types)


def initiator_of(organization: str, state: State) -> Initiator:
    """Look up an organization with the details that its handshakes show."""
    found = state.organizations[organization]
    management = found.management_account
    return Initiator(organization, management, found.partition, state.email_of(management), state.name_of(management))
