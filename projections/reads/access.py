"""ListAWSServiceAccessForOrganization, ListDelegatedAdministrators, ListDelegatedServicesForAccount and
DescribeResourcePolicy (docs/aws.md 3.5 to 3.7).

Services are listed in alphabetical order, administrators in the order of joining; AWS promises no order. With
consolidated billing there are none of either, and the lists are empty.
"""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from ...engine.authorization.services import SERVICES
from ...engine.errors import AccountNotFoundException, AccountNotRegisteredException, ResourcePolicyNotFoundException
from ...engine.explaining import without_resource_policy
from ...engine.ids import AccountId
from ...engine.rules.services import ServicePrincipal, require_delegable, why_not_registered
from ...engine.shapes.access import ResourcePolicyReply, resource_policy_reply
from ...engine.shapes.base import Shape, moment
from ...engine.state import OrganizationFacts
from ...engine.words import JoinedMethod
from ..accounts import MemberRow
from ..authorization import reader, reader_about
from ..paging import MaxResults, NextToken, cut_page, read_token
from ..views import Views
from .accounts import account_shape

RANKS = {service: rank for rank, service in enumerate(sorted(SERVICES), 1)}
"""The alphabetical rank of every service there is. It serves as the position of pages, and so does not change while
services are enabled and disabled."""

LONGEST_PRINCIPAL = 128
"""Bytes of the longest service principal that AWS takes."""


class ServiceRow(Struct, frozen=True):
    """A service in a list."""

    service: str
    since: int
    position: int
    gone: bool = False


class EnabledServicePrincipal(Shape, frozen=True):
    service_principal: str
    date_enabled: datetime


class EnabledServicePrincipalsReply(Shape, frozen=True):
    enabled_service_principals: list[EnabledServicePrincipal]
    next_token: str | None = None


class DelegatedAdministrator(Shape, frozen=True):
    id: str
    arn: str
    email: str
    name: str
    status: str
    state: str
    joined_method: JoinedMethod
    joined_timestamp: datetime
    delegation_enabled_date: datetime


class DelegatedAdministratorsReply(Shape, frozen=True):
    delegated_administrators: list[DelegatedAdministrator]
    next_token: str | None = None


class DelegatedService(Shape, frozen=True):
    service_principal: str
    delegation_enabled_date: datetime


class DelegatedServicesReply(Shape, frozen=True):
    delegated_services: list[DelegatedService]
    next_token: str | None = None


class ListAWSServiceAccessForOrganization(Struct, frozen=True, rename="pascal"):
    next_token: NextToken | None = None
    max_results: MaxResults | None = None


def list_aws_service_access_for_organization(
    request: ListAWSServiceAccessForOrganization, views: Views, account: str
) -> EnabledServicePrincipalsReply:
    """List the services that the organization trusts, and since when, in alphabetical order.

    Refused, in this order:
        - AWSOrganizationsNotInUse: the caller is in no organization.
        - AccessDenied: the caller is a member that is no delegated administrator and has no grant, or the resource
          policy denies it.
        - InvalidInput (INVALID_NEXT_TOKEN): the token comes from no page of the same question.
    Views: access.
    """
    organization = reader(views, "ListAWSServiceAccessForOrganization", account)
    scope = f"ListAWSServiceAccessForOrganization {organization.id} {account}"
    rows = _rows(organization.access.services, read_token(request.next_token, scope))
    page, token = cut_page(rows, request.max_results, scope)
    services = [EnabledServicePrincipal(row.service, moment(row.since)) for row in page]
    return EnabledServicePrincipalsReply(services, token)


class ListDelegatedAdministrators(Struct, frozen=True, rename="pascal"):
    service_principal: ServicePrincipal | None = None
    next_token: NextToken | None = None
    max_results: MaxResults | None = None


