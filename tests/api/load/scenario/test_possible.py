"""What a key can be is told in the words of people who write TOML."""

from datetime import datetime
from typing import Annotated, Any, Literal

import pytest
from msgspec import Meta

from orgsim.api.delays import Delay, Fixed
from orgsim.api.load.scenario.possible import as_share, possible, shown
from orgsim.engine.ids import AccountId
from orgsim.engine.words import FeatureSet


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (int, "a whole number"),
        (Annotated[int, Meta(ge=1, le=5_000)], "a whole number from 1 to 5,000"),
        (Annotated[float, Meta(ge=0)], "a number from 0 up"),
        (Annotated[float, Meta(gt=0, le=1)], "a number above 0 up to 1"),
        (Annotated[float, Meta(le=1.5)], "a number up to 1.5"),
        (Annotated[str, Meta(min_length=1)], "a text that is not empty"),
        (Annotated[str, Meta(max_length=512)], "a text of 0 to 512 characters"),
        (str, "a text"),
        (AccountId, "twelve digits in quotes"),
        (bool | None, "true or false"),
        (Literal["off", "aws"], '"off" or "aws"'),
        (FeatureSet, '"ALL" or "CONSOLIDATED_BILLING"'),
        (Annotated[datetime, Meta(tz=True)], "a moment with a time zone, such as 2026-01-05T09:00:00Z"),
        (tuple[str, ...], "a list, each item a text"),
        (Annotated[tuple[Fixed, ...], Meta(min_length=1)], "a list of at least 1, each item a table"),
        (
            Annotated[float, Meta(ge=0, le=1)] | tuple[bool, ...],
            "a number from 0 to 1 or a list, each item true or false",
        ),
        (dict[str, Any], "a table"),
        (Delay, "a table"),
    ],
)
def test_possible(wanted: Any, words: str) -> None:
    """Each kind of value has its words, with its bounds."""
    assert set(possible(wanted).split(" or ")) == set(words.split(" or "))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (2.0, "2.0"),
        ("é\n", '"é\\n"'),
        ("x" * 100, '"' + "x" * 58 + "…"),
        ({}, "a table"),
        ([1], "a list"),
        (datetime(2026, 1, 5).date(), "2026-01-05"),  # as TOML has it, without a zone
    ],
)
def test_shown(value: Any, text: str) -> None:
    """What stands there is told as it stands there, in one short line."""
    assert shown(value) == text


@pytest.mark.parametrize(
    ("value", "said"),
    [(95, "; 95 % is 0.95"), (2.5, "; 2.5 % is 0.025"), (1.5, ""), (101, ""), (-5, ""), (True, ""), ("95", "")],
)
def test_percentages(value: Any, said: str) -> None:
    """A number that can be a percentage where a share is wanted is told with the share that it is."""
    assert as_share(value) == said
