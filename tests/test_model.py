"""The simulation against the second model: random commands to both, and every reply has to be the one foretold.

``ORGSIM_CAMPAIGN=20000 pytest tests/test_model.py`` plays so many random scripts, longer ones, and others every time.
"""

import os
import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any

import anyio
import pytest
from model import DAY, LIVE, Refusal, Service, Thing

from orgsim.api import Client, Simulation
from orgsim.api.simulation import START
from orgsim.engine.errors import Refused
from orgsim.engine.settings import Quotas, Settings
from orgsim.engine.shapes.handshakes import Handshake

CAMPAIGN = int(os.environ.get("ORGSIM_CAMPAIGN", "0"))
LENGTH = 150 if CAMPAIGN else 60
MANAGERS = ("111111111111", "222222222222")
ACCOUNTS = (*MANAGERS, "333333333333", "444444444444", "555555555555", "666666666666")
STATED = {"333333333333": "Third@example.com"}
QUOTAS = Quotas(accounts=6, invitations_per_day=5, all_features_migration_accounts=4)
STEPS = (60, 60, 3_600, 3_600, 23 * 3_600, DAY, DAY, 4 * DAY, 4 * DAY, 11 * DAY, 15 * DAY, 30 * DAY, 75 * DAY, 90 * DAY)
FAILURE = "PAYMENT_INSTRUMENT_MISSING"

Command = tuple[Any, ...]


def target(draw: Random) -> tuple[str, int | str]:
    """Whom to invite: mostly an account by its number, often by its address, sometimes nobody at all."""
    malformed = [("ACCOUNT", "33333"), ("EMAIL", "nobody"), ("ORGANIZATION", "o-1234567890"), ("EMAIL", "x@y.zz")]
    return draw.choice([*[("ACCOUNT", draw.randrange(60))] * 8, *[("EMAIL", draw.randrange(60))] * 4, *malformed])


def manager(draw: Random) -> str:
    return draw.choice(MANAGERS)


def number(draw: Random) -> int:
    return draw.randrange(60)


def features(draw: Random) -> str:
    return draw.choice(["CONSOLIDATED_BILLING", "CONSOLIDATED_BILLING", "ALL"])


def step(draw: Random) -> int:
    return draw.choice(STEPS)


def action(draw: Random) -> str:
    return draw.choice([*["INVITE"] * 3, *["APPROVE_ALL_FEATURES"] * 2, "ENABLE_ALL_FEATURES"])


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
    (10, "advance", (step,)),
]


def random_script(seed: int) -> tuple[list[Command], bool, int]:
    """Commands, whether account creation takes its time, and the size of pages."""
    draw = Random(seed)
    names = draw.choices(COMMANDS, weights=[often for often, _, _ in COMMANDS], k=LENGTH)
    script = [(name, *(drawn(draw) for drawn in arguments)) for _, name, arguments in names]
    return script, draw.random() < 0.3, draw.randint(1, 20)


def seconds(moment: datetime) -> float:
    return (moment - START) / timedelta(seconds=1)


def foretold(handshake: Thing) -> tuple[Any, ...]:
    """A handshake of the model, in the form in which both are compared."""
    kind, party = handshake["kind"], handshake["target"]
    if handshake["accepted by"]:
        kind, party = "ACCOUNT", handshake["accepted by"]
    parties = [("ORGANIZATION", handshake["organization"]["id"])] + ([(kind, party)] if kind else [])
    parent = handshake["parent"] and handshake["parent"]["id"].removeprefix("h-")
    return (
        handshake["id"],
        handshake["action"],
        handshake["state"],
        parties,
        handshake["requested"],
        handshake["expires"],
        handshake["offers"],
        parent,
    )


def shown(handshake: Handshake) -> tuple[Any, ...]:
    """A handshake of the simulation, in the same form."""
    resources = [resource for outer in handshake.resources for resource in (outer, *(outer.resources or ()))]
    values = {resource.type: resource.value for resource in resources}
    return (
        handshake.id,
        handshake.action,
        handshake.state,
        [(party.type, party.id) for party in handshake.parties],
        seconds(handshake.requested_timestamp),
        seconds(handshake.expiration_timestamp),
        values.get("ORGANIZATION_FEATURE_SET"),
        values.get("PARENT_HANDSHAKE"),
    )


