"""The refusals of AWS Organizations, named as AWS names them, with AWS's reasons and messages.

A refusal appends nothing. There is no HTTP in here: which status a refusal becomes is decided where HTTP is spoken.
Sources: fact sheet, sections 2.9, 10.2, 10.3 and 10.4. Where the wire's text is not known, the message is the sentence
of the API reference; ``docs/fidelity.md`` lists those.
"""

from typing import ClassVar


class Refused(Exception):
    """A command or a question that AWS refuses. ``reason`` is set for the four exceptions that carry one."""

    messages: ClassVar[dict[str | None, str]] = {}

    def __init__(self, reason: str | None = None, message: str | None = None) -> None:
        # `INVALID_PATTERN:HANDSHAKE_ID` shares the message of its stem `INVALID_PATTERN`.
        stem = reason.partition(":")[0] if reason else None
        self.reason = reason
        self.message: str = message or self.messages.get(reason) or self.messages.get(stem) or self._default()
        super().__init__(f"{self.message} ({reason})" if reason else self.message)

    def _default(self) -> str:
        return self.messages.get(None, "The request was refused.")

    @property
    def code(self) -> str:
        """AWS's name of the exception, as ``__type`` on the wire and ``Error.Code`` in boto3."""
        return type(self).__name__


class AccessDeniedException(Refused):
    """The caller is an account of the wrong kind, or not a party."""

    messages: ClassVar = {None: "You don't have permissions to access this resource."}


class AccessDeniedForDependencyException(Refused):
    """The service-linked role cannot be created in the account."""

    messages: ClassVar = {
        None: "The operation that you attempted requires you to have the iam:CreateServiceLinkedRole for "
        "organizations.amazonaws.com permission so that AWS Organizations can create the required service-linked role."
    }


class AccountNotFoundException(Refused):
    """No such account in the organization."""

    messages: ClassVar = {None: "You specified an account that doesn't exist."}


class AccountOwnerNotVerifiedException(Refused):
    """The management account's email address is not verified."""

    messages: ClassVar = {
        None: "You can't invite an existing account to your organization until you verify that you own the email "
        "address associated with the management account."
    }


class AlreadyInOrganizationException(Refused):
    """The calling account is a member of an organization."""

    messages: ClassVar = {None: "The provided account is already a member of an organization."}


class AWSOrganizationsNotInUseException(Refused):
    """The calling account is in no organization."""

    messages: ClassVar = {None: "Your account is not a member of an organization."}


class ConcurrentModificationException(Refused):
    """Another request works on the same entity."""

    messages: ClassVar = {
        None: "AWS Organizations can't complete your request because it conflicts with another attempt to modify the "
        "same entity. Try again later."
    }


LEAVE_PREREQUISITES = (
    "The member account is missing one or more of the prerequisites required to operate as a standalone account. "
    "To add what is missing, sign-in to the member account using the AWS Organizations console, then select to leave "
    "the organization. You will then be prompted to enter any missing information."
)


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
        "ACCOUNT_NUMBER_LIMIT_EXCEEDED": "You have exceeded the allowed number of AWS accounts.",
        "ALL_FEATURES_MIGRATION_ORGANIZATION_SIZE_LIMIT_EXCEEDED": "Your organization has more accounts than the "
        "standard migration to all features allows.",
        "CREATE_ORGANIZATION_IN_BILLING_MODE_UNSUPPORTED_REGION": "To create an organization in the specified region, "
        "you must enable all features mode.",
        "INVALID_PAYMENT_INSTRUMENT": LEAVE_PREREQUISITES,
        "MASTER_ACCOUNT_ADDRESS_DOES_NOT_MATCH_MARKETPLACE": "The management account's address does not match its "
        "marketplace.",
        "MASTER_ACCOUNT_MISSING_BUSINESS_LICENSE": "The management account must have a valid business license.",
        "MASTER_ACCOUNT_MISSING_CONTACT_INFO": "To complete this operation, you must first provide a valid contact "
        "address and phone number for the management account.",
        "MASTER_ACCOUNT_PAYMENT_INSTRUMENT_REQUIRED": "To complete this operation with this management account, you "
        "first must associate a valid payment instrument, such as a credit card, with the account.",
        "MAX_TAG_LIMIT_EXCEEDED": "You have exceeded the number of tags allowed on this resource.",
        "MEMBER_ACCOUNT_PAYMENT_INSTRUMENT_REQUIRED": LEAVE_PREREQUISITES,
        # Two spaces, as AWS sends it.
        "WAIT_PERIOD_ACTIVE": "This operation requires a wait period.  Try again later.",
    }


class CreateAccountStatusNotFoundException(Refused):
    """No such account creation request in the organization."""

    messages: ClassVar = {
        None: "We can't find a create account request with the CreateAccountRequestId that you specified."
    }


class DuplicateHandshakeException(Refused):
    """A live handshake with the same action and target exists."""

    messages: ClassVar = {
        None: "A handshake with the specified type and parameters already exists for the given parties."
    }


