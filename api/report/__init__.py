"""The report of a run: one page that needs nothing else, made of the run's outcome alone."""

from .page import render_report

__all__ = ["render_report"]
