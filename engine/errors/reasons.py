"""The four exceptions that have a reason, and the message of each reason (docs/aws.md 2.9, 10.2 and 10.4).

Reasons that AWS has but orgsim never raises are in the tables too, so that users can look them up.
"""

from typing import ClassVar

from .refused import Refused

LEAVE_PREREQUISITES = (
    "The member account is missing one or more of the prerequisites required to operate as a standalone account. "
    "To add what is missing, sign-in to the member account using the AWS Organizations console, then select to leave "
    "the organization. You will then be prompted to enter any missing information."
)


class AccessDeniedForDependencyException(Refused):
    """The service-linked role cannot be created in the account."""

    messages: ClassVar = {
        None: "The operation that you attempted requires you to have the iam:CreateServiceLinkedRole for "
        "organizations.amazonaws.com permission so that AWS Organizations can create the required service-linked role."
    }


class ConstraintViolationException(Refused):
    """A limit or a precondition of the service."""

    messages: ClassVar = {
        "ACCOUNT_CANNOT_LEAVE_ORGANIZATION": "The account cannot leave the organization.",
        "ACCOUNT_CANNOT_LEAVE_WITHOUT_EULA": LEAVE_PREREQUISITES,
        "ACCOUNT_CANNOT_LEAVE_WITHOUT_PHONE_VERIFICATION": LEAVE_PREREQUISITES,
        "ACCOUNT_CREATION_NOT_COMPLETE": "Your account setup isn't complete or your account isn't fully active. "
        "You must complete the account setup before you create an organization.",
        "ACCOUNT_CREATION_RATE_LIMIT_EXCEEDED": "You have exceeded the number of accounts that you can create at one "
        "time.",
        "ACCOUNT_NOT_ACTIVE_FOR_TRANSFER_RESPONSIBILITY": "Your account setup isn't complete or your account isn't "
        "fully active to invite or accept a Billing Transfer invitation.",
        "ACCOUNT_NUMBER_LIMIT_EXCEEDED": "You have exceeded the allowed number of AWS accounts.",
        "ACTIVE_RESPONSIBILITY_TRANSFER_PROCESS": "You cannot delete organization due to an ongoing responsibility "
        "transfer process.",
        "ALL_FEATURES_MIGRATION_ORGANIZATION_SIZE_LIMIT_EXCEEDED": "Your organization has more accounts than the "
        "standard migration to all features allows.",
        "CANNOT_CLOSE_MANAGEMENT_ACCOUNT": "You attempted to close the management account.",
        "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR": "You cannot register management account/yourself as "
        "delegated administrator for your organization.",
        "CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR": "You cannot register a suspended account as a "
        "delegated administrator.",
        "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG": "You cannot remove a delegated administrator from the "
        "organization without de-registering the account.",
        "CLOSE_ACCOUNT_QUOTA_EXCEEDED": "You have exceeded close account quota for the past 30 days.",
        "CLOSE_ACCOUNT_REQUESTS_LIMIT_EXCEEDED": "You attempted to exceed the number of accounts that you can close "
        "at a time.",
        "CREATE_ORGANIZATION_IN_BILLING_MODE_UNSUPPORTED_REGION": "To create an organization in the specified region, "
        "you must enable all features mode.",
        "DELEGATED_ADMINISTRATOR_EXISTS_FOR_THIS_SERVICE": "You have delegated administrator/s for this service. "
        "De-register them in order to disable service access.",
        "EMAIL_VERIFICATION_CODE_EXPIRED": "The email verification code is only valid for a limited period of time.",
        "HANDSHAKE_RATE_LIMIT_EXCEEDED": "You have exceeded the number of handshakes that you can send in one day.",
        "INVALID_PAYMENT_INSTRUMENT": "You cannot remove an account because no supported payment method is associated "
        "with the account.",
        "MASTER_ACCOUNT_ADDRESS_DOES_NOT_MATCH_MARKETPLACE": "The management account's address does not match its "
        "marketplace.",
        "MASTER_ACCOUNT_MISSING_BUSINESS_LICENSE": "The management account must have a valid business license.",
        "MASTER_ACCOUNT_MISSING_CONTACT_INFO": "To complete this operation, you must first provide a valid contact "
        "address and phone number for the management account.",
        "MASTER_ACCOUNT_NOT_GOVCLOUD_ENABLED": "To complete this operation, the management account must have an "
        "associated account in the AWS GovCloud (US-West) Region.",
        "MASTER_ACCOUNT_PAYMENT_INSTRUMENT_REQUIRED": "To complete this operation with this management account, you "
        "first must associate a valid payment instrument, such as a credit card, with the account.",
        "MAX_DELEGATED_ADMINISTRATORS_FOR_SERVICE_LIMIT_EXCEEDED": "You have exceeded the allowed number of delegated "
        "administrators for the delegated service.",
        "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED": "You have attached the maximum number of policies to the "
        "specified target.",
        "MAX_TAG_LIMIT_EXCEEDED": "You have exceeded the number of tags allowed on this resource.",
        "MEMBER_ACCOUNT_PAYMENT_INSTRUMENT_REQUIRED": "The member account must be configured with a valid payment "
        "method, such as a credit card.",
        "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED": "You cannot remove the last policy attached to the specified "
        "target. You must have at least one attached at all times.",
        "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE": "You attempted to perform an operation that requires the "
        "organization to be configured to support all features.",
        "OU_DEPTH_LIMIT_EXCEEDED": "You cannot add an organizational unit to the specified parent because it would "
        "exceed the max depth allowed.",
        "OU_NUMBER_LIMIT_EXCEEDED": "You have exceeded the number of OUs that you can have in an organization.",
        "POLICY_CONTENT_LIMIT_EXCEEDED": "You have exceeded the maximum policy size.",
        "POLICY_NUMBER_LIMIT_EXCEEDED": "You have exceeded the number of policies that you can have in an "
        "organization.",
        "POLICY_TYPE_ENABLED_FOR_THIS_SERVICE": "You attempted to disable service access before you disabled the "
        "policy type.",
        "RESPONSIBILITY_TRANSFER_MAX_INBOUND_QUOTA_VIOLATION": "You have exceeded your inbound transfers limit.",
        "RESPONSIBILITY_TRANSFER_MAX_LEVEL_VIOLATION": "You have exceeded the maximum length of your transfer chain.",
        "RESPONSIBILITY_TRANSFER_MAX_OUTBOUND_QUOTA_VIOLATION": "You have exceeded your outbound transfers limit.",
        "RESPONSIBILITY_TRANSFER_MAX_TRANSFERS_QUOTA_VIOLATION": "You have exceeded the maximum number of inbound "
        "transfers allowed in a transfer chain.",
        "SERVICE_ACCESS_NOT_ENABLED": "You must enable service access before you delegate an administrator for this "
        "service. Call the AWS API EnableAWSServiceAccess first.",
        "TAG_POLICY_VIOLATION": "You attempted to create or update a resource with tags that are not compliant with "
        "the tag policy requirements for this account.",
        "TRANSFER_RESPONSIBILITY_SOURCE_DELETION_IN_PROGRESS": "The source organization cannot accept this transfer "
        "invitation because it is marked for deletion.",
        "TRANSFER_RESPONSIBILITY_TARGET_DELETION_IN_PROGRESS": "The source organization cannot accept this transfer "
        "invitation because target organization is marked for deletion.",
        "TRANSFER_RESPONSIBILITY_UPDATE_NOT_ALLOWED": "You cannot update this transfer because it is no longer active.",
        "UNMET_BILLING_PREREQUISITE": "Your current billing configuration is unsupported. Contact AWS Support for "
        "assistance.",
        "UNSUPPORTED_PRICING": "Ineligible for Billing Transfer. Your organization is subject to a pricing agreement "
        "with AWS that Billing Transfer does not support.",
        "UPDATE_EXISTING_RESOURCE_POLICY_WITH_TAGS_NOT_SUPPORTED": "Adding tags on updating an existing "
        "resource-based policy is not supported.",
        # Two spaces, as AWS sends it.
        "WAIT_PERIOD_ACTIVE": "This operation requires a wait period.  Try again later.",
    }


