"""For tests: boto3 and aiobotocore answered in process, time that passes for code that sleeps, the pytest plugin."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .errors import NotSimulated

if TYPE_CHECKING:
    from .mock import mock_organizations

__all__ = ["NotSimulated", "mock_organizations"]


def __getattr__(name: str) -> Any:
    """Import what needs the server when it is asked for: every pytest run with the plugin imports this package."""
    if name == "mock_organizations":
        return import_module(f"{__name__}.mock").mock_organizations
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
