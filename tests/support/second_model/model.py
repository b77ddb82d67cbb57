"""AWS Organizations a second time, as plainly as it can be said: lists of dictionaries, looked through from the start.

No events, no timers, no indexes: what there is, and what each call makes of it or why it is refused. Time counts in
seconds. Ids are the simulation's; whoever compares the two enters them here as they become known.
"""

import re
from typing import Any

from support.second_model.parties import DAY, FULL_ACCESS, LIVE, VALID_ADDRESS, Parties, Refusal, Thing


class Service(Parties):
    """Organizations, handshakes and accounts, and what happens when time passes."""

    # Organizations.

    def create_organization(self, account: str, features: str) -> Thing:
        if self.home(account):
            raise Refusal("AlreadyInOrganizationException")
        if account in self.gone:
            raise Refusal("AccessDeniedException")
        if account in self.penniless:
            raise Refusal("ConstraintViolationException", "MASTER_ACCOUNT_PAYMENT_INSTRUMENT_REQUIRED")
        organization = {"id": None, "manager": account, "features": features, "members": {}, "deleted": False}
        organization |= {"units": [{"id": None, "name": "Root", "parent": None}], "closures": [], "recent closures": []}
        organization["gone"] = 0
        organization |= {"enabled": set(), "policies": [], "attachments": [], "tags": {}}
        organization |= {"services": set(), "administrators": {}}
        self.organizations.append(organization)
        self.add_member(organization, account, "INVITED")
        return organization

    def add_member(self, organization: Thing, account: str, how: str) -> None:
        """A member comes to stand in the root."""
        organization["members"][account] = {"how": how, "since": self.now}
        self.place(organization, account, organization["units"][0])
        self.attach_defaults(organization, account)

    def place(self, organization: Thing, account: str, unit: Thing) -> None:
        self.serial += 1
        organization["members"][account] |= {"in": unit, "came": (self.now, self.serial)}

    def attach_defaults(self, organization: Thing, entity: str | None) -> None:
        """AWS's own policy is attached to whatever there is while service control policies are enabled."""
        if "SERVICE_CONTROL_POLICY" in organization["enabled"]:
            organization["attachments"].append((FULL_ACCESS, entity))

    def forget(self, organization: Thing, thing: str) -> None:
        """Nothing is attached any more to what is gone, and its tags are gone too."""
        organization["attachments"] = [pair for pair in organization["attachments"] if thing not in pair]
        organization["tags"].pop(thing, None)

    def delete_organization(self, account: str) -> None:
        organization = self.managed(account)
        if len(organization["members"]) > 1 or self.running(organization):
            raise Refusal("OrganizationNotEmptyException")
        for action in ("INVITE", "APPROVE_ALL_FEATURES", "ENABLE_ALL_FEATURES"):
            self.end_all(self.of(organization, action, *LIVE), "CANCELED")
        organization["members"] = {}
        organization["deleted"] = True

    def leave(self, account: str) -> None:
        organization = self.home(account)
        if organization is None:
            raise Refusal("AWSOrganizationsNotInUseException")
        self.depart(organization, account)

    def remove(self, account: str, target: str) -> None:
        organization = self.managed(account)
        if target not in organization["members"]:
            raise Refusal("AccountNotFoundException")
        self.depart(organization, target)

    def depart(self, organization: Thing, account: str) -> None:
        self.require_may_leave(organization, account)
        del organization["members"][account]
        self.forget(organization, account)
        for parent in self.of(organization, "ENABLE_ALL_FEATURES", *LIVE):
            if account in parent["waiting for"]:
                parent["waiting for"].remove(account)
                children = self.of(organization, "APPROVE_ALL_FEATURES", "OPEN")
                self.end_all([child for child in children if child["target"] == account], "CANCELED")
                self.open_if_nobody_is_waited_for(parent)

    def require_may_leave(self, organization: Thing, account: str) -> None:
        if organization["manager"] == account:
            raise Refusal("MasterCannotLeaveOrganizationException")
        if account in organization["administrators"]:
            raise Refusal("ConstraintViolationException", "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG")
        member = organization["members"][account]
        if member["how"] == "CREATED" and self.now < member["since"] + 4 * DAY:
            raise Refusal("ConstraintViolationException", "WAIT_PERIOD_ACTIVE")
        if account in self.penniless:
            raise Refusal("ConstraintViolationException", "MEMBER_ACCOUNT_PAYMENT_INSTRUMENT_REQUIRED")
        if any(closure["closing"] == account for closure in organization["closures"]):
            raise Refusal("ConstraintViolationException", "ACCOUNT_CANNOT_LEAVE_ORGANIZATION")

    # Handshakes.

    def new_handshake(self, organization: Thing, action: str, days: int, **more: Any) -> Thing:
        handshake = {
            "id": None,
            "organization": organization,
            "action": action,
            "state": "OPEN",
            "requested": self.now,
            "expires": self.now + days * DAY,
            "ended": None,
            "kind": None,
            "target": None,
            "accepted by": None,
            "parent": None,
            "offers": None,
            **more,
        }
        self.handshakes.append(handshake)
        return handshake

    def end(self, handshake: Thing, state: str) -> None:
        handshake["state"] = state
        handshake["ended"] = self.now

    def end_all(self, handshakes: list[Thing], state: str) -> None:
        for handshake in handshakes:
            self.end(handshake, state)

    def invite(self, account: str, kind: str, target: str) -> Thing:
        organization = self.managed(account)
        if kind == "ACCOUNT" and not re.fullmatch("[0-9]{12}", target):
            raise Refusal("InvalidInputException", "INVALID_PATTERN")
        if kind == "EMAIL" and not VALID_ADDRESS.fullmatch(target):
            raise Refusal("InvalidInputException", "INVALID_EMAIL_ADDRESS_TARGET")
        if kind not in ("ACCOUNT", "EMAIL"):
            raise Refusal("InvalidInputException", "INVALID_PARTY_TYPE_TARGET")
        if kind == "ACCOUNT" and target in organization["members"]:
            raise Refusal("HandshakeConstraintViolationException", "ALREADY_IN_AN_ORGANIZATION")
        if any((other["kind"], other["target"]) == (kind, target) for other in self.of(organization, "INVITE", "OPEN")):
            raise Refusal("DuplicateHandshakeException")
        unaccepted = self.of(organization, "INVITE", "OPEN", "DECLINED", "CANCELED", "EXPIRED")
        if sum(other["requested"] > self.now - DAY for other in unaccepted) >= self.limit["invitations"]:
            raise Refusal("HandshakeConstraintViolationException", "HANDSHAKE_RATE_LIMIT_EXCEEDED")
        if self.counted(organization) >= self.limit["accounts"]:
            raise Refusal("HandshakeConstraintViolationException", "ACCOUNT_NUMBER_LIMIT_EXCEEDED")
        offers = "ALL" if self.of(organization, "ENABLE_ALL_FEATURES", *LIVE) else organization["features"]
        return self.new_handshake(organization, "INVITE", 15, kind=kind, target=target, offers=offers)

    def enable_all_features(self, account: str) -> Thing:
        organization = self.managed(account)
        if organization["features"] == "ALL":
            raise Refusal("HandshakeConstraintViolationException", "ORGANIZATION_ALREADY_HAS_ALL_FEATURES")
        if self.of(organization, "ENABLE_ALL_FEATURES", *LIVE):
            pending = "ORGANIZATION_IS_ALREADY_PENDING_ALL_FEATURES_MIGRATION"
            raise Refusal("HandshakeConstraintViolationException", pending)
        if len(organization["members"]) > self.limit["migrating"]:
            too_large = "ALL_FEATURES_MIGRATION_ORGANIZATION_SIZE_LIMIT_EXCEEDED"
            raise Refusal("ConstraintViolationException", too_large)
        self.end_all(self.of(organization, "INVITE", "OPEN"), "CANCELED")
        asked = [
            member
            for member, facts in organization["members"].items()
            if facts["how"] == "INVITED" and member != account
        ]
        parent = self.new_handshake(organization, "ENABLE_ALL_FEATURES", 90, state="REQUESTED")
        parent["waiting for"] = list(asked)
        for member in asked:
            self.new_handshake(organization, "APPROVE_ALL_FEATURES", 90, kind="ACCOUNT", target=member, parent=parent)
        self.open_if_nobody_is_waited_for(parent)
        return parent

    def open_if_nobody_is_waited_for(self, parent: Thing) -> None:
        if parent["state"] == "REQUESTED" and not parent["waiting for"]:
            parent["state"] = "OPEN"

    def find(self, handshake_id: str) -> Thing:
        for handshake in self.handshakes:
            if handshake["id"] == handshake_id and handshake["state"] != "PURGED":
                return handshake
        raise Refusal("HandshakeNotFoundException")

    def answerable(self, handshake: Thing, may: bool, wanted: str, *states: str) -> None:
        """The caller may, and the handshake's state allows it."""
        if not may:
            raise Refusal("AccessDeniedException")
        if handshake["state"] == wanted:
            raise Refusal("HandshakeAlreadyInStateException")
        if handshake["state"] not in states:
            raise Refusal("InvalidHandshakeTransitionException")

    def accept(self, account: str, handshake_id: str) -> Thing:
        handshake = self.find(handshake_id)
        self.answerable(handshake, self.recipient(handshake) == account, "ACCEPTED", "OPEN")
        organization = handshake["organization"]
        if handshake["action"] == "INVITE":
            self.join(handshake, account)
        elif handshake["action"] == "APPROVE_ALL_FEATURES":
            self.end(handshake, "ACCEPTED")
            handshake["parent"]["waiting for"].remove(account)
            self.open_if_nobody_is_waited_for(handshake["parent"])
        else:
            self.end(handshake, "ACCEPTED")
            organization["features"] = "ALL"
        return handshake

    def join(self, invitation: Thing, account: str) -> None:
        organization, former = invitation["organization"], self.home(account)
        by_address = invitation["kind"] == "EMAIL"
        if former is organization:
            if by_address:
                self.end(invitation, "ACCEPTED")
                invitation["accepted by"] = account
            raise Refusal("HandshakeConstraintViolationException", "ALREADY_IN_AN_ORGANIZATION")
        if former:
            self.require_may_leave(former, account)
        if account in self.gone:
            raise Refusal("AccessDeniedException")
        if account in self.penniless:
            raise Refusal("HandshakeConstraintViolationException", "PAYMENT_INSTRUMENT_REQUIRED")
        self.end(invitation, "ACCEPTED")
        invitation["accepted by"] = account if by_address else None
        if former:
            self.depart(former, account)
        self.add_member(organization, account, "INVITED")

    def decline(self, account: str, handshake_id: str) -> Thing:
        handshake = self.find(handshake_id)
        may = self.recipient(handshake) == account and handshake["action"] != "ENABLE_ALL_FEATURES"
        self.answerable(handshake, may, "DECLINED", "OPEN")
        self.end(handshake, "DECLINED")
        return handshake

    def cancel(self, account: str, handshake_id: str) -> Thing:
        handshake = self.find(handshake_id)
        self.answerable(handshake, self.sent_by(handshake, account), "CANCELED", *LIVE)
        self.withdraw(handshake, "CANCELED")
        return handshake

    def withdraw(self, handshake: Thing, state: str) -> None:
        """End it before it was answered; a migration takes its open approvals and all open invitations with it."""
        if handshake["action"] == "ENABLE_ALL_FEATURES":
            for action in ("APPROVE_ALL_FEATURES", "INVITE"):
                self.end_all(self.of(handshake["organization"], action, "OPEN"), "CANCELED")
        self.end(handshake, state)

    # Account creation.

    def create_account(self, account: str, address: str, name: str) -> Thing:
        organization = self.managed(account)
        running = self.running(organization)
        if any(other["address"].lower() == address.lower() for other in running):
            raise Refusal("ConcurrentModificationException")
        if len(running) >= 5:
            raise Refusal("ConstraintViolationException", "ACCOUNT_CREATION_RATE_LIMIT_EXCEEDED")
        if self.counted(organization) >= self.limit["accounts"]:
            raise Refusal("ConstraintViolationException", "ACCOUNT_NUMBER_LIMIT_EXCEEDED")
        creation = {
            "id": None,
            "organization": organization,
            "address": address,
            "name": name,
            "state": "IN_PROGRESS",
            "requested": self.now,
            "account": None,
            "failure": None,
        }
        self.creations.append(creation)
        return creation

    def finish(self, creation: Thing) -> None:
        organization = creation["organization"]
        if self.owner(creation["address"]):
            creation["failure"] = "EMAIL_ALREADY_EXISTS"
        elif organization["manager"] in self.penniless:
            creation["failure"] = "MISSING_PAYMENT_INSTRUMENT"
        if creation["failure"]:
            creation["state"] = "FAILED"
            return
        creation["state"] = "SUCCEEDED"
        creation["account"] = f"created {len(self.addresses)}"
        self.addresses[creation["account"]] = creation["address"]
        self.add_member(organization, creation["account"], "CREATED")

    def adopt(self, creation: Thing, account: str, since: int) -> None:
        """Learn under which number an account was created, and when exactly."""
        organization, unnamed = creation["organization"], creation["account"]
        members = organization["members"]
        self.addresses[account] = self.addresses.pop(unnamed)
        member = members.pop(unnamed)
        members[account] = {**member, "since": since, "came": (since, member["came"][1])}
        organization["attachments"] = [
            (policy, account if target == unnamed else target) for policy, target in organization["attachments"]
        ]
        creation["account"] = account
        in_order = sorted(members.items(), key=lambda member: member[1]["since"])
        members.clear()
        members.update(in_order)

    # Time.

    def advance(self, seconds: int) -> None:
        """Let time pass, and what is due on the way happen: earliest first, then oldest first."""
        end = self.now + seconds
        while True:
            due = [(moment, number, what) for number, (moment, what) in enumerate(self.pending()) if moment <= end]
            if not due:
                break
            moment, _, what = min(due, key=lambda entry: entry[:2])
            self.now = max(self.now, moment)
            self.happen(what)
        self.now = end

    def pending(self) -> list[tuple[int, Thing]]:
        pending = []
        for handshake in self.handshakes:
            if handshake["state"] in LIVE and handshake["action"] != "APPROVE_ALL_FEATURES":
                pending.append((handshake["expires"], handshake))
            elif handshake["ended"] is not None and handshake["state"] != "PURGED":
                pending.append((handshake["ended"] + 30 * DAY, handshake))
        for creation in self.creations:
            if creation["state"] == "IN_PROGRESS":
                pending.append((creation["requested"] + self.creation_takes, creation))
        for organization in self.organizations:
            for closure in organization["closures"]:
                later = self.closure_takes if closure["state"] == "PENDING_CLOSURE" else 90 * DAY
                pending.append((closure["since"] + later, closure))
        return pending

    def happen(self, what: Thing) -> None:
        if "address" in what:
            self.finish(what)
        elif "closing" in what:
            self.go_on_closing(what)
        elif what["state"] in LIVE:
            self.withdraw(what, "EXPIRED")
        else:
            what["state"] = "PURGED"

    def go_on_closing(self, closure: Thing) -> None:
        """Pending becomes closed, and closed becomes gone."""
        if closure["state"] == "PENDING_CLOSURE":
            closure.update(state="CLOSED", since=self.now)
            return
        organization, account = closure["organization"], closure["closing"]
        organization["closures"].remove(closure)
        organization["administrators"].pop(account, None)
        del organization["members"][account]
        self.forget(organization, account)
        self.gone.add(account)
        organization["gone"] += 1

    # Questions.

    def describe_organization(self, account: str) -> Thing:
        organization = self.home(account)
        if organization is None:
            raise Refusal("AWSOrganizationsNotInUseException")
        return organization

    def list_accounts(self, account: str) -> list[tuple[str, str, int]]:
        members = self.asked(account)["members"]
        return [(member, facts["how"], facts["since"]) for member, facts in members.items()]

    def list_creations(self, account: str) -> list[Thing]:
        organization = self.asked(account)
        return [creation for creation in reversed(self.creations) if creation["organization"] is organization]

    def describe_handshake(self, account: str, handshake_id: str) -> Thing:
        handshake = self.find(handshake_id)
        received = handshake["action"] != "ENABLE_ALL_FEATURES" and self.recipient(handshake) == account
        sender = self.home(account)
        administers = sender is not None and account in sender["administrators"] and handshake["organization"] is sender
        if not (received or administers or self.sent_by(handshake, account)):
            raise Refusal("AccessDeniedException")
        return handshake

    def visible(self) -> list[Thing]:
        return [handshake for handshake in reversed(self.handshakes) if handshake["state"] != "PURGED"]

    def list_sent(self, account: str) -> list[Thing]:
        organization = self.asked(account)
        return [handshake for handshake in self.visible() if handshake["organization"] is organization]

    def list_received(self, account: str) -> list[Thing]:
        home = self.home(account)
        manages = home is not None and home["manager"] == account
        return [
            handshake
            for handshake in self.visible()
            if handshake["action"] != "ENABLE_ALL_FEATURES"
            and self.recipient(handshake) == account
            and not (manages and handshake["action"] == "INVITE" and handshake["organization"] is not home)
        ]
