"""The answers to an organization do not depend on what others do meanwhile, as long as they share no account."""

import json
import re
from collections.abc import Callable
from itertools import chain
from random import Random
from typing import Any

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.botocore_model import MODEL, is_enumeration
from support.campaign import examples
from support.three_organizations import FEBRUARY, SERVICES, Answer, Members, ask

from orgsim.api import Simulation

pytestmark = [pytest.mark.slow, pytest.mark.campaign]

OPERATIONS = sorted(MODEL.operation_names)
WAIT = "wait"
GROUPS = ("1", "2")
ACTING, HEARING = GROUPS

Step = tuple[str, str, int]
"""Whose account acts, what it does, and what everything else about it is drawn from."""

SETTING_UP = [
    ("CreateOrganization", 0, {"FeatureSet": "ALL"}),
    ("CreateAccount", 0, {"Email": "made@{group}.example", "AccountName": "Made"}),
    ("InviteAccountToOrganization", 0, {"Target": {"Type": "ACCOUNT", "Id": "{group}00000000001"}}),
    ("EnablePolicyType", 0, {"RootId": None, "PolicyType": "TAG_POLICY"}),
    ("CreatePolicy", 0, {"Name": "First", "Description": "", "Type": "TAG_POLICY", "Content": '{"tags":{}}'}),
    ("EnableAWSServiceAccess", 0, {"ServicePrincipal": SERVICES[0]}),
]
"""The first commands of each group, and which of its accounts gives them."""

FEATURES = ("ALL", "CONSOLIDATED_BILLING")
CONTENTS = {"TAG_POLICY": '{"tags":{"team":{"tag_key":{"@@assign":"Team"}}}}', "BACKUP_POLICY": '{"plans":{}}'}

ID = re.compile(r"(?:h-)?\b[0-9a-f]{32}\b|\b(?:o|ou|r|p|rp|rt|car|h)-[0-9a-z-]+\b|\b\d{12}\b")
TOKEN = re.compile(r'"NextToken": "[^"]*"')


class Group:
    """Four accounts and what they have made; ``other`` is whose things they sometimes name."""

    def __init__(self, digit: str, sim: Simulation, other: "Group | None" = None) -> None:
        self.digit, self.sim, self.other = digit, sim, other
        self.accounts = [f"{digit}{number:011}" for number in range(4)]
        self.heard: list[str] = []
        self.answered: set[str] = set()
        self._ids: dict[str, str] = {}

    def ids(self) -> dict[str, list[str]]:
        """The ids that commands can name, by AWS's shape, in the order of their creation."""
        state = self.sim.engine.state
        own = [each for each in state.organizations.values() if each.management_account in self.accounts]
        units = [unit for each in own for unit in each.units.by_id]
        accounts = list(dict.fromkeys([*self.accounts, *chain.from_iterable(each.members for each in own)]))
        policies = [policy for each in own for policy in each.policies.by_id]
        known = {each.id for each in own}
        transfers = [each.id for each in state.transfers.by_id.values() if each.organization in known]
        written = [each.access.resource_policy.id for each in own if each.access.resource_policy]
        creations = self.sim.views.account_creations.rows.values()
        found = state.handshakes.items()
        return {
            "AccountId": accounts,
            "ChildId": [*accounts, *units[1:]],
            "CreateAccountRequestId": [
                each.requested.request for each in creations if each.requested.organization in known
            ],
            "HandshakeId": [id for id, each in found if each.requested.organization in known],
            "HandshakePartyId": accounts,
            "OrganizationalUnitId": [unit for unit in units if unit.startswith("ou-")],
            "ParentId": units,
            "PolicyId": [*policies, "p-FullAWSAccess"],
            "PolicyTargetId": [*units, *accounts],
            "ResponsibilityTransferId": transfers,
            "RootId": [each.units.root for each in own if each.units.root],
            "TaggableResourceId": [*units, *accounts, *policies, *transfers, *written],
        }

    def note(self, operation: str, answer: Answer) -> None:
        """Remember an answer; ids, which derive from positions, by the order in which they were first seen."""
        text = TOKEN.sub('"NextToken": …', answer.text)
        self.heard.append(f"{operation} {ID.sub(self._number, text)}")
        if answer.refusal is None:
            self.answered.add(operation)

    def _number(self, found: re.Match[str]) -> str:
        id = found[0].removeprefix("h-")
        if id in self.accounts:
            return id
        return self._ids.setdefault(id, f"#{len(self._ids)}")


