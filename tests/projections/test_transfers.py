from collections.abc import Sequence
from typing import Any

import pytest
from support.given import FOUNDER, MEMBER, OTHER, RIVAL, STRANGER
from support.projection_world import WatchedWorld
from support.responsibility_transfers import (
    DEADLINE,
    FEBRUARY,
    MARCH,
    offered,
    transfer_in,
    transferred,
    two_organizations,
)

from orgsim.engine.authorization.resource_policy import normalised
from orgsim.engine.errors import (
    AccessDeniedException,
    AWSOrganizationsNotInUseException,
    ConstraintViolationException,
    InvalidInputException,
    ResponsibilityTransferNotFoundException,
)
from orgsim.engine.events import ResourcePolicyPut
from orgsim.engine.operations import (
    accept_handshake,
    decline_handshake,
    delete_organization,
    terminate_responsibility_transfer,
    update_responsibility_transfer,
)
from orgsim.engine.shapes.base import moment
from orgsim.engine.words import TransferStatus

UNKNOWN = "rt-01234567"
ADDRESS = f"{RIVAL}@Accounts.Example"
DESCRIBE = "DescribeResponsibilityTransfer"
INBOUND, OUTBOUND = "ListInboundResponsibilityTransfers", "ListOutboundResponsibilityTransfers"


def world() -> WatchedWorld:
    """FOUNDER, RIVAL and OTHER manage an organization each; MEMBER is in FOUNDER's."""
    found = two_organizations(WatchedWorld())
    found.founded(OTHER)
    found.joined(MEMBER)
    return found


def described(found: WatchedWorld, transfer: str, account: str) -> dict[str, Any]:
    return found.ask(DESCRIBE, account, Id=transfer)["ResponsibilityTransfer"]


def listed(found: WatchedWorld, operation: str, account: str, **members: Any) -> list[str]:
    pages = found.pages(operation, account, "ResponsibilityTransfers", Type="BILLING", **members)
    return [transfer["Id"] for page in pages for transfer in page]


def grant(found: WatchedWorld, operations: Sequence[str], resource: str = "*") -> None:
    """The resource policy of FOUNDER's organization lets MEMBER do this."""
    actions = ",".join(f'"organizations:{operation}"' for operation in operations)
    statement = f'{{"Effect":"Allow","Principal":{{"AWS":"{MEMBER}"}},"Action":[{actions}],"Resource":"{resource}"}}'
    organization = found.organization_of(FOUNDER)
    content = normalised(f'{{"Version":"2012-10-17","Statement":[{statement}]}}', organization.members)
    found.evolve(ResourcePolicyPut(organization.id, "rp-01234567", content))


# DescribeResponsibilityTransfer.


@pytest.mark.parametrize(
    ("account", "direction", "name"), [(FOUNDER, "inbound", {"Name": "Subsidiary"}), (RIVAL, "outbound", {})]
)
def test_described(account: str, direction: str, name: dict[str, str]) -> None:
    """Either side sees the transfer under its own ARN; its name is for who pays only."""
    found = world()
    transfer = transferred(found)
    organization = found.organization_of(account).id
    assert described(found, transfer, account) == {
        "Arn": f"arn:aws:organizations::{account}:transfer/{organization}/billing/{direction}/{transfer}",
        "Id": transfer,
        "Type": "BILLING",
        "Status": "ACCEPTED",
        "Source": {"ManagementAccountId": RIVAL, "ManagementAccountEmail": f"{RIVAL}@accounts.example"},
        "Target": {"ManagementAccountId": FOUNDER, "ManagementAccountEmail": f"{FOUNDER}@accounts.example"},
        "StartTimestamp": FEBRUARY,
        "ActiveHandshakeId": found.state.transfers.by_id[transfer].handshake,
        **name,
    }


