"""The texts of refusals that programs were sent by AWS, with where each can be read."""

import pytest

from orgsim.engine import errors

SEEN = [
    ("AlreadyInOrganizationException", None, "The AWS account is already a member of an organization."),
    ("AccountAlreadyClosedException", None, "You attempted to close an account that is already closed."),
    (
        "ConstraintViolationException",
        "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG",
        "You cannot remove a delegated administrator from the organization without de-registering the account.",
    ),
    # OlafConijn/AwsOrganizationFormation#368
    (
        "ConstraintViolationException",
        "OU_DEPTH_LIMIT_EXCEEDED",
        "You cannot add an organizational unit to the specified parent because it would exceed the max depth allowed.",
    ),
    # hashicorp/terraform-provider-aws#12597
    (
        "ConstraintViolationException",
        "POLICY_CONTENT_LIMIT_EXCEEDED",
        "You have exceeded the maximum policy size.",
    ),
    # hashicorp/terraform-provider-aws#41493
    (
        "ConstraintViolationException",
        "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
        "You have attached the maximum number of policies to the specified target.",
    ),
    (
        "ConstraintViolationException",
        "SERVICE_ACCESS_NOT_ENABLED",
        "You must enable service access before you delegate an administrator for this service. Call the AWS API "
        "EnableAWSServiceAccess first.",
    ),
]
"""Exception, reason, text (docs/aws.md 10.3)."""


@pytest.mark.parametrize(("name", "reason", "text"), SEEN)
def test_seen_text(name: str, reason: str | None, text: str) -> None:
    """A refusal says what AWS was seen to say."""
    assert getattr(errors, name)(reason).message == text
