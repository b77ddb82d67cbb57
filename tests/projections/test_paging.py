from base64 import urlsafe_b64encode
from collections.abc import Iterator

import pytest
from msgspec import Struct
from support.given import FOUNDER, RIVAL, STRANGER, invite
from support.projection_world import LISTS, WatchedWorld

from orgsim.engine.errors import InvalidInputException
from orgsim.engine.events import DelegatedAdministratorDeregistered, DelegatedAdministratorRegistered
from orgsim.engine.operations import leave_organization
from orgsim.projections.paging import PAGE_SIZE, SWEEP_SHARE, OrderedRows, cut_page, read_token, write_token


class PlainRow(Struct):
    """A row that is nothing but its place."""

    position: int
    gone: bool = False


class CountingRow:
    """A row that knows how often rows of its kind were looked at."""

    looks = 0

    def __init__(self, position: int) -> None:
        self._position = position
        self._gone = False

    @property
    def position(self) -> int:
        CountingRow.looks += 1
        return self._position

    @property
    def gone(self) -> bool:
        CountingRow.looks += 1
        return self._gone

    def vanish(self) -> None:
        self._gone = True


def rows_at(positions: range) -> tuple[OrderedRows[PlainRow], list[PlainRow]]:
    """Ordered rows, and the same rows for removal."""
    ordered, rows = OrderedRows[PlainRow](), [PlainRow(position) for position in positions]
    for row in rows:
        ordered.append(row)
    return ordered, rows


def remove(ordered: OrderedRows[PlainRow], row: PlainRow) -> None:
    row.gone = True
    ordered.count_gone()


def places(rows: Iterator[PlainRow]) -> list[int]:
    return [row.position for row in rows]


def test_order_forwards_and_backwards() -> None:
    """Rows come oldest first behind a position and newest first before one, the position itself excluded."""
    ordered, _ = rows_at(range(10, 60, 10))
    assert places(iter(ordered)) == [10, 20, 30, 40, 50]
    assert places(ordered.after(0)) == [10, 20, 30, 40, 50]
    assert places(ordered.after(30)) == places(ordered.after(39)) == [40, 50]
    assert places(ordered.before(None)) == [50, 40, 30, 20, 10]
    assert places(ordered.before(30)) == places(ordered.before(21)) == [20, 10]
    assert places(ordered.after(50)) == places(ordered.before(10)) == []


def test_removed_rows_are_skipped() -> None:
    """A removed row is neither listed nor counted, and positions of removed rows are still places to go on from."""
    ordered, rows = rows_at(range(10, 60, 10))
    for index in (0, 2, 4):
        remove(ordered, rows[index])
    assert len(ordered) == 2
    assert places(iter(ordered)) == [20, 40]
    assert places(ordered.before(None)) == [40, 20]
    assert places(ordered.after(30)) == [40]
    assert places(ordered.before(30)) == [20]


def test_no_rows() -> None:
    """Without rows there is nothing in either direction."""
    ordered = OrderedRows[PlainRow]()
    assert len(ordered) == 0
    assert places(ordered.after(0)) == places(ordered.before(None)) == places(ordered.before(7)) == []


@pytest.mark.parametrize("step", [1, 3, 7, -1])
def test_sweep_keeps_what_is_left(step: int) -> None:
    """Whatever is removed, in whatever order, the rest is listed in order, and length and list agree throughout."""
    ordered, rows = rows_at(range(1, 1001))
    alive = dict.fromkeys(range(1, 1001))
    for row in rows[::step]:
        remove(ordered, row)
        del alive[row.position]
        assert len(ordered) == len(alive)
    assert places(iter(ordered)) == list(alive)
    assert places(ordered.before(None)) == list(reversed(alive))
    newest = PlainRow(2000)
    ordered.append(newest)
    assert places(ordered.after(1000)) == [2000]


def test_sweep_during_a_walk() -> None:
    """A walk that has begun shows each row at most once and none that had gone, though rows are swept out under it."""
    ordered, rows = rows_at(range(1, 501))
    walk = ordered.after(0)
    seen = [next(walk).position for _ in range(100)]
    for row in rows[:300]:
        remove(ordered, row)
    seen += places(walk)
    assert seen == [*range(1, 101), *range(301, 501)]


@pytest.mark.parametrize("size", [1, 20])
def test_page_touches_a_page(size: int) -> None:
    """A page from the beginning, middle or end of a hundred thousand rows looks at a page of them and a search."""
    ordered = OrderedRows[CountingRow]()
    for position in range(1, 100_001):
        ordered.append(CountingRow(position))
    for begin in (0, 1, 50_000, 99_990):
        for walk in (ordered.after(begin), ordered.before(begin or None)):
            CountingRow.looks = 0
            page, _ = cut_page(walk, size, "scope")
            assert len(page) <= size
            assert CountingRow.looks <= 2 * 17 + size + 2


