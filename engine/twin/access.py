"""Trusted services, delegated administrators, the resource policy and tags of a dump against those that stand."""

from collections.abc import Iterator

from ..events import (
    AnyEvent,
    DelegatedAdministratorDeregistered,
    DelegatedAdministratorRegistered,
    ResourcePolicyDeleted,
    ResourcePolicyPut,
    ResourceTagged,
    ResourceUntagged,
    ServiceAccessDisabled,
    ServiceAccessEnabled,
    Tag,
)
from ..state import Organization
from .accounts import TOLD_TWICE
from .form import Form, Stays


def withdrawn_access(form: Form, organization: Organization, stays: Stays) -> Iterator[AnyEvent]:
    """Services and delegated administrators that are no more, or that were given up and allowed anew.

    Args:
        form: the dump.
        organization: as it stands.
        stays: whether an account was a member before the dump and stayed so; others have lost what they administered.
    """
    for account, services in organization.access.administrators.items():
        for service, since in services.items():
            wanted = form.administrators.get(account, {})
            missing = service not in wanted and "administrators" in form.whole
            if stays(account) and (missing or _anew(wanted.get(service), since)):
                yield DelegatedAdministratorDeregistered(form.organization, account, service)
    for service, since in organization.access.services.items():
        missing = service not in form.services and "services" in form.whole
        if missing or _anew(form.services.get(service), since):
            yield ServiceAccessDisabled(form.organization, service)


def _anew(told: int | None, since: int) -> bool:
    return told is not None and told > since + TOLD_TWICE


def granted_access(form: Form, organization: Organization, stays: Stays) -> Iterator[AnyEvent]:
    """Services and delegated administrators that are new."""
    for service, told in form.services.items():
        since = organization.access.services.get(service)
        if since is None or _anew(told, since):
            yield ServiceAccessEnabled(form.organization, service)
    for account, services in form.administrators.items():
        known = organization.access.administrators.get(account, {}) if stays(account) else {}
        for service, told in services.items():
            if service not in known or _anew(told, known[service]):
                yield DelegatedAdministratorRegistered(form.organization, account, service)


def resource_policy_changes(form: Form, organization: Organization) -> Iterator[AnyEvent]:
    """A resource policy that was put, changed, deleted, or made anew under another id."""
    known, wanted = organization.access.resource_policy, form.resource_policy
    replaced = known and wanted and known.id != wanted.id
    if known and (replaced or (wanted is None and "resource policy" in form.whole)):
        yield ResourcePolicyDeleted(form.organization, known.id)
    if wanted and (known is None or (known.id, known.content) != (wanted.id, wanted.content)):
        yield ResourcePolicyPut(form.organization, wanted.id, wanted.content)


def tag_changes(form: Form, organization: Organization, leaving: frozenset[str]) -> Iterator[AnyEvent]:
    """Tags that were put on resources, changed or removed.

    Args:
        form: the dump.
        organization: as it stands.
        leaving: accounts that depart, and lose their tags.
    """
    for resource, wanted in form.tags.items():
        tags = organization.tags.get(resource, ()) if resource not in leaving else ()
        known = {tag.key: tag.value for tag in tags}
        removed = tuple(key for key in known if key not in wanted)
        if removed:
            yield ResourceUntagged(form.organization, resource, removed)
        put = tuple(Tag(key, value) for key, value in wanted.items() if known.get(key) != value)
        if put:
            yield ResourceTagged(form.organization, resource, put)
