"""STS: who am I, be a role, whose key is this; through boto3 and by hand."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from botocore.exceptions import ClientError
from support.loopback_server import MANAGEMENT, STRANGER, Answer, Served, authorization, serving

from orgsim.api.server import sessions
from orgsim.api.server.credentials import AccessKey, Credentials, Role
from orgsim.api.server.identity import account_of

ONE_ROLE = """{"Statement": {"Effect": "Allow", "Principal": {"AWS": "%s"}, "Action": ["organizations:ListRoots",
"organizations:EnablePolicyType"], "Resource": "*", "Condition": {"ArnEquals": {"aws:PrincipalArn": "%s"}}}}"""

NAMESPACE = "{https://sts.amazonaws.com/doc/2011-06-15/}"


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    """A server whose world has an organization with a created member."""
    with serving() as served:
        served.organizations().create_organization()
        yield served


@pytest.fixture(scope="module")
def created(server: Served) -> str:
    """The created member."""
    client = server.organizations()
    started = client.create_account(Email="made@b.example", AccountName="made")["CreateAccountStatus"]
    finished = client.describe_create_account_status(CreateAccountRequestId=started["Id"])
    return finished["CreateAccountStatus"]["AccountId"]


def role_of(account: str, name: str = "OrganizationAccountAccessRole") -> str:
    """The ARN of a role."""
    return f"arn:aws:iam::{account}:role/{name}"


def assume(server: Served, arn: str, session: str = "me", key_id: str = MANAGEMENT, **more: Any) -> Any:
    """AssumeRole."""
    return server.boto3("sts", key_id).assume_role(RoleArn=arn, RoleSessionName=session, **more)


def refused(server: Served, arn: str, session: str = "me", **more: Any) -> tuple[str, str]:
    """Code and message of a refusal of AssumeRole."""
    with pytest.raises(ClientError) as error:
        assume(server, arn, session, **more)
    return error.value.response["Error"]["Code"], error.value.response["Error"]["Message"]


def post(server: Served, body: bytes, **headers: str) -> Answer:
    """A form as it is."""
    fields = {
        "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
        "X-Amz-Date": "20260101T000000Z",
        "Authorization": authorization(service="sts"),
    }
    return server.request(
        headers=fields | {name.replace("_", "-"): value for name, value in headers.items()}, body=body
    )


def fault(answer: Answer) -> tuple[int, str, str]:
    """Status, code and message of a well-formed refusal."""
    assert answer.headers["content-type"] == "text/xml"
    root = ElementTree.fromstring(answer.body)
    assert root.tag == f"{NAMESPACE}ErrorResponse"
    assert root.findtext(f"{NAMESPACE}RequestId") == answer.headers["x-amzn-requestid"]
    assert root.findtext(f"{NAMESPACE}Error/{NAMESPACE}Type") == "Sender"
    code = root.findtext(f"{NAMESPACE}Error/{NAMESPACE}Code") or ""
    return answer.status, code, root.findtext(f"{NAMESPACE}Error/{NAMESPACE}Message") or ""


def test_assumed_role_works_for_both_services(server: Served, created: str) -> None:
    """The keys of an assumed role act as the member, in both services, and the log names role and session."""
    found = assume(server, role_of(created))
    arn = f"arn:aws:sts::{created}:assumed-role/OrganizationAccountAccessRole/me"
    assert found["AssumedRoleUser"]["Arn"] == arn
    keys = found["Credentials"]
    assert keys["AccessKeyId"].startswith("ASIA")
    assert account_of(keys["AccessKeyId"]) == created
    identity = server.with_credentials("sts", keys).get_caller_identity()
    assert (identity["Account"], identity["Arn"]) == (created, arn)
    assert identity["UserId"] == found["AssumedRoleUser"]["AssumedRoleId"]
    assert identity["UserId"].endswith(":me")
    client = server.with_credentials("organizations", keys)
    assert client.describe_organization()["Organization"]["MasterAccountId"] == MANAGEMENT
    with pytest.raises(client.exceptions.AccessDeniedException):
        client.create_account(Email="x@b.example", AccountName="x")


def test_a_grant_to_one_role(server: Served, created: str) -> None:
    """A resource policy may grant reads and writes to one role of a member, as radkawar/stackd recorded of AWS."""
    management = server.organizations()
    management.put_resource_policy(Content=ONE_ROLE % (created, role_of(created)))
    granted, other = (
        server.with_credentials("organizations", assume(server, role_of(created, role))["Credentials"])
        for role in ("OrganizationAccountAccessRole", "Audit")
    )
    root = granted.list_roots()["Roots"][0]["Id"]
    assert granted.enable_policy_type(RootId=root, PolicyType="TAG_POLICY")["Root"]["PolicyTypes"]
    with pytest.raises(ClientError, match="AccessDenied"):
        other.list_roots()
    with pytest.raises(ClientError, match="AccessDenied"):
        other.enable_policy_type(RootId=root, PolicyType="BACKUP_POLICY")
    management.delete_resource_policy()


def test_keys_belong_to_their_world() -> None:
    """Keys of one world in memory are nobody's in another, even where both began with the same seed."""
    with serving(seed=3) as first, serving(seed=3) as second:
        keys = assume(first, role_of(MANAGEMENT))["Credentials"]
        assert first.with_credentials("sts", keys).get_caller_identity()["Account"] == MANAGEMENT
        with pytest.raises(ClientError, match="InvalidClientTokenId"):
            second.with_credentials("sts", keys).get_caller_identity()


