"""``--auth verify``: what is signed well is answered, and what is not is refused as AWS refuses it."""

import builtins
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as Keys
from botocore.exceptions import ClientError
from support.loopback_server import MANAGEMENT, MEMBER, STRANGER, TARGET, Answer, Served, serving

from orgsim.api.server.credentials import Credentials, CredentialsError, load_credentials
from orgsim.api.server.embed import make_authentication, make_control_token

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
KEY = "AKIAIOSFODNN7EXAMPLE"
TOKEN = "a-token-for-the-control-plane"
FILE = f"""
[[credentials]]
access_key_id = "{KEY}"
secret_access_key = "{SECRET}"
account = "{MANAGEMENT}"
user = "alice"

[[credentials]]
access_key_id = "{MEMBER}"
secret_access_key = "other secret"
account = "{MEMBER}"

[[roles]]
account = "{MANAGEMENT}"
name = "Audit"
trusted_accounts = ["{MEMBER}"]
"""


@pytest.fixture(scope="module")
def credentials(tmp_path_factory: pytest.TempPathFactory) -> Credentials:
    """The credentials of the file above."""
    path = tmp_path_factory.mktemp("credentials") / "credentials.toml"
    path.write_text(FILE)
    return load_credentials(path)


@pytest.fixture(scope="module")
def server(credentials: Credentials) -> Iterator[Served]:
    """A server that verifies."""
    with serving(credentials=credentials) as served:
        served.boto3("organizations", KEY, SECRET).create_organization()
        yield served


class Signed:
    """A call of DescribeOrganization that botocore has signed, to be spoilt and sent."""

    def __init__(self, server: Served, service: str = "organizations", region: str = "us-east-1", **more: str) -> None:
        self.server = server
        self.body = b"{}"
        headers = {"Host": f"127.0.0.1:{server.port}", "X-Amz-Target": f"{TARGET}DescribeOrganization"} | more
        self.request = AWSRequest("POST", f"{server.url}/", headers, self.body)
        self.signer = SigV4Auth(Keys(KEY, SECRET), service, region)

    def at(self, moment: datetime) -> "Signed":
        """Sign it as of a moment."""
        self.request.context["timestamp"] = moment.strftime("%Y%m%dT%H%M%SZ")
        self.signer._modify_request_before_signing(self.request)
        self.request.headers.replace_header("X-Amz-Date", self.request.context["timestamp"])
        canonical = self.signer.canonical_request(self.request)
        text = self.signer.string_to_sign(self.request, canonical)
        self.signer._inject_signature_to_request(self.request, self.signer.signature(text, self.request))
        return self

    def now(self) -> "Signed":
        """Sign it as of now."""
        self.signer.add_auth(self.request)
        return self

    def change(self, old: str, new: str) -> "Signed":
        """Change its Authorization header."""
        header = self.request.headers["Authorization"]
        assert old in header
        self.request.headers.replace_header("Authorization", header.replace(old, new))
        return self

    def send(self) -> Answer:
        """Send it."""
        return self.server.request(headers=dict(self.request.headers.items()), body=self.body)

    @property
    def refusal(self) -> str:
        """The message of the InvalidSignatureException that it gets."""
        answer = self.send()
        assert answer.error == (400, "InvalidSignatureException")
        assert SECRET not in answer.body.decode()
        return answer.json["message"]


def test_well_signed(server: Served) -> None:
    """Whoever signs with a key of the file is the user that the file says."""
    found = server.boto3("sts", KEY, SECRET).get_caller_identity()
    assert found["Arn"] == f"arn:aws:iam::{MANAGEMENT}:user/alice"
    client = server.boto3("organizations", KEY, SECRET)
    assert client.describe_organization()["Organization"]["MasterAccountId"] == MANAGEMENT
    assert server.boto3("sts", MEMBER, "other secret").get_caller_identity()["Account"] == MEMBER
    assert Signed(server).now().send().status == 200


def test_other_headers_signed(server: Served) -> None:
    """Further headers that a client signs are part of the signature, with blanks folded as by AWS."""
    assert Signed(server, X_Custom="a   b", Content_Type="application/x-amz-json-1.1").now().send().status == 200


