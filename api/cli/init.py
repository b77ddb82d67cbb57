"""The command ``orgsim init``: write one of the shipped scenarios, to begin from."""

import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer
from msgspec import Struct

from ...engine.log.unfinished import create_file
from ..choices import choose
from .terminal import AsJson, failure, print_json, print_line

DEFAULT = "acquire-company"
PACKAGE = "orgsim.scenarios"


class Template(Struct, frozen=True):
    """A shipped scenario; its name and question are the keys of ``--list --json``."""

    name: str
    question: str


def templates() -> dict[str, str]:
    """The shipped scenarios: name to the text of the file, the default first, then in the order of their names."""
    found = {file.name: file for file in files(PACKAGE).iterdir() if file.name.endswith(".toml")}
    return {
        name.removesuffix(".toml"): found[name].read_text("utf-8")
        for name in sorted(found, key=lambda name: (name != f"{DEFAULT}.toml", name))
    }


def init(
    name: Annotated[str, typer.Argument(help="One of --list.")] = DEFAULT,
    to: Annotated[Path | None, typer.Option(metavar="FILE", help="By default NAME.toml.")] = None,
    list_them: Annotated[bool, typer.Option("--list", help="Print the names and their questions instead.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write a scenario file with comments, to be changed. Never over a file that exists."""
    known = templates()
    if list_them:
        _print_list([Template(each, tomllib.loads(text)["description"]) for each, text in known.items()], as_json)
        return
    if name not in known:
        raise failure(f"no scenario is called {name!r}{choose(name, known)}", 2)
    file = to or Path(f"{name}.toml")
    if not file.resolve().parent.is_dir():
        raise failure(f"{file}: there is no directory {file.parent}", 2)
    try:
        create_file(file, lambda unfinished: unfinished.write_text(known[name], "utf-8"))
    except FileExistsError:
        raise failure(f"{file}: the file exists already; --to writes another", 2) from None
    except OSError as error:
        raise failure(f"{file}: cannot be written: {error.strerror}", 1) from None
    if as_json:
        print_json({"file": str(file), "name": name})
        return
    print_line(f"{file}: written; play it with: orgsim simulate {file}")


def _print_list(known: list[Template], as_json: bool) -> None:
    if as_json:
        print_json({"scenarios": known})
        return
    width = max(len(each.name) for each in known)
    for each in known:
        print_line(f"{each.name:{width}}  {each.question}")
