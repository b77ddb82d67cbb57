import pytest
from support.given import FOUNDER, MEMBER, World

from orgsim.engine.errors import (
    AccessDeniedException,
    AccessDeniedForDependencyException,
    AlreadyInOrganizationException,
    ConstraintViolationException,
)
from orgsim.engine.events import AccountJoined, OrganizationCreated
from orgsim.engine.operations import create_organization, delete_organization
from orgsim.engine.words import Condition, FeatureSet, JoinedMethod

ALL, BILLING = FeatureSet.ALL, FeatureSet.CONSOLIDATED_BILLING

REFUSALS = [
    (Condition.SUSPENDED, AccessDeniedException, None),
    (Condition.SIGN_UP_INCOMPLETE, ConstraintViolationException, "ACCOUNT_CREATION_NOT_COMPLETE"),
    (
        Condition.PAYMENT_INSTRUMENT_MISSING,
        ConstraintViolationException,
        "MASTER_ACCOUNT_PAYMENT_INSTRUMENT_REQUIRED",
    ),
    (Condition.CONTACT_INFO_MISSING, ConstraintViolationException, "MASTER_ACCOUNT_MISSING_CONTACT_INFO"),
    (Condition.BUSINESS_LICENSE_MISSING, ConstraintViolationException, "MASTER_ACCOUNT_MISSING_BUSINESS_LICENSE"),
    (
        Condition.SERVICE_LINKED_ROLE_DENIED,
        AccessDeniedForDependencyException,
        "ACCESS_DENIED_DURING_CREATE_SERVICE_LINKED_ROLE",
    ),
]


@pytest.mark.parametrize("caller", [FOUNDER, MEMBER], ids=["management", "member"])
def test_in_an_organization_already(caller: str) -> None:
    """An account that is in an organization cannot found one, whatever else is amiss with it."""
    world = World()
    world.founded()
    world.joined(MEMBER)
    world.suffers(caller, *Condition)
    world.refuses(create_organization.Request(), caller, AlreadyInOrganizationException)


@pytest.mark.parametrize(("condition", "refusal", "reason"), REFUSALS)
def test_conditions(condition: Condition, refusal: type, reason: str | None) -> None:
    """Each condition of the account that stands in the way has its own refusal."""
    world = World()
    world.suffers(FOUNDER, condition)
    world.refuses(create_organization.Request(), FOUNDER, refusal, reason)


def test_order_of_refusals() -> None:
    """With everything amiss at once, each refusal hides those behind it."""
    world = World(consolidated_billing_supported=False)
    request = create_organization.Request(BILLING)
    *conditions, role = REFUSALS
    for number, (_, refusal, reason) in enumerate(conditions):
        world.suffers(FOUNDER, *(condition for condition, *_ in REFUSALS[number:]))
        world.refuses(request, FOUNDER, refusal, reason)
    world.suffers(FOUNDER, role[0])
    unsupported = "CREATE_ORGANIZATION_IN_BILLING_MODE_UNSUPPORTED_REGION"
    world.refuses(request, FOUNDER, ConstraintViolationException, unsupported)
    world.refuses(create_organization.Request(ALL), FOUNDER, role[1], role[2])


@pytest.mark.parametrize("condition", sorted(set(Condition) - {condition for condition, *_ in REFUSALS}))
def test_conditions_that_do_not_matter(condition: Condition) -> None:
    """Any other condition of the account is no obstacle."""
    world = World()
    world.suffers(FOUNDER, condition)
    assert world.founded()


def test_all_features_where_billing_mode_is_unsupported() -> None:
    """Where consolidated billing does not exist, all features do."""
    assert World(consolidated_billing_supported=False).founded(feature_set=ALL)


@pytest.mark.parametrize("feature_set", FeatureSet)
def test_events(feature_set: FeatureSet) -> None:
    """The organization comes to be and its management account joins as if invited; no policy type is enabled.

    So seen: the acceptance tests of hashicorp/terraform-provider-aws (``enabled_policy_types`` of a new organization is
    empty), and ucopacme/aws-orgs#1.
    """
    world = World()
    organization, root = world.ids.organization(2), world.ids.root(2)
    assert world.do(create_organization.Request(feature_set), FOUNDER) == [
        OrganizationCreated(organization, root, FOUNDER, feature_set),
        AccountJoined(organization, FOUNDER, JoinedMethod.INVITED),
    ]
    found = world.organization_of(FOUNDER)
    assert (found.id, found.root, found.management_account, found.feature_set) == (
        organization,
        root,
        FOUNDER,
        feature_set,
    )
    assert (found.created_at, list(found.members), found.deleted) == (world.now, [FOUNDER], False)


def test_policy_types_at_creation() -> None:
    """The setting ``policy_types_at_creation`` enables policy types with the organization, if it has all features."""
    types = ("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY")
    world = World(policy_types_at_creation=types)
    world.founded(feature_set=ALL)
    world.founded(MEMBER)
    assert list(world.organization_of(FOUNDER).policies.enabled) == list(types)
    assert list(world.organization_of(MEMBER).policies.enabled) == []


@pytest.mark.parametrize(
    ("request_", "feature_set", "policy_types"),
    [
        (create_organization.Request(), "ALL", [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}]),
        (create_organization.Request(BILLING), "CONSOLIDATED_BILLING", []),
    ],
    ids=["default", "billing"],
)
def test_reply(request_: create_organization.Request, feature_set: str, policy_types: list) -> None:
    """The answer is the organization as DescribeOrganization shows it; all features are the default."""
    world = World()
    organization = world.ids.organization(2)
    assert world.reply(request_, FOUNDER) == {
        "Organization": {
            "Id": organization,
            "Arn": f"arn:aws:organizations::{FOUNDER}:organization/{organization}",
            "FeatureSet": feature_set,
            "MasterAccountArn": f"arn:aws:organizations::{FOUNDER}:account/{organization}/{FOUNDER}",
            "MasterAccountId": FOUNDER,
            "MasterAccountEmail": f"{FOUNDER}@accounts.example",
            "AvailablePolicyTypes": policy_types,
        }
    }


def test_again_after_deletion() -> None:
    """Whoever deleted an organization may found another, which is a different one."""
    world = World()
    first = world.founded()
    world.do(delete_organization.Request(), FOUNDER)
    second = world.founded()
    assert first != second
    assert world.organization_of(FOUNDER).id == second
