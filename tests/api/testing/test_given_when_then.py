"""given, when, then: what passes, what fails and how the difference is told, and mistakes in a test itself."""

import warnings
from collections.abc import Callable

import pytest

from orgsim.api import Settings, Simulation
from orgsim.api.testing.given import Given, Outcome, call, given, like, the
from orgsim.engine.errors import (
    AccessDeniedException,
    AlreadyInOrganizationException,
    ConstraintViolationException,
    HandshakeConstraintViolationException,
    HandshakeNotFoundException,
)
from orgsim.engine.events import (
    AccountCreationRequested,
    AccountCreationSucceeded,
    AccountJoined,
    HandshakeAccepted,
    HandshakeExpired,
    HandshakeRequested,
    OrganizationalUnitCreated,
    OrganizationCreated,
    PolicyTypeEnabled,
)
from orgsim.engine.words import FeatureSet, JoinedMethod

FOUNDER, MEMBER = "111111111111", "222222222222"
ORGANIZATION, ROOT = "o-exampleorgid", "r-exam"

found = call(FOUNDER, "CreateOrganization", FeatureSet="ALL")
invite = call(FOUNDER, "InviteAccountToOrganization", Target={"Type": "ACCOUNT", "Id": MEMBER})
accept = call(MEMBER, "AcceptHandshake", HandshakeId=the("handshake"))
FOUNDED = (
    OrganizationCreated(ORGANIZATION, ROOT, FOUNDER, FeatureSet.ALL),
    AccountJoined(ORGANIZATION, FOUNDER, JoinedMethod.INVITED),
)


def failure(check: Callable[[], object]) -> str:
    """The message with which an assertion fails."""
    with pytest.raises(AssertionError) as caught:
        check()
    return str(caught.value)


def test_events() -> None:
    """An accepted invitation makes the account a member; all events are told, some with all members."""
    outcome = given(found, invite).when(accept)
    outcome.then(HandshakeAccepted, like(AccountJoined, account=MEMBER))
    outcome.then(*outcome.events)


def test_answers() -> None:
    """Of an answer those members are compared that are told, on every level."""
    given(found, invite).when(accept).then({"Handshake": {"State": "ACCEPTED", "Parties": [{}, {"Id": MEMBER}]}})
    given(found).when(lambda sim: sim.client(FOUNDER).list_roots()).then({"Roots": [{"Name": "Root"}]})


def test_refusals() -> None:
    """A refusal is told by its class, or as an exception with its reason."""
    given(found).when(found).then(AlreadyInOrganizationException)
    leave = call(FOUNDER, "InviteAccountToOrganization", Target={"Type": "ACCOUNT", "Id": FOUNDER})
    refused = HandshakeConstraintViolationException("ALREADY_IN_AN_ORGANIZATION")
    given(found).when(leave).then(refused).when(leave).then(HandshakeConstraintViolationException)


def test_nothing_and_time() -> None:
    """Questions leave no event; an invitation that nobody answers expires after fifteen days."""
    story = given(found, invite).when(call(FOUNDER, "ListRoots")).then_nothing_happened()
    story.when_time_passes(days=14).then_nothing_happened()
    story.when_time_passes("1d").then(HandshakeExpired)


def test_what_is_due_has_happened() -> None:
    """With latency instant a creation has ended when its outcome is looked at."""
    create = call(FOUNDER, "CreateAccount", Email="new@example.com", AccountName="New")
    given(found).when(create).then(AccountCreationRequested, AccountCreationSucceeded, AccountJoined)
    given(found, settings=Settings(latency="realistic")).when(create).then(AccountCreationRequested)


def test_given_events() -> None:
    """Events can be given instead of calls, between calls too, so that a test knows all ids."""
    asked = like(HandshakeRequested, organization=ORGANIZATION, party=MEMBER)
    story = given(*FOUNDED).when(invite).then(asked)
    assert story.events[0].organization == ORGANIZATION
    unit = OrganizationalUnitCreated(ORGANIZATION, "ou-exam-11111111", ROOT, "Workloads")
    ask = call(FOUNDER, "DescribeOrganizationalUnit", OrganizationalUnitId="ou-exam-11111111")
    answer = {"OrganizationalUnit": {"Name": "Workloads"}}
    given(*FOUNDED, invite, unit).when(ask).then(answer).when(accept).then(HandshakeAccepted, AccountJoined)


def test_template() -> None:
    """A story can begin with a fork of an open simulation, which stays as it is."""
    with Simulation() as template:
        template.sync.client(FOUNDER).create_organization()
        digest = template.engine.log.digest
        given(invite, template=template).when(accept).then(HandshakeAccepted, AccountJoined)
        assert template.engine.log.digest == digest


def test_difference_of_events() -> None:
    """A mismatch shows all events line by line, with what was expected and what was found."""
    outcome = given(*FOUNDED).when(call(FOUNDER, "CreateOrganizationalUnit", ParentId=ROOT, Name="Workloads"))
    unit = outcome.reply["OrganizationalUnit"]["Id"]
    wrong = like(OrganizationalUnitCreated, name="Sandbox")
    assert failure(lambda: outcome.then(wrong, PolicyTypeEnabled)) == "\n".join(
        [
            "other events than expected:",
            "(- expected, + found)",
            "  - OrganizationalUnitCreated:",
            "      organization: o-exampleorgid",
            f"      unit: {unit}",
            "      parent: r-exam",
            "-     name: Sandbox",
            "- - PolicyTypeEnabled",
            "+     name: Workloads",
        ]
    )
    assert "+ - OrganizationalUnitCreated:" in failure(lambda: outcome.then(PolicyTypeEnabled))
    assert "but:\n- OrganizationalUnitCreated:\n" in failure(outcome.then_nothing_happened)


