"""CreateGovCloudAccount: the management account requests a new member account and a linked GovCloud account.

Caller: the management account.
Refused, in this order:
    - UnsupportedAPIEndpoint: the caller calls from GovCloud or China.
    - AWSOrganizationsNotInUse: the caller is in no organization.
    - AccessDenied: the caller is a member account.
    - InvalidInput (INVALID_ROLE_NAME): the role's name begins with AWSServiceRoleFor.
    - InvalidInput (INVALID_SYSTEM_TAGS_PARAMETER): a key begins with aws:.
    - InvalidInput (DUPLICATE_TAG_KEY): a key is given twice.
    - ConstraintViolation (MAX_TAG_LIMIT_EXCEEDED): more than 50 tags.
    - ConstraintViolation (TAG_POLICY_VIOLATION): the management account's effective tag policy forbids one of the tags.
    - ConstraintViolation (MASTER_ACCOUNT_NOT_GOVCLOUD_ENABLED): the management account has no account in GovCloud.
    - FinalizingOrganization: the organization is younger than organization_finalization_seconds of the settings.
    - ConstraintViolation (MASTER_ACCOUNT_MISSING_CONTACT_INFO): the management account has no contact address or phone
      number.
    - ConstraintViolation (MASTER_ACCOUNT_ADDRESS_DOES_NOT_MATCH_MARKETPLACE): its address is outside its marketplace.
    - ConcurrentModification: the creation of an account with the same address is in progress.
    - ConstraintViolation (ACCOUNT_CREATION_RATE_LIMIT_EXCEEDED): five creations are in progress.
    - ConstraintViolation (ACCOUNT_NUMBER_LIMIT_EXCEEDED): members, open invitations and creations fill the account
      quota.
Happens: AccountCreationRequested, as in create_account.py; the status will name both accounts.
Goes on in: finish_account_creation.py. The GovCloud account is a standalone account of the partition aws-us-gov; an
    organization there may invite it.
Sources: docs/aws.md 1.3 and 4.2. That every management account is enabled for GovCloud unless stated
    otherwise is inferred.
"""

from ..operation import Events, Stamp
from ..rules import caller
from ..state import State
from .create_account import Request as CreateAccountRequest
from .create_account import creation
from .create_account import reply as reply


class Request(CreateAccountRequest, frozen=True, rename="pascal"):
    """The same members as CreateAccount."""


def decide(request: Request, state: State, stamp: Stamp) -> Events:
    caller.require_offered("CreateGovCloudAccount", state, stamp)
    organization = caller.authorize("CreateGovCloudAccount", state, stamp)
    return creation(request, organization, state, stamp, govcloud=True)
