"""Handshakes: invitations, the all-features migration, and what they are answered with."""

from collections.abc import Sequence

from ...engine.shapes.handshakes import HandshakeReply
from ...projections.reads.handshakes import HandshakesReply
from .calls import Calls, Members


class HandshakesCalls(Calls):
    """Handshakes: invitations, the all-features migration, and what they are answered with."""

    async def accept_handshake(self, *, handshake_id: str) -> HandshakeReply:
        """Accept an invitation, a migration or a transfer, or finalize the caller's own migration."""
        return await self._call(HandshakeReply, "AcceptHandshake", HandshakeId=handshake_id)

    async def cancel_handshake(self, *, handshake_id: str) -> HandshakeReply:
        """Cancel a handshake that the caller's organization sent."""
        return await self._call(HandshakeReply, "CancelHandshake", HandshakeId=handshake_id)

    async def decline_handshake(self, *, handshake_id: str) -> HandshakeReply:
        """Decline an invitation, the approval of a migration, or a transfer."""
        return await self._call(HandshakeReply, "DeclineHandshake", HandshakeId=handshake_id)

    async def describe_handshake(self, *, handshake_id: str) -> HandshakeReply:
        """Return a handshake to which the caller is a party."""
        return await self._call(HandshakeReply, "DescribeHandshake", HandshakeId=handshake_id)

    async def enable_all_features(self) -> HandshakeReply:
        """Start the migration from consolidated billing to all features; the reply is its parent handshake."""
        return await self._call(HandshakeReply, "EnableAllFeatures")

    async def invite_account_to_organization(
        self, *, target: Members, notes: str | None = None, tags: Sequence[Members] | None = None
    ) -> HandshakeReply:
        """Invite an account: ``target={"Type": "ACCOUNT" or "EMAIL", "Id": account id or address}``."""
        return await self._call(HandshakeReply, "InviteAccountToOrganization", Target=target, Notes=notes, Tags=tags)

    async def list_handshakes_for_account(
        self, *, filter: Members | None = None, next_token: str | None = None, max_results: int | None = None
    ) -> HandshakesReply:
        """List the handshakes that the caller received, newest first; ``filter={"ActionType": …}``."""
        return await self._call(
            HandshakesReply, "ListHandshakesForAccount", Filter=filter, NextToken=next_token, MaxResults=max_results
        )

    async def list_handshakes_for_organization(
        self, *, filter: Members | None = None, next_token: str | None = None, max_results: int | None = None
    ) -> HandshakesReply:
        """List the handshakes that the organization sent, newest first; filtered by ActionType or ParentHandshakeId."""
        return await self._call(
            HandshakesReply,
            "ListHandshakesForOrganization",
            Filter=filter,
            NextToken=next_token,
            MaxResults=max_results,
        )
