"""Records of CloudTrail for tests: built in a line, or drawn at random about a world, known things and unknown ones."""

from collections.abc import Callable, Iterable, Sequence
from random import Random
from typing import Any

from orgsim.engine.records.placeholders import is_placeholder
from orgsim.engine.records.record import Known, Record
from orgsim.engine.records.table import RECORDS
from orgsim.engine.shapes.trail_times import text_time
from orgsim.engine.state import Organization, State
from orgsim.engine.words import FeatureSet, PolicyType

Draw = Callable[[Random, State, "Organization | None"], dict[str, Any]]


def record(name: str, parameters: Any = None, answer: Any = None, details: Any = None, **more: Any) -> Record:
    """A record of an event name, by its request parameters, response elements and service event details."""
    identity: dict[str, Any] = {"event_id": f"{name}-1", "request_id": None if details else f"{name}-request"}
    return Record(event_name=name, parameters=parameters, answer=answer, details=details, **(identity | more))


def handshake_answer(
    handshake: str, action: str, party: str | None = None, state: str = "OPEN", **resources: str
) -> dict[str, Any]:
    """The response elements of an operation about a handshake."""
    parties = [{"type": "ORGANIZATION", "id": "o-aa111bb222"}]
    if party:
        parties.append({"type": "EMAIL" if "@" in party or party == "****" else "ACCOUNT", "id": party})
    listed = [{"type": kind, "value": value} for kind, value in resources.items()]
    return {
        "handshake": {"id": handshake, "action": action, "state": state, "parties": parties, "resources": listed},
    }


