from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from support.given import FOUNDER, MEMBER, OTHER, RIVAL, STRANGER, World
from support.responsibility_transfers import (
    DEADLINE,
    FEBRUARY,
    MARCH,
    offer,
    offered,
    transfer_in,
    transferred,
    two_organizations,
)
from support.tag_policies import team_policy

from orgsim.engine.errors import (
    AccessDeniedException,
    AWSOrganizationsNotInUseException,
    ConstraintViolationException,
    DuplicateHandshakeException,
    HandshakeConstraintViolationException,
    InvalidInputException,
    Refused,
    SerializationException,
)
from orgsim.engine.events import HandshakeRequested, ResponsibilityTransferRequested, Tag
from orgsim.engine.operation import read_request
from orgsim.engine.operations.invite_organization_to_transfer_responsibility import Request, Target
from orgsim.engine.settings import Quotas
from orgsim.engine.state.handshake import HandshakeState
from orgsim.engine.words import Action, Condition, PartyType, TransferStatus

ADDRESS = f"{RIVAL}@accounts.example"
TOO_MANY = [(f"key{number}", "") for number in range(51)]
MEMBERS: dict[str, Any] = {
    "Type": "BILLING",
    "Target": {"Type": "ACCOUNT", "Id": RIVAL},
    "StartTimestamp": FEBRUARY,
    "SourceName": "Subsidiary",
}
MAX_INBOUND = "RESPONSIBILITY_TRANSFER_MAX_INBOUND_QUOTA_VIOLATION"
MAX_LEVEL = "RESPONSIBILITY_TRANSFER_MAX_LEVEL_VIOLATION"


def world(**quotas: int) -> World:
    return two_organizations(World(quotas=Quotas(**quotas)))


