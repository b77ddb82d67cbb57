"""Records of CloudTrail from a log's events: of random worlds all are valid, and say what was asked and answered."""

import json
import re
from typing import Any

import msgspec
import pytest
from support.campaign import examples
from support.given import FOUNDER, MEMBER, RIVAL, STRANGER, World, invite
from support.json_schema import faults
from support.repository import ROOT
from support.trails import delivered, random_world, records

from orgsim.api.timeline.trail_out.identities import origin_of
from orgsim.api.timeline.trail_out.records import commands_of
from orgsim.api.timeline.trail_out.requests import REQUESTS, request_of
from orgsim.engine.events.envelope import Envelope
from orgsim.engine.evolve import apply
from orgsim.engine.ids import IdSource
from orgsim.engine.operation import Caller, Stamp
from orgsim.engine.operations import OPERATIONS, accept_handshake, create_account, create_policy, record_call
from orgsim.engine.rules.tags import TagMember
from orgsim.engine.state import State
from orgsim.engine.words import FeatureSet, PolicyType

SCHEMA = json.loads((ROOT / "docs/trail-record.schema.json").read_text("utf-8"))
FREE = '{"tags":{}}'
WORLDS, LENGTH = examples(12), 400


def decided_again(command: list[Envelope], state: State) -> Any:
    """The events that a call's rebuilt request leads to."""
    first = command[0]
    request = request_of(first.operation, [envelope.event for envelope in command], state)
    stamp = Stamp(first.time, Caller(first.account), state.changes + 1, IdSource(state.seed))
    return OPERATIONS[first.operation].decide(request, state, stamp)


@pytest.mark.slow
@pytest.mark.campaign
def test_a_rebuilt_request_is_decided_the_same_way() -> None:
    """The request that is rebuilt from a call's events, decided again on the state before them, gives these events."""
    met: set[str] = set()
    for seed in range(WORLDS):
        world, state = random_world(seed, LENGTH), State()
        for command in commands_of(world.log):
            if command[0].operation in REQUESTS:
                met.add(command[0].operation)
                assert [*decided_again(command, state)] == [envelope.event for envelope in command], command[0]
            for envelope in command:
                apply(state, envelope)
    assert met == set(REQUESTS) == set(OPERATIONS)


@pytest.mark.slow
@pytest.mark.campaign
@pytest.mark.parametrize("plain", [True, False])
def test_every_record_of_random_worlds_is_valid(plain: bool) -> None:
    """Every record of random worlds fits the schema that AWS's samples led to, and no two have the same id."""
    names: set[str] = set()
    for seed in range(WORLDS):
        found = records(random_world(seed, LENGTH).log, plain=plain)
        assert [fault for record in found for fault in faults(record, SCHEMA, SCHEMA)] == []
        assert len({record["eventID"] for record in found}) == len(found)
        times = [record["eventTime"] for record in found]
        assert times == sorted(times)
        names |= {record["eventName"] for record in found}
    services = SCHEMA["$defs"]["serviceEvent"]["properties"]["eventName"]["enum"]
    assert names == {*OPERATIONS, *services, "ListAccounts"}


@pytest.mark.slow
def test_masked_records_show_no_address_and_no_name_of_an_account() -> None:
    """Without --plain neither an address, nor the name of an account or transfer, nor a resource policy is shown."""
    for seed in range(4):
        log = random_world(seed, LENGTH).log
        text = b"".join(each.content for each in delivered(log, plain=False)).decode()
        assert not re.search(r"@\w+\.", text)
        assert not {"Made", "Subsidiary", "Renamed"} & set(text.split('"'))
        assert "organizations:List*" not in text
        plain = b"".join(each.content for each in delivered(log)).decode()
        assert "new@example.com" in plain


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"eventTime": "2026-01-01 00:00:00"}, "eventTime"),
        ({"serviceEventDetails": {}}, "serviceEventDetails"),
        ({"responseElements": {"handshake": {}}}, "responseElements"),
        ({"userIdentity": {"type": "Somebody"}}, "userIdentity"),
        ({"requestParameters": {"tags": [{"Key": "team"}]}}, "requestParameters"),
        ({"recipientAccountId": 111111111111}, "recipientAccountId"),
    ],
)
def test_the_schema_refuses_what_is_no_record(change: dict[str, Any], fault: str) -> None:
    """A record with a member of another shape than CloudTrail's is not valid, and the fault names the member."""
    world = World()
    world.founded()
    first, *_ = records(world.log)
    assert faults(first, SCHEMA, SCHEMA) == []
    assert any(fault in each for each in faults({**first, **change}, SCHEMA, SCHEMA))


