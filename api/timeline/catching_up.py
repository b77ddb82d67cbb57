"""Catching up: feed a history with the events of a log that it lacks, or with all if it is another log's."""

from collections.abc import Callable
from contextlib import AbstractContextManager, aclosing
from pathlib import Path

from anyio.to_thread import run_sync

from ...engine.log import Chain, EventLog, chain_at, verified_envelopes
from ...engine.log.sqlite import SqliteLog
from ...engine.runtime.engine import Listener
from .history import ENDING, History, HistoryDamaged, HistoryOvertaken

Progress = Callable[[EventLog, str], AbstractContextManager[Listener]]
"""Shows how far the reading of a log has come: called with the log, and with what is being done."""


async def caught_up_history(log: Path, progress: Progress, *, in_memory: bool = False, wait: float = 10) -> History:
    """Open the history of a log, and let it catch up with the log. Close it in the end.

    Args:
        log: the path of the log; it is only read, and may be written meanwhile.
        progress: shown while it catches up.
        in_memory: keep it in memory instead of in ``LOG-history``.
        wait: how many seconds to wait while another process writes to it.

    Raises:
        LogError: the log cannot be read; or the history cannot be written.
    """
    path = None if in_memory else Path(f"{log}{ENDING}")
    discarded, reached = False, 0
    while True:
        try:
            return await _caught_up(log, path, progress, wait)
        except HistoryOvertaken as overtaken:
            # Several that begin at once come to the end together, unless one of another version begins anew each time.
            if overtaken.position <= reached:
                raise
            reached = overtaken.position
        except HistoryDamaged:
            # Seen only now: opened again, a damaged file shows at once, or its digest does not match, or it is gone.
            if path is None or discarded:
                raise
            await run_sync(History.discard, path)
            discarded = True


async def _caught_up(log: Path, path: Path | None, progress: Progress, wait: float) -> History:
    # The log is opened first, so that there is none of its history where there is no log; but its head is read after
    # the history's position, which other processes only move up to a head that there is by then.
    await (await SqliteLog.open_for_reading(log)).close()
    history = await run_sync(History.open, path, wait)
    try:
        opened = await SqliteLog.open_for_reading(log)
        try:
            with progress(opened, "Catching up") as listener:
                await catch_up(history, opened, listener)
        finally:
            await opened.close()
    except BaseException:
        history.close()
        raise
    return history


async def catch_up(history: History, log: EventLog, listener: Listener | None = None) -> None:
    """Feed a history with what it does not have of a log; one that does not match the log is begun anew.

    Args:
        history: of this log, or of another, or empty.
        log: is only read.
        listener: called with each batch of events after the history has them.

    Raises:
        LogDamaged: the log does not match its digests, or holds a record that is no event.
        HistoryError: the history cannot be written.
        HistoryOvertaken: somebody else has gone on with it meanwhile.
    """
    begin = await chain_at(log, history.position) if history.position else Chain()
    if begin is None or begin.digest != history.digest:
        await run_sync(history.reset)
        begin = Chain()
    async with aclosing(verified_envelopes(log, begin)) as batches:
        async for envelopes in batches:
            chain = await chain_at(log, envelopes[-1].position)
            assert chain is not None, "the log has the events that were read from it"
            await run_sync(history.take, envelopes, chain.digest)
            if listener:
                listener(envelopes)
