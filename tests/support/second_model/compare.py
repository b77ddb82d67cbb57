"""The simulation and the second model side by side: what is asked of both, and that both say the same."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from orgsim.api import Client, Simulation
from orgsim.api.simulation import START
from orgsim.engine.errors import Refused
from orgsim.engine.shapes.handshakes import Handshake
from support.second_model.parties import LIVE, Refusal, Thing
from support.second_model.policies import Governed

MANAGERS = ("111111111111", "222222222222")
ACCOUNTS = (*MANAGERS, "333333333333", "444444444444", "555555555555", "666666666666")
FAILURE = "PAYMENT_INSTRUMENT_MISSING"


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


def pick(drawn: int, candidates: Sequence[Any], otherwise: Any) -> Any:
    """Mostly one of those that will do."""
    return candidates[drawn % len(candidates)] if candidates and drawn % 8 else otherwise


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

    def __init__(self, sim: Simulation, service: Governed) -> None:
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

    async def compare_list(self, foretell: Callable[[], Any], reply: Callable[[], Awaitable[Any]]) -> None:
        """A question, the answer to which comes in the form in which the model foretells it."""
        predicted, answered = await self.both(foretell, reply)
        assert answered == predicted

    async def everything(self, account: str, method: str, member: str, **members: Any) -> list[Any]:
        """All pages of a list."""
        client = self.sim.client(account)
        pages = client.paginate(getattr(client, method), **members)
        return [row async for page in pages for row in getattr(page, member)]

    def home(self, who: int | str) -> Thing:
        """The organization of somebody; of the first manager, if he is in none."""
        organizations = self.service.organizations
        return self.service.home(self.account(who)) or organizations[0]

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
            roots = (await self.client(who).list_roots()).roots
            self.service.called(organization, organization["units"][0], roots[0].id)

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
            await self.compare_lists(account, size)
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

    async def compare_lists(self, account: str, size: int) -> None:
        for foretell, method in [
            (self.service.list_received, "list_handshakes_for_account"),
            (self.service.list_sent, "list_handshakes_for_organization"),
        ]:
            handshakes, found = await self.both(
                lambda foretell=foretell: foretell(account),
                lambda method=method: self.everything(account, method, "handshakes", max_results=size),
            )
            assert [shown(handshake) for handshake in found or ()] == [foretold(one) for one in handshakes or ()]
        members, found = await self.both(
            lambda: self.service.list_accounts(account),
            lambda: self.everything(account, "list_accounts", "accounts", max_results=size),
        )
        assert [(one.id, one.joined_method, seconds(one.joined_timestamp)) for one in found or ()] == (members or [])
        creations, found = await self.both(
            lambda: self.service.list_creations(account),
            lambda: self.everything(account, "list_create_account_status", "create_account_statuses", max_results=size),
        )
        assert [
            (status.id, status.state, status.account_id, status.failure_reason, seconds(status.requested_timestamp))
            for status in found or ()
        ] == [(one["id"], one["state"], one["account"], one["failure"], one["requested"]) for one in creations or ()]
