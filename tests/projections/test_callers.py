"""Who may call what: every operation, asked by every kind of caller with a request that is in order."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from support.given import FOUNDER, MEMBER, OTHER, RIVAL, STRANGER
from support.projection_world import WatchedWorld

from orgsim.engine.authorization.callers import CALLERS, Callers
from orgsim.engine.errors import AccessDeniedException, AWSOrganizationsNotInUseException, Refused
from orgsim.engine.events import (
    DelegatedAdministratorRegistered,
    HandshakeRequested,
    OrganizationalUnitCreated,
    PolicyCreated,
    ResourcePolicyPut,
    ResponsibilityTransferRequested,
)
from orgsim.engine.operations import OPERATIONS
from orgsim.engine.words import Action, FeatureSet, PartyType, PolicyType
from orgsim.projections.reads import READS

UNIT, POLICY, TRANSFER, TRANSFER_HANDSHAKE = "ou-abcd-12345678", "p-1234567890", "rt-12345678", "h-12345678"
SERVICE = "health.amazonaws.com"
CONTENT = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}})
GRANT = {"Effect": "Allow", "Principal": "*", "Action": "organizations:ListRoots", "Resource": "*"}

ACCESS_DENIED, NOT_IN_USE, NEITHER = "AccessDenied", "AWSOrganizationsNotInUse", "neither"

# The kinds of callers: an account, and what makes it one of the kind.
MANAGEMENT, PLAIN, ADMINISTRATOR = "management account", "plain member", "delegated administrator"
GRANTED, DENIED, STANDALONE = "granted member", "denied member", "standalone account"
KINDS = [MANAGEMENT, PLAIN, ADMINISTRATOR, GRANTED, DENIED, STANDALONE]
ACCOUNTS = {MANAGEMENT: FOUNDER, STANDALONE: STRANGER}
"""All others are MEMBER."""


class Scene(WatchedWorld):
    """An organization with something of every kind in it, MEMBER and OTHER among its members."""

    def __init__(self) -> None:
        super().__init__(latency="realistic")
        self.found = self.founded(FOUNDER, FeatureSet.ALL)
        self.root = self.organization_of(FOUNDER).root
        self.joined(MEMBER)
        self.joined(OTHER)
        self.founded(RIVAL)
        self.handshake = self.invited("5" * 12)
        members = {"Email": "made@example.com", "AccountName": "Made"}
        self.creation = self.call("CreateAccount", FOUNDER, **members)[0].request
        expires_at = self.now + 10**12
        action, party = Action.TRANSFER_RESPONSIBILITY, PartyType.ACCOUNT
        self.evolve(
            OrganizationalUnitCreated(self.found, UNIT, self.root, "Unit"),
            PolicyCreated(self.found, POLICY, PolicyType.SERVICE_CONTROL_POLICY, "Policy", "", CONTENT),
            HandshakeRequested(self.found, TRANSFER_HANDSHAKE, action, expires_at, RIVAL, party),
            ResponsibilityTransferRequested(
                self.found, TRANSFER, TRANSFER_HANDSHAKE, "Transfer", expires_at, party=RIVAL
            ),
        )

    def cast(self, kind: str, operation: str) -> str:
        """The account that is to call, made a caller of the kind."""
        if kind in (ADMINISTRATOR, DENIED):
            self.evolve(DelegatedAdministratorRegistered(self.found, MEMBER, SERVICE))
        effects = {GRANTED: ["Allow"], DENIED: ["Allow", "Deny"]}.get(kind, [])
        if effects:
            self.evolve(ResourcePolicyPut(self.found, "rp-12345678", policy(operation, *effects)))
        return ACCOUNTS.get(kind, MEMBER)

    def outcome(self, operation: str, account: str) -> str:
        """Whether the call is refused for who calls, and how."""
        members = REQUESTS[operation](self)
        try:
            (self.ask if operation in READS else self.call)(operation, account, **members)
        except AccessDeniedException:
            return ACCESS_DENIED
        except AWSOrganizationsNotInUseException:
            return NOT_IN_USE
        except Refused:
            return NEITHER
        return NEITHER


def policy(operation: str, *effects: str) -> str:
    """A resource policy, as it is stored, that lets MEMBER do one thing, or keeps it from doing it."""
    principal = {"AWS": f"arn:aws:iam::{MEMBER}:root"}
    about = {"Principal": principal, "Action": f"organizations:{operation}", "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": effect} | about for effect in effects]})


def nothing(scene: Scene) -> dict[str, Any]:
    return {}


def of_account(scene: Scene) -> dict[str, Any]:
    return {"AccountId": OTHER}


def of_unit(scene: Scene) -> dict[str, Any]:
    return {"OrganizationalUnitId": UNIT}


def of_policy(scene: Scene) -> dict[str, Any]:
    return {"PolicyId": POLICY}


def of_attachment(scene: Scene) -> dict[str, Any]:
    return {"PolicyId": POLICY, "TargetId": UNIT}


def of_policy_type(scene: Scene) -> dict[str, Any]:
    return {"RootId": scene.root, "PolicyType": "TAG_POLICY"}


def of_parent(scene: Scene) -> dict[str, Any]:
    return {"ParentId": scene.root}


def of_handshake(scene: Scene) -> dict[str, Any]:
    return {"HandshakeId": scene.handshake}


def of_service(scene: Scene) -> dict[str, Any]:
    return {"ServicePrincipal": SERVICE}


def of_administrator(scene: Scene) -> dict[str, Any]:
    return {"AccountId": OTHER, "ServicePrincipal": SERVICE}


def of_transfer(scene: Scene) -> dict[str, Any]:
    return {"Id": TRANSFER}


def of_transfers(scene: Scene) -> dict[str, Any]:
    return {"Type": "BILLING"}


def of_new_account(scene: Scene) -> dict[str, Any]:
    return {"Email": "another@example.com", "AccountName": "Another"}


# A request that is in order, for each operation.
REQUESTS: dict[str, Callable[[Scene], dict[str, Any]]] = {
    "AcceptHandshake": of_handshake,
    "AttachPolicy": of_attachment,
    "CancelHandshake": of_handshake,
    "CloseAccount": of_account,
    "CreateAccount": of_new_account,
    "CreateGovCloudAccount": of_new_account,
    "CreateOrganization": nothing,
    "CreateOrganizationalUnit": lambda scene: {"ParentId": scene.root, "Name": "Other"},
    "CreatePolicy": lambda scene: {
        "Content": CONTENT,
        "Description": "",
        "Name": "Other",
        "Type": "SERVICE_CONTROL_POLICY",
    },
    "DeclineHandshake": of_handshake,
    "DeleteOrganization": nothing,
    "DeleteOrganizationalUnit": of_unit,
    "DeletePolicy": of_policy,
    "DeleteResourcePolicy": nothing,
    "DeregisterDelegatedAdministrator": of_administrator,
    "DescribeAccount": of_account,
    "DescribeCreateAccountStatus": lambda scene: {"CreateAccountRequestId": scene.creation},
    "DescribeEffectivePolicy": lambda scene: {"PolicyType": "TAG_POLICY"},
    "DescribeHandshake": of_handshake,
    "DescribeOrganization": nothing,
    "DescribeOrganizationalUnit": of_unit,
    "DescribePolicy": of_policy,
    "DescribeResourcePolicy": nothing,
    "DescribeResponsibilityTransfer": of_transfer,
    "DetachPolicy": of_attachment,
    "DisableAWSServiceAccess": of_service,
    "DisablePolicyType": of_policy_type,
    "EnableAWSServiceAccess": of_service,
    "EnableAllFeatures": nothing,
    "EnablePolicyType": of_policy_type,
    "InviteAccountToOrganization": lambda scene: {"Target": {"Type": "ACCOUNT", "Id": "6" * 12}},
    "InviteOrganizationToTransferResponsibility": lambda scene: {
        "Type": "BILLING",
        "Target": {"Type": "ACCOUNT", "Id": RIVAL},
        "StartTimestamp": 1_769_904_000,
        "SourceName": "Bills",
    },
    "LeaveOrganization": nothing,
    "ListAWSServiceAccessForOrganization": nothing,
    "ListAccounts": nothing,
    "ListAccountsForParent": of_parent,
    "ListAccountsWithInvalidEffectivePolicy": lambda scene: {"PolicyType": "TAG_POLICY"},
    "ListChildren": lambda scene: {"ParentId": scene.root, "ChildType": "ACCOUNT"},
    "ListCreateAccountStatus": nothing,
    "ListDelegatedAdministrators": nothing,
    "ListDelegatedServicesForAccount": of_account,
    "ListEffectivePolicyValidationErrors": lambda scene: {"AccountId": OTHER, "PolicyType": "TAG_POLICY"},
    "ListHandshakesForAccount": nothing,
    "ListHandshakesForOrganization": nothing,
    "ListInboundResponsibilityTransfers": of_transfers,
    "ListOrganizationalUnitsForParent": of_parent,
    "ListOutboundResponsibilityTransfers": of_transfers,
    "ListParents": lambda scene: {"ChildId": OTHER},
    "ListPolicies": lambda scene: {"Filter": "SERVICE_CONTROL_POLICY"},
    "ListPoliciesForTarget": lambda scene: {"TargetId": OTHER, "Filter": "SERVICE_CONTROL_POLICY"},
    "ListRoots": nothing,
    "ListTagsForResource": lambda scene: {"ResourceId": OTHER},
    "ListTargetsForPolicy": of_policy,
    "MoveAccount": lambda scene: {
        "AccountId": OTHER,
        "SourceParentId": scene.root,
        "DestinationParentId": UNIT,
    },
    "PutResourcePolicy": lambda scene: {"Content": json.dumps({"Statement": GRANT})},
    "RegisterDelegatedAdministrator": of_administrator,
    "RemoveAccountFromOrganization": of_account,
    "TagResource": lambda scene: {"ResourceId": OTHER, "Tags": [{"Key": "a", "Value": ""}]},
    "TerminateResponsibilityTransfer": of_transfer,
    "UntagResource": lambda scene: {"ResourceId": OTHER, "TagKeys": ["a"]},
    "UpdateOrganizationalUnit": lambda scene: {"OrganizationalUnitId": UNIT, "Name": "Other"},
    "UpdatePolicy": lambda scene: {"PolicyId": POLICY, "Name": "Other"},
    "UpdateResponsibilityTransfer": lambda scene: {"Id": TRANSFER, "Name": "Other"},
}

# Refused under another name, because of where the caller stands: AlreadyInOrganization, MasterCannotLeaveOrganization.
OTHERWISE = {(kind, "CreateOrganization") for kind in KINDS} | {(MANAGEMENT, "LeaveOrganization")}

# No resource policy says anything about these: they are not asked in the organization's name.
OWN_AFFAIRS = {"CreateOrganization", "LeaveOrganization"}


def expected(kind: str, operation: str) -> str:
    """Return the outcome of an operation for a kind of caller, according to the table."""
    callers = CALLERS[operation]
    if (kind, operation) in OTHERWISE:
        return NEITHER
    if kind == STANDALONE:
        if Callers.PARTY in callers:
            return ACCESS_DENIED
        return NEITHER if Callers.STANDALONE in callers else NOT_IN_USE
    if kind == MANAGEMENT:
        # It sent the invitation of which these are asked.
        return NEITHER if operation == "CancelHandshake" or Callers.MANAGEMENT in callers else ACCESS_DENIED
    if kind == DENIED and operation not in OWN_AFFAIRS:
        return ACCESS_DENIED
    wanted = {PLAIN: Callers.MEMBER, ADMINISTRATOR: Callers.ADMINISTRATOR, GRANTED: Callers.GRANTED}
    return NEITHER if callers & (Callers.MEMBER | wanted.get(kind, Callers.MEMBER)) else ACCESS_DENIED


def test_every_operation_is_in_the_table() -> None:
    """The table of callers has exactly the operations that there are, and so have the requests here."""
    assert CALLERS.keys() == OPERATIONS.keys() | READS.keys() == REQUESTS.keys()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("operation", sorted([*OPERATIONS, *READS]))
def test_caller(operation: str, kind: str) -> None:
    """Each kind of caller is refused where the table does not name it, and nowhere else."""
    scene = Scene()
    account = scene.cast(kind, operation)
    before = len(scene.log)
    found = scene.outcome(operation, account)
    assert found == expected(kind, operation)
    if found is not NEITHER:
        assert len(scene.log) == before


@pytest.mark.parametrize("operation", sorted([*OPERATIONS, *READS]))
def test_the_policy_restricts_members_only(operation: str) -> None:
    """Whatever everybody is denied by the resource policy, the management account is not."""
    scene = Scene()
    content = policy(operation, "Deny").replace(f'{{"AWS": "arn:aws:iam::{MEMBER}:root"}}', '"*"')
    assert '"Principal": "*"' in content
    scene.evolve(ResourcePolicyPut(scene.found, "rp-12345678", content))
    assert scene.outcome(operation, FOUNDER) == expected(MANAGEMENT, operation)


def test_grants_of_other_operations() -> None:
    """A grant of every other operation is no grant of this one."""
    for operation in sorted([*OPERATIONS, *READS]):
        scene = Scene()
        others = sorted(CALLERS.keys() - {operation})
        statements = [json.loads(policy(other, "Allow"))["Statement"][0] for other in others]
        content = json.dumps({"Version": "2012-10-17", "Statement": statements})
        scene.evolve(ResourcePolicyPut(scene.found, "rp-12345678", content))
        assert (operation, scene.outcome(operation, MEMBER)) == (operation, expected(PLAIN, operation))


# The lists of docs/aws.md 3.6 and of footnote 1 in docs/aws.md 9.
READS_OF_ADMINISTRATORS = {
    "DescribeAccount",
    "DescribeCreateAccountStatus",
    "DescribeEffectivePolicy",
    "DescribeHandshake",
    "DescribeOrganization",
    "DescribeOrganizationalUnit",
    "DescribePolicy",
    "DescribeResourcePolicy",
    "ListAccounts",
    "ListAccountsForParent",
    "ListAWSServiceAccessForOrganization",
    "ListChildren",
    "ListCreateAccountStatus",
    "ListDelegatedAdministrators",
    "ListDelegatedServicesForAccount",
    "ListHandshakesForAccount",
    "ListHandshakesForOrganization",
    "ListOrganizationalUnitsForParent",
    "ListParents",
    "ListPolicies",
    "ListPoliciesForTarget",
    "ListRoots",
    "ListTagsForResource",
    "ListTargetsForPolicy",
}
DISPUTED_READS = {"ListAccountsWithInvalidEffectivePolicy", "ListEffectivePolicyValidationErrors"}


def test_what_administrators_read() -> None:
    """A delegated administrator may read what AWS's guide lists, two disputed lists besides, and write nothing."""
    more = {
        operation
        for operation, callers in CALLERS.items()
        if Callers.ADMINISTRATOR in callers or Callers.MEMBER in callers
    }
    assert len(READS_OF_ADMINISTRATORS) == 24
    assert more == READS_OF_ADMINISTRATORS | DISPUTED_READS | {"LeaveOrganization"}
    assert not any(operation in OPERATIONS for operation in more - {"LeaveOrganization"})


