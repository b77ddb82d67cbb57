"""Golden samples of all events. Run this file to add missing ones to ``golden_events.json``; old ones never change."""

import json
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from orgsim.engine import events
from orgsim.engine.events import AnyEvent, Event, Tag
from orgsim.engine.events.envelope import Envelope, decode_envelope, encode_envelope
from orgsim.engine.evolve import EVOLVE
from orgsim.engine.settings import Quotas, Settings
from orgsim.engine.words import (
    Action,
    Condition,
    DepartureMethod,
    FeatureSet,
    JoinedMethod,
    PartyType,
    PolicyType,
    TransferStatus,
)

GOLDEN = Path(__file__).with_name("golden_events.json")
TYPES = get_args(AnyEvent)
HERE, HANDSHAKE = "o-0123456789", "h-0123456789abcdef0123456789abcdef"
UNIT, POLICY, TRANSFER = "ou-0123-01234567", "p-0123456789", "rt-01234567"
REQUEST, ACCOUNT = "car-0123456789abcdef0123456789abcdef", "222222222222"

CONDITIONS = (
    Condition.ADDRESS_OUTSIDE_MARKETPLACE,
    Condition.BUSINESS_LICENSE_MISSING,
    Condition.CONTACT_INFO_MISSING,
    Condition.EMAIL_UNVERIFIED,
    Condition.EULA_UNSIGNED,
    Condition.OTHER_SELLER_OF_RECORD,
    Condition.PAYMENT_INSTRUMENT_INVALID,
    Condition.PAYMENT_INSTRUMENT_MISSING,
    Condition.PHONE_UNVERIFIED,
    Condition.SERVICE_LINKED_ROLE_DENIED,
    Condition.SIGN_UP_INCOMPLETE,
    Condition.SUSPENDED,
)