def at(*moment: int) -> World:
    """Two organizations, at this moment."""
    start = datetime(*moment, tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return two_organizations(World(start=start // timedelta(microseconds=1)))


# Refusals, in the order of the operation's head.


def test_caller() -> None:
    """Only a management account may invite, and who is not hears of nothing else that is wrong."""
    found = world()
    found.joined(MEMBER)
    wrong = offer("x", start=1)
    found.refuses(wrong, STRANGER, AWSOrganizationsNotInUseException)
    found.refuses(wrong, MEMBER, AccessDeniedException)


def test_order_of_malformed_input() -> None:
    """The target is checked before the tags, the tags before the start, and all before what depends on the world."""
    found = world()
    found.suffers(FOUNDER, Condition.SIGN_UP_INCOMPLETE)
    system, double = [("aws:a", ""), ("aws:a", ""), *TOO_MANY], [("key1", ""), *TOO_MANY]
    for asked, refusal, reason in [
        (Request("BILLING", Target("ORGANIZATION", RIVAL), 1, "x"), InvalidInputException, "INVALID_PARTY_TYPE_TARGET"),
        (offer("x", 1, tags=system), InvalidInputException, "INVALID_PATTERN"),
        (offer("x@", 1, tags=system), InvalidInputException, "INVALID_EMAIL_ADDRESS_TARGET"),
        (offer(FOUNDER, 1, tags=system), InvalidInputException, "INVALID_SYSTEM_TAGS_PARAMETER"),
        (offer(FOUNDER, 1, tags=double), InvalidInputException, "DUPLICATE_TAG_KEY"),
        (offer(FOUNDER, 1, tags=TOO_MANY), ConstraintViolationException, "MAX_TAG_LIMIT_EXCEEDED"),
        (offer(FOUNDER, 1, tags=TOO_MANY[:50]), InvalidInputException, "START_DATE_NOT_BEGINNING_OF_DAY"),
        (offer(FOUNDER), HandshakeConstraintViolationException, "SOURCE_AND_TARGET_CANNOT_MATCH"),
        (offer(), ConstraintViolationException, "ACCOUNT_NOT_ACTIVE_FOR_TRANSFER_RESPONSIBILITY"),
    ]:
        found.refuses(asked, FOUNDER, refusal, reason)


def test_tag_policy() -> None:
    """Tags that the payer's tag policy forbids for transfers refuse the invitation, before its start is looked at."""
    found = world()
    found.evolve(*team_policy(found.organization_of(FOUNDER).id, FOUNDER, "organizations:transfer"))
    bad, good = offer(start=1, tags=[("Team", "x")]), offer(tags=[("Team", "red")])
    found.refuses(bad, FOUNDER, ConstraintViolationException, "TAG_POLICY_VIOLATION")
    assert found.do(good, FOUNDER)


@pytest.mark.parametrize(
    ("start", "reason"),
    [
        (datetime(2026, 2, 1, 0, 0, 0, 1, tzinfo=UTC), "START_DATE_NOT_BEGINNING_OF_DAY"),
        (datetime(2025, 2, 2, 12, tzinfo=UTC), "START_DATE_NOT_BEGINNING_OF_DAY"),
        (datetime(2026, 2, 2, tzinfo=UTC), "START_DATE_NOT_BEGINNING_OF_MONTH"),
        (datetime(2020, 2, 29, tzinfo=UTC), "START_DATE_NOT_BEGINNING_OF_MONTH"),
        (datetime(2026, 1, 1, tzinfo=UTC), "START_DATE_TOO_EARLY"),
        (datetime(1, 1, 1, tzinfo=UTC), "START_DATE_TOO_EARLY"),
        (datetime(2026, 4, 1, tzinfo=UTC), "START_DATE_TOO_LATE"),
        (datetime(9999, 12, 1, tzinfo=UTC), "START_DATE_TOO_LATE"),
    ],
)
def test_start(start: datetime, reason: str) -> None:
    """A transfer starts at midnight UTC of the first day of the next month or the month after."""
    world().refuses(offer(start=start), FOUNDER, InvalidInputException, reason)


def test_start_over_the_turn_of_the_year() -> None:
    """In December the next month is January of the next year."""
    found = at(2026, 12, 30, 23, 59, 59, 999_999)
    for start, reason in [
        (datetime(2026, 12, 1, tzinfo=UTC), "START_DATE_TOO_EARLY"),
        (datetime(2027, 3, 1, tzinfo=UTC), "START_DATE_TOO_LATE"),
    ]:
        found.refuses(offer(start=start), FOUNDER, InvalidInputException, reason)
    assert found.do(offer(start=datetime(2027, 1, 1, tzinfo=UTC)), FOUNDER)


def test_last_day_of_the_month() -> None:
    """When the last 24 hours before the start have begun nobody could accept, so only the month after is possible."""
    found = at(2026, 1, 31)
    found.refuses(offer(start=FEBRUARY), FOUNDER, InvalidInputException, "INVALID_START_DATE")
    assert found.do(offer(start=MARCH), FOUNDER)


@pytest.mark.parametrize(
    ("condition", "refusal", "reason"),
    [
        (
            Condition.SUSPENDED,
            ConstraintViolationException,
            "ACCOUNT_NOT_ACTIVE_FOR_TRANSFER_RESPONSIBILITY",
        ),
        (
            Condition.SIGN_UP_INCOMPLETE,
            ConstraintViolationException,
            "ACCOUNT_NOT_ACTIVE_FOR_TRANSFER_RESPONSIBILITY",
        ),
        (Condition.BILLING_PREREQUISITE_UNMET, ConstraintViolationException, "UNMET_BILLING_PREREQUISITE"),
        (Condition.PRICING_UNSUPPORTED, ConstraintViolationException, "UNSUPPORTED_PRICING"),
        (
            Condition.LEGACY_BILLING_PERMISSIONS,
            HandshakeConstraintViolationException,
            "LEGACY_PERMISSIONS_STILL_IN_USE",
        ),
        (Condition.TRANSFER_UNAVAILABLE, HandshakeConstraintViolationException, "TARGET_ACCOUNT_VALIDATION_FAILURE"),
        (Condition.INVOICE_PAST_DUE, HandshakeConstraintViolationException, "PAST_DUE_INVOICE"),
        (Condition.PREPAYMENT_UNUSED, HandshakeConstraintViolationException, "UNUSED_PREPAYMENT_BALANCE"),
    ],
    ids=lambda value: getattr(value, "value", None),
)
def test_conditions(condition: Condition, refusal: type[Refused], reason: str) -> None:
    """What is wrong with the inviter's account outside Organizations keeps it from inviting; other things do not, and
    what is wrong with the invited account is not its business."""
    found = world()
    found.suffers(RIVAL, *Condition)
    found.suffers(FOUNDER, condition)
    found.refuses(offer(), FOUNDER, refusal, reason)
    found.suffers(FOUNDER, Condition.EMAIL_UNVERIFIED, Condition.PAYMENT_INSTRUMENT_MISSING)
    assert found.do(offer(), FOUNDER)


@pytest.mark.parametrize("target", [RIVAL, "Who@Example.com"], ids=["account", "address"])
def test_duplicate(target: str) -> None:
    """The same organization cannot ask twice while its first invitation is open, however the address is spelled."""
    found = world()
    found.joined(OTHER, RIVAL)
    offered(found, target)
    found.refuses(offer(target.upper(), start=MARCH), FOUNDER, DuplicateHandshakeException)


def test_no_duplicate() -> None:
    """Another organization may ask the same account, and the same one again when the first invitation has ended; an
    invitation to join is something else."""
    found = world()
    found.founded(OTHER)
    offered(found, MEMBER)
    found.invited(MEMBER)
    offered(found, MEMBER, OTHER)
    transfer_in(found, TransferStatus.DECLINED)
    transfer_in(found, TransferStatus.CANCELED)
    offered(found)


def test_transferred_already() -> None:
    """Whoever pays for an organization cannot offer so again, until one side has withdrawn; that the address belongs to
    it is not revealed."""
    found = world()
    transferred(found)
    found.refuses(offer(), FOUNDER, HandshakeConstraintViolationException, "RESPONSIBILITY_TRANSFER_ALREADY_EXISTS")
    found.founded(OTHER)
    assert found.do(offer(), OTHER)
    assert found.do(offer(ADDRESS), FOUNDER)


def test_withdrawn() -> None:
    """After a withdrawal the same organization can be asked again."""
    found = world()
    transfer_in(found, TransferStatus.WITHDRAWN)
    assert found.do(offer(), FOUNDER)


def test_inbound_quota() -> None:
    """Open invitations and accepted transfers count against the inbound quota; what ended or was withdrawn does not."""
    found = world(inbound_transfers=2)
    for status in (TransferStatus.DECLINED, TransferStatus.CANCELED, TransferStatus.WITHDRAWN):
        transfer_in(found, status)
    transferred(found)
    offered(found, MEMBER)
    found.refuses(offer(OTHER), FOUNDER, ConstraintViolationException, MAX_INBOUND)
    assert found.do(offer(OTHER), RIVAL)
    found.advance(days=30)
    assert found.do(offer(OTHER, MARCH), FOUNDER)


def test_inbound_quota_of_a_new_customer() -> None:
    """With AWS's default of none, nobody can invite."""
    world(inbound_transfers=0).refuses(offer(), FOUNDER, ConstraintViolationException, MAX_INBOUND)


def test_chain() -> None:
    """An organization at the end of the longest chain allowed cannot pay for others; the length is a quota."""
    found = world(transfer_chain_length=1)
    transferred(found)
    found.refuses(offer(OTHER), RIVAL, ConstraintViolationException, MAX_LEVEL)
    assert found.do(offer(OTHER), FOUNDER)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"Type": None}, "INPUT_REQUIRED:TYPE"),
        ({"Type": "SUPPORT"}, "INVALID_ENUM:TYPE"),
        ({"Target": None}, "INPUT_REQUIRED:TARGET"),
        ({"StartTimestamp": None}, "INPUT_REQUIRED:START_TIMESTAMP"),
        ({"SourceName": None}, "INPUT_REQUIRED:SOURCE_NAME"),
        ({"SourceName": ""}, "MIN_LENGTH_EXCEEDED:SOURCE_NAME"),
        ({"SourceName": "n" * 129}, "MAX_LENGTH_EXCEEDED:SOURCE_NAME"),
        ({"SourceName": "Zürich"}, "INVALID_PATTERN:SOURCE_NAME"),
        ({"Notes": "n" * 1025}, "MAX_LENGTH_EXCEEDED:NOTES"),
    ],
)
def test_constraints(changed: dict[str, Any], reason: str) -> None:
    """The members have AWS's constraints."""
    with pytest.raises(InvalidInputException) as caught:
        read_request(Request, MEMBERS | changed)
    assert caught.value.reason == reason