def test_the_samples_of_aws() -> None:
    """An invitation, a policy, an account creation and its result have the members of the records that AWS prints."""
    world = World()
    world.founded(FOUNDER, FeatureSet.ALL)
    world.do(invite("222222222222", "Mary's account joins Diego's."), FOUNDER)
    world.do(create_account.Request("made@example.com", "Made"), FOUNDER)
    world.advance(seconds=1)
    world.do(create_policy.Request(FREE, "", "Free", PolicyType.TAG_POLICY, (TagMember("team", "blue"),)), FOUNDER)
    by_name = {record["eventName"]: record for record in records(world.log, plain=False)}
    invited = by_name["InviteAccountToOrganization"]
    assert invited["requestParameters"] == {
        "target": {"type": "ACCOUNT", "id": "222222222222"},
        "notes": "Mary's account joins Diego's.",
    }
    handshake = invited["responseElements"]["handshake"]
    assert handshake["action"] == "invite"
    assert handshake["requestedTimestamp"] == "Jan 1, 2026 12:00:00 AM"
    assert handshake["expirationTimestamp"] == "Jan 16, 2026 12:00:00 AM"
    assert [each["type"] for each in handshake["resources"]] == ["ORGANIZATION", "ACCOUNT", "NOTES"]
    created = by_name["CreateAccount"]
    assert created["requestParameters"] == {"tags": [], "email": "****", "accountName": "****"}
    assert created["responseElements"]["createAccountStatus"]["state"] == "IN_PROGRESS"
    assert by_name["CreatePolicy"]["requestParameters"] == {
        "name": "Free",
        "description": "",
        "content": FREE,
        "type": "TAG_POLICY",
        "tags": [{"key": "team", "value": "blue"}],
    }
    result = by_name["CreateAccountResult"]
    assert (result["requestParameters"], result["responseElements"], "requestID" in result) == (None, None, False)
    status = result["serviceEventDetails"]["createAccountStatus"]
    assert (status["state"], status["accountName"]) == ("SUCCEEDED", "****")
    assert result["userIdentity"] == {"accountId": FOUNDER, "invokedBy": "AWS Internal"}


def test_each_account_has_its_own_view() -> None:
    """Who accepts has that in its own trail, as no member yet; the management account is told who joined."""
    world = World()
    organization = world.founded()
    world.joined(MEMBER)
    found = [(each.account, each.organization, json.loads(each.content)["eventName"]) for each in delivered(world.log)]
    assert found == [
        (FOUNDER, None, "CreateOrganization"),
        (FOUNDER, organization, "AccountJoinedOrganization"),
        (FOUNDER, organization, "InviteAccountToOrganization"),
        (MEMBER, None, "AcceptHandshake"),
        (FOUNDER, organization, "AccountJoinedOrganization"),
    ]


def test_who_goes_over_is_told_to_both_organizations() -> None:
    """A member that accepts another invitation departs in one management account's trail, and joins in the other's."""
    world = World()
    world.founded(FOUNDER, FeatureSet.ALL)
    world.founded(RIVAL)
    world.joined(MEMBER)
    world.joined(MEMBER, RIVAL)
    last = delivered(world.log)[-2:]
    told = [(each.account, json.loads(each.content)["serviceEventDetails"]) for each in last]
    time = "Jan 1, 2026, 12:00:00 AM"
    assert told == [
        (FOUNDER, {"accountId": MEMBER, "departureMethod": "LEFT", "departureTime": time}),
        (RIVAL, {"accountId": MEMBER, "joinedMethod": "INVITED", "joinedTime": time}),
    ]


def test_a_denied_call_has_lost_its_request() -> None:
    """A call without permission has CloudTrail's code and no request; another refused one keeps what it asked."""
    world = World()
    asked = {"PolicyId": "p-12345678", "TargetId": "r-1234"}
    for code, message in [("AccessDeniedException", "No."), ("PolicyNotFoundException", "There is none.")]:
        world.do(record_call.Request("AttachPolicy", asked, code, None, message), STRANGER)
    denied, missing = records(world.log)
    assert (denied["errorCode"], denied["errorMessage"], denied["requestParameters"]) == ("AccessDenied", "No.", None)
    assert missing["errorCode"] == "PolicyNotFoundException"
    assert missing["requestParameters"] == {"policyId": "p-12345678", "targetId": "r-1234"}
    assert (missing["responseElements"], missing["readOnly"]) == (None, False)