def test_order(server: Served) -> None:
    """The date comes first, then signed headers, scope, key and signature, as mhart/dynalite recorded of DynamoDB."""
    spoilt = Signed(server, "sts", "eu-west-1").at(datetime.now(UTC) - timedelta(minutes=6))
    spoilt.change(KEY, STRANGER).change("host;", "")
    assert spoilt.refusal.startswith("Signature expired: ")
    spoilt = Signed(server, "sts", "eu-west-1").now().change(KEY, STRANGER)
    assert spoilt.refusal == (
        "Credential should be scoped to a valid region, not 'eu-west-1'. "
        "Credential should be scoped to correct service: 'organizations'. "
    )
    assert "must be a 'SignedHeader'" in spoilt.change("host;", "").refusal
    assert Signed(server).now().change(KEY, STRANGER).send().error == (400, "UnrecognizedClientException")


@pytest.mark.parametrize(
    ("key", "secret"), [(KEY, "wrong"), (KEY, "other secret"), (MEMBER, SECRET)], ids=["wrong", "other", "swapped"]
)
def test_wrong_secret(key: str, secret: str, server: Served) -> None:
    """A signature with another secret does not match, in either service."""
    with pytest.raises(ClientError, match="The request signature we calculated does not match") as refused:
        server.boto3("organizations", key, secret).describe_organization()
    assert refused.value.response["Error"]["Code"] == "InvalidSignatureException"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    with pytest.raises(ClientError) as refused:
        server.boto3("sts", key, secret).get_caller_identity()
    assert refused.value.response["Error"]["Code"] == "SignatureDoesNotMatch"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


@pytest.mark.parametrize("key", [STRANGER, "AKIAY34FZKBOKMUTVV7A", "nobody"])
def test_unknown_key(key: str, server: Served) -> None:
    """A key that is not in the file is nobody's, not even one of twelve digits."""
    with pytest.raises(ClientError, match="The security token included in the request is invalid") as refused:
        server.boto3("organizations", key, SECRET).describe_organization()
    assert refused.value.response["Error"]["Code"] == "UnrecognizedClientException"
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        server.boto3("sts", key, SECRET).get_caller_identity()


def test_changed_after_signing(server: Served) -> None:
    """A body, a signed header or a signature that was changed on the way is found out."""
    changed = Signed(server).now()
    changed.body = b'{"a": 1}'
    assert "does not match" in changed.refusal
    stated = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    changed = Signed(server, **{"X-Amz-Content-SHA256": stated}).now()
    assert changed.send().status == 200
    changed.body = b'{"a": 1}'
    assert "does not match" in changed.refusal
    changed = Signed(server, X_Custom="a").now()
    changed.request.headers.replace_header("X_Custom", "b")
    assert "does not match" in changed.refusal
    retargeted = Signed(server).now()
    retargeted.request.headers.replace_header("X-Amz-Target", f"{TARGET}ListAccounts")
    assert "does not match" in retargeted.refusal
    assert "does not match" in Signed(server).now().change("Signature=", "Signature=0").refusal
    assert "does not match" in Signed(server).now().change("Signature=", "Signature=é").refusal


def test_scope(server: Served) -> None:
    """The signature must be for this service in its region, of this day, and of this version of the protocol."""
    assert "valid region, not 'eu-west-1'" in Signed(server, region="eu-west-1").now().refusal
    assert "correct service: 'organizations'" in Signed(server, service="sts").now().refusal
    assert (
        "valid terminator: 'aws4_request', not" in Signed(server).now().change("aws4_request", "aws3_request").refusal
    )
    today = f"{datetime.now(UTC):%Y%m%d}"
    message = Signed(server).now().change(f"/{today}/", "/20200101/").refusal
    assert message.startswith(
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP"
    )


def test_regions_of_sts(server: Served) -> None:
    """STS is in every region, but not in places that are none."""
    form = {"Action": "GetCallerIdentity", "Version": "2011-06-15"}
    for region, status in (("eu-west-1", 200), ("ap-southeast-4", 200), ("mars", 403)):
        signed = Signed(server, service="sts", region=region)
        del signed.request.headers["X-Amz-Target"]
        signed.body = signed.request.data = "&".join(f"{name}={value}" for name, value in form.items()).encode()
        assert signed.now().send().status == status


