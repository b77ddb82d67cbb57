"""Which files this process has open as logs, and the lock of a log's one writer.

The lock is held on the log's own file, not on another name beside it, so deleting names cannot lead to two writers.
It is a lock on one byte far behind any data, which SQLite neither locks nor writes, and the operating system releases
it however the process ends.

Two properties of POSIX locks shape the code. Closing any descriptor of a file drops all locks that the process has on
it, SQLite's own among them: so our descriptor of a file stays open until this process has closed the file everywhere.
And they do not exclude the process from itself: so on Linux the lock belongs to the descriptor ("open file description
lock"), and everywhere a table knows which files are locked here.
"""

import errno
import os
import struct
import sys
import threading

try:
    import fcntl
except ImportError:
    # Worlds in memory need none.
    fcntl = None

LOCKED_BYTE = 2**62
FLOCK = "hhqqi"
"""Linux's ``struct flock``: type, whence, start, length, process."""

FORKED = "it was open when this process was forked; open it in a process that was started anew"
Identity = tuple[int, int]
"""Device and inode: what a file is, whatever it is called."""


def identity_of(path: str) -> Identity:
    """Tell which file a name leads to.

    Raises:
        OSError: it leads to none.
    """
    found = os.stat(path)  # noqa: PTH116 - called before every append; a Path would cost three times as much
    return found.st_dev, found.st_ino


class _OpenFile:
    """The descriptors that this process has of a file beside SQLite's, all kept until nobody uses it; and who does."""

    __slots__ = ("descriptors", "locked", "uses")

    def __init__(self) -> None:
        self.descriptors: list[int] = []
        """The last one is asked about locks; none after a fork, when they are the parent's."""
        self.uses = 0
        self.locked = False


_guard = threading.Lock()
_open_files: dict[Identity, _OpenFile] = {}
_open_in_parent: set[Identity] = set()
"""What was open when this process was forked: SQLite would take the parent's locks for its own."""


class FileUse:
    """A use of a file by this process, from before SQLite opens it until after SQLite has closed it.

    Args:
        path: the file.

    Raises:
        OSError: it cannot be opened.
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
        """Become the one writer; False if somebody else is, here or in another process.

        Raises:
            OSError: it cannot be locked, or may not be written.
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
        # It was opened by a reader who might not write it.
        if _open(self._path, os.O_RDWR) != self.identity:
            raise OSError(errno.ESTALE, os.strerror(errno.ESTALE), self._path)
        return _lock(self._file.descriptors[-1])

    def is_locked_by_another(self) -> bool:
        """Say whether somebody else is the writer, here or in another process; True where only trying would tell."""
        with _guard:
            if self._owns_lock:
                return False
            return self._file.locked or _is_locked_elsewhere(self._file.descriptors[-1])

    @property
    def belongs_to_parent(self) -> bool:
        """Whether it was made before this process was forked, so that what becomes of the file is not for us to say."""
        return not self._file.descriptors

    def sync(self) -> None:
        """Make all that was written to the file survive a loss of power."""
        os.fsync(self._file.descriptors[-1])

    def close(self) -> None:
        """End the use, and release the lock if it is ours."""
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
    """Open a file, and keep its descriptor with the others of the same file; returns which file it was.

    Args:
        path: the file.
        mode: reading and writing where that may be, unless said otherwise.
    """
    try:
        descriptor = os.open(path, (os.O_RDWR if mode is None else mode) | os.O_CLOEXEC)
    except PermissionError:
        if mode is not None:
            raise
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    identity = _identity_of_open(descriptor)
    # By another name it may have been in use already.
    _open_files.setdefault(identity, _OpenFile()).descriptors.append(descriptor)
    return identity


def _identity_of_open(descriptor: int) -> Identity:
    found = os.fstat(descriptor)
    return found.st_dev, found.st_ino


def _lock(descriptor: int) -> bool:
    assert fcntl is not None, "required by FileUse"
    try:
        if sys.platform == "linux":
            fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, _wanted(fcntl.F_WRLCK))
        else:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, LOCKED_BYTE)
    except (BlockingIOError, PermissionError):
        return False
    return True


def _unlock(descriptor: int) -> None:
    assert fcntl is not None, "required by FileUse"
    if sys.platform == "linux":
        fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, _wanted(fcntl.F_UNLCK))
    else:
        fcntl.lockf(descriptor, fcntl.LOCK_UN, 1, LOCKED_BYTE)


def _is_locked_elsewhere(descriptor: int) -> bool:
    assert fcntl is not None, "required by FileUse"
    if sys.platform != "linux":
        return True
    # Asked, not tried: a reader that held the lock for a moment would turn a writer away.
    found = fcntl.fcntl(descriptor, fcntl.F_OFD_GETLK, _wanted(fcntl.F_WRLCK))
    return struct.unpack(FLOCK, found)[0] != fcntl.F_UNLCK


def _wanted(kind: int) -> bytes:
    return struct.pack(FLOCK, kind, os.SEEK_SET, LOCKED_BYTE, 1, 0)


def _forget_after_fork() -> None:
    """In a forked child: the locks are the parent's, and must not outlive it by our copies of its descriptors."""
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
