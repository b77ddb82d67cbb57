"""Titles say what a run was about: what it did not have, such as a migration or a deadline, they do not name."""

import pytest
from support.play_scenario import ENDED, after, play, population, step

from orgsim.api.load import wording
from orgsim.api.load.report.over_time import time_charts

INVITED = [population("p", "invited", 3, invitation={"delay": after(1)}), step("invite", population="p"), ENDED]


@pytest.mark.parametrize(
    ("steps", "title"),
    [
        ([], "From invitation to membership"),
        ([step("enable_all_features"), ENDED], "From invitation to all features"),
    ],
)
async def test_the_way(steps: list[str], title: str) -> None:
    """The first chart goes as far as the run: to membership, or to all features."""
    assert next(iter(time_charts(await play(*INVITED, *steps)))).title == title


@pytest.mark.parametrize(
    ("keys", "head"),
    [
        ({"after_reminder": 1, "remind_after_days": [2]}, "follow it"),
        ({"accept": 0, "deadline_days": 2}, "follow it, or escalated"),
    ],
)
async def test_reminders_and_deadlines(keys: dict[str, object], head: str) -> None:
    """A reminder is followed; behind a deadline stands how many were escalated."""
    outcome = await play(population("p", "invited", 3, invitation=keys), *INVITED[1:])
    assert wording.follow_up_heads(outcome)[-1] == head
