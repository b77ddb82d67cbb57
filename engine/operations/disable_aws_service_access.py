"""DisableAWSServiceAccess: the management account ends the trusted access of a service.

Caller: the management account.
Refused, in this order:
    - AWSOrganizationsNotInUse: the caller is in no organization.
    - AccessDenied: the caller is a member account.
    - InvalidInput (UNRECOGNIZED_SERVICE_PRINCIPAL): there is no such service.
    - ConstraintViolation (POLICY_TYPE_ENABLED_FOR_THIS_SERVICE): a policy type that depends on the service is enabled.
    - ConstraintViolation (DELEGATED_ADMINISTRATOR_EXISTS_FOR_THIS_SERVICE): the service has delegated administrators.
Happens: ServiceAccessDisabled; nothing if it is not enabled.
Goes on in: deregister_delegated_administrator.py, which removes the administrators that are in the way.
Sources: docs/aws.md 3.5; the order of the refusals is inferred.
"""

from msgspec import Struct

from ..authorization.services import REQUIRED_BY
from ..errors import ConstraintViolationException
from ..events import ServiceAccessDisabled
from ..explaining import some
from ..operation import Events, Stamp
from ..rules import caller, services
from ..shapes.base import EmptyReply
from ..state import State


class Request(Struct, frozen=True, rename="pascal"):
    service_principal: services.ServicePrincipal


def decide(request: Request, state: State, stamp: Stamp) -> Events:
    organization = caller.authorize("DisableAWSServiceAccess", state, stamp)
    service = request.service_principal
    services.require_known(service)
    needing = [policy_type for policy_type in organization.policies.enabled if REQUIRED_BY.get(policy_type) == service]
    if needing:
        raise ConstraintViolationException(
            "POLICY_TYPE_ENABLED_FOR_THIS_SERVICE",
            explanation=f"{service} is needed by {some(needing)}; DisablePolicyType must disable it first",
        )
    registered = [each for each, served in organization.access.administrators.items() if service in served]
    if registered:
        raise ConstraintViolationException(
            "DELEGATED_ADMINISTRATOR_EXISTS_FOR_THIS_SERVICE",
            explanation=f"{service} is administered by {some(registered)}; DeregisterDelegatedAdministrator must "
            "end that first",
        )
    if service not in organization.access.services:
        return []
    return [ServiceAccessDisabled(organization.id, service)]


def reply(request: Request, events: Events, state: State) -> EmptyReply:
    return EmptyReply()
