"""The vending script meets an organization that creates accounts as AWS does: later, slowly, and not always."""

import json
from datetime import timedelta

import pytest
from landing import vend as script
from landing.vend import VendingFailed, vend

from orgsim.api.testing import mock_organizations

pytestmark = pytest.mark.orgsim(accounts=0)

DENY_LEAVING = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "Action": "organizations:LeaveOrganization", "Resource": "*"}],
}


def place(org, account):
    """The path of the OU in which an account is."""
    parent = org.list_parents(ChildId=account)["Parents"][0]
    if parent["Type"] == "ROOT":
        return ""
    unit = org.describe_organizational_unit(OrganizationalUnitId=parent["Id"])["OrganizationalUnit"]
    return f"{place(org, parent['Id'])}/{unit['Name']}".lstrip("/")


def test_an_account_is_created_tagged_and_moved(org):
    """The account is there at the end, in an OU that was made for it, with its tags."""
    account = vend(org, "Payments", "payments@example.com", unit="Workloads/Prod", tags={"team": "payments"})

    assert org.describe_account(AccountId=account)["Account"]["Name"] == "Payments"
    assert place(org, account) == "Workloads/Prod"
    assert org.list_tags_for_resource(ResourceId=account)["Tags"] == [{"Key": "team", "Value": "payments"}]


@pytest.mark.orgsim(latency="realistic")
def test_creation_takes_its_time(org, orgsim):
    """With AWS's latency the script polls every ten seconds; in the test these pass on the simulated clock."""
    before = orgsim.now
    vend(org, "Payments", "payments@example.com", unit="Workloads", poll_seconds=10)

    assert timedelta(seconds=2) < orgsim.now - before < timedelta(minutes=2)


def test_patience_ends(org, orgsim):
    """A creation that takes two hours is given up after half an hour."""
    orgsim.faults.slow_creation(duration="2h")

    with pytest.raises(VendingFailed, match="not finished after 1800 seconds"):
        vend(org, "Payments", "payments@example.com", unit="Workloads")


def test_guardrails_are_attached(org):
    """The service control policies that were asked for are attached to the account itself."""
    org.enable_policy_type(RootId=org.list_roots()["Roots"][0]["Id"], PolicyType="SERVICE_CONTROL_POLICY")
    org.create_policy(
        Name="DenyLeaving", Description="", Type="SERVICE_CONTROL_POLICY", Content=json.dumps(DENY_LEAVING)
    )

    account = vend(org, "Payments", "payments@example.com", unit="Workloads", guardrails=["DenyLeaving"])

    attached = org.list_policies_for_target(TargetId=account, Filter="SERVICE_CONTROL_POLICY")["Policies"]
    assert {policy["Name"] for policy in attached} == {"FullAWSAccess", "DenyLeaving"}


def test_an_address_that_somebody_has(org, orgsim):
    """AWS accepts the request, and fails it afterwards: the address belongs to an account elsewhere."""
    orgsim.faults.fail_next("CreateAccount", reason="EMAIL_ALREADY_EXISTS")

    with pytest.raises(VendingFailed, match="EMAIL_ALREADY_EXISTS"):
        vend(org, "Payments", "payments@example.com", unit="Workloads")


@pytest.mark.orgsim(accounts=3, settings={"quotas": {"accounts": 4}})
def test_the_quota_is_reached(org):
    """An organization that is full refuses at once, with a reason of its own."""
    with pytest.raises(VendingFailed, match="ACCOUNT_NUMBER_LIMIT_EXCEEDED"):
        vend(org, "Payments", "payments@example.com", unit="Workloads")


def test_throttling_is_waited_out(org, orgsim):
    """botocore tries again what is throttled, and the script sees nothing of it."""
    with orgsim.faults.throttle("CreateAccount", "MoveAccount", times=2) as throttling:
        account = vend(org, "Payments", "payments@example.com", unit="Workloads")

    assert place(org, account) == "Workloads"
    assert throttling.left == 0


def test_other_writers_are_waited_for(org, orgsim):
    """ConcurrentModificationException, which botocore does not try again, is the script's own business."""
    with orgsim.faults.conflict("*", times=5) as conflicts:
        vend(org, "Payments", "payments@example.com", unit="Workloads/Prod")

    assert conflicts.left == 0


def test_an_organization_that_is_not_ready(org, orgsim):
    """A new organization may refuse to grow for a while."""
    with orgsim.faults.finalizing("CreateAccount", until="2m"):
        vend(org, "Payments", "payments@example.com", unit="Workloads")

    assert len(org.list_accounts()["Accounts"]) == 2


@pytest.mark.orgsim(latency="realistic")
def test_an_answer_is_lost(org, orgsim):
    """CreateAccount is carried out and its answer lost; botocore's second attempt must not end in a second account."""
    with orgsim.faults.lose_answer("CreateAccount", times=1):
        account = vend(org, "Payments", "payments@example.com", unit="Workloads")

    assert [member["Id"] for member in org.list_accounts()["Accounts"]] == ["111111111111", account]


def test_a_second_run_creates_nothing(org, orgsim):
    """A run that was cut short is started again, and finishes: the account is found by its address."""
    with orgsim.faults.drop("MoveAccount"), pytest.raises(Exception, match="Connection was closed"):
        vend(org, "Payments", "payments@example.com", unit="Workloads")
    account = vend(org, "Payments", "payments@example.com", unit="Workloads")

    assert place(org, account) == "Workloads"
    assert orgsim.calls.of("CreateAccount") == 1


def test_the_command_line(org, orgsim, capsys):
    """The whole script, which makes its own client: its exit code and what it prints."""
    with mock_organizations(orgsim, account="111111111111"):
        assert script.main(["Payments", "payments@example.com", "--ou", "Workloads", "--tag", "team=payments"]) == 0

    assert capsys.readouterr().out.strip() == org.list_accounts()["Accounts"][-1]["Id"]