SAMPLES: list[Event] = [
    events.WorldCreated(
        seed=-7,
        settings=Settings(
            quotas=Quotas(
                accounts=10,
                invitations_per_day=20,
                all_features_migration_accounts=30,
                concurrent_account_creations=40,
                created_account_minimum_age_days=50,
            ),
            latency="realistic",
            fidelity="observed",
            invitations_during_migration=False,
            organization_finalization_seconds=60,
            membership_change_interval_seconds=70,
            consolidated_billing_supported=False,
        ),
    ),
    events.TimeAdvanced(),
    events.AccountDescribed(account=ACCOUNT, email="me@example.com", name="Me", conditions=CONDITIONS),
    events.OrganizationCreated(
        organization=HERE, root="r-0123", management_account=ACCOUNT, feature_set=FeatureSet.CONSOLIDATED_BILLING
    ),
    events.OrganizationDeleted(organization=HERE),
    events.PartitionAssigned(organization=HERE, partition="aws-us-gov"),
    events.FaultScripted(
        script="fault-1",
        fault="refuse",
        operations=("CreateAccount", "ListAccounts"),
        accounts=(ACCOUNT,),
        share=0.25,
        times=3,
        after_calls=2,
        begins_at=1_768_521_600_000_001,
        ends_at=1_768_521_600_000_002,
        code="InvalidInputException",
        reason="INVALID_ENUM",
        duration=1_500_000,
    ),
    events.FaultCleared(script="fault-1"),
    events.FaultInjected(
        script="fault-1", fault="fail_creation", operation="CreateAccount", account=ACCOUNT, subject=REQUEST
    ),
    events.FaultPassedOver(script="fault-1", operation="ListAccounts", account=ACCOUNT),
    events.RecordTaken(
        event_id="EXAMPLE8-90ab-cdef-fedc-ba987EXAMPLE",
        event_name="MoveAccount",
        request_id="00000000-0000-4000-a000-000000000000",
        inferred=2,
        changed=True,
        code="AccessDenied",
        source_ip_address="192.0.2.1",
        user_agent="aws-cli/2.0",
    ),
    events.RootIdentified(organization=HERE, placeholder="r-unknown", root="r-0123"),
    events.CallRecorded(
        operation="LeaveOrganization",
        members={"Nested": {"Numbers": [1, 2.5, True, None], "Text": "ä"}},
        code="ConstraintViolationException",
        reason="WAIT_PERIOD_ACTIVE",
        message="Not yet.",
        explanation="it was created today",
    ),
    events.DumpTaken(source="acme/", taken_at=1_768_521_600_000_000, inferred=3),
    events.AccountReinstated(organization=HERE, account=ACCOUNT),
    events.FeatureSetChanged(organization=HERE, feature_set=FeatureSet.ALL),
    events.HandshakeRequested(
        organization=HERE,
        handshake=HANDSHAKE,
        action=Action.INVITE,
        expires_at=1_768_521_600_000_000,
        party="who@example.com",
        party_type=PartyType.EMAIL,
        parent="h-fedcba9876543210fedcba9876543210",
        feature_set=FeatureSet.ALL,
        notes="Welcome",
        tags=(Tag(key="team", value="a"), Tag(key="cost", value="")),
    ),
    events.HandshakeOpened(organization=HERE, handshake=HANDSHAKE),
    events.HandshakeAccepted(organization=HERE, handshake=HANDSHAKE, account=ACCOUNT),
    events.HandshakeDeclined(organization=HERE, handshake=HANDSHAKE),
    events.HandshakeCanceled(organization=HERE, handshake=HANDSHAKE),
    events.HandshakeExpired(organization=HERE, handshake=HANDSHAKE),
    events.HandshakePurged(organization=HERE, handshake=HANDSHAKE),
    events.AccountCreationRequested(
        organization=HERE,
        request=REQUEST,
        email="made@example.com",
        name="Made",
        finishes_at=1_768_521_600_000_001,
        role_name="Boss",
        iam_user_access_to_billing="DENY",
        tags=(Tag(key="team", value="a"),),
    ),
    events.AccountCreationSucceeded(organization=HERE, request=REQUEST, account=ACCOUNT),
    events.AccountCreationFailed(organization=HERE, request=REQUEST, reason="EMAIL_ALREADY_EXISTS"),
    events.AccountJoined(
        organization=HERE, account=ACCOUNT, method=JoinedMethod.CREATED, email="made@example.com", name="Made"
    ),
    events.AccountDeparted(organization=HERE, account=ACCOUNT, method=DepartureMethod.REMOVED),
    events.AccountMoved(organization=HERE, account=ACCOUNT, source="r-0123", destination=UNIT),
    events.AccountClosureRequested(organization=HERE, account=ACCOUNT, finishes_at=1_768_521_600_000_002),
    events.AccountClosed(organization=HERE, account=ACCOUNT),
    events.OrganizationalUnitCreated(organization=HERE, unit=UNIT, parent="r-0123", name="Sandbox"),
    events.OrganizationalUnitRenamed(organization=HERE, unit=UNIT, name="Workloads"),
    events.OrganizationalUnitDeleted(organization=HERE, unit=UNIT),
    events.ResourceTagged(
        organization=HERE, resource=UNIT, tags=(Tag(key="team", value="a"), Tag(key="cost", value=""))
    ),
    events.ResourceUntagged(organization=HERE, resource=UNIT, keys=("team", "cost")),
    events.PolicyTypeEnabled(organization=HERE, policy_type=PolicyType.TAG_POLICY),
    events.PolicyTypeDisabled(organization=HERE, policy_type=PolicyType.TAG_POLICY),
    events.PolicyCreated(
        organization=HERE,
        policy=POLICY,
        policy_type=PolicyType.TAG_POLICY,
        name="Costs",
        description="Where the money goes",
        content='{"tags":{}}',
    ),
    events.PolicyUpdated(
        organization=HERE, policy=POLICY, name="Centers", description="Who pays", content='{"tags": {}}'
    ),
    events.PolicyDeleted(organization=HERE, policy=POLICY),
    events.PolicyAttached(organization=HERE, policy=POLICY, target=UNIT),
    events.PolicyDetached(organization=HERE, policy=POLICY, target=UNIT),
    events.EffectivePoliciesOutdated(
        organization=HERE, policy_type=PolicyType.TAG_POLICY, published_at=1_768_521_600_000_003
    ),
    events.EffectivePoliciesPublished(organization=HERE, policy_type=PolicyType.TAG_POLICY),
    events.ServiceAccessEnabled(organization=HERE, service="securityhub.amazonaws.com"),
    events.ServiceAccessDisabled(organization=HERE, service="securityhub.amazonaws.com"),
    events.DelegatedAdministratorRegistered(organization=HERE, account=ACCOUNT, service="securityhub.amazonaws.com"),
    events.DelegatedAdministratorDeregistered(organization=HERE, account=ACCOUNT, service="securityhub.amazonaws.com"),
    events.ResourcePolicyPut(organization=HERE, resource_policy="rp-01234567", content='{"Version":"2012-10-17"}'),
    events.ResourcePolicyDeleted(organization=HERE, resource_policy="rp-01234567"),
    events.ResponsibilityTransferRequested(
        organization=HERE, transfer=TRANSFER, handshake=HANDSHAKE, name="Subsidiary", starts_at=1_769_904_000_000_000
    ),
    events.ResponsibilityTransferAccepted(
        organization=HERE, transfer=TRANSFER, source_organization="o-9876543210", source_account="333333333333"
    ),
    events.ResponsibilityTransferEnded(organization=HERE, transfer=TRANSFER, status=TransferStatus.EXPIRED),
    events.ResponsibilityTransferPurged(organization=HERE, transfer=TRANSFER),
    events.ResponsibilityTransferRenamed(organization=HERE, transfer=TRANSFER, name="Branch"),
    events.ResponsibilityTransferWithdrawn(organization=HERE, transfer=TRANSFER, ends_at=1_772_323_199_999_000),
]
"""One of every type, with a value in every field. Fields that come later stay out of it: they have defaults."""


