"""The examples of requests and answers that botocore ships for AWS Organizations, each sent to a real server.

The server is in the state that the example presupposes, and the answer is of the example's shape.

The examples are of 2017: some members came later, some were left out, some quotation marks carry a backslash too many.
What differs for such a reason is listed.
"""

# botocore's cached properties have no types.
# pyright: reportAttributeAccessIssue=false, reportGeneralTypeIssues=false, reportOperatorIssue=false

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from botocore import xform_name
from botocore.model import ListShape, Shape, StructureShape
from support.botocore_model import EXAMPLES, operation
from support.server_process import Server, serving

pytestmark = pytest.mark.slow

BILL, JUAN, ANIKA, ALICE = "111111111111", "222222222222", "333333333333", "444444444444"
"""The management account, and accounts that are invited by it."""

EMAILS = {
    "juan@example.com": f"{JUAN}@accounts.example",
    "anika@example.com": f"{ANIKA}@accounts.example",
}
"""Addresses of the examples, and of whom they are here."""

ALLOW = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}})

# Members that the examples do not show, by structure: added since, or left out for brevity.
NOT_SHOWN = {
    "Account": {"JoinedMethod", "JoinedTimestamp", "Paths", "State", "Status"},
    "CreateAccountStatus": {"AccountName", "CompletedTimestamp", "RequestedTimestamp"},
    "Organization": {"MasterAccountId"},
    "OrganizationalUnit": {"Path"},
    "PolicySummary": {"AwsManaged", "Id"},
}

# Lines about members that an example shows and AWS does not send, with the reason.
NOT_SENT = {
    "UpdatePolicy.Policy.PolicySummary.Description: missing": "captured: only the changes are sent (docs/aws.md 6.3)",
    "UpdatePolicy.Policy.PolicySummary.Name: missing": "captured: only the changes are sent (docs/aws.md 6.3)",
}

TELLING = ("Action", "AwsManaged", "FeatureSet", "JoinedMethod", "State")
"""Members whose values have to be the example's: they tell whether the world was in its state."""

Names = dict[str, str]
"""Values of the examples, and what takes their place here: ids, addresses, documents."""


class World:
    """An organization that is brought into an example's state through the wire."""

    def __init__(self, server: Server) -> None:
        self.server = server

    def call(self, name: str, account: str = BILL, **members: Any) -> dict[str, Any]:
        """The answer to an account, without what boto3 tells about HTTP."""
        answer = getattr(self.server.organizations(account), xform_name(name))(**members)
        del answer["ResponseMetadata"]
        assert members_of(answer) == members_of(self.server.last_answer), "boto3 leaves out what it does not know"
        return answer

    def founded(self, feature_set: str = "ALL") -> None:
        """An organization with nobody in it but its management account."""
        self.call("CreateOrganization", FeatureSet=feature_set)

    def governed(self) -> None:
        """An organization with service control policies enabled on its root."""
        self.founded()
        self.call("EnablePolicyType", RootId=self.root, PolicyType="SERVICE_CONTROL_POLICY")

    @property
    def root(self) -> str:
        """The id of the root."""
        return self.call("ListRoots")["Roots"][0]["Id"]

    def invited(self, target: str = EMAILS["juan@example.com"], **members: Any) -> str:
        """The id of an open invitation."""
        party = {"Type": "EMAIL" if "@" in target else "ACCOUNT", "Id": target}
        return self.call("InviteAccountToOrganization", Target=party, **members)["Handshake"]["Id"]

    def joined(self, account: str, **members: Any) -> str:
        """A member that came by invitation."""
        self.call("AcceptHandshake", account, HandshakeId=self.invited(account, **members))
        return account

    def creating(self) -> str:
        """The id of a request for an account; time has to pass until it is there."""
        made = self.call("CreateAccount", Email="susan@example.com", AccountName="Production Account")
        return made["CreateAccountStatus"]["Id"]

    def unit(self, name: str = "Accounting", parent: str | None = None) -> str:
        """The id of an organizational unit."""
        made = self.call("CreateOrganizationalUnit", ParentId=parent or self.root, Name=name)
        return made["OrganizationalUnit"]["Id"]

    def moved(self, account: str, unit: str) -> None:
        """A member in an organizational unit."""
        self.call("MoveAccount", AccountId=account, SourceParentId=self.root, DestinationParentId=unit)

    def policy(self, name: str = "AllowAllEC2Actions") -> str:
        """The id of a service control policy."""
        members = {"Content": ALLOW, "Description": "Allows", "Name": name, "Type": "SERVICE_CONTROL_POLICY"}
        return self.call("CreatePolicy", **members)["Policy"]["PolicySummary"]["Id"]


