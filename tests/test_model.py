"""The simulation against the second model: random commands to both, and every reply has to be the one foretold.

``ORGSIM_CAMPAIGN=20000 pytest tests/test_model.py`` plays so many random scripts, longer ones, and others every time.
"""

import secrets
from collections.abc import Callable
from functools import partial
from random import Random
from typing import Any, NamedTuple

import anyio
import pytest
from support.campaign import CAMPAIGN
from support.second_model.compare import ACCOUNTS, MANAGERS
from support.second_model.compare_policies import SERVICES, FullDuel
from support.second_model.parties import DAY, FULL_ACCESS
from support.second_model.policies import SCP, TAG, Governed
from support.shrink import shortened

from orgsim.api import Simulation
from orgsim.engine.settings import Quotas, Settings

pytestmark = [pytest.mark.slow, pytest.mark.campaign]

LENGTH = 200 if CAMPAIGN else 100
STATED = {"333333333333": "Third@example.com"}
QUOTAS = Quotas(
    accounts=6,
    invitations_per_day=5,
    all_features_migration_accounts=4,
    organizational_units=5,
    organizational_unit_depth=2,
    concurrent_account_closures=2,
    account_closures_per_30_days=3,
)
LIMITS = {
    "accounts": QUOTAS.accounts,
    "invitations": 5,
    "migrating": QUOTAS.all_features_migration_accounts,
    "units": QUOTAS.organizational_units,
    "depth": QUOTAS.organizational_unit_depth,
    "closing": QUOTAS.concurrent_account_closures,
    "closures": 3,
}
# Whole steps of twenty minutes, in which slow things are over, however long they take.
STEPS = (
    1_200,
    1_200,
    3_600,
    3_600,
    23 * 3_600,
    DAY,
    DAY,
    4 * DAY,
    4 * DAY,
    11 * DAY,
    15 * DAY,
    30 * DAY,
    75 * DAY,
    90 * DAY,
)

Command = tuple[Any, ...]


def target(draw: Random) -> tuple[str, int | str]:
    """Whom to invite: mostly an account by its number, often by its address, sometimes nobody at all."""
    malformed = [("ACCOUNT", "33333"), ("EMAIL", "nobody"), ("ORGANIZATION", "o-1234567890"), ("EMAIL", "x@y.zz")]
    return draw.choice([*[("ACCOUNT", draw.randrange(60))] * 8, *[("EMAIL", draw.randrange(60))] * 4, *malformed])


def manager(draw: Random) -> str:
    return draw.choice([*[MANAGERS[0]] * 3, MANAGERS[1]])


def number(draw: Random) -> int:
    return draw.randrange(60)


def features(draw: Random) -> str:
    return draw.choice(["CONSOLIDATED_BILLING", "CONSOLIDATED_BILLING", "ALL"])


def step(draw: Random) -> int:
    return draw.choice(STEPS)


def action(draw: Random) -> str:
    return draw.choice([*["INVITE"] * 3, *["APPROVE_ALL_FEATURES"] * 2, "ENABLE_ALL_FEATURES"])


def unit_name(draw: Random) -> str:
    return draw.choice(["Alpha", "Beta", "alpha", "Gamma"])


def new_unit_name(draw: Random) -> str | None:
    return draw.choice([None, "", " ", "Alpha", "Beta"])


def kind(draw: Random) -> str:
    return draw.choice([SCP, TAG])


def policy_name(draw: Random) -> str:
    return draw.choice(["One", "Two", "Three", "FullAWSAccess"])


def tags(draw: Random) -> list[tuple[str, str]]:
    keys = draw.choices(["team", "Team", "cost centre", "aws:mine"], weights=[6, 4, 2, 1], k=draw.randrange(4))
    return [(key, draw.choice(["", "blue"])) for key in keys]


def service(draw: Random) -> str:
    return draw.choice([*[SERVICES[0]] * 4, *SERVICES])


def truth(draw: Random) -> bool:
    return draw.random() < 0.7


# How often a command comes, its name, and what is drawn for it.
COMMANDS: list[tuple[int, str, tuple[Callable[[Random], Any], ...]]] = [
    (1, "create_organization", (number, features)),
    (2, "create_organization", (manager, features)),
    (1, "delete_organization", (number,)),
    (2, "invite", (number, target)),
    (10, "invite", (manager, target)),
    (8, "accept", (number, number)),
    (3, "decline", (number, number)),
    (3, "cancel", (number, number)),
    (4, "accept_all", (action,)),
    (1, "enable_all_features", (number,)),
    (4, "enable_all_features", (manager,)),
    (2, "remove", (manager, number)),
    (2, "leave", (number,)),
    (2, "create_account", (manager, number)),
    (1, "trouble", (number,)),
    (12, "advance", (step,)),
    (1, "create_unit", (number, number, unit_name)),
    (6, "create_unit", (manager, number, unit_name)),
    (2, "rename_unit", (manager, number, new_unit_name)),
    (2, "delete_unit", (manager, number)),
    (5, "move", (manager, number, number, number)),
    (4, "close", (manager, number)),
    (1, "create_policy", (number, kind, policy_name, number)),
    (5, "create_policy", (manager, kind, policy_name, number)),
    (2, "update_policy", (manager, number, policy_name, number)),
    (2, "delete_policy", (manager, number)),
    (1, "attach", (number, number, number)),
    (8, "attach", (manager, number, number)),
    (4, "detach", (manager, number, number)),
    (3, "enable_type", (manager, number, kind)),
    (1, "disable_type", (manager, number, kind)),
    (4, "tag", (manager, number, tags)),
    (1, "tag", (number, number, tags)),
    (2, "untag", (manager, number, tags)),
    (3, "trust", (manager, service, truth)),
    (4, "delegate", (manager, number, service, truth)),
]


