"""Calls near AWS's limits: without ``retry`` a call waits until it can succeed, with it a refused call is repeated."""

from collections import Counter
from itertools import pairwise
from random import Random

import pytest
from support.play_scenario import after, days, moments, play, population, recorded, step

from orgsim.api.load.play.call_counter import CallCounter
from orgsim.api.load.play.dispatch import Dispatch
from orgsim.api.retries import Retry
from orgsim.engine.errors import AccountNotFoundException, Refused, TooManyRequestsException
from orgsim.engine.events import (
    AccountClosed,
    AccountClosureRequested,
    AccountCreationRequested,
    AccountCreationSucceeded,
    AccountJoined,
    HandshakeAccepted,
    HandshakeRequested,
)
from orgsim.engine.log import MemoryLog
from orgsim.engine.operation import Caller
from orgsim.engine.runtime.clock import SimulatedClock
from orgsim.engine.runtime.running import running_engine
from orgsim.engine.settings import DAY, SECOND

THROTTLED, REALISTIC = 'throttle = "aws"\n', 'latency = "realistic"\n'
ALL = '[organizations.acme]\nfeature_set = "ALL"\n'
CREATE = step("create_accounts", population="made")
CLOSE = step("close_accounts", population="made")
WAIT = step("wait_for_answers")


def made(count: int) -> str:
    """So many accounts to be created."""
    return population("made", "created", count)


async def test_patience_with_throttling() -> None:
    """Three accounts are created at once, then one every ten seconds; nothing is refused, four calls are held back."""
    outcome, envelopes = await recorded(THROTTLED, made(7), CREATE)
    assert moments(envelopes, AccountCreationRequested) == [0, 0, 0, 10, 20, 30, 40]
    assert (outcome.refused, outcome.throttled, outcome.accounts, outcome.commands) == ({}, {}, 8, 1 + 7)
    assert outcome.held_back == {"CreateAccount throttling": 4}
    assert outcome.distributions["held_back_seconds"].mean == 10
    assert outcome.steps[0].held_back == 4


async def test_a_pace_slower_than_the_limit() -> None:
    """At AWS's own pace nobody is held back."""
    outcome, envelopes = await recorded(
        THROTTLED, made(4), step("create_accounts", population="made", pace={"per_second": 0.1})
    )
    assert moments(envelopes, AccountCreationRequested) == [0, 10, 20, 30]
    assert outcome.held_back == {}


@pytest.mark.parametrize("at_once", [1, 5, 100])
async def test_creations_at_once(at_once: int) -> None:
    """With realistic latency no more creations run than the quota allows, and none begins later than it could."""
    quota = f"[quotas]\nconcurrent_account_creations = {at_once}\n"
    outcome, envelopes = await recorded(REALISTIC, quota, made(12), CREATE)
    requested = moments(envelopes, AccountCreationRequested)
    ended = moments(envelopes, AccountCreationSucceeded)
    # Each beyond those begins at the moment at which one ends.
    assert requested == [*[0] * min(at_once, 12), *ended[: 12 - min(at_once, 12)]]
    assert (outcome.accounts, outcome.refused) == (13, {})
    assert outcome.held_back == (
        {"CreateAccount ACCOUNT_CREATION_RATE_LIMIT_EXCEEDED": 12 - at_once} if at_once < 12 else {}
    )
    assert outcome.commands == 1 + 12


async def test_a_call_that_is_not_made_takes_no_token() -> None:
    """Held back by the creations in progress, a caller loses none of its rate: both limits hold, no more."""
    quota = "[quotas]\nconcurrent_account_creations = 1\n"
    _, envelopes = await recorded(REALISTIC, THROTTLED, quota, made(6), CREATE)
    requested = moments(envelopes, AccountCreationRequested)
    ended = moments(envelopes, AccountCreationSucceeded)
    assert requested[0] == 0
    # The n-th token is there after 10 (n - 3) seconds, unless the bucket was full again meanwhile.
    tokens = 3.0
    for number in range(1, 6):
        tokens = min(3.0, tokens - 1 + (requested[number] - requested[number - 1]) / 10)
        assert requested[number] == ended[number - 1] or tokens == pytest.approx(1)


async def test_closures_in_thirty_days() -> None:
    """Closures beyond the quota wait until older ones are thirty days old."""
    quota = "[quotas]\naccount_closures_per_30_days = 2\n"
    outcome, envelopes = await recorded(ALL, quota, made(5), CREATE, CLOSE)
    assert days(envelopes, AccountClosureRequested) == [0, 0, 30, 30, 60]
    assert outcome.held_back == {"CloseAccount CLOSE_ACCOUNT_QUOTA_EXCEEDED": 2}
    assert (outcome.refused, outcome.figure("closed")) == ({}, 5)


