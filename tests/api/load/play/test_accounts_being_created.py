"""What a track creates, the steps of other tracks find as soon as it is there."""

from typing import Any

import pytest
from support.play_scenario import play, population, step, track

WORLD = [
    'organizations.ours = { feature_set = "ALL" }',
    'organizations.theirs = { feature_set = "ALL" }',
    "quotas = { created_account_minimum_age_days = 0 }",
    population("made", "created", 10),
]
TAG = {"ResourceId": "{account}", "Tags": [{"Key": "index", "Value": "{index}"}]}


@pytest.mark.parametrize(
    "keys",
    [{}, {"then": [{"action": "TagResource", "with": TAG}]}, {"retry": {"attempts": 3}, "retry_failed": True}],
    ids=["plain", "pipeline", "tried again"],
)
@pytest.mark.parametrize(
    ("step_keys", "calls"),
    [
        ({"action": "close_accounts", "population": "made", "organization": "ours", "share": 0.5}, 2),
        ({"action": "TagResource", "for_each": "made", "organization": "ours", "with_": TAG}, 4),
        ({"action": "invite", "population": "made", "organization": "theirs"}, 4),
    ],
    ids=["close", "for each", "invite"],
)
async def test_accounts_so_far(keys: dict[str, Any], step_keys: dict[str, Any], calls: int) -> None:
    """After three and a half days at one account a day another track has four accounts to do something with."""
    create = step("create_accounts", population="made", organization="ours", pace={"per_day": 1}, **keys)
    outcome = await play(*WORLD, track("vending", create), track("other", step(**step_keys), from_day=3.5))
    (other,) = [each for each in outcome.steps if each.track == "other"]
    assert (other.commands - other.answers, other.refused) == (calls, 0)
    assert not outcome.warnings


async def test_created_twice() -> None:
    """A second step of another track creates none of the accounts that the first is creating, whoever looks at them."""
    create = step("create_accounts", population="made", organization="ours", pace={"per_day": 1})
    closing = step("close_accounts", population="made", organization="ours")
    again = step("create_accounts", population="made", organization="ours")
    outcome = await play(*WORLD, track("vending", create), track("other", closing, again, from_day=3.5))
    assert outcome.account_creations == {"SUCCEEDED": 10}
    assert outcome.warnings == (
        "track other, step 2: nothing of made is left to create: all accounts are there or asked for",
    )


async def test_answers_of_accounts_so_far() -> None:
    """Accounts that another organization invites while others are still being created answer, and are its members."""
    create = step("create_accounts", population="made", organization="ours", pace={"per_day": 1})
    invite = step("invite", population="made", organization="theirs")
    outcome = await play(*WORLD, track("vending", create), track("other", invite, from_day=3.5))
    assert outcome.parts["organizations.theirs"].metrics["joined"] == 4
