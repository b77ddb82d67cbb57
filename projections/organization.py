"""Organizations, and the settings of the world. Asked by DescribeOrganization and ListRoots, and by all that need the
management account; made of WorldCreated, OrganizationCreated, FeatureSetChanged and OrganizationDeleted."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from ..engine.events import Envelope, FeatureSetChanged, OrganizationCreated, OrganizationDeleted, WorldCreated
from ..engine.settings import Settings
from ..engine.words import FeatureSet
from .projection import Handler


class OrganizationRow(Struct, gc=False):
    """An organization. A deleted one stays: its handshakes can be seen for a while."""

    id: str
    root: str
    management_account: str
    feature_set: FeatureSet
    created_with: FeatureSet
    deleted: bool = False


class OrganizationsView:
    """All organizations of the world, in the order of their creation; and the settings of the world."""

    def __init__(self) -> None:
        self.rows: dict[str, OrganizationRow] = {}
        self.settings = Settings()
        self.seed = 0
        self.handlers: Mapping[type[Any], Handler] = {
            WorldCreated: self._created_world,
            OrganizationCreated: self._created,
            FeatureSetChanged: self._changed,
            OrganizationDeleted: self._deleted,
        }

    def _created_world(self, envelope: Envelope, event: WorldCreated) -> None:
        self.settings = event.settings
        self.seed = event.seed

    def _created(self, envelope: Envelope, event: OrganizationCreated) -> None:
        self.rows[event.organization] = OrganizationRow(
            event.organization, event.root, event.management_account, event.feature_set, event.feature_set
        )

    def _changed(self, envelope: Envelope, event: FeatureSetChanged) -> None:
        self.rows[event.organization].feature_set = event.feature_set

    def _deleted(self, envelope: Envelope, event: OrganizationDeleted) -> None:
        self.rows[event.organization].deleted = True
