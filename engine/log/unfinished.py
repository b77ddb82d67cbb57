"""Files that appear under their name only when they are whole, and leave nothing behind if that never happens.

Until then such a file has a name of its own, ``NAME-unfinished-…``, and is locked by whoever writes it. One that is not
locked was left by a process that was killed: the next unfinished file of the same name removes it.
"""

import errno
import os
import re
from contextlib import suppress
from pathlib import Path
from secrets import token_hex

from .file_lock import FileUse

TOKEN_BYTES = 8
NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)


class Unfinished:
    """A file that is being written.

    Args:
        target: the name that it shall get.

    Raises:
        OSError: it cannot be made.
    """

    def __init__(self, target: Path) -> None:
        self._target = target
        remove_left(target)
        self.path, use = _begun(target)
        self._use: FileUse | None = use

    def publish(self) -> FileUse:
        """Give the file its name, durably; returns it, locked.

        Raises:
            FileExistsError: the name is taken.
            OSError: it cannot be written.
        """
        use = self._require_open()
        use.sync()
        _link(self.path, self._target)
        self._use = None
        with suppress(OSError):
            # If it stays, the file has a second name until it is opened the next time.
            self.path.unlink(missing_ok=True)
        try:
            _sync_directory(self._target.parent)
        except OSError:
            use.close()
            raise
        return use

    def replace(self) -> None:
        """Give the file its name, durably, in place of the one that has it.

        Raises:
            OSError: it cannot be written.
        """
        self._require_open().sync()
        self.path.replace(self._target)
        _sync_directory(self._target.parent)
        self.close()

    def close(self) -> None:
        """Let go of the file; it goes away if it has not got its name."""
        if self._use is not None and not self._use.belongs_to_parent:
            self._use.close()
            self._use = None
            # What cannot be removed now is removed by the next.
            remove_with_sqlite_files(self.path)

    def _require_open(self) -> FileUse:
        assert self._use is not None, "an unfinished file is finished once"
        return self._use


def _begun(target: Path) -> tuple[Path, FileUse]:
    """Make an empty file under a name that nobody has, and lock it."""
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
        # Before it was locked, somebody who tidied up took it for one that was left.
        use.close()


def _link(path: Path, target: Path) -> None:
    """Give a file a second name, which must be free."""
    try:
        os.link(path, target)
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        # A file system without links: the name is taken first, so that still nobody's file is replaced.
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644))
        path.replace(target)


def remove_left(target: Path) -> None:
    """Remove the unfinished files of processes that were killed, and nothing that has another kind of name.

    Args:
        target: the name that they should have got; a file that has it already loses only its unfinished name.
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
    """Remove a file, and what SQLite may have left beside it, as far as that can be done."""
    for ending in ("-journal", "-wal", "-shm", ""):
        with suppress(OSError):
            Path(f"{path}{ending}").unlink(missing_ok=True)


def _remove_unlocked(path: Path) -> None:
    if not path.exists():
        remove_with_sqlite_files(path)
        return
    use = FileUse(os.fspath(path))
    try:
        # What SQLite has beside a file that is being written belongs to whoever has the lock on that file.
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
