"""The command ``orgsim``: one module for each of its commands.

Results go to stdout, for people or with ``--json`` for machines; progress and errors go to stderr. Exit codes: 0 done,
1 a check or a threshold failed, or something could not be written, 2 wrong usage, 130 interrupted.
"""

import os
import sys
from importlib.metadata import version
from io import TextIOWrapper
from typing import Annotated, Any, cast

import typer

from .check import check
from .diff import diff
from .dump import dump
from .figures import figures
from .fork import fork
from .import_dump import import_dump
from .init import init
from .plan import plan
from .replay import replay_trail
from .serve import serve
from .show import show
from .simulate import simulate
from .snapshot import snapshot
from .sweep import sweep
from .terminal import complain
from .timeline import show_timeline
from .trail import trail
from .verify import verify
from .why import show_why

app = typer.Typer(
    name="orgsim",
    help="An event-sourced simulator of AWS Organizations, with a clock you can set.",
    epilog="Begin with: orgsim init, then orgsim simulate acquire-company.toml",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


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


for command in (init, check, figures, plan, simulate, sweep, serve, show):
    app.command()(command)
app.command("timeline")(show_timeline)
app.command()(diff)
app.command("why")(show_why)
app.command("replay")(replay_trail)
app.command("import")(import_dump)
for command in (trail, dump, fork, snapshot, verify):
    app.command()(command)


def main() -> None:
    """The entry point of the command ``orgsim``."""
    if cast("TextIOWrapper[Any] | None", sys.stdout) is None:
        complain("cannot write the output: stdout is closed")
        sys.exit(1)
    # Characters of a scenario that the terminal's encoding lacks become question marks instead of an error.
    cast("TextIOWrapper[Any]", sys.stdout).reconfigure(errors="replace")
    try:
        app()
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader of the pipe has closed it, as ``head`` does. /dev/null takes what Python flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        complain(f"cannot write the output: {error.strerror}")
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
