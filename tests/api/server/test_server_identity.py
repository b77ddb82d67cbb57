"""Who is calling: access key ids and what they say, and requests that are not signed, or not whole."""

from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st
from support.loopback_server import MANAGEMENT, Served, authorization, read_events, serving, signed

from orgsim.api.server.identity import DEFAULT_ACCOUNT, Identity, account_of, unique_id


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    """A server that only answers who is calling."""
    with serving() as served:
        yield served


@pytest.mark.parametrize(
    ("key_id", "account"),
    [
        ("111111111111", "111111111111"),
        ("000000000000", "000000000000"),
        # Published pairs of key and account.
        ("ASIAY34FZKBOKMUTVV7A", "609629065308"),
        ("ASIAQNZGKIQY56JQ7WML", "029608264753"),
        # Keys made before account numbers were in them, AWS's own example among them.
        ("AKIAIOSFODNN7EXAMPLE", DEFAULT_ACCOUNT),
        ("AKIAJAAAAAAAAAAAAAAA", DEFAULT_ACCOUNT),
        # Forty bits can say more than twelve digits.
        ("AKIA7777777777777777", DEFAULT_ACCOUNT),
        ("test", DEFAULT_ACCOUNT),
        ("AKIAY34FZKBOKMUTVV7", DEFAULT_ACCOUNT),
        ("AKIAY34FZKBOKMUTVV7AA", DEFAULT_ACCOUNT),
        ("AROAY34FZKBOKMUTVV7A", DEFAULT_ACCOUNT),
        ("AKIAy34fzkbokmutvv7a", DEFAULT_ACCOUNT),
        ("1234567890123", DEFAULT_ACCOUNT),
        ("١٢٣٤٥٦٧٨٩٠١٢", DEFAULT_ACCOUNT),
    ],
)
def test_account_of_a_key(key_id: str, account: str) -> None:
    """Twelve digits are an account, AWS's format carries one, and anything else belongs to the default account."""
    assert account_of(key_id) == account


@given(st.from_regex(r"[0-9]{12}", fullmatch=True, alphabet="0123456789"), st.sampled_from(["AKIA", "ASIA"]), st.text())
def test_keys_carry_their_account(account: str, prefix: str, of: str) -> None:
    """A key id made for an account says so, and looks like AWS's."""
    key_id = unique_id(prefix, account, of)
    assert len(key_id) == 20
    assert account_of(key_id) == account


def test_identities() -> None:
    """A user and an assumed role have AWS's ARNs and ids, and the principal that goes into the log."""
    user, role = Identity(MANAGEMENT, "alice"), Identity(MANAGEMENT, "Audit", "me")
    assert user.arn == "arn:aws:iam::111111111111:user/alice"
    assert role.arn == "arn:aws:sts::111111111111:assumed-role/Audit/me"
    assert (user.principal, role.principal) == ("alice", "Audit/me")
    assert user.user_id.startswith("AIDA")
    assert role.user_id.startswith("AROA")
    assert role.user_id.endswith(":me")


@pytest.mark.parametrize("key_id", [MANAGEMENT, "ASIAY34FZKBOKMUTVV7A", "AKIAIOSFODNN7EXAMPLE", "test"])
def test_caller_of_both_services(key_id: str, server: Served) -> None:
    """Both services take a key for the same account, and its user is never the root user."""
    found = server.boto3("sts", key_id).get_caller_identity()
    assert found["Account"] == account_of(key_id)
    assert found["Arn"] == f"arn:aws:iam::{account_of(key_id)}:user/orgsim"
    assert server.boto3("sts", key_id).get_caller_identity()["UserId"] == found["UserId"]
    organization = server.organizations(key_id).create_organization()["Organization"]
    assert organization["MasterAccountId"] == account_of(key_id)
    server.organizations(key_id).delete_organization()


def test_principal_is_recorded() -> None:
    """The log says which user or role acted."""
    with serving() as server:
        server.call("CreateOrganization")
        arn = f"arn:aws:iam::{MANAGEMENT}:role/path/Audit"
        keys = server.boto3("sts").assume_role(RoleArn=arn, RoleSessionName="me")["Credentials"]
        server.with_credentials("organizations", keys).delete_organization()
        envelopes = server.portal.call(read_events, server.sim)
    principals = {(envelope.operation, envelope.account, envelope.principal) for envelope in envelopes}
    assert ("CreateOrganization", MANAGEMENT, "orgsim") in principals
    assert ("DeleteOrganization", MANAGEMENT, "Audit/me") in principals


WHOLE = authorization()

