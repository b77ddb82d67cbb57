"""Files that appear under their name only when they are whole, and leave nothing behind if that never happens.

Until then such a file has a name of its own, ``NAME-new-…``, and is locked by whoever writes it. One that is not locked
was left by a process that was killed: the next unfinished file of the same name removes it.
"""

import errno
import os
from contextlib import suppress
from pathlib import Path
from secrets import token_hex

from .file_lock import FileUse, identity_of

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
        self.published = False
        """Whether it has its name."""

    def publish(self) -> FileUse:
        """Give the file its name, durably; returns it, locked.

        Raises:
            FileExistsError: the name is taken.
            OSError: it cannot be written.
        """
        use = self._require_open()
        use.sync()
        _link(self.path, self._target)
        self._use, self.published = None, True
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
        if self._use is not None:
            self._use.close()
            self._use = None
            # What cannot be removed now is removed by the next.
            with suppress(OSError):
                self.path.unlink(missing_ok=True)

    def _require_open(self) -> FileUse:
        assert self._use is not None, "an unfinished file is finished once"
        return self._use


def _begun(target: Path) -> tuple[Path, FileUse]:
    """Make an empty file under a name that nobody has, and lock it."""
    while True:
        path = target.with_name(f"{target.name}-new-{token_hex(4)}")
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644))
        use: FileUse | None = None
        with suppress(FileNotFoundError):
            use = FileUse(os.fspath(path))
            if use.lock() and identity_of(os.fspath(path)) == use.identity:
                return path, use
        # Before it was locked, somebody who tidied up took it for one that was left.
        if use is not None:
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
    """Remove the unfinished files of processes that were killed.

    Args:
        target: the name that they should have got; a file that has it already loses only its unfinished name.
    """
    for path in target.parent.glob(f"{_escaped(target.name)}-new-*"):
        with suppress(OSError):
            if target.exists() and path.samefile(target):
                path.unlink()
            else:
                _remove_unlocked(path)


def _remove_unlocked(path: Path) -> None:
    use = FileUse(os.fspath(path))
    try:
        if use.lock():
            path.unlink(missing_ok=True)
    finally:
        use.close()


def _escaped(name: str) -> str:
    """A name in which no character means something in a pattern."""
    return "".join(f"[{character}]" if character in "*?[" else character for character in name)


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