def test_start_that_is_no_moment() -> None:
    """A start that cannot be read is a refusal of AWS's framework."""
    with pytest.raises(SerializationException):
        read_request(Request, MEMBERS | {"StartTimestamp": "in February"})


# What happens.


@pytest.mark.parametrize(("target", "party_type"), [(RIVAL, PartyType.ACCOUNT), ("Who@Example.com", PartyType.EMAIL)])
def test_events(target: str, party_type: PartyType) -> None:
    """A handshake is open until 24 hours before the start, and the transfer is requested under an id of its own."""
    found = world()
    position = found.state.position
    payer = found.organization_of(FOUNDER).id
    handshake = found.ids.handshake(position + 1)
    transfer = found.ids.responsibility_transfer(position + 2)
    asked = offer(target, notes="Do come.", tags=[("team", "a"), ("cost", "")])
    assert found.do(asked, FOUNDER) == [
        HandshakeRequested(
            payer,
            handshake,
            Action.TRANSFER_RESPONSIBILITY,
            DEADLINE,
            target,
            party_type,
            notes="Do come.",
            tags=(Tag("team", "a"), Tag("cost", "")),
        ),
        ResponsibilityTransferRequested(payer, transfer, handshake, "Subsidiary", 1_769_904_000_000_000, target),
    ]
    assert found.state_of(handshake) is HandshakeState.OPEN
    assert found.state.timers.next_due == DEADLINE
    assert found.organization_of(FOUNDER).tags == {}


