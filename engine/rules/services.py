"""Checks of service principals in requests (docs/aws.md 3.5)."""

from typing import Annotated

from msgspec import Meta

from ..authorization.services import SERVICES
from ..errors import InvalidInputException

ServicePrincipal = Annotated[str, Meta(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9_+=,.@-]*\Z")]


def require_known(service: str) -> None:
    """Require that a service can be given trusted access.

    Raises:
        InvalidInputException: ``UNRECOGNIZED_SERVICE_PRINCIPAL``.
    """
    if service not in SERVICES:
        raise InvalidInputException("UNRECOGNIZED_SERVICE_PRINCIPAL")


def require_delegable(service: str) -> None:
    """Require that a service can have delegated administrators.

    Raises:
        InvalidInputException: ``UNRECOGNIZED_SERVICE_PRINCIPAL``, also for a known service that cannot have any.
    """
    if not SERVICES.get(service):
        raise InvalidInputException("UNRECOGNIZED_SERVICE_PRINCIPAL")
