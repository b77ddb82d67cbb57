"""What a message says of the names that there are: which was perhaps meant, and of many only the nearest."""

from difflib import get_close_matches
from random import Random
from string import ascii_letters

import pytest

from orgsim.api.choices import choose
from orgsim.api.load.scenario.checks import AWS_OPERATIONS
from orgsim.engine.spelling import MOST_NAMED, NEAREST, close_to, nearest


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


@pytest.mark.parametrize("seed", range(20))
def test_the_same_as_difflib(seed: int) -> None:
    """Of names as there usually are those are nearest, and in that order, that difflib finds by comparing all."""
    random = Random(seed)
    names = [*AWS_OPERATIONS]
    for _ in range(20):
        letters = [*random.choice(names)]
        for _ in range(random.randint(1, 6)):
            letters[random.randrange(len(letters))] = random.choice(["", "", *ascii_letters])
        written = "".join(letters)
        alike = get_close_matches(written, names, NEAREST, cutoff=0.0)
        assert nearest(written, names) == [*dict.fromkeys([*close_to(written, names), *alike])][:NEAREST]
        if not any(
            each.lower().startswith(written.lower()) or written.lower().startswith(each.lower()) for each in names
        ):
            assert close_to(written, names) == get_close_matches(written, names, 3)


@pytest.mark.parametrize("written", ["acount-0700-prod", "account-0700-pord", "count-0700-prod", "account-0700"])
def test_among_thousands(written: str) -> None:
    """A name that is misspelt somewhere, or begun, is found among thousands."""
    names = [f"account-{number:04d}-prod" for number in range(3_000)]
    assert choose(written, names).startswith(", did you mean `account-0700-prod`?")
    assert choose(written.upper(), names).endswith(f" and {3_000 - NEAREST} more)")


def test_names_without_end() -> None:
    """Names of any length are compared by their beginnings."""
    names = [f"{letter * 100_000}{number}" for letter in "abc" for number in range(10)]
    assert close_to("b" * 100_000, names, 1) == ["b" * 100_000 + "0"]
    assert close_to("a" + "b" * 100_000, names, 1)[0].startswith("bbb")
