"""EnableAWSServiceAccess: the management account gives an AWS service trusted access to the organization.

Caller: the management account.
Refused, in this order:
    - AWSOrganizationsNotInUse: the caller is in no organization.
    - AccessDenied: the caller is a member account.
    - InvalidInput (UNRECOGNIZED_SERVICE_PRINCIPAL): there is no such service.
    - ConstraintViolation (ORGANIZATION_NOT_IN_ALL_FEATURES_MODE): the organization has consolidated billing only.
Happens: ServiceAccessEnabled; nothing if it is enabled already, and the date stays that of the first time.
Goes on in: register_delegated_administrator.py, disable_aws_service_access.py.
Sources: docs/aws.md 3.5; the order of the refusals is inferred.
"""

from msgspec import Struct

from ..errors import ConstraintViolationException
from ..events import ServiceAccessEnabled
from ..operation import Events, Stamp
from ..rules import caller, services
from ..rules.policies import why_billing_only
from ..shapes.base import EmptyReply
from ..state import State
from ..words import FeatureSet


class Request(Struct, frozen=True, rename="pascal"):
    service_principal: services.ServicePrincipal


def decide(request: Request, state: State, stamp: Stamp) -> Events:
    organization = caller.authorize("EnableAWSServiceAccess", state, stamp)
    services.require_known(request.service_principal)
    if organization.feature_set is not FeatureSet.ALL:
        raise ConstraintViolationException(
            "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE", explanation=why_billing_only(organization)
        )
    if request.service_principal in organization.access.services:
        return []
    return [ServiceAccessEnabled(organization.id, request.service_principal)]


def reply(request: Request, events: Events, state: State) -> EmptyReply:
    return EmptyReply()
