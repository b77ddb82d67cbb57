"""What stands in for what the trail does not say. Ids say so themselves: ``r-unknown…``, ``p-unknown…``."""

from collections.abc import Container

from ..policies.types import FULL_AWS_ACCESS, RCP_FULL_AWS_ACCESS
from ..words import PolicyType

UNKNOWN = "unknown"
MASKED_DOMAIN = "masked.example"
LONGEST = 32
"""The characters that AWS allows behind the prefix of most ids (docs/aws.md 1.1)."""

DOCUMENTS = {
    PolicyType.SERVICE_CONTROL_POLICY: FULL_AWS_ACCESS,
    PolicyType.RESOURCE_CONTROL_POLICY: RCP_FULL_AWS_ACCESS,
}
NO_GRANT = (
    '{"Version":"2012-10-17","Statement":[{"Sid":"HiddenInCloudTrail","Effect":"Allow","Principal":{"Service":'
    '"organizations.amazonaws.com"},"Action":"organizations:DescribeOrganization","Resource":"*"}]}'
)
"""The content of a resource policy that is hidden: it allows no account anything."""


def is_placeholder(resource: str) -> bool:
    """Whether an id stands in for one that the trail does not say."""
    return resource.partition("-")[2].startswith(UNKNOWN)


def organization(management_account: str, taken: Container[str]) -> str:
    """An id for the organization of a management account, none of those that are taken."""
    return _free(f"o-{UNKNOWN}{management_account}", taken)


def root(of: str) -> str:
    """An id for the root of an organization."""
    return f"r-{UNKNOWN}{_bare(of)}"[: len("r-") + LONGEST]


def policy(of: str) -> str:
    """An id for the policies of an organization that must be attached somewhere, though no record names them."""
    return f"p-{UNKNOWN}{_bare(of)}"


def approval(parent: str, account: str) -> str:
    """An id for the handshake that asks a member to approve a migration, which only the answer names."""
    return f"h-{UNKNOWN}{account}{parent.removeprefix('h-')}"[: len("h-") + LONGEST]


def transfer(handshake: str) -> str:
    """An id for the transfer that a handshake offers."""
    return f"rt-{UNKNOWN}{handshake.removeprefix('h-')}"[: len("rt-") + LONGEST]


def address(of: str) -> str:
    """An address in place of a masked one, for the creation or the handshake with this id."""
    return f"{of}@{MASKED_DOMAIN}"


def is_address(email: str) -> bool:
    """Whether an address stands in for a masked one."""
    return email.endswith(f"@{MASKED_DOMAIN}")


def document(policy_type: PolicyType) -> str:
    """The content of a policy that no record tells; it changes nothing."""
    return DOCUMENTS.get(policy_type, "{}")


def _bare(of: str) -> str:
    return of.removeprefix("o-").removeprefix(UNKNOWN)


def _free(wanted: str, taken: Container[str]) -> str:
    while wanted in taken:
        wanted += "x"
    return wanted