class Duel:
    """Both of them, and what is asked of both."""

    def __init__(self, sim: Simulation, service: Service) -> None:
        self.sim = sim
        self.service = service
        self.names = 0

    @property
    def accounts(self) -> list[str]:
        """Everybody there is to ask, created accounts included."""
        created = [creation["account"] for creation in self.service.creations if creation["account"]]
        return [*ACCOUNTS, *created]

    def account(self, drawn: int | str) -> str:
        return self.accounts[drawn % len(self.accounts)] if isinstance(drawn, int) else drawn

    def client(self, drawn: int | str) -> Client:
        return self.sim.client(self.account(drawn))

    def handshake(self, drawn: int) -> Thing | None:
        """Mostly one that can still be answered; sometimes one that has ended, or has been purged."""
        everything = self.service.handshakes
        live = [handshake for handshake in everything if handshake["state"] in LIVE]
        candidates = live if live and drawn % 4 else everything
        return candidates[drawn % len(candidates)] if candidates else None

    async def both(
        self, foretell: Callable[[], Any], reply: Callable[[], Awaitable[Any]]
    ) -> tuple[Any, Any] | tuple[None, None]:
        """Both are asked; either both refuse, with the same code and reason, or both answer."""
        predicted = answered = None
        expected: tuple[str, str | None] | None = None
        try:
            predicted = foretell()
        except Refusal as refusal:
            expected = (refusal.code, refusal.reason)
        actual: tuple[str, str | None] | None = None
        try:
            answered = await reply()
        except Refused as refusal:
            actual = (refusal.code, refusal.reason)
        assert actual == expected
        return predicted, answered

    async def write(self, foretell: Callable[[], Any], reply: Callable[[], Awaitable[Any]]) -> None:
        """A command whose answer is a handshake."""
        handshake, answered = await self.both(foretell, reply)
        if handshake is not None:
            assert answered is not None
            handshake["id"] = handshake["id"] or answered.handshake.id
            assert shown(answered.handshake) == foretold(handshake)

    # Commands.

    async def create_organization(self, who: int | str, features: str) -> None:
        organization, reply = await self.both(
            lambda: self.service.create_organization(self.account(who), features),
            lambda: self.client(who).create_organization(feature_set=features),
        )
        if organization:
            organization["id"] = reply.organization.id
            assert reply.organization.feature_set == features

    async def delete_organization(self, who: int) -> None:
        await self.both(
            lambda: self.service.delete_organization(self.account(who)), self.client(who).delete_organization
        )

    async def invite(self, who: int | str, whom: tuple[str, int | str]) -> None:
        kind, drawn = whom
        party = drawn if isinstance(drawn, str) else self.account(drawn)
        if kind == "EMAIL" and not isinstance(drawn, str):
            party = self.service.addresses.get(party, f"{party}@accounts.example")
        wanted = {"Type": kind, "Id": party}
        await self.write(
            lambda: self.service.invite(self.account(who), kind, party),
            lambda: self.client(who).invite_account_to_organization(target=wanted),
        )

    async def answer(self, verb: str, who: int | str, handshake_id: str) -> None:
        client = self.client(who)
        method = getattr(client, f"{verb}_handshake")
        await self.write(
            lambda: getattr(self.service, verb)(self.account(who), handshake_id),
            lambda: method(handshake_id=handshake_id),
        )

    async def accept(self, who: int, which: int) -> None:
        await self.answer_one("accept", who, which)

    async def decline(self, who: int, which: int) -> None:
        await self.answer_one("decline", who, which)

    async def cancel(self, who: int, which: int) -> None:
        await self.answer_one("cancel", who, which)

    async def answer_one(self, verb: str, who: int | str, which: int) -> None:
        handshake = self.handshake(which)
        if handshake is None:
            await self.answer(verb, who, "h-00000000")
            return
        right = handshake["organization"]["manager"] if verb == "cancel" else self.service.recipient(handshake)
        # Three times out of four the one who may.
        await self.answer(verb, right if right and isinstance(who, int) and who % 4 else who, handshake["id"])

    async def accept_all(self, action: str) -> None:
        for handshake in list(self.service.handshakes):
            recipient = self.service.recipient(handshake)
            if handshake["action"] == action and handshake["state"] in LIVE and recipient:
                await self.answer("accept", recipient, handshake["id"])

    async def enable_all_features(self, who: int | str) -> None:
        client = self.client(who)
        before = len(self.service.handshakes)
        await self.write(lambda: self.service.enable_all_features(self.account(who)), client.enable_all_features)
        started = self.service.handshakes[before:]
        if started:
            wanted = {"ParentHandshakeId": started[0]["id"]}
            pages = client.paginate(client.list_handshakes_for_organization, filter=wanted)
            found = [handshake async for page in pages for handshake in page.handshakes]
            children = started[:0:-1]
            assert len(found) == len(children)
            for child, handshake in zip(children, found, strict=True):
                child["id"] = handshake.id
                assert shown(handshake) == foretold(child)

    def member(self, drawn: int) -> str:
        """Mostly somebody who is a member and no management account."""
        members = [
            account
            for organization in self.service.organizations
            for account in organization["members"]
            if account != organization["manager"]
        ]
        return members[drawn % len(members)] if members and drawn % 4 else self.account(drawn)

    async def remove(self, who: str, whom: int) -> None:
        gone = self.member(whom)
        await self.both(
            lambda: self.service.remove(self.account(who), gone),
            lambda: self.client(who).remove_account_from_organization(account_id=gone),
        )

    async def leave(self, who: int) -> None:
        leaving = self.member(who)
        await self.both(lambda: self.service.leave(leaving), self.client(leaving).leave_organization)

    async def create_account(self, who: str, drawn: int) -> None:
        self.names += 1
        # Sometimes somebody's address, sometimes the same again, mostly a new one; never one of the other manager's.
        address = f"{self.names}@of-{who}.example"
        if drawn % 5 == 0:
            address = ("third@EXAMPLE.com", f"{MANAGERS[0]}@accounts.example")[drawn % 2]
        elif drawn % 5 == 1:
            address = f"Same{drawn % 2}@of-{who}.example"
        name = f"Account {self.names}"
        creation, reply = await self.both(
            lambda: self.service.create_account(self.account(who), address, name),
            lambda: self.client(who).create_account(email=address, account_name=name),
        )
        if creation:
            status = reply.create_account_status
            creation["id"] = status.id
            assert (status.state, status.account_name, status.account_id) == ("IN_PROGRESS", name, None)

    async def trouble(self, who: int) -> None:
        """The account loses its means of payment, or has one again."""
        account = self.account(who)
        self.service.penniless ^= {account}
        await self.sim.describe_account(account, conditions=[FAILURE] if account in self.service.penniless else [])

    async def advance(self, length: int) -> None:
        await self.sim.advance(timedelta(seconds=length))
        self.service.advance(length)

    # What has come of it.

    async def settle(self) -> None:
        """What is due now happens in both, and the model learns the numbers of new accounts."""
        self.service.advance(0)
        unnamed = [creation for creation in self.service.creations if str(creation["account"]).startswith("created")]
        for creation in unnamed:
            client = self.sim.client(creation["organization"]["manager"])
            reply = await client.describe_create_account_status(create_account_request_id=creation["id"])
            status = reply.create_account_status
            assert status.state == "SUCCEEDED"
            assert status.account_id is not None
            assert status.completed_timestamp is not None
            since = seconds(status.completed_timestamp)
            shortest, longest = (2, 48) if self.service.creation_takes else (0, 0)
            assert shortest <= since - creation["requested"] <= longest
            self.service.adopt(creation, status.account_id, since)

    async def compare(self, size: int) -> None:
        """Everybody asks for everything."""
        for account in self.accounts:
            client = self.sim.client(account)
            await self.compare_lists(account, client, size)
            organization, reply = await self.both(
                lambda account=account: self.service.describe_organization(account), client.describe_organization
            )
            if organization:
                answered = reply.organization
                assert (answered.id, answered.feature_set) == (organization["id"], organization["features"])
                assert answered.master_account_id == organization["manager"]
            for handshake in self.service.handshakes:
                wanted = handshake["id"]
                await self.write(
                    lambda account=account, wanted=wanted: self.service.describe_handshake(account, wanted),
                    lambda client=client, wanted=wanted: client.describe_handshake(handshake_id=wanted),
                )

    async def compare_lists(self, account: str, client: Client, size: int) -> None:
        async def everything(method: Callable[..., Awaitable[Any]], member: str) -> list[Any]:
            pages = client.paginate(method, max_results=size)
            return [row async for page in pages for row in getattr(page, member)]

        for foretell, method in [
            (self.service.list_received, client.list_handshakes_for_account),
            (self.service.list_sent, client.list_handshakes_for_organization),
        ]:
            handshakes, found = await self.both(
                lambda foretell=foretell: foretell(account),
                lambda method=method: everything(method, "handshakes"),
            )
            assert [shown(handshake) for handshake in found or ()] == [foretold(one) for one in handshakes or ()]
        members, found = await self.both(
            lambda: self.service.list_accounts(account), lambda: everything(client.list_accounts, "accounts")
        )
        assert [(one.id, one.joined_method, seconds(one.joined_timestamp)) for one in found or ()] == (members or [])
        creations, found = await self.both(
            lambda: self.service.list_creations(account),
            lambda: everything(client.list_create_account_status, "create_account_statuses"),
        )
        assert [
            (status.id, status.state, status.account_id, status.failure_reason, seconds(status.requested_timestamp))
            for status in found or ()
        ] == [(one["id"], one["state"], one["account"], one["failure"], one["requested"]) for one in creations or ()]