def test_what_must_be_signed(server: Served) -> None:
    """The host and the date must be under the signature."""
    for name, header in (("host;", "'Host' or ':authority'"), ("x-amz-date;", "'X-Amz-Date'")):
        message = Signed(server).now().change(name, "").refusal
        assert message == f"{header} must be a 'SignedHeader' in the AWS Authorization."


@pytest.mark.parametrize("name", ["x-amz-content-sha256", "X-AMZ-User-Agent", "X-Amz-"])
def test_headers_of_aws_must_be_signed(name: str, server: Served) -> None:
    """A header of AWS's that was added after signing makes the signature invalid, whatever it says."""
    added = Signed(server).now()
    added.request.headers[name] = "anything"
    assert added.refusal == f"'{name.title()}' must be a 'SignedHeader' in the AWS Authorization."


@pytest.mark.parametrize("service", ["organizations", "sts"])
def test_target_must_be_signed(service: str, server: Served) -> None:
    """A request signed without a target, for either service, cannot be made a call by adding one."""
    added = Signed(server, service)
    del added.request.headers["X-Amz-Target"]
    added.now().request.headers["X-Amz-Target"] = f"{TARGET}DeleteOrganization"
    assert added.send().error == (400, "InvalidSignatureException")
    assert server.boto3("organizations", KEY, SECRET).describe_organization()


def test_unsigned_headers_for_sts(server: Served) -> None:
    """STS refuses them under its own name and status."""
    signed = Signed(server, "sts")
    del signed.request.headers["X-Amz-Target"]
    signed.body = signed.request.data = b"Action=GetCallerIdentity&Version=2011-06-15"
    signed.now().request.headers["X-Amz-Meta"] = "anything"
    answer = signed.send()
    assert answer.status == 403
    assert b"<Code>SignatureDoesNotMatch</Code>" in answer.body
    assert b"'X-Amz-Meta' must be a 'SignedHeader'" in answer.body


@pytest.mark.parametrize("name", ["X-Amzn-Trace-Id", "Amz-Sdk-Request", "User-Agent"])
def test_headers_that_clients_add_after_signing(name: str, server: Served) -> None:
    """Headers that AWS's clients leave out of the signature need not be in it."""
    signed = Signed(server).now()
    signed.request.headers[name] = "anything"
    assert signed.send().status == 200


def test_skew(server: Served) -> None:
    """A signature is good for five minutes in either direction, by the wall clock (hassy/artillery-dino#2)."""
    now = datetime.now(UTC)
    assert Signed(server).at(now - timedelta(minutes=4)).send().status == 200
    assert Signed(server).at(now + timedelta(minutes=4)).send().status == 200
    early, late = now - timedelta(minutes=6), now + timedelta(minutes=6)
    message = Signed(server).at(early).refusal
    assert message.startswith(f"Signature expired: {early:%Y%m%dT%H%M%SZ} is now earlier than ")
    assert message.endswith(" - 5 min.)")
    message = Signed(server).at(late).refusal
    assert message.startswith(f"Signature not yet current: {late:%Y%m%dT%H%M%SZ} is still later than ")
    assert message.endswith(" + 5 min.)")


@pytest.mark.parametrize(("minutes", "status"), [(14, 200), (-14, 200), (16, 403), (-16, 403)])
def test_skew_of_sts(minutes: int, status: int, server: Served) -> None:
    """STS allows for fifteen minutes: its users quote "- 15 min." (aws/aws-cli#6676, devsecops/bootcamp#101)."""
    signed = Signed(server, "sts")
    signed.body = b"Action=GetCallerIdentity&Version=2011-06-15"
    signed.request.data = signed.body
    del signed.request.headers["X-Amz-Target"]
    answer = signed.at(datetime.now(UTC) + timedelta(minutes=minutes)).send()
    assert answer.status == status
    assert status == 200 or b" 15 min.)" in answer.body


def test_impossible_date(server: Served) -> None:
    """A date that is in no calendar is no date."""
    spoilt = Signed(server).now()
    spoilt.request.headers.replace_header("X-Amz-Date", "20269999T999999Z")
    assert spoilt.send().error == (400, "IncompleteSignatureException")


