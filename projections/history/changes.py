"""What an event can change about temporal facts, and the kinds of things that facts are about."""

from typing import Literal

from msgspec import Struct

Kind = Literal[
    "organization",
    "root",
    "organizational unit",
    "account",
    "account creation",
    "policy",
    "resource policy",
    "handshake",
    "transfer",
]

KINDS: dict[str, Kind] = {
    "o": "organization",
    "r": "root",
    "ou": "organizational unit",
    "car": "account creation",
    "p": "policy",
    "rp": "resource policy",
    "h": "handshake",
    "rt": "transfer",
}
"""Kind of thing by the first part of its id; what has none of them is an account."""


def kind_of(subject: str) -> Kind:
    """The kind of thing that an id names."""
    return KINDS.get(subject.partition("-")[0], "account")


Details = dict[str, str | int | None]


class Introduces(Struct, frozen=True, gc=False):
    """A thing is new. Only accounts are not introduced: they are there from the first fact about them."""

    subject: str
    organization: str
    details: Details | None = None
    """What never changes about it, under AWS's names; times are microseconds since the epoch."""
    party: str | None = None
    """The account or address that a handshake or transfer was offered to."""


class Begins(Struct, frozen=True, gc=False):
    """A fact begins to hold, instead of the one with the same subject, attribute and key that may have held."""

    subject: str
    attribute: str
    value: str
    key: str = ""


class Ends(Struct, frozen=True, gc=False):
    """Facts of a subject end, those that hold."""

    subject: str
    attributes: tuple[str, ...] | None = None
    """Only those with these attributes; None for all."""
    key: str | None = None
    """Only the one with this key; None for all."""


class OrganizationEnds(Struct, frozen=True, gc=False):
    """An organization was deleted: all facts about what was part of it end, but not those about its handshakes."""

    organization: str


class AttachmentsEnd(Struct, frozen=True, gc=False):
    """A policy type was disabled: its policies are detached everywhere, and its default is detached nowhere."""

    organization: str
    policy_type: str
    default: str | None
    """The default policy of the type."""


class RootReplaced(Struct, frozen=True, gc=False):
    """The id of a root became known: what is said of its placeholder is from now on said of the root."""

    organization: str
    placeholder: str
    root: str


NarrowChange = Introduces | Begins | Ends
"""A change about one subject."""

WideChange = OrganizationEnds | AttachmentsEnd | RootReplaced
"""A change about many subjects, which the change itself does not name."""

Change = NarrowChange | WideChange

PARTS: tuple[Kind, ...] = ("organization", "root", "organizational unit", "policy", "resource policy")
"""The kinds of things that end with their organization."""

ATTACHED = "policy"
"""The attribute of a root, OU or account to which a policy is attached: the key is the policy."""

WITHOUT_DEFAULT = "without default policy"
"""The attribute of a root, OU or account from which AWS's default policy was detached: the key is that policy."""

TAG = "tag"
"""The attribute of a thing with a tag: the key is the tag's."""