NOT_SIGNED = [
    (None, "MissingAuthenticationTokenException", "Missing Authentication Token"),
    ("", "MissingAuthenticationTokenException", "Missing Authentication Token"),
    ("Bearer abc", "IncompleteSignatureException", "Authorization header requires 'Credential' parameter."),
    ("AWS AKIA:abc", "IncompleteSignatureException", "requires 'SignedHeaders' parameter."),
    ("AWS4-HMAC-SHA256", "IncompleteSignatureException", "Authorization header requires 'Signature' parameter."),
    ("AWS4-HMAC-SHA256 rubbish", "IncompleteSignatureException", "Invalid key=value pair (missing equal-sign)"),
    # A blank that was copied along with the key.
    (WHOLE.replace("Credential=", "Credential= "), "IncompleteSignatureException", "Invalid key=value pair"),
    (WHOLE.replace("111111111111/", "111111111111 /"), "IncompleteSignatureException", "Invalid key=value pair"),
    (WHOLE.replace("Signature=", "Sig="), "IncompleteSignatureException", "requires 'Signature' parameter."),
    (WHOLE.replace("0" * 64, ""), "IncompleteSignatureException", "requires 'Signature' parameter."),
    (WHOLE.replace("/us-east-1", ""), "IncompleteSignatureException", "exactly 5 slash-delimited elements"),
    (WHOLE.replace("111111111111/", "/"), "IncompleteSignatureException", "exactly 5 slash-delimited elements"),
    (WHOLE.replace("aws4_request", "aws5_request"), "InvalidSignatureException", "'aws4_request', not 'aws5_request'"),
]


@pytest.mark.parametrize(("header", "error", "message"), NOT_SIGNED)
def test_not_signed(header: str | None, error: str, message: str, server: Served) -> None:
    """A request that is not signed, or not wholly, is refused in AWS's words, before its body is looked at."""
    headers = {name: value for name, value in signed("DescribeOrganization").items() if name != "Authorization"}
    if header is not None:
        headers["Authorization"] = header
    answer = server.request(headers=headers, body=b"no JSON")
    assert answer.error == (400, error)
    assert message in answer.json["message"]
    assert "0000" not in answer.json["message"]


def test_parameters_in_another_order(server: Served) -> None:
    """The parameters of the header may stand in any order, with or without spaces."""
    algorithm, _, rest = WHOLE.partition(" ")
    headers = signed("CreateOrganization") | {"Authorization": f"{algorithm} {','.join(reversed(rest.split(', ')))}"}
    answer = server.request(headers=headers)
    assert answer.json["Organization"]["MasterAccountId"] == MANAGEMENT
    server.call("DeleteOrganization")


@pytest.mark.parametrize(
    ("date", "message"),
    [
        (None, "requires existence of either a 'X-Amz-Date' or a 'Date' header"),
        ("yesterday", "Date must be in ISO-8601 'basic format'. Got 'yesterday'."),
        ("2026-01-01T00:00:00Z", "Date must be in ISO-8601 'basic format'."),
    ],
)
def test_not_dated(date: str | None, message: str, server: Served) -> None:
    """A signed request says when it was signed, in AWS's format."""
    headers = {name: value for name, value in signed("DescribeOrganization").items() if name != "X-Amz-Date"}
    answer = server.request(headers=headers | ({"X-Amz-Date": date} if date else {}))
    assert answer.error == (400, "IncompleteSignatureException")
    assert message in answer.json["message"]


def test_dated_by_the_standard_header(server: Served) -> None:
    """The Date header of HTTP does as well."""
    headers = {name: value for name, value in signed("DescribeOrganization").items() if name != "X-Amz-Date"}
    answer = server.request(headers=headers | {"Date": "Thu, 01 Jan 2026 00:00:00 GMT"})
    assert answer.error == (400, "AWSOrganizationsNotInUseException")


def test_not_signed_for_sts(server: Served) -> None:
    """STS has its own names and statuses for the same."""
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = server.request(headers=form, body=b"Action=GetCallerIdentity&Version=2011-06-15")
    assert answer.status == 403
    assert b"<Code>MissingAuthenticationToken</Code>" in answer.body
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        server.boto3("sts", "ASIAY34FZKBOKMUTVV7A", token="orgsim.bm90aGluZw==").get_caller_identity()


def test_token_of_somebody_else(server: Served) -> None:
    """Under open authentication a token from AWS itself does not matter, so that a real profile can be used."""
    client = server.boto3("organizations", "ASIAY34FZKBOKMUTVV7A", token="IQoJb3JpZ2luX2VjEJ")
    assert client.create_organization()["Organization"]["MasterAccountId"] == "609629065308"