class HandshakeConstraintViolationException(Refused):
    """A rule of the handshake's action forbids it."""

    messages: ClassVar = {
        # Without the full stop, as AWS sends it here.
        "ACCOUNT_NUMBER_LIMIT_EXCEEDED": "You have exceeded the allowed number of AWS accounts",
        "ALREADY_IN_AN_ORGANIZATION": "The AWS account is already a member of an organization.",
        "HANDSHAKE_RATE_LIMIT_EXCEEDED": "You have exceeded the number of handshakes that you can send in one day.",
        "INVITE_DISABLED_DURING_ENABLE_ALL_FEATURES": "You can't issue new invitations to join an organization while "
        "it's in the process of enabling all features.",
        "LEGACY_PERMISSIONS_STILL_IN_USE": "Your organization must migrate to use the new IAM fine-grained actions "
        "for billing, cost management, and accounts.",
        "MANAGEMENT_ACCOUNT_EMAIL_NOT_VERIFIED": "The email address of the management account is not verified.",
        "ORGANIZATION_ALREADY_HAS_ALL_FEATURES": "All features are already enabled on this organization.",
        "ORGANIZATION_FROM_DIFFERENT_SELLER_OF_RECORD": "You can only join an organization whose Seller of Record is "
        "same as your account",
        "ORGANIZATION_IS_ALREADY_PENDING_ALL_FEATURES_MIGRATION": "The process to enable all features is already in "
        "progress for this organization.",
        "ORGANIZATION_MEMBERSHIP_CHANGE_RATE_LIMIT_EXCEEDED": "You attempted to change the membership of an account "
        "too quickly after its previous change.",
        "PAST_DUE_INVOICE": "Your organization has an invoice that is past due.",
        "PAYMENT_INSTRUMENT_REQUIRED": "You can't complete the operation with an account that doesn't have a payment "
        "instrument, such as a credit card, associated with it.",
        "RESPONSIBILITY_TRANSFER_ALREADY_EXISTS": "You cannot perform this operation with the current transfer.",
        "SOURCE_AND_TARGET_CANNOT_MATCH": "An account can't accept a transfer invitation if it is both the sender and "
        "recipient of the invitation.",
        "TARGET_ACCOUNT_VALIDATION_FAILURE": "Billing transfer is not available for your account. Contact your "
        "billing administrator or AWS Support for assistance.",
        "UNUSED_PREPAYMENT_BALANCE": "Your organization has an outstanding pre-payment balance.",
    }


