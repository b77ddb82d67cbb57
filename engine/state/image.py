"""Encode the state for a snapshot, and decode it.

Accounts and handshakes, of which there may be a million each, are stored once, column by column; members and queues
refer to them by number. Everything else is stored as it is.

Numbers, because object identity matters: the state has one Handshake object in its table and in a timer queue, and what
changes through one must be seen through the other (``Timers.trim_ended`` looks at ``ended_at`` of the handshakes in its
queue). Storing the handshake in each place would load copies.
"""

from collections import defaultdict, deque
from collections.abc import Iterable
from itertools import count, islice
from typing import Any

from msgspec import Struct
from msgspec.msgpack import Decoder, Encoder
from msgspec.structs import replace

from ..events import HandshakeRequested, Tag
from ..words import Action, Condition, FeatureSet, JoinedMethod, PartyType
from . import Account, Organization, State
from .columns import Column, expand, from_columns, pack, to_columns, unpack
from .handshake import Handshake, HandshakeState


class AccountColumns(Struct, frozen=True, array_like=True):
    """The columns of ``Account``."""

    id: Column[str]
    organization: Column[str | None]
    joined_method: Column[JoinedMethod | None]
    membership_changed_at: Column[int | None]
    email: Column[str | None]
    name: Column[str | None]
    conditions: Column[tuple[Condition, ...]]


class RequestedColumns(Struct, frozen=True, array_like=True):
    """The columns of ``HandshakeRequested``, the first event of every handshake."""

    organization: Column[str]
    handshake: Column[str]
    action: Column[Action]
    expires_at: Column[int]
    party: Column[str | None]
    party_type: Column[PartyType]
    parent: Column[str | None]
    feature_set: Column[FeatureSet | None]
    notes: Column[str | None]
    tags: Column[tuple[Tag, ...]]


class HandshakeColumns(Struct, frozen=True, array_like=True):
    """The columns of ``Handshake``, without its first field ``requested``."""

    requested_at: Column[int]
    state: Column[HandshakeState]
    ended_at: Column[int]
    account: Column[str | None]


class StateImage(Struct, frozen=True, array_like=True):
    """A state in the form in which a snapshot stores it."""

    rest: State
    """The state without what the other fields store."""
    accounts: AccountColumns
    members: list[bytes]
    """For each organization its members, as row numbers in ``accounts``."""
    requested: RequestedColumns
    handshakes: HandshakeColumns
    visible: int
    """How many handshakes, from the first on, are in ``State.handshakes``; the purged others are in queues only."""
    queues: list[bytes]
    """For each queue of ``_queues`` its handshakes, as row numbers in ``handshakes``."""


def _as_list(value: Any) -> list[Any]:
    return list(value)


def _as_deque(kind: Any, value: Any) -> deque[Any]:
    return deque(value)


_encode = Encoder(enc_hook=_as_list).encode
_decode = Decoder(StateImage, dec_hook=_as_deque).decode


def dump_state(state: State) -> bytes:
    """Encode a state; equal states give the same bytes."""
    account_numbers = dict(zip(state.accounts, count(), strict=False))
    queues = _queues(state)
    handshakes = list(state.handshakes.values())
    # One number per object. Handshakes that were purged but are still in a queue get the next numbers as they come up.
    numbers = defaultdict(count(len(handshakes)).__next__, zip(map(id, handshakes), count(), strict=False))
    numbered = [pack(map(numbers.__getitem__, map(id, queue))) for queue in queues]
    handshakes += _purged(queues, numbers, len(handshakes))
    image = StateImage(
        _rest(state),
        to_columns(AccountColumns, list(state.accounts.values())),
        [pack(map(account_numbers.__getitem__, each.members)) for each in state.organizations.values()],
        to_columns(RequestedColumns, [handshake.requested for handshake in handshakes]),
        to_columns(HandshakeColumns, handshakes),
        len(state.handshakes),
        numbered,
    )
    return _encode(image)


def load_state(data: bytes) -> State:
    """Decode a state that ``dump_state`` encoded."""
    image = _decode(data)
    state = image.rest
    accounts = list(from_columns(Account, image.accounts))
    state.accounts = {account.id: account for account in accounts}
    for organization, numbers in zip(state.organizations.values(), image.members, strict=True):
        members = map(accounts.__getitem__, unpack(numbers))
        organization.members = {member.id: member for member in members}
    handshakes = list(from_columns(Handshake, image.handshakes, from_columns(HandshakeRequested, image.requested)))
    state.handshakes = dict(zip(expand(image.requested.handshake), handshakes[: image.visible], strict=False))
    for queue, numbers in zip(_queues(state), image.queues, strict=True):
        queue.extend(map(handshakes.__getitem__, unpack(numbers)))
    _share_ids(state)
    return state


def _purged(queues: list[deque[Handshake]], numbers: dict[int, int], first: int) -> list[Handshake]:
    """The handshakes with numbers from ``first`` on, in order: those that are in queues only."""
    if len(numbers) == first:
        return []
    found = {id(handshake): handshake for queue in queues for handshake in queue}
    return [found[each] for each in islice(numbers, first, None)]


def _queues(state: State) -> list[deque[Handshake]]:
    timers = state.timers
    return [timers.migrations, timers.purges, timers.invitations]


def _rest(state: State) -> State:
    """A copy of the state without accounts, members, handshakes and queues, which the image stores apart."""
    none: Iterable[Handshake] = ()
    organizations: dict[str, Organization] = {
        key: replace(organization, members={}) for key, organization in state.organizations.items()
    }
    timers = replace(state.timers, migrations=deque(none), purges=deque(none), invitations=deque(none))
    return replace(state, accounts={}, handshakes={}, organizations=organizations, timers=timers)


def _share_ids(state: State) -> None:
    """Let invitations and approvals share the id strings of their handshakes again: a million copies take memory."""
    for organization in state.organizations.values():
        for table in (organization.invitations, organization.migration.outstanding if organization.migration else {}):
            for party, handshake in table.items():
                # A declined approval may be purged while it is still outstanding.
                if handshake in state.handshakes:
                    table[party] = state.handshakes[handshake].requested.handshake
