"""A company's organization in some sixty calls at six moments, small enough to be checked by hand."""

import json
from contextlib import suppress
from pathlib import Path

from orgsim.api import Simulation
from orgsim.api.client import Client
from orgsim.engine.errors import Refused
from orgsim.engine.settings import Settings

ADA, OPS, LAB, SHOP = "111111111111", "222222222222", "333333333333", "444444444444"
"""The management account, and three accounts that are invited."""

FOUNDED, MIGRATED, BUILT, GOVERNED, GROWN, PARTED = (
    "2026-01-05T09:00:00Z",
    "2026-02-02T09:00:00Z",
    "2026-02-10T09:00:00Z",
    "2026-03-02T09:00:00Z",
    "2026-03-20T09:00:00Z",
    "2026-04-10T09:00:00Z",
)


def regions(*allowed: str) -> str:
    """A service control policy that denies all regions but some."""
    condition = {"StringNotEquals": {"aws:RequestedRegion": list(allowed)}}
    statement = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


Ids = dict[str, str]


async def play(path: Path) -> Ids:
    """Play the story into a new log; returns the ids of what was made, by name."""
    ids: Ids = {}
    async with Simulation(path, durability="off", settings=Settings(record="writes")) as sim:
        ada = sim.client(ADA, principal="ada")
        await sim.advance_to(FOUNDED)
        await found(sim, ada, ids)
        await sim.advance_to(MIGRATED)
        await migrate(sim, ada)
        await sim.advance_to(BUILT)
        await build(ada, ids)
        await sim.advance_to(GOVERNED)
        await govern(sim, ada, ids)
        await sim.advance_to(GROWN)
        await grow(sim, ada, ids)
        await sim.advance_to(PARTED)
        await part(sim, ada, ids)
        await sim.advance_to("2026-04-20T09:00:00Z")
    return ids


async def invite(ada: Client, account: str) -> str:
    target = {"Type": "ACCOUNT", "Id": account}
    return (await ada.invite_account_to_organization(target=target)).handshake.id


async def found(sim: Simulation, ada: Client, ids: Ids) -> None:
    """Ten calls: an organization is founded; two of three accounts join, and one is renamed outside."""
    await sim.describe_account(SHOP, name="Shop", email="shop@example.com")
    ids["organization"] = (await ada.create_organization(feature_set="CONSOLIDATED_BILLING")).organization.id
    ids["root"] = (await ada.list_roots()).roots[0].id
    for name, account in {"ops": OPS, "lab": LAB, "shop": SHOP}.items():
        ids[f"{name} invited"] = await invite(ada, account)
    await sim.client(OPS).accept_handshake(handshake_id=ids["ops invited"])
    await sim.client(LAB).accept_handshake(handshake_id=ids["lab invited"])
    await sim.client(SHOP).decline_handshake(handshake_id=ids["shop invited"])
    ids["ops twice"] = await invite(ada, "555555555555")
    await ada.cancel_handshake(handshake_id=ids["ops twice"])


async def migrate(sim: Simulation, ada: Client) -> None:
    """Four calls: the organization gets all features."""
    parent = (await ada.enable_all_features()).handshake.id
    for account in (OPS, LAB):
        member = sim.client(account)
        (asked,) = (await member.list_handshakes_for_account(filter={"ActionType": "APPROVE_ALL_FEATURES"})).handshakes
        await member.accept_handshake(handshake_id=asked.id)
    await ada.accept_handshake(handshake_id=parent)


async def build(ada: Client, ids: Ids) -> None:
    """Nine calls: a tree of OUs, and accounts in it."""

    async def unit(name: str, parent: str) -> None:
        made = await ada.create_organizational_unit(parent_id=ids[parent], name=name)
        ids[name] = made.organizational_unit.id

    await unit("Workloads", "root")
    await unit("Production", "Workloads")
    await unit("Sandbox", "root")
    await ada.move_account(account_id=OPS, source_parent_id=ids["root"], destination_parent_id=ids["Workloads"])
    await ada.move_account(account_id=OPS, source_parent_id=ids["Workloads"], destination_parent_id=ids["Production"])
    await ada.move_account(account_id=LAB, source_parent_id=ids["root"], destination_parent_id=ids["Sandbox"])
    await ada.update_organizational_unit(organizational_unit_id=ids["Sandbox"], name="Playground")
    await ada.tag_resource(resource_id=OPS, tags=[{"Key": "team", "Value": "ops"}, {"Key": "cost", "Value": "1"}])
    await ada.tag_resource(resource_id=OPS, tags=[{"Key": "team", "Value": "platform"}])