@pytest.mark.parametrize(
    ("target", "source"),
    [(RIVAL, {"ManagementAccountId": RIVAL}), (ADDRESS, {"ManagementAccountEmail": ADDRESS})],
    ids=["account", "address"],
)
def test_source_before_it_accepted(target: str, source: dict[str, str]) -> None:
    """Until an invitation is accepted, both sides see only the address or account that it was sent to."""
    found = world()
    handshake, transfer = offered(found, target)
    for account in (FOUNDER, RIVAL):
        assert described(found, transfer, account)["Source"] == source
    found.do(accept_handshake.Request(handshake), RIVAL)
    assert described(found, transfer, FOUNDER)["Source"]["ManagementAccountId"] == RIVAL


@pytest.mark.parametrize("status", list(TransferStatus), ids=lambda status: status.value)
def test_status(status: TransferStatus) -> None:
    """The status follows the transfer's life, on both sides."""
    found = world()
    transfer = transfer_in(found, status)
    assert {described(found, transfer, account)["Status"] for account in (FOUNDER, RIVAL)} == {status.value}


def test_end() -> None:
    """A withdrawn transfer shows when it ends, and stays as it is after that."""
    found = world()
    transfer = transfer_in(found, TransferStatus.WITHDRAWN)
    before = described(found, transfer, RIVAL)
    assert before["EndTimestamp"] == moment(1_769_904_000_000_000 - 1_000)
    found.advance(days=400)
    assert described(found, transfer, RIVAL) == before


def test_new_name() -> None:
    """A new name shows at once."""
    found = world()
    transfer = transferred(found)
    found.do(update_responsibility_transfer.Request(transfer, "Branch"), FOUNDER)
    assert described(found, transfer, FOUNDER)["Name"] == "Branch"


def test_who_may_ask() -> None:
    """A third organization does not find it, a member is denied whether it exists or not, a stranger is nowhere."""
    found = world()
    transfer = transferred(found)
    found.denies(DESCRIBE, OTHER, ResponsibilityTransferNotFoundException, Id=transfer)
    found.denies(DESCRIBE, FOUNDER, ResponsibilityTransferNotFoundException, Id=UNKNOWN)
    found.denies(DESCRIBE, MEMBER, AccessDeniedException, Id=transfer)
    found.denies(DESCRIBE, MEMBER, AccessDeniedException, Id=UNKNOWN)
    found.denies(DESCRIBE, STRANGER, AWSOrganizationsNotInUseException, Id=transfer)
    found.denies(DESCRIBE, FOUNDER, InvalidInputException, "INVALID_PATTERN:ID", Id="x")


def test_payer_of_the_payer() -> None:
    """Who pays for a payer inherits what that one pays for, and sees it with its name as long as it pays."""
    found = world()
    lower, upper = transferred(found, RIVAL, FOUNDER), transferred(found, FOUNDER, OTHER)
    organization = found.organization_of(OTHER).id
    seen = described(found, lower, OTHER)
    assert (seen["Name"], seen["Target"]["ManagementAccountId"]) == ("Subsidiary", FOUNDER)
    assert seen["Arn"] == f"arn:aws:organizations::{OTHER}:transfer/{organization}/billing/inbound/{lower}"
    found.denies(DESCRIBE, RIVAL, ResponsibilityTransferNotFoundException, Id=upper)
    found.do(terminate_responsibility_transfer.Request(upper), OTHER)
    found.denies(DESCRIBE, OTHER, ResponsibilityTransferNotFoundException, Id=lower)


def test_payer_of_the_payer_of_what_ends() -> None:
    """A withdrawn transfer is inherited until its end, and found by its id among the inbound ones."""
    found = world()
    lower = transferred(found, RIVAL, FOUNDER)
    transferred(found, FOUNDER, OTHER)
    ends_at = found.do(terminate_responsibility_transfer.Request(lower), RIVAL)[0].ends_at
    by_id = {"Type": "BILLING", "Id": lower}
    assert found.ask(INBOUND, OTHER, **by_id)["ResponsibilityTransfers"] == [described(found, lower, OTHER)]
    found.advance(microseconds=ends_at - found.now)
    assert described(found, lower, OTHER)["Status"] == "WITHDRAWN"
    found.advance(microseconds=1)
    found.denies(DESCRIBE, OTHER, ResponsibilityTransferNotFoundException, Id=lower)
    found.denies(INBOUND, OTHER, ResponsibilityTransferNotFoundException, **by_id)


