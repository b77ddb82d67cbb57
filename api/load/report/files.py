"""Checks and writes the file of a report. The check comes before the run, so that no long run is played in vain."""

import tempfile
from importlib.util import find_spec
from pathlib import Path

from ....engine.log.unfinished import replace_file

MARKER = "<!doctype html>\n<!-- orgsim report -->\n"
"""The first bytes of every report. Only a file that begins with them, or an empty one, is overwritten."""

ENDINGS = (".html", ".htm")
"""What the name of a report ends with."""


class ReportError(Exception):
    """A report cannot be made or written; the message names the file and the cause."""


def require_writable(path: Path) -> None:
    """Check that a report can be written to a path without destroying anything else.

    Raises:
        ReportError: plotly is not installed, the path does not end with .html, is taken by something that is no report,
            or nothing can be written there.
    """
    if find_spec("plotly") is None:
        raise ReportError(f"{path}: a report needs plotly: pip install '.[plots]' in a clone")
    try:
        _require_ours(path)
        if path.suffix.lower() not in ENDINGS:
            ending = f"not {path.suffix}" if path.suffix else "and this has no ending"
            raise ReportError(f"{path}: a report is a page for browsers: {' or '.join(ENDINGS)}, {ending}")
        if not path.resolve().parent.is_dir():
            raise ReportError(f"{path}: cannot be written: there is no directory {path.parent}")
        # Try it with a file that has no name, so that nothing is left behind, even by a crash.
        with tempfile.TemporaryFile(dir=path.resolve().parent):
            pass
    except OSError as error:
        raise ReportError(f"{path}: cannot be written: {error.strerror}") from None


def write_report(path: Path, page: str) -> None:
    """Write a page, whole or not at all; replaces an older report.

    Raises:
        ReportError: it cannot be written, or the path has meanwhile been taken by something that is no report.
    """
    try:
        _require_ours(path)
        # Resolved: if the path is a symbolic link, the file that it points to is replaced, not the link.
        # "replace": the names of scenario and log may have bytes that are no UTF-8.
        replace_file(
            path.resolve(), lambda unfinished: unfinished.write_text(page, "utf-8", errors="replace", newline="\n")
        )
    except OSError as error:
        raise ReportError(f"{path}: cannot be written: {error.strerror}") from None


def _require_ours(path: Path) -> None:
    """Refuse a path at which stands anything but a report or an empty file."""
    if path.is_dir():
        raise ReportError(f"{path}: cannot be written: Is a directory")
    if not path.exists():
        return
    if not path.is_file():
        raise ReportError(f"{path}: cannot be written: no regular file")
    with path.open("rb") as file:
        begin = file.read(len(MARKER))
    if begin and begin != MARKER.encode():
        raise ReportError(f"{path}: the file exists already, and is no report of orgsim: it is not overwritten")
