"""The journal of a sweep: a file of finished runs, one a line, each synced to the disk; it survives a crash."""

import fcntl
import json
import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec


class ResultsError(Exception):
    """The folder cannot be used for this sweep; the message says why."""


class ResultsUnwritable(Exception):
    """A file in the folder cannot be written or read; what was written before stays."""


@contextmanager
def naming_errors(path: Path) -> Generator[None, None, None]:
    """Turn an OSError of the block into one that names the file.

    Raises:
        ResultsUnwritable: instead of an OSError.
    """
    try:
        yield
    except OSError as error:
        raise ResultsUnwritable(f"{path}: {error.strerror or error}") from None


class Journal:
    """The rows of finished runs, one a line, as JSON; locked by this process while the ``with`` block runs.

    Args:
        path: the file; created if it does not exist.

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
        """The numbers of the finished runs. Cuts off a last line that a crash has left incomplete.

        Args:
            total: the number of runs in the sweep.

        Raises:
            ResultsError: a line is no row of this sweep, or a run occurs twice.
            ResultsUnwritable: the file cannot be read or cut.
        """
        numbers: set[int] = set()
        length = 0  # of the complete lines, in bytes
        with naming_errors(self._path), self._path.open("rb") as file:
            for line, content in enumerate(file, 1):
                if not content.endswith(b"\n"):
                    os.truncate(self._path, length)
                    break
                number = _run_number(content)
                if not 0 <= number < total or number in numbers:
                    raise ResultsError(f"{self._path}: line {line} is damaged")
                numbers.add(number)
                length += len(content)
        return numbers

    def rows(self) -> Iterator[dict[str, Any]]:
        """Read all rows, in the order in which they were written.

        Raises:
            ResultsUnwritable: the file cannot be read.
        """
        with naming_errors(self._path), self._path.open("rb") as file:
            yield from map(json.loads, file)

    def append(self, row: dict[str, Any]) -> None:
        """Append a row; it is on the disk when this returns.

        Raises:
            ResultsUnwritable: it cannot be written, for example because the disk is full.
        """
        line = json.dumps(row).encode() + b"\n"
        with naming_errors(self._path):
            while line:
                line = line[self._file.write(line) :]
            os.fsync(self._file.fileno())


def _run_number(line: bytes) -> int:
    """The number of the run in a line; -1 if the line is no row."""
    try:
        number = msgspec.json.decode(line, type=dict[str, Any]).get("run")
    except msgspec.MsgspecError:
        return -1
    return number if type(number) is int else -1