@pytest.mark.parametrize("purged", [TransferStatus.DECLINED, TransferStatus.CANCELED, TransferStatus.EXPIRED])
def test_purged(purged: TransferStatus) -> None:
    """A transfer that was declined, canceled or expired is gone from every answer thirty days later."""
    found = world()
    transfer = transfer_in(found, purged)
    assert listed(found, INBOUND, FOUNDER) == listed(found, OUTBOUND, RIVAL) == [transfer]
    found.advance(days=30)
    for account in (FOUNDER, RIVAL):
        found.denies(DESCRIBE, account, ResponsibilityTransferNotFoundException, Id=transfer)
    assert listed(found, INBOUND, FOUNDER) == listed(found, OUTBOUND, RIVAL) == []


def test_granted_member() -> None:
    """A member sees what the resource policy grants it, by the ARN of its organization's side, and nothing else."""
    found = world()
    transfer, other = transferred(found), transferred(found, OTHER, FOUNDER)
    grant(found, [DESCRIBE], described(found, transfer, FOUNDER)["Arn"])
    assert described(found, transfer, MEMBER) == described(found, transfer, FOUNDER)
    found.denies(DESCRIBE, MEMBER, AccessDeniedException, Id=other)
    found.denies(DESCRIBE, MEMBER, AccessDeniedException, Id=UNKNOWN)
    found.denies(INBOUND, MEMBER, AccessDeniedException, Type="BILLING")
    grant(found, [INBOUND, OUTBOUND])
    assert listed(found, INBOUND, MEMBER) == [other, transfer]
    assert listed(found, OUTBOUND, MEMBER) == []


# The lists.


def test_inbound() -> None:
    """Who pays sees its invitations and transfers, newest first, under its own ARN, and nobody else's."""
    found = world()
    accepted = transferred(found)
    declined, open_transfer = transfer_in_again(found), offered(found, STRANGER)[1]
    transferred(found, FOUNDER, OTHER)
    assert listed(found, INBOUND, FOUNDER) == [open_transfer, declined, accepted]
    first = found.ask(INBOUND, FOUNDER, Type="BILLING")["ResponsibilityTransfers"][0]
    assert first == described(found, open_transfer, FOUNDER)
    assert listed(found, INBOUND, RIVAL) == []


def transfer_in_again(found: WatchedWorld) -> str:
    """The id of an offer to OTHER that was declined."""
    handshake, transfer = offered(found, OTHER)
    found.do(decline_handshake.Request(handshake), OTHER)
    return transfer


def test_inbound_by_id() -> None:
    """With an id the list is that transfer alone; one on the other side, or of others, is not found."""
    found = world()
    transfer, other = transferred(found), transferred(found, FOUNDER, OTHER)
    assert listed(found, INBOUND, FOUNDER, Id=transfer) == [transfer]
    for wrong in (other, UNKNOWN):
        found.denies(INBOUND, FOUNDER, ResponsibilityTransferNotFoundException, Type="BILLING", Id=wrong)


def test_outbound() -> None:
    """Whose bills are paid sees what it accepted and all invitations to its id and its address, newest first."""
    found = world()
    found.founded(STRANGER)
    accepted = transferred(found)
    by_address = offered(found, ADDRESS, OTHER)[1]
    by_account = offered(found, RIVAL, STRANGER)[1]
    assert listed(found, OUTBOUND, RIVAL) == [by_account, by_address, accepted]
    first = found.ask(OUTBOUND, RIVAL, Type="BILLING")["ResponsibilityTransfers"][0]
    assert first == described(found, by_account, RIVAL)
    for account in (FOUNDER, OTHER, STRANGER):
        assert listed(found, OUTBOUND, account) == []


