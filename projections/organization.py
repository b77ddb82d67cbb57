"""Organizations. Answers DescribeOrganization and ListRoots; made of OrganizationCreated, FeatureSetChanged,
OrganizationDeleted and WorldCreated."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from ..engine.events import (
    Envelope,
    FeatureSet,
    FeatureSetChanged,
    OrganizationCreated,
    OrganizationDeleted,
    WorldCreated,
)
from ..engine.settings import Settings
from ..engine.shapes import OrganizationReply, PolicyTypeSummary, Root, Shape, organization_shape, root_shape
from .paging import MaxResults, NextToken, read_token
from .projection import Handler

if TYPE_CHECKING:
    from .views import Views


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


class DescribeOrganization(Struct, frozen=True, rename="pascal"):
    """No members."""


def describe_organization(request: DescribeOrganization, views: "Views", account: str) -> OrganizationReply:
    """Any member may ask, and all get the same answer (section 3.2)."""
    row = views.member(account)
    return OrganizationReply(organization_shape(views.initiator(row), row.feature_set))


class ListRoots(Struct, frozen=True, rename="pascal"):
    max_results: MaxResults | None = None
    next_token: NextToken | None = None


class RootsReply(Shape, frozen=True):
    roots: list[Root]
    next_token: str | None = None


def list_roots(request: ListRoots, views: "Views", account: str) -> RootsReply:
    """The one root. Created with all features, its service control policies are enabled; after a migration they are
    not until somebody enables them (section 2.4 [inferred])."""
    row = views.managed(account)
    # One root is one page: no token has ever been given out.
    read_token(request.next_token, "ListRoots")
    enabled = row.created_with is FeatureSet.ALL
    policy_types = [PolicyTypeSummary("SERVICE_CONTROL_POLICY", "ENABLED")] if enabled else []
    return RootsReply([root_shape(row.management_account, row.id, row.root, policy_types)])
