"""Run uvicorn on a socket that we opened, without its signal handlers and its log."""

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import anyio
import uvicorn
from structlog.typing import FilteringBoundLogger

from .accepting import Acceptor
from .diagnostics import server_log
from .message import Asgi, Limits
from .protocol import LimitedProtocol

BACKLOG = 1_024


class CannotListen(Exception):
    """The server cannot listen on an address. The message names it, and says why."""


def bind(host: str, port: int) -> socket.socket:
    """Open a listening socket.

    Raises:
        CannotListen: the port is in use, or the host is not one of this machine's.
    """
    listener: socket.socket | None = None
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
        listener.setblocking(False)
    except (OSError, UnicodeError) as error:
        if listener:
            listener.close()
        why = error.strerror if isinstance(error, OSError) else "no name of a host"
        advice = "; --port 0 picks a free one" if port else ""
        raise CannotListen(f"cannot listen on {host} port {port}: {why}{advice}") from None
    return listener


def url_of(listener: socket.socket) -> str:
    """Return the URL of the server as seen from this machine: a loopback one if it listens on all interfaces."""
    host, port = listener.getsockname()[:2]
    if listener.family == socket.AF_INET6:
        return f"http://[{'::1' if host == '::' else host}]:{port}"
    return f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}"


@asynccontextmanager
async def listening(
    app: Asgi, listener: socket.socket, limits: Limits, log: FilteringBoundLogger | None = None
) -> AsyncGenerator[None, None]:
    """Serve the application while the block runs; at its end, requests under way get some time to finish.

    Args:
        app: the application.
        listener: a listening socket; it is closed in the end.
        limits: what clients may ask for.
        log: for failures to accept connections; by default on stderr.
    """
    server = _make_server(app, limits)
    acceptor = Acceptor(
        listener,
        lambda: _make_protocol(server, limits),
        server.server_state.connections,
        limits.connections,
        log or server_log(),
    )
    serving = asyncio.create_task(server.main_loop())
    acceptor.start()
    try:
        yield
    finally:
        acceptor.stop()
        server.should_exit = True
        with anyio.CancelScope(shield=True):
            await serving
            await server.shutdown(sockets=[listener])


def _make_server(app: Asgi, limits: Limits) -> uvicorn.Server:
    """Make uvicorn's server by hand, because ``Server.serve`` would install signal handlers and log."""
    config = uvicorn.Config(
        app,
        http=LimitedProtocol,
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=limits.idle_seconds,
        timeout_graceful_shutdown=round(limits.stopping_seconds),
    )
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    # Its asyncio servers, which `shutdown` closes: none, because `Acceptor` accepts the connections.
    server.servers = []
    return server


def _make_protocol(server: uvicorn.Server, limits: Limits) -> LimitedProtocol:
    return LimitedProtocol(
        limits, config=server.config, server_state=server.server_state, app_state=server.lifespan.state
    )
