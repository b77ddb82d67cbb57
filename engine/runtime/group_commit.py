"""The engine for logs whose appends take time: a writer task appends whatever has gathered in one transaction."""

from collections.abc import Sequence
from contextlib import nullcontext

import anyio
import anyio.lowlevel

from ..events.envelope import Envelope
from ..log import EventLog
from .clock import Clock
from .engine import BUFFER_LIMIT, Engine, Listener
from .own_loop import OwnLoop


class GroupCommitEngine(Engine):
    """An engine whose writer task appends one batch while decisions for the next go on; made by ``running_engine``.

    It belongs to the event loop in which it is made. For the arguments see ``Engine``.
    """

    inline = False

    def __init__(
        self, log: EventLog, clock: Clock, listeners: Sequence[Listener] = (), buffer_limit: int = BUFFER_LIMIT
    ) -> None:
        super().__init__(log, clock, listeners, buffer_limit)
        self.own_loop = OwnLoop()
        self.exclusive = nullcontext()
        self._committed = anyio.Event()
        """Set when what is being gathered now has been committed, or has failed."""
        self._being_written: tuple[list[Envelope], anyio.Event] | None = None
        self._batch_begun = anyio.Event()
        """Set when there is something to write, or the writer has to end; the writer replaces it."""

    def require_here(self) -> None:
        """Check that the caller runs in the engine's event loop; raises RuntimeError."""
        self.own_loop.require()

    @property
    def unwritten(self) -> bool:
        """Whether events that were posted are not in the log yet."""
        return bool(self._gathered or self._being_written)

    async def room(self) -> None:
        """Give the writer a turn, and wait while the buffer is crowded; for callers that post in bulk."""
        await anyio.lowlevel.checkpoint()
        while self.crowded and not self._stopped:
            await (self._being_written[1] if self._being_written else self._committed).wait()

    async def flush(self) -> None:
        """Wait until everything posted so far is durable and the views have it.

        Raises:
            EngineStopped: the log could not be written.
        """
        if self._gathered:
            envelopes, committed = self._gathered, self._committed
        elif self._being_written:
            envelopes, committed = self._being_written
        elif self._stopped:
            raise self._refusal() from self._cause
        else:
            return
        await committed.wait()
        if self._stopped and self.durable < envelopes[-1].position:
            raise self._refusal() from self._cause

    async def write_soon(self) -> None:
        """Do nothing: the writer writes by itself."""

    async def write(self) -> None:
        """Run the writer task, until the engine is closed or the log cannot be written; it cannot be cancelled."""
        # One shield for all batches: making one costs a good part of what a lone command costs.
        with anyio.CancelScope(shield=True):
            await self._write_batches()

    async def _write_batches(self) -> None:
        while not self._stopped:
            if not self._gathered:
                self._batch_begun = anyio.Event()
                await self._batch_begun.wait()
                continue
            envelopes, committed = self._being_written = self._gathered, self._committed
            self._gathered, self._committed = [], anyio.Event()
            try:
                await self._append(envelopes)
            finally:
                self._being_written = None
                committed.set()
                del envelopes

    def _begin_to_gather(self) -> None:
        self._batch_begun.set()

    def _stop(self, why: str, cause: BaseException | None = None) -> None:
        super()._stop(why, cause)
        self._batch_begun.set()
        self._committed.set()
