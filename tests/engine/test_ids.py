import re

import msgspec
import pytest
from support.given import MEMBER

from orgsim.engine import ids
from orgsim.engine.ids import AccountId, CreateAccountRequestId, HandshakeId, IdSource

FORMATS = {
    "handshake": r"h-[0-9a-f]{32}",
    "organization": r"o-[0-9a-z]{10}",
    "root": r"r-[0-9a-z]{4}",
    "create_account_request": r"car-[0-9a-f]{32}",
    "account": r"[1-9][0-9]{11}",
    "request": r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}",
}


@pytest.mark.parametrize(("kind", "pattern"), FORMATS.items())
def test_formats(kind: str, pattern: str) -> None:
    """Every id of every position has the shape that AWS's have."""
    make = getattr(IdSource(1), kind)
    assert [made for made in map(make, range(1, 300)) if not re.fullmatch(pattern, made)] == []


@pytest.mark.parametrize("kind", [*FORMATS, "fraction"])
@pytest.mark.parametrize("seed", [0, -1, 2**63])
def test_of_seed_and_position_alone(kind: str, seed: int) -> None:
    """Ids do not depend on earlier calls: a restarted source gives the same ids."""
    source = IdSource(seed)
    forwards = [getattr(source, kind)(position) for position in range(50)]
    assert [getattr(IdSource(seed), kind)(position) for position in reversed(range(50))] == forwards[::-1]


@pytest.mark.parametrize("kind", ["handshake", "organization", "create_account_request", "account", "request"])
def test_no_two_alike(kind: str) -> None:
    """Other positions and other seeds give other ids."""
    made = {getattr(IdSource(seed), kind)(position) for seed in (-1, 0, 1) for position in range(500)}
    assert len(made) == 1500


def test_kinds_are_independent() -> None:
    """From one position the kinds draw different numbers."""
    source = IdSource(3)
    digits = {source.handshake(9)[2:], source.create_account_request(9)[4:], source.request(9).replace("-", "")}
    assert len(digits) == 3


def test_known_ids() -> None:
    """The ids of a seed never change, or logs that were written could not be continued."""
    source = IdSource(7)
    assert source.handshake(1) == "h-4746739132179e390d168cce3224aeca"
    assert source.organization(2) == "o-qxv2r1ex7u"
    assert source.root(2) == "r-3gbr"
    assert source.create_account_request(3) == "car-92055b526980b1d669fe3217018f6abf"
    assert source.account(4) == "789820555707"
    assert source.request(5) == "a8a5db55-2828-4115-a463-129f974919b1"


def test_fraction() -> None:
    """Fractions lie in [0, 1) and fill it."""
    fractions = [IdSource(5).fraction(position) for position in range(1000)]
    assert 0 <= min(fractions) < 0.01
    assert 0.99 < max(fractions) < 1
    assert 0.45 < sum(fractions) / 1000 < 0.55


@pytest.mark.parametrize(
    ("number", "length", "digits"), [(0, 1, "0"), (35, 1, "z"), (36, 2, "01"), (36, 1, "0"), (1295, 4, "zz00")]
)
def test_base36(number: int, length: int, digits: str) -> None:
    """A number's last digits in base 36, the lowest first, filled up with zeros."""
    assert ids.base36(number, length) == digits


@pytest.mark.parametrize(
    ("kind", "good"),
    [
        (AccountId, [MEMBER, "000000000000"]),
        (HandshakeId, ["h-01234567", "h-" + "z" * 32]),
        (CreateAccountRequestId, ["car-01234567", "car-" + "z" * 32]),
    ],
)
def test_well_formed(kind: type, good: list[str]) -> None:
    """The shortest and the longest id that AWS's pattern allows are read."""
    assert [msgspec.convert(one, kind) for one in good] == good


@pytest.mark.parametrize(
    ("kind", "bad"),
    [
        (AccountId, ["", "1" * 11, "1" * 13, "11111111111a", MEMBER + "\n", " " + MEMBER, "１" * 12]),
        (HandshakeId, ["h-", "h-0123456", "h-" + "z" * 33, "h-ABCDEFGH", "01234567", "h-01234567\n", "xh-01234567"]),
        (CreateAccountRequestId, ["car-0123456", "car-" + "z" * 33, "car-01234567\n", "CAR-01234567"]),
    ],
)
def test_malformed(kind: type, bad: list[str]) -> None:
    """Anything else is refused, a trailing newline and digits of other scripts included."""
    for one in bad:
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(one, kind)


def test_derived_address() -> None:
    """An account that nobody described has an address and a name made of its id, and the address leads back."""
    assert ids.derived_email(MEMBER) == f"{MEMBER}@accounts.example"
    assert ids.derived_name(MEMBER) == f"Account {MEMBER}"
    assert ids.owner_of_derived_email(ids.derived_email(MEMBER)) == MEMBER


@pytest.mark.parametrize(
    "email",
    ["", MEMBER, f"{MEMBER}@example.com", *(f"{local}@accounts.example" for local in ("1", "x" * 12, "１" * 12))],
)
def test_any_other_address(email: str) -> None:
    """Only a derived address tells whose it is."""
    assert ids.owner_of_derived_email(email) is None
