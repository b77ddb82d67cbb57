"""Terraform's state as a dump: what the resources ``aws_organizations_…`` say, which is only what Terraform manages.

Both forms are read: the state file, and the output of ``terraform show -json``. The organization is told by its own
resource; without that its ids are read from the ARNs of the others.
"""

import itertools
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from ....engine.policies.types import MANAGED_POLICIES
from ....engine.shapes.timestamps import microseconds
from ....engine.twin.form import AccountForm, Form, Kind, PolicyForm, ResourcePolicyForm, UnitForm
from ....engine.words import FeatureSet, Partition, PolicyType
from .errors import DumpError
from .normalize import Dump
from .shapes import AccountTold, UnitTold, state_of, time_of, told

PREFIX = "aws_organizations_"
ARN = re.compile(
    r"arn:(?P<partition>aws|aws-cn|aws-us-gov):organizations::(?P<account>\d{12}):[a-z]+/(?P<id>o-[a-z0-9]{10,32})"
)
ONLY_MANAGED = "Terraform's state has only what Terraform manages; what it does not have stays as it is in the log"

Resource = dict[str, Any]


def read_state(path: Path) -> Dump:
    """Read Terraform's state.

    Raises:
        DumpError: it cannot be read, or says nothing of an organization.
    """
    try:
        resources = [*_resources(_decoded(path))]
        if not resources:
            raise DumpError(f"{path}: no state of Terraform with resources aws_organizations_…")
        return _dump_of(path, resources)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise DumpError(f"{path}: not of the form of Terraform's state: {error}") from None


def _dump_of(path: Path, resources: list[tuple[str, Resource]]) -> Dump:
    newest = datetime.fromtimestamp(path.stat().st_mtime, UTC).replace(microsecond=0)
    notes = [
        ONLY_MANAGED,
        f"when the state was taken is not said: {newest.isoformat()} by its file; --taken-at MOMENT says otherwise",
    ]
    return Dump(_State(path, resources, notes).form(), microseconds(newest), notes)


