import msgspec
import pytest
from support.given import FOUNDER, MEMBER, OTHER, World

from orgsim.engine.events import AccountDescribed
from orgsim.engine.operations.describe_account_outside import AddressTaken, Request
from orgsim.engine.words import Condition


def test_event() -> None:
    """The description is recorded, with its conditions sorted and without repeats."""
    world = World()
    stated = (Condition.SUSPENDED, Condition.EULA_UNSIGNED, Condition.SUSPENDED)
    assert world.do(Request(MEMBER, "Me@Example.com", "Me", stated)) == [
        AccountDescribed(MEMBER, "Me@Example.com", "Me", (Condition.EULA_UNSIGNED, Condition.SUSPENDED))
    ]
    assert (world.state.email_of(MEMBER), world.state.name_of(MEMBER)) == ("Me@Example.com", "Me")
    assert world.state.conditions_of(MEMBER) == (Condition.EULA_UNSIGNED, Condition.SUSPENDED)


def test_nothing_stated() -> None:
    """An account without a description has a derived address and name, and no conditions."""
    state = World().state
    assert state.email_of(MEMBER) == f"{MEMBER}@accounts.example"
    assert state.name_of(MEMBER) == f"Account {MEMBER}"
    assert state.conditions_of(MEMBER) == ()
    assert state.owner_of(f"{MEMBER}@ACCOUNTS.example") == MEMBER


def test_partial_description() -> None:
    """Address and name stay where none is given; conditions are replaced."""
    world = World()
    world.do(Request(MEMBER, "me@example.com", "Me", (Condition.SUSPENDED,)))
    world.do(Request(MEMBER))
    assert (world.state.email_of(MEMBER), world.state.name_of(MEMBER)) == ("me@example.com", "Me")
    assert world.state.conditions_of(MEMBER) == ()


def test_new_address_frees_the_old() -> None:
    """An account that states another address gives up the one before, the derived one included."""
    world = World()
    for address, former in [("one@example.com", f"{MEMBER}@accounts.example"), ("two@example.com", "one@example.com")]:
        world.do(Request(MEMBER, address))
        assert world.state.owner_of(former) is None
        assert world.state.owner_of(address) == MEMBER
    world.do(Request(OTHER, f"{MEMBER}@accounts.example"))
    assert world.state.owner_of(f"{MEMBER}@accounts.example") == OTHER


@pytest.mark.parametrize(
    "address",
    ["taken@example.com", "TAKEN@example.com", f"{FOUNDER}@accounts.example"],
    ids=["same", "case", "derived"],
)
def test_address_of_another_account(address: str) -> None:
    """An address belongs to one account, in any case of letters, be it stated or derived."""
    world = World()
    world.do(Request(OTHER, "taken@example.com"))
    world.refuses(Request(MEMBER, address, conditions=(Condition.SUSPENDED,)), None, AddressTaken)


@pytest.mark.parametrize("address", ["ME@example.com", "me@example.com", f"{MEMBER}@accounts.example"])
def test_own_address(address: str) -> None:
    """An account may state its own address again, in other letters, or go back to the derived one."""
    world = World()
    world.do(Request(MEMBER, "me@example.com"))
    world.do(Request(MEMBER, address))
    assert world.state.email_of(MEMBER) == address
    assert world.state.emails == {address.lower(): MEMBER}


def test_created_account() -> None:
    """The address and the name of a created account are the ones it was created with."""
    world = World()
    world.founded()
    account = world.created("Made@example.com")
    assert world.state.owner_of("made@EXAMPLE.com") == account
    assert (world.state.email_of(account), world.state.name_of(account)) == ("Made@example.com", "Made")


@pytest.mark.parametrize(
    "members",
    [
        {"account_id": "12345"},
        {"account_id": MEMBER + "\n"},
        {"account_id": MEMBER, "email": "a@b"},
        {"account_id": MEMBER, "email": "me@example.com\n"},
        {"account_id": MEMBER, "name": ""},
        {"account_id": MEMBER, "conditions": ["HUNGRY"]},
    ],
)
def test_constraints(members: dict) -> None:
    """Account id, address, name and conditions have to be well-formed."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(members, Request)
