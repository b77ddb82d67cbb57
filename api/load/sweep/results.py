"""The folder of a sweep: what was asked, the journal of what was done, and what is made of it at the end."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import msgspec
from msgspec import structs

from ..scenario.parameters import written
from .journal import Journal, ResultsError, writing
from .plan import Sweep

ASKED = "sweep.json"
JOURNAL = "runs.jsonl"


class Results:
    """The folder of one sweep.

    Args:
        folder: need not exist.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._journal = folder / JOURNAL

    @property
    def begun(self) -> bool:
        """Whether there is a sweep in the folder."""
        return (self.folder / ASKED).exists()

    def require_new(self) -> None:
        """Refuse a folder in which something stands.

        Raises:
            ResultsError: so it is, or it is no folder.
        """
        try:
            if self.folder.exists() and any(self.folder.iterdir()):
                hint = "--resume goes on with the sweep in it" if self.begun else "name another"
                raise ResultsError(f"{self.folder}: the folder is not empty; {hint}")
        except OSError as error:
            raise ResultsError(f"{self.folder}: cannot be read: {error.strerror}") from None

    def begin(self, sweep: Sweep) -> None:
        """Make the folder, and write down what was asked.

        Raises:
            ResultsUnwritable: it cannot be made.
        """
        with writing(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
        self.replace(ASKED, lambda path: path.write_bytes(msgspec.json.format(msgspec.json.encode(sweep)) + b"\n"))

    def asked(self, wanted: Sweep) -> Sweep:
        """What the sweep in the folder was asked; the same as now, but for the scenario's path.

        Raises:
            ResultsError: there is no sweep, or another one.
        """
        path = self.folder / ASKED
        try:
            found = msgspec.json.decode(path.read_bytes(), type=Sweep)
        except OSError as error:
            raise ResultsError(f"{self.folder}: there is no sweep to resume ({ASKED}: {error.strerror})") from None
        except msgspec.MsgspecError as error:
            raise ResultsError(f"{path}: not written by orgsim sweep: {error}") from None
        differences = list(_differences(found, wanted))
        if differences:
            raise ResultsError(f"{self.folder}: the sweep in it is another: {'; '.join(differences)}")
        return found

    def journal(self) -> Journal:
        """The journal, for this process alone; use it in a ``with``.

        Raises:
            ResultsError: another process has it.
            ResultsUnwritable: it cannot be opened.
        """
        with writing(self._journal):
            return Journal(self._journal)

    def replace(self, name: str, write: Callable[[Path], Any]) -> None:
        """Write a file of the folder whole or not at all.

        Args:
            name: of the file.
            write: writes it to a path.

        Raises:
            ResultsUnwritable: it cannot be written.
        """
        path = self.folder / name
        temporary = self.folder / f".{name}.new"
        with writing(path):
            try:
                write(temporary)
                temporary.replace(path)
            finally:
                temporary.unlink(missing_ok=True)


def _differences(found: Sweep, wanted: Sweep) -> Iterator[str]:
    there, now = structs.asdict(found), structs.asdict(wanted)
    if there["sha256"] != now["sha256"]:
        yield "its scenario has another text"
    for name, option in (("set", "--set"), ("vary", "--vary")):
        for key in sorted(there[name].keys() | now[name].keys()):
            if there[name].get(key) != now[name].get(key):
                yield f"{option} {key} was {_shown(there[name].get(key))}, now {_shown(now[name].get(key))}"
    for name, option in (("runs", "--runs"), ("seed", "the seed"), ("version", "orgsim's version")):
        if there[name] != now[name]:
            yield f"{option} was {there[name]}, now {now[name]}"


def _shown(value: Any) -> str:
    if value is None:
        return "not given"
    return ",".join(map(written, cast("tuple[Any, ...]", value))) if isinstance(value, tuple) else written(value)
