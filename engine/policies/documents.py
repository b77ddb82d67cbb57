"""Validation of policy documents (docs/aws.md 6.3, 6.4 and 6.7)."""

from ..words import PolicyType
from .fragments import fragment
from .iam import require_valid_iam, stored_rcp
from .types import POLICY_TYPES


def require_valid(policy_type: PolicyType, content: str) -> str:
    """Require a document that AWS would store, and return it as AWS stores it.

    Its size is checked elsewhere (``rules.policies.require_content``).

    Args:
        policy_type: the type that the policy has or will have.
        content: the text as sent.

    Returns:
        The text as sent; a resource control policy written anew, with a version and a list of statements.

    Raises:
        MalformedPolicyDocumentException: it is not JSON, repeats a key, or breaks the syntax of its type.
    """
    if POLICY_TYPES[policy_type].syntax is None:
        require_valid_iam(policy_type, content)
    else:
        fragment(policy_type, content)
    return stored_rcp(content) if policy_type is PolicyType.RESOURCE_CONTROL_POLICY else content