async def test_closures_at_once() -> None:
    """With realistic latency three closures run at once; the next begins when the first has ended."""
    outcome, envelopes = await recorded(REALISTIC, ALL, made(8), CREATE, CLOSE)
    requested, ended = moments(envelopes, AccountClosureRequested), moments(envelopes, AccountClosed)
    assert len(set(requested[:3])) == 1
    assert requested[3:] == ended[:5]
    assert all(600 <= length <= 660 for length in outcome.distributions["closing_seconds"].percentiles)
    # The step ends when the last closure has ended.
    assert outcome.steps[1].hours == pytest.approx((max(ended) - requested[0]) / 3_600)


async def test_no_closure_is_allowed() -> None:
    """A quota that no waiting lifts is a refusal, for each account."""
    outcome = await play(ALL, "[quotas]\naccount_closures_per_30_days = 0\n", made(3), CREATE, CLOSE)
    assert outcome.refused == {"ConstraintViolationException CLOSE_ACCOUNT_QUOTA_EXCEEDED": 3}
    assert outcome.held_back == {}


async def test_closing_a_share_and_then_the_rest() -> None:
    """Closing again leaves out who is closed already."""
    outcome = await play(ALL, made(10), CREATE, step("close_accounts", population="made", share=0.3), CLOSE)
    assert [each.commands for each in outcome.steps] == [10, 3, 7]
    assert (outcome.figure("closed"), outcome.refused) == (10, {})


async def test_invitations_of_a_day() -> None:
    """Invitations beyond those of a day wait until the unaccepted ones are a day old."""
    quota = "[quotas]\ninvitations_per_day = 2\n"
    outcome, envelopes = await recorded(
        quota, population("p", "invited", 5, invitation={"accept": 0}), step("invite", population="p")
    )
    assert days(envelopes, HandshakeRequested) == [0, 0, 1, 1, 2]
    assert outcome.held_back == {"InviteAccountToOrganization HANDSHAKE_RATE_LIMIT_EXCEEDED": 2}


async def test_no_invitation_is_allowed() -> None:
    """Where no invitation is allowed at all, nobody waits for ever."""
    quota = "[quotas]\ninvitations_per_day = 0\n"
    outcome = await play(quota, population("p", "invited", 5), step("invite", population="p"), WAIT)
    assert outcome.refused == {"HandshakeConstraintViolationException HANDSHAKE_RATE_LIMIT_EXCEEDED": 5}


async def test_account_quota() -> None:
    """Creations and invitations beyond the account quota stay refused, and are counted."""
    outcome = await play(
        *("[quotas]\naccounts = 10\n", made(12), population("yes", "invited", 10)),
        *(CREATE, step("invite", population="yes")),
    )
    assert outcome.accounts == 10
    assert outcome.refused == {
        "ConstraintViolationException ACCOUNT_NUMBER_LIMIT_EXCEEDED": 3,
        "HandshakeConstraintViolationException ACCOUNT_NUMBER_LIMIT_EXCEEDED": 10,
    }
    assert outcome.commands == 1 + 12 + 10


async def test_size_limit_of_a_migration() -> None:
    """With AWS's limits 5,001 accounts, the management account among them, are too many for a migration."""
    for count, refused in [
        (5_000, {"ConstraintViolationException ALL_FEATURES_MIGRATION_ORGANIZATION_SIZE_LIMIT_EXCEEDED": 1}),
        (4_999, {}),
    ]:
        outcome = await play(
            *(population("many", "invited", count), step("invite", population="many"), WAIT),
            *(step("enable_all_features"), WAIT, step("finalize")),
        )
        assert (outcome.refused, outcome.accounts) == (refused, 1 + count)
        assert outcome.feature_set == ("CONSOLIDATED_BILLING" if refused else "ALL")


async def test_impatience() -> None:
    """Who tries once and gives up is throttled for each call beyond the burst."""
    outcome, envelopes = await recorded(
        THROTTLED, made(5), step("create_accounts", population="made", retry={"attempts": 1})
    )
    assert moments(envelopes, AccountCreationRequested) == [0, 0, 0]
    assert outcome.refused == {"TooManyRequestsException": 2}
    assert outcome.throttled == {"CreateAccount": 2}
    assert (outcome.held_back, outcome.commands) == ({}, 1 + 5)
    assert outcome.figure("throttled_share") == 2 / 6