def test_not_an_invitation_to_join() -> None:
    """It counts neither against the account quota nor against the daily invitations."""
    found = world(accounts=1, invitations_per_day=0)
    offered(found)
    assert found.organization_of(FOUNDER).invitations == {}
    assert found.organization_of(FOUNDER).recent_unaccepted == 0


def test_reply() -> None:
    """The reply is the handshake, with the payer, the transfer and its terms among the resources."""
    found = world()
    payer = found.organization_of(FOUNDER).id
    reply = found.reply(offer(notes="Do come."), FOUNDER)
    (transfer,) = found.state.transfers.by_id
    handshake = found.state.transfers.by_id[transfer].handshake
    assert reply == {
        "Handshake": {
            "Id": handshake,
            "Arn": f"arn:aws:organizations::{FOUNDER}:handshake/{payer}/transfer_responsibility/{handshake}",
            "Parties": [{"Id": payer, "Type": "ORGANIZATION"}, {"Id": RIVAL, "Type": "ACCOUNT"}],
            "State": "OPEN",
            "RequestedTimestamp": datetime(2026, 1, 1, tzinfo=UTC),
            "ExpirationTimestamp": datetime(2026, 1, 31, tzinfo=UTC),
            "Action": "TRANSFER_RESPONSIBILITY",
            "Resources": [
                {
                    "Type": "ORGANIZATION",
                    "Value": payer,
                    "Resources": [
                        {"Type": "MANAGEMENT_ACCOUNT", "Value": FOUNDER},
                        {"Type": "MANAGEMENT_EMAIL", "Value": f"{FOUNDER}@accounts.example"},
                        {"Type": "MANAGEMENT_NAME", "Value": f"Account {FOUNDER}"},
                    ],
                },
                {"Type": "ACCOUNT", "Value": RIVAL},
                {
                    "Type": "RESPONSIBILITY_TRANSFER",
                    "Value": transfer,
                    "Resources": [
                        {"Type": "TRANSFER_TYPE", "Value": "BILLING"},
                        {"Type": "TRANSFER_START_TIMESTAMP", "Value": "2026-02-01T00:00:00Z"},
                    ],
                },
                {"Type": "NOTES", "Value": "Do come."},
            ],
        }
    }


@pytest.mark.parametrize("start", [1_769_904_000, 1_769_904_000.0, "2026-02-01T00:00:00Z", FEBRUARY], ids=str)
def test_start_as_clients_send_it(start: Any) -> None:
    """Seconds, text and a datetime all name the start."""
    found = world()
    asked = read_request(Request, MEMBERS | {"StartTimestamp": start})
    _, requested = found.do(asked, FOUNDER)
    assert requested.starts_at == 1_769_904_000_000_000
