"""The command ``orgsim fork``: begins a new log with the past of another one."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from msgspec import Struct

from ...engine.log import chain_at
from ..past import open_recorded
from ..places import PLACES
from ..plurals import counted
from ..simulation import forked
from .terminal import AsJson, print_json, print_line, run


class Forked(Struct, frozen=True):
    """The result of ``orgsim fork``; its fields are the keys of ``--json``."""

    log: str
    """The path of the new log."""
    forked_from: str
    position: int
    """The position of the last event that both have."""
    digest: str
    """The digest of both logs there."""


def fork(
    log: Annotated[Path, typer.Argument(help="A log, also one that is being written.")],
    new: Annotated[Path, typer.Argument(help="The new log, a file that there is not yet.")],
    at: Annotated[
        str | None,
        typer.Option(
            metavar="MOMENT",
            help=f"Up to then: {PLACES}; by default to the end.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Copy a log up to a moment or a position into a new one. From there the world can go on in another way."""
    made = run(partial(_fork, log, new, at))
    if as_json:
        print_json(made)
        return
    text = f"{made.log}: {counted(made.position, 'event')} of {made.forked_from}, digest {made.digest}"
    print_line(text)


async def _fork(path: Path, new: Path, at: str | None) -> Forked:
    async with open_recorded(path) as recorded:
        position = await recorded.at_or_end(at).position()
        await forked(recorded.log, position, new)
        chain = await chain_at(recorded.log, position)
        assert chain is not None, "the log has just been read up to there"
        return Forked(str(new), str(path), position, chain.digest.hex())
