"""The past over HTTP: ``/at/PLACE/`` in an endpoint's URL, asked by boto3."""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import pytest
from botocore.exceptions import ClientError
from support.loopback_server import MANAGEMENT, MEMBER, Served, serving, signed

from orgsim.api.server.credentials import AccessKey, Credentials
from orgsim.api.server.worlds import Worlds

TAG = "TAG_POLICY"
OTHER = "444444444444"
CONTENT = json.dumps({"tags": {"team": {"tag_key": {"@@assign": "team"}}}})


@pytest.fixture
def server() -> Iterator[Served]:
    """A server with named worlds."""
    with serving(worlds=Worlds()) as served:
        yield served


class Story:
    """Random changes to an organization through boto3, and five questions about it."""

    def __init__(self, server: Served, seed: int) -> None:
        self.server = server
        self.draw = Random(seed)
        self.org = server.organizations(MANAGEMENT)
        self.org.create_organization(FeatureSet="ALL")
        self.root = self.org.list_roots()["Roots"][0]["Id"]
        self.unit = self.org.create_organizational_unit(ParentId=self.root, Name="Unit")["OrganizationalUnit"]["Id"]
        self.org.enable_policy_type(RootId=self.root, PolicyType=TAG)
        made = self.org.create_policy(Name="Tags", Description="", Type=TAG, Content=CONTENT)
        self.policy = made["Policy"]["PolicySummary"]["Id"]
        self.handshakes = ["h-aaaa1111"]

    def change(self) -> None:
        """Change something at random, if that is possible."""
        org, member = self.org, self.draw.choice([MEMBER, OTHER])
        target = self.draw.choice([self.root, self.unit, member])
        changes: list[Callable[[], Any]] = [
            lambda: self.handshakes.append(
                org.invite_account_to_organization(Target={"Type": "ACCOUNT", "Id": member})["Handshake"]["Id"]
            ),
            lambda: self.server.organizations(member).accept_handshake(HandshakeId=self.handshakes[-1]),
            lambda: org.move_account(AccountId=member, SourceParentId=self.root, DestinationParentId=self.unit),
            lambda: org.attach_policy(PolicyId=self.policy, TargetId=target),
            lambda: org.detach_policy(PolicyId=self.policy, TargetId=target),
            lambda: org.remove_account_from_organization(AccountId=member),
            lambda: self.server.control("POST", "clock", {"advance": "6h"}),
        ]
        with suppress(ClientError):
            self.draw.choice(changes)()

    def answers(self, server: Served) -> list[Any]:
        """Ask the questions."""
        org = server.organizations(MANAGEMENT)
        questions: list[Callable[[], Any]] = [
            org.list_accounts,
            *(lambda member=member: org.list_parents(ChildId=member) for member in (MEMBER, OTHER)),
            lambda: org.list_policies_for_target(TargetId=self.unit, Filter=TAG),
            lambda: org.describe_handshake(HandshakeId=self.handshakes[-1]),
            lambda: server.organizations(MEMBER).describe_effective_policy(PolicyType=TAG),
        ]
        return [answer_or_refusal(question) for question in questions]


def answer_or_refusal(question: Callable[[], Any]) -> Any:
    """An answer without what is about the call."""
    try:
        answer = question()
    except ClientError as error:
        return error.response["Error"]
    del answer["ResponseMetadata"]
    return answer


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_answers_of_then(seed: int, server: Served) -> None:
    """boto3 gets from /at/POSITION/ and /w/NAME/at/POSITION/ what it was answered then."""
    world = server if seed else server.named("one")
    story, noted = Story(world, seed), dict[int, Any]()
    for _ in range(40):
        story.change()
        position = world.control("GET", "health").json["position"]
        noted[position] = len(story.handshakes), story.answers(world)
    assert len(noted) > 15
    known = story.handshakes
    for position in story.draw.sample([*noted], 12):
        handshakes, answers = noted[position]
        story.handshakes = known[:handshakes]
        assert story.answers(world.at(position)) == answers


