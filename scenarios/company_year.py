"""A year of a company as CloudTrail would have recorded it: hires, moves, an acquisition, and an incident.

For people who test detection rules and pipelines, and need a trail that they may have. It is the same every time::

    python -m orgsim.scenarios.company_year trail

writes the folder ``trail`` as CloudTrail delivers it, and beside it the log ``trail.db``, for ``orgsim show``,
``timeline``, ``diff`` and ``why``. ``--teams`` says how many are hired, ``--without-incident`` leaves out what a rule
should find, ``--plain`` the masks.
"""

import argparse
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import anyio

from orgsim.api import Client, Settings, Simulation
from orgsim.api.timeline.trail_out.folder import require_free
from orgsim.api.timeline.trail_out.reading import Wanted, Written, write_trail
from orgsim.engine.errors import Refused
from orgsim.engine.log import LogError

ACME, GLOBEX = "111111111111", "222222222222"
"""The management accounts of the company, and of the one that it buys."""

YEAR = datetime(2025, 1, 1, tzinfo=UTC)
SCP = "SERVICE_CONTROL_POLICY"
GUARDED = ("guardduty.amazonaws.com", "cloudtrail.amazonaws.com", "config.amazonaws.com")
UNITS = ("Security", "Workloads", "Sandbox", "Acquired", "Quarantine")