def request(shape: Any, draw: Random, group: Group) -> Any:
    """A value for a shape of AWS's model, most often one that will do."""
    if shape is None:
        return {}
    if shape.type_name == "structure":
        required = set(shape.required_members)
        wanted = (
            name for name in shape.members if name != "NextToken" and (name in required or draw.randrange(3) == 0)
        )
        return {name: request(shape.members[name], draw, group) for name in wanted}
    if shape.type_name == "list":
        return [request(shape.member, draw, group)]
    if shape.type_name == "integer":
        return draw.randint(1, 3)
    if shape.type_name == "timestamp":
        return FEBRUARY
    return text(shape, draw, group)


def text(shape: Any, draw: Random, group: Group) -> str:
    """A text of the kind that a shape asks for."""
    # Whom an invitation addresses would be told of it: so that one keeps to its own accounts.
    foreign = group.other and draw.randrange(4) == 0 and shape.name != "HandshakePartyId"
    ids = (group.other if group.other and foreign else group).ids().get(shape.name)
    if ids is not None:
        return draw.choice(ids or ["none"])
    if shape.name == "PolicyType" or shape.name == "EffectivePolicyType":
        return draw.choice(list(CONTENTS))
    if shape.name == "HandshakePartyType":
        return "ACCOUNT"
    if is_enumeration(shape.name):
        return draw.choice(shape.enum)
    texts: dict[str, Callable[[], str]] = {
        "Email": lambda: f"{draw.choice('abc')}@{group.digit}.example",
        "PolicyContent": lambda: draw.choice(list(CONTENTS.values())),
        "ResourcePolicyContent": lambda: granting(group.accounts[1]),
        "ServicePrincipal": lambda: draw.choice(SERVICES),
    }
    return texts.get(shape.name, lambda: draw.choice(["Blue", "Green", "Red"]))()


def granting(account: str) -> str:
    """A resource policy that lets an account read all lists."""
    statement = {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "organizations:List*", "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


async def take(step: Step, group: Group) -> None:
    """One of the group's accounts does something, and notes what it hears."""
    _, operation, seed = step
    # What is due, such as the end of an account's creation, may have been brought about by others' calls.
    await group.sim.engine.settle()
    draw = Random(seed)
    account = draw.choice([*group.accounts[:1] * 3, *group.accounts])
    members = request(MODEL.operation_model(operation).input_shape, draw, group)
    group.note(operation, await ask(group.sim.client(account), operation, members))


async def set_up(group: Group) -> None:
    """The group begins."""
    for operation, number, members in SETTING_UP:
        filled: Members = json.loads(json.dumps(members).replace("{group}", group.digit))
        if "RootId" in filled:
            filled["RootId"] = group.ids()["RootId"][0]
        group.note(operation, await ask(group.sim.client(group.accounts[number]), operation, filled))
    invitation = {"HandshakeId": group.ids()["HandshakeId"][0]}
    group.note("AcceptHandshake", await ask(group.sim.client(group.accounts[1]), "AcceptHandshake", invitation))


async def play(script: list[Step], *, alone: bool) -> dict[str, Group]:
    """One group, which hears what it hears; unless it is alone, the other acts too, and names its things."""
    async with Simulation() as sim:
        hearing = Group(HEARING, sim)
        groups = {HEARING: hearing} if alone else {ACTING: Group(ACTING, sim, hearing), HEARING: hearing}
        for group in groups.values():
            await set_up(group)
        for step in script:
            if step[1] == WAIT:
                await sim.advance(hours=step[2] % 800)
            elif step[0] in groups:
                await take(step, groups[step[0]])
    return groups


def test_others_make_no_difference() -> None:
    """The answers to an organization's callers are the same with another organization's callers in between, who name
    its things too; but for ids, which derive from positions."""
    answered: dict[str, set[str]] = {digit: set() for digit in GROUPS}
    steps = st.tuples(st.sampled_from(GROUPS), st.sampled_from([*OPERATIONS, WAIT]), st.integers(0, 2**20))

    @settings(
        max_examples=examples(120),
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(steps, min_size=40, max_size=80))
    def make_no_difference(script: list[Step]) -> None:
        together = anyio.run(lambda: play(script, alone=False))
        alone = anyio.run(lambda: play(script, alone=True))
        assert together[HEARING].heard == alone[HEARING].heard
        for digit, group in together.items():
            answered[digit] |= group.answered

    make_no_difference()

    for operations in answered.values():
        assert len(operations) > 40, sorted({*OPERATIONS} - operations)
