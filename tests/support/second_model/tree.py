"""The second model, continued: OUs, what stands in them, and closing accounts."""

from typing import Any

from support.second_model.model import Service
from support.second_model.parties import DAY, Refusal, Thing


class Forest(Service):
    """The service with a tree for each organization."""

    def unit(self, organization: Thing, unit_id: str) -> Thing | None:
        """Its root or OU with this id."""
        for unit in organization["units"]:
            if unit["id"] == unit_id:
                return unit
        return None

    def inner(self, organization: Thing, unit: Thing) -> list[Thing]:
        return [other for other in organization["units"] if other["parent"] is unit]

    def standing(self, organization: Thing, unit: Thing) -> list[str]:
        """The accounts directly in it, in the order in which they came."""
        there = [(facts["came"], account) for account, facts in organization["members"].items() if facts["in"] is unit]
        return [account for _, account in sorted(there)]

    def found(self, thing: Any, organization: Thing, account: str, not_found: str) -> Any:
        """What is there; what is not is named to those who may ask, and others are denied."""
        if thing is None:
            told = (organization["manager"], *organization["administrators"])
            raise Refusal(not_found if account in told else "AccessDeniedException")
        return thing

    # OUs.

    def create_unit(self, account: str, parent_id: str, name: str) -> Thing:
        organization = self.managed(account)
        parent = self.found(self.unit(organization, parent_id), organization, account, "ParentNotFoundException")
        self.require_no_sibling(organization, parent, name)
        if self.depth(parent) >= self.limit["depth"]:
            raise Refusal("ConstraintViolationException", "OU_DEPTH_LIMIT_EXCEEDED")
        if len(organization["units"]) - 1 >= self.limit["units"]:
            raise Refusal("ConstraintViolationException", "OU_NUMBER_LIMIT_EXCEEDED")
        organization["units"].append({"id": None, "name": name, "parent": parent})
        return organization["units"][-1]

    def called(self, organization: Thing, unit: Thing, unit_id: str) -> None:
        """Learn the id of a root or OU that has just come to be."""
        unit["id"] = unit_id
        self.attach_defaults(organization, unit_id)

    def depth(self, unit: Thing) -> int:
        return 1 + self.depth(unit["parent"]) if unit["parent"] else 0

    def require_no_sibling(self, organization: Thing, parent: Thing, name: str) -> None:
        if any(other["name"] == name for other in self.inner(organization, parent)):
            raise Refusal("DuplicateOrganizationalUnitException")

    def known_unit(self, organization: Thing, account: str, unit_id: str) -> Thing:
        unit = self.unit(organization, unit_id)
        return self.found(unit, organization, account, "OrganizationalUnitNotFoundException")

    def rename_unit(self, account: str, unit_id: str, name: str | None) -> Thing:
        if name == "":
            raise Refusal("InvalidInputException", "MIN_LENGTH_EXCEEDED:NAME")
        unit = self.known_unit(self.managed(account), account, unit_id)
        if name and name.strip() and name != unit["name"]:
            self.require_no_sibling(self.managed(account), unit["parent"], name)
            unit["name"] = name
        return unit

    def delete_unit(self, account: str, unit_id: str) -> None:
        organization = self.managed(account)
        unit = self.known_unit(organization, account, unit_id)
        if self.inner(organization, unit) or self.standing(organization, unit):
            raise Refusal("OrganizationalUnitNotEmptyException")
        organization["units"].remove(unit)
        self.forget(organization, unit_id)

    # Accounts in it.

    def move(self, account: str, moved: str, source_id: str, destination_id: str) -> None:
        organization = self.managed(account)
        if moved not in organization["members"]:
            raise Refusal("AccountNotFoundException")
        source, destination = self.unit(organization, source_id), self.unit(organization, destination_id)
        if source is None:
            raise Refusal("SourceParentNotFoundException")
        if destination is None:
            raise Refusal("DestinationParentNotFoundException")
        stands_in = organization["members"][moved]["in"]
        if stands_in is not source:
            raise Refusal("AccountNotFoundException")
        if stands_in is destination:
            raise Refusal("DuplicateAccountException")
        self.place(organization, moved, destination)

    def close(self, account: str, closing: str) -> None:
        organization = self.managed(account)
        if closing not in organization["members"]:
            raise Refusal("AccountNotFoundException")
        if closing == account:
            raise Refusal("ConstraintViolationException", "CANNOT_CLOSE_MANAGEMENT_ACCOUNT")
        if organization["features"] != "ALL":
            raise Refusal("ConstraintViolationException", "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE")
        closures = organization["closures"]
        if any(closure["closing"] == closing for closure in closures):
            raise Refusal("AccountAlreadyClosedException")
        if sum(closure["state"] == "PENDING_CLOSURE" for closure in closures) >= self.limit["closing"]:
            raise Refusal("ConstraintViolationException", "CLOSE_ACCOUNT_REQUESTS_LIMIT_EXCEEDED")
        recent = [moment for moment in organization["recent closures"] if moment > self.now - 30 * DAY]
        if len(recent) >= self.limit["closures"]:
            raise Refusal("ConstraintViolationException", "CLOSE_ACCOUNT_QUOTA_EXCEEDED")
        organization["recent closures"] = [*recent, self.now]
        closure = {"closing": closing, "organization": organization, "state": "PENDING_CLOSURE", "since": self.now}
        closures.append(closure)

    # Questions.

    def path(self, organization: Thing, unit: Thing) -> str:
        """``organization/root/OU/OU/``."""
        above = self.path(organization, unit["parent"]) if unit["parent"] else f"{organization['id']}/"
        return f"{above}{unit['id']}/"

    def describe_unit(self, account: str, unit_id: str) -> tuple[str, str]:
        organization = self.asked_about(account, unit_id, "OrganizationalUnitNotFoundException")
        unit = self.known_unit(organization, account, unit_id)
        return unit["name"], self.path(organization, unit)

    def asked_about(self, account: str, thing: str, not_found: str) -> Thing:
        """The organization of whoever asks about a root, OU or account of it, and may."""
        organization = self.home(account)
        if organization is None:
            raise Refusal("AWSOrganizationsNotInUseException")
        known = thing in organization["members"] or self.unit(organization, thing)
        self.found(known or None, organization, account, not_found)
        return self.asked(account)

    def list_units(self, account: str, parent_id: str) -> list[tuple[str, str]]:
        organization = self.asked_about(account, parent_id, "ParentNotFoundException")
        parent = self.unit(organization, parent_id)
        return [(unit["id"], unit["name"]) for unit in self.inner(organization, parent or {})]

    def list_standing(self, account: str, parent_id: str) -> list[str]:
        organization = self.asked_about(account, parent_id, "ParentNotFoundException")
        return self.standing(organization, self.unit(organization, parent_id) or {})

    def list_parents(self, account: str, child: str) -> list[str]:
        organization = self.asked_about(account, child, "ChildNotFoundException")
        unit = self.unit(organization, child)
        return [unit["parent"]["id"] if unit else organization["members"][child]["in"]["id"]]

    def describe_account(self, account: str, asked_for: str) -> tuple[str, str, str]:
        """Its state, the path to it, and how it joined."""
        organization = self.asked_about(account, asked_for, "AccountNotFoundException")
        facts = organization["members"][asked_for]
        states = [closure["state"] for closure in organization["closures"] if closure["closing"] == asked_for]
        path = f"{self.path(organization, facts['in'])}{asked_for}/"
        return states[0] if states else "ACTIVE", path, facts["how"]
