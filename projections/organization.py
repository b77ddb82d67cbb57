"""The view of organizations, and of the world's settings.

Asked by DescribeOrganization and ListRoots, and by all reads that need the management account; made of WorldCreated,
OrganizationCreated, PartitionAssigned, FeatureSetChanged and OrganizationDeleted. The substates of an organization
(tree, policies, tags, access, closures) are kept by the handlers with which the engine keeps them for decisions.
"""

from collections.abc import Callable, Mapping
from typing import Any

from ..engine.events import (
    FeatureSetChanged,
    OrganizationCreated,
    OrganizationDeleted,
    PartitionAssigned,
    RootIdentified,
    WorldCreated,
)
from ..engine.events.envelope import Envelope
from ..engine.evolve import SubstateHandler
from ..engine.settings import Settings
from ..engine.state import Access, Closures, OrganizationFacts, Policies, State, Units
from .projection import Handler, copied


class OrganizationsView:
    """All organizations of the world, in the order of their creation; and the settings of the world."""

    name = "organizations"
    image = None

    def __init__(self) -> None:
        self.rows: dict[str, OrganizationFacts] = {}
        self.settings = Settings()
        self.seed = 0

    def dump(self) -> None:
        """Store nothing in snapshots: the state has everything."""

    def load(self, image: None, state: State) -> None:
        """Restore from the state of a snapshot."""
        self.settings, self.seed = state.settings, state.seed
        for key, organization in state.organizations.items():
            facts = (copied(getattr(organization, name)) for name in OrganizationFacts.__struct_fields__)
            self.rows[key] = OrganizationFacts(*facts)

    def _created_world(self, envelope: Envelope, event: WorldCreated) -> None:
        self.settings = event.settings
        self.seed = event.seed

    def _created(self, envelope: Envelope, event: OrganizationCreated) -> None:
        self.rows[event.organization] = OrganizationFacts(
            event.organization, event.root, event.management_account, event.feature_set, envelope.time
        )

    def _root_identified(self, envelope: Envelope, event: RootIdentified) -> None:
        self.rows[event.organization].root = event.root

    def _assigned(self, envelope: Envelope, event: PartitionAssigned) -> None:
        self.rows[event.organization].partition = event.partition

    def _changed(self, envelope: Envelope, event: FeatureSetChanged) -> None:
        self.rows[event.organization].feature_set = event.feature_set

    def _deleted(self, envelope: Envelope, event: OrganizationDeleted) -> None:
        row = self.rows[event.organization]
        row.deleted = True
        row.units, row.policies, row.tags = Units(), Policies(), {}
        row.access, row.closures = Access(), Closures()

    handlers: Mapping[type[Any], Handler] = {
        WorldCreated: _created_world,
        OrganizationCreated: _created,
        FeatureSetChanged: _changed,
        PartitionAssigned: _assigned,
        RootIdentified: _root_identified,
        OrganizationDeleted: _deleted,
    }


class SubstateView:
    """One substate of every organization, kept with the handlers that keep the same substate for decisions."""

    image = None

    def __init__(
        self,
        name: str,
        organizations: OrganizationsView,
        substate_of: Callable[[OrganizationFacts], Any],
        substate_handlers: Mapping[type[Any], SubstateHandler],
    ) -> None:
        self.name = name
        self._rows = organizations.rows
        self._substate_of = substate_of
        self._substate_handlers = substate_handlers
        self.handlers: Mapping[type[Any], Handler] = dict.fromkeys(substate_handlers, SubstateView._change)

    def dump(self) -> None:
        """Store nothing in snapshots: the state has everything."""

    def load(self, image: None, state: State) -> None:
        """Restore nothing: ``OrganizationsView`` has restored the whole of each organization."""

    def _change(self, envelope: Envelope, event: Any) -> None:
        substate = self._substate_of(self._rows[event.organization])
        self._substate_handlers[type(event)](substate, event, envelope.time)