async def play(script: list[Command], slow: bool, size: int) -> Service:
    """Play a script with both of them; the model as it is in the end."""
    limits = {"accounts": QUOTAS.accounts, "migrating": QUOTAS.all_features_migration_accounts}
    service = Service(**limits, invitations=QUOTAS.invitations_per_day or 0, creation_takes=30 if slow else 0)
    service.addresses.update(STATED)
    async with Simulation(
        seed=size, settings=Settings(latency="realistic" if slow else "instant", quotas=QUOTAS)
    ) as sim:
        for account, address in STATED.items():
            await sim.describe_account(account, email=address)
        duel = Duel(sim, service)
        await duel.create_organization(MANAGERS[0], "CONSOLIDATED_BILLING")
        await duel.create_organization(MANAGERS[1], "CONSOLIDATED_BILLING")
        for command, *drawn in script:
            await getattr(duel, command)(*drawn)
            await duel.settle()
        await duel.compare(size)
    return service


def failure(script: list[Command], slow: bool, size: int, backend: str) -> Exception | None:
    try:
        anyio.run(play, script, slow, size, backend=backend)
    except Exception as error:
        return error
    return None


def reduced(script: list[Command], slow: bool, size: int, backend: str) -> list[Command]:
    """A part of a failing script that fails as well, and of which nothing can be left out."""
    length = len(script) // 2
    while length:
        for begin in range(len(script) - length, -1, -1):
            shorter = script[:begin] + script[begin + length :]
            if begin + length <= len(script) and failure(shorter, slow, size, backend):
                script = shorter
        length //= 2
    return script


