"""AWS's partitions: parts of AWS with accounts, organizations and ARNs of their own (docs/aws.md 1.3)."""

import re

from msgspec import Struct

from .words import Partition, PolicyType

REGIONS: dict[Partition, re.Pattern[str]] = {
    "aws-cn": re.compile(r"cn-[a-z]+-[0-9]+|aws-cn-global"),
    "aws-us-gov": re.compile(r"us-gov-[a-z]+-[0-9]+|aws-us-gov-global"),
    "aws": re.compile(r"(?:us|eu|ap|sa|ca|me|af|il|mx)-[a-z]+-[0-9]+|aws-global"),
}
"""The names of regions, as botocore tells them apart: any region of a partition counts, those to come too."""


class PartitionRules(Struct, frozen=True, kw_only=True):
    """How a partition differs. Policy types and operations that are not there are UnsupportedAPIEndpoint [inferred]."""

    consolidated_billing: bool = True
    """Whether an organization can be founded with consolidated billing only."""
    unavailable_operations: frozenset[str] = frozenset()
    unavailable_policy_types: frozenset[PolicyType] = frozenset()
    shows_policy_types: bool = True
    """Whether DescribeOrganization names any policy type as available."""


PARTITIONS: dict[Partition, PartitionRules] = {
    "aws": PartitionRules(),
    "aws-cn": PartitionRules(
        unavailable_operations=frozenset({"CreateGovCloudAccount"}),
        unavailable_policy_types=frozenset(
            {
                PolicyType.BACKUP_POLICY,
                PolicyType.CHATBOT_POLICY,
                PolicyType.AISERVICES_OPT_OUT_POLICY,
                PolicyType.BEDROCK_POLICY,
                PolicyType.NETWORK_SECURITY_DIRECTOR_POLICY,
            }
        ),
        shows_policy_types=False,
    ),
    "aws-us-gov": PartitionRules(
        consolidated_billing=False,
        unavailable_operations=frozenset({"CreateAccount", "CreateGovCloudAccount"}),
    ),
}


def partition_of_region(region: str) -> Partition | None:
    """The partition that a region is in; None for a name that is no region of the three."""
    return next((partition for partition, names in REGIONS.items() if names.fullmatch(region)), None)
