"""The view of effective policies, as last published.

Asked by DescribeEffectivePolicy and the two validation reads; made of the policy events, and of the events that move or
remove accounts and OUs.

Policies are merged when a publication is due; until then accounts see the previous document (docs/aws.md 6.5). A
million accounts share the documents above them: only places with policies of their own have one (the root, some OUs,
few accounts), and a publication merges anew only at and below the places that changed.
"""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from ..engine.events import (
    AccountDeparted,
    AccountMoved,
    EffectivePoliciesPublished,
    OrganizationalUnitDeleted,
    OrganizationDeleted,
    PolicyAttached,
    PolicyDetached,
    PolicyTypeEnabled,
    PolicyUpdated,
    RootIdentified,
)
from ..engine.events.envelope import Envelope
from ..engine.evolve.renaming import rename_key
from ..engine.policies.completeness import EffectivePolicyError, errors
from ..engine.policies.merge import AttachedPolicy, Merging
from ..engine.policies.text import effective_json
from ..engine.policies.types import POLICY_TYPES
from ..engine.rules.policies import attached, levels
from ..engine.state import OrganizationFacts, State, Units
from ..engine.state.columns import Column, column, expand
from ..engine.words import PolicyType
from .organization import OrganizationsView
from .projection import Handler


class Document(Struct, frozen=True, gc=False):
    """An effective policy: the last valid content, and the errors of the latest merge if that was not valid."""

    content: str
    updated_at: int
    errors: tuple[EffectivePolicyError, ...] = ()
    evaluated_at: int = 0
    """When the errors were found."""


class Documents(Struct):
    """The documents of one policy type in one organization."""

    by_place: dict[str, Document] = {}
    """Documents of the root, of OUs and accounts with policies of their own, and of accounts that were moved and keep
    their old one until the next publication. All others inherit the nearest above them."""
    inherited_since: dict[str, int] = {}
    """Place without a document of its own to the time of the publication since which it inherits. If that is later than
    the inherited document, it is the document's time for this place."""
    outdated: dict[str, None] = {}
    """Places where policies or accounts changed since the last publication."""
    invalid: dict[str, None] = {}
    """Places of documents with errors."""

    def seen(self, path: list[str]) -> Document:
        """Return the document for the last place of a path from the root: its own, or the nearest one above it."""
        depth = next((depth for depth in reversed(range(1, len(path))) if path[depth] in self.by_place), 0)
        found = self.by_place[path[depth]]
        inherited_since = max((self.inherited_since.get(place, 0) for place in path[depth + 1 :]), default=0)
        return replace(found, updated_at=inherited_since) if inherited_since > found.updated_at else found

    def put(self, place: str, document: Document) -> None:
        """Give a place a document of its own."""
        self.by_place[place] = document
        self.inherited_since.pop(place, None)
        if document.errors:
            self.invalid[place] = None
        else:
            self.invalid.pop(place, None)

    def inherit(self, place: str, now: int) -> None:
        """Let a place inherit the document above it."""
        self.by_place.pop(place, None)
        self.invalid.pop(place, None)
        self.inherited_since[place] = now

    def forget(self, place: str) -> None:
        """Remove a deleted place."""
        self.by_place.pop(place, None)
        self.inherited_since.pop(place, None)
        self.outdated.pop(place, None)
        self.invalid.pop(place, None)

    def rename(self, place: str, new: str) -> None:
        """Give a place another id."""
        rename_key(self.by_place, place, new)
        rename_key(self.inherited_since, place, new)
        rename_key(self.outdated, place, new)
        rename_key(self.invalid, place, new)


class DocumentsImage(Struct, frozen=True, array_like=True):
    """The image of the documents of one policy type in one organization."""

    organization: str
    policy_type: PolicyType
    places: list[str]
    documents: Column[Document]
    """The documents of these places; a column, because many are equal."""
    inherited_since: dict[str, int]
    outdated: dict[str, None]
    invalid: dict[str, None]


