"""The exceptions without a reason; each has one message (docs/aws.md 10.3 and 10.5)."""

from typing import ClassVar

from .refused import Refused


class AccessDeniedException(Refused):
    """The caller may not call the operation, or is no party of the handshake."""

    messages: ClassVar = {None: "You don't have permissions to access this resource."}


class AccountAlreadyClosedException(Refused):
    """The account is closed, or about to be."""

    messages: ClassVar = {None: "You attempted to close an account that is already closed."}


class AccountAlreadyRegisteredException(Refused):
    """The account is a delegated administrator of that service already."""

    messages: ClassVar = {None: "The provided account is already a delegated administrator for your organization."}


class AccountNotFoundException(Refused):
    """No such account in the organization."""

    messages: ClassVar = {None: "You specified an account that doesn't exist."}


class AccountNotRegisteredException(Refused):
    """The account is not a delegated administrator of that service."""

    messages: ClassVar = {
        None: "The provided account is not a registered delegated administrator for your organization."
    }


class AccountOwnerNotVerifiedException(Refused):
    """The management account's email address is not verified."""

    messages: ClassVar = {
        None: "You can't invite an existing account to your organization until you verify that you own the email "
        "address associated with the management account."
    }


class AlreadyInOrganizationException(Refused):
    """The calling account is a member of an organization."""

    messages: ClassVar = {None: "The AWS account is already a member of an organization."}


class AWSOrganizationsNotInUseException(Refused):
    """The calling account is in no organization."""

    messages: ClassVar = {None: "Your account is not a member of an organization."}


class ChildNotFoundException(Refused):
    """No such account or OU in the organization."""

    messages: ClassVar = {
        None: "We can't find an organizational unit (OU) or AWS account with the ChildId that you specified."
    }


class ConcurrentModificationException(Refused):
    """Another request is modifying the same entity."""

    messages: ClassVar = {
        None: "AWS Organizations can't complete your request because it conflicts with another attempt to modify the "
        "same entity. Try again later."
    }


class ConflictException(Refused):
    """The resource's state conflicts with the request. AWS does not say when; only a scripted fault raises it."""

    messages: ClassVar = {
        None: "The request failed because it conflicts with the current state of the specified resource."
    }


class CreateAccountStatusNotFoundException(Refused):
    """No such account creation request in the organization."""

    messages: ClassVar = {
        None: "We can't find a create account request with the CreateAccountRequestId that you specified."
    }


class DestinationParentNotFoundException(Refused):
    """No such root or OU as a destination."""

    messages: ClassVar = {
        None: "We can't find the destination container (a root or OU) with the ParentId that you specified."
    }


class DuplicateAccountException(Refused):
    """The account is in the destination already."""

    messages: ClassVar = {None: "That account is already present in the specified destination."}


class DuplicateHandshakeException(Refused):
    """A live handshake with the same action and target exists."""

    messages: ClassVar = {
        None: "A handshake with the specified type and parameters already exists for the given parties."
    }


class DuplicateOrganizationalUnitException(Refused):
    """Another OU under the same parent has that name."""

    messages: ClassVar = {None: "An OU with the same name already exists."}


class DuplicatePolicyAttachmentException(Refused):
    """The policy is attached there already; AWS sends the text of DuplicatePolicyException."""

    messages: ClassVar = {None: "A policy with the specified name and type already exists."}


class DuplicatePolicyException(Refused):
    """A policy of that type has that name."""

    messages: ClassVar = {None: "A policy with the specified name and type already exists."}


class EffectivePolicyNotFoundException(Refused):
    """The policy type is not enabled."""

    messages: ClassVar = {
        None: "The specified policy type is not enabled. Enable that policy type on your organization root and then "
        "retry.",
    }


class FinalizingOrganizationException(Refused):
    """The organization was created too recently to grow."""

    messages: ClassVar = {
        None: "AWS Organizations could not finalize the creation of your organization. Try again later. If this "
        "persists, contact AWS customer support."
    }


class HandshakeAlreadyInStateException(Refused):
    """The handshake is already in the state that the call would put it in."""

    messages: ClassVar = {None: "The handshake is already in the requested state."}


class HandshakeNotFoundException(Refused):
    """No such handshake, or it ended more than thirty days ago."""

    messages: ClassVar = {None: "You specified a handshake that doesn't exist."}


class InvalidHandshakeTransitionException(Refused):
    """The handshake's state does not allow this call."""

    messages: ClassVar = {
        None: "You cannot perform this operation on a handshake in its current state, such as attempting to cancel a "
        "handshake that was previously accepted or attempting to accept a handshake that was declined."
    }


