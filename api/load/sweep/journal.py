"""The journal of a sweep: a line for each run that is done, on the disk before the next; it survives a crash."""

import fcntl
import json
import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec


class ResultsError(Exception):
    """The folder is not one for this sweep."""


class ResultsUnwritable(Exception):
    """Something in the folder cannot be written or read; what stands there stays."""


@contextmanager
def writing(path: Path) -> Generator[None, None, None]:
    """Says of the system's errors which file they are about.

    Raises:
        ResultsUnwritable: instead of an OSError.
    """
    try:
        yield
    except OSError as error:
        raise ResultsUnwritable(f"{path}: {error.strerror or error}") from None


class Journal:
    """Rows in a file, one a line, as JSON; use it in a ``with``.

    Args:
        path: of the file; made if it is not there.

    Raises:
        ResultsError: another process has it open.
        OSError: it cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("ab", buffering=0)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.close()
            raise ResultsError(f"{path}: another sweep is writing here") from None

    def __enter__(self) -> "Journal":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def finished(self, total: int) -> set[int]:
        """The numbers of the runs that are done. A last line that a crash has torn is cut off.

        Args:
            total: how many runs the sweep has.

        Raises:
            ResultsError: a line is no row of this sweep, or a run is there twice.
            ResultsUnwritable: the file cannot be read or cut.
        """
        numbers: set[int] = set()
        whole = 0
        with writing(self._path), self._path.open("rb") as file:
            for line, content in enumerate(file, 1):
                if not content.endswith(b"\n"):
                    os.truncate(self._path, whole)
                    break
                number = _number(content)
                if not 0 <= number < total or number in numbers:
                    raise ResultsError(f"{self._path}: line {line} is damaged")
                numbers.add(number)
                whole += len(content)
        return numbers

    def rows(self) -> Iterator[dict[str, Any]]:
        """All rows, in the order in which they were written.

        Raises:
            ResultsUnwritable: the file cannot be read.
        """
        with writing(self._path), self._path.open("rb") as file:
            yield from map(json.loads, file)

    def append(self, row: dict[str, Any]) -> None:
        """Add a row; it is on the disk when this returns.

        Raises:
            ResultsUnwritable: for example because the disk is full.
        """
        line = json.dumps(row).encode() + b"\n"
        with writing(self._path):
            while line:
                line = line[self._file.write(line) :]
            os.fsync(self._file.fileno())


def _number(line: bytes) -> int:
    try:
        number = msgspec.json.decode(line, type=dict[str, Any]).get("run")
    except msgspec.MsgspecError:
        return -1
    return number if type(number) is int else -1
