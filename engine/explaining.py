"""Words for the explanations of refusals: moments, numbers of things, short lists, conditions, what is not there.

``Refused.explanation`` is one or two sentences: what stood in the way, and what would have to be true. The functions
that write them stand beside the checks; what all of them share is here. Nothing here is AWS's text.
"""

from collections.abc import Collection
from itertools import islice

from .resources import ResourceType, resource_type
from .settings import SECOND
from .shapes.base import moment_text
from .state import OrganizationFacts
from .words import Condition

NAMED = 3
"""How many members of a list are named; the others are counted."""

CONDITIONS = {
    Condition.ADDRESS_OUTSIDE_MARKETPLACE: "has an address outside its marketplace; it needs one inside",
    Condition.BILLING_PREREQUISITE_UNMET: "has billing that is not set up for a transfer; that must be done first",
    Condition.BUSINESS_LICENSE_MISSING: "has no business license; one must be added",
    Condition.CONTACT_INFO_MISSING: "has no contact address or phone number; both must be added",
    Condition.EMAIL_UNVERIFIED: "has an email address that is not verified; it must be verified first",
    Condition.EULA_UNSIGNED: "has not accepted the customer agreement; it must accept it",
    Condition.GOVCLOUD_NOT_ENABLED: "is not enabled for GovCloud; it must be enabled first",
    Condition.INVOICE_PAST_DUE: "has an invoice that is past due; it must be paid",
    Condition.LEGACY_BILLING_PERMISSIONS: "has the old billing permissions; it must migrate to the fine-grained ones",
    Condition.OTHER_SELLER_OF_RECORD: "has another seller of record; accounts of an organization have the same one",
    Condition.PAYMENT_INSTRUMENT_INVALID: "has a payment method that is not valid; it needs a valid one",
    Condition.PAYMENT_INSTRUMENT_MISSING: "has no payment method; one must be added",
    Condition.PHONE_UNVERIFIED: "has a phone number that is not verified; it must be verified",
    Condition.PREPAYMENT_UNUSED: "has prepaid for what it has not used; that must be used up",
    Condition.PRICING_UNSUPPORTED: "has a pricing agreement that rules transfers out",
    Condition.SERVICE_LINKED_ROLE_DENIED: "does not let Organizations make its service-linked role; it must",
    Condition.SIGN_UP_INCOMPLETE: "has not completed its sign-up; that must be done first",
    Condition.SUSPENDED: "is suspended; it must be active",
    Condition.TRANSFER_UNAVAILABLE: "is one to which billing transfers are not available",
}
"""Condition to what is said of the account that has it, and what would have to be true."""

LISTED_BY: dict[ResourceType, tuple[str, str]] = {
    "ou": ("OU", "ListOrganizationalUnitsForParent lists those there are"),
    "policy": ("policy", "ListPolicies lists those there are"),
    "resourcepolicy": ("resource policy", "DescribeResourcePolicy shows the one there is"),
    "transfer": (
        "responsibility transfer",
        "ListInboundResponsibilityTransfers and ListOutboundResponsibilityTransfers list those there are",
    ),
}
"""Type of resource to its name, and the call that tells which there are."""


def when(time: int) -> str:
    """Format a moment in microseconds since the epoch as ISO 8601 in UTC, with a fraction only if it has one."""
    return moment_text(time, "%Y-%m-%dT%H:%M:%S.%fZ" if time % SECOND else "%Y-%m-%dT%H:%M:%SZ")


def suffers(account: str, condition: Condition) -> str:
    """Explain that an account has a condition, and what would have to be true."""
    return f"{account} {CONDITIONS[condition]}"


def outside(account: str) -> str:
    """Explain that an account is in no organization."""
    return f"{account} is in no organization; it must create one, or accept an invitation to one"


def absent(resource: str, organization: OrganizationFacts) -> str:
    """Explain that an organization does not have the account, root, OU, policy or transfer that a call names."""
    kind = resource_type(resource)
    if kind == "account":
        return f"{resource} is no member of {organization.id}; it must be one"
    if kind == "root":
        return f"the root of {organization.id} is {organization.root}, not {resource}"
    name, listed = LISTED_BY[kind]
    return f"{organization.id} has no {name} {resource}; {listed}"


def without_resource_policy(organization: OrganizationFacts) -> str:
    """Explain that an organization has no resource policy."""
    return f"{organization.id} has no resource policy; PutResourcePolicy gives it one"


def number(count: int, things: str) -> str:
    """Write a number of things, of which the name is given in the plural."""
    return f"1 {things.removesuffix('s')}" if count == 1 else f"{count:,} {things}"


def some(names: Collection[str]) -> str:
    """Name the first few of a list, and count the others."""
    more = len(names) - NAMED
    return ", ".join(islice(names, NAMED)) + (f" and {more:,} more" if more > 0 else "")


def full(counted: str, quota: int, way_out: str) -> str:
    """Explain that a quota is full: what counts, how many there may be, and what would make room."""
    return f"{counted}, and the quota is {quota:,}; {way_out}"


def until(counted: str, quota: int, passes_at: int) -> str:
    """Explain that a quota is full that has room again later by itself."""
    return full(counted, quota, f"there is room from {when(passes_at)}" if quota else "none is allowed")
