"""DescribeCreateAccountStatus and ListCreateAccountStatus (docs/aws.md 4.1). The list is newest first."""

from msgspec import Struct

from ...engine.errors import CreateAccountStatusNotFoundException
from ...engine.ids import CreateAccountRequestId
from ...engine.shapes.accounts import CreateAccountStatus, CreateAccountStatusReply
from ...engine.shapes.base import Shape, moment
from ..account_creation import CreationRow, CreationState
from ..authorization import reader
from ..paging import MaxResults, NextToken, cut_page, read_token
from ..views import Views


def creation_shape(row: CreationRow) -> CreateAccountStatus:
    """Convert a row to AWS's form."""
    return CreateAccountStatus(
        id=row.requested.request,
        account_name=row.requested.name,
        state=row.state,
        requested_timestamp=moment(row.requested_at),
        completed_timestamp=None if row.completed_at is None else moment(row.completed_at),
        account_id=row.account,
        gov_cloud_account_id=row.govcloud_account,
        failure_reason=row.failure,
    )


class DescribeCreateAccountStatus(Struct, frozen=True, rename="pascal"):
    create_account_request_id: CreateAccountRequestId


def describe_create_account_status(
    request: DescribeCreateAccountStatus, views: Views, account: str
) -> CreateAccountStatusReply:
    """Return the state of one of the organization's account creations.

    Refused, in this order:
        - AWSOrganizationsNotInUse: the caller is in no organization.
        - AccessDenied: the caller is a member that is no delegated administrator and has no grant, or the resource
          policy denies it.
        - CreateAccountStatusNotFound: the organization made no such request.
    Views: account creations.
    """
    organization = reader(views, "DescribeCreateAccountStatus", account)
    row = views.account_creations.rows.get(request.create_account_request_id)
    if row is None or row.requested.organization != organization.id:
        raise CreateAccountStatusNotFoundException(
            explanation=f"{organization.id} has asked for no creation {request.create_account_request_id}; "
            "ListCreateAccountStatus lists those there are"
        )
    return CreateAccountStatusReply(creation_shape(row))


class ListCreateAccountStatus(Struct, frozen=True, rename="pascal"):
    states: tuple[CreationState, ...] = ()
    max_results: MaxResults | None = None
    next_token: NextToken | None = None


class CreateAccountStatusesReply(Shape, frozen=True):
    create_account_statuses: list[CreateAccountStatus]
    next_token: str | None = None


def list_create_account_status(
    request: ListCreateAccountStatus, views: Views, account: str
) -> CreateAccountStatusesReply:
    """List the organization's account creations, newest first: those in the wanted states, or all if none is named.

    Refused, in this order:
        - AWSOrganizationsNotInUse: the caller is in no organization.
        - AccessDenied: the caller is a member that is no delegated administrator and has no grant, or the resource
          policy denies it.
        - InvalidInput (INVALID_NEXT_TOKEN): the token comes from no page of the same question.
    Views: account creations.
    """
    organization = reader(views, "ListCreateAccountStatus", account)
    scope = f"ListCreateAccountStatus {organization.id} {account} {sorted(set(request.states))}"
    before = read_token(request.next_token, scope)
    rows = views.account_creations.in_states(organization.id, request.states, before)
    page, token = cut_page(rows, request.max_results, scope)
    return CreateAccountStatusesReply([creation_shape(row) for row in page], token)