def test_simulation_does_what_the_model_foretells(anyio_backend: str) -> None:
    """Every reply to every command, and everything that can be read in the end, is what the model foretells."""
    first = secrets.randbits(48) if CAMPAIGN else 0
    for seed in range(first, first + (CAMPAIGN or 200)):
        script, slow, size = random_script(seed)
        if failure(script, slow, size, anyio_backend):
            shorter = reduced(script, slow, size, anyio_backend)
            print(f"seed {seed}, in short: play({shorter}, {slow}, {size})")
            anyio.run(play, shorter, slow, size, backend=anyio_backend)


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
    service = await play(script, True, 3)
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
    "daily quota": [*INVITE_FIVE, ONE_MORE, ("advance", DAY - 60), ONE_MORE, ("advance", 60), ONE_MORE],
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
        ("advance", 4 * DAY - 60),
        ("remove", MANAGERS[0], 1),
        ("advance", 60),
        ("remove", MANAGERS[0], 1),
    ],
    "purge": [*INVITE_FIVE, ("advance", 45 * DAY - 60), ("decline", 1, 0), ("advance", 60), ("decline", 1, 0)],
}


@pytest.mark.parametrize("script", BOUNDARIES.values(), ids=BOUNDARIES.keys())
@pytest.mark.parametrize("slow", [False, True], ids=["instant", "slow"])
async def test_boundaries(script: list[Command], slow: bool) -> None:
    """What happens exactly at the end of a period is what the model foretells, too."""
    await play(script, slow, 20)
