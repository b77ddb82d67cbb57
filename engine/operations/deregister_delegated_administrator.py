"""DeregisterDelegatedAdministrator: the management account ends a member's administration of a service.

Caller: the management account.
Refused, in this order:
    - AWSOrganizationsNotInUse: the caller is in no organization.
    - AccessDenied: the caller is a member account.
    - InvalidInput (UNRECOGNIZED_SERVICE_PRINCIPAL): there is no such service, or it has no delegated administrators.
    - AccountNotFound: there is no such account in the organization.
    - AccountNotRegistered: the account is no delegated administrator of the service.
Happens: DelegatedAdministratorDeregistered. With its last service the member can no longer read the organization.
Goes on in: nowhere.
Sources: docs/aws.md 3.6; the order of the refusals is inferred.
"""

from msgspec import Struct

from ..errors import AccountNotFoundException, AccountNotRegisteredException
from ..events import DelegatedAdministratorDeregistered
from ..explaining import absent
from ..ids import AccountId
from ..operation import Events, Stamp
from ..rules import caller, services
from ..shapes.base import EmptyReply
from ..state import State


class Request(Struct, frozen=True, rename="pascal"):
    account_id: AccountId
    service_principal: services.ServicePrincipal


def decide(request: Request, state: State, stamp: Stamp) -> Events:
    organization = caller.authorize("DeregisterDelegatedAdministrator", state, stamp)
    account, service = request.account_id, request.service_principal
    services.require_delegable(service)
    if account not in organization.members:
        raise AccountNotFoundException(explanation=absent(account, organization))
    if service not in organization.access.administrators.get(account, ()):
        raise AccountNotRegisteredException(explanation=services.why_not_registered(account, service, organization))
    return [DelegatedAdministratorDeregistered(organization.id, account, service)]


def reply(request: Request, events: Events, state: State) -> EmptyReply:
    return EmptyReply()
