"""The timer that publishes effective policies: one appointment per organization, for the earliest publication."""

from collections.abc import Callable
from typing import Any

from ..events import EffectivePoliciesOutdated, EffectivePoliciesPublished, OrganizationDeleted, PolicyTypeDisabled
from ..state import State


def on_changed(
    state: State,
    event: EffectivePoliciesOutdated | EffectivePoliciesPublished | PolicyTypeDisabled | OrganizationDeleted,
) -> None:
    """Set the appointment anew; called after the policies themselves have changed."""
    organization = state.organizations[event.organization]
    due = min(organization.policies.publications.values(), default=None)
    if due == organization.publication_at:
        return
    if organization.publication_at is not None:
        state.timers.clear_appointment("PublishEffectivePolicies", organization.id)
    if due is not None:
        state.timers.schedule(due, state.now, state.position, "PublishEffectivePolicies", organization.id)
    organization.publication_at = due


HANDLERS: dict[type[Any], Callable[[State, Any], None]] = {
    EffectivePoliciesOutdated: on_changed,
    EffectivePoliciesPublished: on_changed,
    PolicyTypeDisabled: on_changed,
    OrganizationDeleted: on_changed,
}
