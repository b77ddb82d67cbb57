"""The second model, continued: policies and where they are attached, tags, trusted services and administrators."""

from collections.abc import Callable

from support.second_model.parties import FULL_ACCESS, Refusal, Thing
from support.second_model.tree import Forest

SCP, TAG = "SERVICE_CONTROL_POLICY", "TAG_POLICY"
MOST_ATTACHED, LONGEST = 10, {SCP: 10_240, TAG: 10_000}
VALID = {SCP: '{"Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*"}]}', TAG: '{"tags":{}}'}
DELEGABLE = {"config.amazonaws.com": 99, "guardduty.amazonaws.com": 1, "ram.amazonaws.com": 0}
"""Of some services, how many accounts can administer each."""


class Governed(Forest):
    """All of the service that this model knows."""

    # Policies.

    def managed_with_all_features(self, account: str) -> Thing:
        organization = self.managed(account)
        if organization["features"] != "ALL":
            raise Refusal("ConstraintViolationException", "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE")
        return organization

    def policy(self, organization: Thing, policy_id: str) -> Thing | None:
        """The organization's own, or AWS's."""
        for policy in organization["policies"]:
            if policy["id"] == policy_id:
                return policy
        if policy_id == FULL_ACCESS and organization["features"] == "ALL":
            return {"id": FULL_ACCESS, "type": SCP, "name": "FullAWSAccess", "content": None}
        return None

    def own_policy(self, organization: Thing, account: str, policy_id: str) -> Thing:
        policy = self.found(self.policy(organization, policy_id), organization, account, "PolicyNotFoundException")
        if policy_id == FULL_ACCESS:
            raise Refusal("InvalidInputException", "IMMUTABLE_POLICY")
        return policy

    def require_content(self, kind: str, content: str) -> None:
        if len(content) > LONGEST[kind]:
            raise Refusal("ConstraintViolationException", "POLICY_CONTENT_LIMIT_EXCEEDED")
        if content.strip() != VALID[kind]:
            raise Refusal("MalformedPolicyDocumentException")

    def require_free_name(self, organization: Thing, kind: str, name: str) -> None:
        taken = [policy["name"] for policy in organization["policies"] if policy["type"] == kind]
        if name in taken or (kind, name) == (SCP, "FullAWSAccess"):
            raise Refusal("DuplicatePolicyException")

    def create_policy(self, account: str, kind: str, name: str, content: str) -> Thing:
        organization = self.managed(account)
        if organization["features"] != "ALL":
            raise Refusal("PolicyTypeNotAvailableForOrganizationException")
        self.require_content(kind, content)
        self.require_free_name(organization, kind, name)
        organization["policies"].append({"id": None, "type": kind, "name": name, "content": content})
        return organization["policies"][-1]

    def update_policy(self, account: str, policy_id: str, name: str | None, content: str | None) -> Thing:
        organization = self.managed_with_all_features(account)
        policy = self.own_policy(organization, account, policy_id)
        if content is not None:
            self.require_content(policy["type"], content)
        if name is not None and name != policy["name"]:
            self.require_free_name(organization, policy["type"], name)
        policy.update(name=name or policy["name"], content=content or policy["content"])
        return policy

    def delete_policy(self, account: str, policy_id: str) -> None:
        organization = self.managed(account)
        policy = self.own_policy(organization, account, policy_id)
        if any(attached == policy_id for attached, _ in organization["attachments"]):
            raise Refusal("PolicyInUseException")
        organization["policies"].remove(policy)
        self.forget(organization, policy_id)

    # Where they are attached.

    def is_entity(self, organization: Thing, thing: str) -> bool:
        return thing in organization["members"] or self.unit(organization, thing) is not None

    def there(self, organization: Thing, kind: str, target: str) -> list[str]:
        """What of a type is attached directly: AWS's own first, then in the order of attachment."""
        there = [policy_id for policy_id, place in organization["attachments"] if place == target]
        policies = [self.policy(organization, policy_id) or {} for policy_id in there]
        ids = [policy["id"] for policy in policies if policy["type"] == kind]
        return sorted(ids, key=lambda policy_id: policy_id != FULL_ACCESS)

    def pair(self, account: str, policy_id: str, target: str) -> tuple[Thing, Thing]:
        organization = self.managed_with_all_features(account)
        policy = self.found(self.policy(organization, policy_id), organization, account, "PolicyNotFoundException")
        self.found(self.is_entity(organization, target) or None, organization, account, "TargetNotFoundException")
        return organization, policy

    def attach(self, account: str, policy_id: str, target: str) -> None:
        organization, policy = self.pair(account, policy_id, target)
        if policy["type"] not in organization["enabled"]:
            raise Refusal("PolicyTypeNotEnabledException")
        there = self.there(organization, policy["type"], target)
        if policy_id in there:
            raise Refusal("DuplicatePolicyAttachmentException")
        if len(there) >= MOST_ATTACHED:
            raise Refusal("ConstraintViolationException", "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED")
        organization["attachments"].append((policy_id, target))

    def detach(self, account: str, policy_id: str, target: str) -> None:
        organization, policy = self.pair(account, policy_id, target)
        there = self.there(organization, policy["type"], target)
        if policy_id not in there:
            raise Refusal("PolicyNotAttachedException")
        if policy["type"] == SCP and len(there) == 1:
            raise Refusal("ConstraintViolationException", "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED")
        organization["attachments"].remove((policy_id, target))

    def enable_type(self, account: str, root_id: str, kind: str) -> Thing:
        organization = self.managed(account)
        self.require_root(organization, root_id)
        if organization["features"] != "ALL":
            raise Refusal("PolicyTypeNotAvailableForOrganizationException")
        if kind in organization["enabled"]:
            raise Refusal("PolicyTypeAlreadyEnabledException")
        organization["enabled"].add(kind)
        if kind == SCP:
            for entity in [*[unit["id"] for unit in organization["units"]], *organization["members"]]:
                self.attach_defaults(organization, entity)
        return organization

    def disable_type(self, account: str, root_id: str, kind: str) -> Thing:
        organization = self.managed_with_all_features(account)
        self.require_root(organization, root_id)
        if kind not in organization["enabled"]:
            raise Refusal("PolicyTypeNotEnabledException")
        organization["enabled"].remove(kind)
        of_type = {policy["id"] for policy in organization["policies"] if policy["type"] == kind}
        of_type |= {FULL_ACCESS} if kind == SCP else set()
        organization["attachments"] = [pair for pair in organization["attachments"] if pair[0] not in of_type]
        return organization

    def require_root(self, organization: Thing, root_id: str) -> None:
        if organization["units"][0]["id"] != root_id:
            raise Refusal("RootNotFoundException")

    # Questions about them.

    def list_policies(self, account: str, kind: str) -> list[tuple[str, str]]:
        organization = self.asked(account)
        own = [(policy["id"], policy["name"]) for policy in organization["policies"] if policy["type"] == kind]
        aws = [(FULL_ACCESS, "FullAWSAccess")] if kind == SCP and organization["features"] == "ALL" else []
        return aws + own

    def list_there(self, account: str, target: str, kind: str) -> list[str]:
        organization = self.asked_about(account, target, "TargetNotFoundException")
        return self.there(organization, kind, target)

    def member_of(self, account: str) -> Thing:
        organization = self.home(account)
        if organization is None:
            raise Refusal("AWSOrganizationsNotInUseException")
        return organization

    def list_targets(self, account: str, policy_id: str) -> list[str]:
        organization = self.member_of(account)
        self.found(self.policy(organization, policy_id), organization, account, "PolicyNotFoundException")
        self.asked(account)
        return sorted(target for policy, target in organization["attachments"] if policy == policy_id)

    def describe_policy(self, account: str, policy_id: str) -> tuple[str, str, str | None]:
        organization = self.member_of(account)
        policy = self.found(self.policy(organization, policy_id), organization, account, "PolicyNotFoundException")
        self.asked(account)
        return policy["type"], policy["name"], policy["content"]

    def enabled_types(self, account: str) -> list[str]:
        return sorted(self.asked(account)["enabled"])

    # Tags.

    def taggable(self, account: str, resource: str, allowed: Callable[[str], Thing]) -> Thing:
        self.member_of(account)
        if resource == FULL_ACCESS:
            raise Refusal("InvalidInputException", "INVALID_PATTERN:RESOURCE_ID")
        organization = allowed(account)
        known = self.is_entity(organization, resource) or self.policy(organization, resource)
        return self.found(organization if known else None, organization, account, "TargetNotFoundException")

    def tag(self, account: str, resource: str, tags: list[tuple[str, str]]) -> None:
        organization = self.taggable(account, resource, self.managed)
        self.require_no_system_keys([key for key, _ in tags])
        if len(dict(tags)) < len(tags):
            raise Refusal("InvalidInputException", "DUPLICATE_TAG_KEY")
        if tags:
            organization["tags"].setdefault(resource, {}).update(tags)

    def untag(self, account: str, resource: str, keys: list[str]) -> None:
        organization = self.taggable(account, resource, self.managed)
        self.require_no_system_keys(keys)
        for key in keys:
            organization["tags"].get(resource, {}).pop(key, None)

    def require_no_system_keys(self, keys: list[str]) -> None:
        if any(key.startswith("aws:") for key in keys):
            raise Refusal("InvalidInputException", "INVALID_SYSTEM_TAGS_PARAMETER")

    def list_tags(self, account: str, resource: str) -> dict[str, str]:
        organization = self.taggable(account, resource, self.asked)
        return organization["tags"].get(resource, {})

    # Trusted services and who administers them.

    def enable_service(self, account: str, service: str) -> None:
        organization = self.managed(account)
        self.require_service(service in DELEGABLE)
        if organization["features"] != "ALL":
            raise Refusal("ConstraintViolationException", "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE")
        organization["services"].add(service)

    def disable_service(self, account: str, service: str) -> None:
        organization = self.managed(account)
        self.require_service(service in DELEGABLE)
        if any(service in services for services in organization["administrators"].values()):
            raise Refusal("ConstraintViolationException", "DELEGATED_ADMINISTRATOR_EXISTS_FOR_THIS_SERVICE")
        organization["services"].discard(service)

    def require_service(self, recognized: bool) -> None:
        if not recognized:
            raise Refusal("InvalidInputException", "UNRECOGNIZED_SERVICE_PRINCIPAL")

    def register(self, account: str, administrator: str, service: str) -> None:
        organization = self.managed(account)
        self.require_service(DELEGABLE.get(service, 0) > 0)
        if administrator not in organization["members"]:
            raise Refusal("AccountNotFoundException")
        if administrator == account:
            raise Refusal("ConstraintViolationException", "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR")
        if service not in organization["services"]:
            raise Refusal("ConstraintViolationException", "SERVICE_ACCESS_NOT_ENABLED")
        if any(closure["closing"] == administrator for closure in organization["closures"]):
            suspended = "CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR"
            raise Refusal("ConstraintViolationException", suspended)
        administrators = organization["administrators"]
        if service in administrators.get(administrator, ()):
            raise Refusal("AccountAlreadyRegisteredException")
        if sum(service in services for services in administrators.values()) >= DELEGABLE[service]:
            raise Refusal("ConstraintViolationException", "MAX_DELEGATED_ADMINISTRATORS_FOR_SERVICE_LIMIT_EXCEEDED")
        administrators.setdefault(administrator, set()).add(service)

    def deregister(self, account: str, administrator: str, service: str) -> None:
        organization = self.managed(account)
        self.require_service(DELEGABLE.get(service, 0) > 0)
        if administrator not in organization["members"]:
            raise Refusal("AccountNotFoundException")
        if service not in organization["administrators"].get(administrator, ()):
            raise Refusal("AccountNotRegisteredException")
        organization["administrators"][administrator].remove(service)
        if not organization["administrators"][administrator]:
            del organization["administrators"][administrator]

    def list_services(self, account: str) -> list[str]:
        return sorted(self.asked(account)["services"])

    def list_administrators(self, account: str, service: str | None) -> list[str]:
        organization = self.asked(account)
        self.require_service(service is None or DELEGABLE.get(service, 0) > 0)
        administrators = organization["administrators"]
        return [
            member
            for member in organization["members"]
            if member in administrators and (service is None or service in administrators[member])
        ]

    def list_delegated_services(self, account: str, administrator: str) -> list[str]:
        organization = self.asked_about(account, administrator, "AccountNotFoundException")
        if administrator not in organization["administrators"]:
            raise Refusal("AccountNotRegisteredException")
        return sorted(organization["administrators"][administrator])
