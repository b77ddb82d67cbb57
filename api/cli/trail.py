"""The command ``orgsim trail``: writes the records that AWS CloudTrail would have kept of a log's calls."""

import re
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from ...engine.log.sqlite import SqliteLog
from ..plurals import counted
from ..timeline.trail_out.reading import Wanted, Written, follow_trail, write_trail
from .terminal import AsJson, complain, print_json, print_line, reading_bar, run

ACCOUNT = re.compile(r"[0-9]{12}", re.ASCII)


def trail(
    log: Annotated[Path, typer.Argument(help="A log, also one that is being written.")],
    folder: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Write CloudTrail's files into this new folder.", show_default=False),
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Go on with what is written to the log later.")] = False,
    begin: Annotated[
        str | None,
        typer.Option("--from", metavar="PLACE", help="From a moment, a date or a position on.", show_default=False),
    ] = None,
    end: Annotated[
        str | None,
        typer.Option("--to", metavar="PLACE", help="Up to a moment, a date or a position.", show_default=False),
    ] = None,
    accounts: Annotated[
        list[str] | None,
        typer.Option(metavar="ID,ID…", help="Only the trails of these accounts.", show_default=False),
    ] = None,
    plain: Annotated[bool, typer.Option("--plain", help="Show addresses, names and contents that AWS masks.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write the CloudTrail of a log. Into a folder with --out, otherwise one record on each line of stdout."""
    wanted = Wanted(begin=begin, end=end, accounts=_accounts(accounts or []), plain=plain)
    if folder is None:
        if as_json:
            raise typer.BadParameter(
                "every line is JSON already; with --out it prints the summary", param_hint="'--json'"
            )
        run(partial(_print, log, wanted, follow))
        return
    if follow:
        raise typer.BadParameter("it writes to stdout; leave out --out", param_hint="'--follow'")
    _tell(run(partial(_write, log, folder, wanted)), as_json)


def _accounts(texts: list[str]) -> frozenset[str]:
    accounts = frozenset(account for text in texts for account in text.split(","))
    for account in sorted(accounts):
        if not ACCOUNT.fullmatch(account):
            raise typer.BadParameter(f"{account!r} is no account: write twelve digits", param_hint="'--accounts'")
    return accounts


async def _print(log: Path, wanted: Wanted, follow: bool) -> None:
    written = 0
    async with aclosing(follow_trail(log, wanted, further=follow)) as batches:
        async for delivered in batches:
            typer.echo(b"\n".join(each.content for each in delivered))
            written += len(delivered)
    if not (written or wanted.begin or wanted.end or wanted.accounts):
        complain(f"{log}: no records; none are written of what was imported or taken from a trail")


async def _write(log: Path, folder: Path, wanted: Wanted) -> Written:
    opened = await SqliteLog.open_for_reading(log)
    await opened.close()
    with reading_bar(opened) as listener:
        return await write_trail(log, folder, wanted, listener)


def _tell(written: Written, as_json: bool) -> None:
    if as_json:
        print_json(written)
        return
    unrecorded = "; this world records only calls that changed something" if written.recorded == "changes" else ""
    records, accounts = counted(written.records, "record"), counted(written.accounts, "account")
    text = f"{written.folder}: {records} of {accounts} in {counted(written.files, 'file')}"
    print_line(text + unrecorded)