def test_spelling_of_addresses() -> None:
    """However an address is spelled, by its owner and in the invitation, it is one address, until the purge too."""
    found = world()
    found.describe(account_id=RIVAL, email="Owner@Example.com")
    handshake, transfer = offered(found, "oWNER@example.COM")
    assert listed(found, OUTBOUND, RIVAL) == [transfer]
    assert described(found, transfer, RIVAL)["Status"] == "REQUESTED"
    found.refuses(
        delete_organization.Request(), RIVAL, ConstraintViolationException, "ACTIVE_RESPONSIBILITY_TRANSFER_PROCESS"
    )
    found.do(decline_handshake.Request(handshake), RIVAL)
    found.advance(days=30)
    assert listed(found, OUTBOUND, RIVAL) == []


def test_outbound_after_acceptance() -> None:
    """An accepted invitation stands once in the list, as new as its acceptance."""
    found = world()
    handshake, first = offered(found, ADDRESS)
    second = offered(found, RIVAL, OTHER)[1]
    assert listed(found, OUTBOUND, RIVAL) == [second, first]
    found.do(accept_handshake.Request(handshake), RIVAL)
    assert listed(found, OUTBOUND, RIVAL) == [first, second]


def test_outbound_of_the_next_organization() -> None:
    """A transfer stays with the organization that accepted it; open invitations pass to the account's next one."""
    found = world()
    transfer = transfer_in(found, TransferStatus.WITHDRAWN)
    found.advance(days=28)
    declined = offered(found, RIVAL, start=MARCH)
    found.do(decline_handshake.Request(declined[0]), RIVAL)
    found.do(delete_organization.Request(), RIVAL)
    found.founded(RIVAL)
    assert listed(found, OUTBOUND, RIVAL) == [declined[1]]
    assert listed(found, INBOUND, FOUNDER) == [declined[1], transfer]


def test_member_asked() -> None:
    """An invitation to a member account is no invitation to its organization."""
    found = world()
    offered(found, MEMBER, RIVAL)
    assert listed(found, OUTBOUND, FOUNDER) == []


@pytest.mark.parametrize("operation", [INBOUND, OUTBOUND])
def test_lists_are_for_management_accounts(operation: str) -> None:
    """A member is denied, a standalone account is in no organization, and the type is required and BILLING."""
    found = world()
    found.denies(operation, MEMBER, AccessDeniedException, Type="BILLING")
    found.denies(operation, STRANGER, AWSOrganizationsNotInUseException, Type="BILLING")
    found.denies(operation, FOUNDER, InvalidInputException, "INPUT_REQUIRED:TYPE")
    found.denies(operation, FOUNDER, InvalidInputException, "INVALID_ENUM:TYPE", Type="SUPPORT")


def many(count: int) -> tuple[WatchedWorld, list[str]]:
    """So many payers that asked RIVAL, by its id and its address in turn; their transfers, newest first."""
    found = world()
    payers = [str(number) * 12 for number in range(5, 8)] + [f"{number:012}" for number in range(count - 3)]
    for payer in payers:
        found.founded(payer)
    return found, [offered(found, (RIVAL, ADDRESS)[n % 2], payer)[1] for n, payer in enumerate(payers)][::-1]


def test_outbound_pages() -> None:
    """Pages of any size hold the two kinds of invitations in one order, each once."""
    found, wanted = many(23)
    for size, sizes in ((None, [20, 3]), (7, [7, 7, 7, 2])):
        pages = found.pages(OUTBOUND, RIVAL, "ResponsibilityTransfers", Type="BILLING", MaxResults=size)
        assert list(map(len, pages)) == sizes
        assert [transfer["Id"] for page in pages for transfer in page] == wanted