def test_difference_of_answers() -> None:
    """Of an answer only the expected members are shown, line by line."""
    outcome = given(found).when(call(FOUNDER, "ListRoots"))
    wrong = {"Roots": [{"Name": "Root", "PolicyTypes": [{"Type": "TAG_POLICY"}]}], "NextToken": "1"}
    assert failure(lambda: outcome.then(wrong)) == "\n".join(
        [
            "another answer than expected:",
            "(- expected, + found)",
            "  Roots:",
            "    - Name: Root",
            "-     PolicyTypes:",
            "-       - Type: TAG_POLICY",
            "- NextToken: 1",
            "+     PolicyTypes: []",
        ]
    )


def test_difference_of_refusals() -> None:
    """A wrong refusal, a missing one and an unexpected one are named, with why they came."""
    outcome = given(found).when(found)
    assert failure(lambda: outcome.then(HandshakeNotFoundException)).startswith(
        "expected HandshakeNotFoundException, but got AlreadyInOrganizationException: "
    )
    assert failure(outcome.then_nothing_happened).startswith("it was refused: AlreadyInOrganizationException: ")
    assert failure(lambda: outcome.then(AccountJoined)).startswith("it was refused: ")
    accepted = given().when(found)
    assert failure(lambda: accepted.then(AccessDeniedException)).startswith(
        "expected AccessDeniedException, but it was accepted:\n- OrganizationCreated:\n    organization: o-"
    )
    other = ConstraintViolationException("ACCOUNT_NUMBER_LIMIT_EXCEEDED")
    assert "expected ConstraintViolationException ACCOUNT_NUMBER_LIMIT_EXCEEDED, but got" in failure(
        lambda: outcome.then(other)
    )


def expect_nothing() -> Outcome:
    return given(found).when(found).then()


MISTAKES: list[tuple[Callable[[], object], type[Exception], str]] = [
    (lambda: given("CreateOrganization"), TypeError, "an operation is call"),  # type: ignore[arg-type]
    (lambda: given().when(found.operation), TypeError, "an operation is call"),  # type: ignore[arg-type]
    (lambda: call(FOUNDER, "CreateOrganisation"), LookupError, "'CreateOrganisation'; did you mean CreateOrganization"),
    (lambda: call(FOUNDER, "create_organization"), LookupError, "'create_organization'; write CreateOrganization"),
    (lambda: call(FOUNDER, "CreateOrganization", feature_set="ALL"), TypeError, "'feature_set'; write FeatureSet"),
    (lambda: call(FOUNDER, "ListRoots", PageSize=3), TypeError, "'PageSize'; there are: "),
    (
        lambda: call(FOUNDER, "InviteAccountToOrganization", Target={"id": MEMBER}),
        TypeError,
        "InviteAccountToOrganization.Target has no member 'id'; write Id",
    ),
    (
        lambda: call(FOUNDER, "TagResource", ResourceId=MEMBER, Tags=[{"Key": "team", "value": "payments"}]),
        TypeError,
        "TagResource.Tags has no member 'value'; write Value",
    ),
    (lambda: given(accept), ValueError, "nothing that has happened has a 'handshake'"),
    (lambda: like(AccountJoined, id=MEMBER), TypeError, "has no member 'id'; it has organization, account, method"),
    (expect_nothing, TypeError, "then_nothing_happened"),
    (lambda: given().when(found).then(3), TypeError, "takes an event, its class"),  # type: ignore[arg-type]
    (
        lambda: given(found).when(found).then(AlreadyInOrganizationException, {"Roots": []}),
        TypeError,
        "a refusal alone",
    ),
    (
        lambda: given(template=Simulation(), seed=77, start="2026-02-01"),
        TypeError,
        "its own seed, start; leave them out",
    ),
    (lambda: given(FOUNDED[1]), ValueError, r"cannot follow what was there .*\n- AccountJoined:\n    organization: o-"),
]


@pytest.mark.parametrize(("mistake", "error", "message"), MISTAKES)
def test_mistakes(mistake: Callable[[], object], error: type[Exception], message: str) -> None:
    """What is no operation, event or expectation, or cannot be, is an error that names it and the choices."""
    with pytest.raises(error, match=message):
        mistake()


def test_refused_past() -> None:
    """What is given has to be accepted; the refusal says which step it was."""
    with pytest.raises(AlreadyInOrganizationException) as caught:
        given(found, found)
    assert caught.value.__notes__[-1] == "given: CreateOrganization by 111111111111"


def test_worlds_are_closed() -> None:
    """A story needs no block: its world is closed when nobody refers to it any more, without a warning."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        story: Given | None = given(*FOUNDED, invite)
        outcome: Outcome | None = story.when(accept)
        del story
        assert outcome is not None
        outcome.when(call(FOUNDER, "ListRoots")).then_nothing_happened()
        outcome = None
    assert not caught
