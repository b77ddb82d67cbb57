"""The moment at which a limit allows the next call, and not a microsecond before."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.given import FOUNDER, World, invite

from orgsim.engine.errors import Refused
from orgsim.engine.operations import accept_handshake, close_account, create_account, decline_handshake
from orgsim.engine.rules.limits import LIMITS
from orgsim.engine.settings import DAY, HOUR, SECOND, Quotas
from orgsim.engine.state import Organization
from orgsim.engine.words import FeatureSet

WAITS = st.sampled_from([0, SECOND, 30 * SECOND, HOUR, 7 * HOUR, DAY, 11 * DAY])


def founded(world: World) -> Organization:
    """An organization with all features."""
    return world.state.organizations[world.founded(FOUNDER, FeatureSet.ALL)]


def check(world: World, organization: Organization, request: object, reason: str) -> None:
    """Check that the call is refused for that reason until the moment that the limit names, and then succeeds."""
    with pytest.raises(Refused) as caught:
        world.do(request, FOUNDER)
    assert caught.value.reason == reason
    until = LIMITS[reason](organization, world.state, world.now)
    assert until > world.now
    world.advance(microseconds=until - world.now - 1)
    with pytest.raises(Refused):
        world.do(request, FOUNDER)
    world.advance(microseconds=1)
    world.do(request, FOUNDER)


@given(waits=st.lists(WAITS, min_size=3, max_size=3), again=st.integers(1, 4))
def test_creations(waits: list[int], again: int) -> None:
    """The next creation begins when one of those in progress ends."""
    world = World(latency="realistic", quotas=Quotas(concurrent_account_creations=2))
    organization = founded(world)
    requests = (create_account.Request(f"{number}@example.com", "Made") for number in range(99))
    for _ in range(again):
        for wait in waits:
            if len(organization.creations) < 2:
                world.do(next(requests), FOUNDER)
                world.advance(microseconds=wait)
        if len(organization.creations) == 2:
            check(world, organization, next(requests), "ACCOUNT_CREATION_RATE_LIMIT_EXCEEDED")


@given(allowed=st.integers(1, 3), waits=st.lists(WAITS, min_size=1, max_size=6))
def test_closures_of_thirty_days(allowed: int, waits: list[int]) -> None:
    """The next closure is allowed when the oldest that counts is thirty days old."""
    world = World(quotas=Quotas(account_closures_per_30_days=allowed))
    organization = founded(world)
    accounts = [world.created(f"{number}@example.com") for number in range(len(waits) + allowed)]
    for number, account in enumerate(accounts):
        request = close_account.Request(account)
        live = [asked for asked in organization.closures.recent if asked > world.now - 30 * DAY]
        if len(live) >= allowed:
            check(world, organization, request, "CLOSE_ACCOUNT_QUOTA_EXCEEDED")
        else:
            world.do(request, FOUNDER)
        world.advance(microseconds=waits[number % len(waits)])


def test_closures_at_once() -> None:
    """The next closure begins when one of the three in progress ends."""
    world = World(latency="realistic")
    organization = founded(world)
    accounts = [world.created(f"{number}@example.com") for number in range(5)]
    for account in accounts[:3]:
        world.do(close_account.Request(account), FOUNDER)
    for account in accounts[3:]:
        check(world, organization, close_account.Request(account), "CLOSE_ACCOUNT_REQUESTS_LIMIT_EXCEEDED")


@given(
    allowed=st.integers(1, 3),
    steps=st.lists(st.tuples(WAITS, st.sampled_from(["ignore", "accept", "decline"])), min_size=1, max_size=8),
)
def test_invitations_of_a_day(allowed: int, steps: list[tuple[int, str]]) -> None:
    """The next invitation is allowed when the oldest unaccepted one that counts is a day old."""
    world = World(quotas=Quotas(invitations_per_day=allowed))
    organization = founded(world)
    for number, (wait, answer) in enumerate(steps):
        account = f"2{number:011}"
        try:
            handshake = world.do(invite(account), FOUNDER)[0].handshake
        except Refused:
            check(world, organization, invite(account), "HANDSHAKE_RATE_LIMIT_EXCEEDED")
            continue
        if answer == "accept":
            world.do(accept_handshake.Request(handshake), account)
        elif answer == "decline":
            world.do(decline_handshake.Request(handshake), account)
        world.advance(microseconds=wait)


@pytest.mark.parametrize("reason", LIMITS)
def test_nothing_to_wait_for(reason: str) -> None:
    """If nothing is in progress or counted, waiting does not help: the limit names the present moment."""
    world = World()
    assert LIMITS[reason](founded(world), world.state, world.now) == world.now
