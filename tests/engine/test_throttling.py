"""AWS's token buckets: the table, the arithmetic, and a second model in fractions."""

import re
from fractions import Fraction
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.repository import ROOT

from orgsim.engine.errors import TooManyRequestsException
from orgsim.engine.operations import OPERATIONS
from orgsim.engine.settings import SECOND
from orgsim.engine.throttling import RATES, TICKS, Rate, Throttle
from orgsim.projections.reads import READS

ONE, TWO = "111111111111", "222222222222"
ORGANIZATION = "o-aaaaaaaaaa"
START = 1_767_225_600 * SECOND

Limit = tuple[Fraction, int]
"""Tokens per second, and burst."""


def limit(text: str) -> Limit | None:
    """A cell of the table."""
    if text == "—":
        return None
    rate, burst = text.split(",")
    return Fraction(rate), int(burst)


def published() -> dict[str, tuple[Limit | None, Limit | None]]:
    """The table of docs/aws.md 7.2, by operation."""
    section = (ROOT / "docs" / "aws.md").read_text("utf-8").partition("\n### 7.2 ")[2].partition("\n---\n")[0]
    rows = re.findall(r"^\| ([A-Z]\w+(?:, \w+)*) \| (\d\S*) \| (\S+) \|$", section, re.MULTILINE)
    return {name: (limit(own), limit(shared)) for names, own, shared in rows for name in names.split(", ")}


PUBLISHED = published()
UNLISTED = {*OPERATIONS, *READS} - PUBLISHED.keys()


def as_limit(rate: Rate | None) -> Limit | None:
    """The limits in ``RATES``, in the terms of AWS's table."""
    return rate and (Fraction(rate.calls, rate.seconds), rate.burst)


def admits(throttle: Throttle, operation: str, account: str, organization: str | None, now: int) -> bool:
    """Whether a call is admitted."""
    try:
        throttle.take(operation, account, organization, now)
    except TooManyRequestsException:
        return False
    return True


def admitted_at_once(operation: str, account: str, organization: str | None, throttle: Throttle, now: int) -> int:
    """How many of a hundred calls at one moment are admitted."""
    return sum(admits(throttle, operation, account, organization, now) for _ in range(100))


class Bucket:
    """A bucket of tokens, as one would write it down."""

    def __init__(self, limit: Limit) -> None:
        self.rate, self.burst = limit
        self.tokens, self.at = Fraction(self.burst), START

    def content(self, now: int) -> Fraction:
        """How many tokens are in it."""
        return min(Fraction(self.burst), self.tokens + self.rate * Fraction(now - self.at, SECOND))

    def take(self, now: int) -> None:
        """One token less."""
        self.tokens, self.at = self.content(now) - 1, now


class Reference:
    """The second model: every bucket, with fractions of tokens, for ever."""

    def __init__(self) -> None:
        self.buckets: dict[tuple[str, str], Bucket] = {}

    def concerned(self, operation: str, account: str, organization: str | None) -> list[tuple[str, str]]:
        """The buckets of a call."""
        keys = []
        for holder, found in zip((account, organization), PUBLISHED[operation], strict=True):
            if holder and found:
                self.buckets.setdefault((operation, holder), Bucket(found))
                keys.append((operation, holder))
        return keys

    def would_admit(self, operation: str, account: str, organization: str | None, now: int) -> bool:
        """Whether there is a token in each."""
        return all(self.buckets[key].content(now) >= 1 for key in self.concerned(operation, account, organization))

    def admits(self, operation: str, account: str, organization: str | None, now: int) -> bool:
        """Take one out of each, if there is."""
        if not self.would_admit(operation, account, organization, now):
            return False
        for key in self.concerned(operation, account, organization):
            self.buckets[key].take(now)
        return True


def test_table() -> None:
    """The rates are those of AWS's table, and all other operations are not limited."""
    assert {name: (as_limit(rates.account), as_limit(rates.organization)) for name, rates in RATES.items()} == PUBLISHED


