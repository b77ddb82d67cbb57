"""Responsibility transfers: one organization pays the bills of another."""

from .calls import Calls


class TransfersCalls(Calls):
    """Responsibility transfers: one organization pays the bills of another."""
