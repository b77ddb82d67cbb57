"""What the tables of the control plane's routes are made of."""

from collections.abc import Awaitable, Callable
from typing import Any

from .message import Request, Stream

Route = Callable[[Request], Awaitable[dict[str, Any] | Stream]]
"""Answers a request with the content of a JSON object, or with a stream."""
Routes = dict[str, dict[str, Route]]
"""By path and method."""
ANY_NAME = "NAME"
"""The last part of a path of the table that stands for any name."""
