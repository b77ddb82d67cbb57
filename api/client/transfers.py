"""Responsibility transfers: one organization pays the bills of another."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from ...engine.shapes.handshakes import HandshakeReply
from ...engine.shapes.transfers import ResponsibilityTransferReply
from ...projections.reads.transfers import ResponsibilityTransfersReply
from .calls import Calls, Members


class TransfersCalls(Calls):
    """Responsibility transfers: one organization pays the bills of another."""

    async def describe_responsibility_transfer(self, *, id: str) -> ResponsibilityTransferReply:
        """Return a transfer of the caller's organization, on either side."""
        return await self._call(ResponsibilityTransferReply, "DescribeResponsibilityTransfer", Id=id)

    async def invite_organization_to_transfer_responsibility(
        self,
        *,
        type: Literal["BILLING"],
        target: Members,
        start_timestamp: datetime,
        source_name: str,
        notes: str | None = None,
        tags: Sequence[Members] | None = None,
    ) -> HandshakeReply:
        """Offer another organization to pay its bills from the first of a month on."""
        return await self._call(
            HandshakeReply,
            "InviteOrganizationToTransferResponsibility",
            Type=type,
            Target=target,
            StartTimestamp=start_timestamp,
            SourceName=source_name,
            Notes=notes,
            Tags=tags,
        )

    async def list_inbound_responsibility_transfers(
        self,
        *,
        type: Literal["BILLING"],
        id: str | None = None,
        next_token: str | None = None,
        max_results: int | None = None,
    ) -> ResponsibilityTransfersReply:
        """List the transfers by which the caller's organization pays for others."""
        return await self._call(
            ResponsibilityTransfersReply,
            "ListInboundResponsibilityTransfers",
            Type=type,
            Id=id,
            NextToken=next_token,
            MaxResults=max_results,
        )

    async def list_outbound_responsibility_transfers(
        self, *, type: Literal["BILLING"], next_token: str | None = None, max_results: int | None = None
    ) -> ResponsibilityTransfersReply:
        """List the transfers by which others pay for the caller's organization."""
        return await self._call(
            ResponsibilityTransfersReply,
            "ListOutboundResponsibilityTransfers",
            Type=type,
            NextToken=next_token,
            MaxResults=max_results,
        )

    async def terminate_responsibility_transfer(
        self, *, id: str, end_timestamp: datetime | None = None
    ) -> ResponsibilityTransferReply:
        """End a transfer at the end of the current month or the next."""
        return await self._call(
            ResponsibilityTransferReply, "TerminateResponsibilityTransfer", Id=id, EndTimestamp=end_timestamp
        )

    async def update_responsibility_transfer(self, *, id: str, name: str) -> ResponsibilityTransferReply:
        """Rename a transfer that the caller offered."""
        return await self._call(ResponsibilityTransferReply, "UpdateResponsibilityTransfer", Id=id, Name=name)
