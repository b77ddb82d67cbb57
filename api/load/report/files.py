"""Where a report is written: asked before the run, so that a long run is not played for nothing."""

import os
import tempfile
from importlib.util import find_spec
from pathlib import Path

MARKER = "<!doctype html>\n<!-- orgsim report -->\n"
"""How every report begins: what begins so may be replaced by another one."""


class ReportError(Exception):
    """A report cannot be made or written; the message names the file."""


def require_writable(path: Path) -> None:
    """Refuse what the report could not be written to, or what it would destroy.

    Raises:
        ReportError: plotly is not installed, or at the path is something else than a report, or nothing can be written
            there.
    """
    if find_spec("plotly") is None:
        raise ReportError(f"{path}: a report needs plotly: pip install 'orgsim[plots]'")
    try:
        _require_ours(path)
        if not path.resolve().parent.is_dir():
            raise ReportError(f"{path}: cannot be written: there is no directory {path.parent}")
        # A file without a name: gone when closed, also if the machine stops.
        with tempfile.TemporaryFile(dir=path.resolve().parent):
            pass
    except OSError as error:
        raise ReportError(f"{path}: cannot be written: {error.strerror}") from None


def write_report(path: Path, page: str) -> None:
    """Write a page whole or not at all: under another name first, then renamed.

    Raises:
        ReportError: it cannot be written, or meanwhile something else is there.
    """
    # What a link points to is replaced, not the link.
    target = path.resolve()
    partial = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        _require_ours(path)
        try:
            partial.write_text(page, "utf-8", newline="\n")
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise ReportError(f"{path}: cannot be written: {error.strerror}") from None


def _require_ours(path: Path) -> None:
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
