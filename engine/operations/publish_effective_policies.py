"""PublishEffectivePolicies: let accounts see the effective policies that result from the latest changes.

Caller: a timer, with realistic latency 1.8 to 8 seconds after the last change; with stepwise latency the first reader.
Refused, in this order: nothing; a publication of a type that was disabled has been cleared.
Happens: EffectivePoliciesPublished for every type that is due.
Goes on in: nowhere; types that are due later have an appointment of their own.
Sources: docs/aws.md 6.5 and 13. That all accounts of an organization see it at the same moment is inferred.
"""

from msgspec import Struct

from ..events import EffectivePoliciesPublished
from ..operation import Events, Stamp
from ..state import State
from ..words import PolicyType


class Request(Struct, frozen=True):
    organization: str
    policy_type: PolicyType | None = None
    """Publish this type, whether its time has come or not; without it, every type whose time has come."""


def decide(request: Request, state: State, stamp: Stamp) -> Events:
    publications = state.organizations[request.organization].policies.publications
    if request.policy_type:
        asked = [request.policy_type] if request.policy_type in publications else []
        return [EffectivePoliciesPublished(request.organization, policy_type) for policy_type in asked]
    due = [policy_type for policy_type, published_at in publications.items() if published_at <= stamp.now]
    return [EffectivePoliciesPublished(request.organization, policy_type) for policy_type in due]
