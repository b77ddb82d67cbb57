"""An organization with policies, and the effective policies that its accounts see."""

import json
from datetime import UTC, datetime
from typing import Any

from orgsim.engine.settings import SECOND
from orgsim.engine.words import FeatureSet
from support.given import FOUNDER, MEMBER, OTHER
from support.projection_world import WatchedWorld

TAG, BACKUP, AI = "TAG_POLICY", "BACKUP_POLICY", "AISERVICES_OPT_OUT_POLICY"
SCP, RCP = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"
DESCRIBE = "DescribeEffectivePolicy"
ERRORS = "ListEffectivePolicyValidationErrors"
INVALID = "ListAccountsWithInvalidEffectivePolicy"
READS = (DESCRIBE, ERRORS, INVALID)


def tags(operator: str, *values: str) -> dict[str, Any]:
    """Make a tag policy about the values of one tag."""
    return {"tags": {"team": {"tag_value": {operator: list(values)}}}}


def team(*values: str) -> dict[str, Any]:
    """Make the effective document of such policies."""
    return {"tags": {"team": {"tag_key": "team", "tag_value": list(values)}}}


def assigned(value: object) -> dict[str, object]:
    return {"@@assign": value}


def kept_for(days: str) -> dict[str, Any]:
    """A fragment of a backup policy: 45 days are too long for a continuous backup."""
    return {"plans": {"p": {"rules": {"daily": {"lifecycle": {"delete_after_days": assigned(days)}}}}}}


def plan(days: str = "35") -> dict[str, Any]:
    """A complete backup policy with continuous backup."""
    rule = {
        "target_backup_vault_name": assigned("Vault"),
        "enable_continuous_backup": assigned("true"),
        "lifecycle": {"delete_after_days": assigned(days)},
    }
    selection = {
        "iam_role_arn": assigned("arn:aws:iam::$account:role/Backup"),
        "tag_key": assigned("backup"),
        "tag_value": assigned(["yes"]),
    }
    members = {"regions": assigned(["us-east-1"]), "rules": {"daily": rule}, "selections": {"tags": {"all": selection}}}
    return {"plans": {"p": members}}


def incomplete() -> dict[str, Any]:
    """A backup policy that selects nothing, which is invalid wherever it is attached alone."""
    whole = plan()["plans"]["p"]
    return {"plans": {"p": {name: member for name, member in whole.items() if name != "selections"}}}


class Organization(WatchedWorld):
    """An organization with all features, some enabled types and two members."""

    def __init__(self, *types: str, **settings: Any) -> None:
        super().__init__(**settings)
        self.founded(FOUNDER, FeatureSet.ALL)
        for account in (MEMBER, OTHER):
            self.joined(account)
        self.id, self.root = self.organization_of(FOUNDER).id, self.organization_of(FOUNDER).root
        for policy_type in types:
            self.enable(policy_type)

    def enable(self, policy_type: str) -> None:
        self.call("EnablePolicyType", FOUNDER, RootId=self.root, PolicyType=policy_type)

    def disable(self, policy_type: str) -> None:
        self.call("DisablePolicyType", FOUNDER, RootId=self.root, PolicyType=policy_type)

    def unit(self, name: str, parent: str | None = None) -> str:
        members = {"ParentId": parent or self.root, "Name": name}
        return self.call("CreateOrganizationalUnit", FOUNDER, **members)[0].unit

    def policy(self, policy_type: str, document: dict[str, Any]) -> str:
        members = {"Content": json.dumps(document), "Description": "", "Type": policy_type}
        name = f"policy {self.state.position}"
        return self.call("CreatePolicy", FOUNDER, **members, Name=name)[0].policy

    def attach(self, policy_type: str, document: dict[str, Any], target: str) -> str:
        """Create a policy and attach it; returns its id."""
        policy = self.policy(policy_type, document)
        self.call("AttachPolicy", FOUNDER, PolicyId=policy, TargetId=target)
        return policy

    def detach(self, policy: str, target: str) -> None:
        self.call("DetachPolicy", FOUNDER, PolicyId=policy, TargetId=target)

    def update(self, policy: str, document: dict[str, Any]) -> None:
        self.call("UpdatePolicy", FOUNDER, PolicyId=policy, Content=json.dumps(document))

    def move(self, account: str, destination: str) -> None:
        source = self.organization_of(account).units.parent_of(account)
        members = {"AccountId": account, "SourceParentId": source, "DestinationParentId": destination}
        self.call("MoveAccount", FOUNDER, **members)

    def effective(self, account: str, policy_type: str = TAG) -> Any:
        """Return the effective document that an account sees."""
        return json.loads(self._described(account, policy_type)["PolicyContent"])

    def updated(self, account: str, policy_type: str = TAG) -> datetime:
        """Return the LastUpdatedTimestamp that an account sees."""
        return self._described(account, policy_type)["LastUpdatedTimestamp"]

    def _described(self, account: str, policy_type: str) -> dict[str, Any]:
        return self.ask(DESCRIBE, account, PolicyType=policy_type)["EffectivePolicy"]

    def errors(self, account: str, policy_type: str = BACKUP, **members: Any) -> dict[str, Any]:
        return self.ask(ERRORS, FOUNDER, AccountId=account, PolicyType=policy_type, **members)

    def invalid(self, policy_type: str = BACKUP) -> list[str]:
        """List the accounts with invalid policies, from all pages."""
        pages = self.pages(INVALID, FOUNDER, "Accounts", PolicyType=policy_type)
        return [account["Id"] for page in pages for account in page]

    def date(self) -> datetime:
        return datetime.fromtimestamp(self.now / SECOND, UTC)

    def days(self, account: str) -> str:
        """Return how many days the backups of an account are kept."""
        plans = self.effective(account, BACKUP)["plans"]
        return plans["p"]["rules"]["daily"]["lifecycle"]["delete_after_days"]

    def require_nothing_left(self) -> None:
        """Assert that the views keep nothing about accounts and OUs that are gone."""
        row = self.organization_of(FOUNDER)
        for policy_type in row.policies.enabled:
            documents = self.views.effective_policies.documents(self.views.organizations.rows[row.id], policy_type)
            if documents:
                known = {*documents.by_place, *documents.inherited_since, *documents.outdated, *documents.invalid}
                assert known <= {*row.units.by_id, *row.members}


def late(*types: str, seed: int = 7) -> Organization:
    """An organization in which publications take their time; those of the beginning are over."""
    world = Organization(*types, latency="realistic", seed=seed)
    world.advance(minutes=1)
    return world


def grant(world: Organization, effect: str, action: str, resource: str, policy_type: str | None = None) -> None:
    statement: dict[str, Any] = {
        "Effect": effect,
        "Principal": {"AWS": MEMBER},
        "Action": f"organizations:{action}",
        "Resource": resource,
    }
    if policy_type:
        statement["Condition"] = {"StringLikeIfExists": {"organizations:PolicyType": policy_type}}
    content = json.dumps({"Version": "2012-10-17", "Statement": statement})
    world.call("PutResourcePolicy", FOUNDER, Content=content)