def enveloped(event: Event) -> Envelope:
    return Envelope(
        position=300,
        time=1_767_225_600_000_000,
        event=event,
        operation="AcceptHandshake",
        account="111111111111",
        principal="user/diego",
        command=299,
    )


def add_missing_samples() -> None:
    """Add the tags that the file does not have yet."""
    golden = json.loads(GOLDEN.read_text("utf-8")) if GOLDEN.exists() else {}
    for event in SAMPLES:
        golden.setdefault(type(event).__name__, encode_envelope(enveloped(event)).hex())
    GOLDEN.write_text(json.dumps(golden, indent=1) + "\n", "utf-8")


def test_every_event_has_its_function() -> None:
    """EVOLVE and the union ``AnyEvent`` have exactly the events that there are."""
    parents = (Event, events.WorldEvent, events.OrganizationEvent)
    defined = {found for found in vars(events).values() if isinstance(found, type) and issubclass(found, Event)}
    assert defined - set(parents) == set(TYPES) == set(EVOLVE)


@pytest.mark.parametrize("event_type", TYPES)
def test_tags(event_type: type[Event]) -> None:
    """A stored tag is the name of its class; so no two are the same."""
    assert event_type.__struct_config__.tag == event_type.__name__


@pytest.mark.parametrize("event_type", TYPES)
def test_form(event_type: type[Event]) -> None:
    """Events are frozen, are stored as arrays, and cost the garbage collector nothing."""
    form = event_type.__struct_config__
    assert (form.frozen, form.array_like, form.gc) == (True, True, False)


def test_every_event_has_a_golden_sample() -> None:
    """The golden file holds a sample of every tag; run this file to add what is missing."""
    golden = json.loads(GOLDEN.read_text("utf-8"))
    assert {found.__name__ for found in TYPES} <= set(golden)


def test_golden_samples_of_what_is_no_more() -> None:
    """Every tag that was ever released is still one that can be decoded."""
    golden = json.loads(GOLDEN.read_text("utf-8"))
    assert {tag: decode_envelope(bytes.fromhex(stored)).type for tag, stored in golden.items()} == {
        tag: tag for tag in golden
    }


@pytest.mark.parametrize("event", SAMPLES, ids=lambda event: type(event).__name__)
def test_golden_samples_mean_the_same(event: Event) -> None:
    """Every stored sample decodes to the expected event, field by field."""
    stored = json.loads(GOLDEN.read_text("utf-8"))[type(event).__name__]
    assert decode_envelope(bytes.fromhex(stored)) == enveloped(event)


@pytest.mark.parametrize("event", SAMPLES, ids=lambda event: type(event).__name__)
def test_round_trip(event: Event) -> None:
    """An envelope reads back as it was written, and says its type and its organization."""
    envelope = decode_envelope(encode_envelope(enveloped(event)))
    assert envelope == enveloped(event)
    assert envelope.type == type(event).__name__
    assert envelope.organization == (None if isinstance(event, events.WorldEvent) else HERE)


def test_nobody_called() -> None:
    """An event caused by a timer has neither account nor principal, after a round trip too."""
    envelope = Envelope(2, 5, events.HandshakeExpired(HERE, HANDSHAKE), "ExpireHandshake", None, None, 2)
    assert decode_envelope(encode_envelope(envelope)) == envelope


def test_defaults() -> None:
    """Fields that came later may be missing from what was stored before."""
    requested = events.HandshakeRequested(HERE, HANDSHAKE, Action.ENABLE_ALL_FEATURES, 5, None, PartyType.ORGANIZATION)
    whole = msgspec.msgpack.decode(encode_envelope(enveloped(requested)))
    whole[2] = whole[2][:7]
    assert decode_envelope(msgspec.msgpack.encode(whole)).event == requested


if __name__ == "__main__":
    add_missing_samples()
