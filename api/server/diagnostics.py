"""The server's own log: starting, stopping and mistakes, on stderr. Never a header, a body or a secret."""

import sys

import structlog
from structlog.typing import FilteringBoundLogger, Processor


def server_log(as_json: bool = False) -> FilteringBoundLogger:
    """A log for people, or with one JSON object per line."""
    renderer: Processor = (
        structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    return structlog.wrap_logger(
        structlog.WriteLogger(sys.stderr),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger("info"),
    )