def _decoded(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        raise DumpError(f"{path}: cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise DumpError(f"{path}: not JSON: {error}") from None


def _resources(state: Any) -> Iterator[tuple[str, Resource]]:
    """The resources about an organization, each with its type without the prefix."""
    if not isinstance(state, dict):
        return
    whole = cast("dict[str, Any]", state)
    shown = whole.get("values")
    listed: Iterator[Resource] = _of_module(shown.get("root_module", {})) if shown else _of_file(whole)
    for resource in listed:
        kind = str(resource.get("type", ""))
        if kind.startswith(PREFIX) and isinstance(resource.get("values"), dict):
            yield kind.removeprefix(PREFIX), resource["values"]


def _of_module(module: Resource) -> Iterator[Resource]:
    """The resources of ``terraform show -json``, modules in modules included."""
    yield from module.get("resources", [])
    for child in module.get("child_modules", []):
        yield from _of_module(child)


def _of_file(state: Resource) -> Iterator[Resource]:
    """The resources of a state file."""
    for resource in state.get("resources", []):
        for instance in resource.get("instances", []):
            yield {"type": resource.get("type"), "values": instance.get("attributes")}


class _State:
    def __init__(self, path: Path, resources: list[tuple[str, Resource]], notes: list[str]) -> None:
        self._path, self._notes = path, notes
        self._by_kind: dict[str, list[Resource]] = {}
        for kind, values in resources:
            self._by_kind.setdefault(kind, []).append(values)
        self._whole: set[Kind] = set()

    def form(self) -> Form:
        about = self._by_kind.get("organization", [{}])
        organization = max(about, key=len)
        key, management, partition = self._ids(organization)
        listed = self._units()
        root = self._root(organization, listed)
        units = self._in_order(root, listed)
        accounts = self._accounts(organization, management, {root, *(unit.id for unit in units)})
        policies = self._policies({root, *(unit.id for unit in units), *(account.id for account in accounts)})
        services = self._services(organization)
        all_features = organization.get("feature_set", "ALL" if policies or services else "CONSOLIDATED_BILLING")
        return Form(
            organization=key,
            root=root,
            management_account=management,
            feature_set=FeatureSet(all_features),
            partition=partition,
            policy_types=self._policy_types(organization, policies),
            units=units,
            accounts=accounts,
            policies=policies,
            tags=self._tags(),
            services=services,
            administrators=self._administrators(),
            resource_policy=self._resource_policy(),
            whole=frozenset(self._whole),
        )

    def _ids(self, organization: Resource) -> tuple[str, str, Partition]:
        """The organization, its management account and its partition, by the ARNs of all resources."""
        found = {
            (match["id"], match["account"], match["partition"])
            for values in [organization, *(each for some in self._by_kind.values() for each in some)]
            if (match := ARN.match(str(values.get("arn", ""))))
        }
        if len(found) != 1:
            names = ", ".join(sorted(key for key, _, _ in found)) or "none"
            raise DumpError(f"{self._path}: resources of one organization are needed; the ARNs name: {names}")
        return found.pop()  # pyright: ignore[reportReturnType]  # the pattern says which partitions

    def _root(self, organization: Resource, units: dict[str, UnitForm]) -> str:
        roots = _list(organization, "roots")
        if roots:
            return str(roots[0]["id"])
        parents = [
            *(unit.parent for unit in units.values()),
            *(str(each.get("parent_id")) for each in self._all("account")),
        ]
        root = next((parent for parent in parents if parent.startswith("r-")), None)
        # The id of an OU begins with that of its root.
        derived = next((f"r-{unit.split('-')[1]}" for unit in units), None)
        if root or derived:
            return str(root or derived)
        raise DumpError(f"{self._path}: nothing in it names the root of the organization")

    def _all(self, kind: str) -> list[Resource]:
        return self._by_kind.get(kind, [])

    def _where(self, kind: str) -> str:
        return f"{self._path}: {PREFIX}{kind}"

    def _units(self) -> dict[str, UnitForm]:
        found: dict[str, UnitForm] = {}
        for values in self._all("organizational_unit"):
            unit = told(
                {"Id": values.get("id"), "Name": values.get("name")}, UnitTold, self._where("organizational_unit")
            )
            found[unit.id] = UnitForm(id=unit.id, parent=str(values.get("parent_id")), name=unit.name)
        return found

    def _in_order(self, root: str, units: dict[str, UnitForm]) -> tuple[UnitForm, ...]:
        """The OUs, parents first; those below an OU that the state does not have are left out."""
        placed: dict[str, UnitForm] = {}
        while True:
            new = {key: unit for key, unit in units.items() if key not in placed and unit.parent in {root, *placed}}
            if not new:
                break
            placed |= new
        for key in units.keys() - placed.keys():
            self._notes.append(f"OU {key} is left out: its parent {units[key].parent} is not in the state")
        return tuple(placed.values())

    def _accounts(self, organization: Resource, management: str, places: set[str]) -> tuple[AccountForm, ...]:
        """The accounts: all, if the organization's own resource is there; where they are only of those managed."""
        listed = {str(each.get("id")): each for each in _list(organization, "accounts")}
        if listed:
            self._whole.add("accounts")
        managed = {str(each.get("id")): each for each in self._all("account")}
        merged: dict[str, Resource] = {
            key: {**listed.get(key, {}), **managed.get(key, {})} for key in [*listed, *managed]
        }
        merged.setdefault(management, {"id": management})
        return tuple(self._account(values, places) for values in merged.values())

    def _account(self, values: Resource, places: set[str]) -> AccountForm:
        where = self._where("account")
        names = ("id", "email", "name", "status", "state", "joined_method", "joined_timestamp")
        raw = {"".join(map(str.capitalize, name.split("_"))): values.get(name) or None for name in names}
        account = told(raw, AccountTold, where)
        parent = values.get("parent_id") or None
        if parent is not None and parent not in places:
            self._notes.append(f"where account {account.id} is, is left out: OU {parent} is not in the state")
            parent = None
        return AccountForm(
            id=account.id,
            parent=parent,
            email=account.email,
            name=account.name,
            joined_method=account.joined_method,
            joined_at=time_of(account.joined_timestamp, where),
            state=state_of(account),
        )

    def _policies(self, places: set[str]) -> tuple[PolicyForm, ...]:
        targets: dict[str, list[str]] = {}
        for values in self._all("policy_attachment"):
            policy, target = str(values.get("policy_id")), str(values.get("target_id"))
            if target in places:
                targets.setdefault(policy, []).append(target)
            else:
                self._notes.append(f"the attachment of {policy} to {target} is left out: {target} is not in the state")
        return tuple(
            PolicyForm(
                id=str(values["id"]),
                type=PolicyType(str(values.get("type") or "SERVICE_CONTROL_POLICY")),
                name=str(values.get("name")),
                description=str(values.get("description") or ""),
                content=str(values.get("content")),
                targets=tuple(targets.get(str(values["id"]), ())),
            )
            for values in self._all("policy")
            if str(values.get("id")) not in MANAGED_POLICIES and values.get("content")
        )

    def _policy_types(self, organization: Resource, policies: tuple[PolicyForm, ...]) -> tuple[PolicyType, ...]:
        listed = [each.get("type") for root in _list(organization, "roots") for each in _list(root, "policy_types")]
        if organization.get("enabled_policy_types") is not None or listed:
            self._whole.add("policy types")
        attached = [policy.type for policy in policies if policy.targets]
        enabled: list[Any] = [*(organization.get("enabled_policy_types") or []), *listed, *attached]
        return tuple(dict.fromkeys(PolicyType(each) for each in enabled if each))

    def _services(self, organization: Resource) -> dict[str, int | None]:
        services: list[str] | None = organization.get("aws_service_access_principals")
        if services is not None:
            self._whole.add("services")
        administered = [str(each.get("service_principal")) for each in self._all("delegated_administrator")]
        return dict.fromkeys([*(services or []), *administered])

    def _administrators(self) -> dict[str, dict[str, int | None]]:
        found: dict[str, dict[str, int | None]] = {}
        for values in self._all("delegated_administrator"):
            since = time_of(values.get("delegation_enabled_date"), self._where("delegated_administrator"))
            found.setdefault(str(values.get("account_id")), {})[str(values.get("service_principal"))] = since
        return found

    def _resource_policy(self) -> ResourcePolicyForm | None:
        for values in self._all("resource_policy"):
            return ResourcePolicyForm(id=str(values.get("id")), content=str(values.get("content")))
        return None

    def _tags(self) -> dict[str, dict[str, str]]:
        kinds = ("organizational_unit", "account", "policy", "resource_policy")
        found: dict[str, dict[str, str]] = {}
        for values in itertools.chain.from_iterable(map(self._all, kinds)):
            tags: dict[str, Any] = values.get("tags_all") or values.get("tags") or {}
            if values.get("id"):
                found[str(values["id"])] = {key: str(value) for key, value in tags.items()}
        return found


def _list(values: Resource, member: str) -> list[Resource]:
    """A list of resources within one; empty if there is none."""
    return values.get(member) or []