class InvalidInputException(Refused):
    """The request itself is malformed; the reason names the rule and often, after a colon, the member."""

    messages: ClassVar = {
        None: "The requested operation failed because you provided invalid values for one or more of the request "
        "parameters.",
        "CALLER_REQUIRED_FIELD_MISSING": "At least one of the required field is missing: Caller Account Id, "
        "Management Account Id or Organization Id.",
        "DUPLICATE_TAG_KEY": "Your request includes duplicate tag keys.",
        "END_DATE_NOT_END_OF_MONTH": "You provided an invalid end date. The end date must be the end of the last day "
        "of the month (23.59.59.999).",
        "END_DATE_TOO_EARLY": "You provided an invalid end date. The end date is too early.",
        "END_DATE_TOO_LATE": "You provided an invalid end date. The end date is too late.",
        "IMMUTABLE_POLICY": "You specified a policy that is managed by AWS and can't be modified.",
        "INPUT_REQUIRED": "You must provide a value for the parameter.",
        "INVALID_EMAIL_ADDRESS_TARGET": "You specified an invalid email address for the invited account owner.",
        "INVALID_END_DATE": "The selected withdrawal date doesn't meet the minimum notice period required by your "
        "partner agreement.",
        "INVALID_ENUM": "You specified an invalid value.",
        "INVALID_ENUM_POLICY_TYPE": "You specified an invalid policy type.",
        "INVALID_FULL_NAME_TARGET": "You specified a full name that contains invalid characters.",
        "INVALID_LIST_MEMBER": "You provided a list to a parameter that contains at least one invalid value.",
        "INVALID_NEXT_TOKEN": "You specified an invalid value for nextToken. You must get the value from the response "
        "to a previous call to the API.",
        "INVALID_PARTY_TYPE_TARGET": "You specified an invalid party type as the target parameter.",
        "INVALID_PATTERN": "You provided a value that does not match the required pattern.",
        "INVALID_PATTERN_TARGET_ID": "You specified a policy target ID that doesn't match the required pattern.",
        "INVALID_PRINCIPAL": "You specified an invalid principal element in the policy.",
        "INVALID_RESOURCE_POLICY_JSON": "This resource-based policy contains invalid JSON.",
        "INVALID_ROLE_NAME": "You provided a role name that isn't valid. A role name can't begin with the reserved "
        "prefix AWSServiceRoleFor.",
        "INVALID_START_DATE": "The start date doesn't meet the minimum requirements.",
        "INVALID_SYNTAX_ORGANIZATION_ARN": "You specified an invalid Amazon Resource Name (ARN) for the organization.",
        "INVALID_SYNTAX_POLICY_ID": "You specified an invalid policy ID.",
        "INVALID_SYSTEM_TAGS_PARAMETER": "You specified a tag key that is a system tag. You can't add, edit, or delete "
        "system tag keys.",
        "MAX_LENGTH_EXCEEDED": "You provided a string that exceeds that maximum length.",
        "MAX_LIMIT_EXCEEDED_FILTER": "You specified too many filter parameters.",
        "MAX_VALUE_EXCEEDED": "You provided a value that exceeds the maximum allowed.",
        "MIN_LENGTH_EXCEEDED": "You provided a string parameter that is shorter than allowed.",
        "MIN_VALUE_EXCEEDED": "You provided a value that is below the minimum allowed.",
        "MOVING_ACCOUNT_BETWEEN_DIFFERENT_ROOTS": "You can move an account only between entities in the same root.",
        "NON_DETACHABLE_POLICY": "You can't detach this AWS Managed Policy.",
        "START_DATE_NOT_BEGINNING_OF_DAY": "You provided an invalid start date. The start date must be the beginning "
        "of the day (00:00:00.000).",
        "START_DATE_NOT_BEGINNING_OF_MONTH": "You provided an invalid start date. The start date must be the first "
        "day of the month.",
        "START_DATE_TOO_EARLY": "You provided an invalid start date. The start date is too early.",
        "START_DATE_TOO_LATE": "You provided an invalid start date. The start date is too late.",
        "TARGET_NOT_SUPPORTED": "You specified a target that is not currently supported.",
        "UNRECOGNIZED_SERVICE_PRINCIPAL": "You specified an unrecognized service principal.",
        "UNSUPPORTED_ACTION_IN_RESOURCE_POLICY": "This resource-based policy contains an action that is not supported.",
        "UNSUPPORTED_ACTION_IN_RESPONSIBILITY_TRANSFER": "You provided a value that is not supported by this "
        "operation.",
        "UNSUPPORTED_POLICY_TYPE_IN_RESOURCE_POLICY": "This resource-based policy contains a policy type that is not "
        "supported.",
        "UNSUPPORTED_RESOURCE_IN_RESOURCE_POLICY": "This resource-based policy contains a resource that is not "
        "supported.",
    }