def test_intervals_are_whole() -> None:
    """Every published rate gives an interval of whole ticks, so nothing is ever rounded away."""
    for rates in RATES.values():
        for rate in (rates.account, rates.organization):
            assert rate is None or rate.interval * rate.calls == rate.seconds * SECOND * TICKS


def test_a_thousand_accounts() -> None:
    """A thousand CreateAccount calls at 0.1 a second with a burst of three take exactly 9,970 seconds."""
    throttle, now = Throttle(), START
    for _ in range(1_000):
        now = throttle.ready_at("CreateAccount", ONE, ORGANIZATION, now)
        throttle.take("CreateAccount", ONE, ORGANIZATION, now)
    assert now - START == 9_970 * SECOND


@pytest.mark.parametrize("operation", sorted(RATES))
def test_long_runs(operation: str) -> None:
    """A thousand calls, each as soon as it may be, take (1,000 - burst) / rate seconds, to the microsecond."""
    found = PUBLISHED[operation][0]
    assert found
    rate, burst = found
    throttle, now = Throttle(), START
    assert admitted_at_once(operation, ONE, None, throttle, now) == burst
    for _ in range(1_000 - burst):
        now = throttle.ready_at(operation, ONE, None, now)
        throttle.take(operation, ONE, None, now)
    assert now - START == ceil((1_000 - burst) / rate * SECOND)


def test_unlisted_operations() -> None:
    """An operation that AWS's table does not list can be called any number of times."""
    throttle = Throttle()
    for operation in UNLISTED:
        assert admitted_at_once(operation, ONE, ORGANIZATION, throttle, START) == 100
        assert throttle.ready_at(operation, ONE, ORGANIZATION, START) == START
    assert len(throttle) == 0


def test_buckets_of_accounts_and_operations() -> None:
    """Each account has buckets of its own, and each operation too, where the table has several on one line."""
    throttle = Throttle()
    for account in (ONE, TWO):
        for operation in ("AttachPolicy", "DetachPolicy"):
            assert admitted_at_once(operation, account, ORGANIZATION, throttle, START) == 3


def test_buckets_of_organizations() -> None:
    """The accounts of one organization share its bucket; another organization's and standalone ones do not."""
    throttle = Throttle()
    accounts = [f"{number:012}" for number in range(11)]
    admitted = [admits(throttle, "DescribeHandshake", account, ORGANIZATION, START) for account in accounts]
    assert admitted == [True] * 10 + [False]
    assert admitted_at_once("DescribeHandshake", TWO, "o-bbbbbbbbbb", throttle, START) == 2
    assert [admitted_at_once("DescribeHandshake", f"9{number:011}", None, throttle, START) for number in range(20)] == (
        [2] * 20
    )


def test_an_organization_with_more_than_its_account() -> None:
    """A bucket of an organization that is larger than an account's lets another account have the rest."""
    throttle = Throttle()
    accounts = [ONE, TWO, "333333333333"]
    assert [admitted_at_once("DescribeAccount", account, ORGANIZATION, throttle, START) for account in accounts] == (
        [30, 6, 0]
    )


def test_a_refused_call_takes_nothing() -> None:
    """Where the organization's bucket is empty, the account keeps its tokens, and the other way round."""
    throttle = Throttle()
    accounts = [f"{number:012}" for number in range(5)]
    assert all(admits(throttle, "AcceptHandshake", account, ORGANIZATION, START) for account in accounts)
    assert admitted_at_once("AcceptHandshake", ONE, ORGANIZATION, throttle, START) == 0
    assert admitted_at_once("AcceptHandshake", ONE, None, throttle, START) == 2
    assert admitted_at_once("AcceptHandshake", ONE, "o-bbbbbbbbbb", throttle, START) == 0
    assert [admits(throttle, "AcceptHandshake", account, "o-bbbbbbbbbb", START) for account in accounts] == [True] * 5