def test_keys_outlive_a_restart_with_the_same_secrets(tmp_path: Path) -> None:
    """In a log keys go on working when it is served again, where signatures are verified by the same secrets."""
    known = AccessKey(MANAGEMENT, "secret", MANAGEMENT)
    role = Role(MANAGEMENT, "Audit", frozenset([MANAGEMENT]))
    other = AccessKey(STRANGER, "another secret", STRANGER)
    log = tmp_path / "w.db"
    with serving(log=log, credentials=Credentials([known], [role])) as server:
        keys = assume(server, role_of(MANAGEMENT, "Audit"))["Credentials"]
    with serving(log=log, credentials=Credentials([known])) as server:
        assert server.with_credentials("sts", keys).get_caller_identity()["Account"] == MANAGEMENT
    with serving(log=log, credentials=Credentials([known, other])) as server, pytest.raises(ClientError):
        server.with_credentials("sts", keys).get_caller_identity()


def test_known_accounts(server: Served, created: str) -> None:
    """Any role of a known account can be assumed, the management account's own among them, by anybody."""
    for account in (created, MANAGEMENT):
        for role in ("OrganizationAccountAccessRole", "path/of/Audit"):
            found = assume(server, role_of(account, role), key_id=STRANGER)
            assert account_of(found["Credentials"]["AccessKeyId"]) == account
            assert found["AssumedRoleUser"]["Arn"].endswith(f"assumed-role/{role.rpartition('/')[2]}/me")
    assert account_of(assume(server, role_of(STRANGER), key_id=STRANGER)["Credentials"]["AccessKeyId"]) == STRANGER


def test_unknown_account(server: Served) -> None:
    """A role of an account that nobody has heard of cannot be assumed; AWS's message names caller and role."""
    assert refused(server, role_of("999999999999", "X")) == (
        "AccessDenied",
        "User: arn:aws:iam::111111111111:user/orgsim is not authorized to perform: sts:AssumeRole on resource: "
        "arn:aws:iam::999999999999:role/X",
    )


@pytest.mark.parametrize("seconds", [900, 3_600, 43_200])
def test_duration(seconds: int, server: Served) -> None:
    """A session lasts as long as was asked for, by the wall clock."""
    before = time.time()
    expires = assume(server, role_of(MANAGEMENT), DurationSeconds=seconds)["Credentials"]["Expiration"].timestamp()
    assert before + seconds - 1 <= expires <= time.time() + seconds


