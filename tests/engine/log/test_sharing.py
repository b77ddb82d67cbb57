"""Sharing of equal values among decoded events."""

from orgsim.engine.events import AccountJoined, HandshakeRequested, OrganizationEvent
from orgsim.engine.events.envelope import Envelope, decode_envelope, encode_envelope
from orgsim.engine.log.sharing import Sharing
from orgsim.engine.words import Action, JoinedMethod, PartyType

LATER = 1_800_000_000_000_000


def requested(account: str, handshake: str, expires_at: int = LATER) -> HandshakeRequested:
    """An approval that is asked for."""
    return HandshakeRequested(
        "o-exampleorg", handshake, Action.APPROVE_ALL_FEATURES, expires_at, account, PartyType.ACCOUNT, "h-parent"
    )


EVENTS: list[OrganizationEvent] = [
    requested("222222222222", "h-one"),
    AccountJoined("o-exampleorg", "222222222222", JoinedMethod.INVITED),
    requested("222222222222", "h-two"),
    HandshakeRequested("o-exampleorg", "h-parent", Action.ENABLE_ALL_FEATURES, LATER + 1, None, PartyType.ORGANIZATION),
    requested("333333333333", "h-three"),
]


def decoded(events: list[OrganizationEvent], time: int = LATER - 1_000) -> list[Envelope]:
    """Events as they come from a log."""
    envelopes = [Envelope(position, time, event, "Any", None, None, position) for position, event in enumerate(events)]
    return [decode_envelope(encode_envelope(envelope)) for envelope in envelopes]


def test_events_say_what_they_said() -> None:
    """Shared or not, events are equal and encode to the same bytes."""
    envelopes, shared = decoded(EVENTS), decoded(EVENTS)
    Sharing().share(shared)
    assert shared == envelopes
    assert list(map(encode_envelope, shared)) == list(map(encode_envelope, envelopes))


def test_equal_values_become_one_object() -> None:
    """Equal organizations, parents, accounts and moments are one object each, in one batch and over several."""
    sharing, batches = Sharing(), [decoded(EVENTS), decoded(EVENTS)]
    for batch in batches:
        sharing.share(batch)
    envelopes = [envelope for batch in batches for envelope in batch]
    events = [envelope.event for envelope in envelopes]
    requests = [event for event in events if isinstance(event, HandshakeRequested)]
    joined = [event.account for event in events if isinstance(event, AccountJoined)]
    assert len({id(envelope.time) for envelope in envelopes}) == 1
    assert len({id(event.organization) for event in events}) == 1
    assert len({id(event.parent) for event in requests if event.parent}) == 1
    assert (
        len({id(account) for account in [*joined, *(each.party for each in requests)] if account == "222222222222"})
        == 1
    )


def test_different_moments_stay_different() -> None:
    """A moment is that of the event before only if it is the same."""
    envelopes = [*decoded(EVENTS[:2], LATER), *decoded(EVENTS[:2], LATER + 5)]
    Sharing().share(envelopes)
    assert [envelope.time for envelope in envelopes] == [LATER, LATER, LATER + 5, LATER + 5]