class EffectivePoliciesView:
    """The documents by organization and policy type. It reads ``OrganizationsView``, which must be fed before it."""

    name = "effective policies"
    image = list[DocumentsImage]

    def __init__(self, organizations: OrganizationsView) -> None:
        self._organizations = organizations.rows
        self._documents: dict[str, dict[PolicyType, Documents]] = {}

    def dump(self) -> list[DocumentsImage]:
        """Make the image for a snapshot."""
        return [
            DocumentsImage(
                organization,
                policy_type,
                [*each.by_place],
                column([*each.by_place.values()]),
                each.inherited_since,
                each.outdated,
                each.invalid,
            )
            for organization, by_type in self._documents.items()
            for policy_type, each in by_type.items()
        ]

    def load(self, image: list[DocumentsImage], state: State) -> None:
        """Restore from a snapshot image."""
        for each in image:
            by_place = dict(zip(each.places, expand(each.documents), strict=True))
            documents = Documents(by_place, each.inherited_since, each.outdated, each.invalid)
            self._documents.setdefault(each.organization, {})[each.policy_type] = documents

    def documents(self, organization: OrganizationFacts, policy_type: PolicyType) -> Documents | None:
        """Return the documents of a type; None if it is not enabled. Those of a disabled type are kept, because they
        are valid again when it is enabled again (docs/aws.md 6.2)."""
        enabled = policy_type in organization.policies.enabled
        return self._documents.get(organization.id, {}).get(policy_type) if enabled else None

    def _enabled(self, envelope: Envelope, event: PolicyTypeEnabled) -> None:
        if not POLICY_TYPES[event.policy_type].effective:
            return
        root = self._organizations[event.organization].root
        documents = self._documents.setdefault(event.organization, {}).setdefault(event.policy_type, Documents())
        if root not in documents.by_place:
            documents.put(root, Document("{}", envelope.time))
        documents.outdated[root] = None

    def _attached(self, envelope: Envelope, event: PolicyAttached | PolicyDetached) -> None:
        self._outdate(event.organization, event.policy, [event.target])

    def _updated(self, envelope: Envelope, event: PolicyUpdated) -> None:
        targets = self._organizations[event.organization].policies.by_id[event.policy].targets
        self._outdate(event.organization, event.policy, list(targets))

    def _outdate(self, organization: str, policy: str, places: list[str]) -> None:
        row = self._organizations[organization]
        own = row.policies.by_id.get(policy)  # none of AWS's has an effective view
        documents = self.documents(row, own.type) if own else None
        if documents:
            documents.outdated.update(dict.fromkeys(places))

    def _moved(self, envelope: Envelope, event: AccountMoved) -> None:
        """Keep the document of a moved account until the next publication."""
        row = self._organizations[event.organization]
        above = row.units.path_to(event.source)
        for policy_type, documents in self._documents.get(row.id, {}).items():
            if policy_type in row.policies.enabled:
                documents.put(event.account, documents.seen([*above, event.account]))
                documents.outdated[event.account] = None

    def _departed(self, envelope: Envelope, event: AccountDeparted) -> None:
        self._forget(event.organization, event.account)

    def _unit_deleted(self, envelope: Envelope, event: OrganizationalUnitDeleted) -> None:
        self._forget(event.organization, event.unit)

    def _forget(self, organization: str, place: str) -> None:
        for documents in self._documents.get(organization, {}).values():
            documents.forget(place)

    def _organization_deleted(self, envelope: Envelope, event: OrganizationDeleted) -> None:
        self._documents.pop(event.organization, None)

    def _root_identified(self, envelope: Envelope, event: RootIdentified) -> None:
        for documents in self._documents.get(event.organization, {}).values():
            documents.rename(event.placeholder, event.root)

    def _published(self, envelope: Envelope, event: EffectivePoliciesPublished) -> None:
        row = self._organizations[event.organization]
        documents = self.documents(row, event.policy_type)
        if documents:
            publish(row, event.policy_type, documents, envelope.time)

    handlers: Mapping[type[Any], Handler] = {
        PolicyTypeEnabled: _enabled,
        PolicyAttached: _attached,
        PolicyDetached: _attached,
        PolicyUpdated: _updated,
        AccountMoved: _moved,
        AccountDeparted: _departed,
        OrganizationalUnitDeleted: _unit_deleted,
        OrganizationDeleted: _organization_deleted,
        RootIdentified: _root_identified,
        EffectivePoliciesPublished: _published,
    }


def publish(organization: OrganizationFacts, policy_type: PolicyType, documents: Documents, now: int) -> None:
    """Merge the policies anew where something changed; where the result is invalid, keep the previous content."""
    publication = _Publication(organization, policy_type, now)
    paths = {place: organization.units.path_to(place) for place in _affected(documents, organization.units)}
    before = {place: documents.seen(path) for place, path in paths.items()}
    for place, path in paths.items():
        has_own = place == organization.root or bool(attached(place, policy_type, organization))
        new = publication.document(place) if has_own else documents.seen(path[:-1])
        if new.errors:
            documents.put(place, replace(new, content=before[place].content, updated_at=now))
        elif has_own:
            documents.put(place, new)
        else:
            documents.inherit(place, now)
    documents.outdated.clear()
    if organization.root in paths and not documents.invalid:
        # Every document was merged just now, so no place inherits one that is older.
        documents.inherited_since.clear()


class _Publication(Struct):
    """Merges the policies of one place after another; what is inherited from shared ancestors is merged once."""

    organization: OrganizationFacts
    policy_type: PolicyType
    now: int
    merged: dict[str, Merging] = {}
    """Place to its merge, for the root and OUs only, as nothing is below an account."""

    def document(self, place: str) -> Document:
        """Merge the policies that apply to a place."""
        policies = levels(place, self.policy_type, self.organization)
        document = self._merging(place, policies).document()
        found = tuple(errors(self.policy_type, document, policies))
        return Document(effective_json(document), self.now, found, self.now)

    def _merging(self, place: str, policies: list[list[AttachedPolicy]]) -> Merging:
        units = self.organization.units
        merging = Merging(self.policy_type)
        for step, level in zip(units.path_to(place), policies, strict=True):
            merging = self.merged.get(step) or merging.below(level)
            if step in units.by_id:
                self.merged[step] = merging
        return merging


def _affected(documents: Documents, units: Units) -> list[str]:
    """List the places that changed and those below them that have a document, each after those above it."""
    changed, having = documents.outdated, documents.by_place
    to_visit = [place for place in changed if place in units.by_id]
    reached: dict[str, None] = {}
    for unit in to_visit:  # grows while it is iterated
        if unit not in reached:
            reached[unit] = None
            to_visit.extend(units.by_id[unit].units)
    affected = [unit for unit in reached if unit in changed or unit in having]
    affected.sort(key=lambda unit: len(units.path_to(unit)))
    accounts = [place for place in changed if place not in units.by_id]
    if reached:
        below = (place for place in having if place not in units.by_id and units.parent_of(place) in reached)
        accounts = [*dict.fromkeys([*accounts, *below])]
    return [*affected, *accounts]