def test_page_touches_few_of_the_removed() -> None:
    """However rows were removed, a page never looks at more removed ones than the sweep tolerates."""
    ordered, rows = OrderedRows[CountingRow](), [CountingRow(position) for position in range(1, 10_001)]
    for row in rows:
        ordered.append(row)
    for row in rows[:9_000]:
        row.vanish()
        ordered.count_gone()
    CountingRow.looks = 0
    page, _ = cut_page(ordered.after(0), None, "scope")
    tolerated = (len(ordered) + 64) // (SWEEP_SHARE - 1) + 1
    assert CountingRow.looks <= tolerated + PAGE_SIZE + 2
    assert [row.position for row in page] == list(range(9_001, 9_001 + PAGE_SIZE))


def test_page_and_token() -> None:
    """A page that is not the last has a token of its last row; the last page has none, even if it is full."""
    ordered, _ = rows_at(range(1, 41))
    page, token = cut_page(ordered.after(0), None, "scope")
    assert (len(page), token) == (PAGE_SIZE, write_token(20, "scope"))
    position = read_token(token, "scope")
    assert position == 20
    page, token = cut_page(ordered.after(position), None, "scope")
    assert places(iter(page)) == list(range(21, 41))
    assert token is None
    assert cut_page(ordered.after(40), 5, "scope") == ([], None)


@pytest.mark.parametrize("position", [0, 1, 255, 2**40, 2**63 - 1])
def test_token_round_trip(position: int) -> None:
    """A token gives back its position in its own scope, and is invalid in any other."""
    token = write_token(position, "ListAccounts o-1")
    assert read_token(token, "ListAccounts o-1") == position
    with pytest.raises(InvalidInputException, match="INVALID_NEXT_TOKEN"):
        read_token(token, "ListAccounts o-2")


def test_no_token() -> None:
    """Without a token a list begins at its beginning."""
    assert read_token(None, "scope") is None


TOKEN = write_token(7, "scope")

FORGED = {
    "empty": "",
    "blank": " ",
    "word": "garbage",
    "not ascii": "tökén",
    "not base64": "!!!!",
    "wrong padding": "A",
    "cut": TOKEN[:-1],
    "cut by a group": TOKEN[:-4],
    "longer": TOKEN + "AAAA",
    "with a line end": TOKEN + "\n",
    "with a foreign character": TOKEN[:4] + "!" + TOKEN[4:],
    "position changed": urlsafe_b64encode(bytes(7) + b"\x08").decode() + TOKEN[11:],
    "zeros": urlsafe_b64encode(bytes(21)).decode(),
    "position alone": urlsafe_b64encode((7).to_bytes(8, "big")).decode(),
    "upper case": TOKEN.upper(),
}


@pytest.mark.parametrize("token", FORGED.values(), ids=FORGED.keys())
def test_forged_token(token: str) -> None:
    """Only a token that was given out, character for character, is valid."""
    assert token != TOKEN
    with pytest.raises(InvalidInputException) as caught:
        read_token(token, "scope")
    assert caught.value.reason == "INVALID_NEXT_TOKEN"


@pytest.fixture(scope="module")
def busy() -> WatchedWorld:
    """A world in which two organizations have more than one row in each of their lists."""
    world = WatchedWorld()
    for account in (FOUNDER, RIVAL):
        world.founded(account)
        world.joined(f"{account[0]}00000000001", account)
        for number in range(2):
            world.created(f"{account[0]}{number}@example.com", account)
            world.do(invite(["5" * 12, "6" * 12][number]), account)
        canceled = world.invited(f"{account}@accounts.example", account)
        world.call("CancelHandshake", account, HandshakeId=canceled)
        world.do(invite(f"{account}@accounts.example"), account)
    return world


def token_of(world: WatchedWorld, operation: str, account: str = FOUNDER, **members: object) -> str:
    return world.ask(operation, account, MaxResults=1, **members)["NextToken"]


@pytest.mark.parametrize("operation", [*LISTS, "ListRoots"])
@pytest.mark.parametrize("token", ["", "garbage", "ü", TOKEN], ids=["empty", "garbage", "not ascii", "foreign"])
def test_invalid_token(busy: WatchedWorld, operation: str, token: str) -> None:
    """Every list refuses a token that it has not given out."""
    busy.denies(operation, FOUNDER, InvalidInputException, "INVALID_NEXT_TOKEN", NextToken=token)


@pytest.mark.parametrize("operation", LISTS)
@pytest.mark.parametrize("other", [*LISTS, "ListRoots"])
def test_token_of_another_operation(busy: WatchedWorld, operation: str, other: str) -> None:
    """A token is good for the operation that gave it out, as often as one likes, and for no other."""
    token = token_of(busy, operation)
    if other == operation:
        assert busy.ask(operation, FOUNDER, NextToken=token) == busy.ask(operation, FOUNDER, NextToken=token)
    else:
        busy.denies(other, FOUNDER, InvalidInputException, "INVALID_NEXT_TOKEN", NextToken=token)


