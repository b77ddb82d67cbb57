"""For tests: boto3 and aiobotocore answered in process, and time that passes for code that sleeps."""

from .errors import NotSimulated

__all__ = ["NotSimulated"]
