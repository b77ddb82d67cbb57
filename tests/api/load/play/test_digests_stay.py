"""A scenario file goes on meaning what it meant: the digests of runs that were made with earlier versions."""

import pytest
from support.every_step import LIMITED, WITHOUT_LIMITS
from support.play_scenario import play
from support.repository import SCENARIOS

from orgsim.api.load.run import play_scenario
from orgsim.api.load.scenario import load_scenario, parse_scenario
from orgsim.api.load.scenario.model import Parameter
from orgsim.engine.log import MemoryLog

SMALL: dict[str, tuple[dict[str, Parameter], str]] = {
    "enable-all-features": (
        {"accounts": 60, "accept": 0.8},
        "5c832f180ae91bdb92d7b2e081d828b36e3d75f7dcd2da414c9bf59f36349ffd",
    ),
    "merge-organizations": ({"accounts": 40}, "678960d55dddede031de55641756ac99ada3b066922c9639b726e89e69f8fddc"),
    "vend-accounts": ({"accounts": 30}, "c46a856f8ea2e517f9ae4713efe61184d349d0e7252e335ffad48353d057ccc2"),
    "close-accounts": (
        {"accounts": 30, "kept": 20},
        "99e43474b96ababddb70f1cc8cd86e140f29b4e92cb242b5d095d0d294530961",
    ),
    "redesign-ous": ({"prod": 6, "dev": 9}, "92d104737ffac62ea91df2cae5cd7cc3d3e804565bc3a44eb1df7e56d8e464fa"),
}
"""Shipped scenario to the parameters that make it small, and its digest."""


ACQUISITION = """
description = "We acquire Initech: are its 3,200 accounts ours, and do we have all features, inside 60 days?"
start = 2026-03-02T08:00:00Z # a Monday: owners answer in office hours
throttle = "aws"
parameters = { accounts = 3_200, ignore = 0.25 } # `--set ignore=0.5`: half of the owners ignore the first mail
steps = [
  { action = "invite", organization = "ours", population = "owners", pace = { over_days = 14 } },
  { action = "wait_for_answers" },
  { action = "enable_all_features", organization = "ours" },
  { action = "wait_for_answers" },
  { action = "remove_declined", organization = "ours", silent = true }, # one that says nothing would block all
  { action = "finalize", organization = "ours" },
]
organizations.ours = { accounts = 500, created = 1.0 }
organizations.initech = { management_account = "222222222222", accounts = "$accounts" }

[populations.owners]
origin = "member"
of = "initech"
invitation.after_reminder = "$ignore"
invitation.remind_after_days = [7, 12]
invitation.reminded_accept = [0.6, 0.5] # of those that still wait: one in five of them never answers
invitation.delay = { distribution = "office_hours", median_hours = 8, sigma = 1.0, at_most_hours = 80 }
migration.delay = { distribution = "office_hours", median_hours = 8, sigma = 1.0, at_most_hours = 120 }

[thresholds]
virtual_days = "< 60"
joined_share = ">= 0.9"
finalize_days = "< 30"
"""
"""The acquisition as it was written before it could be said in fewer words."""


async def test_the_long_acquisition() -> None:
    """An acquisition with an origin, a management account and delays for each request gives the log that it gave."""
    scenario = parse_scenario(ACQUISITION, {"accounts": 40})
    digest = (await play_scenario(scenario, MemoryLog())).digest
    assert digest == "989b92d84dbd5f70d824636327081bf040f347d62bd127c450975f04952398bd"


@pytest.mark.parametrize("name", SMALL)
async def test_shipped(name: str) -> None:
    """A shipped scenario gives the log that it always gave."""
    parameters, digest = SMALL[name]
    scenario = await load_scenario(SCENARIOS / f"{name}.toml", parameters)
    assert (await play_scenario(scenario, MemoryLog())).digest == digest


@pytest.mark.parametrize(
    ("text", "digest"),
    [
        (WITHOUT_LIMITS, "d0ac6394acb2d44d334d84ea2994becf60947bfa995eb7c231d33bd5a5f3b442"),
        (LIMITED, "bc697a5eb1a05dbe51e4b0a0aed6405fb1c9701715ff87c195893eb50a104879"),
    ],
    ids=["without limits", "under limits"],
)
async def test_every_step(text: str, digest: str) -> None:
    """A list of all kinds of steps gives the log that it always gave."""
    assert (await play(text)).digest == digest