def list_delegated_administrators(
    request: ListDelegatedAdministrators, views: Views, account: str
) -> DelegatedAdministratorsReply:
    """List the delegated administrators of a service, which has to support delegation [inferred], or of any.

    The date is that of an administrator's first service, also if another one is asked for.

    Refused, in this order:
        - AWSOrganizationsNotInUse: the caller is in no organization.
        - AccessDenied: the caller is a member that is no delegated administrator and has no grant, or the resource
          policy denies it.
        - InvalidInput (UNRECOGNIZED_SERVICE_PRINCIPAL): there is no such service, or it has no delegated
          administrators.
        - InvalidInput (INVALID_NEXT_TOKEN): the token comes from no page of the same question.
    Views: access, accounts.
    """
    organization = reader(views, "ListDelegatedAdministrators", account)
    service = request.service_principal
    if service is not None:
        require_delegable(service)
    scope = f"ListDelegatedAdministrators {organization.id} {account} {service}"
    after = read_token(request.next_token, scope) or 0
    members = views.accounts.members
    registered = organization.access.administrators.items()
    # Goes through all for every page, since a service allows only few.
    rows = (members[administrator] for administrator, services in registered if service is None or service in services)
    ordered = sorted((row for row in rows if row.position > after), key=lambda row: row.position)
    page, token = cut_page(ordered, request.max_results, scope)
    return DelegatedAdministratorsReply([_administrator_shape(row, organization, views) for row in page], token)


class ListDelegatedServicesForAccount(Struct, frozen=True, rename="pascal"):
    account_id: AccountId
    next_token: NextToken | None = None
    max_results: MaxResults | None = None


def list_delegated_services_for_account(
    request: ListDelegatedServicesForAccount, views: Views, account: str
) -> DelegatedServicesReply:
    """List the services that a delegated administrator administers, and since when, in alphabetical order.

    Refused, in this order:
        - AWSOrganizationsNotInUse: the caller is in no organization.
        - AccessDenied: the caller is a member that is no delegated administrator and has no grant, or the resource
          policy denies it; for one with a grant only, also where there is no such account.
        - AccountNotFound: there is no such account in the organization.
        - AccountNotRegistered: the account is no delegated administrator.
        - InvalidInput (INVALID_NEXT_TOKEN): the token comes from no page of the same question.
    Views: access, accounts.
    """
    wanted = request.account_id
    organization = reader_about(views, "ListDelegatedServicesForAccount", account, wanted, AccountNotFoundException)
    services = organization.access.administrators.get(wanted)
    if services is None:
        raise AccountNotRegisteredException(explanation=why_not_registered(wanted, None, organization))
    scope = f"ListDelegatedServicesForAccount {organization.id} {account} {wanted}"
    page, token = cut_page(_rows(services, read_token(request.next_token, scope)), request.max_results, scope)
    return DelegatedServicesReply([DelegatedService(row.service, moment(row.since)) for row in page], token)


class DescribeResourcePolicy(Struct, frozen=True, rename="pascal"):
    """No members."""


def describe_resource_policy(request: DescribeResourcePolicy, views: Views, account: str) -> ResourcePolicyReply:
    """Return the resource policy as it was put.

    Refused, in this order:
        - AWSOrganizationsNotInUse: the caller is in no organization.
        - AccessDenied: the caller is a member that is no delegated administrator and has no grant, or the resource
          policy denies it.
        - ResourcePolicyNotFound: the organization has none.
    Views: access.
    """
    organization = reader(views, "DescribeResourcePolicy", account)
    if organization.access.resource_policy is None:
        raise ResourcePolicyNotFoundException(explanation=without_resource_policy(organization))
    return resource_policy_reply(organization)


def _rows(services: Mapping[str, int], after: int | None) -> list[ServiceRow]:
    rows = [ServiceRow(service, since, _rank(service)) for service, since in services.items()]
    return sorted((row for row in rows if row.position > (after or 0)), key=lambda row: row.position)


def _rank(service: str) -> int:
    """The position of a service in lists; one that is not in the table comes behind all others."""
    known = RANKS.get(service)
    return known or len(RANKS) + 1 + int.from_bytes(service.encode().ljust(LONGEST_PRINCIPAL, b"\0"))


def _administrator_shape(row: MemberRow, organization: OrganizationFacts, views: Views) -> DelegatedAdministrator:
    account = account_shape(row, organization, views)
    since = min(organization.access.administrators[row.account].values())
    return DelegatedAdministrator(
        id=account.id,
        arn=account.arn,
        email=account.email,
        name=account.name,
        status=account.status,
        state=account.state,
        joined_method=account.joined_method,
        joined_timestamp=account.joined_timestamp,
        delegation_enabled_date=moment(since),
    )
