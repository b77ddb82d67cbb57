"""Pages of ListAccounts: what twenty accounts out of a million cost, beside twenty out of a thousand.

Pages begin at random places of the list. Before anything is measured the list is walked once from end to end, and has
to give every account once, in order.
"""

from random import Random
from statistics import median

from measure import Result, at_most, timed

from orgsim.engine.events import AccountJoined, OrganizationCreated
from orgsim.engine.events.envelope import Envelope
from orgsim.engine.words import FeatureSet, JoinedMethod
from orgsim.projections.reads.accounts import ListAccounts, list_accounts
from orgsim.projections.views import Views

BUDGET = 1.3
MANAGEMENT, HERE = "999999999999", "o-0123456789"
SMALL_WORLD = 1_000
PAGES = 2_000


def _world(accounts: int) -> Views:
    """Build views of one organization with a number of accounts, the management account included."""
    views = Views()
    created = OrganizationCreated(HERE, "r-0123", MANAGEMENT, FeatureSet.ALL)
    events = [created, AccountJoined(HERE, MANAGEMENT, JoinedMethod.INVITED)]
    events += [AccountJoined(HERE, f"{number:012}", JoinedMethod.INVITED) for number in range(accounts - 1)]
    views.feed(
        [Envelope(position, 0, event, "Bench", None, None, position) for position, event in enumerate(events, 1)]
    )
    return views


def _walk(views: Views, accounts: int) -> list[str | None]:
    """Walk the list once, check it, and return the token of every full page."""
    tokens: list[str | None] = [None]
    seen: list[str] = []
    while True:
        reply = list_accounts(ListAccounts(next_token=tokens[-1]), views, MANAGEMENT)
        seen += [account.id for account in reply.accounts]
        if reply.next_token is None:
            break
        tokens.append(reply.next_token)
    assert seen == [MANAGEMENT, *(f"{number:012}" for number in range(accounts - 1))]
    # Without the last page, which may be short.
    return tokens[:-1]


def _seconds_a_page(accounts: int, rounds: int) -> float:
    views = _world(accounts)
    tokens = _walk(views, accounts)
    requests = [ListAccounts(next_token=token) for token in Random(7).choices(tokens, k=PAGES)]

    def ask() -> None:
        for request in requests:
            assert len(list_accounts(request, views, MANAGEMENT).accounts) == 20

    return median(timed(ask) for _ in range(rounds)) / PAGES


def run(quick: bool) -> list[Result]:
    """Measure a thousand accounts, then many."""
    many, rounds = (100_000, 3) if quick else (1_000_000, 9)
    small = _seconds_a_page(SMALL_WORLD, rounds)
    of_many = _seconds_a_page(many, rounds)
    name = f"page of ListAccounts, {many:,} accounts"
    return [at_most(BUDGET, name, of_many * 1e6, small * 1e6, "us", f"against {SMALL_WORLD:,} accounts")]
