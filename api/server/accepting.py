"""Taking in clients, of which only so many fit: each costs a descriptor, and a process has a limited number of them.

asyncio's own server accepts as long as anybody waits, and tells each failure with a traceback. This one accepts a few
in each turn of the loop, so that connected clients are served meanwhile; it closes at once what does not fit; and when
no descriptors are left it says so in one line and waits a moment.
"""

import asyncio
import resource
import socket
import sys
from collections.abc import Callable, Sized

from msgspec.structs import replace
from structlog.typing import FilteringBoundLogger

from .message import Limits

AT_ONCE = 16
"""So many are accepted in one turn of the loop."""
SPARE = 16
"""So many connections beyond the limit are kept for the moment that it takes to tell them so."""
RESERVE = 48
"""Descriptors for everything but connections: the log with its snapshot, the loop, the standard streams."""
WISHED = 4_096
"""Descriptors that the server asks for: more than its usual limit of connections needs."""
RESTING_SECONDS = 0.1
"""Until it is tried again whether there are descriptors."""
QUIET_SECONDS = 60
"""Between two lines in the log that there are none."""


def raise_descriptor_limit() -> int:
    """Let this process have more descriptors, as far as it may and can use them; returns how many it may have."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    soft, hard = (sys.maxsize if limit == resource.RLIM_INFINITY else limit for limit in limits)
    wanted = min(max(soft, WISHED), hard)
    if wanted > soft:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, limits[1]))
    return wanted


def within_descriptors(limits: Limits, descriptors: int) -> Limits:
    """The limits with no more connections than there are descriptors for."""
    return replace(limits, connections=max(1, min(limits.connections, descriptors - RESERVE - SPARE)))


class Acceptor:
    """Accepts connections from a socket that listens.

    Args:
        listener: the socket; it does not block.
        make_protocol: makes the protocol of a connection.
        connections: those that are there.
        limit: how many there may be; some more are kept for a moment.
        log: where it is told that no descriptors are left.
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
        self._most = limit + SPARE
        self._log = log
        self._loop = asyncio.get_running_loop()
        self._arriving: set[asyncio.Task[object]] = set()
        self._rest: asyncio.TimerHandle | None = None
        self._quiet_until = self._loop.time()

    def start(self) -> None:
        """Begin, or go on after a rest."""
        self._rest = None
        self._loop.add_reader(self._listener, self._accept)

    def stop(self) -> None:
        """Accept nobody any more."""
        self._loop.remove_reader(self._listener)
        if self._rest is not None:
            self._rest.cancel()

    def _accept(self) -> None:
        for _ in range(AT_ONCE):
            try:
                connection, _ = self._listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                # Nearly always that no descriptors are left; nothing else is better tried again at once.
                self._rest_a_moment(error)
                return
            self._take(connection)

    def _take(self, connection: socket.socket) -> None:
        if len(self._connections) + len(self._arriving) >= self._most:
            connection.close()
            return
        connection.setblocking(False)
        arriving = self._loop.create_task(self._loop.connect_accepted_socket(self._make_protocol, connection))
        self._arriving.add(arriving)
        arriving.add_done_callback(self._arrived)

    def _arrived(self, arriving: asyncio.Task[object]) -> None:
        self._arriving.discard(arriving)
        error = None if arriving.cancelled() else arriving.exception()
        # That a client has gone again is told to nobody.
        if error is not None and not isinstance(error, OSError):
            self._log.error("a mistake in orgsim", reason=repr(error))

    def _rest_a_moment(self, error: OSError) -> None:
        self._loop.remove_reader(self._listener)
        self._rest = self._loop.call_later(RESTING_SECONDS, self.start)
        if self._loop.time() >= self._quiet_until:
            self._quiet_until = self._loop.time() + QUIET_SECONDS
            self._log.error("cannot take in clients for the moment", reason=error.strerror)
