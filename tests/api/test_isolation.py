"""Two callers from different accounts never see or change what AWS would not let them: all operations, all ids."""

# botocore's cached properties have no types.
# pyright: reportAttributeAccessIssue=false, reportGeneralTypeIssues=false, reportOperatorIssue=false

import json
from collections.abc import AsyncIterator, Iterator
from itertools import chain, permutations, product
from typing import Any

import pytest
from support.botocore_model import MODEL, PAGINATORS
from support.three_organizations import (
    NOBODY,
    SETTINGS,
    STANDALONE,
    Answer,
    Members,
    Neighbour,
    Neighbours,
    ask,
    granting,
    requests,
    unknown_like,
)

from orgsim.api import Simulation
from orgsim.engine.operations import OPERATIONS
from orgsim.projections.reads import READS

pytestmark = pytest.mark.slow

MANAGEMENT, PLAIN, ADMINISTRATOR, GRANTED, OUTSIDE = "management", "plain", "administrator", "granted", "standalone"
DENIED, NOT_IN_USE = "AccessDeniedException", "AWSOrganizationsNotInUseException"

Path = tuple[str, ...]

HEARS = {
    "AccountId": "AccountNotFoundException",
    "ChildId": "ChildNotFoundException",
    "CreateAccountRequestId": "CreateAccountStatusNotFoundException",
    "DestinationParentId": "DestinationParentNotFoundException",
    "HandshakeId": DENIED,
    "Id": "ResponsibilityTransferNotFoundException",
    "OrganizationalUnitId": "OrganizationalUnitNotFoundException",
    "ParentId": "ParentNotFoundException",
    "PolicyId": "PolicyNotFoundException",
    "ResourceId": "TargetNotFoundException",
    "RootId": "RootNotFoundException",
    "SourceParentId": "SourceParentNotFoundException",
    "TargetId": "TargetNotFoundException",
}
"""The refusal to a management account whose request names something of another organization, by request member."""

FOR_ANYBODY = {"AcceptHandshake", "CancelHandshake", "DeclineHandshake", "DescribeHandshake"}
"""They ask who is a party, not who is in an organization."""

OF_OFFERS = {
    "DescribeResponsibilityTransfer": (MANAGEMENT, GRANTED),
    "TerminateResponsibilityTransfer": (MANAGEMENT,),
    "UpdateResponsibilityTransfer": (MANAGEMENT,),
}
"""The requests about a transfer that is offered to the organization, and who may make them."""

PAID = {
    "DescribeResponsibilityTransfer",
    "ListInboundResponsibilityTransfers",
    "ListOutboundResponsibilityTransfers",
}
"""The reads that a delegated administrator may not call."""

INVITING = {"InviteAccountToOrganization", "InviteOrganizationToTransferResponsibility"}
"""AWS lets anybody be invited: their ids are no secret, and nothing comes of it until they accept."""

LAST = ["CreateOrganization", "DeleteOrganization", "LeaveOrganization"]
"""They change what the caller is."""


@pytest.fixture
async def world() -> AsyncIterator[Neighbours]:
    """Two organizations that are rich in everything, one that pays, and a standalone account."""
    async with Simulation(settings=SETTINGS) as sim:
        neighbours = Neighbours(sim)
        await neighbours.build()
        yield neighbours


def id_members(operation: str) -> list[tuple[Path, str]]:
    """The members of a request that name something by its id: where they stand, and AWS's shape of them."""
    return list(_id_members(MODEL.operation_model(operation).input_shape, ()))