def test_impossible_parameters(server: Served) -> None:
    """Invalid parameters are refused with STS's validation errors, all of them at once."""
    start = "1 validation error detected: Value"
    pattern = "failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*"
    arn = role_of(MANAGEMENT)
    assert refused(server, arn, "m e") == ("ValidationError", f"{start} 'm e' at 'roleSessionName' {pattern}")
    long = "s" * 65
    assert refused(server, arn, long)[1].endswith("Member must have length less than or equal to 64")
    assert "less than or equal to 43200" in refused(server, arn, DurationSeconds=43_201)[1]
    code, message = refused(server, arn, "m!", DurationSeconds=43_201)
    assert (code, message[:30]) == ("ValidationError", "2 validation errors detected: ")
    form = f"Action=AssumeRole&Version=2011-06-15&RoleArn={arn}&RoleSessionName=me&DurationSeconds=899"
    assert "greater than or equal to 900" in fault(post(server, form.encode()))[2]
    for nothing in ("arn:aws:iam::111111111111:user/somebody", "arn:aws:iam::11111111111:role/Role", "x" * 20):
        assert refused(server, nothing) == ("ValidationError", f"{nothing} is invalid")


@pytest.mark.parametrize(
    ("written", "code"),
    [
        *((seconds, None) for seconds in ("900", "0900", "%2B900")),
        *((seconds, "MalformedInput") for seconds in ("%20900%20", "%09900%0A", "900.0", "9e2", "2147483648")),
        *((seconds, "ValidationError") for seconds in ("0", "2147483647")),
    ],
)
def test_written_seconds(written: str, code: str | None, server: Served) -> None:
    """AWS reads numbers with a sign and zeros, of 32 bits at most (radkawar/stackd, sts/query_inputs.json)."""
    form = f"Action=AssumeRole&Version=2011-06-15&RoleArn={role_of(MANAGEMENT)}&RoleSessionName=me"
    answer = post(server, f"{form}&DurationSeconds={written}".encode())
    assert b"AssumeRoleResult" in answer.body if code is None else fault(answer)[:2] == (400, code)


def test_missing_parameters(server: Served) -> None:
    """Parameters that are not there are refused as null."""
    status, code, message = fault(post(server, b"Action=AssumeRole&Version=2011-06-15"))
    assert (status, code) == (400, "ValidationError")
    assert message == (
        "2 validation errors detected: Value null at 'roleArn' failed to satisfy constraint: Member must not be null; "
        "Value null at 'roleSessionName' failed to satisfy constraint: Member must not be null"
    )


def test_chained_roles(server: Served, created: str) -> None:
    """A role may assume the next, but for an hour at most."""
    keys = assume(server, role_of(MANAGEMENT))["Credentials"]
    chained = server.with_credentials("sts", keys)
    assert chained.assume_role(RoleArn=role_of(created), RoleSessionName="next")["AssumedRoleUser"]
    with pytest.raises(ClientError, match="1 hour session limit for roles assumed by role chaining"):
        chained.assume_role(RoleArn=role_of(created), RoleSessionName="next", DurationSeconds=3_601)


def test_access_key_info(server: Served) -> None:
    """The account of a key is told, whoever asks."""
    client = server.boto3("sts", STRANGER)
    keys = assume(server, role_of(MANAGEMENT))["Credentials"]
    assert client.get_access_key_info(AccessKeyId=keys["AccessKeyId"])["Account"] == MANAGEMENT
    assert client.get_access_key_info(AccessKeyId="ASIAY34FZKBOKMUTVV7A")["Account"] == "609629065308"
    assert "Member must not be null" in fault(post(server, b"Action=GetAccessKeyInfo&Version=2011-06-15"))[2]


