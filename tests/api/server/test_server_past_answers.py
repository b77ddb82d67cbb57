"""Every reading operation under ``/at/POSITION/`` answers what it answered then, whatever happens afterwards."""

import json
from collections.abc import Sequence
from random import Random
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.asgi import app_of, asgi_call
from support.campaign import examples
from support.given import FOUNDER, RIVAL
from support.played_simulation import Played
from support.projection_world import questions
from support.random_commands import ACCOUNTS, kinds_of_events

from orgsim.api import Settings, Simulation
from orgsim.engine.evolve import EVOLVE
from orgsim.engine.log import snapshots_along
from orgsim.projections.reads import READS

Question = tuple[str, str, dict[str, Any]]
"""Who asks, which operation, and the members of the request."""


@pytest.fixture(autouse=True)
def close_snapshots(monkeypatch: pytest.MonkeyPatch) -> None:
    """Snapshots along logs stand a few events apart."""
    monkeypatch.setattr(snapshots_along, "SPACING", 7)


class Noted:
    """Answers over HTTP to all questions after each command, and the same questions again afterwards."""

    def __init__(self, sim: Simulation, seed: int) -> None:
        self._draw = Random(seed)
        self._sim = sim
        self._app = app_of(sim)
        self.answers: dict[int, list[tuple[Question, Any]]] = {}
        """By position."""

    async def note(self) -> None:
        """Ask every question, each as one account or another, and note the answers."""
        # Scripted faults hit those who ask about the present, not about the past.
        self._sim.faults.clear()
        await self._sim.engine.settle()
        position, views = self._sim.engine.durable, self._sim.views
        if position in self.answers:
            return
        accounts = sorted({*ACCOUNTS, *views.accounts.members})
        asked = [(self._draw.choice(accounts), *question) for question in questions(views, accounts)]
        self.answers[position] = [(question, await self._pages(question, "/")) for question in asked]

    async def require_known(self) -> None:
        """Ask again as of all positions, in any order, and compare the answers."""
        positions = [*self.answers]
        self._draw.shuffle(positions)
        for position in positions:
            for question, answers in self.answers[position]:
                again = await self._pages(question, f"/at/{position}/")
                assert again == answers, f"{question} as of position {position}"

    async def _pages(self, question: Question, path: str) -> list[Any]:
        """All pages of an answer: status, body, and why it was refused."""
        account, operation, members = question
        pages: list[Any] = []
        token: str | None = None
        while token is not None or not pages:
            body = json.dumps({**members, "NextToken": token}).encode()
            sent = await asgi_call(self._app, operation, body, key_id=account, path=path, explain=True)
            fields = dict(sent["headers"])
            pages.append((sent["status"], json.loads(sent["body"]), fields.get(b"x-orgsim-explanation")))
            token = pages[-1][1].get("NextToken")
        return pages


async def compare(seed: int, script: Sequence[int]) -> tuple[set[type], set[str]]:
    """Play random commands, and compare the answers; returns which types of events there were, and who was asked."""
    latency = Random(seed).choice(["instant", "realistic"])
    async with Simulation(seed=seed, settings=Settings(latency=latency)) as sim:
        for account in (FOUNDER, RIVAL):
            await sim.client(account).create_organization()
        # Two operations are about types with effective policies only, which few scripts enable.
        root = (await sim.client(FOUNDER).list_roots()).roots[0].id
        await sim.client(FOUNDER).enable_policy_type(root_id=root, policy_type="TAG_POLICY")
        noted = Noted(sim, seed)
        await noted.note()
        for _ in Played(sim).steps([*script]):
            await noted.note()
        await noted.require_known()
        kinds = {type(envelope.event) async for envelope in sim.events()}
    return kinds, {question[1] for answers in noted.answers.values() for question, _ in answers}


@given(st.integers(0, 2**16), st.lists(st.integers(0, 2**32 - 1), max_size=8))
def test_answers_of_then_over_http(seed: int, script: list[int]) -> None:
    """After any commands, every answer of before is given again under the position at which it was given."""
    anyio.run(compare, seed, script)


@pytest.mark.slow
@pytest.mark.campaign
def test_all_answers_of_then_over_http() -> None:
    """So it is in long stories, in which most of what can happen has happened and all 29 operations have been asked."""
    asked = set[str]()

    def happened(seed: int, script: list[int]) -> set[type]:
        kinds, operations = anyio.run(compare, seed, script)
        asked.update(operations)
        return kinds

    assert len(kinds_of_events(happened, worlds=examples(3), length=40)) > 0.4 * len(EVOLVE)
    assert asked == {*READS}
