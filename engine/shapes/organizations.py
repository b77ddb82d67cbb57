"""Response shapes of organizations and roots."""

from msgspec import Struct

from ..ids import account_arn, organization_arn, root_arn
from ..state import State
from ..words import FeatureSet
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

    organization: str
    management_account: str
    email: str
    name: str


def organization_shape(initiator: Initiator, feature_set: FeatureSet) -> Organization:
    """Build an organization as DescribeOrganization shows it; its policy types are fixed (docs/aws.md 3.2)."""
    management, organization = initiator.management_account, initiator.organization
    has_policies = feature_set is FeatureSet.ALL
    return Organization(
        id=organization,
        arn=organization_arn(management, organization),
        feature_set=feature_set,
        master_account_arn=account_arn(management, organization, management),
        master_account_id=management,
        master_account_email=initiator.email,
        available_policy_types=[PolicyTypeSummary("SERVICE_CONTROL_POLICY", "ENABLED")] if has_policies else [],
    )


def root_shape(management: str, organization: str, root: str, policy_types: list[PolicyTypeSummary]) -> Root:
    """Build the root of an organization."""
    return Root(root, root_arn(management, organization, root), "Root", policy_types)


def initiator_of(organization: str, state: State) -> Initiator:
    """Look up an organization with the details that its handshakes show."""
    management = state.organizations[organization].management_account
    return Initiator(organization, management, state.email_of(management), state.name_of(management))
