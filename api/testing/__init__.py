"""For tests: boto3 and aiobotocore answered in process, time that passes for code that sleeps, the pytest plugin."""

from .errors import NotSimulated
from .mock import mock_organizations

__all__ = ["NotSimulated", "mock_organizations"]
