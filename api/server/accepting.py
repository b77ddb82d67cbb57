"""Accept connections within the process's limit of file descriptors, of which each connection takes one.

asyncio's own server accepts as long as any client waits, and logs each failure with a traceback. This one accepts a few
in each turn of the loop, so that connected clients are served meanwhile; it closes excess connections at once; and when
no descriptors are left it logs one line and waits a moment.
"""

import asyncio
import resource
import socket
import sys
from collections.abc import Callable, Sized

from msgspec.structs import replace
from structlog.typing import FilteringBoundLogger

from .message import Limits

ACCEPTS_PER_TURN = 16
"""Connections that are accepted in one turn of the event loop."""
SPARE = 16
"""Connections beyond the limit that may be open for the moment in which they are answered with 503."""
RESERVE = 48
"""Descriptors for everything but connections: the log with its snapshot, the loop, the standard streams."""
WANTED_DESCRIPTORS = 4_096
"""Descriptors that the server asks for: more than its usual limit of connections needs."""
RETRY_SECONDS = 0.1
"""How long to wait before accepting again after running out of descriptors."""
LOG_INTERVAL_SECONDS = 60
"""At least this long between two log lines about it."""


def raise_descriptor_limit() -> int:
    """Raise this process's limit of open files as far as allowed and useful; returns the limit."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    soft, hard = (sys.maxsize if limit == resource.RLIM_INFINITY else limit for limit in limits)
    wanted = min(max(soft, WANTED_DESCRIPTORS), hard)
    if wanted > soft:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, limits[1]))
    return wanted


def within_descriptors(limits: Limits, descriptors: int) -> Limits:
    """Reduce the limit of connections to what the descriptors allow."""
    return replace(limits, connections=max(1, min(limits.connections, descriptors - RESERVE - SPARE)))


class Acceptor:
    """Accepts connections from a listening socket.

    Args:
        listener: the socket, in non-blocking mode.
        make_protocol: makes the protocol of a connection.
        connections: the open ones.
        limit: how many may be open; ``SPARE`` more are kept for a moment.
        log: for errors, such as that no descriptors are left.
    """

    def __init__(
        self,
        listener: socket.socket,
        make_protocol: Callable[[], asyncio.Protocol],
        connections: Sized,
        limit: int,
        log: FilteringBoundLogger,
    ) -> None:
        self._listener = listener
        self._make_protocol = make_protocol
        self._connections = connections
        self._capacity = limit + SPARE
        self._log = log
        self._loop = asyncio.get_running_loop()
        self._connecting: set[asyncio.Task[object]] = set()
        self._retry: asyncio.TimerHandle | None = None
        self._next_log_line = self._loop.time()

    def start(self) -> None:
        """Start accepting, also again after a pause."""
        self._retry = None
        self._loop.add_reader(self._listener, self._accept)

    def stop(self) -> None:
        """Stop accepting."""
        self._loop.remove_reader(self._listener)
        if self._retry is not None:
            self._retry.cancel()

    def _accept(self) -> None:
        for _ in range(ACCEPTS_PER_TURN):
            try:
                connection, _ = self._listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                # Nearly always EMFILE. No other error goes away by trying again at once either.
                self._pause(error)
                return
            self._connect(connection)

    def _connect(self, connection: socket.socket) -> None:
        if len(self._connections) + len(self._connecting) >= self._capacity:
            connection.close()
            return
        connection.setblocking(False)
        task = self._loop.create_task(self._loop.connect_accepted_socket(self._make_protocol, connection))
        self._connecting.add(task)
        task.add_done_callback(self._connected)

    def _connected(self, task: asyncio.Task[object]) -> None:
        self._connecting.discard(task)
        error = None if task.cancelled() else task.exception()
        # An OSError only means that the client has closed the connection already.
        if error is not None and not isinstance(error, OSError):
            self._log.error("a mistake in orgsim", reason=repr(error))

    def _pause(self, error: OSError) -> None:
        self._loop.remove_reader(self._listener)
        self._retry = self._loop.call_later(RETRY_SECONDS, self.start)
        if self._loop.time() >= self._next_log_line:
            self._next_log_line = self._loop.time() + LOG_INTERVAL_SECONDS
            self._log.error("cannot take in clients for the moment", reason=error.strerror)
