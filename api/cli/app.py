"""The command ``orgsim``: one module for each of its commands.

Results go to stdout, for people or with ``--json`` for machines; progress and errors go to stderr. Exit codes: 0 done,
1 a check or a threshold failed, or something could not be written, 2 wrong usage, 130 interrupted.
"""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from io import TextIOWrapper
from typing import Annotated, Any, cast

import typer
from typer.core import TyperGroup

from .terminal import complain

COMMANDS = {
    "init": "init.init",
    "check": "check.check",
    "figures": "figures.figures",
    "plan": "plan.plan",
    "simulate": "simulate.simulate",
    "sweep": "sweep.sweep",
    "serve": "serve.serve",
    "show": "show.show",
    "timeline": "timeline.show_timeline",
    "diff": "diff.diff",
    "why": "why.show_why",
    "replay": "replay.replay_trail",
    "import": "import_dump.import_dump",
    "trail": "trail.trail",
    "dump": "dump.dump",
    "fork": "fork.fork",
    "snapshot": "snapshot.snapshot",
    "verify": "verify.verify",
}
"""The commands in the order of the help, each with the module beside this one and the function in it."""


class Modules(Mapping[str, Any]):
    """Each command under its name; its module is imported when it is asked for, because together they take long."""

    def __getitem__(self, name: str) -> Any:
        module, function = COMMANDS[name].split(".")
        alone = typer.Typer(add_completion=False, rich_markup_mode=None)
        alone.command(name)(getattr(import_module(f".{module}", __package__), function))
        return typer.main.get_command(alone)

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


class Commands(TyperGroup):
    """The commands of ``orgsim``."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.commands = cast("dict[str, Any]", Modules())


app = typer.Typer(
    name="orgsim",
    cls=Commands,
    help="An event-sourced simulator of AWS Organizations, with a clock you can set.",
    epilog="Begin with: orgsim init, then orgsim simulate acquire-company.toml",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"orgsim {version('orgsim')}")
        raise typer.Exit


@app.callback()
def common(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """An event-sourced simulator of AWS Organizations, with a clock you can set."""


def load(arguments: Sequence[str]) -> None:
    """Import what the command needs that these arguments ask for; for the help that is every command."""
    commands = Modules()
    for name in commands if arguments[:1] in ([], ["--help"]) else arguments[:1]:
        commands.get(name)


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
        usage = getattr(error.__context__, "exit_code", None)
        if usage is not None:
            # Typer could not write to stderr what was wrong with the arguments.
            sys.exit(usage)
        # A file that was taken away meanwhile has a name; stdout has none.
        complain(f"{error.filename or 'cannot write the output'}: {error.strerror}")
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