def denying(*actions: str) -> str:
    """A service control policy that denies some actions."""
    statement = {"Effect": "Deny", "Action": list(actions), "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@dataclass
class Company:
    """The world, who acts in it, and the ids of what was made."""

    sim: Simulation
    draw: Random
    teams: int
    root: str = ""
    units: dict[str, str] = field(default_factory=dict[str, str])
    policies: dict[str, str] = field(default_factory=dict[str, str])
    accounts: list[str] = field(default_factory=list[str])
    """Those of hired teams, that are not closed."""
    acquired: list[str] = field(default_factory=list[str])
    security: str = ""

    def __post_init__(self) -> None:
        client = self.sim.client
        self.pipeline: Client = client(ACME, "deployment-pipeline/deploy")
        self.vending: Client = client(ACME, "account-vending/run")
        self.inventory: Client = client(ACME, "inventory/nightly")
        self.ada: Client = client(ACME, "PlatformAdmin/ada")

    @property
    def partners(self) -> list[str]:
        """The accounts of the company that is bought, without its management account."""
        return [f"2222222{number:05}" for number in range(1, 3 + self.teams // 4)]

    async def created(self, name: str, unit: str) -> str:
        """Have an account made, ask until it is there, put it into an OU and tag it."""
        address = f"aws+{name}@acme.example"
        asked = await self.vending.create_account(email=address, account_name=name)
        status = asked.create_account_status
        while status.account_id is None:
            await self.sim.advance(seconds=10)
            answer = await self.vending.describe_create_account_status(create_account_request_id=status.id)
            status = answer.create_account_status
        account = status.account_id
        await self.move(account, self.root, unit)
        await self.vending.tag_resource(resource_id=account, tags=[{"Key": "team", "Value": name}])
        return account

    async def move(self, account: str, source: str, unit: str) -> None:
        """Move an account into an OU, from the root or another OU, as the pipeline does."""
        await self.pipeline.move_account(
            account_id=account,
            source_parent_id=self.units.get(source, source),
            destination_parent_id=self.units[unit],
        )


async def found(acme: Company) -> None:
    """January: the organization, its OUs, guardrails, services, and an account for security."""
    await acme.ada.create_organization(feature_set="ALL")
    acme.root = (await acme.ada.list_roots()).roots[0].id
    await acme.ada.enable_policy_type(root_id=acme.root, policy_type=SCP)
    for name in UNITS:
        made = await acme.pipeline.create_organizational_unit(parent_id=acme.root, name=name)
        acme.units[name] = made.organizational_unit.id
    await guard(acme, "no-leaving", "organizations:LeaveOrganization", "account:CloseAccount", unit=acme.root)
    await guard(acme, "keep-logs", "cloudtrail:StopLogging", "cloudtrail:DeleteTrail", unit=acme.units["Workloads"])
    await guard(acme, "nothing", "*", unit=acme.units["Quarantine"])
    acme.security = await acme.created("security", "Security")
    for service in GUARDED:
        await acme.pipeline.enable_aws_service_access(service_principal=service)
        await acme.pipeline.register_delegated_administrator(account_id=acme.security, service_principal=service)


async def guard(acme: Company, name: str, *actions: str, unit: str) -> None:
    """Make a service control policy and attach it."""
    made = await acme.pipeline.create_policy(content=denying(*actions), description="Guardrail", name=name, type=SCP)
    acme.policies[name] = made.policy.policy_summary.id
    await acme.pipeline.attach_policy(policy_id=acme.policies[name], target_id=unit)


async def found_globex(acme: Company) -> None:
    """The other company has an organization of its own, with some accounts."""
    globex = acme.sim.client(GLOBEX, "Admin/hank")
    await globex.create_organization(feature_set="ALL")
    for account in acme.partners:
        await join(acme, globex, account)


async def join(acme: Company, manager: Client, account: str) -> None:
    """Invite an account, which looks for the invitation some hours later, and accepts it."""
    target = {"Type": "ACCOUNT", "Id": account}
    asked = await manager.invite_account_to_organization(target=target, notes="Please join us.")
    await acme.sim.advance(minutes=acme.draw.randint(20, 300))
    owner = acme.sim.client(account, "Admin/owner")
    await owner.list_handshakes_for_account()
    await owner.accept_handshake(handshake_id=asked.handshake.id)


async def hire(acme: Company) -> None:
    """A team is hired, and gets an account to try things."""
    acme.accounts.append(await acme.created(f"team-{len(acme.accounts):03}-{acme.draw.getrandbits(16):04x}", "Sandbox"))


async def go_live(acme: Company) -> None:
    """The account of a team that has tried enough moves to where production is."""
    answer = await acme.inventory.list_accounts_for_parent(parent_id=acme.units["Sandbox"])
    if answer.accounts:
        await acme.move(acme.draw.choice(answer.accounts).id, "Sandbox", "Workloads")


async def dissolve(acme: Company) -> None:
    """A team is dissolved: its account is closed."""
    if len(acme.accounts) > 2:
        account = acme.accounts.pop(acme.draw.randrange(1, len(acme.accounts)))
        await acme.vending.close_account(account_id=account)
        await acme.sim.advance(minutes=15)


async def take_stock(acme: Company) -> None:
    """The inventory asks for everything, as every week."""
    await acme.inventory.describe_organization()
    await acme.inventory.list_roots()
    async for _ in acme.inventory.paginate(acme.inventory.list_accounts):
        pass
    for unit in acme.units.values():
        await acme.inventory.list_accounts_for_parent(parent_id=unit)
    await acme.inventory.list_policies(filter=SCP)


async def invite_globex(acme: Company) -> None:
    """The acquisition is announced: one invitation is sent too early, and expires."""
    target = {"Type": "ACCOUNT", "Id": acme.partners[0]}
    await acme.ada.invite_account_to_organization(target=target, notes="Welcome to Acme.")


async def absorb_one(acme: Company) -> None:
    """An account of the other company comes over."""
    account = acme.partners[len(acme.acquired)]
    await join(acme, acme.ada, account)
    acme.acquired.append(account)
    await acme.move(account, acme.root, "Acquired")


async def absorb_globex(acme: Company) -> None:
    """When its members have gone, the other organization ends, and its management account comes too."""
    await acme.sim.client(GLOBEX, "Admin/hank").delete_organization()
    await join(acme, acme.ada, GLOBEX)
    await acme.move(GLOBEX, acme.root, "Acquired")


async def probe(acme: Company) -> None:
    """A stolen key of a team's user: it looks around, may see little, and tries to leave."""
    account = acme.accounts[0]
    await acme.sim.describe_account(account, conditions=["PAYMENT_INSTRUMENT_MISSING"])
    thief = acme.sim.client(account, "ci-deploy")
    await thief.describe_organization()
    for attempt in (
        thief.list_accounts,
        thief.list_roots,
        thief.list_delegated_administrators,
        thief.leave_organization,
    ):
        with suppress(Refused):
            await attempt()
        await acme.sim.advance(seconds=acme.draw.randint(2, 40))


async def break_in(acme: Company) -> None:
    """A forgotten user of the management account: the thief maps the organization and takes its guardrails away."""
    thief = acme.sim.client(ACME, "legacy-admin")
    await thief.describe_organization()
    await thief.list_roots()
    async for _ in thief.paginate(thief.list_accounts):
        await acme.sim.advance(seconds=3)
    for unit in acme.units.values():
        await thief.describe_organizational_unit(organizational_unit_id=unit)
    await thief.list_policies(filter=SCP)
    await thief.detach_policy(policy_id=acme.policies["keep-logs"], target_id=acme.units["Workloads"])
    await thief.deregister_delegated_administrator(account_id=acme.security, service_principal=GUARDED[0])
    await thief.update_policy(policy_id=acme.policies["no-leaving"], content=denying("account:CloseAccount"))


async def escape(acme: Company) -> None:
    """An acquired account, which has a payment method, can leave; the thief does."""
    await acme.sim.client(acme.acquired[-1], "root-helper").leave_organization()


async def respond(acme: Company) -> None:
    """The next morning everything is put back, and the team's account into quarantine."""
    await acme.ada.list_handshakes_for_organization()
    await acme.ada.update_policy(
        policy_id=acme.policies["no-leaving"],
        content=denying("organizations:LeaveOrganization", "account:CloseAccount"),
    )
    await acme.ada.attach_policy(policy_id=acme.policies["keep-logs"], target_id=acme.units["Workloads"])
    await acme.ada.register_delegated_administrator(account_id=acme.security, service_principal=GUARDED[0])
    account = acme.accounts[0]
    parent = (await acme.ada.list_parents(child_id=account)).parents[0].id
    await acme.move(account, parent, "Quarantine")
    await join(acme, acme.ada, acme.acquired[-1])


Step = Callable[[Company], Awaitable[None]]


def at(draw: Random, day: int, hour: int | None = None) -> datetime:
    """A moment of a day of the year; in working hours unless it is said."""
    seconds = draw.randrange(3_600)
    return YEAR + timedelta(days=day, hours=draw.randint(8, 16) if hour is None else hour, seconds=seconds)


def calendar(acme: Company, *, incident: bool) -> list[tuple[datetime, Step]]:
    """What happens in the year, and when."""
    draw, teams = acme.draw, acme.teams
    plan: list[tuple[datetime, Step]] = [(at(draw, 4), found), (at(draw, 3), found_globex)]
    plan += [(at(draw, day, 3), take_stock) for day in range(12, 365, 7)]
    plan += [(at(draw, 14), hire) for _ in range(2)]
    plan += [(at(draw, draw.randrange(15, 350)), hire) for _ in range(teams - 2)]
    plan += [(at(draw, draw.randrange(30, 360)), go_live) for _ in range(teams // 2)]
    plan += [(at(draw, draw.randrange(120, 240)), dissolve) for _ in range(teams // 8)]
    plan += [(at(draw, 145), invite_globex)]
    plan += [(at(draw, 165 + 2 * number), absorb_one) for number in range(len(acme.partners))]
    plan += [(at(draw, 168 + 2 * len(acme.partners)), absorb_globex)]
    if incident:
        # Drawn apart, so that up to there the year is the same with or without.
        draw = Random(12)
        plan += [(at(draw, 290, 2), probe), (at(draw, 291, 2), break_in), (at(draw, 291, 4), escape)]
        plan += [(at(draw, 291, 9), respond)]
    return sorted(plan, key=lambda step: step[0])


async def play(log: Path, *, teams: int, incident: bool) -> None:
    """Play the year into a new log that records every call."""
    settings = Settings(latency="realistic", record="all")
    async with Simulation(log, seed=11, start=YEAR, settings=settings, durability="off") as sim:
        acme = Company(sim, Random(11), teams)
        for moment, step in calendar(acme, incident=incident):
            if moment > sim.now:
                await sim.advance_to(moment)
            await step(acme)
        await sim.advance_to(YEAR + timedelta(days=365))


async def write(folder: Path, *, teams: int = 40, incident: bool = True, plain: bool = False) -> Written:
    """Write the trail of the year into a new folder, and the log beside it.

    Args:
        folder: that is not there yet.
        teams: how many are hired, at least two.
        incident: whether there is one.
        plain: whether addresses and names are shown.

    Raises:
        LogError: the folder or the log is there already, or cannot be written.
    """
    require_free(folder)
    log = folder.with_name(f"{folder.name}.db")
    await play(log, teams=teams, incident=incident)
    return await write_trail(log, folder, Wanted(plain=plain))


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Write the CloudTrail of a year of a company.")
    parser.add_argument("folder", type=Path, help="a new folder; the log gets its name with .db")
    parser.add_argument("--teams", type=int, default=40, help="how many teams are hired, at least 2 (40)")
    parser.add_argument("--without-incident", action="store_true", help="leave the incident out")
    parser.add_argument("--plain", action="store_true", help="show addresses, names and contents that AWS masks")
    chosen = parser.parse_args()
    if chosen.teams < 2:
        parser.error("--teams must be at least 2")
    incident = not chosen.without_incident
    try:
        written = anyio.run(lambda: write(chosen.folder, teams=chosen.teams, incident=incident, plain=chosen.plain))
    except LogError as error:
        parser.error(str(error))
    print(f"{written.folder}: {written.records:,} records of {written.accounts:,} accounts in {written.files:,} files")


if __name__ == "__main__":
    main()
