"""Checks of service principals in requests (docs/aws.md 3.5)."""

from difflib import get_close_matches
from typing import Annotated

from msgspec import Meta

from ..authorization.services import SERVICES
from ..errors import InvalidInputException
from ..explaining import some
from ..state import OrganizationFacts

ServicePrincipal = Annotated[str, Meta(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9_+=,.@-]*\Z")]


def require_known(service: str) -> None:
    """Require that a service can be given trusted access.

    Raises:
        InvalidInputException: ``UNRECOGNIZED_SERVICE_PRINCIPAL``.
    """
    if service not in SERVICES:
        raise InvalidInputException("UNRECOGNIZED_SERVICE_PRINCIPAL", explanation=_why_unknown(service))


def require_delegable(service: str) -> None:
    """Require that a service can have delegated administrators.

    Raises:
        InvalidInputException: ``UNRECOGNIZED_SERVICE_PRINCIPAL``, also for a known service that cannot have any.
    """
    if not SERVICES.get(service):
        cannot = f"{service} can have trusted access, but no delegated administrators"
        raise InvalidInputException(
            "UNRECOGNIZED_SERVICE_PRINCIPAL", explanation=cannot if service in SERVICES else _why_unknown(service)
        )


def _why_unknown(service: str) -> str:
    alike = get_close_matches(service, SERVICES, 1)
    hint = f"; the most similar one is {alike[0]}" if alike else ""
    return f"no service with the principal {service!r} is known to work with Organizations{hint}"


def lacks_access(organization: OrganizationFacts) -> str:
    """Say of a service that it has no trusted access to an organization; its name comes before."""
    return f"has no access to {organization.id}; EnableAWSServiceAccess gives it"


def why_not_registered(account: str, service: str | None, organization: OrganizationFacts) -> str:
    """Explain that an account is no delegated administrator of a service, or (None) of any."""
    others = organization.access.administrators.get(account, ())
    served = f"it administers {some(others)}" if others else "RegisterDelegatedAdministrator registers it"
    return f"{account} is no delegated administrator{f' for {service}' if service else ''}; {served}"
