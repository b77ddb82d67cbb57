"""Publication of effective policies after a change (docs/aws.md 6.5).

Accounts see their old effective policy until the new one is published: at once, or with realistic latency after 1.8 to
8 seeded seconds. Further changes meanwhile put the publication off, so intermediate results are never seen.
"""

from collections.abc import Iterable

from ..events import EffectivePoliciesOutdated, EffectivePoliciesPublished
from ..operation import Events, Stamp
from ..policies.types import POLICY_TYPES
from ..state import Organization, State
from ..words import PolicyType
from .latency import done_at


def publication_events(
    organization: Organization, policy_types: Iterable[PolicyType], state: State, stamp: Stamp
) -> Events:
    """Build the events that publish, or announce, the effective policies after a change of policies.

    Args:
        organization: whose policies change.
        policy_types: those whose effective policy changes; the caller leaves out types that are not enabled.
        state: its settings say which latency holds.
        stamp: of the change.

    Returns:
        One event for each type that has effective policies: EffectivePoliciesPublished with instant latency,
        EffectivePoliciesOutdated with realistic latency.
    """
    wanted = [policy_type for policy_type in policy_types if POLICY_TYPES[policy_type].effective]
    due = done_at("policies", state, stamp)
    if due == stamp.now:
        return [EffectivePoliciesPublished(organization.id, policy_type) for policy_type in wanted]
    pending = organization.policies.publications
    return [
        EffectivePoliciesOutdated(organization.id, policy_type, max(due, pending.get(policy_type, due)))
        for policy_type in wanted
    ]
