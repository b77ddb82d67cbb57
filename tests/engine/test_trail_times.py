"""Times in records of CloudTrail."""

import pytest

from orgsim.engine.shapes.trail_times import event_time, read_time, text_time


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2017-01-18T21:41:16Z", "2017-01-18T21:41:16Z"),
        ("Jan 18, 2017 9:41:16 PM", "2017-01-18T21:41:16Z"),
        ("Jul 17, 2025, 2:53:40 PM", "2025-07-17T14:53:40Z"),
        ("Jul 17, 2025, 2:53:40\u202fPM", "2025-07-17T14:53:40Z"),
        ("Dec 31, 2020 12:00:00 AM", "2020-12-31T00:00:00Z"),
        ("Dec 31, 2020 12:00:00 PM", "2020-12-31T12:00:00Z"),
        ("2025-01-20 15:59:33.000000000", "2025-01-20T15:59:33Z"),
        ("2025-01-20T15:59:33+01:00", "2025-01-20T14:59:33Z"),
        ("1484775676", "2017-01-18T21:41:16Z"),
        ("20260105", "2026-01-05T00:00:00Z"),
        (1484775676, "2017-01-18T21:41:16Z"),
        (1484775676.045, "2017-01-18T21:41:16Z"),
        (1484775676000, "2017-01-18T21:41:16Z"),
    ],
)
def test_every_form_is_read(value: object, expected: str) -> None:
    """Each form in which trails and their exports write a time is the same moment."""
    time = read_time(value)
    assert time is not None
    assert event_time(time) == expected


@pytest.mark.parametrize(
    "value",
    [
        "",
        "yesterday",
        "Foo 18, 2017 9:41:16 PM",
        "Feb 30, 2017 9:41:16 PM",
        "1e999",
        None,
        True,
        [],
        float("nan"),
        -1,
        1e18,
        20260105,
        "1767571",
        "\u0661\u0664\u0668\u0664\u0667\u0667\u0665\u0666\u0667\u0666",
    ],
)
def test_what_is_no_time_is_none(value: object) -> None:
    """What is no time of the calendar is told apart, without an exception."""
    assert read_time(value) is None


@pytest.mark.parametrize("comma", [False, True])
@pytest.mark.parametrize("second", [0, 1, 43_199, 43_200, 86_399, 1_484_775_676, 4_102_444_799])
def test_what_is_written_is_read_again(second: int, comma: bool) -> None:
    """The two text forms that are written are read as the same second."""
    time = second * 1_000_000
    assert read_time(text_time(time, comma=comma)) == time
    assert read_time(event_time(time)) == time
