"""The command line: ``orgsim simulate``, ``sweep``, ``serve``, ``show``, ``snapshot`` and ``verify``.

Results go to stdout, for people or with ``--json`` for machines; progress and errors go to stderr. Exit codes: 0 done,
1 a check or a threshold failed, or something could not be written, 2 wrong usage, 130 interrupted.
"""

import os
import sys
from contextlib import aclosing
from functools import partial
from importlib.metadata import version
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, cast

import msgspec
import typer
from rich.box import SIMPLE
from rich.table import Column, Table

from ..engine.runtime.log import LogDamaged, verified_envelopes
from ..engine.runtime.sqlite_log import SqliteLog
from ..engine.shapes.base import moment
from ..projections.live import build_views
from ..projections.views import Views
from .server.command import serve
from .show import COLUMNS, ROWS, Subject, minute
from .simulate_command import simulate
from .snapshots import Proof, take_snapshot
from .sweep.command import sweep
from .terminal import AsJson, complain, out, print_json, print_table, reading_bar, run

app = typer.Typer(
    name="orgsim",
    help="An event-sourced simulator of AWS Organizations, with a clock you can set.",
    epilog="Begin with: orgsim simulate scenarios/enable-all-features.toml --log world.db",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


NARROWEST = 80
"""To so many columns the tables of ``show`` can be folded and be read."""


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"orgsim {version('orgsim')}")
        raise typer.Exit


@app.callback()
def common(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """An event-sourced simulator of AWS Organizations, with a clock you can set."""


app.command()(serve)
app.command()(sweep)


app.command()(simulate)


@app.command()
def show(
    log: Annotated[Path, typer.Argument(help="A log, also one that is being written.")],
    subject: Annotated[Subject, typer.Argument(help="What to show.")] = Subject.ORGANIZATION,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many rows; for people 20 by default.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show what a log has led to: organizations, their OUs, accounts, policies and handshakes."""
    views = run(partial(_views_of, log))
    rows, total = ROWS[subject](views)
    wanted = limit if limit or as_json else 20
    shown = list(islice(rows, wanted))
    if as_json:
        print_json({"position": views.position, "time": moment(views.now), "total": total, str(subject): shown})
        return
    names, cells = COLUMNS[subject]
    table = Table(*(Column(name, overflow="fold", no_wrap=index == 0) for index, name in enumerate(names)), box=SIMPLE)
    for row in shown:
        table.add_row(*cells(row))
    print_table(table, narrowest=NARROWEST)
    more = f", {total - len(shown):,} more with --limit" if total > len(shown) else ""
    seen = " that can be seen (ended ones disappear after 30 days)" if subject is Subject.HANDSHAKES else ""
    out.print(f"{total:,}{seen}{more}; position {views.position:,}, {minute(moment(views.now))} UTC", soft_wrap=True)


async def _views_of(path: Path) -> Views:
    log = await SqliteLog.open_for_reading(path)
    try:
        with reading_bar(log) as listener:
            return await build_views(log, file=path, listener=listener)
    finally:
        await log.close()


@app.command()
def snapshot(
    log: Annotated[Path, typer.Argument(help="A log, also one that is being written.")], as_json: AsJson = False
) -> None:
    """Write LOG-snapshot, from which a long log is opened in seconds. Delete it at any time: only the time is lost."""
    taken = run(partial(take_snapshot, log))
    if as_json:
        print_json(taken)
        return
    text = f"{taken.snapshot}: position {taken.position:,}, {taken.bytes / 1e6:,.1f} MB, {taken.seconds:,.1f} s"
    out.print(text, soft_wrap=True, highlight=False)


class Verified(msgspec.Struct, frozen=True, omit_defaults=True):
    """What ``verify`` found; its fields are the keys of ``--json``."""

    ok: bool
    log: str
    events: int
    """How many are sound, from the first on."""
    digest: str = ""
    position: int = 0
    """The first that is not."""
    error: str = ""
    snapshot: str = ""
    """Whether the snapshot beside the log is ``equal`` to what the log leads to, ``differs``, or is ``damaged``; or
    ``not used`` and why."""


@app.command()
def verify(
    log: Annotated[Path, typer.Argument(help="A log, also one that is being written.")], as_json: AsJson = False
) -> None:
    """Recompute the digests of a log; name the first position that does not match, and exit with 1.

    If there is a snapshot beside it, prove that it is what the whole log leads to.
    """
    found = run(partial(_verify, log))
    if as_json:
        print_json(found)
    elif found.ok:
        out.print(f"{found.log}: {found.events:,} events, digest {found.digest}", soft_wrap=True, highlight=False)
        if found.snapshot:
            out.print(f"{found.log}-snapshot: {found.snapshot}", soft_wrap=True, highlight=False)
    if not found.ok:
        complain(found.error)
        raise typer.Exit(1)


async def _verify(path: Path) -> Verified:
    events = 0
    try:
        log = await SqliteLog.open_for_reading(path)
        try:
            proof = await Proof.begin(log, path)
            with reading_bar(log, "Verifying") as listener:
                async with aclosing(verified_envelopes(log)) as batches:
                    async for envelopes in batches:
                        events += len(envelopes)
                        proof.follow(envelopes)
                        listener(envelopes)
            await log.check()
            snapshot = await proof.result()
        finally:
            await log.close()
    except LogDamaged as damage:
        return Verified(False, str(path), events, position=damage.position, error=str(damage))
    if snapshot in ("differs", "damaged"):
        what = f"differs from what the first {proof.position:,} events lead to" if snapshot == "differs" else "damaged"
        error = f"{proof.path}: {what}; delete it; it is not used"
        return Verified(False, log.name, events, log.digest.hex(), error=error, snapshot=snapshot)
    return Verified(True, log.name, events, log.digest.hex(), snapshot=snapshot)


def main() -> None:
    """The entry point of the command ``orgsim``."""
    if cast("TextIOWrapper[Any] | None", sys.stdout) is None:
        complain("cannot write the output: stdout is closed")
        sys.exit(1)
    # What a scenario says need not be what every terminal can show.
    cast("TextIOWrapper[Any]", sys.stdout).reconfigure(errors="replace")
    try:
        app()
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output has seen enough; nothing to say, and nothing left to flush at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        complain(f"cannot write the output: {error.strerror}")
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
