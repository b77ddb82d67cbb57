"""The folder of a sweep: its definition, the journal of finished runs, and the results written at the end."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, cast

import msgspec
from msgspec import structs

from ....engine.log.unfinished import replace_file
from ..scenario.parameters import written
from .journal import Journal, ResultsError, naming_errors
from .plan import Sweep

DEFINITION = "sweep.json"
JOURNAL = "runs.jsonl"
PAGE = "chance.html"
LOGS = "logs"
"""The folder of the logs of runs that failed."""


class Results:
    """The folder of one sweep.

    Args:
        folder: its path; need not exist.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._journal = folder / JOURNAL

    @property
    def begun(self) -> bool:
        """Whether the folder holds a sweep."""
        return (self.folder / DEFINITION).exists()

    def require_new(self) -> None:
        """Check that the folder is empty or does not exist.

        Raises:
            ResultsError: it holds something, or it is no folder.
        """
        try:
            # A sweep that was killed before it had begun may have left an empty journal.
            if self.folder.exists() and any(
                each.name != JOURNAL or each.stat().st_size for each in self.folder.iterdir()
            ):
                hint = "--resume goes on with the sweep in it" if self.begun else "name another"
                raise ResultsError(f"{self.folder}: the folder is not empty; {hint}")
        except OSError as error:
            raise ResultsError(f"{self.folder}: cannot be read: {error.strerror}") from None

    def begin(self, sweep: Sweep) -> Journal:
        """Create the folder, open the journal, and write the definition of the sweep.

        Raises:
            ResultsError: another process has begun a sweep there meanwhile.
            ResultsUnwritable: it cannot be created or written.
        """
        with naming_errors(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
        encoded = msgspec.json.format(msgspec.json.encode(sweep)) + b"\n"
        with ExitStack() as stack:
            # The journal is locked first: of several sweeps that begin at once only one writes its definition.
            journal = stack.enter_context(self.journal())
            if self.begun:
                raise ResultsError(f"{self.folder}: another sweep has begun here meanwhile; name another folder")
            self.replace(DEFINITION, lambda path: path.write_bytes(encoded))
            stack.pop_all()
        return journal

    def definition(self, wanted: Sweep) -> Sweep:
        """Read the definition of the sweep in the folder, which must be the wanted one; its path may differ.

        Raises:
            ResultsError: the folder holds no sweep, or another one; the message names the differences.
        """
        path = self.folder / DEFINITION
        for each in (path, self._journal):
            # A pipe would be waited for.
            if each.exists() and not each.is_file():
                raise ResultsError(
                    f"{each}: cannot be read: {'Is a directory' if each.is_dir() else 'no regular file'}"
                )
        try:
            found = msgspec.json.decode(path.read_bytes(), type=Sweep)
        except OSError as error:
            raise ResultsError(f"{self.folder}: there is no sweep to resume ({DEFINITION}: {error.strerror})") from None
        except msgspec.MsgspecError as error:
            raise ResultsError(f"{path}: not written by orgsim sweep: {error}") from None
        differences = list(_differences(found, wanted))
        if differences:
            raise ResultsError(f"{self.folder}: the sweep in it is another: {'; '.join(differences)}")
        return found

    def journal(self) -> Journal:
        """Open the journal for this process alone; use it in a ``with``.

        Raises:
            ResultsError: another process has it open.
            ResultsUnwritable: it cannot be opened.
        """
        with naming_errors(self._journal):
            return Journal(self._journal)

    def replace(self, name: str, write: Callable[[Path], Any]) -> None:
        """Write a file of the folder, whole or not at all, in place of the one that has its name.

        Args:
            name: the file's name.
            write: writes the content to the path that it is given.

        Raises:
            ResultsUnwritable: it cannot be written.
        """
        path = self.folder / name
        with naming_errors(path):
            replace_file(path, write)


def _differences(found: Sweep, wanted: Sweep) -> Iterator[str]:
    """Describe each difference between two sweeps, the path of the scenario aside."""
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
    """A value, or values, of an option as it was given."""
    if value is None:
        return "not given"
    return ",".join(map(written, cast("tuple[Any, ...]", value))) if isinstance(value, tuple) else written(value)