def test_full_buckets_are_forgotten() -> None:
    """Buckets of very many accounts are forgotten once they are full again."""
    throttle = Throttle()
    for number in range(10_000):
        throttle.take("AcceptHandshake", f"{number:012}", None, START)
    throttle.take("CreateAccount", ONE, ORGANIZATION, START)
    assert len(throttle) == 10_001
    throttle.take("AcceptHandshake", TWO, None, START + SECOND)
    assert len(throttle) == 2
    throttle.take("AcceptHandshake", TWO, None, START + 10 * SECOND)
    assert len(throttle) == 1


def test_no_bucket_is_forgotten_early() -> None:
    """One microsecond before it is full a bucket still counts, whoever calls meanwhile."""
    throttle = Throttle()
    throttle.take("CloseAccount", ONE, ORGANIZATION, START)
    almost = START + 20 * SECOND - 1
    throttle.take("CloseAccount", TWO, ORGANIZATION, almost)
    assert throttle.ready_at("CloseAccount", ONE, ORGANIZATION, almost) == almost + 1
    assert not admits(throttle, "CloseAccount", ONE, ORGANIZATION, almost)


def test_a_stream_of_accounts() -> None:
    """With calls that never cease only the buckets of the last seconds are kept, though the first is never full."""
    throttle = Throttle()
    throttle.take("ListAccounts", ONE, None, START)
    most = 0
    for number in range(20_000):
        now = START + number * SECOND // 8
        throttle.take("ListAccounts", ONE, None, now)
        throttle.take("AcceptHandshake", f"{number:012}", None, now)
        most = max(most, len(throttle))
    assert most == 9


CALLS = st.tuples(
    st.sampled_from(
        [
            "AcceptHandshake",
            "CloseAccount",
            "DescribeHandshake",
            "InviteAccountToOrganization",
            "ListAccounts",
            "ListChildren",
        ]
    )
    | st.sampled_from(sorted(RATES)),
    st.sampled_from([ONE, TWO, "333333333333"]),
    st.sampled_from([None, ORGANIZATION, ORGANIZATION, "o-bbbbbbbbbb"]),
)
WAITS = st.one_of(
    st.just(0),
    st.integers(0, 3),
    st.integers(0, SECOND),
    st.sampled_from([142_857, 142_858, 111_111, 111_112, 166_666, 333_333, SECOND]),
    st.integers(0, 60 * SECOND),
    st.just(None),
)
"""How long until the next call; None: until that call may be made."""


@given(st.lists(st.tuples(CALLS, WAITS, st.integers(1, 20)), max_size=40))
def test_second_model(steps: list[tuple[tuple[str, str, str | None], int | None, int]]) -> None:
    """Every call is admitted or refused as by buckets in fractions, and ``ready_at`` names the first moment."""
    throttle, reference, now = Throttle(), Reference(), START
    for call, wait, times in steps:
        now = throttle.ready_at(*call, now) if wait is None else now + wait
        for _ in range(times):
            ready = throttle.ready_at(*call, now)
            assert ready == throttle.ready_at(*call, now), "asking takes nothing"
            assert reference.would_admit(*call, ready)
            assert ready == now or not reference.would_admit(*call, ready - 1)
            admitted = admits(throttle, *call, now)
            assert admitted == reference.admits(*call, now)
            assert admitted == (ready == now)


@given(st.lists(st.tuples(CALLS, WAITS), max_size=200))
def test_no_window_holds_more(steps: list[tuple[tuple[str, str, str | None], int | None]]) -> None:
    """In every stretch of time no bucket gives more than its burst and what it gained meanwhile."""
    throttle, now = Throttle(), START
    taken: dict[tuple[str, str], list[int]] = {}
    for (operation, account, organization), wait in steps:
        now = throttle.ready_at(operation, account, organization, now) if wait is None else now + wait
        if admits(throttle, operation, account, organization, now):
            taken.setdefault((operation, account), []).append(now)
            if organization:
                taken.setdefault((operation, organization), []).append(now)
    for (operation, holder), moments in taken.items():
        found = PUBLISHED[operation][holder.startswith("o-")]
        if found is None:
            continue
        rate, burst = found
        for first, begin in enumerate(moments):
            for last, end in enumerate(moments[first:], first):
                assert last - first + 1 <= burst + rate * Fraction(end - begin, SECOND)