class FinalizingOrganizationException(Refused):
    """The organization was created moments ago."""

    messages: ClassVar = {
        None: "AWS Organizations could not finalize the creation of your organization. Try again later. If this "
        "persists, contact AWS customer support."
    }


class HandshakeAlreadyInStateException(Refused):
    """The handshake was accepted, declined or canceled before, by the same verb."""

    messages: ClassVar = {None: "The handshake is already in the requested state."}


class HandshakeConstraintViolationException(Refused):
    """A rule of the handshake's action forbids it."""

    messages: ClassVar = {
        # Without the full stop, as AWS sends it here.
        "ACCOUNT_NUMBER_LIMIT_EXCEEDED": "You have exceeded the allowed number of AWS accounts",
        "ALREADY_IN_AN_ORGANIZATION": "The AWS account is already a member of an organization.",
        "HANDSHAKE_RATE_LIMIT_EXCEEDED": "You have exceeded the number of handshakes that you can send in one day.",
        "INVITE_DISABLED_DURING_ENABLE_ALL_FEATURES": "You can't issue new invitations to join an organization while "
        "it's in the process of enabling all features.",
        "MANAGEMENT_ACCOUNT_EMAIL_NOT_VERIFIED": "The email address of the management account is not verified.",
        "ORGANIZATION_ALREADY_HAS_ALL_FEATURES": "All features are already enabled on this organization.",
        "ORGANIZATION_FROM_DIFFERENT_SELLER_OF_RECORD": "The request failed because the account is from a different "
        "marketplace than the accounts in the organization.",
        "ORGANIZATION_IS_ALREADY_PENDING_ALL_FEATURES_MIGRATION": "The process to enable all features is already in "
        "progress for this organization.",
        "ORGANIZATION_MEMBERSHIP_CHANGE_RATE_LIMIT_EXCEEDED": "You attempted to change the membership of an account "
        "too quickly after its previous change.",
        "PAYMENT_INSTRUMENT_REQUIRED": "You can't complete the operation with an account that doesn't have a payment "
        "instrument, such as a credit card, associated with it.",
    }


class HandshakeNotFoundException(Refused):
    """No such handshake, or it ended more than thirty days ago."""

    messages: ClassVar = {None: "You specified a handshake that doesn't exist."}


class InvalidHandshakeTransitionException(Refused):
    """The handshake's state does not allow this verb."""

    messages: ClassVar = {
        None: "You cannot perform this operation on a handshake in its current state, such as attempting to cancel a "
        "handshake that was previously accepted or attempting to accept a handshake that was declined."
    }


class InvalidInputException(Refused):
    """The request itself is malformed; the reason names the rule and often, after a colon, the member."""

    messages: ClassVar = {
        None: "The requested operation failed because you provided invalid values for one or more of the request "
        "parameters.",
        "DUPLICATE_TAG_KEY": "Your request includes duplicate tag keys.",
        "INPUT_REQUIRED": "You must provide a value for the parameter.",
        "INVALID_EMAIL_ADDRESS_TARGET": "You specified an invalid email address for the invited account owner.",
        "INVALID_ENUM": "You specified an invalid value.",
        "INVALID_NEXT_TOKEN": "You specified an invalid value for nextToken. You must get the value from the response "
        "to a previous call to the API.",
        "INVALID_PARTY_TYPE_TARGET": "You specified an invalid party type as the target parameter.",
        "INVALID_PATTERN": "You provided a value that does not match the required pattern.",
        "INVALID_ROLE_NAME": "You provided a role name that isn't valid. A role name can't begin with the reserved "
        "prefix AWSServiceRoleFor.",
        "INVALID_SYSTEM_TAGS_PARAMETER": "You specified a tag key that is a system tag. You can't add, edit, or delete "
        "system tag keys.",
        "MAX_LENGTH_EXCEEDED": "You provided a string that exceeds that maximum length.",
        "MAX_LIMIT_EXCEEDED_FILTER": "You specified too many filter parameters.",
        "MAX_VALUE_EXCEEDED": "You provided a numeric parameter that has a larger value than allowed.",
        "MIN_LENGTH_EXCEEDED": "You provided a string parameter that is shorter than allowed.",
        "MIN_VALUE_EXCEEDED": "You provided a numeric parameter that has a smaller value than allowed.",
    }


class MasterCannotLeaveOrganizationException(Refused):
    """The management account can leave only by deleting the organization."""

    messages: ClassVar = {
        None: "You can't remove a management account from an organization. If you want the management account to "
        "become a member account in another organization, you must first delete the current organization of the "
        "management account."
    }


class OrganizationNotEmptyException(Refused):
    """Member accounts remain."""

    messages: ClassVar = {
        None: "To delete an organization you must first remove all member accounts (except the master)."
    }


class SerializationException(Refused):
    """A member of the request has the wrong JSON type; a refusal of AWS's framework, not of the service."""

    messages: ClassVar = {None: "The request could not be read: a member has the wrong type."}