def test_assumed_role(server: Served) -> None:
    """A created member's role can be assumed by its management account, and the keys verify in both services."""
    client = server.boto3("organizations", KEY, SECRET)
    started = client.create_account(Email="made@b.example", AccountName="made")["CreateAccountStatus"]
    finished = client.describe_create_account_status(CreateAccountRequestId=started["Id"])
    created = finished["CreateAccountStatus"]["AccountId"]
    arn = f"arn:aws:iam::{created}:role/OrganizationAccountAccessRole"
    keys = server.boto3("sts", KEY, SECRET).assume_role(RoleArn=arn, RoleSessionName="me")["Credentials"]
    assert server.with_credentials("sts", keys).get_caller_identity()["Account"] == created
    member = server.with_credentials("organizations", keys)
    assert member.describe_organization()["Organization"]["MasterAccountId"] == MANAGEMENT
    for spoilt in ({"SecretAccessKey": "wrong"}, {"SessionToken": None}):
        with pytest.raises(ClientError, match=r"InvalidSignatureException|UnrecognizedClientException"):
            server.with_credentials("organizations", keys | spoilt).describe_organization()
    with pytest.raises(ClientError, match="UnrecognizedClientException"):
        server.boto3("organizations", KEY, SECRET, "token of another").describe_organization()
    for role, caller in (("Other", (KEY, SECRET)), ("OrganizationAccountAccessRole", (MEMBER, "other secret"))):
        with pytest.raises(ClientError, match="is not authorized to perform: sts:AssumeRole on resource"):
            server.boto3("sts", *caller).assume_role(
                RoleArn=f"arn:aws:iam::{created}:role/{role}", RoleSessionName="me"
            )


def test_assumed_role_of_another_name(server: Served) -> None:
    """The role that a created account got has the name that CreateAccount gave it, and there is no other."""
    client = server.boto3("organizations", KEY, SECRET)
    started = client.create_account(Email="named@b.example", AccountName="named", RoleName="Landlord")
    finished = client.describe_create_account_status(CreateAccountRequestId=started["CreateAccountStatus"]["Id"])
    created = finished["CreateAccountStatus"]["AccountId"]
    sts = server.boto3("sts", KEY, SECRET)
    found = sts.assume_role(RoleArn=f"arn:aws:iam::{created}:role/Landlord", RoleSessionName="me")
    assert found["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{created}:assumed-role/Landlord/me"
    with pytest.raises(ClientError, match="is not authorized to perform"):
        sts.assume_role(RoleArn=f"arn:aws:iam::{created}:role/OrganizationAccountAccessRole", RoleSessionName="me")


def test_roles_of_the_file(server: Served) -> None:
    """A role of the file can be assumed from the accounts that it trusts, and from no other."""
    arn = f"arn:aws:iam::{MANAGEMENT}:role/Audit"
    found = server.boto3("sts", MEMBER, "other secret").assume_role(RoleArn=arn, RoleSessionName="me")
    assert found["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{MANAGEMENT}:assumed-role/Audit/me"
    with pytest.raises(ClientError, match="is not authorized to perform"):
        server.boto3("sts", KEY, SECRET).assume_role(RoleArn=arn, RoleSessionName="me")


def test_access_key_info(server: Served) -> None:
    """Keys of the file and temporary ones are known, others are not."""
    client = server.boto3("sts", KEY, SECRET)
    assert client.get_access_key_info(AccessKeyId=KEY)["Account"] == MANAGEMENT
    with pytest.raises(ClientError, match="Invalid Access Key"):
        client.get_access_key_info(AccessKeyId="AKIAY34FZKBOKMUTVV7A")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read: No such file or directory"),
        (b"\xff", "not a text file in UTF-8 (byte 0)"),
        (f'secret_access_key = "{SECRET}'.encode(), "not TOML ("),
        (b"x = " + b"[" * 5_000, "not TOML"),
        (b"x = " + b"1" * 5_000, "not TOML"),
        (b"[" + b".".join([b"roles"] * 5_000) + b"]", "not TOML"),
        (b"", "lacks [[credentials]]; without any, nobody could sign a request"),
        (b"[credentials]", "credentials: Expected `array`, got `object`"),
        (b"[[credentials]]\nsecret = 'x'", "credentials[0]: The table contains unknown field `secret`"),
        (b"[[credentials]]\naccess_key_id = 'x'", "credentials[0].access_key_id: Expected `str` of 4 to 128 letters"),
        (b"[[credentials]]\naccess_key_id = 'abcd'", "credentials[0]: The table lacks `secret_access_key`"),
        (FILE.replace(f'"{MANAGEMENT}"', '"1"', 1).encode(), "credentials[0].account: Expected `str` of twelve digits"),
        (f'control_token = "{SECRET} {SECRET}"\n{FILE}'.encode(), "control_token: Expected `str` of printable"),
        (FILE.replace("alice", "a b").encode(), "credentials[0].user: Expected `str` of 1 to 64 letters, digits and"),
        (FILE.replace(f'["{MEMBER}"]', '["x"]').encode(), "roles[0].trusted_accounts[0]: Expected `str` of twelve"),
        (
            FILE.replace(f'"{MEMBER}"', f'"{KEY}"', 1).encode(),
            "credentials[1].access_key_id: stands in the file before",
        ),
    ],
)
def test_bad_credentials_file(content: bytes | None, message: str, tmp_path: Path) -> None:
    """A file that cannot be used is answered with one line that names file and place, and no secret."""
    path = tmp_path / "c.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CredentialsError) as error:
        load_credentials(path)
    assert str(error.value).startswith(f"{path}: {message}")
    assert "\n" not in str(error.value)
    assert SECRET not in str(error.value)


