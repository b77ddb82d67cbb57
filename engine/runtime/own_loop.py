"""In which event loop a world can be called."""

import asyncio
from threading import get_ident

from ..log.cancellation import on_asyncio

ELSEWHERE = (
    "the simulation runs in another event loop; call it there, from a thread by anyio.from_thread.run(function, "
    "token=token), with token = anyio.lowlevel.current_token() taken in that loop, or begin a simulation in this one"
)


class OwnLoop:
    """The event loop in which this is made; another kind of loop than asyncio's is told by its thread."""

    def __init__(self) -> None:
        self._thread = get_ident()
        self._loop = asyncio.get_running_loop() if on_asyncio() else None

    def require(self) -> None:
        """See that the caller runs in this loop: in another one it would wait for ever.

        Raises:
            RuntimeError: it does not.
        """
        if get_ident() != self._thread or (self._loop and not self._is_running()):
            raise RuntimeError(ELSEWHERE)

    def _is_running(self) -> bool:
        try:
            return asyncio.get_running_loop() is self._loop
        except RuntimeError:
            return False
