"""Invariants of the state that must hold after every command: of each organization, and of its timers."""

from collections import Counter

from orgsim.engine.policies.types import MANAGED_POLICIES, POLICY_TYPES
from orgsim.engine.resources import is_entity
from orgsim.engine.rules import quotas
from orgsim.engine.rules.policies import attached
from orgsim.engine.settings import CLOSED_ACCOUNT_RETENTION, HANDSHAKE_RETENTION, SECOND, TAGS_PER_RESOURCE
from orgsim.engine.state import Organization, State
from orgsim.engine.state.handshake import Handshake, HandshakeState
from orgsim.engine.state.timers import NEVER
from orgsim.engine.words import Action, FeatureSet, TransferStatus

LIVE = (HandshakeState.REQUESTED, HandshakeState.OPEN)
REFUSED_APPROVALS = (HandshakeState.OPEN, HandshakeState.DECLINED, HandshakeState.CANCELED)
CAME_TO_NOTHING = (TransferStatus.DECLINED, TransferStatus.CANCELED, TransferStatus.EXPIRED)
LONGEST_CLOSURE = 660 * SECOND


def check_state(state: State) -> None:
    """Assert all invariants of a state."""
    check_accounts(state)
    check_handshakes(state)
    check_transfers(state)
    check_timers(state)
    for organization in state.organizations.values():
        check_organization(organization, state)
        check_migration(organization, state)
        check_tree(organization, state)
        check_policies(organization, state)
        check_access(organization)
        check_closures(organization, state)
        check_tags(organization, state)


def live(state: State, action: Action) -> list[Handshake]:
    return [found for found in state.handshakes.values() if found.state in LIVE and found.requested.action is action]


def check_accounts(state: State) -> None:
    members = {
        account: organization.id for organization in state.organizations.values() for account in organization.members
    }
    for account in state.accounts.values():
        assert account.organization == members.get(account.id)
        assert (account.joined_method is None) == (account.organization is None)
        assert account.email is None or state.emails[account.email.lower()] == account.id
    for address, owner in state.emails.items():
        assert (state.accounts[owner].email or "").lower() == address


def check_organization(organization: Organization, state: State) -> None:
    for account, member in organization.members.items():
        assert member is state.accounts[account]
    assert (organization.management_account in organization.members) is not organization.deleted
    if organization.deleted:
        assert (organization.members, organization.invitations, organization.creations) == ({}, {}, {})
        assert organization.migration is None
    assert quotas.accounts_counted(organization) <= state.settings.quotas.accounts
    assert organization.invitations == {
        str(found.requested.party).lower(): found.requested.handshake
        for found in live(state, Action.INVITE)
        if found.requested.organization == organization.id
    }
    assert set(organization.creations.values()) == {
        request for request, creation in state.creations.items() if creation.organization == organization.id
    }


def check_migration(organization: Organization, state: State) -> None:
    migration = organization.migration
    parents = [found for found in live(state, Action.ENABLE_ALL_FEATURES) if _of(found, organization)]
    children = [found for found in live(state, Action.APPROVE_ALL_FEATURES) if _of(found, organization)]
    if migration is None:
        assert (parents, children) == ([], [])
        return
    assert organization.feature_set is FeatureSet.CONSOLIDATED_BILLING
    assert [found.requested.handshake for found in parents] == [migration.parent]
    assert parents[0].state is (HandshakeState.REQUESTED if migration.outstanding else HandshakeState.OPEN)
    assert migration.outstanding.keys() <= organization.members.keys()
    assert {found.requested.handshake for found in children} <= set(migration.outstanding.values())
    for account, handshake in migration.outstanding.items():
        # One that ended more than thirty days ago has been purged and is outstanding all the same.
        child = state.handshakes.get(handshake)
        if child:
            assert child.state in REFUSED_APPROVALS
            assert (child.requested.party, child.requested.parent) == (account, migration.parent)


def _of(handshake: Handshake, organization: Organization) -> bool:
    return handshake.requested.organization == organization.id


