"""Reports: a run's outcome as one self-contained HTML page with charts and tables."""

from .files import ReportError, require_writable, write_report
from .page import render_report

__all__ = ["ReportError", "render_report", "require_writable", "write_report"]
