"""The SQLite file of a log: schema, creation, recognition, and checks before it is opened, which change no file.

A new log appears under its name with its first records in it, by a link that fails if the name is taken; until then it
is an unfinished file beside it. So a file without records is never a log that was just begun. While a log is open for
writing there are also SQLite's ``LOG-wal`` and ``LOG-shm``, and ``LOG-head`` (see ``head_note``).
"""

import errno
import os
import sqlite3
from collections.abc import Iterable
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import quote

from . import LogDamaged, LogError, LogInUse, LogUnwritable
from .file_lock import FileUse, Identity, identity_of
from .head_note import ADVICE, note_path
from .sqlite_rows import PLACEHOLDERS, Row
from .unfinished import Unfinished
from .wal_damage import damaged_frame

APPLICATION_ID = 0x6F726773  # "orgs"
FORMAT = 2
SQLITE_HEADER = 100
IDENTITY = ("application_id", "user_version")

NOT_AT_HEAD = "the row does not follow the head of the log"

FOLLOW_HEAD = f"""
CREATE TRIGGER IF NOT EXISTS follow_head BEFORE INSERT ON parts
WHEN new.last - length(new.lengths) / 4 <> coalesce((SELECT position FROM head), 0)
BEGIN SELECT RAISE(ABORT, '{NOT_AT_HEAD}'); END
"""
"""Makes the database refuse the second of two writers. Older logs lack this trigger until they are written to."""

SCHEMA = f"""
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {FORMAT};
CREATE TABLE parts (
    last INTEGER PRIMARY KEY,
    records BLOB NOT NULL, lengths BLOB NOT NULL, checksums BLOB NOT NULL, digest BLOB NOT NULL
);
CREATE TABLE head (only INTEGER PRIMARY KEY CHECK (only = 1), position INTEGER NOT NULL, digest BLOB NOT NULL);
CREATE TRIGGER move_head AFTER INSERT ON parts BEGIN
    REPLACE INTO head VALUES (1, new.last, new.digest);
END;
{FOLLOW_HEAD};
"""


def real_path(path: Path) -> str:
    """Resolve symbolic links, as SQLite does: it makes its files beside the real one.

    Raises:
        LogError: the links form a circle.
    """
    try:
        return os.path.realpath(path, strict=os.path.lexists(path))
    except OSError as error:
        raise LogError(f"{path}: cannot be read: {error.strerror}") from None