def check_tree(organization: Organization, state: State) -> None:
    """Parents and children know each other, and whoever stands in an OU is a member and counted there."""
    units, limits = organization.units, state.settings.quotas
    assert (units.root == organization.root) is not organization.deleted
    assert len(units.by_id) <= 1 + limits.organizational_units
    for unit in units.by_id.values():
        assert (unit.parent is None) == (unit.id == units.root)
        assert all(units.by_id[child].parent == unit.id for child in unit.units)
        assert unit.parent is None or units.by_id[unit.parent].units[unit.id] == unit.name
        assert len(set(unit.units.values())) == len(unit.units)
        path = units.path_to(unit.id)
        assert path[0] == units.root
        assert len(path) - 1 <= limits.organizational_unit_depth
    assert units.placed.keys() <= organization.members.keys()
    assert Counter(units.placed.values()) == Counter({unit.id: unit.accounts for unit in units.by_id.values()})
    assert units.root not in units.placed.values()


def check_policies(organization: Organization, state: State) -> None:
    """Attachments are known from both ends and keep to their limits, names are unique, publications are to come."""
    policies = organization.policies
    entities = [*units_and_members(organization)]
    from_policies = {(policy.id, target) for policy in policies.by_id.values() for target in policy.targets}
    assert from_policies == {(policy, target) for target, there in policies.attached.items() for policy in there}
    assert policies.attached.keys() <= set(entities)
    assert all(policies.attached.values())
    assert all(policies.by_id[policy].type in policies.enabled for policy, _ in from_policies)
    assert policies.names == {f"{policy.type} {policy.name}": policy.id for policy in policies.by_id.values()}
    for default, places in policies.without_default.items():
        assert places.keys() <= set(entities)
        assert MANAGED_POLICIES[default].type in policies.enabled or not places
    for policy_type in policies.enabled:
        facts = POLICY_TYPES[policy_type]
        counts = [len(attached(entity, policy_type, organization)) for entity in entities]
        assert facts.min_attached <= min(counts)
        assert max(counts) <= facts.max_attached
    assert policies.publications.keys() <= policies.enabled.keys()
    assert organization.publication_at == min(policies.publications.values(), default=None)
    if organization.feature_set is not FeatureSet.ALL:
        assert (policies.enabled, policies.by_id) == ({}, {})


def units_and_members(organization: Organization) -> list[str]:
    return [*organization.units.by_id, *organization.members]


def check_access(organization: Organization) -> None:
    """Administrators are members of an organization with all features, and administer something."""
    access = organization.access
    assert access.administrators.keys() <= organization.members.keys() - {organization.management_account}
    assert all(access.administrators.values())
    if organization.feature_set is not FeatureSet.ALL:
        assert (access.services, access.administrators) == ({}, {})


def check_closures(organization: Organization, state: State) -> None:
    """Whoever is closed, or about to be, is still a member."""
    closures, limits = organization.closures, state.settings.quotas
    closing = [*closures.pending, *closures.closed]
    assert len(set(closing)) == len(closing)
    assert set(closing) <= organization.members.keys() - {organization.management_account}
    assert len(closures.pending) <= limits.concurrent_account_closures
    assert quotas.closures_counted(organization, state.now) <= quotas.closures_allowed(organization, limits)
    assert list(closures.recent) == sorted(closures.recent)


def check_tags(organization: Organization, state: State) -> None:
    """Tags stand on what there is."""
    written = organization.access.resource_policy
    for resource, tags in organization.tags.items():
        transfer = state.transfers.by_id.get(resource)
        assert (
            is_entity(resource, organization, organization.members)
            or resource in organization.policies.by_id
            or (written and written.id == resource)
            or (transfer and transfer.organization == organization.id)
        )
        assert 1 <= len(tags) <= TAGS_PER_RESOURCE