def _id_members(shape: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if shape is not None and shape.type_name == "structure":
        for name, member in shape.members.items():
            yield from _id_members(member, (*path, name))
    elif shape is not None and shape.name.endswith("Id") and shape.name != "HandshakePartyId":
        yield path, shape.name


def replaced(members: Members, path: Path, value: str) -> Members:
    """A request with another value at one place."""
    name, *rest = path
    return {**members, name: replaced(members.get(name, {}), tuple(rest), value) if rest else value}


def attempts(operation: str, own: Members, other: Neighbour) -> Iterator[tuple[Members, list[Path], list[str]]]:
    """Requests in order but for what belongs to another organization: each id alone, and all at once."""
    found, ids = id_members(operation), other.ids()
    for path, shape in found:
        for each in ids[shape]:
            yield replaced(own, path, each), [path], [each]
    if len(found) > 1 and all(ids[shape] for _, shape in found):
        members, named = own, [ids[shape][-1] for _, shape in found]
        for (path, _), each in zip(found, named, strict=True):
            members = replaced(members, path, each)
        yield members, [path for path, _ in found], named


def expected(kind: str, operation: str, path: Path, named: str) -> str | None:
    """The refusal of a call about what belongs to another organization; None for an answer that is empty."""
    if operation == "DescribeEffectivePolicy" and "-" in named:
        return "InvalidInputException TARGET_NOT_SUPPORTED"
    if kind == OUTSIDE and operation != "ListHandshakesForAccount":
        return DENIED if operation in FOR_ANYBODY else NOT_IN_USE
    if path == ("Filter", "ParentHandshakeId"):
        return DENIED if kind == PLAIN and operation == "ListHandshakesForOrganization" else None
    administers = kind == ADMINISTRATOR and operation in READS.keys() - PAID
    # What these are about is no resource by which a grant could be checked.
    is_granted = kind == GRANTED and operation in ("DescribeCreateAccountStatus", "ListInboundResponsibilityTransfers")
    return HEARS[path[-1]] if kind == MANAGEMENT or administers or is_granted else DENIED


def account_of(kind: str, neighbour: Neighbour) -> str:
    """A caller of a kind."""
    return STANDALONE if kind == OUTSIDE else getattr(neighbour, kind)


def is_own_affair(world: Neighbours, kind: str, caller: Neighbour, operation: str, named: list[str]) -> bool:
    """Whether a call is about a handshake that was sent to the caller, or a transfer offered to its organization."""
    if operation in FOR_ANYBODY:
        account = account_of(kind, caller)
    elif kind in OF_OFFERS.get(operation, ()):
        account = caller.management
    else:
        return False
    return not world.told.get(account, set()).isdisjoint(named)


def may_know(world: Neighbours, kind: str) -> set[str]:
    """What handshakes have told a caller of ALPHA, and what that wrote into its own; one that is granted all may see
    the transfers that are offered to its management account."""
    accounts = [account_of(kind, world.alpha), *([world.alpha.management] if kind == GRANTED else [])]
    return {*world.alpha.words, *(text for account in accounts for text in world.told.get(account, ()))}


def test_every_operation_is_tried() -> None:
    """There is a request for each of AWS's operations, and an answer for each member of theirs that names something."""
    named = [path for operation in MODEL.operation_names for path, _ in id_members(operation)]
    world = Neighbour("MARK", "5", handshakes={STANDALONE: "h-"}, units=["", ""], requests=[""], transfers={"": ""})
    world.policies = dict.fromkeys(["TAG_POLICY"], "p-")

    assert set(requests(world)) == set(MODEL.operation_names) == {*OPERATIONS, *READS}
    assert {path[-1] for path in named} == {*HEARS, "ParentHandshakeId"}


@pytest.mark.parametrize("kind", [MANAGEMENT, PLAIN, ADMINISTRATOR, GRANTED, OUTSIDE])
async def test_what_belongs_to_others_is_neither_seen_nor_changed(world: Neighbours, kind: str) -> None:
    """Whoever names what belongs to another organization is refused, learns nothing, and changes nothing there."""
    caller, own, tried = world.sim.client(account_of(kind, world.alpha)), requests(world.alpha), 0
    for other in (world.bravo, world.charlie):
        before, survey = world.state_of(other), await world.survey(world.bravo)
        for operation in sorted(own):
            for members, paths, named in attempts(operation, own[operation], other):
                if is_own_affair(world, kind, world.alpha, operation, named):
                    continue
                answer = await ask(caller, operation, members)
                tried += 1
                refusals = {expected(kind, operation, *each) for each in zip(paths, named, strict=True)}
                about = (operation, members, answer.text)
                assert answer.refusal in refusals, about
                assert answer.refusal or answer.content == {"Handshakes": []}, about
                assert not answer.shows(other), about
            assert world.state_of(other) == before, operation
        assert await world.survey(world.bravo) == survey
    assert tried > 250


@pytest.mark.parametrize("kind", [MANAGEMENT, PLAIN, ADMINISTRATOR, GRANTED, OUTSIDE])
async def test_refusals_do_not_say_whether_something_exists(world: Neighbours, kind: str) -> None:
    """The answer about what belongs to another organization is the one about what does not exist, to the letter."""
    caller, own = world.sim.client(account_of(kind, world.alpha)), requests(world.alpha)
    ids = [world.bravo.ids(), world.charlie.ids()]
    # What AWS says of handshakes that are no affair of the caller's is not known (docs/aws.md 2.2).
    for operation in sorted(own.keys() - FOR_ANYBODY):
        for path, shape in id_members(operation):
            if path == ("Filter", "ParentHandshakeId"):
                continue
            for each in chain.from_iterable(known[shape] for known in ids):
                if not is_own_affair(world, kind, world.alpha, operation, [each]):
                    nothing = await ask(caller, operation, replaced(own[operation], path, unknown_like(each)))
                    assert await ask(caller, operation, replaced(own[operation], path, each)) == nothing, operation


@pytest.mark.parametrize("kind", [MANAGEMENT, PLAIN, ADMINISTRATOR, GRANTED, OUTSIDE])
async def test_what_is_the_callers_own_shows_nothing_of_others(world: Neighbours, kind: str) -> None:
    """Every operation on the caller's own things, carried out, shows and changes nothing of another organization."""
    caller, own = world.sim.client(account_of(kind, world.alpha)), requests(world.alpha)
    known, before, survey = may_know(world, kind), world.state_of(world.bravo), await world.survey(world.bravo)
    outcomes: list[Answer] = []
    for operation in [*sorted(READS), *sorted(OPERATIONS.keys() - LAST), *LAST]:
        whole = {name: member for name, member in own[operation].items() if name != "MaxResults"}
        managed = [{**whole, "PolicyId": "p-FullAWSAccess"}] if "PolicyId" in whole and operation in READS else []
        for members in [whole, *managed]:
            answer = await ask(caller, operation, members)
            outcomes.append(answer)
            assert not answer.shows(world.bravo, known), (operation, answer.text)
            assert not answer.shows(world.charlie), (operation, answer.text)
        assert world.state_of(world.bravo) == before, operation
    assert await world.survey(world.bravo) == survey
    answered = sum(answer.refusal is None for answer in outcomes)
    least = {MANAGEMENT: 50, PLAIN: 4, ADMINISTRATOR: 24, GRANTED: 35, OUTSIDE: 2}
    assert answered >= least[kind], [answer.refusal for answer in outcomes]


async def test_a_member_without_rights_sees_nothing_of_its_own_organization(world: Neighbours) -> None:
    """A member to whom nothing is delegated is denied whatever belongs to its organization and not to itself."""
    alpha, plain = world.alpha, world.sim.client(world.alpha.plain)
    before, told = world.state_of(alpha), {*world.told[alpha.plain], alpha.plain}
    answered = {"DescribeOrganization", "ListHandshakesForAccount", *LAST}
    for operation, own in sorted(requests(alpha).items()):
        tried = [own, *(members for members, _, named in attempts(operation, own, alpha) if not told & {*named})]
        for members in tried:
            to_itself = operation == "DescribeEffectivePolicy" and members["TargetId"] == alpha.plain
            if operation not in answered and not to_itself:
                answer = await ask(plain, operation, members)
                unsupported = operation == "DescribeEffectivePolicy" and "-" in members["TargetId"]
                refusal = "InvalidInputException TARGET_NOT_SUPPORTED" if unsupported else DENIED
                assert answer.refusal == refusal, (operation, members, answer.text)
                assert not answer.shows(alpha), (operation, answer.text)
    for operation in answered - {*LAST}:
        answer = await ask(plain, operation, {})
        assert answer.refusal is None
        assert not answer.shows(alpha, told), answer.text
    assert world.state_of(alpha) == before


async def test_handshakes_show_their_recipients_what_was_meant_for_them(world: Neighbours) -> None:
    """A recipient sees who sent it what, the sender's ids and its own; tags are not shown."""
    bravo, alpha = world.bravo, world.alpha
    to_alpha = [(alpha.plain, alpha.plain), (alpha.administrator, alpha.email_of(alpha.administrator))]
    for account, target in [*to_alpha, (alpha.management, alpha.management), (STANDALONE, STANDALONE)]:
        members = {"HandshakeId": bravo.handshakes[target]}
        answer = await ask(world.sim.client(account), "DescribeHandshake", members)
        assert answer.refusal is None
        assert answer.shows(bravo)
        assert not answer.shows(bravo, world.told[account]), answer.text
        assert (await ask(world.sim.client(account), "CancelHandshake", members)).refusal == DENIED


async def test_an_offer_shows_whom_it_was_made_to_nothing_but_its_terms(world: Neighbours) -> None:
    """Before and after a transfer is accepted, the other side sees its state and the payer, not its name and tags."""
    for payer, source in ((world.bravo, world.alpha), (world.charlie, world.bravo)):
        client, transfer = world.sim.client(source.management), payer.transfers[source.management]
        shown = await ask(client, "DescribeResponsibilityTransfer", {"Id": transfer})
        listed = await ask(client, "ListOutboundResponsibilityTransfers", {"Type": "BILLING"})
        tags = await ask(client, "ListTagsForResource", {"ResourceId": transfer})
        renaming = await ask(client, "UpdateResponsibilityTransfer", {"Id": transfer, "Name": "Mine"})
        inbound = await ask(client, "ListInboundResponsibilityTransfers", {"Type": "BILLING", "Id": transfer})

        assert "Name" not in shown.content["ResponsibilityTransfer"]
        for answer in (shown, listed):
            assert answer.shows(payer)
            assert not answer.shows(payer, world.told[source.management]), answer.text
        assert (tags.refusal, renaming.refusal) == ("TargetNotFoundException", DENIED)
        assert inbound.refusal == "ResponsibilityTransferNotFoundException"


async def test_a_payer_sees_of_the_other_side_who_manages_it(world: Neighbours) -> None:
    """Whoever pays for an organization sees its management account and that one's address, and nothing else of it."""
    bravo, payer = world.bravo, world.sim.client(world.charlie.management)
    transfer = world.charlie.transfers[bravo.management]
    for operation, members in (
        ("DescribeResponsibilityTransfer", {"Id": transfer}),
        ("DescribeHandshake", {"HandshakeId": world.charlie.handshakes[bravo.management]}),
        ("ListInboundResponsibilityTransfers", {"Type": "BILLING"}),
        ("ListHandshakesForOrganization", {}),
        ("ListTagsForResource", {"ResourceId": transfer}),
    ):
        answer = await ask(payer, operation, members)
        assert answer.refusal is None
        assert not answer.shows(bravo, {bravo.management, bravo.email, *world.charlie.words}), answer.text


async def test_inviting_says_nothing_of_the_invited(world: Neighbours) -> None:
    """An invitation of whoever is in another organization looks like one of an account that nobody knows."""
    alpha, bravo = world.alpha, world.bravo
    client, before = world.sim.client(alpha.management), world.state_of(bravo)
    unknown = [("ACCOUNT", "999999999998"), ("EMAIL", "who@mail.example")]
    targets = [("ACCOUNT", account) for account in bravo.accounts[2:]]
    targets += [("EMAIL", bravo.email_of(account)) for account in map(bravo.account, (1, 2, 4))]
    for operation in sorted(INVITING):
        seen: dict[str, set[str]] = {}
        for kind, target in [*unknown, *targets]:
            members = {**requests(alpha)[operation], "Target": {"Type": kind, "Id": target}}
            answer = await ask(client, operation, members)
            if answer.refusal:
                # ALPHA has made this very offer before.
                assert (answer.refusal, target) == ("DuplicateHandshakeException", bravo.email)
                continue
            assert not answer.shows(bravo, {target}), answer.text
            handshake = answer.content["Handshake"]
            assert [party["Id"] for party in handshake["Parties"]] == [alpha.organization, target]
            texts = answer.text.replace(target, "…").replace(handshake["Id"], "…")
            for listed in handshake["Resources"]:
                if listed["Type"] == "RESPONSIBILITY_TRANSFER":
                    texts = texts.replace(listed["Value"], "…")
            seen.setdefault(kind, set()).add(texts)
        assert {kind: len(texts) for kind, texts in seen.items()} == {"ACCOUNT": 1, "EMAIL": 1}
    assert world.state_of(bravo) == before


async def test_the_address_of_another_is_taken(world: Neighbours) -> None:
    """An account cannot be created with another's address, in any case of letters, and the other keeps it."""
    alpha, bravo = world.alpha, world.bravo
    client = world.sim.client(alpha.management)
    members = {"Email": bravo.email_of(bravo.plain).upper(), "AccountName": "Mine"}
    started = await ask(client, "CreateAccount", members)
    await world.sim.advance(hours=1)
    request = {"CreateAccountRequestId": started.content["CreateAccountStatus"]["Id"]}
    ended = await ask(client, "DescribeCreateAccountStatus", request)

    assert not started.shows(bravo, {members["Email"]})
    assert ended.content["CreateAccountStatus"]["FailureReason"] == "EMAIL_ALREADY_EXISTS"
    assert not ended.shows(bravo)
    found = await ask(world.sim.client(bravo.management), "DescribeAccount", {"AccountId": bravo.plain})
    assert found.content["Account"]["Email"] == bravo.email_of(bravo.plain)


async def test_nothing_is_granted_beyond_the_organization(world: Neighbours) -> None:
    """A resource policy cannot name another organization's account, and one that names everybody does not reach it."""
    alpha, bravo = world.alpha, world.bravo
    management = world.sim.client(alpha.management)
    foreign = await ask(management, "PutResourcePolicy", {"Content": granting(alpha, bravo.plain)})
    unknown = await ask(management, "PutResourcePolicy", {"Content": granting(alpha, NOBODY)})
    assert foreign == unknown
    assert foreign.refusal == "InvalidInputException INVALID_RESOURCE_POLICY_JSON"

    everybody = json.dumps(json.loads(granting(alpha, "*")))
    assert (await ask(management, "PutResourcePolicy", {"Content": everybody})).refusal is None
    assert (await ask(world.sim.client(alpha.plain), "ListAccounts", {})).refusal is None
    for kind in (PLAIN, MANAGEMENT, ADMINISTRATOR, OUTSIDE):
        client = world.sim.client(account_of(kind, bravo))
        for operation in sorted(READS.keys() - FOR_ANYBODY):
            for members, _, named in attempts(operation, requests(bravo)[operation], alpha):
                if not is_own_affair(world, kind, bravo, operation, named):
                    answer = await ask(client, operation, members)
                    assert answer.refusal or answer.content == {"Handshakes": []}, (operation, members)


async def test_tokens_are_good_for_nobody_else(world: Neighbours) -> None:
    """A token continues the list that gave it out; in any other list, of anybody, it is invalid."""
    lists: list[tuple[str, str, Members, str]] = []
    for each in (world.alpha, world.bravo):
        own = requests(each)
        for operation, account in product(sorted(PAGINATORS), (each.management, each.administrator)):
            for members in variants(operation, own[operation], each):
                answer = await ask(world.sim.client(account), operation, {**members, "MaxResults": 1})
                if answer.content and "NextToken" in answer.content:
                    lists.append((account, operation, members, answer.content["NextToken"]))
    for account, operation, members, token in lists:
        assert (await ask(world.sim.client(account), operation, {**members, "NextToken": token})).refusal is None
    for (_, _, _, token), (account, operation, members, _) in permutations(lists, 2):
        answer = await ask(world.sim.client(account), operation, {**members, "NextToken": token})
        assert answer.refusal == "InvalidInputException INVALID_NEXT_TOKEN", (account, operation, members)
    for _, operation, members, token in lists:
        for kind, refusal in ((PLAIN, DENIED), (OUTSIDE, NOT_IN_USE)):
            client = world.sim.client(account_of(kind, world.alpha))
            if operation != "ListHandshakesForAccount":
                assert (await ask(client, operation, {**members, "NextToken": token})).refusal == refusal
    without = {"ListRoots", "ListParents", "ListTagsForResource", "ListOutboundResponsibilityTransfers"}
    without |= {"ListInboundResponsibilityTransfers"}
    assert {operation for _, operation, _, _ in lists} | without >= set(PAGINATORS)


def variants(operation: str, own: Members, each: Neighbour) -> Iterator[Members]:
    """The lists of one operation that differ in what they are about."""
    yield own
    if "ParentId" in own:
        yield {**own, "ParentId": each.units[0]}
    if "Filter" in own:
        yield {**own, "Filter": "SERVICE_CONTROL_POLICY"}
    if operation == "ListChildren":
        yield {**own, "ChildType": "ACCOUNT"}
    if operation.startswith("ListHandshakes"):
        yield {**own, "Filter": {"ActionType": "INVITE"}}
    if operation == "ListCreateAccountStatus":
        yield {**own, "States": ["SUCCEEDED"]}
    if "TargetId" in own:
        yield {**own, "TargetId": each.units[0]}
    if "ServicePrincipal" in own:
        yield {name: member for name, member in own.items() if name != "ServicePrincipal"}
    if operation == "ListDelegatedServicesForAccount":
        yield {**own, "AccountId": each.created[0]}
