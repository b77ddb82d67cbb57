"""CreateGovCloudAccount (docs/aws.md 4.2)."""

from support.given import FOUNDER, MEMBER, STRANGER, World

from orgsim.engine.errors import (
    AccessDeniedException,
    AWSOrganizationsNotInUseException,
    ConstraintViolationException,
    InvalidInputException,
)
from orgsim.engine.events import AccountCreationRequested, AccountCreationSucceeded, AccountJoined, ResourceTagged, Tag
from orgsim.engine.operations import create_gov_cloud_account
from orgsim.engine.rules.tags import TagMember
from orgsim.engine.words import Condition

REQUEST = create_gov_cloud_account.Request("pair@example.com", "Pair", tags=(TagMember("team", "a"),))


def test_refusals_come_in_order() -> None:
    """The caller, then the request, then the link with GovCloud, then what else CreateAccount refuses."""
    world = World()
    world.refuses(REQUEST, STRANGER, AWSOrganizationsNotInUseException)
    world.founded()
    world.joined(MEMBER)
    world.refuses(REQUEST, MEMBER, AccessDeniedException)
    wrong = create_gov_cloud_account.Request("pair@example.com", "Pair", "AWSServiceRoleForMe")
    world.refuses(wrong, FOUNDER, InvalidInputException, "INVALID_ROLE_NAME")
    world.suffers(FOUNDER, Condition.GOVCLOUD_NOT_ENABLED, Condition.CONTACT_INFO_MISSING)
    world.refuses(wrong, FOUNDER, InvalidInputException, "INVALID_ROLE_NAME")
    world.refuses(REQUEST, FOUNDER, ConstraintViolationException, "MASTER_ACCOUNT_NOT_GOVCLOUD_ENABLED")
    world.suffers(FOUNDER, Condition.CONTACT_INFO_MISSING)
    world.refuses(REQUEST, FOUNDER, ConstraintViolationException, "MASTER_ACCOUNT_MISSING_CONTACT_INFO")


def test_two_accounts_and_one_member() -> None:
    """The commercial account joins with the tags, and the status will name the other one."""
    world = World()
    organization = world.founded()
    (requested,) = world.do(REQUEST, FOUNDER)
    assert isinstance(requested, AccountCreationRequested)
    assert requested.govcloud
    succeeded, joined, tagged = world.advance(seconds=1)
    assert isinstance(succeeded, AccountCreationSucceeded)
    assert isinstance(joined, AccountJoined)
    assert tagged == ResourceTagged(organization, succeeded.account, (Tag("team", "a"),))
    assert succeeded.govcloud_account not in (None, succeeded.account)
    assert succeeded.govcloud_account not in world.state.accounts


def test_reply() -> None:
    """The answer is that of CreateAccount: in progress, and no account id yet."""
    world = World()
    world.founded()
    status = world.reply(REQUEST, FOUNDER)["CreateAccountStatus"]
    assert sorted(status) == ["AccountName", "Id", "RequestedTimestamp", "State"]
    assert status["State"] == "IN_PROGRESS"