class Game(NamedTuple):
    """What is played, and under which circumstances."""

    script: list[Command]
    slow: bool = False
    """Whether creating and closing accounts takes its time."""
    size: int = 20
    """Of pages."""
    features: str = "CONSOLIDATED_BILLING"
    """Of the first organization, to begin with."""


GATHER: list[Command] = [("invite", MANAGERS[0], ("ACCOUNT", which)) for which in (2, 3)]


def random_game(seed: int) -> Game:
    """Mostly the first organization has members before anything else happens."""
    draw = Random(seed)
    names = draw.choices(COMMANDS, weights=[often for often, _, _ in COMMANDS], k=LENGTH)
    script = [(name, *(drawn(draw) for drawn in arguments)) for _, name, arguments in names]
    gathered = [*GATHER, ("accept_all", "INVITE"), ("create_account", MANAGERS[0], 2)] if draw.random() < 0.8 else []
    features = "ALL" if draw.random() < 0.6 else "CONSOLIDATED_BILLING"
    return Game(gathered + script, draw.random() < 0.3, draw.randint(1, 20), features)


async def play(game: Game) -> Governed:
    """Play it with both of them; the model as it is in the end."""
    script, slow, size, features = game
    service = Governed(creation_takes=30 if slow else 0, **LIMITS)
    service.addresses.update(STATED)
    async with Simulation(
        seed=size, settings=Settings(latency="realistic" if slow else "instant", quotas=QUOTAS)
    ) as sim:
        for account, address in STATED.items():
            await sim.describe_account(account, email=address)
        duel = FullDuel(sim, service)
        await duel.create_organization(MANAGERS[0], features)
        await duel.create_organization(MANAGERS[1], "CONSOLIDATED_BILLING")
        for command, *drawn in script:
            await getattr(duel, command)(*drawn)
            await duel.settle()
        await duel.compare_all(size)
    return service


def failure(game: Game, backend: str) -> Exception | None:
    try:
        anyio.run(play, game, backend=backend)
    except Exception as error:
        return error
    return None


def fails(game: Game, backend: str, script: Any) -> bool:
    """Whether the game fails with this script instead of its own."""
    return failure(game._replace(script=script), backend) is not None


def test_simulation_does_what_the_model_foretells(anyio_backend: str) -> None:
    """Every reply to every command, and everything that can be read in the end, is what the model foretells."""
    first = secrets.randbits(48) if CAMPAIGN else 0
    for seed in range(first, first + (CAMPAIGN or 120)):
        game = random_game(seed)
        if failure(game, anyio_backend):
            shorter = game._replace(script=shortened(game.script, partial(fails, game, anyio_backend)))
            print(f"seed {seed}, in short: play({shorter})")
            anyio.run(play, shorter, backend=anyio_backend)


async def test_a_migration_is_foretold() -> None:
    """The comparison itself is worth something: a script that migrates an organization migrates it in both."""
    script = [
        ("invite", MANAGERS[0], ("ACCOUNT", 2)),
        ("invite", MANAGERS[0], ("EMAIL", 3)),
        ("accept_all", "INVITE"),
        ("invite", MANAGERS[0], ("ACCOUNT", 4)),
        ("create_account", MANAGERS[0], 2),
        ("enable_all_features", MANAGERS[0]),
        ("advance", DAY),
        ("invite", MANAGERS[1], ("ACCOUNT", 3)),
        ("accept_all", "APPROVE_ALL_FEATURES"),
        ("accept_all", "ENABLE_ALL_FEATURES"),
        ("accept_all", "INVITE"),
        ("advance", 30 * DAY),
    ]
    service = await play(Game(script, slow=True, size=3))
    first, second = service.organizations
    assert first["features"] == "ALL"
    assert list(second["members"]) == [MANAGERS[1], ACCOUNTS[3]]
    assert [facts["how"] for facts in first["members"].values()] == ["INVITED", "INVITED", "CREATED"]
    assert {handshake["state"] for handshake in service.handshakes} == {"PURGED"}


INVITE_FIVE: list[Command] = [
    *[("invite", MANAGERS[0], ("ACCOUNT", which)) for which in (2, 3, 4, 5)],
    ("invite", MANAGERS[0], ("EMAIL", "x@y.zz")),
]
ONE_MORE: Command = ("invite", MANAGERS[0], ("EMAIL", "one@more.zz"))