def test_moments(server: Served) -> None:
    """A moment in ISO 8601 is a place too, with any time zone, percent-encoded or not, with a slash or without."""
    org = server.organizations()
    org.create_organization()
    server.control("POST", "clock", {"advance": "2d"})
    org.create_organizational_unit(ParentId=org.list_roots()["Roots"][0]["Id"], Name="Late")
    for place in (
        "2026-01-01T12:00:00Z",
        "2026-01-02T01:00:00+02:00",
        "2026-01-01T12%3A00%3A00Z",
        "2026-01-02T00:00:00Z/",
        "2026-01-02",
    ):
        then = server.at(place).organizations()
        root = then.list_roots()["Roots"][0]["Id"]
        assert then.list_children(ParentId=root, ChildType="ORGANIZATIONAL_UNIT")["Children"] == []
    now = server.at("2026-01-03T00:00:00Z").organizations()
    assert len(now.list_children(ParentId=root, ChildType="ORGANIZATIONAL_UNIT")["Children"]) == 1


def test_writes_are_refused(server: Served) -> None:
    """A writing operation gets an error in AWS's form, which boto3 raises, and changes nothing."""
    server.organizations().create_organization()
    before = server.position
    with pytest.raises(
        ClientError, match=r"InviteAccountToOrganization would change .* as it was at position 2"
    ) as refused:
        server.at(2).organizations().invite_account_to_organization(Target={"Type": "ACCOUNT", "Id": MEMBER})
    assert refused.value.response["Error"]["Code"] == "ReadOnlyException"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert server.position == before


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("0", "there is no position 0; the log has the positions 1 to"),
        ("99999", "there is no position 99,999"),
        ("9" * 5_000, "there is no position"),
        ("2020-01-01T00:00:00Z", "before the beginning of the world"),
        ("2030-01-01T00:00:00Z", "beyond the world's time"),
        ("2026-01-02", "beyond the world's time"),
        ("2026-1-1", "is no moment; say a position"),
        ("", "is no moment"),
        ("%00", "is no moment"),
        ("%F0%9F%98%80", "is no moment"),
    ],
)
def test_no_such_place(place: str, told: str, server: Served) -> None:
    """A place that there is not gets an error in AWS's form, with what the log covers."""
    answer = server.request("POST", f"/at/{place}/", signed("DescribeOrganization"))
    assert answer.error == (400, "PlaceException")
    assert told in answer.json["message"]


def test_what_has_no_past(server: Served) -> None:
    """The control plane is about the present; a world that there is not has no past, and does not begin."""
    refused = server.control("GET", "health"), server.at(1).control("GET", "health")
    assert [each.status for each in refused] == [200, 404]
    assert "leave /at/1 out" in refused[1].json["message"]
    unknown = server.named("new").at(1).call("DescribeOrganization")
    assert unknown.error == (404, "WorldException")
    assert server.control("GET", "worlds").json["worlds"] == []
    assert server.at(1).request("POST", "/elsewhere").error[0] == 404


def test_sts_in_the_past(server: Served) -> None:
    """Who is calling is not a question about the past: STS answers under such a path as under any other."""
    assert server.at(1).boto3("sts").get_caller_identity()["Account"] == MANAGEMENT


KEYS = Credentials([AccessKey("AKIAIOSFODNN7EXAMPLE", "secret", MANAGEMENT)], control_token="token")


def test_signatures() -> None:
    """The signature of a request about the past is verified, with its whole path."""
    with serving(credentials=KEYS, control_token="token") as server:
        server.boto3("organizations", "AKIAIOSFODNN7EXAMPLE").create_organization()
        for place in ("2026-01-01T00%3A00%3A00Z", "2026-01-01T01:00:00+01:00", "2026-01-01T00:00:00Z"):
            past = server.at(place)
            assert past.boto3("organizations", "AKIAIOSFODNN7EXAMPLE").describe_organization()
        with pytest.raises(ClientError, match="InvalidSignatureException"):
            past.boto3("organizations", "AKIAIOSFODNN7EXAMPLE", "wrong").describe_organization()


def test_refusals_of_then(server: Served) -> None:
    """A question that was refused then is refused as it was then."""
    org = server.organizations()
    org.create_organization()
    with pytest.raises(ClientError, match="AWSOrganizationsNotInUseException"):
        server.at(1).organizations().describe_organization()
    assert server.at(server.position).organizations().describe_organization()


def test_served_log(tmp_path: Path) -> None:
    """The past of a world with a log is asked about while it is written."""
    with serving(log=tmp_path / "w.db") as server:
        org = server.organizations()
        org.create_organization()
        position = server.position
        org.delete_organization()
        assert server.at(position).organizations().describe_organization()
