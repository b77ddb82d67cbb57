"""The exclusive lock of a log's one writer, and the table of files that this process has open as logs.

The lock is held on the log's own file, not on a lock file beside it: who deletes or renames files cannot make room
for a second writer. It covers one byte far behind any data, which SQLite neither locks nor writes, and the operating
system releases it however the process ends.

Two properties of POSIX locks (``fcntl``), which SQLite uses, shape the code:

* When a process closes any descriptor of a file, it loses all locks that it has on that file, by whichever descriptor
  and library they were taken, SQLite's among them. So a descriptor that we have opened stays open until nobody in this
  process uses the file any more, and nothing here opens a log only to look at it.
* They do not exclude a process from itself. So on Linux we take an "open file description lock", which belongs to the
  descriptor, and on every system a table of this process tells which files are locked here.

A fork needs care too: a child has copies of the descriptors, and the open file description lock lives as long as any
copy does. So a child closes its copies at once, and refuses files that its parent has open.
"""

import errno
import os
import struct
import sys
import threading

try:
    import fcntl
except ImportError:
    # Not a POSIX system: only logs in memory work there.
    fcntl = None

LOCKED_BYTE = 2**62
"""The offset of the byte that is locked: no file is so long."""
FLOCK = "hhqqi"
"""Linux's ``struct flock``: type, whence, start, length, process."""

NOT_WRITABLE = (errno.EACCES, errno.EPERM, errno.EROFS)
"""A file may only be read, or lies on a file system that may."""

FORKED = "it was open when this process was forked; open it in a process that was started anew"
Identity = tuple[int, int]
"""Device and inode, which identify a file whatever its name."""


def identity_of(path: str) -> Identity:
    """Return the identity of the file that a path leads to.

    Raises:
        OSError: there is no such file.
    """
    found = os.stat(path)  # noqa: PTH116 - called before every append; a Path would cost three times as much
    return found.st_dev, found.st_ino


class _OpenFile:
    """A file that this process uses: our descriptors of it (SQLite has its own), the number of uses, the lock."""

    __slots__ = ("descriptors", "locked", "uses")

    def __init__(self) -> None:
        self.descriptors: list[int] = []
        """All stay open until the last use ends. The last one is used for locking. Empty in a forked child."""
        self.uses = 0
        self.locked = False


_guard = threading.Lock()
_open_files: dict[Identity, _OpenFile] = {}
_open_in_parent: set[Identity] = set()
"""Files that were open when this process was forked: SQLite would take the parent's locks for its own."""


class FileUse:
    """One use of a file by this process, begun before SQLite opens the file and closed after SQLite has closed it.

    Args:
        path: the file.

    Raises:
        OSError: it cannot be opened, or was open when this process was forked.
    """

    def __init__(self, path: str) -> None:
        if fcntl is None:
            raise OSError(errno.ENOSYS, "logs in files need a POSIX system", path)
        self._path = path
        self._owns_lock = False
        with _guard:
            self.identity = identity_of(path)
            if self.identity in _open_in_parent:
                raise OSError(errno.EBUSY, FORKED, path)
            if self.identity not in _open_files:
                self.identity = _open(path)
            self._file = _open_files[self.identity]
            self._file.uses += 1

    def lock(self) -> bool:
        """Take the lock, without waiting; False if another use has it, in this process or in another.

        Raises:
            OSError: the file cannot be locked, or may not be written.
        """
        with _guard:
            if not self._file.locked and self._lock():
                self._file.locked = self._owns_lock = True
            return self._owns_lock

    def _lock(self) -> bool:
        try:
            return _lock(self._file.descriptors[-1])
        except OSError as error:
            if error.errno != errno.EBADF:
                raise
        # EBADF: the descriptor is read-only, and a write lock needs one for writing. Another use opened it while the
        # file could not be written. It stays open (see above), and another one is opened beside it.
        if _open(self._path, os.O_RDWR) != self.identity:
            raise OSError(errno.ESTALE, os.strerror(errno.ESTALE), self._path)
        return _lock(self._file.descriptors[-1])

    def is_locked_by_another(self) -> bool:
        """Whether another use has the lock, here or in another process; True where only trying would tell."""
        with _guard:
            if self._owns_lock:
                return False
            return self._file.locked or _is_locked_elsewhere(self._file.descriptors[-1])

    @property
    def belongs_to_parent(self) -> bool:
        """Whether this use was begun before this process was forked: the file is the parent's business then."""
        return not self._file.descriptors

    def sync(self) -> None:
        """Flush the file to the disk (fsync)."""
        os.fsync(self._file.descriptors[-1])

    def close(self) -> None:
        """End the use; release the lock if this use has it."""
        with _guard:
            file = self._file
            if self._owns_lock and file.descriptors:
                self._owns_lock = file.locked = False
                _unlock(file.descriptors[-1])
            file.uses -= 1
            if not file.uses and file.descriptors:
                del _open_files[self.identity]
                for descriptor in file.descriptors:
                    os.close(descriptor)


def _open(path: str, mode: int | None = None) -> Identity:
    """Open a file and add the descriptor to the table; returns the file's identity. ``_guard`` is held.

    Args:
        path: the file.
        mode: flags of ``os.open``; by default for writing too if that is permitted.
    """
    try:
        descriptor = os.open(path, (os.O_RDWR if mode is None else mode) | os.O_CLOEXEC)
    except OSError as error:
        if mode is not None or error.errno not in NOT_WRITABLE:
            raise
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    identity = _identity_of_open(descriptor)
    # The file may be in the table already: it can have several names, and names can be moved between stat and open.
    _open_files.setdefault(identity, _OpenFile()).descriptors.append(descriptor)
    return identity


def _identity_of_open(descriptor: int) -> Identity:
    found = os.fstat(descriptor)
    return found.st_dev, found.st_ino


def _lock(descriptor: int) -> bool:
    assert fcntl is not None, "required by FileUse"
    try:
        if sys.platform == "linux":
            fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, _flock(fcntl.F_WRLCK))
        else:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, LOCKED_BYTE)
    except (BlockingIOError, PermissionError):
        return False
    return True


def _unlock(descriptor: int) -> None:
    assert fcntl is not None, "required by FileUse"
    if sys.platform == "linux":
        fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, _flock(fcntl.F_UNLCK))
    else:
        fcntl.lockf(descriptor, fcntl.LOCK_UN, 1, LOCKED_BYTE)


def _is_locked_elsewhere(descriptor: int) -> bool:
    assert fcntl is not None, "required by FileUse"
    if sys.platform != "linux":
        return True
    # Query instead of trying to lock: a reader that held the lock for a moment would turn a writer away.
    found = fcntl.fcntl(descriptor, fcntl.F_OFD_GETLK, _flock(fcntl.F_WRLCK))
    return struct.unpack(FLOCK, found)[0] != fcntl.F_UNLCK


def _flock(kind: int) -> bytes:
    return struct.pack(FLOCK, kind, os.SEEK_SET, LOCKED_BYTE, 1, 0)


def _forget_after_fork() -> None:
    """Close all descriptors and empty the table, in a forked child.

    The locks are the parent's, and our copies of its descriptors would keep them when it has ended.
    """
    global _guard
    _guard = threading.Lock()
    _open_in_parent.update(_open_files)
    for file in _open_files.values():
        for descriptor in file.descriptors:
            os.close(descriptor)
        file.descriptors.clear()
        file.locked = False
    _open_files.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_after_fork)