BOUNDARIES: dict[str, list[Command]] = {
    "daily quota": [*INVITE_FIVE, ONE_MORE, ("advance", DAY - 600), ONE_MORE, ("advance", 600), ONE_MORE],
    "expiry of an invitation and of its migration": [
        ("invite", MANAGERS[0], ("ACCOUNT", 2)),
        ("accept_all", "INVITE"),
        ("enable_all_features", MANAGERS[0]),
        ("advance", 75 * DAY),
        ("invite", MANAGERS[0], ("ACCOUNT", 4)),
        ("advance", 15 * DAY),
    ],
    "age of a created account": [
        ("create_account", MANAGERS[0], 2),
        ("advance", 4 * DAY - 600),
        ("remove", MANAGERS[0], 1),
        ("advance", 600),
        ("remove", MANAGERS[0], 1),
    ],
    "purge": [*INVITE_FIVE, ("advance", 45 * DAY - 600), ("decline", 1, 0), ("advance", 600), ("decline", 1, 0)],
}


GATHER_ALL: list[Command] = [*INVITE_FIVE[:4], ("accept_all", "INVITE")]
CLOSE: list[Command] = [("close", MANAGERS[0], whom) for whom in (4, 1, 2, 3)]

WITH_ALL_FEATURES: dict[str, list[Command]] = {
    "closures at a time, and in thirty days": [
        *GATHER_ALL,
        *CLOSE[:3],
        ("advance", 1_200),
        *CLOSE[2:],
        ("advance", 30 * DAY - 2_400),
        CLOSE[3],
        ("advance", 1_200),
        CLOSE[3],
    ],
    "closed, and still a member": [*GATHER_ALL, CLOSE[0], ("advance", 90 * DAY - 600), ("leave", 4)],
    "closed for good": [*GATHER_ALL, CLOSE[0], ("advance", 90 * DAY + 1_200), ("leave", 4)],
    "OUs": [
        ("create_unit", MANAGERS[0], 1, "Alpha"),
        ("create_unit", MANAGERS[0], 1, "Beta"),
        ("create_unit", MANAGERS[0], 1, "Gamma"),
        *[("create_unit", MANAGERS[0], parent, "Alpha") for parent in (1, 2, 3, 4, 5, 6, 7, 9, 10, 11)],
    ],
    "administrators": [
        *GATHER_ALL,
        ("trust", MANAGERS[0], "guardduty.amazonaws.com", True),
        *[("delegate", MANAGERS[0], whom, "guardduty.amazonaws.com", True) for whom in (1, 1, 2)],
        ("trust", MANAGERS[0], "guardduty.amazonaws.com", False),
        ("remove", MANAGERS[0], 1),
        CLOSE[1],
        ("advance", 91 * DAY),
        ("trust", MANAGERS[0], "guardduty.amazonaws.com", True),
        ("delegate", MANAGERS[0], 2, "guardduty.amazonaws.com", True),
    ],
}
# AWS's own policy is detached from one of the members, which another policy makes possible.
DETACHED: list[Command] = [
    *GATHER_ALL,
    ("enable_type", MANAGERS[0], 1, SCP),
    ("create_policy", MANAGERS[0], SCP, "One", 2),
    ("attach", MANAGERS[0], 2, 2),
    ("detach", MANAGERS[0], 4, 2),
]
AND_BACK: list[Command] = [("invite", MANAGERS[0], ("ACCOUNT", 3)), ("accept_all", "INVITE")]
WITH_ALL_FEATURES |= {
    "AWS's policy detached": DETACHED,
    "AWS's policy detached from who comes back": [*DETACHED, ("remove", MANAGERS[0], 1), *AND_BACK],
    "AWS's policy detached, and its type enabled again": [
        *DETACHED,
        ("disable_type", MANAGERS[0], 1, SCP),
        ("enable_type", MANAGERS[0], 1, SCP),
    ],
}
GAMES = {name: Game(script) for name, script in BOUNDARIES.items()}
GAMES |= {name: Game(script, features="ALL") for name, script in WITH_ALL_FEATURES.items()}


@pytest.mark.parametrize("game", GAMES.values(), ids=GAMES.keys())
@pytest.mark.parametrize("slow", [False, True], ids=["instant", "slow"])
async def test_boundaries(game: Game, slow: bool) -> None:
    """What happens exactly at a limit or at the end of a period is what the model foretells, too."""
    await play(game._replace(slow=slow))


async def test_the_detached_is_foretold() -> None:
    """The scripts do what they are for: AWS's policy is detached in both, and back for an account that comes back."""
    service = await play(Game(DETACHED, features="ALL"))
    assert (FULL_ACCESS, ACCOUNTS[3]) not in service.organizations[0]["attachments"]
    service = await play(GAMES["AWS's policy detached from who comes back"])
    assert (FULL_ACCESS, ACCOUNTS[3]) in service.organizations[0]["attachments"]