class InvalidResponsibilityTransferTransitionException(Refused):
    """The transfer's status does not allow this call."""

    messages: ClassVar = {
        None: "The responsibility transfer can't transition to the requested state because it's not in a valid state "
        "for this operation.",
    }


class MalformedPolicyDocumentException(Refused):
    """The document breaks the syntax of its policy type."""

    messages: ClassVar = {
        None: "The provided policy document does not meet the requirements of the specified policy type."
    }


class MasterCannotLeaveOrganizationException(Refused):
    """The management account can leave only by deleting the organization."""

    messages: ClassVar = {
        None: "You can't remove a management account from an organization. If you want the management account to "
        "become a member account in another organization, you must first delete the current organization of the "
        "management account."
    }


class OrganizationalUnitNotEmptyException(Refused):
    """The OU has accounts or OUs in it."""

    messages: ClassVar = {
        None: "The specified OU is not empty. Move all accounts to another root or to other OUs, remove all child "
        "OUs, and try the operation again.",
    }


class OrganizationalUnitNotFoundException(Refused):
    """No such OU in the organization."""

    messages: ClassVar = {None: "You specified an organizational unit that doesn't exist."}


class OrganizationNotEmptyException(Refused):
    """Member accounts remain."""

    messages: ClassVar = {
        None: "To delete an organization you must first remove all member accounts (except the master)."
    }


class ParentNotFoundException(Refused):
    """No such root or OU in the organization."""

    messages: ClassVar = {None: "You specified parent that doesn't exist."}


class PolicyChangesInProgressException(Refused):
    """Effective policies are being computed. Meanwhile AWS answers with the old document; only a fault raises it."""

    messages: ClassVar = {
        None: "Changes to the effective policy are in progress, and its contents can't be returned. Try the operation "
        "again later.",
    }


class PolicyInUseException(Refused):
    """The policy is attached somewhere."""

    messages: ClassVar = {None: "The specified policy is in use and cannot be deleted."}


class PolicyNotAttachedException(Refused):
    """The policy is not attached there."""

    messages: ClassVar = {None: "The policy isn't attached to the specified target in the specified root."}


class PolicyNotFoundException(Refused):
    """No such policy in the organization."""

    messages: ClassVar = {None: "You specified a policy that doesn't exist."}


class PolicyTypeAlreadyEnabledException(Refused):
    """The policy type is enabled already."""

    messages: ClassVar = {None: "The specified policy type is already enabled."}


class PolicyTypeNotAvailableForOrganizationException(Refused):
    """The organization has consolidated billing only."""

    messages: ClassVar = {
        None: "You can't use the specified policy type with the feature set currently enabled for this organization."
    }


class PolicyTypeNotEnabledException(Refused):
    """The policy type is not enabled."""

    messages: ClassVar = {None: "This operation can be performed only for enabled policy types."}


class ResourcePolicyNotFoundException(Refused):
    """The organization has no resource policy."""

    messages: ClassVar = {None: "No resource-based policy found."}


class ResponsibilityTransferAlreadyInStatusException(Refused):
    """The transfer is withdrawn already."""

    messages: ClassVar = {None: "The responsibility transfer is already in the status that you specified."}


class ResponsibilityTransferNotFoundException(Refused):
    """No such transfer of the organization."""

    messages: ClassVar = {None: "We can't find a transfer that you specified."}


class RootNotFoundException(Refused):
    """Not the root of the organization."""

    messages: ClassVar = {None: "You specified a root that doesn't exist."}


class ServiceException(Refused):
    """An internal error of the service; of the world's own only a scripted fault raises it."""

    messages: ClassVar = {
        None: "AWS Organizations can't complete your request because of an internal service error. Try again later."
    }


class SourceParentNotFoundException(Refused):
    """The account is not in the given source, or there is no such root or OU."""

    messages: ClassVar = {None: "We can't find a source root or OU with the ParentId that you specified."}


class TargetNotFoundException(Refused):
    """No such root, OU, account or other resource in the organization."""

    messages: ClassVar = {None: "You specified a target that doesn't exist."}


class TooManyRequestsException(Refused):
    """Too many calls in too short a time. The text is AWS's since 2025 (awslabs/aws-deployment-framework#788).

    The earlier text said that another request was already in progress. AWS's model has a member Type too, whose values
    are not known; it is left out.
    """

    messages: ClassVar = {None: "You have sent too many requests in too short a period of time. Try again later."}


class UnsupportedAPIEndpointException(Refused):
    """The operation, or the type of policy, is not available in the partition of this region (docs/aws.md 1.3)."""

    messages: ClassVar = {None: "This action isn't available in the current AWS Region."}