def test_session_outlives_a_restart(tmp_path: Path) -> None:
    """Keys of a world in a log go on working when it is served again, and are worth nothing in another world."""
    with serving(log=tmp_path / "w.db", seed=7) as server:
        keys = assume(server, role_of(MANAGEMENT))["Credentials"]
    with serving(log=tmp_path / "w.db") as server:
        assert server.with_credentials("sts", keys).get_caller_identity()["Account"] == MANAGEMENT
    with serving(log=tmp_path / "v.db", seed=8) as server, pytest.raises(ClientError, match="InvalidClientTokenId"):
        server.with_credentials("sts", keys).get_caller_identity()


def test_session_ends(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """When a session is over, both services say so."""
    keys = assume(server, role_of(MANAGEMENT))["Credentials"]
    later = time.time() + 3_601

    class Later:
        """The clock on the wall, an hour later."""

        time = staticmethod(lambda: later)

    monkeypatch.setattr(sessions, "time", Later)
    with pytest.raises(ClientError) as refused:
        server.with_credentials("sts", keys).get_caller_identity()
    assert refused.value.response["Error"]["Code"] == "ExpiredToken"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    with pytest.raises(ClientError) as refused:
        server.with_credentials("organizations", keys).describe_organization()
    assert refused.value.response["Error"]["Code"] == "ExpiredTokenException"


def test_token_goes_with_its_key(server: Served) -> None:
    """A token does not make another key a session, and a changed one is none."""
    first, second = (assume(server, role_of(MANAGEMENT), name)["Credentials"] for name in ("one", "two"))
    mixed = first | {"AccessKeyId": second["AccessKeyId"]}
    changed = first | {"SessionToken": first["SessionToken"][:-8] + "AAAAAAA="}
    for keys in (mixed, changed, first | {"SessionToken": "orgsim.!"}):
        with pytest.raises(ClientError, match="InvalidClientTokenId"):
            server.with_credentials("sts", keys).get_caller_identity()


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        (b"", "MissingAction", "The request must contain the parameter Action."),
        (b"Version=2011-06-15", "MissingAction", "The request must contain the parameter Action."),
        (b"Action=GetFederationToken&Version=2011-06-15", "InvalidAction", "GetFederationToken for version 2011-06-15"),
        (b"Action=GetCallerIdentity", "InvalidAction", "GetCallerIdentity for version NO_VERSION_SPECIFIED"),
        (b"Action=GetCallerIdentity&Version=2010-05-08", "InvalidAction", "for version 2010-05-08"),
        (b"Action=%00%1F%EF%BF%BF&Version=2011-06-15", "InvalidAction", "Could not find operation ??"),
        (b"Action=%FF", "MalformedInput", "not a form in UTF-8"),
        (b"\xff\xfe", "MalformedInput", "not a form in UTF-8"),
        (b"a=1&" * 1_000, "MalformedInput", "too many fields"),
        (b"Action=AssumeRole&Version=2011-06-15&DurationSeconds=long", "MalformedInput", "not a whole number"),
    ],
)
def test_bad_forms(body: bytes, code: str, message: str, server: Served) -> None:
    """A form that says nothing sensible is refused in well-formed XML."""
    status, found, text = fault(post(server, body))
    assert (status, found) == (400, code)
    assert message in text


def test_told_apart_from_organizations(server: Served) -> None:
    """A target means AWS Organizations; without one, a form or a signature for STS means STS."""
    question = b"Action=GetCallerIdentity&Version=2011-06-15"
    assert b"GetCallerIdentityResult" in post(server, question).body
    assert b"GetCallerIdentityResult" in post(server, question, Content_Type="text/plain").body
    target = "AWSOrganizationsV20161128.DescribeOrganization"
    assert post(server, b"{}", X_Amz_Target=target).status == 200
    assert server.request(headers={"Authorization": authorization()}).error == (400, "UnknownOperationException")
