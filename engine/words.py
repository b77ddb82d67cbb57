"""Enumerations: those of AWS's API, and the conditions of accounts outside AWS Organizations."""

from enum import StrEnum
from typing import Literal

Partition = Literal["aws", "aws-cn", "aws-us-gov"]
"""A part of AWS with accounts, organizations and ARNs of its own (docs/aws.md 1.3)."""


class Word(StrEnum):
    """Base of the enumerations. It hashes as str: members are keys of hot tables, and Enum's own hash is slow."""

    __hash__ = str.__hash__


class FeatureSet(Word):
    """The feature set of an organization (docs/aws.md 3.1)."""

    ALL = "ALL"
    CONSOLIDATED_BILLING = "CONSOLIDATED_BILLING"


class Action(Word):
    """The subject of a handshake (docs/aws.md 2.3); docs/decisions/0004 tells which ones a migration has."""

    INVITE = "INVITE"
    ENABLE_ALL_FEATURES = "ENABLE_ALL_FEATURES"
    APPROVE_ALL_FEATURES = "APPROVE_ALL_FEATURES"
    ADD_ORGANIZATIONS_SERVICE_LINKED_ROLE = "ADD_ORGANIZATIONS_SERVICE_LINKED_ROLE"
    TRANSFER_RESPONSIBILITY = "TRANSFER_RESPONSIBILITY"


class PartyType(Word):
    """The kind of address of a handshake's recipient."""

    ACCOUNT = "ACCOUNT"
    ORGANIZATION = "ORGANIZATION"
    EMAIL = "EMAIL"


class JoinedMethod(Word):
    """The way in which an account joined; a management account counts as invited (docs/aws.md 3.1)."""

    INVITED = "INVITED"
    CREATED = "CREATED"


class DepartureMethod(Word):
    """The way in which an account departed (docs/aws.md 11.3)."""

    LEFT = "LEFT"
    REMOVED = "REMOVED"
    CLEANED = "CLEANED"


class Condition(Word):
    """A property of an account, outside Organizations, that makes AWS refuse certain calls."""

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
    """The status of a responsibility transfer (docs/aws.md 12)."""

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
