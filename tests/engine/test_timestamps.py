from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from msgspec import Struct

from orgsim.engine.errors import InvalidInputException, SerializationException
from orgsim.engine.operation import read_request
from orgsim.engine.shapes.base import moment_text
from orgsim.engine.shapes.timestamps import Timestamp, microseconds, month_start


class Wanted(Struct, rename="pascal"):
    start_timestamp: Timestamp


def time(*moment: int) -> int:
    return microseconds(datetime(*moment, tzinfo=UTC))


@pytest.mark.parametrize(
    "value",
    [
        1_769_904_000,
        1_769_904_000.0,
        "2026-02-01T00:00:00Z",
        "2026-02-01T01:00:00+01:00",
        datetime(2026, 2, 1, tzinfo=UTC),
        datetime(2026, 2, 1, 1, tzinfo=timezone(timedelta(hours=1))),
    ],
    ids=str,
)
def test_one_moment(value: Any) -> None:
    """Seconds as SDKs send them, text and a datetime are the same moment."""
    found = microseconds(read_request(Wanted, {"StartTimestamp": value}).start_timestamp)

    assert found == 1_769_904_000_000_000


def test_milliseconds() -> None:
    """A fraction of a second is kept to the microsecond, without the noise of a binary fraction."""
    assert microseconds(1_789_283_358.835) == 1_789_283_358_835_000
    assert microseconds(datetime(1970, 1, 1, 0, 0, 0, 999_000, tzinfo=UTC)) == 999_000


@pytest.mark.parametrize(
    "value",
    [True, "tomorrow", "2026-02-01", "2026-02-01T00:00:00", datetime(2026, 2, 1), -1, 10**300, float("nan"), [1], "5"],
    ids=str,
)
def test_no_moment(value: Any) -> None:
    """A value that is no timestamp, has no time zone, or lies beyond the calendar is refused."""
    with pytest.raises(SerializationException, match="StartTimestamp"):
        read_request(Wanted, {"StartTimestamp": value})


def test_missing() -> None:
    """A timestamp that is required and missing has AWS's reason."""
    with pytest.raises(InvalidInputException) as caught:
        read_request(Wanted, {"StartTimestamp": None})
    assert caught.value.reason == "INPUT_REQUIRED:START_TIMESTAMP"


@pytest.mark.parametrize(
    ("when", "ahead", "start"),
    [
        ((2026, 1, 1), 0, (2026, 1, 1)),
        ((2026, 1, 31, 23, 59, 59, 999_999), 0, (2026, 1, 1)),
        ((2026, 1, 31), 1, (2026, 2, 1)),
        ((2026, 11, 30), 1, (2026, 12, 1)),
        ((2026, 11, 30), 2, (2027, 1, 1)),
        ((2026, 12, 1), 1, (2027, 1, 1)),
        ((2028, 2, 29), 1, (2028, 3, 1)),
        ((1, 1, 2), 0, (1, 1, 1)),
    ],
)
def test_months(when: tuple[int, ...], ahead: int, start: tuple[int, ...]) -> None:
    """A month begins at midnight UTC of its first day, and December is followed by January."""
    assert month_start(time(*when), ahead) == time(*start)


@pytest.mark.parametrize(
    ("moment", "text"),
    [(0, "1970-01-01 00:00"), (time(9999, 12, 31), "9999-12-31 00:00"), (time(9999, 12, 31) + 86_400_000_000, None)],
    ids=str,
)
def test_text_for_messages(moment: int, text: str | None) -> None:
    """A moment that has no date is told as one, and does not fail the message that it stands in."""
    assert moment_text(moment, "%Y-%m-%d %H:%M") == (text or "a moment beyond the calendar")
