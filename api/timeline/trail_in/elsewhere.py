"""What all records of a trail together tell about organizations: for a record that does not say what it is about."""

from ....engine.records.record import NOTHING, Known
from ....engine.words import FeatureSet
from .records import TrailRecord, said

ENABLE = b'"EnableAllFeatures"'
FOUND = b'"CreateOrganization"'


class Elsewhere:
    """Gathers what records say, whatever their order, and answers what others say about the subject of one."""

    def __init__(self) -> None:
        self.organizations: dict[str, Known] = {}
        """By id, what is known of each."""
        self._of_manager: dict[str, dict[str, tuple[int, int]]] = {}
        """Management account to its organizations, each with the times at which it was named first and last."""
        self._of_root: dict[str, str] = {}
        self._roots: dict[str, str] = {}
        """Root by the account that called, for records that name no organization."""
        self._founded: dict[str, int] = {}
        """Organization to the time at which it was founded, if the trail tells it."""
        self._billing_until: dict[str, int] = {}
        """Organization to the time at which it began to migrate: before it had consolidated billing only."""

    def add(self, record: TrailRecord) -> None:
        """Remember what a record says."""
        caller, _ = record.accounts
        about = said(record.content)
        if about.organization is None or about.management_account is None:
            if about.root and caller:
                self._roots.setdefault(caller, about.root)
            return
        named = self._of_manager.setdefault(about.management_account, {})
        first, last = named.get(about.organization, (record.time, record.time))
        named[about.organization] = min(first, record.time), max(last, record.time)
        if about.root:
            self._of_root.setdefault(about.root, about.organization)
        if FOUND in record.content:
            self._founded[about.organization] = record.time
        known = self.organizations.get(about.organization, about)
        root, feature_set = known.root or about.root, known.feature_set or about.feature_set
        if ENABLE in record.content:
            until = self._billing_until.get(about.organization, record.time)
            self._billing_until[about.organization] = max(until, record.time)
        self.organizations[about.organization] = Known(
            about.organization, about.management_account, root, known.partition or about.partition, feature_set
        )

    def about(self, record: TrailRecord) -> Known:
        """What other records say about the organization of a record."""
        about, accounts = said(record.content), record.accounts
        organization = about.organization or self._of_root.get(about.root or "")
        manager = next((each for each in accounts if each in self._of_manager), None)
        if organization is None and manager:
            organization = self._named_near(manager, record.time)
        if organization is None:
            root = next((self._roots[each] for each in accounts if each in self._roots), None)
            return Known(root=root) if root else NOTHING
        known = self.organizations.get(organization) or about
        root = known.root or self._root_by(known.management_account, organization)
        billing = record.time <= self._billing_until.get(organization, -1)
        feature_set = FeatureSet.CONSOLIDATED_BILLING if billing else known.feature_set
        return Known(organization, known.management_account, root, known.partition, feature_set)

    def _root_by(self, manager: str | None, organization: str) -> str | None:
        """The root that a management account named, unless it is known to be another organization's."""
        root = self._roots.get(manager or "")
        return root if root and self._of_root.get(root, organization) == organization else None

    def _named_near(self, manager: str, time: int) -> str:
        """The organization of a management account that is named around a time or next after it, or else the last."""
        named = sorted((last, first, organization) for organization, (first, last) in self._of_manager[manager].items())
        return next((organization for last, _, organization in named if last >= time), named[-1][2])
