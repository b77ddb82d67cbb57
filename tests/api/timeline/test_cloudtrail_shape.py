"""The shape of a record of CloudTrail."""

import msgspec

from orgsim.api.timeline.cloudtrail import Record, WrittenRecord


def test_names_and_order_are_cloudtrails() -> None:
    """Members are written under CloudTrail's names; an absent one is left out, a null stays."""
    record = WrittenRecord(event_id="e", request_id="r", source_ip_address="a", response_elements=None)
    expected = b'{"sourceIPAddress":"a","responseElements":null,"requestID":"r","eventID":"e"}'
    assert msgspec.json.encode(record) == expected


def test_objects_are_read_raw() -> None:
    """Objects stay undecoded while records are read."""
    record = msgspec.json.decode(b'{"requestParameters": {"tags": []}}', type=Record[msgspec.Raw])
    assert record.request_parameters == msgspec.Raw(b'{"tags": []}')
    assert record.response_elements is msgspec.UNSET
