"""The report of a run: one page that needs nothing else, made of the run's outcome alone."""

from .files import ReportError, require_writable, write_report
from .page import render_report

__all__ = ["ReportError", "render_report", "require_writable", "write_report"]