def test_a_question_is_recorded_without_its_answer() -> None:
    """A reading call is read-only and has its request, with times as text, and no answer."""
    world = World()
    asked = {
        "Filter": {"ActionType": "INVITE"},
        "StartTimestamp": "2026-03-01T00:00:00+00:00",
        "Odd": [1, {"Key": None}],
    }
    world.do(record_call.Request("ListHandshakesForAccount", asked), STRANGER)
    (record,) = records(world.log)
    assert (record["readOnly"], record["responseElements"]) == (True, None)
    assert record["requestParameters"] == {
        "filter": {"actionType": "INVITE"},
        "startTimestamp": "Mar 1, 2026 12:00:00 AM",
        "odd": [1, {}],
    }


def test_an_accept_that_fails_after_its_change() -> None:
    """The owner of an invited address who is a member already gets an error; the record has it, and no answer."""
    world = World()
    world.founded()
    world.joined(MEMBER)
    handshake = world.invited(f"{MEMBER}@accounts.example")
    world.do(accept_handshake.Request(handshake), MEMBER)
    record = records(world.log)[-1]
    assert (record["eventName"], record["errorCode"]) == ("AcceptHandshake", "HandshakeConstraintViolationException")
    assert (record["requestParameters"], record["responseElements"]) == ({"handshakeId": handshake}, None)


def test_disabling_a_policy_type_answers_with_what_was() -> None:
    """DisablePolicyType's record still shows the type as enabled, as captured records of AWS do."""
    world = World()
    world.founded(FOUNDER, FeatureSet.ALL)
    root = {"RootId": world.organization_of(FOUNDER).root, "PolicyType": PolicyType.TAG_POLICY}
    for operation in ("EnablePolicyType", "DisablePolicyType"):
        world.do(msgspec.convert(root, OPERATIONS[operation].Request), FOUNDER)
    *_, enabled, disabled = records(world.log)
    shown = [{"type": "TAG_POLICY", "status": "ENABLED"}]
    assert enabled["responseElements"]["root"]["policyTypes"] == shown
    assert disabled["responseElements"]["root"]["policyTypes"] == shown


@pytest.mark.parametrize(
    ("principal", "kind", "arn"),
    [
        (None, "Root", "arn:aws:iam::111111111111:root"),
        ("ada", "IAMUser", "arn:aws:iam::111111111111:user/ada"),
        ("Admin/ada", "AssumedRole", "arn:aws:sts::111111111111:assumed-role/Admin/ada"),
        ("config.amazonaws.com", "AWSService", None),
    ],
)
def test_identities(principal: str | None, kind: str, arn: str | None) -> None:
    """The principal says whether the root user, a user, a role's session or a service of AWS has called."""
    origin = origin_of("111111111111", principal, "aws", 491_000)
    assert (origin.identity["type"], origin.identity.get("arn")) == (kind, arn)
    assert faults(origin.identity, SCHEMA["$defs"]["caller"], SCHEMA) == []


def test_a_session_keeps_its_key_for_an_hour() -> None:
    """A caller has the same address and role id always, and another access key for each hour's session."""
    one, same, later = (origin_of("111111111111", "Admin/ada", "aws", hour) for hour in (100, 100, 101))
    assert one == same
    assert (one.address, one.identity["principalId"]) == (later.address, later.identity["principalId"])
    assert one.identity["accessKeyId"] != later.identity["accessKeyId"]
    issuer = one.identity["sessionContext"]["sessionIssuer"]
    assert issuer["arn"] == "arn:aws:iam::111111111111:role/Admin"


def test_other_partitions_have_their_own_region() -> None:
    """In China and GovCloud records are of the region there, and ARNs of that partition."""
    for partition, region in (("aws-cn", "cn-northwest-1"), ("aws-us-gov", "us-gov-west-1")):
        world = World(partition=partition)
        world.founded(FOUNDER, FeatureSet.ALL)
        record, joined = records(world.log)
        assert (record["awsRegion"], joined["awsRegion"]) == (region, region)
        assert record["userIdentity"]["arn"] == f"arn:{partition}:iam::{FOUNDER}:root"
