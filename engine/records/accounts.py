"""Records about accounts: creation, closure, joining and leaving; also those that AWS itself makes later."""

from ..events import (
    AccountClosed,
    AccountClosureRequested,
    AccountCreationFailed,
    AccountCreationRequested,
    AccountCreationSucceeded,
    AccountJoined,
    AnyEvent,
    ResourceTagged,
)
from ..operation import Events
from ..rules.latency import MEASURED
from ..settings import DAY
from ..state import Creation
from ..words import DepartureMethod, JoinedMethod
from . import placeholders
from .organizations import described
from .record import Members, Unplaced, needed, part, tags_under, text, unmasked
from .taking import Taking

CREATION_ENDS = 36_500 * DAY
"""How far away the end of a creation is that only its CreateAccountResult ends."""


def creation_requested(taking: Taking) -> Events:
    asked, answer = taking.parameters, part(taking.record.answer, "createAccountStatus")
    request = needed(answer, "id", "responseElements.createAccountStatus")
    if request in taking.state.creations:
        return []
    taking.require_room(request)
    email = unmasked(text(asked, "email")) or placeholders.address(request)
    if email.lower() in taking.organization.creations:
        _end_twin(taking, taking.organization.creations[email.lower()])
    return [
        AccountCreationRequested(
            taking.id,
            request,
            email,
            text(asked, "accountName") or text(answer, "accountName") or request,
            finishes_at=taking.stamp.now + CREATION_ENDS,
            role_name=text(asked, "roleName"),
            iam_user_access_to_billing=text(asked, "iamUserAccessToBilling"),
            tags=tags_under(asked),
            govcloud=taking.record.event_name == "CreateGovCloudAccount",
        )
    ]


def _end_twin(taking: Taking, request: str) -> None:
    """Infer the end of another creation with the same address: AWS lets one at a time be in progress."""
    taking.infer(AccountCreationFailed(taking.id, request, "INTERNAL_FAILURE"))


def creation_finished(taking: Taking) -> Events:
    status = part(taking.record.details, "createAccountStatus")
    request = needed(status, "id", "serviceEventDetails.createAccountStatus")
    creation = taking.state.creations.get(request)
    if creation:
        taking.be_about(creation.organization)
    if text(status, "state") == "FAILED":
        reason = text(status, "failureReason") or "INTERNAL_FAILURE"
        return [AccountCreationFailed(taking.id, request, reason)] if creation else []
    return _succeeded(taking, status, request, creation)


def _succeeded(taking: Taking, status: Members, request: str, creation: Creation | None) -> Events:
    account = needed(status, "accountId", "serviceEventDetails.createAccountStatus")
    events: list[AnyEvent] = []
    if creation:
        events.append(AccountCreationSucceeded(taking.id, request, account, text(status, "govCloudAccountId")))
    email, name = _known_as(taking, creation, account)
    if taking.is_member(account):
        events += described(taking, account, email, name)
    else:
        # A creation counts against the quota already.
        *left, joined = taking.joining_events(account, JoinedMethod.CREATED, counted=creation is not None)
        taking.infer(*left)
        assert isinstance(joined, AccountJoined), "joining ends in AccountJoined"
        events.append(AccountJoined(taking.id, account, joined.method, email, name if email else None))
    if creation and creation.tags:
        events.append(ResourceTagged(taking.id, account, creation.tags))
    return events


def _known_as(taking: Taking, creation: Creation | None, account: str) -> tuple[str | None, str | None]:
    """The address and name of a created account; None where they are masked, or the address is somebody's already."""
    state = taking.state
    if creation is None or placeholders.is_address(creation.email) or state.owner_of(creation.email):
        return None, None
    known = state.accounts.get(account)
    return (None, None) if known and known.email else (creation.email, unmasked(creation.name))


def joined(taking: Taking) -> Events:
    """AWS tells the management account of a member; mostly another record has told it before."""
    details = taking.details
    account = _member(details)
    if taking.is_member(account):
        return []
    method = JoinedMethod.CREATED if _word(details, "joinedMethod") == "CREATED" else JoinedMethod.INVITED
    *left, event = taking.joining_events(account, method)
    taking.infer(*left)
    return [event]


def departed(taking: Taking) -> Events:
    details = taking.details
    account = _member(details)
    word = _word(details, "departureMethod", "departedMethod")
    if word not in DepartureMethod.__members__:
        raise Unplaced(f"no method of departure {word!r} is known")
    method = DepartureMethod(word)
    if account not in taking.organization.members:
        return []
    if account == taking.organization.management_account:
        # Its organization was deleted, which the record DeleteOrganization tells.
        return []
    return taking.leave(account, method)


def _member(details: Members) -> str:
    account = text(details, "accountId", "memberAccountId", "account")
    if account is None:
        raise Unplaced("serviceEventDetails.accountId is missing")
    return account


def _word(details: Members, *names: str) -> str:
    return (text(details, *names) or "").upper()


def removed(taking: Taking) -> Events:
    return _leave(taking, taking.parameter("accountId"), DepartureMethod.REMOVED)


def left(taking: Taking) -> Events:
    """A member that is not known leaves an organization that nobody names: then there is nothing to say."""
    assert taking.caller is not None, "somebody called"
    return _leave(taking, taking.caller, DepartureMethod.LEFT)


def _leave(taking: Taking, account: str, method: DepartureMethod) -> Events:
    if account == taking.organization.management_account:
        raise Unplaced(f"{account} manages {taking.id}, and leaves it only by deleting it")
    taking.require_member(account)
    return taking.leave(account, method)


def closure_requested(taking: Taking) -> Events:
    account = _closable(taking, taking.parameter("accountId"))
    closures = taking.organization.closures
    if account in closures.pending or account in closures.closed:
        return []
    taking.require_room_for_closures()
    if len(closures.pending) >= taking.state.settings.quotas.concurrent_account_closures:
        taking.require_closed(next(iter(closures.pending)))
    # AWS tells its end in CloseAccountResult, which may be missing; so at the latest it ends when all that were
    # measured had (docs/aws.md 4.4).
    return [AccountClosureRequested(taking.id, account, taking.stamp.now + MEASURED["closure"][1])]


def closure_finished(taking: Taking) -> Events:
    status = part(taking.record.details, "closeAccountStatus")
    account = _closable(taking, needed(status, "accountId", "serviceEventDetails.closeAccountStatus"))
    closures = taking.organization.closures
    if text(status, "state") == "FAILED":
        raise Unplaced(f"the closure of {account} failed, and nothing is known of such closures")
    if account in closures.closed:
        return []
    if account not in closures.pending:
        taking.require_room_for_closures()
        taking.infer(AccountClosureRequested(taking.id, account, taking.stamp.now))
    return [AccountClosed(taking.id, account)]


def _closable(taking: Taking, account: str) -> str:
    if account == taking.organization.management_account:
        raise Unplaced(f"{account} manages {taking.id}, and cannot be closed")
    taking.require_all_features()
    return taking.require_member(account)


RECORDS = {
    "CreateAccount": creation_requested,
    "CreateGovCloudAccount": creation_requested,
    "CreateAccountResult": creation_finished,
    "CloseAccount": closure_requested,
    "CloseAccountResult": closure_finished,
    "AccountJoinedOrganization": joined,
    "AccountDepartedOrganization": departed,
    "RemoveAccountFromOrganization": removed,
    "LeaveOrganization": left,
}
