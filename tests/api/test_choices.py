"""What a message says of the names that there are: which was perhaps meant, and of many only the nearest."""

import pytest

from orgsim.api.choices import choose
from orgsim.api.load.scenario.checks import AWS_OPERATIONS
from orgsim.engine.spelling import MOST_NAMED, NEAREST


def test_of_many_names_the_nearest() -> None:
    """Of more names than a line holds only the nearest are told, the number of others, and where all are."""
    few, many = [f"name{number}" for number in range(MOST_NAMED)], [*AWS_OPERATIONS]
    assert all(name in choose("x", few, "the list") for name in few)
    assert "the list" not in choose("x", few, "the list")
    told = choose("TagResorce", many, "the list")
    assert told.startswith(", did you mean `TagResource`? (there are: TagResource, UntagResource, ")
    assert told.endswith(f" and {len(many) - NEAREST} more; the list)")
    assert sum(name in told for name in many) < MOST_NAMED
    assert choose("x", []) == " (there is none)"


@pytest.mark.parametrize("name", AWS_OPERATIONS)
def test_a_beginning_is_meant_so(name: str) -> None:
    """The beginning of a name finds a name that begins so, the shortest, whatever else is spelt like it."""
    begun = name[: max(4, len(name) * 2 // 3)]
    meant = choose(begun, [*AWS_OPERATIONS]).partition("`")[2].partition("`")[0]
    assert meant == min((each for each in AWS_OPERATIONS if each.startswith(begun)), key=len)


def test_more_than_a_name_is_meant_so() -> None:
    """What begins with a name is taken for it, whatever else is spelt like it."""
    assert choose("invite_accounts", ["create_accounts", "invite"]).startswith(", did you mean `invite`?")


def test_what_is_used_is_not_meant() -> None:
    """A name that is used already is among those that there are, and is proposed only for what is spelt nearly so."""
    told = choose("reminders", ["after_reminder", "remind_after_days"], taken=["after_reminder"])
    assert told == ", did you mean `remind_after_days`? (there are: after_reminder, remind_after_days)"
    assert choose("population", ["action", "silent"], taken=["action"]) == " (there are: action, silent)"
    assert choose("cnt", ["count", "like"], taken=["count"]).startswith(", did you mean `count`?")
