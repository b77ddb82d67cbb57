"""ARNs: built here only, each with the partition and the management account of its organization (docs/aws.md 1.2)."""

from typing import Protocol

from .words import Partition


class Owner(Protocol):
    """What ARNs tell of the organization that a resource belongs to."""

    @property
    def id(self) -> str:
        """The organization's id."""
        ...

    @property
    def management_account(self) -> str:
        """The id of its management account."""
        ...

    @property
    def partition(self) -> Partition:
        """The partition that it is in."""
        ...


def _arn(owner: Owner, resource: str) -> str:
    return f"arn:{owner.partition}:organizations::{owner.management_account}:{resource}"


def organization_arn(owner: Owner) -> str:
    """The ARN ``arn:aws:organizations::MGMT:organization/o-…``."""
    return _arn(owner, f"organization/{owner.id}")


def root_arn(owner: Owner, root: str) -> str:
    """The ARN ``arn:aws:organizations::MGMT:root/o-…/r-…``."""
    return _arn(owner, f"root/{owner.id}/{root}")


def account_arn(owner: Owner, account: str) -> str:
    """The ARN ``arn:aws:organizations::MGMT:account/o-…/ACCOUNT``."""
    return _arn(owner, f"account/{owner.id}/{account}")


def handshake_arn(initiator: Owner, action: str, handshake: str) -> str:
    """The ARN ``arn:aws:organizations::MGMT:handshake/o-…/action/h-…``, with the initiator's ids."""
    return _arn(initiator, f"handshake/{initiator.id}/{action.lower()}/{handshake}")


def organizational_unit_arn(owner: Owner, unit: str) -> str:
    """The ARN ``arn:aws:organizations::MGMT:ou/o-…/ou-…``."""
    return _arn(owner, f"ou/{owner.id}/{unit}")


def policy_arn(owner: Owner, policy_type: str, policy: str) -> str:
    """The ARN ``arn:aws:organizations::MGMT:policy/o-…/type/p-…``."""
    return _arn(owner, f"policy/{owner.id}/{policy_type.lower()}/{policy}")


def managed_policy_arn(partition: Partition, policy_type: str, policy: str) -> str:
    """The ARN ``arn:aws:organizations::aws:policy/type/p-…`` of an AWS managed policy, which belongs to no account."""
    return f"arn:{partition}:organizations::aws:policy/{policy_type.lower()}/{policy}"


def resource_policy_arn(owner: Owner, resource_policy: str) -> str:
    """The ARN ``arn:aws:organizations::MGMT:resourcepolicy/o-…/rp-…``."""
    return _arn(owner, f"resourcepolicy/{owner.id}/{resource_policy}")


def transfer_arn(owner: Owner, direction: str, transfer: str) -> str:
    """The ARN ``arn:aws:organizations::MGMT:transfer/o-…/billing/inbound|outbound/rt-…``; one per side [inferred]."""
    return _arn(owner, f"transfer/{owner.id}/billing/{direction}/{transfer}")


def root_user_arn(partition: Partition, account: str) -> str:
    """The ARN ``arn:aws:iam::ACCOUNT:root``, which stands for an account in policies."""
    return f"arn:{partition}:iam::{account}:root"


def user_arn(partition: Partition, account: str, user: str) -> str:
    """The ARN ``arn:aws:iam::ACCOUNT:user/NAME`` of an IAM user."""
    return f"arn:{partition}:iam::{account}:user/{user}"


def role_arn(partition: Partition, account: str, role: str) -> str:
    """The ARN ``arn:aws:iam::ACCOUNT:role/NAME`` of an IAM role."""
    return f"arn:{partition}:iam::{account}:role/{role}"


def session_arn(partition: Partition, account: str, role: str, session: str) -> str:
    """The ARN ``arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`` of an assumed role's session."""
    return f"arn:{partition}:sts::{account}:assumed-role/{role}/{session}"
