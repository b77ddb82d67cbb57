"""Forking a world in memory of 10,000 accounts, against building it again by the same calls.

Ours: ``sim.sync.fork()`` of a world with invited and created accounts, OUs that hold them, tags and policies.
Reference: building it through the synchronous client. Each fork is compared with its original. The best of several
rounds counts.
"""

from measure import Result, at_most, information, timed, timing

from orgsim.api import Quotas, Simulation
from orgsim.engine.state.image import dump_state

BUDGET = 1 / 50
MILLISECONDS = 30.0
"""What a fork of 10,000 accounts is to take; for information, because it depends on the machine."""
MANAGEMENT = "111111111111"
UNITS, POLICIES, ROUNDS = 50, 20, 9
DENY = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*"}]}'


def build(sim: Simulation, accounts: int) -> None:
    """Make an organization: every second account is invited and the others created, all are put into OUs."""
    org = sim.sync.client(MANAGEMENT)
    org.create_organization()
    root = org.list_roots().roots[0].id
    units = [
        org.create_organizational_unit(parent_id=root, name=f"Unit {number}").organizational_unit.id
        for number in range(UNITS)
    ]
    org.enable_policy_type(root_id=root, policy_type="SERVICE_CONTROL_POLICY")
    for number in range(POLICIES):
        made = org.create_policy(
            name=f"Policy {number}", type="SERVICE_CONTROL_POLICY", description="", content=DENY
        ).policy
        org.attach_policy(policy_id=made.policy_summary.id, target_id=units[number])
    for number in range(accounts):
        if number % 2:
            account = f"2{number:011}"
            invited = org.invite_account_to_organization(target={"Type": "ACCOUNT", "Id": account})
            sim.sync.client(account).accept_handshake(handshake_id=invited.handshake.id)
        else:
            made_account = org.create_account(email=f"{number}@example.com", account_name=f"Account {number}")
            request = made_account.create_account_status.id
            status = org.describe_create_account_status(create_account_request_id=request).create_account_status
            account = status.account_id
            org.tag_resource(resource_id=account, tags=[{"Key": "team", "Value": "blue"}])
        org.move_account(account_id=account, source_parent_id=root, destination_parent_id=units[number % UNITS])


def run(quick: bool) -> list[Result]:
    """Measure forks of a template of 10,000 accounts."""
    accounts = 10_000
    with Simulation(quotas=Quotas(accounts=accounts + 1, invitations_per_day=None)) as template:
        reference = timed(lambda: build(template, accounts))
        image, views = dump_state(template.engine.state), template.views.dump()
        assert len(template.engine.state.accounts) == accounts + 1
        ours: list[float] = []
        for _ in range(ROUNDS if not quick else 5):
            with timing() as watch:
                fork = template.sync.fork()
            ours.append(watch.seconds)
            with fork:
                assert fork.engine.log.digest == template.engine.log.digest
                assert dump_state(fork.engine.state) == image
                assert fork.views.dump() == views
                fork.sync.client(MANAGEMENT).list_accounts()
            del fork  # whose end is not to be measured with the next one
        assert dump_state(template.engine.state) == image
    note = f"{accounts:,} accounts, {UNITS} OUs, {POLICIES} policies"
    return [
        at_most(BUDGET, "fork a world in memory", min(ours) * 1e3, reference * 1e3, "ms", note),
        information("the same, the first fork of it", ours[0] * 1e3, reference * 1e3, "ms"),
        information("the same, of the budget for it", min(ours) * 1e3, MILLISECONDS, "ms"),
    ]
