"""What the tables of the control plane's routes are made of."""

from collections.abc import Awaitable, Callable
from typing import Any

from .message import Request

Route = Callable[[Request], Awaitable[dict[str, Any]]]
"""Answers a request with the content of a JSON object."""
Routes = dict[str, dict[str, Route]]
"""By path and method."""
ANY_NAME = "NAME"
"""The last part of a path of the table that stands for any name."""