def test_inbound_pages() -> None:
    """Pages of invitations sent hold each once, while some between them disappear."""
    found = world()
    sent = [offered(found, f"{number}@example.com") for number in range(23)][::-1]
    first = found.ask(INBOUND, FOUNDER, Type="BILLING")
    rest = found.ask(INBOUND, FOUNDER, Type="BILLING", NextToken=first["NextToken"])
    ids = [transfer["Id"] for page in (first, rest) for transfer in page["ResponsibilityTransfers"]]
    assert ids == [transfer for _, transfer in sent]
    assert "NextToken" not in rest
    found.advance(microseconds=DEADLINE - found.now, days=30)
    assert found.ask(INBOUND, FOUNDER, Type="BILLING", NextToken=first["NextToken"]) == {"ResponsibilityTransfers": []}


def test_tokens() -> None:
    """A token is good for the list that gave it out, for the same organization and filter."""
    found, _ = many(3)
    token = found.ask(OUTBOUND, RIVAL, Type="BILLING", MaxResults=1)["NextToken"]
    for operation, account, members in (
        (INBOUND, RIVAL, {}),
        (OUTBOUND, FOUNDER, {}),
        (INBOUND, RIVAL, {"Id": UNKNOWN}),
    ):
        found.denies(
            operation, account, InvalidInputException, "INVALID_NEXT_TOKEN", Type="BILLING", NextToken=token, **members
        )


# The handshakes of transfers.


@pytest.mark.parametrize("target", [RIVAL, ADDRESS], ids=["account", "address"])
def test_handshake(target: str) -> None:
    """Sender and recipient see the transfer's handshake as the sender got it, described and listed."""
    found = world()
    handshake, transfer = offered(found, target)
    seen = found.ask("DescribeHandshake", FOUNDER, HandshakeId=handshake)["Handshake"]
    assert seen["Resources"][2]["Value"] == transfer
    assert found.ask("DescribeHandshake", RIVAL, HandshakeId=handshake)["Handshake"] == seen
    assert found.ask("ListHandshakesForAccount", RIVAL)["Handshakes"] == [seen]
    wanted = {"ActionType": "TRANSFER_RESPONSIBILITY"}
    assert found.ask("ListHandshakesForOrganization", FOUNDER, Filter=wanted)["Handshakes"] == [seen]
    assert found.ask("ListHandshakesForOrganization", RIVAL)["Handshakes"] == []
    found.denies("DescribeHandshake", OTHER, AccessDeniedException, HandshakeId=handshake)


@pytest.mark.parametrize("target", [RIVAL, ADDRESS], ids=["account", "address"])
def test_accepted_handshake(target: str) -> None:
    """An accepted handshake still shows the transfer, and the account as the party, whoever owns the address now."""
    found = world()
    handshake, transfer = offered(found, target)
    found.do(accept_handshake.Request(handshake), RIVAL)
    for account in (FOUNDER, RIVAL):
        seen = found.ask("DescribeHandshake", account, HandshakeId=handshake)["Handshake"]
        assert (seen["State"], seen["Parties"][1]["Id"]) == ("ACCEPTED", RIVAL)
        assert seen["Resources"][2]["Value"] == transfer


# The view beside the state.


def test_view_and_state_agree() -> None:
    """The view folds the events into the very facts that decisions are made with."""
    found = world()
    # At the expiration January is over.
    for status in sorted(TransferStatus, key=lambda status: status is TransferStatus.EXPIRED):
        transfer = transfer_in(found, status)
        if status is TransferStatus.REQUESTED:
            found.do(decline_handshake.Request(found.state.transfers.by_id[transfer].handshake), RIVAL)
        if status is TransferStatus.ACCEPTED:
            found.do(terminate_responsibility_transfer.Request(transfer), RIVAL)
        found.advance(days=1)
        assert found.views.transfers.facts == found.state.transfers
    found.advance(days=40)
    assert found.views.transfers.facts == found.state.transfers
    assert len(found.state.transfers.by_id) == 2
