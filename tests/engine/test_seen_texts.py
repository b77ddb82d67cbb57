"""The texts of refusals that programs were sent by AWS, with where each can be read."""

import pytest

from orgsim.engine import errors

SEEN = [
    ("AlreadyInOrganizationException", None, "The AWS account is already a member of an organization."),
    ("AccountAlreadyClosedException", None, "You attempted to close an account that is already closed."),
    # hashicorp/terraform-provider-aws#26999, with its reason
    (
        "ConstraintViolationException",
        "MEMBER_ACCOUNT_PAYMENT_INSTRUMENT_REQUIRED",
        "The member account must be configured with a valid payment method, such as a credit card.",
    ),
    # softwareone-platform/swo-aws-extension, swo_aws_extension/aws/errors.py; the second without its reason
    (
        "ConstraintViolationException",
        "WAIT_PERIOD_ACTIVE",
        "This operation requires a wait period.  Try again later.",
    ),
    (
        "ConstraintViolationException",
        "ACCOUNT_CANNOT_LEAVE_WITHOUT_PHONE_VERIFICATION",
        "The member account is missing one or more of the prerequisites required to operate as a standalone account. "
        "To add what is missing, sign-in to the member account using the AWS Organizations console, then select to "
        "leave the organization. You will then be prompted to enter any missing information.",
    ),
    (
        "ConstraintViolationException",
        "CLOSE_ACCOUNT_QUOTA_EXCEEDED",
        "You have exceeded close account quota for the past 30 days.",
    ),
    # radkawar/stackd, internal/services/organizations/service_access.go and docs/iam-root-access.md
    (
        "ConstraintViolationException",
        "DELEGATED_ADMINISTRATOR_EXISTS_FOR_THIS_SERVICE",
        "You have delegated administrator/s for this service. De-register them in order to disable service access.",
    ),
    # AWS re:Post, knowledge center, config-organizations-admin
    (
        "ConstraintViolationException",
        "MAX_DELEGATED_ADMINISTRATORS_FOR_SERVICE_LIMIT_EXCEEDED",
        "You have exceeded the allowed number of delegated administrators for the delegated service.",
    ),
    # pepperize/cdk-organizations#716
    (
        "AccountAlreadyRegisteredException",
        None,
        "The provided account is already a delegated administrator for your organization.",
    ),
    # aws-samples/iam-identity-center-team#355
    (
        "ConstraintViolationException",
        "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR",
        "You cannot register management account/yourself as delegated administrator for your organization.",
    ),
    # pepperize/cdk-organizations#1718
    ("InvalidInputException", "UNRECOGNIZED_SERVICE_PRINCIPAL", "You specified an unrecognized service principal."),
    # aws-ia/terraform-aws-control_tower_account_factory#287, DescribeAccount
    (
        "InvalidInputException",
        "INVALID_PATTERN",
        "You provided a value that does not match the required pattern.",
    ),
    # localstack/localstack#5288
    (
        "OrganizationNotEmptyException",
        None,
        "To delete an organization you must first remove all member accounts (except the master).",
    ),
    # awslabs/compliant-framework-for-federal-and-dod-workloads-in-aws-govcloud-us#12, without a full stop
    (
        "HandshakeConstraintViolationException",
        "ACCOUNT_NUMBER_LIMIT_EXCEEDED",
        "You have exceeded the allowed number of AWS accounts",
    ),
    # title of an article of AWS's knowledge center; the console's text
    (
        "HandshakeConstraintViolationException",
        "ORGANIZATION_FROM_DIFFERENT_SELLER_OF_RECORD",
        "You can only join an organization whose Seller of Record is same as your account",
    ),
    # pepperize/cdk-organizations#581
    (
        "ConcurrentModificationException",
        None,
        "AWS Organizations can't complete your request because it conflicts with another attempt to modify the same "
        "entity. Try again later.",
    ),
    # openshift/aws-account-operator and a public script, where MoveAccount does not find the account in its source
    ("AccountNotFoundException", None, "You specified an account that doesn't exist."),
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
    # hashicorp/terraform-provider-aws#27231
    ("PolicyNotFoundException", None, "You specified a policy that doesn't exist."),
    # pepperize/cdk-organizations#447
    ("PolicyTypeAlreadyEnabledException", None, "The specified policy type is already enabled."),
    # hashicorp/terraform-provider-aws#26797
    (
        "ConstraintViolationException",
        "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
        "You cannot remove the last policy attached to the specified target. You must have at least one attached at "
        "all times.",
    ),
    # OlafConijn/AwsOrganizationFormation#225, hashicorp/terraform#15335
    (
        "MalformedPolicyDocumentException",
        None,
        "The provided policy document does not meet the requirements of the specified policy type.",
    ),
    # felipenoris/AWS-DataScience, logs of August 2026
    ("DuplicatePolicyAttachmentException", None, "A policy with the specified name and type already exists."),
    # radkawar/stackd, testdata/aws/iam
    ("PolicyInUseException", None, "The specified policy is in use and cannot be deleted."),
    ("ResourcePolicyNotFoundException", None, "No resource-based policy found."),
    ("InvalidInputException", "INVALID_RESOURCE_POLICY_JSON", "This resource-based policy contains invalid JSON."),
    (
        "ConstraintViolationException",
        "UPDATE_EXISTING_RESOURCE_POLICY_WITH_TAGS_NOT_SUPPORTED",
        "Adding tags on updating an existing resource-based policy is not supported.",
    ),
    # awslabs/aws-deployment-framework#788, since 2025
    (
        "TooManyRequestsException",
        None,
        "You have sent too many requests in too short a period of time. Try again later.",
    ),
]
"""Exception, reason, text (docs/aws.md 10.3)."""


@pytest.mark.parametrize(("name", "reason", "text"), SEEN)
def test_seen_text(name: str, reason: str | None, text: str) -> None:
    """A refusal says what AWS was seen to say."""
    assert getattr(errors, name)(reason).message == text
