"""The second model, to begin with: what there is, and who is who in it."""

import re
from typing import Any

DAY = 86_400
Thing = dict[str, Any]

FULL_ACCESS = "p-FullAWSAccess"
LIVE = ("REQUESTED", "OPEN")
VALID_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")


class Refusal(Exception):
    """The service says no, with the name of AWS's exception and perhaps a reason."""

    def __init__(self, code: str, reason: str | None = None) -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason


class Parties:
    """All that there is."""

    def __init__(self, creation_takes: int, **limits: int) -> None:
        self.limit = limits
        self.creation_takes = creation_takes
        self.closure_takes = 660 if creation_takes else 0
        self.now = 0
        self.serial = 0
        self.gone: set[str] = set()
        self.organizations: list[Thing] = []
        self.handshakes: list[Thing] = []
        self.creations: list[Thing] = []
        self.addresses: dict[str, str] = {}
        self.penniless: set[str] = set()

    def home(self, account: str) -> Thing | None:
        """Where an account is a member."""
        for organization in self.organizations:
            if account in organization["members"]:
                return organization
        return None

    def managed(self, account: str) -> Thing:
        """The organization of its management account."""
        organization = self.home(account)
        if organization is None:
            raise Refusal("AWSOrganizationsNotInUseException")
        if organization["manager"] != account:
            raise Refusal("AccessDeniedException")
        return organization

    def asked(self, account: str) -> Thing:
        """The organization about which its management account, or a delegated administrator, may ask."""
        organization = self.home(account)
        if organization is None:
            raise Refusal("AWSOrganizationsNotInUseException")
        if account not in (organization["manager"], *organization["administrators"]):
            raise Refusal("AccessDeniedException")
        return organization

    def owner(self, address: str) -> str | None:
        """Whose address it is."""
        for account, owned in self.addresses.items():
            if owned.lower() == address.lower():
                return account
        account, _, domain = address.lower().partition("@")
        unnamed = domain == "accounts.example" and re.fullmatch("[0-9]{12}", account) and account not in self.addresses
        return account if unnamed else None

    def recipient(self, handshake: Thing) -> str | None:
        """Who has to answer."""
        if handshake["action"] == "ENABLE_ALL_FEATURES":
            return handshake["organization"]["manager"]
        if handshake["kind"] == "EMAIL":
            return handshake["accepted by"] or self.owner(handshake["target"])
        return handshake["target"]

    def sent_by(self, handshake: Thing, account: str) -> bool:
        """Whether the account manages the organization that sent it, and that still is."""
        organization = handshake["organization"]
        return not organization["deleted"] and organization["manager"] == account

    def of(self, organization: Thing, action: str, *states: str) -> list[Thing]:
        """The organization's handshakes of one action in these states."""
        return [
            handshake
            for handshake in self.handshakes
            if handshake["organization"] is organization
            and handshake["action"] == action
            and handshake["state"] in states
        ]

    def running(self, organization: Thing) -> list[Thing]:
        """Its account creations in progress."""
        return [
            creation
            for creation in self.creations
            if creation["organization"] is organization and creation["state"] == "IN_PROGRESS"
        ]

    def counted(self, organization: Thing) -> int:
        """What counts against the account quota; accounts that were closed for good too."""
        invitations = self.of(organization, "INVITE", "OPEN")
        members = len(organization["members"]) + organization["gone"]
        return members + len(invitations) + len(self.running(organization))
