from typing import get_args

import pytest
from support.given import FOUNDER, MEMBER, RIVAL, World

from orgsim.engine.events import (
    AccountCreationFailed,
    AccountCreationRequested,
    AccountCreationSucceeded,
    AccountJoined,
)
from orgsim.engine.operations import create_account, describe_account_outside
from orgsim.engine.operations.finish_account_creation import FailureReason, Request, UnknownCreation
from orgsim.engine.rules import quotas
from orgsim.engine.state.timers import NEVER
from orgsim.engine.words import Condition, JoinedMethod


def in_progress(email: str = "made@example.com") -> tuple[World, str]:
    world = World(latency="realistic")
    world.founded()
    return world, world.do(create_account.Request(email, "Made"), FOUNDER)[0].request


@pytest.mark.parametrize("failure", [None, "INTERNAL_FAILURE"])
def test_unknown(failure: str | None) -> None:
    """A creation that never was, or is over, cannot be finished."""
    world, request = in_progress()
    world.refuses(Request("car-00000000", failure), None, UnknownCreation)
    world.do(Request(request))
    world.refuses(Request(request, failure), None, UnknownCreation)


def test_success() -> None:
    """The account comes to be and joins as created, with the address and the name that were asked for."""
    world, request = in_progress("Made@example.com")
    organization, account = world.organization_of(FOUNDER), world.ids.account(5)
    due = organization.creations["made@example.com"], world.state.timers.next_due
    assert world.advance(seconds=48) == [
        AccountCreationSucceeded(organization.id, request, account),
        AccountJoined(organization.id, account, JoinedMethod.CREATED, "Made@example.com", "Made"),
    ]
    member = organization.members[account]
    assert (member.email, member.name, member.joined_method) == ("Made@example.com", "Made", JoinedMethod.CREATED)
    assert due == (request, member.membership_changed_at)
    assert world.state.owner_of("made@example.com") == account
    assert (organization.creations, world.state.creations, world.state.timers.next_due) == ({}, {}, NEVER)


@pytest.mark.parametrize("reason", get_args(FailureReason))
def test_failure_of_choice(reason: str) -> None:
    """The simulation may have a creation fail for any of AWS's reasons, before its time; nobody joins."""
    world, request = in_progress()
    organization = world.organization_of(FOUNDER)
    assert world.do(Request(request, reason)) == [AccountCreationFailed(organization.id, request, reason)]
    assert list(organization.members) == [FOUNDER]
    assert (organization.creations, world.state.creations, world.state.timers.next_due) == ({}, {}, NEVER)
    assert quotas.accounts_counted(organization) == 1
    assert world.state.owner_of("made@example.com") is None


@pytest.mark.parametrize(
    "email",
    [
        ".made@example.com",
        "ma(de@example.com",
        "ma;de@example.com",
        "ma'de@example.com",
        "ma|de@example.com",
        "ma%de@example.com",
        "mäde@example.com",
        "made@-example.com",
        "made@.example.com",
        "made@example.com-",
        "made@example.com.",
        "made@exa_mple.com",
        "made@exämple.com",
    ],
)
def test_invalid_address(email: str) -> None:
    """An address that AWS cannot write to passes the request and fails the creation."""
    world, request = in_progress(email)
    world.suffers(FOUNDER, Condition.PAYMENT_INSTRUMENT_MISSING)
    failed = AccountCreationFailed(world.organization_of(FOUNDER).id, request, "INVALID_EMAIL")
    assert world.advance(seconds=48) == [failed]


@pytest.mark.parametrize("email", ["m.a-d_e+1@ex-ample.co.uk", "m{a}de!#$*/=?^`~@example.com", "1@2.com", "a@b.de-f"])
def test_unusual_address(email: str) -> None:
    """Anything else that looks like an address is accepted."""
    world, _ = in_progress(email)
    assert isinstance(world.advance(seconds=48)[0], AccountCreationSucceeded)


@pytest.mark.parametrize(
    "email", ["TAKEN@example.com", f"{MEMBER}@accounts.example"], ids=["stated in other letters", "derived"]
)
def test_address_taken(email: str) -> None:
    """The creation fails where the address belongs to an account, even one that stated it meanwhile."""
    world, request = in_progress(email)
    world.do(describe_account_outside.Request(RIVAL, "taken@example.com"))
    world.suffers(FOUNDER, Condition.PAYMENT_INSTRUMENT_MISSING)
    failed = AccountCreationFailed(world.organization_of(FOUNDER).id, request, "EMAIL_ALREADY_EXISTS")
    assert world.advance(seconds=48) == [failed]


def test_same_address_in_two_organizations() -> None:
    """If two organizations create accounts with the same address, the creation that finishes first gets it."""
    world, first = in_progress()
    world.founded(RIVAL)
    second = world.do(create_account.Request("Made@Example.com", "Made"), RIVAL)[0].request
    world.advance(seconds=48)
    fates = {
        envelope.event.request: type(envelope.event)
        for envelope in world.log
        if isinstance(envelope.event, AccountCreationSucceeded | AccountCreationFailed)
    }
    assert set(fates) == {first, second}
    assert list(fates.values()) == [AccountCreationSucceeded, AccountCreationFailed]


@pytest.mark.parametrize(
    ("conditions", "reason"),
    [
        ((Condition.PAYMENT_INSTRUMENT_MISSING,), "MISSING_PAYMENT_INSTRUMENT"),
        ((Condition.PAYMENT_INSTRUMENT_INVALID,), "INVALID_PAYMENT_INSTRUMENT"),
        (
            (Condition.PAYMENT_INSTRUMENT_INVALID, Condition.PAYMENT_INSTRUMENT_MISSING),
            "MISSING_PAYMENT_INSTRUMENT",
        ),
    ],
)
def test_payment_trouble(conditions: tuple[Condition, ...], reason: str) -> None:
    """Payment trouble of the management account makes the creation fail."""
    world, request = in_progress()
    world.suffers(FOUNDER, *conditions)
    failed = AccountCreationFailed(world.organization_of(FOUNDER).id, request, reason)
    assert world.advance(seconds=48) == [failed]


def test_chosen_failure_before_found_trouble() -> None:
    """The reason that the simulation chose stands, whatever else would have gone wrong."""
    world, request = in_progress(".made@example.com")
    assert world.do(Request(request, "INTERNAL_FAILURE"))[0].reason == "INTERNAL_FAILURE"


def test_one_of_several() -> None:
    """Finishing one creation early leaves the timers of the others as they are."""
    world, _ = in_progress()
    for number in range(4):
        world.do(create_account.Request(f"number{number}@example.com", "Made"), FOUNDER)
    requested = [envelope.event for envelope in world.log if isinstance(envelope.event, AccountCreationRequested)]
    by_time = sorted(requested, key=lambda event: event.finishes_at)
    world.do(Request(by_time[2].request))
    world.do(Request(by_time[0].request))
    assert world.state.timers.next_due == by_time[1].finishes_at
    finished = [event.request for event in world.advance(seconds=48) if isinstance(event, AccountCreationSucceeded)]
    assert finished == [by_time[number].request for number in (1, 3, 4)]


def test_account_id_in_use() -> None:
    """An id that is in use already is passed over."""
    world, request = in_progress()
    taken = world.ids.account(world.state.position + 2)
    world.suffers(taken)
    assert world.do(Request(request))[0].account == f"{int(taken) + 1:012}"
