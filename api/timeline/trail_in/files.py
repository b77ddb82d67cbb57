"""The files of a trail: found in folders, unpacked, and read in documents: whole, or line by line if they are long."""

import gzip
import sys
import zlib
from codecs import BOM_UTF8
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from io import BufferedReader
from pathlib import Path
from typing import IO, Any, cast

import msgspec
from msgspec import Struct

GZIP = b"\x1f\x8b"
ENDINGS = (".json", ".jsonl", ".ndjson", ".csv", ".gz", ".log")
"""Of the files in a folder that are read; a file that is named itself may have any."""

DIGESTS = "CloudTrail-Digest"
"""The folder in which CloudTrail keeps digests of its files, which are no records."""

STDIN = "-"
LONGEST_LINE = 64 * 1024 * 1024
_BROKEN = (EOFError, zlib.error, gzip.BadGzipFile, OSError)


class TrailFile(Struct, frozen=True):
    """A file to be read."""

    name: str
    path: Path | None
    """None: the standard input."""
    size: int = 0
    """In bytes, as it is stored."""


class Unreadable(Exception):
    """A file ends in the middle, or is none; the message says which and where."""


def files_of(paths: list[str]) -> list[TrailFile]:
    """The files that paths name, those in folders in the order of their names.

    Raises:
        FileNotFoundError: there is no such path, or no file in a folder.
    """
    found: list[TrailFile] = []
    for named in paths:
        path = Path(named)
        if named == STDIN:
            found.append(TrailFile("the standard input", None))
        elif path.is_dir():
            inside = sorted(each for each in path.rglob("*") if _is_wanted(each))
            if not inside:
                raise FileNotFoundError(f"{named}: no file in this folder ends in {', '.join(ENDINGS)}")
            found += (TrailFile(str(each), each, each.stat().st_size) for each in inside)
        elif path.exists():
            found.append(TrailFile(named, path, path.stat().st_size))
        else:
            raise FileNotFoundError(f"{named}: there is no such file or folder")
    return found


def _is_wanted(path: Path) -> bool:
    return path.is_file() and path.name.endswith(ENDINGS) and path.name[0] != "." and DIGESTS not in path.parts


def documents(file: TrailFile) -> Iterator[tuple[int, bytes]]:
    """The documents of a file, each with the number of its line: its lines, if the first is JSON by itself.

    Raises:
        Unreadable: it cannot be read, or not to its end. What came before has been yielded.
    """
    number = 0
    try:
        with _opened(file) as stream:
            for number, document in _split(stream):
                yield number, document
    except _BROKEN as error:
        where = f" behind line {number}" if number else ""
        raise Unreadable(f"cannot be read to its end{where}: {_reason(error)}") from None


def _reason(error: BaseException) -> str:
    if isinstance(error, EOFError):
        return "the gzip file is cut off"
    return getattr(error, "strerror", None) or str(error)


@contextmanager
def _opened(file: TrailFile) -> Generator[IO[bytes]]:
    with ExitStack() as stack:
        if file.path is None:
            raw = BufferedReader(cast("Any", sys.stdin.buffer))
        else:
            raw = stack.enter_context(file.path.open("rb"))
        packed = raw.peek(2)[:2] == GZIP
        yield stack.enter_context(cast("IO[bytes]", gzip.GzipFile(fileobj=raw))) if packed else raw


def _split(stream: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    first = stream.readline(LONGEST_LINE).removeprefix(BOM_UTF8)
    if is_csv(first):
        yield 1, first + stream.read()
        return
    if not _is_json(first):
        rest = first + stream.read()
        if rest.strip():
            yield 1, rest
        return
    line, number = first, 1
    while line:
        if not line.isspace():
            yield number, line
        line, number = stream.readline(LONGEST_LINE), number + 1


def is_csv(line: bytes) -> bool:
    """Whether a line is the head of a table of records: it names eventTime and eventName in any case."""
    lowered = line.lower()
    return line[:1] not in b"{[" and b"eventname" in lowered and b"eventtime" in lowered


def _is_json(line: bytes) -> bool:
    try:
        msgspec.json.decode(line, type=msgspec.Raw)
    except msgspec.DecodeError:
        return False
    except RecursionError:
        pass  # it is told as a record, and the lines behind it are read
    return True
