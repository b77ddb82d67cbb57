"""The words of AWS Organizations: enumerations of its API, and what accounts can suffer from outside it."""

from enum import StrEnum


class Word(StrEnum):
    """A word of AWS's. Words are keys of hot tables, and the hash that Enum brings along is written in Python."""

    __hash__ = str.__hash__


class FeatureSet(Word):
    """What an organization can do (docs/aws.md 3.1)."""

    ALL = "ALL"
    CONSOLIDATED_BILLING = "CONSOLIDATED_BILLING"


class Action(Word):
    """What a handshake is about; the all-features migration is decided in docs/decisions/0004 (docs/aws.md 2.3)."""

    INVITE = "INVITE"
    ENABLE_ALL_FEATURES = "ENABLE_ALL_FEATURES"
    APPROVE_ALL_FEATURES = "APPROVE_ALL_FEATURES"
    ADD_ORGANIZATIONS_SERVICE_LINKED_ROLE = "ADD_ORGANIZATIONS_SERVICE_LINKED_ROLE"
    TRANSFER_RESPONSIBILITY = "TRANSFER_RESPONSIBILITY"


class PartyType(Word):
    """How a handshake addresses its recipient."""

    ACCOUNT = "ACCOUNT"
    ORGANIZATION = "ORGANIZATION"
    EMAIL = "EMAIL"


class JoinedMethod(Word):
    """How an account came into its organization; a management account counts as invited (docs/aws.md 3.1)."""

    INVITED = "INVITED"
    CREATED = "CREATED"


class DepartureMethod(Word):
    """How an account went (docs/aws.md 11.3)."""

    LEFT = "LEFT"
    REMOVED = "REMOVED"
    CLEANED = "CLEANED"


class Condition(Word):
    """Something about an account, outside Organizations, that makes AWS refuse one thing or another."""

    ADDRESS_OUTSIDE_MARKETPLACE = "ADDRESS_OUTSIDE_MARKETPLACE"
    BUSINESS_LICENSE_MISSING = "BUSINESS_LICENSE_MISSING"
    CONTACT_INFO_MISSING = "CONTACT_INFO_MISSING"
    EMAIL_UNVERIFIED = "EMAIL_UNVERIFIED"
    EULA_UNSIGNED = "EULA_UNSIGNED"
    GOVCLOUD_NOT_ENABLED = "GOVCLOUD_NOT_ENABLED"
    INVOICE_PAST_DUE = "INVOICE_PAST_DUE"
    LEGACY_BILLING_PERMISSIONS = "LEGACY_BILLING_PERMISSIONS"
    OTHER_SELLER_OF_RECORD = "OTHER_SELLER_OF_RECORD"
    PAYMENT_INSTRUMENT_INVALID = "PAYMENT_INSTRUMENT_INVALID"
    PAYMENT_INSTRUMENT_MISSING = "PAYMENT_INSTRUMENT_MISSING"
    PHONE_UNVERIFIED = "PHONE_UNVERIFIED"
    PREPAYMENT_UNUSED = "PREPAYMENT_UNUSED"
    PRICING_UNSUPPORTED = "PRICING_UNSUPPORTED"
    SERVICE_LINKED_ROLE_DENIED = "SERVICE_LINKED_ROLE_DENIED"
    SIGN_UP_INCOMPLETE = "SIGN_UP_INCOMPLETE"
    SUSPENDED = "SUSPENDED"
    TRANSFER_UNAVAILABLE = "TRANSFER_UNAVAILABLE"
    BILLING_PREREQUISITE_UNMET = "BILLING_PREREQUISITE_UNMET"


class TransferStatus(Word):
    """Of a responsibility transfer (docs/aws.md 12)."""

    REQUESTED = "REQUESTED"
    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"
    WITHDRAWN = "WITHDRAWN"


class PolicyType(Word):
    """The policy types: two that grant or deny, and thirteen that configure (docs/aws.md 6.1)."""

    SERVICE_CONTROL_POLICY = "SERVICE_CONTROL_POLICY"
    RESOURCE_CONTROL_POLICY = "RESOURCE_CONTROL_POLICY"
    TAG_POLICY = "TAG_POLICY"
    BACKUP_POLICY = "BACKUP_POLICY"
    AISERVICES_OPT_OUT_POLICY = "AISERVICES_OPT_OUT_POLICY"
    CHATBOT_POLICY = "CHATBOT_POLICY"
    DECLARATIVE_POLICY_EC2 = "DECLARATIVE_POLICY_EC2"
    SECURITYHUB_POLICY = "SECURITYHUB_POLICY"
    INSPECTOR_POLICY = "INSPECTOR_POLICY"
    UPGRADE_ROLLOUT_POLICY = "UPGRADE_ROLLOUT_POLICY"
    BEDROCK_POLICY = "BEDROCK_POLICY"
    S3_POLICY = "S3_POLICY"
    NETWORK_SECURITY_DIRECTOR_POLICY = "NETWORK_SECURITY_DIRECTOR_POLICY"
    SECURITYHUB_CSPM_POLICY = "SECURITYHUB_CSPM_POLICY"
    GUARDDUTY_POLICY = "GUARDDUTY_POLICY"