async def test_retries_that_are_enough() -> None:
    """With attempts enough everybody is created in the end, and each refused call is counted."""
    retry = {"attempts": 100, "first_seconds": 5, "most_seconds": 20}
    outcome = await play(THROTTLED, made(8), step("create_accounts", population="made", retry=retry))
    assert outcome.accounts == 9
    assert outcome.throttled["CreateAccount"] == outcome.refused["TooManyRequestsException"]
    assert outcome.commands == 1 + 8 + outcome.throttled["CreateAccount"]
    assert outcome.figure("refused_share") == outcome.throttled["CreateAccount"] / outcome.commands


async def test_a_refusal_for_good_is_not_tried_again() -> None:
    """A refusal that does not pass by itself is not retried, however many attempts there are."""
    outcome = await play(
        "[quotas]\naccounts = 3\n", made(4), step("create_accounts", population="made", retry={"attempts": 9})
    )
    assert outcome.refused == {"ConstraintViolationException ACCOUNT_NUMBER_LIMIT_EXCEEDED": 2}
    assert outcome.commands == 1 + 4


async def backoff(retry: Retry, refusal: Refused, seed: int = 1) -> list[float]:
    """The seconds after which each attempt is made of a call that is always refused."""
    clock = SimulatedClock(0)
    calls: list[float] = []

    async def move_to(moment: int) -> None:
        clock.move(moment)

    async def checkpoint(what: str, done: int, number: int) -> None:
        assert (what, done, number) == ("Creating", 1, 1)

    def attempt() -> None:
        calls.append(clock.now() / SECOND)
        raise refusal

    async with running_engine(MemoryLog(), clock=clock) as engine:
        dispatch = Dispatch(engine, CallCounter(clock.now, by_minute=False), move_to, checkpoint)
        await dispatch.send("CreateAccount", "Creating", [(Caller("1" * 12), attempt)], 1, None, retry, Random(seed))
    return calls


async def test_backoff() -> None:
    """The pauses are random up to a bound that doubles from the first to the most; attempts are counted."""
    retry = Retry(attempts=8, first_seconds=2, most_seconds=20)
    longest = [0.0] * 7
    for seed in range(40):
        calls = await backoff(retry, TooManyRequestsException(), seed)
        pauses = [later - earlier for earlier, later in pairwise(calls)]
        assert len(calls) == 8
        longest = [max(pair) for pair in zip(longest, pauses, strict=True)]
    bounds = [2, 4, 8, 16, 20, 20, 20]
    assert all(0.8 * bound < pause <= bound for pause, bound in zip(longest, bounds, strict=True))


async def test_no_backoff() -> None:
    """One attempt is one call, and so is any number of attempts after a refusal that stays."""
    assert await backoff(Retry(attempts=1), TooManyRequestsException()) == [0]
    assert await backoff(Retry(attempts=9), AccountNotFoundException()) == [0]


async def test_throttled_answers() -> None:
    """Twelve members approve at one moment: five get through, the others are throttled once and come in turn."""
    members = population("p", "invited", 12, migration={"delay": after(1)})
    outcome, envelopes = await recorded(
        *(THROTTLED, members, step("invite", population="p"), WAIT, step("wait", days=1)),
        *(step("enable_all_features"), WAIT, step("finalize", at_day=5)),
    )
    # As many a second as an organization may make: five at once, then one each fifth of a second.
    approved = moments(envelopes, HandshakeAccepted)[12:24]
    began = approved[0]
    assert [moment - began for moment in approved] == pytest.approx([*[0] * 5, *(number / 5 for number in range(1, 8))])
    assert outcome.throttled == {"AcceptHandshake": 7}
    # Inviting: five at once, then three a second.
    assert outcome.held_back == {"AcceptHandshake throttling": 7, "InviteAccountToOrganization throttling": 7}
    assert outcome.commands == 1 + 12 + 12 + 1 + (12 + 7) + 1
    assert outcome.feature_set == "ALL"


async def test_standalone_accounts_share_no_bucket() -> None:
    """Accounts that join from outside are throttled each by itself: all accept at one moment."""
    members = population("p", "invited", 12, invitation={"delay": after(1)})
    outcome, envelopes = await recorded(THROTTLED, members, step("invite", population="p"), WAIT)
    requested, joined = moments(envelopes, HandshakeRequested), moments(envelopes, AccountJoined)[1:]
    assert [join - asked for join, asked in zip(joined, requested, strict=True)] == [DAY / SECOND] * 12
    assert Counter(round(moment, 3) for moment in requested) == Counter(
        {0.0: 5} | {round(number / 3, 3): 1 for number in range(1, 8)}
    )
    assert outcome.throttled == {}
