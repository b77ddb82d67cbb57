"""The server's own log on stderr: start, stop, refused calls, internal errors; never a header, a body or a secret."""

import logging
import sys

import structlog
from structlog.typing import FilteringBoundLogger, Processor


def server_log(as_json: bool = False) -> FilteringBoundLogger:
    """Make the logger: human-readable, or one JSON object per line."""
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
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )
