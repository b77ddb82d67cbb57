"""Records about trusted services, delegated administrators and the resource policy."""

from ..authorization.resource_policy import normalised
from ..errors import Refused
from ..events import (
    DelegatedAdministratorDeregistered,
    DelegatedAdministratorRegistered,
    ResourcePolicyDeleted,
    ResourcePolicyPut,
    ResourceTagged,
    ServiceAccessDisabled,
    ServiceAccessEnabled,
)
from ..operation import Events
from . import placeholders
from .record import Unplaced, needed, part, tags_under, text, unmasked
from .taking import Taking


def service_enabled(taking: Taking) -> Events:
    service = taking.parameter("servicePrincipal")
    taking.require_all_features()
    known = service in taking.organization.access.services
    return [] if known else [ServiceAccessEnabled(taking.id, service)]


def service_disabled(taking: Taking) -> Events:
    """Disabling what is not enabled is no error, so nothing is inferred then."""
    service, access = taking.parameter("servicePrincipal"), taking.organization.access
    for account, served in access.administrators.items():
        if service in served:
            taking.infer(DelegatedAdministratorDeregistered(taking.id, account, service))
    return [ServiceAccessDisabled(taking.id, service)] if service in access.services else []


def registered(taking: Taking) -> Events:
    account, service = _administrator(taking)
    known = service in taking.organization.access.administrators.get(account, {})
    return [] if known else [DelegatedAdministratorRegistered(taking.id, account, service)]


def deregistered(taking: Taking) -> Events:
    account, service = _administrator(taking)
    if service not in taking.organization.access.administrators.get(account, {}):
        taking.infer(DelegatedAdministratorRegistered(taking.id, account, service))
    return [DelegatedAdministratorDeregistered(taking.id, account, service)]


def _administrator(taking: Taking) -> tuple[str, str]:
    account, service = taking.parameter("accountId"), taking.parameter("servicePrincipal")
    taking.require_all_features()
    if account == taking.organization.management_account:
        raise Unplaced(f"{account} manages {taking.id}, so it is no delegated administrator")
    return taking.require_member(account), service


def resource_policy_put(taking: Taking) -> Events:
    answer = part(taking.record.answer, "resourcePolicy")
    put = needed(part(answer, "resourcePolicySummary"), "id", "responseElements.resourcePolicy.resourcePolicySummary")
    taking.require_all_features()
    known = taking.organization.access.resource_policy
    if known and known.id != put:
        taking.infer(ResourcePolicyDeleted(taking.id, known.id))
    tags = tags_under(taking.parameters)
    content = text(taking.parameters, "content") or text(answer, "content")
    event = ResourcePolicyPut(taking.id, put, _stored(taking, unmasked(content)))
    return [event, ResourceTagged(taking.id, put, tags)] if tags else [event]


def _stored(taking: Taking, content: str | None) -> str:
    """The form in which a resource policy is stored; if it is hidden, or not understood, one that allows nothing."""
    try:
        return normalised(content or "", taking.organization.members, taking.organization.partition)
    except Refused:
        return placeholders.NO_GRANT


def resource_policy_deleted(taking: Taking) -> Events:
    """The record does not name it: one that is not known cannot be told of."""
    known = taking.organization.access.resource_policy
    return [ResourcePolicyDeleted(taking.id, known.id)] if known else []


RECORDS = {
    "EnableAWSServiceAccess": service_enabled,
    "DisableAWSServiceAccess": service_disabled,
    "RegisterDelegatedAdministrator": registered,
    "DeregisterDelegatedAdministrator": deregistered,
    "PutResourcePolicy": resource_policy_put,
    "DeleteResourcePolicy": resource_policy_deleted,
}
