"""Guard against calls from another event loop or thread than the one in which a simulation runs."""

import asyncio
from threading import get_ident

from ..log.cancellation import on_asyncio

ELSEWHERE = (
    "the simulation runs in another event loop; call it there, from a thread by anyio.from_thread.run(function, "
    "token=token), with token = anyio.lowlevel.current_token() taken in that loop, or begin a simulation in this one"
)


class OwnLoop:
    """The event loop in which this object is made.

    An engine and its waiters share ``anyio.Event`` objects, and setting one wakes only tasks of the loop in which it is
    used: a call from another loop would wait for ever, without any error. Hence the check at every entry.
    """

    def __init__(self) -> None:
        # On asyncio the loop itself is compared too: a thread may run several, one after the other (asyncio.run twice),
        # and test runners do. For any other kind of loop the thread has to do.
        self._thread = get_ident()
        self._loop = asyncio.get_running_loop() if on_asyncio() else None

    def require(self) -> None:
        """Check that the caller runs in this loop.

        Raises:
            RuntimeError: the caller runs in another event loop or thread, or in none.
        """
        if get_ident() != self._thread or (self._loop and not self._is_running()):
            raise RuntimeError(ELSEWHERE)

    def _is_running(self) -> bool:
        try:
            return asyncio.get_running_loop() is self._loop
        except RuntimeError:
            return False
