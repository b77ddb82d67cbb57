"""A place in a log at which a run begins: what is there then, and a copy of the log up to there, to go on with."""

from pathlib import Path

from msgspec import Struct

from ....engine.log import EventLog
from ....engine.log.cut import cut_into_file, cut_into_memory, require_between_commands
from ....engine.log.place import iso_text
from ....engine.log.sqlite import Durability, SqliteLog
from ...past import Recorded
from ...places import At
from ..scenario.existing import World


class LogBeginning(Struct, frozen=True):
    """The world of a log at a place, and how to copy the log up to there."""

    world: World
    log: EventLog
    position: int

    async def copied(self, into: Path | None, durability: Durability) -> EventLog:
        """Copy the log up to the place, into a new file or into memory; the log itself is only read.

        Raises:
            LogError: the file exists already, or cannot be made.
            LogDamaged: a record cannot be read.
        """
        if into is None:
            return await cut_into_memory(self.log, self.position)
        await cut_into_file(self.log, self.position, into)
        return await SqliteLog.open(into, durability)


async def beginning_at(recorded: Recorded, at: At | None) -> LogBeginning:
    """Look at the world of a log at a position or a moment, by default at its end.

    A run that begins at a moment begins with its clock at that moment, at a position with the clock at its event.

    Raises:
        LogError: there is no such place, or it is in the midst of a command.
        LogDamaged: a record cannot be read.
    """
    log, past = recorded.log, recorded.at_or_end(at)
    position = await past.position()
    await require_between_commands(log, position)
    views = await past.views()
    asked = past.place
    at, now = str(asked.value), views.now
    if asked.is_moment:
        at, now = iso_text(asked.value), max(asked.value, now)
    return LogBeginning(World(log.name, at, views, now), log, position)
