"""The services of one world: AWS Organizations, STS and the control plane; which of them a request is for."""

from typing import Protocol

from structlog.typing import FilteringBoundLogger

from ...engine.errors import Refused
from .control import Control
from .faults import Fault
from .identity import Authentication
from .message import Headers, Request, Response, Stream
from .organizations import Organizations
from .routes import Routes
from .served_world import ServedWorld
from .sts import Sts

CONTROL_PATH = "/_orgsim/"


class Service(Protocol):
    """Answers the requests of one protocol: AWS Organizations, STS, or the control plane."""

    async def answer(self, request: Request) -> Response | Stream:
        """Answer a request, or raise ``Fault`` or ``Refused``."""
        ...

    def require_meant(self, request: Request) -> None:
        """Check that a request asks for something that there is, from somebody who may ask: raise ``Fault`` if not."""
        ...

    def refusal(self, error: Fault | Refused) -> Response:
        """Make the response for a refusal in the service's format."""
        ...


class Services:
    """The services of a world.

    Args:
        world: the world.
        authentication: tells who is calling.
        log: for refused calls.
        control_token: the token that the control plane requires, if any.
        routes: of the control plane, besides those that every world has.
    """

    def __init__(
        self,
        world: ServedWorld,
        authentication: Authentication,
        log: FilteringBoundLogger,
        control_token: str | None,
        routes: Routes | None = None,
    ) -> None:
        self.world = world
        self._organizations = Organizations(world, authentication, log)
        self._sts = Sts(world, authentication)
        self._control = Control(world, authentication.name, control_token, routes)

    def find(self, path: str, headers: Headers) -> Service:
        """Find the service that a request is for.

        Args:
            path: within the world.
            headers: of the request.
        """
        if b"x-amz-target" in headers or path != "/":
            return self._control if path.startswith(CONTROL_PATH) else self._organizations
        return self._sts if self._sts.is_meant(headers) else self._organizations
