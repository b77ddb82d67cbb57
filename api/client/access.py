"""Trusted services, delegated administrators, the resource policy, and tags."""

from .calls import Calls


class AccessCalls(Calls):
    """Trusted services, delegated administrators, the resource policy, and tags."""
