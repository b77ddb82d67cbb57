"""For tests: boto3 and aiobotocore answered in process, time that passes for code that sleeps, the pytest plugin."""

from .errors import NotSimulated

__all__ = ["NotSimulated"]