def check_handshakes(state: State) -> None:
    for found in state.handshakes.values():
        assert (found.state in LIVE) is (found.ended_at < 0)
        assert found.ended_at <= state.now
    targets = Counter(
        (found.requested.organization, found.requested.action, str(found.requested.party).lower())
        for found in state.handshakes.values()
        if found.state in LIVE
    )
    assert set(targets.values()) <= {1}


def check_transfers(state: State) -> None:
    """A transfer stands as its handshake does, and is known from both sides."""
    transfers = state.transfers
    inbound: dict[str, list[str]] = {}
    unanswered: dict[str, list[str]] = {}
    for transfer in transfers.by_id.values():
        if transfer.status not in CAME_TO_NOTHING:
            inbound.setdefault(transfer.organization, []).append(transfer.id)
        if transfer.status is TransferStatus.REQUESTED:
            unanswered.setdefault(transfer.party.lower(), []).append(transfer.id)
        assert transfers.by_handshake[transfer.handshake] == transfer.id
        accepted = transfer.status in (TransferStatus.ACCEPTED, TransferStatus.WITHDRAWN)
        assert accepted == (transfer.source_organization is not None)
        assert (transfer.ends_at is not None) == (transfer.status is TransferStatus.WITHDRAWN)
        handshake = state.handshakes.get(transfer.handshake)
        assert handshake or accepted
        if handshake:
            stands = HandshakeState.OPEN if transfer.status is TransferStatus.REQUESTED else transfer.status
            assert handshake.state == (HandshakeState.ACCEPTED if accepted else stands)
    assert len(transfers.by_handshake) == len(transfers.by_id)
    assert {payer: list(paid) for payer, paid in transfers.inbound.items()} == inbound
    assert {asked: list(offers) for asked, offers in transfers.unanswered.items()} == unanswered
    for transfer in transfers.by_id.values():
        if transfer.status is TransferStatus.ACCEPTED:
            assert transfers.outbound[str(transfer.source_organization)] == transfer.id


def check_timers(state: State) -> None:
    timers = state.timers
    expiring = [*live(state, Action.INVITE), *live(state, Action.ENABLE_ALL_FEATURES)]
    ended = [found for found in state.handshakes.values() if found.state not in LIVE]
    changes = [*(found.requested.expires_at for found in expiring), *(entry[0] for entry in timers.appointments)]
    purges = [found.ended_at + HANDSHAKE_RETENTION for found in ended]
    assert timers.next_change == min(changes, default=NEVER)
    assert timers.next_due == min([*changes, *purges], default=NEVER)
    for queue in (timers.invitations, timers.migrations):
        assert not queue or queue[0].state in LIVE
    assert {id(found) for found in expiring} <= {id(each) for each in (*timers.invitations, *timers.migrations)}
    assert sorted(map(id, ended)) == sorted(map(id, timers.purges))
    check_appointments(state)


def check_appointments(state: State) -> None:
    """There is one appointment for each thing that takes a varying time, and no other."""
    expected = [(creation.finishes_at, "FinishAccountCreation", each) for each, creation in state.creations.items()]
    for found in live(state, Action.TRANSFER_RESPONSIBILITY):
        expected.append((found.requested.expires_at, "ExpireHandshake", found.requested.handshake))
    closing: dict[str, int] = {}
    for organization in state.organizations.values():
        closing |= organization.closures.pending
        for account, since in organization.closures.closed.items():
            expected.append((since + CLOSED_ACCOUNT_RETENTION, "CleanClosedAccount", account))
        if organization.publication_at is not None:
            expected.append((organization.publication_at, "PublishEffectivePolicies", organization.id))
    appointed = [(due, operation, subject) for due, _, _, operation, subject in state.timers.appointments]
    closures = {subject: due for due, operation, subject in appointed if operation == "FinishAccountClosure"}
    assert closures.keys() == closing.keys()
    assert all(asked_for <= closures[account] <= asked_for + LONGEST_CLOSURE for account, asked_for in closing.items())
    assert sorted(appointed) == sorted(
        [*expected, *((due, "FinishAccountClosure", account) for account, due in closures.items())]
    )