@pytest.mark.parametrize("service", ["sso.amazonaws.com", "config.amazonaws.com"])
def test_administrators_by_command(service: str) -> None:
    """From its registration to its deregistration, and no longer, an administrator of any service may read."""
    scene = Scene()
    members = {"AccountId": MEMBER, "ServicePrincipal": service}
    scene.call("EnableAWSServiceAccess", FOUNDER, ServicePrincipal=service)
    assert scene.outcome("ListRoots", MEMBER) == ACCESS_DENIED
    scene.call("RegisterDelegatedAdministrator", FOUNDER, **members)
    assert scene.outcome("ListRoots", MEMBER) == NEITHER
    assert scene.outcome("ListRoots", OTHER) == ACCESS_DENIED
    scene.call("DeregisterDelegatedAdministrator", FOUNDER, **members)
    assert scene.outcome("ListRoots", MEMBER) == ACCESS_DENIED
    scene.call("DisableAWSServiceAccess", FOUNDER, ServicePrincipal=service)


def test_grants_by_command() -> None:
    """A grant holds from the next request on, until the policy changes or is deleted."""
    scene = Scene()
    for content, outcome in [
        (policy("ListRoots", "Allow"), NEITHER),
        (policy("ListAccounts", "Allow"), ACCESS_DENIED),
        (policy("ListRoots", "Allow", "Deny"), ACCESS_DENIED),
        (policy("ListRoots", "Allow"), NEITHER),
    ]:
        scene.call("PutResourcePolicy", FOUNDER, Content=content)
        assert scene.outcome("ListRoots", MEMBER) == outcome
        assert scene.outcome("ListRoots", OTHER) == ACCESS_DENIED
    scene.call("DeleteResourcePolicy", FOUNDER)
    assert scene.outcome("ListRoots", MEMBER) == ACCESS_DENIED
