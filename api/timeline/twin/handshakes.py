"""Handshakes of a dump in their normalized form."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from ....engine.twin.form import HandshakeForm
from ....engine.words import Action, FeatureSet, PartyType
from .calls import Question
from .shapes import HandshakeTold, PartyTold, ResourceTold, told

QUESTION: Question = ("ListHandshakesForOrganization", "")


def handshake_forms(
    items: list[Any], time_of: Callable[[Question, Any], int | None]
) -> tuple[tuple[HandshakeForm, ...], list[str]]:
    """Read the handshakes that an organization sent; those that ask for what a twin cannot have are left out.

    Args:
        items: the raw ones.
        time_of: reads a moment.

    Returns:
        The forms, and what was left out.
    """
    found = told(items, list[HandshakeTold], "list-handshakes-for-organization")
    left_out = Counter(each.action for each in found if each.action in LEFT_OUT)
    notes = [f"{count} handshakes {action} are left out: {LEFT_OUT[action]}" for action, count in left_out.items()]
    ended = sum(1 for each in found if each.action is Action.INVITE and each.state not in ("REQUESTED", "OPEN"))
    if ended:
        notes.append(f"{ended} ended invitations are left out: AWS does not say when they ended")
    forms = tuple(_form(each, time_of) for each in found if each.action not in LEFT_OUT)
    return forms, [*notes, *_unseen(forms)]


def _unseen(forms: tuple[HandshakeForm, ...]) -> Iterator[str]:
    """A migration that waits for approvals of which none can be seen: they ended more than thirty days ago."""
    unanswered = {
        each.parent for each in forms if each.action is Action.APPROVE_ALL_FEATURES and each.state != "ACCEPTED"
    }
    for each in forms:
        if each.action is Action.ENABLE_ALL_FEATURES and each.state == "REQUESTED" and each.id not in unanswered:
            yield (
                f"{each.id} waits for approvals that ended more than thirty days ago and cannot be seen: in the twin "
                "it is OPEN"
            )


LEFT_OUT = {
    Action.TRANSFER_RESPONSIBILITY: "their other side is another organization",
    Action.ADD_ORGANIZATIONS_SERVICE_LINKED_ROLE: "orgsim has no such handshakes",
}


def _form(handshake: HandshakeTold, time_of: Callable[[Question, Any], int | None]) -> HandshakeForm:
    resources = {each.type: each.value for each in _all(handshake.resources)}
    party = next((each for each in handshake.parties if each.type != PartyType.ORGANIZATION), None)
    parent = resources.get("PARENT_HANDSHAKE")
    feature_set = resources.get("ORGANIZATION_FEATURE_SET")
    party_type, key = _party(party, resources)
    return HandshakeForm(
        id=handshake.id,
        action=handshake.action,
        state=handshake.state,
        requested_at=time_of(QUESTION, handshake.requested_timestamp) or 0,
        expires_at=time_of(QUESTION, handshake.expiration_timestamp) or 0,
        party=key,
        party_type=party_type,
        parent=f"h-{parent.removeprefix('h-')}" if parent else None,
        feature_set=FeatureSet(feature_set) if feature_set in [*FeatureSet] else None,
        notes=resources.get("NOTES"),
    )


def _party(party: PartyTold | None, resources: dict[str, str]) -> tuple[PartyType, str | None]:
    """Whom it was addressed to: the address, also where the account that accepted it stands among the parties."""
    if party is None:
        return PartyType.ORGANIZATION, None
    if "EMAIL" in resources:
        return PartyType.EMAIL, resources["EMAIL"]
    return PartyType(party.type) if party.type in [*PartyType] else PartyType.ACCOUNT, party.id


def _all(resources: list[ResourceTold]) -> Iterator[ResourceTold]:
    for each in resources:
        yield each
        yield from _all(each.resources)
