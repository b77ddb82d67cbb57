"""CloseAccount: the management account closes a member account.

Caller: the management account.
Refused, in this order:
    - AWSOrganizationsNotInUse: the caller is in no organization.
    - AccessDenied: the caller is a member account.
    - AccountNotFound: there is no such account in the organization.
    - ConstraintViolation (CANNOT_CLOSE_MANAGEMENT_ACCOUNT): it is the management account.
    - ConstraintViolation (ORGANIZATION_NOT_IN_ALL_FEATURES_MODE): the organization has consolidated billing only.
    - AccountAlreadyClosed: the account is closed, or about to be.
    - ConstraintViolation (CLOSE_ACCOUNT_REQUESTS_LIMIT_EXCEEDED): three closures are in progress.
    - ConstraintViolation (CLOSE_ACCOUNT_QUOTA_EXCEEDED): the closures of the last thirty days are a fifth of the
      members, at least 250 and at most 1,000.
Happens: AccountClosureRequested, and FaultInjected if a scripted fault makes it slow. The account is PENDING_CLOSURE
    until the closure finishes: before the next request is handled, or with realistic latency ten to eleven minutes
    later.
Goes on in: finish_account_closure.py, and ninety days later clean_closed_account.py.
Sources: docs/aws.md 4.4; the order of the refusals is inferred. A delegated administrator can be closed.
"""

from msgspec import Struct

from ..errors import AccountAlreadyClosedException, AccountNotFoundException, ConstraintViolationException
from ..events import AccountClosureRequested
from ..explaining import absent, number, until
from ..ids import AccountId
from ..operation import Events, Stamp
from ..rules import caller, faults, membership, quotas
from ..rules.limits import closure_finishes, closure_leaves_window
from ..rules.policies import why_billing_only
from ..shapes.base import EmptyReply
from ..state import Organization, State
from ..words import FeatureSet


class Request(Struct, frozen=True, rename="pascal"):
    account_id: AccountId


def decide(request: Request, state: State, stamp: Stamp) -> Events:
    organization = caller.authorize("CloseAccount", state, stamp)
    account = request.account_id
    if account not in organization.members:
        raise AccountNotFoundException(explanation=absent(account, organization))
    if account == organization.management_account:
        raise ConstraintViolationException(
            "CANNOT_CLOSE_MANAGEMENT_ACCOUNT",
            explanation=f"{account} is the management account of {organization.id}; only other members can be closed",
        )
    if organization.feature_set is not FeatureSet.ALL:
        raise ConstraintViolationException(
            "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE", explanation=why_billing_only(organization)
        )
    if account in organization.closures.pending or account in organization.closures.closed:
        raise AccountAlreadyClosedException(explanation=membership.why_closing(account, organization))
    _require_room(organization, state, stamp.now)
    met = faults.meet("CloseAccount", stamp.account, state, stamp, begins=account)
    return [AccountClosureRequested(organization.id, account, faults.done_at("closure", met, state, stamp)), *met]


def _require_room(organization: Organization, state: State, now: int) -> None:
    pending, at_once = len(organization.closures.pending), state.settings.quotas.concurrent_account_closures
    if pending >= at_once:
        raise ConstraintViolationException(
            "CLOSE_ACCOUNT_REQUESTS_LIMIT_EXCEEDED",
            explanation=until(
                f"{organization.id} has {number(pending, 'closures')} in progress",
                at_once,
                closure_finishes(organization, state, now),
            ),
        )
    counted, allowed = (
        quotas.closures_counted(organization, now),
        quotas.closures_allowed(organization, state.settings.quotas),
    )
    if counted >= allowed:
        raise ConstraintViolationException(
            "CLOSE_ACCOUNT_QUOTA_EXCEEDED",
            explanation=until(
                f"{organization.id} asked for {number(counted, 'closures')} within thirty days",
                allowed,
                closure_leaves_window(organization, state, now),
            ),
        )


def reply(request: Request, events: Events, state: State) -> EmptyReply:
    return EmptyReply()
