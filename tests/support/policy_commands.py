"""Valid policy documents, and short forms of the policy commands, for tests."""

import json
from collections.abc import Sequence

from orgsim.engine.events import ResourcePolicyPut
from orgsim.engine.operations import (
    attach_policy,
    create_organizational_unit,
    create_policy,
    detach_policy,
    disable_policy_type,
    enable_policy_type,
)
from orgsim.engine.policies.types import POLICY_TYPES
from orgsim.engine.rules.tags import TagMember
from orgsim.engine.state import Organization
from orgsim.engine.words import FeatureSet, PolicyType
from support.given import FOUNDER, World

FULL_ACCESS, RCP_FULL_ACCESS = "p-FullAWSAccess", "p-RCPFullAWSAccess"
UNKNOWN_POLICY, UNKNOWN_UNIT, UNKNOWN_ROOT = "p-0123456789", "ou-0000-00000000", "r-0000"
SCP, RCP, TAG, BACKUP = (
    PolicyType.SERVICE_CONTROL_POLICY,
    PolicyType.RESOURCE_CONTROL_POLICY,
    PolicyType.TAG_POLICY,
    PolicyType.BACKUP_POLICY,
)
EFFECTIVE = [policy_type for policy_type, facts in POLICY_TYPES.items() if facts.effective]

STATEMENTS = {
    SCP: {"Effect": "Deny", "Action": "s3:*", "Resource": "*"},
    RCP: {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"},
}
REGIONS = {"enable_in_regions": {"@@assign": ["ALL_SUPPORTED"]}, "disable_in_regions": {"@@assign": []}}
MANAGEMENT = {
    TAG: {"tags": {}},
    BACKUP: {"plans": {}},
    PolicyType.AISERVICES_OPT_OUT_POLICY: {"services": {}},
    PolicyType.CHATBOT_POLICY: {"chatbot": {}},
    PolicyType.DECLARATIVE_POLICY_EC2: {"ec2_attributes": {}},
    PolicyType.SECURITYHUB_POLICY: {"securityhub": REGIONS},
    PolicyType.SECURITYHUB_CSPM_POLICY: {"securityhub": {"cspm_enablement": REGIONS}},
    PolicyType.INSPECTOR_POLICY: {"inspector": {}},
    PolicyType.UPGRADE_ROLLOUT_POLICY: {"upgrade_rollout": {}},
    PolicyType.BEDROCK_POLICY: {"bedrock": {}},
    PolicyType.S3_POLICY: {"s3_attributes": {}},
    PolicyType.NETWORK_SECURITY_DIRECTOR_POLICY: {"network_security_director": {}},
    PolicyType.GUARDDUTY_POLICY: {"guardduty": {"enablement": {"default": {}}}},
}


def document(policy_type: PolicyType, length: int | None = None) -> str:
    """Make a valid document of a type, of a given length in characters if one is given."""
    if policy_type in STATEMENTS:
        content = json.dumps({"Version": "2012-10-17", "Statement": [STATEMENTS[policy_type]]})
    else:
        content = json.dumps(MANAGEMENT[policy_type])
    return content + " " * ((length or len(content)) - len(content))


def governed(world: World) -> Organization:
    """Create an organization with all features and enable service control policies."""
    found = world.founded(feature_set=FeatureSet.ALL)
    enable(world, SCP)
    return world.state.organizations[found]


def made(
    world: World,
    policy_type: PolicyType,
    name: str = "Rules",
    caller: str = FOUNDER,
    tags: Sequence[tuple[str, str]] = (),
) -> str:
    """Create a policy; returns its id."""
    members = tuple(TagMember(*tag) for tag in tags)
    request = create_policy.Request(document(policy_type), f"About {name}", name, policy_type, members)
    return world.do(request, caller)[0].policy


def made_unit(world: World, name: str = "Unit", parent: str | None = None) -> str:
    """Create an OU, by default under the root; returns its id."""
    parent = parent or world.organization_of(FOUNDER).root
    return world.do(create_organizational_unit.Request(parent, name), FOUNDER)[0].unit


def enable(world: World, policy_type: PolicyType) -> None:
    """Enable a policy type."""
    world.do(enable_policy_type.Request(world.organization_of(FOUNDER).root, policy_type), FOUNDER)


def disable(world: World, policy_type: PolicyType) -> None:
    """Disable a policy type."""
    world.do(disable_policy_type.Request(world.organization_of(FOUNDER).root, policy_type), FOUNDER)


def attach(world: World, policy: str, target: str) -> None:
    """Attach a policy."""
    world.do(attach_policy.Request(policy, target), FOUNDER)


def detach(world: World, policy: str, target: str) -> None:
    """Detach a policy."""
    world.do(detach_policy.Request(policy, target), FOUNDER)


def grant(world: World, account: str, actions: Sequence[str], resources: Sequence[str], **condition: str) -> None:
    """Set a resource policy that lets a member do this, and nothing else."""
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
        "Action": [f"organizations:{action}" for action in actions],
        "Resource": list(resources),
    }
    if condition:
        statement["Condition"] = {"StringEquals": {f"organizations:{key}": value for key, value in condition.items()}}
    content = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    world.evolve(ResourcePolicyPut(world.organization_of(FOUNDER).id, "rp-00000000", content))