def members_of(value: Any) -> Any:
    """The names of an answer, at each place, without its values."""
    if isinstance(value, list):
        return [members_of(item) for item in value]
    return {name: members_of(member) for name, member in value.items()} if isinstance(value, dict) else None


HANDSHAKE, POLICY, ROOT = "h-examplehandshakeid111", "p-examplepolicyid111", "r-examplerootid111"
UNIT = "ou-examplerootid111-exampleouid111"


class Example:
    """One of botocore's examples."""

    def __init__(self, name: str, facts: dict[str, Any]) -> None:
        self.operation = name
        self.id: str = facts["id"]
        self.members: dict[str, Any] = facts.get("input") or {}
        self.answer: dict[str, Any] = facts.get("output") or {}


ALL = {facts["id"]: Example(name, facts) for name, listed in EXAMPLES.items() for facts in listed}

# What the examples presuppose, by operation, or by the example's id where an operation has several.

Setup = Callable[[World], Names | None]
SETUPS: dict[str, Setup] = {}


def presupposed_by(*keys: str) -> Callable[[Setup], Setup]:
    """Enter a setup into the table."""

    def enter(setup: Setup) -> Setup:
        SETUPS.update(dict.fromkeys(keys, setup))
        return setup

    return enter


@presupposed_by("CreateOrganization")
def nothing(world: World) -> None:
    """A standalone account."""


@presupposed_by("CreateAccount", "InviteAccountToOrganization", "DescribeOrganization")
def an_organization(world: World) -> Names:
    """An organization with all features."""
    world.founded()
    return EMAILS


@presupposed_by("AcceptHandshake", "ListHandshakesForAccount")
def an_invitation(world: World) -> Names:
    """An invitation by address."""
    world.founded()
    return {HANDSHAKE: world.invited()}


@presupposed_by("CancelHandshake")
def an_invitation_for_billing(world: World) -> Names:
    """An invitation by address, with a note, to consolidated billing."""
    world.founded("CONSOLIDATED_BILLING")
    return {HANDSHAKE: world.invited(Notes="This is a request for Susan's account to join Bob's organization.")}


@presupposed_by("DeclineHandshake", "DescribeHandshake")
def an_invitation_by_account(world: World) -> Names:
    """An invitation by account id, with a note."""
    world.founded()
    return {HANDSHAKE: world.invited(JUAN, Notes="This is an invitation to join Bill's organization.")}


@presupposed_by("ListHandshakesForOrganization")
def two_invitations(world: World) -> None:
    """An invitation that was accepted and an open one."""
    world.founded()
    accepted = world.invited(EMAILS["anika@example.com"], Notes="This is an invitation to Anika's account.")
    world.call("AcceptHandshake", ANIKA, HandshakeId=accepted)
    world.invited()


@presupposed_by("EnableAllFeatures")
def consolidated_billing(world: World) -> None:
    """An organization for billing only, with a member that has to approve."""
    world.founded("CONSOLIDATED_BILLING")
    world.joined(JUAN)


@presupposed_by("DescribeCreateAccountStatus")
def an_account_that_was_created(world: World) -> Names:
    """An account creation that succeeded."""
    world.founded()
    request = world.creating()
    world.server.advance("1h")
    return {"car-exampleaccountcreationrequestid": request}


@presupposed_by("to-get-a-list-of-completed-account-creation-requests-made-in-the-organization")
def account_creations_that_succeeded(world: World) -> None:
    """An account creation that succeeded."""
    an_account_that_was_created(world)


@presupposed_by("to-get-a-list-of-all-account-creation-requests-made-in-the-organization-1472509174532")
def an_account_creation_in_progress(world: World) -> None:
    """An account creation that goes on."""
    world.founded()
    world.creating()


