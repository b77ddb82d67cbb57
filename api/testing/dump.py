"""Keep the log of a world in memory as an SQLite file, which the command line opens."""

import re
from hashlib import blake2b
from pathlib import Path

from anyio.from_thread import start_blocking_portal

from ...engine.log import READ_SIZE, EventLog, LogError, MemoryLog
from ...engine.log.sqlite import SqliteLog
from ..simulation import Simulation

LONGEST = 120
"""So many characters of a test's name are in the name of its file."""


class DumpFailed(Exception):
    """The log could not be kept; the message says why."""


def file_name(test: str, number: int = 1) -> str:
    """Make the name of the file for a world of a test: what is readable of the test's name, and a hash of all of it."""
    readable = re.sub(r"[^A-Za-z0-9_.-]+", "-", test).strip("-.")[-LONGEST:]
    mark = blake2b(f"{test} {number}".encode(), digest_size=4).hexdigest()
    return f"{readable}-{mark}.db"


def dump_log(sim: Simulation, path: Path) -> None:
    """Write the log of a world in memory to a new SQLite file, in place of one that is there.

    It runs an event loop in a thread of its own, so that it may be called anywhere.

    Raises:
        DumpFailed: the file cannot be written; or the world has a file for its log anyway.
    """
    log = sim.engine.log
    if not isinstance(log, MemoryLog):
        raise DumpFailed(f"it is kept in {log.name} anyway")
    try:
        path.unlink(missing_ok=True)
        with start_blocking_portal() as portal:
            portal.call(_copy, log, path)
    except (OSError, LogError) as error:
        raise DumpFailed(str(error)) from None


async def _copy(log: EventLog, path: Path) -> None:
    copy = await SqliteLog.create(path, "off")
    try:
        while copy.head < log.head:
            await copy.append(copy.head, await log.read(copy.head, READ_SIZE))
    finally:
        await copy.close()
