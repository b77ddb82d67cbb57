"""CreateGovCloudAccount: the management account has a member account made, and a GovCloud account linked with it.

Caller: the management account.
Refused, in this order: AWSOrganizationsNotInUse; AccessDenied; ConstraintViolation
    (MASTER_ACCOUNT_NOT_GOVCLOUD_ENABLED); then as create_account.py.
Happens: AccountCreationRequested, as create_account.py; the status will name both accounts.
Goes on in: finish_account_creation.py. The GovCloud account stands alone, in another partition, and has no record here.
Sources: section 4.2. That every management account is enabled for GovCloud unless stated otherwise is inferred.
"""

from ..errors import ConstraintViolationException
from ..operation import Events, Stamp
from ..rules import caller
from ..state import State
from ..words import Condition
from .create_account import Request as CreateAccountRequest
from .create_account import creation
from .create_account import reply as reply


class Request(CreateAccountRequest, frozen=True, rename="pascal"):
    """The members are CreateAccount's."""


def decide(request: Request, state: State, stamp: Stamp) -> Events:
    organization = caller.allowed("CreateGovCloudAccount", state, stamp)
    if Condition.GOVCLOUD_NOT_ENABLED in state.conditions_of(stamp.account):
        raise ConstraintViolationException("MASTER_ACCOUNT_NOT_GOVCLOUD_ENABLED")
    return creation(request, organization, state, stamp, govcloud=True)