@presupposed_by("DescribeAccount", "RemoveAccountFromOrganization", "LeaveOrganization", "ListAccounts")
def members(world: World) -> Names:
    """An organization that three accounts were invited to."""
    world.founded()
    for account in (JUAN, ANIKA, ALICE):
        world.joined(account)
    return {"555555555555": JUAN}


@presupposed_by("CreateOrganizationalUnit", "DisablePolicyType", "ListRoots")
def a_root(world: World) -> Names:
    """An organization whose root has nothing in it, with service control policies enabled."""
    world.governed()
    return {ROOT: world.root}


@presupposed_by("EnablePolicyType")
def a_root_without_policies(world: World) -> Names:
    """A root on which no policy type is enabled."""
    world.founded()
    return {ROOT: world.root}


@presupposed_by("DeleteOrganizationalUnit", "DescribeOrganizationalUnit")
def a_unit(world: World) -> Names:
    """An organizational unit."""
    world.founded()
    return {UNIT: world.unit()}


@presupposed_by("UpdateOrganizationalUnit")
def a_unit_of_another_name(world: World) -> Names:
    """An organizational unit that is not yet called as it shall be."""
    return a_unit(world)


@presupposed_by("ListOrganizationalUnitsForParent")
def two_units(world: World) -> Names:
    """Two organizational units under the root."""
    world.founded()
    world.unit("Development")
    world.unit("Production")
    return {ROOT: world.root}


@presupposed_by("ListChildren")
def units_in_a_unit(world: World) -> Names:
    """Two organizational units in a third."""
    world.founded()
    parent = world.unit()
    for name in ("Payable", "Receivable"):
        world.unit(name, parent)
    return {UNIT: parent}


@presupposed_by("ListAccountsForParent", "ListParents")
def accounts_in_a_unit(world: World) -> Names:
    """Two accounts in an organizational unit."""
    world.founded()
    unit = world.unit()
    for account in (ANIKA, ALICE):
        world.moved(world.joined(account), unit)
    return {UNIT: unit}


@presupposed_by("MoveAccount")
def an_account_and_a_unit(world: World) -> Names:
    """An account under the root, and an organizational unit to move it to."""
    world.founded()
    world.joined(ANIKA)
    return {ROOT: world.root, UNIT: world.unit()}


@presupposed_by("CreatePolicy")
def a_document(world: World) -> Names:
    """The document that the example shows with a backslash before each quotation mark; it has no resource."""
    world.founded()
    (example,) = EXAMPLES["CreatePolicy"]
    return {example["input"]["Content"]: ALLOW}


@presupposed_by("DeletePolicy", "DescribePolicy", "to-update-the-details-of-a-policy")
def a_policy(world: World) -> Names:
    """A policy that is attached nowhere."""
    world.governed()
    return {POLICY: world.policy()}


@presupposed_by("to-update-the-content-of-a-policy")
def a_policy_and_a_document(world: World) -> Names:
    """A policy, and a document that the example shows with a backslash before each quotation mark."""
    content = ALL["to-update-the-content-of-a-policy"].members["Content"]
    return {content: content.replace("\\", ""), **a_policy(world)}


@presupposed_by("AttachPolicy", "to-attach-a-policy-to-an-ou", "to-attach-a-policy-to-an-account")
def a_policy_and_targets(world: World) -> Names:
    """A policy, an organizational unit and an account."""
    names = a_policy(world)
    world.joined(ANIKA)
    return names | {UNIT: world.unit()}


@presupposed_by("DetachPolicy")
def an_attached_policy(world: World) -> Names:
    """A policy that is attached to an organizational unit."""
    names = a_policy_and_targets(world)
    world.call("AttachPolicy", PolicyId=names[POLICY], TargetId=names[UNIT])
    return names


@presupposed_by("ListPolicies")
def two_policies(world: World) -> None:
    """Two policies beside AWS's own."""
    world.governed()
    world.policy("AllowAllS3Actions")
    world.policy()


@presupposed_by("ListPoliciesForTarget")
def a_policy_instead_of_aws_own(world: World) -> None:
    """An account to which a policy is attached, and AWS's own no longer."""
    world.governed()
    world.call("AttachPolicy", PolicyId=world.policy(), TargetId=world.joined(ALICE))
    world.call("DetachPolicy", PolicyId="p-FullAWSAccess", TargetId=ALICE)