def test_reservations_are_the_moments_of_a_caller_who_waits() -> None:
    """Reserved at once or taken one by one as they come, the tokens of a bucket come at the same moments."""
    reserved, waiting, now = Throttle(), Throttle(), START
    moments = [reserved.reserve("CreateAccount", ONE, ORGANIZATION, START) for _ in range(8)]
    taken: list[int] = []
    for _ in range(8):
        now = waiting.ready_at("CreateAccount", ONE, ORGANIZATION, now)
        waiting.take("CreateAccount", ONE, ORGANIZATION, now)
        taken.append(now)
    assert moments == taken
    assert [(moment - START) / SECOND for moment in moments] == [0, 0, 0, 10, 20, 30, 40, 50]


def test_what_is_reserved_is_gone() -> None:
    """Members who reserve at one moment get the organization's tokens in turn, and whoever comes then is refused."""
    throttle = Throttle()
    members = [f"3{number:011}" for number in range(12)]
    moments = [throttle.reserve("AcceptHandshake", member, ORGANIZATION, START) for member in members]
    assert [(moment - START) / SECOND for moment in moments] == [*[0] * 5, 0.2, 0.4, 0.6, 0.8, 1.0, 1.2, 1.4]
    assert throttle.ready_at("AcceptHandshake", ONE, ORGANIZATION, START) == START + 16 * SECOND // 10
    assert not admits(throttle, "AcceptHandshake", ONE, ORGANIZATION, START + SECOND)
    assert admits(throttle, "AcceptHandshake", ONE, ORGANIZATION, START + 16 * SECOND // 10)
    assert admits(throttle, "AcceptHandshake", ONE, None, START + 16 * SECOND // 10), (
        "outside there is nothing to share"
    )


@given(st.lists(st.tuples(CALLS, WAITS, st.booleans()), max_size=120))
def test_no_window_holds_more_with_reservations(
    steps: list[tuple[tuple[str, str, str | None], int | None, bool]],
) -> None:
    """Reserved and taken together, no bucket ever gives more than its burst and what it gained meanwhile."""
    throttle, now = Throttle(), START
    given_out: dict[tuple[str, str], list[int]] = {}
    for (operation, account, organization), wait, reserving in steps:
        now = throttle.ready_at(operation, account, organization, now) if wait is None else now + wait
        if reserving:
            moment = throttle.reserve(operation, account, organization, now)
            assert moment >= now
        elif admits(throttle, operation, account, organization, now):
            moment = now
        else:
            continue
        for holder in (account, *([organization] if organization else [])):
            given_out.setdefault((operation, holder), []).append(moment)
    for (operation, holder), unsorted in given_out.items():
        found = PUBLISHED[operation][holder.startswith("o-")]
        if found is None:
            continue
        rate, burst = found
        moments = sorted(unsorted)
        for first, begin in enumerate(moments):
            for last, end in enumerate(moments[first:], first):
                assert last - first + 1 <= burst + rate * Fraction(end - begin, SECOND)


def test_why_throttled() -> None:
    """A call without a token says whose rate is used up, and from when the next one is admitted."""
    throttle, account = Throttle(), "1" * 12
    throttle.take("CloseAccount", account, None, START)
    with pytest.raises(TooManyRequestsException) as refused:
        throttle.take("CloseAccount", account, None, START)
    assert refused.value.explanation == (
        f"AWS's rate of CloseAccount is used up for {account}; the next call is admitted from 2026-01-01T00:00:20Z"
    )
