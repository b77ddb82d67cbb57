"""When the effective policies of an organization are published: one appointment per organization, the earliest."""

from ..events import EffectivePoliciesOutdated, EffectivePoliciesPublished, PolicyTypeDisabled
from ..state import State


def on_changed(
    state: State, event: EffectivePoliciesOutdated | EffectivePoliciesPublished | PolicyTypeDisabled
) -> None:
    """Called behind the change itself."""
    organization = event.organization
    due = state.organizations[organization].policies.publications.values()
    state.timers.clear_appointment("PublishEffectivePolicies", organization)
    if due:
        state.timers.appoint(min(due), state.position, "PublishEffectivePolicies", organization)
