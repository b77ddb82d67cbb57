"""The shape of a record of CloudTrail, for reading and for writing (docs/aws.md 11.1).

Times in it are in the forms of ``engine.shapes.trail_times``.
"""

from typing import Any, Generic, TypeVar

from msgspec import UNSET, Struct, UnsetType

SOURCE = "organizations.amazonaws.com"
"""``eventSource`` of the records of AWS Organizations."""

API_CALL = "AwsApiCall"
SERVICE_EVENT = "AwsServiceEvent"
"""``eventType`` of what somebody called, and of what AWS did by itself later."""

AWS_INTERNAL = "AWS Internal"
"""``invokedBy``, address and user agent of most service events."""

MASKED = "****"
"""In place of addresses and names of accounts."""

HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
"""In place of the content of a resource policy."""

Element = TypeVar("Element")
"""What ``requestParameters`` and the like are: ``msgspec.Raw`` while reading, objects or None for writing."""

_NAMES = {"aws_region": "awsRegion", "source_ip_address": "sourceIPAddress", "request_id": "requestID"} | {
    "event_id": "eventID",
    "shared_event_id": "sharedEventID",
}


def _name(field: str) -> str:
    first, *rest = field.split("_")
    return _NAMES.get(field) or first + "".join(map(str.title, rest))


class Record(Struct, Generic[Element], kw_only=True, rename=_name):
    """A record, its members in CloudTrail's order; those that are UNSET are absent, None is null."""

    event_version: str | UnsetType = UNSET
    user_identity: Element | UnsetType = UNSET
    event_time: str | UnsetType = UNSET
    event_source: str | UnsetType = UNSET
    event_name: str | UnsetType = UNSET
    aws_region: str | UnsetType = UNSET
    source_ip_address: str | UnsetType = UNSET
    user_agent: str | UnsetType = UNSET
    error_code: str | UnsetType = UNSET
    error_message: str | UnsetType = UNSET
    request_parameters: Element | UnsetType = UNSET
    response_elements: Element | UnsetType = UNSET
    request_id: str | UnsetType = UNSET
    event_id: str | UnsetType = UNSET
    read_only: bool | UnsetType = UNSET
    event_type: str | UnsetType = UNSET
    management_event: bool | UnsetType = UNSET
    recipient_account_id: str | UnsetType = UNSET
    service_event_details: Element | UnsetType = UNSET
    event_category: str | UnsetType = UNSET


WrittenRecord = Record[dict[str, Any] | None]
"""A record as it is written."""
