"""The form that a dump of an organization would have, made of the state, and small changes of it."""

from random import Random

from msgspec.structs import replace

from orgsim.engine.policies.types import MANAGED_POLICIES
from orgsim.engine.rules.policies import is_attached
from orgsim.engine.state import Account, Organization, State
from orgsim.engine.twin.form import AccountForm, Form, HandshakeForm, PolicyForm, ResourcePolicyForm, UnitForm
from orgsim.engine.words import Condition

WHOLE = frozenset(
    (
        "accounts",
        "units",
        "policies",
        "attachments",
        "policy types",
        "services",
        "administrators",
        "resource policy",
        "handshakes",
        "creations",
    )
)


def form_of(organization: Organization, state: State) -> Form:
    """The form of a dump that was taken of an organization at this moment."""
    policies, access = organization.policies, organization.access
    written = access.resource_policy
    places = [*organization.units.by_id, *organization.members]
    return Form(
        organization=organization.id,
        root=organization.root,
        management_account=organization.management_account,
        feature_set=organization.feature_set,
        partition=organization.partition,
        policy_types=tuple(policies.enabled),
        units=tuple(
            UnitForm(id=unit.id, parent=unit.parent, name=unit.name)
            for unit in organization.units.by_id.values()
            if unit.parent
        ),
        accounts=tuple(_account(member, organization, state) for member in organization.members.values()),
        policies=tuple(
            PolicyForm(
                id=each.id,
                type=each.type,
                name=each.name,
                description=each.description,
                content=each.content,
                targets=tuple(each.targets),
            )
            for each in policies.by_id.values()
        ),
        default_targets={
            default: tuple(place for place in places if is_attached(default, place, organization))
            for default in MANAGED_POLICIES
        },
        tags={
            resource: {tag.key: tag.value for tag in tags}
            for resource, tags in organization.tags.items()
            if not resource.startswith("rt-")
        },
        services=dict(access.services),
        administrators={account: dict(services) for account, services in access.administrators.items()},
        resource_policy=ResourcePolicyForm(id=written.id, content=written.content) if written else None,
        handshakes=_handshakes(organization, state),
        whole=WHOLE,
    )


def _account(member: Account, organization: Organization, state: State) -> AccountForm:
    closures, status = organization.closures, "ACTIVE"
    if member.id in closures.pending or member.id in closures.closed:
        status = "PENDING_CLOSURE" if member.id in closures.pending else "CLOSED"
    elif Condition.SUSPENDED in member.conditions:
        status = "SUSPENDED"
    elif Condition.SIGN_UP_INCOMPLETE in member.conditions:
        status = "PENDING_ACTIVATION"
    elsewhere = len({Condition.SUSPENDED, Condition.SIGN_UP_INCOMPLETE} & {*member.conditions}) > 1
    return AccountForm(
        id=member.id,
        parent=organization.units.parent_of(member.id),
        email=state.email_of(member.id),
        name=state.name_of(member.id),
        joined_method=member.joined_method,
        joined_at=member.membership_changed_at,
        state=None if elsewhere or (status in ("PENDING_CLOSURE", "CLOSED") and member.conditions) else status,
    )


def _handshakes(organization: Organization, state: State) -> tuple[HandshakeForm, ...]:
    return tuple(
        HandshakeForm(
            id=each,
            action=found.requested.action,
            state=found.state,
            requested_at=found.requested_at,
            expires_at=found.requested.expires_at,
            party=found.requested.party,
            party_type=found.requested.party_type,
            parent=found.requested.parent,
            feature_set=found.requested.feature_set,
            notes=found.requested.notes,
        )
        for each, found in state.handshakes.items()
        if found.requested.organization == organization.id
    )


def altered(form: Form, draw: Random) -> Form:
    """Change one thing, as if it had happened elsewhere since the dump before."""
    if any(each.state in ("CLOSED", "PENDING_CLOSURE") for each in form.accounts) and draw.randrange(2):
        return _account_state(form, draw)
    change = draw.choice(
        [_member_gone, _account_state, _account_moved, _renamed, _unit_gone, _policy_gone, _tags_gone, _access_gone]
    )
    return change(form, draw)


def _other_account(form: Form, draw: Random, **changes: object) -> Form:
    others = [each for each in form.accounts if each.id != form.management_account]
    if not others:
        return form
    one = draw.choice(others)
    return replace(form, accounts=tuple(replace(each, **changes) if each is one else each for each in form.accounts))


def _member_gone(form: Form, draw: Random) -> Form:
    kept = [each for each in form.accounts if each.id in (form.management_account, *form.administrators)]
    left = {each.id for each in kept}
    places = {form.root, *(unit.id for unit in form.units), *left}
    return replace(
        form,
        accounts=tuple(kept),
        policies=tuple(
            replace(each, targets=tuple(t for t in each.targets or () if t in places)) for each in form.policies
        ),
        default_targets={key: tuple(t for t in there if t in places) for key, there in form.default_targets.items()},
        tags={key: tags for key, tags in form.tags.items() if not key.isdigit() or key in left},
        handshakes=tuple(each for each in form.handshakes if draw.random() < 0.5),
    )


def _account_state(form: Form, draw: Random) -> Form:
    """Accounts that are closed, or about to be, are active again."""
    closing = ("CLOSED", "PENDING_CLOSURE")
    opened = (replace(each, state="ACTIVE") if each.state in closing else each for each in form.accounts)
    return replace(form, accounts=tuple(opened))


def _account_moved(form: Form, draw: Random) -> Form:
    return _other_account(form, draw, parent=draw.choice([form.root, *(unit.id for unit in form.units)]))


def _renamed(form: Form, draw: Random) -> Form:
    """Addresses of accounts, names of policies and of OUs go round."""
    emails = [each.email for each in form.accounts]
    accounts = zip(form.accounts, [*emails[1:], *emails[:1]], strict=True)
    return replace(
        form,
        accounts=tuple(replace(each, email=email) for each, email in accounts),
        policies=tuple(replace(each, name=f"{each.name} of {each.id}") for each in form.policies),
        units=tuple(replace(each, name=f"{each.name} of {each.id}") for each in form.units),
    )


def _unit_gone(form: Form, draw: Random) -> Form:
    return replace(
        form,
        units=(),
        accounts=tuple(replace(each, parent=form.root) for each in form.accounts),
        policies=tuple(
            replace(each, targets=tuple(t for t in each.targets or () if not t.startswith("ou-")))
            for each in form.policies
        ),
        default_targets={
            key: tuple(t for t in there if not t.startswith("ou-")) for key, there in form.default_targets.items()
        },
        tags={key: tags for key, tags in form.tags.items() if not key.startswith("ou-")},
    )


def _policy_gone(form: Form, draw: Random) -> Form:
    """All policies are gone, so AWS's own are attached everywhere."""
    places = [form.root, *(unit.id for unit in form.units), *(each.id for each in form.accounts)]
    return replace(
        form,
        policies=(),
        tags={key: tags for key, tags in form.tags.items() if not key.startswith("p-")},
        default_targets=dict.fromkeys(form.default_targets, tuple(places)),
    )


def _tags_gone(form: Form, draw: Random) -> Form:
    return replace(form, tags={resource: {} for resource in form.tags})


def _access_gone(form: Form, draw: Random) -> Form:
    tags = {key: tags for key, tags in form.tags.items() if not key.startswith("rp-")}
    return replace(form, services={}, administrators={}, resource_policy=None, tags=tags)
