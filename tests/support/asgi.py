"""Calls of the server's ASGI application in this process, without a socket."""

from typing import Any

from orgsim.api import Simulation
from orgsim.api.server.app import App
from orgsim.api.server.diagnostics import server_log
from orgsim.api.server.embed import make_authentication
from orgsim.api.server.message import Limits
from orgsim.api.server.served_world import ServedWorld
from support.loopback_server import MANAGEMENT, signed


def app_of(sim: Simulation) -> App:
    """The application that answers for a simulation."""
    return App(ServedWorld(sim, "kept"), make_authentication(None), Limits(), server_log())


async def asgi_call(
    app: App, operation: str, body: bytes = b"{}", *, key_id: str = MANAGEMENT, path: str = "/", explain: bool = False
) -> dict[str, Any]:
    """What an application sends for a call: ``status``, ``headers`` and ``body``.

    Args:
        app: the application.
        operation: AWS's name.
        body: of the request.
        key_id: who calls.
        path: of the request.
        explain: ask why it is refused, if it is.
    """
    sent: dict[str, Any] = {}

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.update(message)

    wanted = signed(operation, key_id) | ({"X-Orgsim-Explain": "1"} if explain else {})
    fields = [(name.lower().encode(), value.encode()) for name, value in wanted.items()]
    scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": fields}
    await app(scope, receive, send)
    return sent