class Drawing:
    """Draws one record about a world: mostly of what there is, sometimes of what nobody has heard of.

    Args:
        draw: the source of chance.
        state: of the world.
        accounts: accounts that there may be.
    """

    def __init__(self, draw: Random, state: State, accounts: Sequence[str]) -> None:
        self.draw = draw
        self.state = state
        self.accounts = [*accounts, *state.accounts, *(self.digits(12) for _ in range(2))]
        managers = [each.management_account for each in state.organizations.values() if not each.deleted]
        self.caller = self.one_of(managers, self.accounts)
        self.organization = state.organization_of(self.caller)

    def digits(self, count: int) -> str:
        return "".join(self.draw.choice("123456789") for _ in range(count))

    def one_of(self, good: Iterable[Any], rest: Sequence[Any]) -> Any:
        """Mostly one of the good choices."""
        best = list(good)
        return self.draw.choice(best if best and self.draw.randrange(8) else rest)

    @property
    def units(self) -> list[str]:
        return list(self.organization.units.by_id) if self.organization else []

    def unit(self) -> str:
        return self.one_of([each for each in self.units if each.startswith("ou-")], [f"ou-0000-{self.digits(8)}"])

    def place(self) -> str:
        return self.one_of(self.units, [self.unit()])

    def account(self) -> str:
        return self.one_of(self.organization.members if self.organization else (), self.accounts)

    def policy(self) -> str:
        known = self.organization.policies.by_id if self.organization else ()
        return self.one_of(known, ["p-FullAWSAccess", "p-RCPFullAWSAccess", f"p-{self.digits(8)}"])

    def tags(self) -> list[dict[str, str]]:
        return self.draw.choice([[], [], [{"key": "team", "value": "blue"}]])

    def name(self) -> str:
        return self.draw.choice(["Rules", "More", "Less"])

    def record(self) -> tuple[Record, str | None]:
        """A record, and who called."""
        name = self.draw.choice(list(RECORDS))
        make = getattr(self, name, None)
        made: dict[str, Any] = make() if make else {"parameters": self.anything()}
        caller = made.pop("caller", None if "details" in made else self.caller)
        refused = {"code": "AccessDenied"} if self.draw.randrange(20) == 0 and caller else {}
        about = {"said": self.root(), "elsewhere": self.known(), "event_id": self.digits(20), "recipient": self.caller}
        return record(name, **(about | made), **refused), caller

    def root(self) -> Known:
        """Perhaps the first record that tells the root of the organization."""
        unknown = self.organization is not None and is_placeholder(self.organization.root)
        return Known(root=f"r-{self.digits(4)}") if unknown and self.draw.randrange(2) else Known()

    def known(self) -> Known:
        if self.draw.randrange(2):
            return Known()
        manager = self.draw.choice(self.accounts)
        feature_set = self.draw.choice([None, *FeatureSet])
        return Known(
            f"o-{self.digits(10)}", manager, self.draw.choice([None, f"r-{self.digits(4)}"]), None, feature_set
        )

    def anything(self) -> dict[str, Any]:
        """Parameters in which every operation that needs no answer finds what it wants."""
        transfers = [*self.state.transfers.by_id, "rt-12345678"]
        administrators = self.organization.access.administrators if self.organization else {}
        account = self.one_of(administrators, [self.account()])
        return {
            "accountId": account,
            "sourceParentId": self.place(),
            "destinationParentId": self.place(),
            "policyId": self.policy(),
            "targetId": self.draw.choice([self.place(), self.account()]),
            "resourceId": self.draw.choice([self.place(), self.account(), self.policy(), transfers[0]]),
            "tags": self.tags(),
            "tagKeys": ["team"],
            "rootId": self.organization.root if self.organization else "r-0000",
            "policyType": self.draw.choice(list(PolicyType)[:3]),
            "organizationalUnitId": self.unit(),
            "servicePrincipal": self.draw.choice(["config.amazonaws.com", "ram.amazonaws.com"]),
            "name": self.name(),
            "id": self.draw.choice(transfers),
        }

    def LeaveOrganization(self) -> dict[str, Any]:  # noqa: N802  # AWS's names, as are those below
        return {"caller": self.account()}

    def CreateOrganization(self) -> dict[str, Any]:  # noqa: N802
        founder = self.draw.choice(self.accounts)
        answer = {
            "id": f"o-{self.digits(10)}",
            "masterAccountId": founder,
            "featureSet": self.draw.choice(["ALL", "CONSOLIDATED_BILLING"]),
        }
        return {"answer": {"organization": answer}, "caller": founder}

    def CreateOrganizationalUnit(self) -> dict[str, Any]:  # noqa: N802
        made = {"id": f"ou-0000-{self.digits(8)}", "name": self.name()}
        asked = {"parentId": self.place(), "name": made["name"], "tags": self.tags()}
        return {"parameters": asked, "answer": {"organizationalUnit": made}}

    def CreatePolicy(self) -> dict[str, Any]:  # noqa: N802
        kind = self.draw.choice(list(PolicyType)[:3])
        summary = {"id": f"p-{self.digits(8)}", "name": self.name(), "type": kind, "awsManaged": False}
        asked = {"name": summary["name"], "type": kind, "content": "{}", "tags": self.tags()}
        return {"parameters": asked, "answer": {"policy": {"policySummary": summary, "content": "{}"}}}

    def PutResourcePolicy(self) -> dict[str, Any]:  # noqa: N802
        hidden = "HIDDEN_DUE_TO_SECURITY_REASONS"
        known = self.organization.access.resource_policy if self.organization else None
        named = self.one_of([known.id] if known else [], [f"rp-{self.digits(8)}"])
        answer = {"resourcePolicy": {"resourcePolicySummary": {"id": named}, "content": hidden}}
        return {"parameters": {"content": hidden, "tags": self.tags()}, "answer": answer}

    def CreateAccount(self) -> dict[str, Any]:  # noqa: N802
        email = self.draw.choice(["****", "new@example.com", "made@example.com"])
        asked = {"email": email, "accountName": self.draw.choice(["****", "Made"]), "tags": self.tags()}
        return {
            "parameters": asked,
            "answer": {"createAccountStatus": {"id": f"car-{self.digits(12)}", "state": "IN_PROGRESS"}},
        }

    CreateGovCloudAccount = CreateAccount

    def CreateAccountResult(self) -> dict[str, Any]:  # noqa: N802
        status = {
            "id": self.one_of(self.state.creations, [f"car-{self.digits(12)}"]),
            "state": self.draw.choice(["SUCCEEDED", "SUCCEEDED", "FAILED"]),
            "accountId": self.draw.choice([self.digits(12), self.account()]),
            "failureReason": "EMAIL_ALREADY_EXISTS",
        }
        return {"details": {"createAccountStatus": status}}

    def CloseAccountResult(self) -> dict[str, Any]:  # noqa: N802
        pending = self.organization.closures.pending if self.organization else {}
        account = self.one_of(pending, [self.account()])
        return {"details": {"closeAccountStatus": {"accountId": account, "state": "SUCCEEDED"}}, "said": self.mine()}

    def mine(self) -> Known:
        return Known(self.organization.id, self.organization.management_account) if self.organization else Known()

    def AccountJoinedOrganization(self) -> dict[str, Any]:  # noqa: N802
        details = {"accountId": self.account(), "joinedMethod": self.draw.choice(["Created", "INVITED"])}
        return {"details": details, "said": self.mine()}

    def AccountDepartedOrganization(self) -> dict[str, Any]:  # noqa: N802
        method = self.draw.choice(["LEFT", "REMOVED", "CLEANED", "Left", "VANISHED"])
        return {
            "details": {"accountDeparted": {"accountId": self.account(), "departureMethod": method}},
            "said": self.mine(),
        }

    def ResponsibilityTransferAccepted(self) -> dict[str, Any]:  # noqa: N802
        return {"details": {"transferId": self.draw.choice([*self.state.transfers.by_id, "rt-12345678"])}}

    ResponsibilityTransferTerminated = ResponsibilityTransferAccepted

    def InviteAccountToOrganization(self) -> dict[str, Any]:  # noqa: N802
        party = self.draw.choice([*self.accounts, "****", "new@example.com"])
        target = {"type": "EMAIL" if "*" in party or "@" in party else "ACCOUNT", "id": party}
        answer = handshake_answer(f"h-{self.digits(12)}", "invite", party, ORGANIZATION_FEATURE_SET="ALL")
        answer["handshake"]["expirationTimestamp"] = text_time(self.state.now)
        return {"parameters": {"target": target, "notes": "n", "tags": self.tags()}, "answer": answer}

    def EnableAllFeatures(self) -> dict[str, Any]:  # noqa: N802
        state = self.draw.choice(["REQUESTED", "REQUESTED", "OPEN"])
        return {"answer": handshake_answer(f"h-{self.digits(12)}", "enable_all_features", state=state)}

    def InviteOrganizationToTransferResponsibility(self) -> dict[str, Any]:  # noqa: N802
        party = self.draw.choice(self.accounts)
        asked = {
            "target": {"type": "ACCOUNT", "id": party},
            "startTimestamp": text_time(self.state.now + 40 * 86_400_000_000),
            "sourceName": "Subsidiary",
            "tags": self.tags(),
        }
        resources = {"RESPONSIBILITY_TRANSFER": f"rt-{self.digits(8)}"}
        answer = handshake_answer(f"h-{self.digits(12)}", "transfer_responsibility", party, **resources)
        return {"parameters": asked, "answer": answer}

    def AcceptHandshake(self) -> dict[str, Any]:  # noqa: N802
        found = self.one_of(self.state.handshakes.values(), [None])
        if found is None:
            action = self.draw.choice(["invite", "approve_all_features", "enable_all_features"])
            party = self.draw.choice(self.accounts)
            answer = handshake_answer(f"h-{self.digits(12)}", action, party)
            return {"answer": answer, "caller": party, "said": self.mine()}
        asked = found.requested
        answer = handshake_answer(asked.handshake, asked.action.lower(), asked.party)
        party = asked.party if asked.party and "@" not in asked.party else self.draw.choice(self.accounts)
        return {"answer": answer, "caller": party}

    DeclineHandshake = AcceptHandshake
    CancelHandshake = AcceptHandshake
