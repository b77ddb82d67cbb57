"""CreateGovCloudAccount: the management account has a member account made, and a GovCloud account linked with it.

Caller: the management account.
Refused, in this order: AWSOrganizationsNotInUse; AccessDenied; InvalidInput (INVALID_ROLE_NAME,
    INVALID_SYSTEM_TAGS_PARAMETER, DUPLICATE_TAG_KEY); ConstraintViolation (MAX_TAG_LIMIT_EXCEEDED,
    TAG_POLICY_VIOLATION, MASTER_ACCOUNT_NOT_GOVCLOUD_ENABLED); FinalizingOrganization; ConstraintViolation
    (MASTER_ACCOUNT_MISSING_CONTACT_INFO, MASTER_ACCOUNT_ADDRESS_DOES_NOT_MATCH_MARKETPLACE); ConcurrentModification;
    ConstraintViolation (ACCOUNT_CREATION_RATE_LIMIT_EXCEEDED, ACCOUNT_NUMBER_LIMIT_EXCEEDED).
Happens: AccountCreationRequested, as create_account.py; the status will name both accounts.
Goes on in: finish_account_creation.py. The GovCloud account stands alone, in another partition, and has no record here.
Sources: docs/aws.md 4.2. That every management account is enabled for GovCloud unless stated otherwise is inferred.
"""

from ..operation import Events, Stamp
from ..rules import caller
from ..state import State
from .create_account import Request as CreateAccountRequest
from .create_account import creation
from .create_account import reply as reply


class Request(CreateAccountRequest, frozen=True, rename="pascal"):
    """The members are CreateAccount's."""


def decide(request: Request, state: State, stamp: Stamp) -> Events:
    organization = caller.authorize("CreateGovCloudAccount", state, stamp)
    return creation(request, organization, state, stamp, govcloud=True)
