"""An account's client: one method per AWS operation, with boto3's parameters in snake case and typed replies.

Parameters are checked as AWS checks them; a refusal is raised as the exception of ``orgsim.engine.errors`` that is
named after AWS's. Each operation's refusals stand in ``docs/operations.md``.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, Protocol, TypeVar, cast

import msgspec
from msgspec import Struct

from ..engine.operation import Caller, read_request
from ..engine.operations import OPERATIONS
from ..engine.runtime.engine import Engine
from ..engine.shapes.accounts import CreateAccountStatusReply
from ..engine.shapes.base import EmptyReply
from ..engine.shapes.handshakes import HandshakeReply
from ..engine.shapes.organizations import OrganizationReply
from ..projections.reads import READS
from ..projections.reads.account_creation import CreateAccountStatusesReply
from ..projections.reads.accounts import AccountReply, AccountsReply
from ..projections.reads.handshakes import HandshakesReply
from ..projections.reads.organization import RootsReply
from ..projections.views import Views

Members = Mapping[str, Any]
"""A structure under AWS's names, as for boto3: ``{"Id": "222222222222", "Type": "ACCOUNT"}``."""

Reply = TypeVar("Reply", bound=Struct)


class Page(Protocol):
    """A reply that may have a next page."""

    @property
    def next_token(self) -> str | None:
        """What to ask the next page with; None on the last."""
        ...


PageType = TypeVar("PageType", bound=Page)


def as_dict(reply: Struct) -> dict[str, Any]:
    """A reply as boto3's dictionary: AWS's names, timestamps as ``datetime``, absent members left out."""
    return msgspec.to_builtins(reply, builtin_types=(datetime,))


