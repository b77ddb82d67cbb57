"""Durations as people write them."""

from datetime import timedelta

import pytest

from orgsim.api.durations import read_duration, total_duration


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("15d", timedelta(days=15)),
        ("1.5h", timedelta(minutes=90)),
        ("1d12h", timedelta(hours=36)),
        ("2w3s", timedelta(weeks=2, seconds=3)),
        ("5m", timedelta(minutes=5)),
        ("0s", timedelta()),
    ],
)
def test_durations(text: str, duration: timedelta) -> None:
    """Numbers with units, one after the other, are added up."""
    assert read_duration(text) == duration


@pytest.mark.parametrize("text", ["", "15", "d", "15 d", "-1d", "1y", "15d ", "१d", "1e3d", "x" * 1000])
def test_no_durations(text: str) -> None:
    """Anything else is refused with an example, and not repeated at length."""
    with pytest.raises(ValueError, match='is not a duration such as "15d"') as refused:
        read_duration(text)
    assert len(str(refused.value)) < 150


@pytest.mark.parametrize("arguments", [{"duration": "999999999w"}, {"duration": None, "days": 1e12}])
def test_beyond_the_calendar(arguments: dict[str, float]) -> None:
    """What is longer than the calendar is refused in words."""
    with pytest.raises(ValueError, match="longer than the calendar"):
        total_duration(**arguments)  # pyright: ignore[reportArgumentType]