@presupposed_by("ListTargetsForPolicy")
def targets_of_aws_own_policy(world: World) -> None:
    """A root, an account and an organizational unit, which all have AWS's own policy."""
    world.governed()
    world.joined(ANIKA)
    world.unit()


CALLERS = {
    "AcceptHandshake": JUAN,
    "DeclineHandshake": JUAN,
    "LeaveOrganization": JUAN,
    "ListHandshakesForAccount": JUAN,
}
"""Who calls, where it is not the management account."""


def named(value: Any, names: Names) -> Any:
    """A value of an example, with what is meant here."""
    if isinstance(value, dict):
        return {name: named(member, names) for name, member in value.items()}
    if isinstance(value, list):
        return [named(item, names) for item in value]
    return names.get(value, value)


def misshapen(example: Any, answer: Any, shape: Shape | None, path: str) -> Iterator[str]:
    """Where an answer is not of an example's shape."""
    if shape is None:
        if answer != {}:
            yield f"{path}: {answer!r} where nothing is sent"
    elif isinstance(shape, StructureShape):
        shown, unexpected = set(example), set(answer) - set(example) - NOT_SHOWN.get(shape.name, set())
        yield from (f"{path}.{name}: missing" for name in sorted(shown - set(answer)))
        yield from (f"{path}.{name}: not in the example" for name in sorted(unexpected))
        for name in sorted(shown & set(answer)):
            yield from misshapen(example[name], answer[name], shape.members[name], f"{path}.{name}")
    elif isinstance(shape, ListShape):
        if bool(example) != bool(answer):
            yield f"{path}: {answer!r} instead of {example!r}"
        for item in answer:
            # Items of several shapes stand side by side: a resource with resources, and one without.
            options = [list(misshapen(shown, item, shape.member, f"{path}[]")) for shown in example]
            yield from min(options, key=len, default=[])
    elif shape.type_name == "timestamp":
        if not isinstance(answer, datetime):
            yield f"{path}: {answer!r} is no moment"
    elif type(example) is not type(answer):
        yield f"{path}: {answer!r} instead of {example!r}"


def said(value: Any, wanted: str) -> set[Any]:
    """Everything that an answer says under a name."""
    if isinstance(value, list):
        return {found for item in value for found in said(item, wanted)}
    if isinstance(value, dict):
        own = {value[wanted]} if isinstance(value.get(wanted), str | bool) else set()
        return own | {found for member in value.values() for found in said(member, wanted)}
    return set()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One server for all examples; each begins with a new world."""
    with serving("--latency", "realistic") as server:
        yield server


@pytest.mark.parametrize("example", ALL.values(), ids=lambda example: f"{example.operation}-{example.id}")
def test_example(example: Example, server: Server) -> None:
    """The example's request gets an answer of the example's shape, and the same states and types."""
    server.reset()
    world = World(server)
    setup = SETUPS.get(example.id) or SETUPS[example.operation]
    names = setup(world) or {}
    answer = world.call(example.operation, CALLERS.get(example.operation, BILL), **named(example.members, names))

    shape = operation(example.operation).output_shape
    assert set(misshapen(example.answer, answer, shape, example.operation)) <= NOT_SENT.keys()
    for name in TELLING:
        assert not said(example.answer, name) or said(answer, name) >= said(example.answer, name)


def test_all_examples_are_sent() -> None:
    """The examples are those that were looked at, and each setup is for one of them."""
    assert len(ALL) == sum(map(len, EXAMPLES.values())) == 42
    assert SETUPS.keys() <= EXAMPLES.keys() | ALL.keys()
    assert {example.operation for example in ALL.values()} == EXAMPLES.keys()


def test_what_is_misshapen_is_found() -> None:
    """A foreign member, a missing one, another type and a list that should be empty are each named."""
    shape = operation("ListRoots").output_shape
    (example,) = EXAMPLES["ListRoots"]
    answer = {"Roots": [{"Id": 7, "Name": "Root", "Colour": "red", "PolicyTypes": []}]}

    assert len(list(misshapen(example["output"], answer, shape, ""))) == 4
    assert list(misshapen(example["output"], example["output"], shape, "")) == []
