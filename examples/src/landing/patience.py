"""How long the tools try again: what botocore does by itself, and what it does not."""

import time
from collections.abc import Callable
from typing import Any

from botocore.config import Config

RETRIES = Config(retries={"mode": "standard", "total_max_attempts": 10})
"""AWS lets three accounts be created at once, and then one in ten seconds: more patience than botocore's default."""

WAITS = (1, 2, 4, 8, 16, 30, 60, 120)
"""Seconds between attempts of a write that AWS has no time for: four minutes in all."""


def busy(org: Any) -> tuple[type[Exception], ...]:
    """List the exceptions of a client of Organizations after which a write is to be tried again."""
    return org.exceptions.ConcurrentModificationException, org.exceptions.FinalizingOrganizationException


def patiently(org: Any, write: Callable[..., Any], **parameters: Any) -> Any:
    """Make a call that changes something, and try again while AWS is at work on the same organization.

    botocore tries again what was throttled, but neither ConcurrentModificationException nor
    FinalizingOrganizationException, the answer of an organization that has just been created.
    """
    for wait in WAITS:
        try:
            return write(**parameters)
        except busy(org):
            time.sleep(wait)
    return write(**parameters)
