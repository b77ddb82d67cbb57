"""Which exceptions AWS documents for which operation (docs/aws.md 9): what a scripted fault may refuse a call with."""

_SHORT = {
    "CM": "ConcurrentModification",
    "CV": "ConstraintViolation",
    "FO": "FinalizingOrganization",
    "II": "InvalidInput",
    "NIU": "AWSOrganizationsNotInUse",
    "PCIP": "PolicyChangesInProgress",
    "UAE": "UnsupportedAPIEndpoint",
}

_COMMON = "AccessDenied Service TooManyRequests"
"""Every operation has these three."""

_DOCUMENTED = {
    "AcceptHandshake": "NIU CM CV II "
    "HandshakeConstraintViolation HandshakeNotFound InvalidHandshakeTransition "
    "HandshakeAlreadyInState AccessDeniedForDependency MasterCannotLeaveOrganization",
    "AttachPolicy": "NIU CM CV II UAE PCIP "
    "DuplicatePolicyAttachment PolicyNotFound PolicyTypeNotEnabled TargetNotFound",
    "CancelHandshake": "CM II HandshakeNotFound InvalidHandshakeTransition HandshakeAlreadyInState",
    "CloseAccount": "NIU CM CV II UAE AccountAlreadyClosed AccountNotFound Conflict",
    "CreateAccount": "NIU CM CV II FO UAE",
    "CreateGovCloudAccount": "NIU CM CV II FO UAE",
    "CreateOrganization": "CM CV II AlreadyInOrganization AccessDeniedForDependency",
    "CreateOrganizationalUnit": "NIU CM CV II DuplicateOrganizationalUnit ParentNotFound",
    "CreatePolicy": "NIU CM CV II UAE DuplicatePolicy MalformedPolicyDocument PolicyTypeNotAvailableForOrganization",
    "DeclineHandshake": "CM II HandshakeNotFound InvalidHandshakeTransition HandshakeAlreadyInState",
    "DeleteOrganization": "NIU CM CV II OrganizationNotEmpty",
    "DeleteOrganizationalUnit": "NIU CM II OrganizationalUnitNotEmpty OrganizationalUnitNotFound",
    "DeletePolicy": "NIU CM II UAE PolicyInUse PolicyNotFound",
    "DeleteResourcePolicy": "NIU CM CV UAE ResourcePolicyNotFound",
    "DeregisterDelegatedAdministrator": "NIU CM CV II UAE AccountNotFound AccountNotRegistered",
    "DescribeAccount": "NIU II AccountNotFound",
    "DescribeCreateAccountStatus": "NIU II UAE CreateAccountStatusNotFound",
    "DescribeEffectivePolicy": "NIU CV II UAE TargetNotFound EffectivePolicyNotFound",
    "DescribeHandshake": "CM II HandshakeNotFound",
    "DescribeOrganization": "NIU CM",
    "DescribeOrganizationalUnit": "NIU II OrganizationalUnitNotFound",
    "DescribePolicy": "NIU II UAE PolicyNotFound",
    "DescribeResourcePolicy": "NIU CV UAE ResourcePolicyNotFound",
    "DescribeResponsibilityTransfer": "NIU II UAE ResponsibilityTransferNotFound",
    "DetachPolicy": "NIU CM CV II UAE PCIP PolicyNotAttached PolicyNotFound TargetNotFound",
    "DisableAWSServiceAccess": "NIU CM CV II UAE",
    "DisablePolicyType": "NIU CM CV II UAE PCIP PolicyTypeNotEnabled RootNotFound",
    "EnableAWSServiceAccess": "NIU CM CV II UAE",
    "EnableAllFeatures": "NIU CM CV II HandshakeConstraintViolation",
    "EnablePolicyType": "NIU CM CV II UAE PCIP "
    "PolicyTypeAlreadyEnabled RootNotFound PolicyTypeNotAvailableForOrganization",
    "InviteAccountToOrganization": "NIU CM CV II FO "
    "AccountOwnerNotVerified HandshakeConstraintViolation DuplicateHandshake",
    "InviteOrganizationToTransferResponsibility": "NIU CM CV II UAE DuplicateHandshake HandshakeConstraintViolation",
    "LeaveOrganization": "NIU CM CV II AccountNotFound MasterCannotLeaveOrganization",
    "ListAWSServiceAccessForOrganization": "NIU CV II UAE",
    "ListAccounts": "NIU II",
    "ListAccountsForParent": "NIU II ParentNotFound",
    "ListAccountsWithInvalidEffectivePolicy": "NIU CV II UAE EffectivePolicyNotFound",
    "ListChildren": "NIU II ParentNotFound",
    "ListCreateAccountStatus": "NIU II UAE",
    "ListDelegatedAdministrators": "NIU CV II UAE",
    "ListDelegatedServicesForAccount": "NIU CV II UAE AccountNotFound AccountNotRegistered",
    "ListEffectivePolicyValidationErrors": "NIU CV II UAE EffectivePolicyNotFound AccountNotFound",
    "ListHandshakesForAccount": "CM II",
    "ListHandshakesForOrganization": "NIU CM II",
    "ListInboundResponsibilityTransfers": "NIU CV II UAE ResponsibilityTransferNotFound",
    "ListOrganizationalUnitsForParent": "NIU II ParentNotFound",
    "ListOutboundResponsibilityTransfers": "NIU CV II UAE",
    "ListParents": "NIU II ChildNotFound",
    "ListPolicies": "NIU II UAE",
    "ListPoliciesForTarget": "NIU II UAE TargetNotFound",
    "ListRoots": "NIU II",
    "ListTagsForResource": "NIU II TargetNotFound",
    "ListTargetsForPolicy": "NIU II UAE PolicyNotFound",
    "MoveAccount": "NIU CM II SourceParentNotFound DestinationParentNotFound DuplicateAccount AccountNotFound",
    "PutResourcePolicy": "NIU CM CV II UAE",
    "RegisterDelegatedAdministrator": "NIU CM CV II UAE AccountAlreadyRegistered AccountNotFound",
    "RemoveAccountFromOrganization": "NIU CM CV II AccountNotFound MasterCannotLeaveOrganization",
    "TagResource": "NIU CM CV II TargetNotFound",
    "TerminateResponsibilityTransfer": "NIU CM CV II UAE "
    "ResponsibilityTransferNotFound "
    "ResponsibilityTransferAlreadyInStatus InvalidResponsibilityTransferTransition",
    "UntagResource": "NIU CM CV II TargetNotFound",
    "UpdateOrganizationalUnit": "NIU CM II DuplicateOrganizationalUnit OrganizationalUnitNotFound",
    "UpdatePolicy": "NIU CM CV II UAE PCIP DuplicatePolicy MalformedPolicyDocument PolicyNotFound",
    "UpdateResponsibilityTransfer": "NIU CV II UAE ResponsibilityTransferNotFound",
}
"""Operation to its other exceptions, in short: as in the table of docs/aws.md 9."""


def _codes(words: str) -> frozenset[str]:
    return frozenset(f"{_SHORT.get(word, word)}Exception" for word in f"{_COMMON} {words}".split())


DOCUMENTED: dict[str, frozenset[str]] = {operation: _codes(words) for operation, words in _DOCUMENTED.items()}
"""Operation to AWS's names of the exceptions in its list."""

RETRIED: dict[str, frozenset[str]] = {
    operation: frozenset({"FinalizingOrganizationException"})
    for operation in ("AttachPolicy", "CreateOrganizationalUnit", "CreatePolicy", "PutResourcePolicy")
}
"""Operation to exceptions that AWS does not list, but for which Terraform's provider retries the operation
(hashicorp/terraform-provider-aws, internal/service/organizations)."""