def log_error(path: Path, error: sqlite3.Error) -> LogError:
    """Translate SQLite's error into one about a log, by its primary result code."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return LogDamaged(str(path), 0, str(error))
    if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
        return LogUnwritable(f"{path}: cannot be written: {error}")
    if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY) and not os.access(path.parent, os.W_OK):
        return LogError(f"{path}: {_no_permission_in(path.parent)}, where an open log has more files")
    return LogError(f"{path}: {error}")


def connect(path: str, mode: str) -> sqlite3.Connection:
    """Connect to an existing SQLite file.

    Args:
        path: the file.
        mode: the parameters of its URI, such as ``mode=ro``.
    """
    # Few statements are cached: each INSERT of many rows keeps the values that it was last used with.
    return sqlite3.connect(
        f"file:{quote(os.fsencode(path))}?{mode}",
        uri=True,
        isolation_level=None,
        cached_statements=8,
        check_same_thread=False,
    )


def require_log(path: Path) -> None:
    """Check that a file is a log of a format that we can read. Changes no file, whatever it is.

    The file is read through SQLite: if we opened and closed it ourselves, SQLite would lose the locks that it may
    have on it elsewhere in this process (see ``file_lock``).

    Raises:
        LogError: the file is no log of a known format, or cannot be read.
    """
    try:
        if path.stat().st_size < SQLITE_HEADER and path.is_file():
            raise LogError(f"{path}: not a log of orgsim: no SQLite file")
        if not path.is_file():
            raise LogError(f"{path}: cannot be read: {'Is a directory' if path.is_dir() else 'no regular file'}")
    except OSError as error:
        raise LogError(f"{path}: cannot be read: {error.strerror}") from None
    try:
        application, version = _application_and_format(os.fspath(path))
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_NOTADB:
            raise LogError(f"{path}: not a log of orgsim: no SQLite file") from None
        raise log_error(path, error) from error
    if application != APPLICATION_ID:
        raise LogError(f"{path}: not a log of orgsim: an SQLite file of another application")
    if version != FORMAT:
        raise LogError(f"{path}: the log has format {version}; this version of orgsim reads format {FORMAT}")


def _application_and_format(path: str) -> tuple[int, int]:
    # Immutable: SQLite then makes no files beside it, and ignores the write-ahead log, where these two numbers, set
    # when the file was made, never stand.
    connection = connect(path, "mode=ro&immutable=1")
    try:
        # A checkpoint writes the first page, with the new page count, before the file has so many pages. During one, or
        # after one was cut off, SQLite would report that as damage without this setting.
        connection.execute("PRAGMA writable_schema = ON")
        application, version = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in IDENTITY)
    finally:
        connection.close()
    return application, version


def require_undamaged_wal(path: Path, use: FileUse) -> None:
    """Check that damage in a write-ahead log is at most an unfinished last transaction; skipped while it is written.

    Raises:
        LogDamaged: transactions follow a damaged frame; SQLite would drop them silently.
    """
    wal = Path(f"{real_path(path)}-wal")
    if not wal.exists() or use.is_locked_by_another():
        return
    frame = damaged_frame(wal)
    # Looked at twice: a writer may have opened the log meanwhile, and what looked damaged was being written.
    if frame is not None and not use.is_locked_by_another() and damaged_frame(wal) == frame:
        what = f"{wal} is damaged in frame {frame}, and transactions stand behind it"
        raise LogDamaged(str(path), 0, f"{what}; {ADVICE}")


def reading_mode(path: str) -> str:
    """Choose the URI parameters with which a log is opened for reading, so that all files stay as they are.

    To read, SQLite makes ``LOG-wal`` and ``LOG-shm``, and only a connection that may write removes them again. So it is
    opened with ``mode=rw`` if they are not there. If they are, ``mode=ro``: a connection that may write would, on
    closing, copy a left write-ahead log into the main file. Where the files cannot be made, ``immutable`` needs none.

    A journal is left if power was lost while an earlier version made the log; only ``mode=rw`` can roll it back.
    """
    if Path(f"{path}-wal").exists() and not Path(f"{path}-journal").exists():
        return "mode=ro"
    return "mode=rw" if os.access(path, os.W_OK) and os.access(Path(path).parent, os.W_OK) else "mode=ro&immutable=1"


def use_for_reading(path: Path) -> FileUse:
    """Register the use of a log that is to be read.

    Raises:
        LogError: the file cannot be opened.
    """
    try:
        return FileUse(real_path(path))
    except OSError as error:
        raise LogError(f"{path}: cannot be read: {error.strerror}") from error


def lock_for_writing(path: Path) -> FileUse:
    """Register the use of a log, and take the lock of its one writer.

    Raises:
        LogInUse: another writer has the lock.
        LogError: the file may not be written, or cannot be locked.
    """
    if not os.access(path, os.W_OK):
        raise LogError(f"{path}: no permission to write it")
    use = use_for_reading(path)
    try:
        if use.lock():
            return use
    except OSError as error:
        use.close()
        raise LogError(f"{path}: cannot be locked for writing: {error.strerror}") from error
    use.close()
    raise LogInUse(f"{path}: the log is open for writing elsewhere; close that first")


class FilesInPlace:
    """Checks that the names of a log's files still lead to the files that were opened.

    Args:
        log: the log's real path; it is open for writing, so its other files exist.

    Raises:
        LogUnwritable: a file is missing.
    """

    def __init__(self, log: str) -> None:
        names = (log, f"{log}-wal", f"{log}-shm", os.fspath(note_path(log)))
        try:
            self._identities: dict[str, Identity] = {name: identity_of(name) for name in names}
        except OSError as error:
            raise LogUnwritable(f"{log}: {error.filename}: {error.strerror}") from error
        self.lost: str | None = None
        """The name that led nowhere or to another file when somebody last wanted to write."""

    def require(self, position: int) -> int:
        """Return a position unchanged; SQLite calls this, by the name of ``CHECK_IN_PLACE``, while it inserts rows.

        Raises:
            LogUnwritable: a name leads nowhere, or to another file. SQLite tells only that something was raised.
        """
        self.lost = self._first_lost()
        if self.lost:
            raise LogUnwritable(f"{self.lost} was taken away or replaced")
        return position

    def _first_lost(self) -> str | None:
        """Return the first name that leads nowhere or to another file; None if there is none."""
        for name, identity in self._identities.items():
            try:
                if identity_of(name) != identity:
                    return name
            except OSError:
                return name
        return None


def require_same_file(path: Path, use: FileUse) -> None:
    """Check that a path still leads to the file that was opened.

    Raises:
        LogError: it does not.
    """
    with suppress(OSError):
        if identity_of(os.fspath(path)) == use.identity:
            return
    raise LogError(f"{path}: the file was replaced while it was being opened; try again")


def stored_head(path: str) -> int:
    """Read the head of the main file alone, without the write-ahead log.

    Raises:
        sqlite3.Error: the file cannot be read.
    """
    connection = connect(path, "mode=ro&immutable=1")
    try:
        return connection.execute("SELECT max(position) FROM head").fetchone()[0] or 0
    finally:
        connection.close()


class NewLog:
    """The file of a new log until its first records are written; before that it does not have its name.

    Args:
        path: the final path.

    Raises:
        LogError: the name is taken, or files of another log are left there.
        LogUnwritable: no file can be made there.
    """

    def __init__(self, path: Path) -> None:
        if not path.parent.is_dir():
            raise LogError(f"{path}: there is no directory {path.parent}")
        _require_absent(path)
        # Absolute, in case the working directory changes before the first records come.
        self._path = path.absolute()
        try:
            self._unfinished = Unfinished(self._path)
        except OSError as error:
            raise _cannot_be_created(path, error) from error
        try:
            self._write(SCHEMA, ())
        except (OSError, sqlite3.Error) as error:
            self.close()
            raise _cannot_be_created(path, error) from error

    def add(self, rows: Iterable[Row]) -> None:
        """Write rows that follow those written before; the log still has no name.

        Raises:
            LogUnwritable: the file cannot be written.
        """
        try:
            self._write("", rows)
        except (OSError, sqlite3.Error) as error:
            raise _cannot_be_created(self._path, error) from error

    def publish(self, rows: Iterable[Row]) -> FileUse:
        """Write the first rows and give the log its name, durably; returns the use that holds the writer's lock.

        Raises:
            LogError: the name has been taken meanwhile.
            LogUnwritable: the file cannot be written.
        """
        try:
            self._write("", rows)
            self._begin_write_ahead_log()
            _require_absent(self._path)
            # A note left by a log that is gone would tell of events that this log never had.
            note_path(os.fspath(self._path)).unlink(missing_ok=True)
            return self._unfinished.publish()
        except FileExistsError:
            raise LogError(f"{self._path}: the file exists already") from None
        except (OSError, sqlite3.Error) as error:
            raise _cannot_be_created(self._path, error) from error

    def _write(self, schema: str, rows: Iterable[Row]) -> None:
        connection = connect(os.fspath(self._unfinished.path), "mode=rw")
        try:
            # No durability is needed yet: the whole file is synced when it gets its name, and nobody reads it before.
            connection.execute("PRAGMA journal_mode = MEMORY")
            connection.execute("PRAGMA synchronous = OFF")
            connection.executescript(schema)
            connection.execute("BEGIN")
            connection.executemany(f"INSERT INTO parts VALUES {PLACEHOLDERS}", rows)
            connection.execute("COMMIT")
        except sqlite3.Error:
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            raise
        finally:
            connection.close()

    def _begin_write_ahead_log(self) -> None:
        """Switch to WAL mode; under the final name that would briefly make a journal, which readers cannot undo."""
        with closing(connect(os.fspath(self._unfinished.path), "mode=rw")) as connection:
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute("PRAGMA journal_mode = WAL")

    def close(self) -> None:
        """Remove the file unless it has got its name."""
        self._unfinished.close()


def schema_changes(found: list[tuple[str, str]]) -> list[str]:
    """Compare a log's schema with the expected one; returns the names of tables and triggers that differ.

    Args:
        found: names and SQL texts, as in ``sqlite_schema``.
    """
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(SCHEMA)
        expected = dict(connection.execute("SELECT name, sql FROM sqlite_schema").fetchall())
    stored = dict(found)
    # Logs of an earlier version lack this trigger until they are written to.
    stored.setdefault("follow_head", expected["follow_head"])
    return sorted(name for name in stored.keys() | expected.keys() if stored.get(name) != expected.get(name))


def _require_absent(path: Path) -> None:
    """Check that neither a log nor the leftovers of one are at a path."""
    if os.path.lexists(path):
        raise LogError(f"{path}: the file exists already")
    left = [name for name in (f"{path}-wal", f"{path}-journal") if os.path.lexists(name)]
    if left:
        raise LogError(
            f"{path}: {' and '.join(left)} is left of a log that is gone, with events that stand nowhere else; put the "
            "log back, or move it away"
        )


def _cannot_be_created(path: Path, error: OSError | sqlite3.Error) -> LogUnwritable:
    why = str(error)
    if isinstance(error, OSError):
        denied = error.errno in (errno.EACCES, errno.EPERM)
        why = _no_permission_in(path.parent) if denied else os.strerror(error.errno or 0)
    return LogUnwritable(f"{path}: cannot be created: {why}")


def _no_permission_in(directory: Path) -> str:
    return f"no permission to make files in {directory}"
