"""A wait for answers ends with the last answer that can still come, and looks again when requests end without one."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.play_scenario import ENDED, after, play, population, recorded, step, toml, track, uniform

from orgsim.api.load.play.outcome import Outcome
from orgsim.engine.events import HandshakeAccepted, HandshakeCanceled
from orgsim.engine.events.envelope import Envelope
from orgsim.engine.settings import DAY
from orgsim.engine.shapes.timestamps import microseconds

REMOVE: dict[str, Any] = {"action": "RemoveAccountFromOrganization", "with": {"AccountId": "{account}"}}
MIGRATION = (step("enable_all_features", organization="ours"), ENDED)


def ours(accounts: int = 20) -> str:
    return f"organizations.ours = {{ accounts = {accounts} }}\n"


def members(**behaviours: object) -> str:
    """The members of ours as a population."""
    return "\n".join(
        ["[populations.p]", 'of = "ours"', *(f"{name} = {toml(each)}" for name, each in behaviours.items()), ""]
    )


def removal(**keys: Any) -> str:
    """A step that removes members."""
    return step(REMOVE["action"], for_each="p", with_=REMOVE["with"], **keys)


def waited_until(outcome: Outcome) -> float:
    """The day on which the wait for answers ended."""
    wait = next(each for each in outcome.steps if each.action == "wait_for_answers")
    return wait.began_days + wait.hours / 24


def last_day(outcome: Outcome, log: list[Envelope]) -> float:
    """The day on which the last request ended."""
    ends = [each.time for each in log if isinstance(each.event, (HandshakeAccepted, HandshakeCanceled))]
    return (ends[-1] - microseconds(outcome.start)) / DAY


@pytest.mark.anyio
@pytest.mark.parametrize("throttle", ["off", "aws"])
async def test_a_deadline_removes_them(throttle: str) -> None:
    """Members that a deadline removes are not waited for any longer, though their answers would have come later."""
    behaviour = {"delay": after(50), "deadline_days": 5, "escalation": REMOVE}
    text = f'throttle = "{throttle}"\n' + ours() + members(migration=behaviour)
    assert waited_until(await play(text, *MIGRATION)) == pytest.approx(5, abs=0.01)


@pytest.mark.anyio
async def test_invitations_are_canceled() -> None:
    """Invitations that a deadline cancels are waited for until the last is canceled."""
    cancel = {"action": "CancelHandshake", "with": {"HandshakeId": "{handshake}"}}
    behaviour = {"delay": after(14), "deadline_days": 5, "escalation": cancel}
    text = ours() + population("p", "invited", 20, invitation=behaviour)
    invite = step("invite", organization="ours", population="p", pace={"over_days": 3})
    outcome, log = await recorded(text, invite, ENDED)
    assert waited_until(outcome) == last_day(outcome, log) == pytest.approx(7.85)


@pytest.mark.anyio
@pytest.mark.parametrize("more", [(), (step("wait", days=100),)], ids=["ends", "goes on"])
async def test_another_track_removes_them(more: tuple[str, ...]) -> None:
    """Members that another track removes are not waited for, whether that track has ended or goes on for long."""
    other = track("other", removal(pace={"over_days": 6}), *more, from_day=2)
    outcome = await play(ours(), members(delay=after(50)), track("migration", *MIGRATION), other)
    assert waited_until(outcome) == pytest.approx(7.7)


@pytest.mark.anyio
async def test_the_migration_expires() -> None:
    """Nobody is waited for whose request ends because the migration expires, on its day 90."""
    late = ours() + members(delay=after(200))
    assert waited_until(await play(late, *MIGRATION)) <= 90


@pytest.mark.anyio
async def test_two_tracks_wait() -> None:
    """Of two tracks that wait, for one population each, either goes on when its own has nothing left to come."""
    text = "organizations = { ours = { accounts = 9 }, theirs = { accounts = 9 } }\n" + members(delay=after(50))
    text += '[populations.q]\nof = "theirs"\ndelay = { distribution = "fixed", days = 30 }\n'
    waits = [
        track(name, step("enable_all_features", organization=organization), step("wait_for_answers", population=who))
        for name, organization, who in (("a", "ours", "p"), ("b", "theirs", "q"))
    ]
    outcome = await play(text, *waits, track("c", removal(organization="ours"), from_day=3))
    ended = {each.track: each.began_days + each.hours / 24 for each in outcome.steps if each.action != "c"}
    assert (ended["a"], ended["b"]) == (3, 30)


@pytest.mark.anyio
@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(
    accounts=st.integers(1, 40),
    skip=st.floats(0, 0.6),
    share=st.floats(0.1, 0.4),
    begins=st.floats(0, 30),
    over=st.floats(0.1, 30),
    deadline=st.one_of(st.none(), st.floats(1, 40)),
    seed=st.integers(0, 99),
)
async def test_it_ends_with_the_last_request(
    accounts: int, skip: float, share: float, begins: float, over: float, deadline: float | None, seed: int
) -> None:
    """However requests end, by answers, deadlines or another track's removals, the wait ends with the last of them."""
    behaviour = {"delay": uniform(1, 40)}
    if deadline is not None:
        behaviour |= {"deadline_days": deadline, "escalation": REMOVE}
    other = track("other", removal(skip=skip, share=share, pace={"over_days": over}), from_day=begins)
    text = f"seed = {seed}\n" + ours(accounts) + members(migration=behaviour)
    outcome, log = await recorded(text, track("migration", *MIGRATION), other)
    assert waited_until(outcome) == pytest.approx(last_day(outcome, log))