def test_secrets_do_not_show(credentials: Credentials) -> None:
    """No secret is part of what is printed of credentials."""
    assert SECRET not in repr(credentials)
    assert TOKEN not in repr(Credentials(credentials.credentials, control_token=TOKEN))


def ask(server: Served, authorization: str | None, method: str = "GET", path: str = "health") -> Answer:
    """Ask the control plane, with or without an Authorization header."""
    headers = {} if authorization is None else {"Authorization": authorization}
    return server.request(method, f"/_orgsim/{path}", headers, b"")


def test_control_plane_asks_for_its_token(credentials: Credentials) -> None:
    """The control plane answers to its token alone, whatever is asked; the error says how to bring it."""
    with serving(credentials=Credentials(credentials.credentials, control_token=TOKEN)) as server:
        for wrong in (None, "", "Bearer", "Bearer wrong", f"Bearer {TOKEN}x", TOKEN, f"Basic {TOKEN}"):
            for method, path in (("GET", "health"), ("POST", "clock"), ("POST", "reset"), ("GET", "nothing")):
                refused = ask(server, wrong, method, path)
                assert refused.error == (401, "ControlException")
                assert refused.headers["www-authenticate"] == "Bearer"
                assert "Authorization: Bearer TOKEN" in refused.json["message"]
                assert TOKEN not in refused.body.decode()
        for scheme in ("Bearer", "bearer"):
            assert ask(server, f"{scheme} {TOKEN}").json["auth"] == "verify"
        assert ask(server, f"Bearer {TOKEN}", "POST", "reset").error == (409, "ControlException")


def test_a_parameter_goes_before_the_token_of_the_file(credentials: Credentials) -> None:
    """Whoever embeds the server may say the token; without any, there is one that nobody knows."""
    with serving(
        credentials=Credentials(credentials.credentials, control_token="other"), control_token=TOKEN
    ) as server:
        assert ask(server, f"Bearer {TOKEN}").status == 200
        assert ask(server, "Bearer other").status == 401
    assert make_control_token(None) is make_control_token(None, "") is None
    drawn = {make_control_token(credentials) for _ in range(2)}
    assert len(drawn) == 2
    assert all(len(token) >= 32 for token in drawn if token)


def test_without_botocore(credentials: Credentials, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without botocore one line says what to install."""
    monkeypatch.delitem(sys.modules, "orgsim.api.server.verify", raising=False)
    original = builtins.__import__

    def without(name: str, *more: Any, **keywords: Any) -> Any:
        if name.startswith("botocore"):
            raise ModuleNotFoundError(name)
        return original(name, *more, **keywords)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ModuleNotFoundError, match=r"pip install '\.\[verify\]' in a clone"):
        make_authentication(credentials)
