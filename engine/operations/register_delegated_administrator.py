"""RegisterDelegatedAdministrator: the management account lets a member administer a service for the organization.

Caller: the management account.
Refused, in this order:
    - AWSOrganizationsNotInUse: the caller is in no organization.
    - AccessDenied: the caller is a member account.
    - InvalidInput (UNRECOGNIZED_SERVICE_PRINCIPAL): there is no such service, or it has no delegated administrators.
    - AccountNotFound: there is no such account in the organization.
    - ConstraintViolation (CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR): it is the management account.
    - ConstraintViolation (SERVICE_ACCESS_NOT_ENABLED): the service has no access to the organization.
    - ConstraintViolation (CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR): the account is suspended,
      closed or about to be.
    - AccountAlreadyRegistered: the account is a delegated administrator of the service.
    - ConstraintViolation (MAX_DELEGATED_ADMINISTRATORS_FOR_SERVICE_LIMIT_EXCEEDED): it has as many as it allows.
Happens: DelegatedAdministratorRegistered. The member may call the reading operations that authorization/callers.py
    lists, with any service.
Goes on in: deregister_delegated_administrator.py. Until then the member cannot leave.
Sources: docs/aws.md 3.6; the order of the refusals is inferred. How many administrators a service allows is said in
    the guide of each service; AT_MOST has the certain ones, any other allows any number [inferred].
"""

from msgspec import Struct

from ..errors import AccountAlreadyRegisteredException, AccountNotFoundException, ConstraintViolationException
from ..events import DelegatedAdministratorRegistered
from ..explaining import absent, full, some, suffers, when
from ..ids import AccountId
from ..operation import Events, Stamp
from ..rules import caller, membership, services
from ..shapes.base import EmptyReply
from ..state import Organization, State
from ..words import Condition

AT_MOST = {
    "auditmanager.amazonaws.com": 1,
    "cloudtrail.amazonaws.com": 3,
    "config-multiaccountsetup.amazonaws.com": 3,
    "detective.amazonaws.com": 1,
    "guardduty.amazonaws.com": 1,
    "inspector2.amazonaws.com": 1,
    "license-manager.amazonaws.com": 1,
    "macie.amazonaws.com": 1,
    "member.org.stacksets.cloudformation.amazonaws.com": 5,
    "mgn.amazonaws.com": 5,
    "notifications.amazonaws.com": 5,
    "securityhub.amazonaws.com": 1,
    "securitylake.amazonaws.com": 1,
    "selfservicereporting.managedservices.amazonaws.com": 1,
    "servicecatalog.amazonaws.com": 50,
    "sso.amazonaws.com": 1,
    "storage-lens.s3.amazonaws.com": 5,
}


class Request(Struct, frozen=True, rename="pascal"):
    account_id: AccountId
    service_principal: services.ServicePrincipal


def decide(request: Request, state: State, stamp: Stamp) -> Events:
    organization = caller.authorize("RegisterDelegatedAdministrator", state, stamp)
    account, service = request.account_id, request.service_principal
    services.require_delegable(service)
    if account not in organization.members:
        raise AccountNotFoundException(explanation=absent(account, organization))
    if account == organization.management_account:
        raise ConstraintViolationException(
            "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR",
            explanation=f"{account} is the management account of {organization.id}; another member must be named",
        )
    access = organization.access
    if service not in access.services:
        raise ConstraintViolationException(
            "SERVICE_ACCESS_NOT_ENABLED", explanation=f"{service} {services.lacks_access(organization)}"
        )
    _require_active(account, organization, state)
    registered = access.administrators.get(account, {})
    if service in registered:
        since = when(registered[service])
        raise AccountAlreadyRegisteredException(explanation=f"{account} administers {service} since {since}")
    _require_room(service, organization)
    return [DelegatedAdministratorRegistered(organization.id, account, service)]


def _require_active(account: str, organization: Organization, state: State) -> None:
    closures = organization.closures
    if account in closures.pending or account in closures.closed:
        why = membership.why_closing(account, organization)
    elif Condition.SUSPENDED in state.conditions_of(account):
        why = suffers(account, Condition.SUSPENDED)
    else:
        return
    raise ConstraintViolationException("CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR", explanation=why)


def _require_room(service: str, organization: Organization) -> None:
    at_most = AT_MOST.get(service)
    if at_most is None:
        return
    there = [account for account, served in organization.access.administrators.items() if service in served]
    if len(there) >= at_most:
        raise ConstraintViolationException(
            "MAX_DELEGATED_ADMINISTRATORS_FOR_SERVICE_LIMIT_EXCEEDED",
            explanation=full(f"{service} is administered by {some(there)}", at_most, "one must be deregistered first"),
        )


def reply(request: Request, events: Events, state: State) -> EmptyReply:
    return EmptyReply()
