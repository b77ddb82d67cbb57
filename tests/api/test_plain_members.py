"""Members of calls as they are recorded: any value can be stored, and none fills the log."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from orgsim.api.client.plain import CUT, LARGEST, LONGEST_TEXT, plain_members, plain_text


def recorded(members: dict[str, Any]) -> dict[str, Any]:
    """The members of a call as they are recorded, after a log has stored them."""
    return msgspec.msgpack.decode(msgspec.msgpack.encode(plain_members(members)))


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("\ud800!", "\\ud800!"),
        (datetime(2026, 1, 1, tzinfo=UTC), "2026-01-01T00:00:00+00:00"),
        (2**64, "an integer of more than 64 bits"),
        (float("inf"), "inf"),
        (b"bytes", "<bytes>"),
        ({1, 2}, "<set>"),
        ((1, None, True, 0.5), [1, None, True, 0.5]),
        ({1: {"\udfff": None}, "a": ["ä"]}, {"1": {}, "a": ["ä"]}),
    ],
)
def test_values_that_no_operation_takes(given: Any, kept: Any) -> None:
    """Whatever a client was given as a member can be stored: as it is where possible, else as a text."""
    assert recorded({"Value": given, "Absent": None}) == {"Value": kept}


def test_huge_members_are_cut() -> None:
    """Behind 64 Ki characters a text, a list or a map ends with an ellipsis."""
    assert recorded({"Text": "x" * LARGEST * 2}) == {"Text": "x" * (LARGEST - len("Text") - 1) + CUT}
    many = recorded({"Items": [7] * LARGEST * 2, "Rest": 1})
    assert (many["Items"][-1], many[CUT]) == (CUT, CUT)
    assert len(msgspec.json.encode(recorded({f"Name{index}": "value" for index in range(LARGEST)}))) < 2 * LARGEST


def test_what_is_nested_in_itself_ends() -> None:
    """A list that holds itself many times is cut in depth and in size."""
    endless: list[Any] = []
    endless += [endless] * 1_000
    assert len(msgspec.json.encode(recorded({"Endless": endless}))) < 10 * LARGEST


def test_long_explanations_are_cut() -> None:
    """Of a message or an explanation that quotes too much, the beginning is kept."""
    assert plain_text("\ud800" + "x" * LONGEST_TEXT) == "\\ud800" + "x" * (LONGEST_TEXT - 1) + CUT
    assert plain_text(None) is None
