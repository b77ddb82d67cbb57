"""The folder in which CloudTrail delivers records: a gzipped file for every five minutes of an account.

``AWSLogs/[o-ID/]ACCOUNT/CloudTrail/REGION/YYYY/MM/DD/ACCOUNT_CloudTrail_REGION_YYYYMMDDTHHMMZ_UNIQUE.json.gz``; the
organization's id is there for accounts that were members of one, as a trail of the organization delivers them.
"""

import gzip
import os
import shutil
from collections.abc import Iterable
from hashlib import blake2b
from pathlib import Path
from tempfile import mkdtemp

from msgspec import Struct

from ....engine.ids import base36
from ....engine.log import LogError, LogUnwritable
from ....engine.settings import SECOND
from ....engine.shapes.base import moment
from .records import Delivered

DELIVERY = 5 * 60 * SECOND
"""The time whose records of an account go into one file."""

LARGEST = 32 * 1024 * 1024
"""Bytes of records that are kept in memory; beyond it all are written, and later ones go into further files."""


class Pending(Struct):
    """The records of a file that is still to be written."""

    first: Delivered
    records: list[bytes]


class TrailFolder:
    """Writes CloudTrail's files, aside at first: the folder has its name when all of them are complete.

    Args:
        path: of a folder that is not there, or empty.

    Raises:
        LogError: there is something, or the folder above is missing.
        LogUnwritable: nothing can be made there.
    """

    def __init__(self, path: Path) -> None:
        require_free(path)
        self._path = path
        try:
            self._aside = Path(mkdtemp(prefix=f".{path.name}-", dir=path.absolute().parent))
        except OSError as error:
            raise _unwritable(path, error) from error
        self._pending: dict[tuple[str, str | None], Pending] = {}
        self._bytes = 0
        self._slot = 0
        self.records = self.files = 0
        """How many were added, and written, so far."""

    def add(self, delivered: Iterable[Delivered]) -> None:
        """Add records, in the order of their time.

        Raises:
            LogUnwritable: a file cannot be written.
        """
        for each in delivered:
            slot = each.time // DELIVERY
            if slot != self._slot or self._bytes > LARGEST:
                self._write_all()
                self._slot = slot
            self._bytes += len(each.content)
            place = each.account, each.organization
            pending = self._pending.get(place)
            if pending is None:
                pending = self._pending[place] = Pending(each, [])
            pending.records.append(each.content)
            self.records += 1

    def publish(self) -> None:
        """Write what is left, and give the folder its name.

        Raises:
            LogError: the name has been taken meanwhile.
            LogUnwritable: it cannot be written.
        """
        self._write_all()
        try:
            self._aside.chmod(0o777 & ~_umask())
            if self._path.is_dir():
                self._path.rmdir()
            self._aside.rename(self._path)
        except OSError as error:
            require_free(self._path)
            raise _unwritable(self._path, error) from error

    def close(self) -> None:
        """Remove what was written, unless it was published."""
        shutil.rmtree(self._aside, ignore_errors=True)

    def _write_all(self) -> None:
        try:
            for pending in self._pending.values():
                self._write(pending)
        except OSError as error:
            raise _unwritable(self._path, error) from error
        self._pending.clear()
        self._bytes = 0

    def _write(self, pending: Pending) -> None:
        file = self._aside / file_of(pending.first)
        file.parent.mkdir(parents=True, exist_ok=True)
        content = b'{"Records":[%b]}' % b",".join(pending.records)
        # Without a time in it, so that the same log gives the same bytes.
        file.write_bytes(gzip.compress(content, compresslevel=6, mtime=0))
        self.files += 1


def file_of(first: Delivered) -> str:
    """The path, below the trail's folder, of the file that begins with a record."""
    when = moment(first.time // DELIVERY * DELIVERY)
    digest = blake2b(f"{first.account} {first.event_id}".encode(), digest_size=16).digest()
    unique = base36(int.from_bytes(digest, "big"), 16)
    above = f"{first.organization}/" if first.organization else ""
    name = f"{first.account}_CloudTrail_{first.region}_{when:%Y%m%dT%H%MZ}_{unique}.json.gz"
    return f"AWSLogs/{above}{first.account}/CloudTrail/{first.region}/{when:%Y/%m/%d}/{name}"


def require_free(path: Path) -> None:
    """Check that a folder is not there, or is empty.

    Raises:
        LogError: there is something.
    """
    try:
        if path.is_dir() and not any(path.iterdir()):
            return
    except OSError as error:
        raise _unwritable(path, error) from error
    if os.path.lexists(path):
        what = "is not empty" if path.is_dir() else "is no folder"
        raise LogError(f"{path}: {what}; name a folder that is not there yet")
    if not path.absolute().parent.is_dir():
        raise LogError(f"{path}: there is no folder {path.parent}")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _unwritable(path: Path, error: OSError) -> LogUnwritable:
    return LogUnwritable(f"{path}: cannot be written: {error.strerror or error}")