async def govern(sim: Simulation, ada: Client, ids: Ids) -> None:
    """Fifteen calls: policies, trusted services, an administrator, a resource policy; and one is refused."""
    scp = "SERVICE_CONTROL_POLICY"
    await ada.enable_policy_type(root_id=ids["root"], policy_type=scp)
    for name, content in {"Regions": regions("eu-west-1"), "Freeze": regions("nowhere")}.items():
        made = await ada.create_policy(content=content, description=f"{name} for all", name=name, type=scp)
        ids[name] = made.policy.policy_summary.id
    await ada.attach_policy(policy_id=ids["Regions"], target_id=ids["Workloads"])
    await ada.attach_policy(policy_id=ids["Freeze"], target_id=ids["Sandbox"])
    await ada.attach_policy(policy_id=ids["Freeze"], target_id=LAB)
    await ada.detach_policy(policy_id="p-FullAWSAccess", target_id=LAB)
    await ada.update_policy(policy_id=ids["Regions"], content=regions("eu-west-1", "eu-north-1"))
    for service in ("config.amazonaws.com", "guardduty.amazonaws.com"):
        await ada.enable_aws_service_access(service_principal=service)
    await ada.register_delegated_administrator(account_id=OPS, service_principal="config.amazonaws.com")
    with suppress(Refused):
        await sim.client(OPS, principal="olga").leave_organization()
    await ada.disable_aws_service_access(service_principal="guardduty.amazonaws.com")
    statement = {"Effect": "Allow", "Principal": {"AWS": OPS}, "Action": "organizations:Describe*", "Resource": "*"}
    content = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    ids["resource policy"] = (await ada.put_resource_policy(content=content)).resource_policy.resource_policy_summary.id
    await ada.tag_resource(resource_id=ids["Regions"], tags=[{"Key": "owner", "Value": "ada"}])


async def grow(sim: Simulation, ada: Client, ids: Ids) -> None:
    """Ten calls: an account is created, one joins after all, a policy goes."""
    await ada.create_account(email="data@example.com", account_name="Data")
    await sim.advance("1h")
    created = (await ada.list_create_account_status()).create_account_statuses
    ids["creation"], ids["data"] = created[0].id, created[0].account_id or ""
    root = ids["root"]
    await ada.move_account(account_id=ids["data"], source_parent_id=root, destination_parent_id=ids["Workloads"])
    ids["shop again"] = await invite(ada, SHOP)
    await sim.client(SHOP).accept_handshake(handshake_id=ids["shop again"])
    await ada.attach_policy(policy_id="p-FullAWSAccess", target_id=LAB)
    await ada.detach_policy(policy_id=ids["Freeze"], target_id=LAB)
    await ada.detach_policy(policy_id=ids["Freeze"], target_id=ids["Sandbox"])
    await ada.delete_policy(policy_id=ids["Freeze"])
    await ada.untag_resource(resource_id=OPS, tag_keys=["cost"])
    await ada.update_policy(policy_id=ids["Regions"], name="Allowed regions")


async def part(sim: Simulation, ada: Client, ids: Ids) -> None:
    """Nine calls: one leaves, one is removed, one is closed, an OU goes."""
    await sim.client(LAB, principal="lea").leave_organization()
    await ada.delete_organizational_unit(organizational_unit_id=ids["Sandbox"])
    await ada.close_account(account_id=ids["data"])
    await ada.deregister_delegated_administrator(account_id=OPS, service_principal="config.amazonaws.com")
    await ada.delete_resource_policy()
    move = {"source_parent_id": ids["root"], "destination_parent_id": ids["Production"]}
    await ada.move_account(account_id=SHOP, **move)
    await ada.remove_account_from_organization(account_id=SHOP)
    ids["lab again"] = await invite(ada, LAB)
    await ada.tag_resource(resource_id=ids["Production"], tags=[{"Key": "stage", "Value": "live"}])
