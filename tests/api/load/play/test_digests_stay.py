"""A scenario file goes on meaning what it meant: the digests of runs that were made with earlier versions."""

import pytest
from support.every_step import LIMITED, WITHOUT_LIMITS
from support.play_scenario import play
from support.repository import SCENARIOS

from orgsim.api.load.play import play_scenario
from orgsim.api.load.scenario import load_scenario
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
