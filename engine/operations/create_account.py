"""CreateAccount: the management account requests a new member account, which is created asynchronously.

Caller: the management account.
Refused, in this order:
    - UnsupportedAPIEndpoint: the caller calls from GovCloud, where no account is created.
    - AWSOrganizationsNotInUse: the caller is in no organization.
    - AccessDenied: the caller is a member account.
    - InvalidInput (INVALID_ROLE_NAME): the role's name begins with AWSServiceRoleFor.
    - InvalidInput (INVALID_SYSTEM_TAGS_PARAMETER): a key begins with aws:.
    - InvalidInput (DUPLICATE_TAG_KEY): a key is given twice.
    - ConstraintViolation (MAX_TAG_LIMIT_EXCEEDED): more than 50 tags.
    - ConstraintViolation (TAG_POLICY_VIOLATION): the management account's effective tag policy forbids one of the tags.
    - FinalizingOrganization: the organization is younger than organization_finalization_seconds of the settings.
    - ConstraintViolation (MASTER_ACCOUNT_MISSING_CONTACT_INFO): the management account has no contact address or phone
      number.
    - ConstraintViolation (MASTER_ACCOUNT_ADDRESS_DOES_NOT_MATCH_MARKETPLACE): its address is outside its marketplace.
    - ConcurrentModification: the creation of an account with the same address is in progress.
    - ConstraintViolation (ACCOUNT_CREATION_RATE_LIMIT_EXCEEDED): five creations are in progress.
    - ConstraintViolation (ACCOUNT_NUMBER_LIMIT_EXCEEDED): members, open invitations and creations fill the account
      quota.
Happens: AccountCreationRequested, and FaultInjected if a scripted fault makes it slow or fail. The creation is
    IN_PROGRESS until it finishes: before the next request is handled, or with realistic latency 2 to 48 seconds later.
Goes on in: finish_account_creation.py, which fails if the address is taken, and for other reasons.
Sources: docs/aws.md 1.3 and 4.1; the order of the refusals is inferred.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from ..errors import ConcurrentModificationException, ConstraintViolationException, InvalidInputException
from ..events import AccountCreationRequested, Tag
from ..explaining import number, suffers, until, when
from ..operation import Events, Stamp
from ..rules import caller, faults, membership, quotas
from ..rules import tags as tag_rules
from ..rules.limits import creation_finishes
from ..shapes.accounts import CreateAccountStatus, CreateAccountStatusReply
from ..shapes.base import moment
from ..state import Organization, State
from ..words import Condition

REASONS = {
    Condition.CONTACT_INFO_MISSING: "MASTER_ACCOUNT_MISSING_CONTACT_INFO",
    Condition.ADDRESS_OUTSIDE_MARKETPLACE: "MASTER_ACCOUNT_ADDRESS_DOES_NOT_MATCH_MARKETPLACE",
}


class Request(Struct, frozen=True, rename="pascal"):
    email: Annotated[str, Meta(min_length=6, max_length=64, pattern=r"^[^\s@]+@[^\s@]+\.[^\s@]+\Z")]
    account_name: Annotated[str, Meta(min_length=1, max_length=50, pattern=r"^[\x20-\x7e]+\Z")]
    role_name: Annotated[str, Meta(max_length=64, pattern=r"^[A-Za-z0-9_+=,.@-]{1,64}\Z")] | None = None
    iam_user_access_to_billing: Literal["ALLOW", "DENY"] | None = None
    tags: tuple[tag_rules.TagMember, ...] = ()


def decide(request: Request, state: State, stamp: Stamp) -> Events:
    caller.require_offered("CreateAccount", state, stamp)
    organization = caller.authorize("CreateAccount", state, stamp)
    return creation(request, organization, state, stamp)


def creation(
    request: Request, organization: Organization, state: State, stamp: Stamp, *, govcloud: bool = False
) -> Events:
    """Check a request and build its events: what CreateAccount and CreateGovCloudAccount share after authorization."""
    if request.role_name and request.role_name.startswith("AWSServiceRoleFor"):
        raise InvalidInputException(
            "INVALID_ROLE_NAME", explanation=f"{request.role_name} begins with AWSServiceRoleFor, which is reserved"
        )
    tags = tag_rules.compliant_tags(request.tags, "account", organization)
    if govcloud and Condition.GOVCLOUD_NOT_ENABLED in state.conditions_of(stamp.account):
        raise ConstraintViolationException(
            "MASTER_ACCOUNT_NOT_GOVCLOUD_ENABLED", explanation=suffers(stamp.account, Condition.GOVCLOUD_NOT_ENABLED)
        )
    membership.require_finalized(organization, state, stamp.now)
    conditions = state.conditions_of(stamp.account)
    for condition, reason in REASONS.items():
        if condition in conditions:
            raise ConstraintViolationException(reason, explanation=suffers(stamp.account, condition))
    _require_room(request.email, organization, state, stamp.now)
    return _requested(request, organization, state, stamp, tags=tags, govcloud=govcloud)


def _requested(
    request: Request, organization: Organization, state: State, stamp: Stamp, *, tags: tuple[Tag, ...], govcloud: bool
) -> Events:
    created = stamp.ids.create_account_request(stamp.position)
    operation = "CreateGovCloudAccount" if govcloud else "CreateAccount"
    met = faults.meet(operation, stamp.account, state, stamp, begins=created)
    return [
        AccountCreationRequested(
            organization.id,
            created,
            request.email,
            request.account_name,
            finishes_at=faults.done_at("creation", met, state, stamp),
            role_name=request.role_name,
            iam_user_access_to_billing=request.iam_user_access_to_billing,
            tags=tags,
            govcloud=govcloud,
        ),
        *met,
    ]


def _require_room(email: str, organization: Organization, state: State, now: int) -> None:
    running, limits = organization.creations, state.settings.quotas
    same = running.get(email.lower())
    if same:
        raise ConcurrentModificationException(
            explanation=f"{same}, which creates {email}, is IN_PROGRESS until {when(state.creations[same].finishes_at)}"
        )
    if len(running) >= limits.concurrent_account_creations:
        raise ConstraintViolationException(
            "ACCOUNT_CREATION_RATE_LIMIT_EXCEEDED",
            explanation=until(
                f"{organization.id} has {number(len(running), 'running creations')}",
                limits.concurrent_account_creations,
                creation_finishes(organization, state, now),
            ),
        )
    if quotas.accounts_counted(organization) >= limits.accounts:
        raise ConstraintViolationException(
            "ACCOUNT_NUMBER_LIMIT_EXCEEDED", explanation=quotas.why_no_account(organization, limits)
        )


def reply(request: Request, events: Events, state: State) -> CreateAccountStatusReply:
    requested = events[0]
    assert isinstance(requested, AccountCreationRequested)
    status = CreateAccountStatus(
        id=requested.request,
        account_name=requested.name,
        state="IN_PROGRESS",
        requested_timestamp=moment(state.now),
    )
    return CreateAccountStatusReply(status)