@pytest.mark.parametrize("operation", LISTS)
def test_token_of_another_caller(busy: WatchedWorld, operation: str) -> None:
    """A token is good for the caller that got it, and for no other."""
    token = token_of(busy, operation)
    busy.denies(operation, RIVAL, InvalidInputException, "INVALID_NEXT_TOKEN", NextToken=token)


@pytest.mark.parametrize("operation", LISTS)
def test_token_of_a_colleague(busy: WatchedWorld, operation: str) -> None:
    """A token is no good for another account of the same organization, which may ask the same question."""
    organization = busy.organization_of(FOUNDER)
    colleague = list(organization.members)[1]
    busy.evolve(DelegatedAdministratorRegistered(organization.id, colleague, "config.amazonaws.com"))
    assert busy.ask(operation, colleague)
    token = token_of(busy, operation)
    busy.denies(operation, colleague, InvalidInputException, "INVALID_NEXT_TOKEN", NextToken=token)
    busy.evolve(DelegatedAdministratorDeregistered(organization.id, colleague, "config.amazonaws.com"))


@pytest.mark.parametrize(
    ("operation", "filters"),
    [
        ("ListHandshakesForAccount", [{}, {"Filter": {"ActionType": "INVITE"}}]),
        ("ListHandshakesForOrganization", [{}, {"Filter": {"ActionType": "INVITE"}}]),
        (
            "ListCreateAccountStatus",
            [{}, {"States": ["SUCCEEDED"]}, {"States": ["SUCCEEDED", "FAILED"]}],
        ),
    ],
)
def test_token_of_another_filter(busy: WatchedWorld, operation: str, filters: list[dict[str, object]]) -> None:
    """A token is good for the filter that it was asked with, and for no other."""
    for filtered in filters:
        token = token_of(busy, operation, **filtered)
        for other in filters:
            if other == filtered:
                assert busy.ask(operation, FOUNDER, **other, NextToken=token)
            else:
                busy.denies(operation, FOUNDER, InvalidInputException, "INVALID_NEXT_TOKEN", **other, NextToken=token)


def test_same_filter_in_other_words(busy: WatchedWorld) -> None:
    """Order and repetition in a list of states, an empty filter and the size of the page do not change a token."""
    token = token_of(busy, "ListCreateAccountStatus", States=["SUCCEEDED", "FAILED"])
    reply = busy.ask("ListCreateAccountStatus", FOUNDER, States=["FAILED", "SUCCEEDED", "FAILED"], NextToken=token)
    assert len(reply["CreateAccountStatuses"]) == 1
    token = token_of(busy, "ListHandshakesForAccount", Filter={})
    assert len(busy.ask("ListHandshakesForAccount", FOUNDER, NextToken=token, MaxResults=7)["Handshakes"]) == 1


def test_accounts_come_and_go_between_pages() -> None:
    """Who is a member from the first page to the last is listed once, though others join and leave meanwhile."""
    world = WatchedWorld()
    world.founded()
    steady = [FOUNDER, *(world.joined(f"5{number:011}") for number in range(30))]
    leaving = [world.joined(f"6{number:011}") for number in range(30)]
    steady += [world.joined(f"7{number:011}") for number in range(10)]
    listed: list[str] = []
    token: str | None = None
    for turn in range(100):
        reply = world.ask("ListAccounts", FOUNDER, MaxResults=7, NextToken=token)
        listed += [account["Id"] for account in reply["Accounts"]]
        token = reply.get("NextToken")
        if token is None:
            break
        for _ in range(5):
            if leaving:
                # The last of the present page among them: the token's own row goes.
                gone = listed[-1] if listed[-1] in leaving else leaving[0]
                leaving.remove(gone)
                world.do(leave_organization.Request(), gone)
        if turn < 3:
            world.joined(f"8{turn:011}")
    assert token is None
    assert len(listed) == len(set(listed))
    assert [account for account in listed if account in steady] == steady
    assert [account for account in listed if account[0] == "8"] == [f"8{turn:011}" for turn in range(3)]


def test_handshakes_come_and_go_between_pages() -> None:
    """Handshakes that stay are listed once, newest first, though others are sent and purged meanwhile."""
    world = WatchedWorld()
    world.founded()
    doomed = [world.invited(f"5{number:011}") for number in range(20)]
    for handshake in doomed:
        world.call("CancelHandshake", FOUNDER, HandshakeId=handshake)
    world.advance(days=29)
    steady = [world.invited(f"6{number:011}") for number in range(20)]
    first = world.ask("ListHandshakesForOrganization", FOUNDER, MaxResults=15)
    world.invited(STRANGER)
    world.advance(days=1)
    assert set(world.state.handshakes).isdisjoint(doomed)
    second = world.ask("ListHandshakesForOrganization", FOUNDER, MaxResults=15, NextToken=first["NextToken"])
    listed = [handshake["Id"] for handshake in first["Handshakes"] + second["Handshakes"]]
    assert listed == steady[::-1]
    assert "NextToken" not in second
    assert len(world.ask("ListHandshakesForOrganization", FOUNDER)["Handshakes"]) == 20
