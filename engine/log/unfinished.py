"""Atomic creation of files: they appear under their name only when they are complete, or leave nothing behind.

Until then such a file is called ``NAME-unfinished-…``, and its writer holds a lock on it. One that is not locked was
left by a process that was killed; whoever makes the next unfinished file for the same name removes it.
"""

import errno
import os
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from secrets import token_hex

from .file_lock import FileUse

TOKEN_BYTES = 8
NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)


class Unfinished:
    """A file that is being written under a temporary name, ``path``.

    Args:
        target: the final path.

    Raises:
        OSError: the file cannot be made.
    """

    def __init__(self, target: Path) -> None:
        self._target = target
        remove_left(target)
        self.path, use = _create_locked(target)
        self._use: FileUse | None = use

    def publish(self) -> FileUse:
        """Give the file its final name, durably, if that is free; returns the use that holds its lock.

        Raises:
            FileExistsError: the name is taken.
            OSError: the file cannot be written.
        """
        use = self._require_open()
        use.sync()
        _link(self.path, self._target)
        self._use = None
        with suppress(OSError):
            # If this fails, the file has two names until it is opened for writing again.
            self.path.unlink(missing_ok=True)
        try:
            _sync_directory(self._target.parent)
        except OSError:
            use.close()
            raise
        return use

    def replace(self) -> None:
        """Give the file its final name, durably, replacing a file that has it.

        Raises:
            OSError: the file cannot be written.
        """
        self._require_open().sync()
        self.path.replace(self._target)
        _sync_directory(self._target.parent)
        self.close()

    def close(self) -> None:
        """Close the file, and remove it unless it has got its final name."""
        if self._use is not None and not self._use.belongs_to_parent:
            self._use.close()
            self._use = None
            # If it cannot be removed, the next unfinished file of this name tries again.
            remove_with_sqlite_files(self.path)

    def _require_open(self) -> FileUse:
        assert self._use is not None, "an unfinished file is finished once"
        return self._use


def replace_file(target: Path, write: Callable[[Path], object]) -> None:
    """Write a file durably and whole, or not at all, in place of the one that has its name.

    Args:
        target: the name of the file.
        write: writes the content to the path that it is given, and closes it.

    Raises:
        OSError: it cannot be written; the old file stays.
    """
    unfinished = Unfinished(target)
    try:
        write(unfinished.path)
        unfinished.replace()
    finally:
        unfinished.close()


def create_file(target: Path, write: Callable[[Path], object]) -> None:
    """Write a file durably and whole, or not at all, under a name that is free.

    Args:
        target: the name of the file.
        write: writes the content to the path that it is given, and closes it.

    Raises:
        FileExistsError: the name is taken.
        OSError: the file cannot be written.
    """
    if os.path.lexists(target):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), os.fspath(target))
    unfinished = Unfinished(target)
    try:
        write(unfinished.path)
        unfinished.publish().close()
    finally:
        unfinished.close()


def _create_locked(target: Path) -> tuple[Path, FileUse]:
    """Create an empty file under a new temporary name, and lock it."""
    while True:
        path = target.with_name(f"{target.name}-unfinished-{token_hex(TOKEN_BYTES)}")
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644))
        try:
            use = FileUse(os.fspath(path))
        except FileNotFoundError:
            continue
        try:
            if use.lock() and path.exists():
                return path, use
        except OSError:
            remove_with_sqlite_files(path)
            use.close()
            raise
        # Between creation and lock another process took the file for a left one, and removed it: try again.
        use.close()


def _link(path: Path, target: Path) -> None:
    """Give a file a second name; raises FileExistsError if that is taken."""
    try:
        os.link(path, target)
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        # A file system without links. Creating the name exclusively first still keeps us from replacing another file.
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644))
        path.replace(target)


def remove_left(target: Path) -> None:
    """Remove the unfinished files that killed processes have left, and no file with any other kind of name.

    Args:
        target: their final path; a file that has that name already loses only its temporary one.
    """
    token = f"[0-9a-f]{{{2 * TOKEN_BYTES}}}"
    pattern = re.compile(rf"({re.escape(target.name)}-unfinished-{token})(?:-(?:journal|wal|shm))?")
    found = {match[1] for path in target.parent.iterdir() if (match := pattern.fullmatch(path.name))}
    for path in map(target.with_name, found):
        with suppress(OSError):
            if path.exists() and target.exists() and path.samefile(target):
                path.unlink()
            else:
                _remove_unlocked(path)


def remove_with_sqlite_files(path: Path) -> None:
    """Remove a file and those that SQLite makes beside it; ignores errors."""
    for ending in ("-journal", "-wal", "-shm", ""):
        with suppress(OSError):
            Path(f"{path}{ending}").unlink(missing_ok=True)


def _remove_unlocked(path: Path) -> None:
    if not path.exists():
        remove_with_sqlite_files(path)
        return
    use = FileUse(os.fspath(path))
    try:
        # Only with the lock: otherwise the file is being written, and SQLite's files beside it are in use.
        if use.lock():
            remove_with_sqlite_files(path)
    finally:
        use.close()


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