class Client:
    """AWS Organizations as one account sees it; made by ``Simulation.client``."""

    def __init__(self, engine: Engine, views: Views, caller: Caller) -> None:
        self._engine = engine
        self._views = views
        self._caller = caller

    async def call(self, operation: str, members: Members) -> Struct:
        """Call an operation by AWS's name, with members under AWS's names.

        Raises:
            Refused: as AWS refuses, by exceptions of ``orgsim.engine.errors``.
            LookupError: orgsim does not answer this operation.
            EngineStopped: the simulation was closed, or its log could not be written.
        """
        reply, _ = await self.call_at(operation, members)
        return reply

    async def call_at(self, operation: str, members: Members) -> tuple[Struct, int]:
        """As ``call``, with the position of the first event that the call appended beside the reply; 0 for none."""
        read = READS.get(operation)
        if read is None and operation not in OPERATIONS:
            known = ", ".join(sorted([*OPERATIONS, *READS]))
            raise LookupError(f"orgsim does not answer {operation!r}; it answers {known}")
        if read is None:
            request = read_request(OPERATIONS[operation].Request, members)
            return await self._engine.submit_at(request, self._caller)
        question = read_request(read.request, members)
        await self._engine.settle()
        account = self._caller.account
        assert account is not None, "a client has an account"
        return read.answer(question, self._views, account), 0

    async def _call(self, reply: type[Reply], operation: str, **members: Any) -> Reply:
        return cast("Reply", await self.call(operation, members))

    async def paginate(self, method: Callable[..., Awaitable[PageType]], **parameters: Any) -> AsyncIterator[PageType]:
        """All pages of a list: ``async for page in org.paginate(org.list_accounts, max_results=10)``.

        Whoever leaves the loop early on trio closes it: ``async with aclosing(org.paginate(...)) as pages``.
        """
        token: str | None = None
        while True:
            page = await method(**parameters, next_token=token)
            yield page
            token = page.next_token
            if token is None:
                return

    async def accept_handshake(self, *, handshake_id: str) -> HandshakeReply:
        """Agree to an invitation or a migration, or finalize one's own migration."""
        return await self._call(HandshakeReply, "AcceptHandshake", HandshakeId=handshake_id)

    async def cancel_handshake(self, *, handshake_id: str) -> HandshakeReply:
        """Withdraw a handshake that one's organization sent."""
        return await self._call(HandshakeReply, "CancelHandshake", HandshakeId=handshake_id)

    async def create_account(
        self,
        *,
        email: str,
        account_name: str,
        role_name: str | None = None,
        iam_user_access_to_billing: Literal["ALLOW", "DENY"] | None = None,
        tags: Sequence[Members] | None = None,
    ) -> CreateAccountStatusReply:
        """Start the creation of a member account; it goes on by itself."""
        return await self._call(
            CreateAccountStatusReply,
            "CreateAccount",
            Email=email,
            AccountName=account_name,
            RoleName=role_name,
            IamUserAccessToBilling=iam_user_access_to_billing,
            Tags=tags,
        )

    async def create_organization(
        self, *, feature_set: Literal["ALL", "CONSOLIDATED_BILLING"] | None = None
    ) -> OrganizationReply:
        """Found an organization (with all features, unless said otherwise) and become its management account."""
        return await self._call(OrganizationReply, "CreateOrganization", FeatureSet=feature_set)

    async def decline_handshake(self, *, handshake_id: str) -> HandshakeReply:
        """Refuse an invitation, or the approval of a migration."""
        return await self._call(HandshakeReply, "DeclineHandshake", HandshakeId=handshake_id)

    async def delete_organization(self) -> EmptyReply:
        """Dissolve an organization that has no member accounts left."""
        return await self._call(EmptyReply, "DeleteOrganization")

    async def describe_account(self, *, account_id: str) -> AccountReply:
        """A member account."""
        return await self._call(AccountReply, "DescribeAccount", AccountId=account_id)

    async def describe_create_account_status(self, *, create_account_request_id: str) -> CreateAccountStatusReply:
        """How far an account creation is."""
        return await self._call(
            CreateAccountStatusReply, "DescribeCreateAccountStatus", CreateAccountRequestId=create_account_request_id
        )

    async def describe_handshake(self, *, handshake_id: str) -> HandshakeReply:
        """A handshake to which the caller is a party."""
        return await self._call(HandshakeReply, "DescribeHandshake", HandshakeId=handshake_id)

    async def describe_organization(self) -> OrganizationReply:
        """The organization of the caller."""
        return await self._call(OrganizationReply, "DescribeOrganization")

    async def enable_all_features(self) -> HandshakeReply:
        """Start the migration from consolidated billing to all features; the reply is its parent handshake."""
        return await self._call(HandshakeReply, "EnableAllFeatures")

    async def invite_account_to_organization(
        self, *, target: Members, notes: str | None = None, tags: Sequence[Members] | None = None
    ) -> HandshakeReply:
        """Invite an account: ``target={"Type": "ACCOUNT" or "EMAIL", "Id": account id or address}``."""
        return await self._call(HandshakeReply, "InviteAccountToOrganization", Target=target, Notes=notes, Tags=tags)

    async def leave_organization(self) -> EmptyReply:
        """Become a standalone account."""
        return await self._call(EmptyReply, "LeaveOrganization")

    async def list_accounts(self, *, max_results: int | None = None, next_token: str | None = None) -> AccountsReply:
        """The members, in the order of joining."""
        return await self._call(AccountsReply, "ListAccounts", MaxResults=max_results, NextToken=next_token)

    async def list_create_account_status(
        self, *, states: Sequence[str] | None = None, max_results: int | None = None, next_token: str | None = None
    ) -> CreateAccountStatusesReply:
        """The account creations, newest first."""
        return await self._call(
            CreateAccountStatusesReply,
            "ListCreateAccountStatus",
            States=states,
            MaxResults=max_results,
            NextToken=next_token,
        )

    async def list_handshakes_for_account(
        self, *, filter: Members | None = None, max_results: int | None = None, next_token: str | None = None
    ) -> HandshakesReply:
        """The handshakes that the caller received, newest first; ``filter={"ActionType": …}``."""
        return await self._call(
            HandshakesReply, "ListHandshakesForAccount", Filter=filter, MaxResults=max_results, NextToken=next_token
        )

    async def list_handshakes_for_organization(
        self, *, filter: Members | None = None, max_results: int | None = None, next_token: str | None = None
    ) -> HandshakesReply:
        """The handshakes that the caller sent, newest first; ``filter={"ParentHandshakeId": …}``, or ActionType."""
        return await self._call(
            HandshakesReply,
            "ListHandshakesForOrganization",
            Filter=filter,
            MaxResults=max_results,
            NextToken=next_token,
        )

    async def list_roots(self, *, max_results: int | None = None, next_token: str | None = None) -> RootsReply:
        """The one root."""
        return await self._call(RootsReply, "ListRoots", MaxResults=max_results, NextToken=next_token)

    async def remove_account_from_organization(self, *, account_id: str) -> EmptyReply:
        """Make a member a standalone account."""
        return await self._call(EmptyReply, "RemoveAccountFromOrganization", AccountId=account_id)
