"""``/at/PLACE/``: the world as it was at a moment or a position, for any SDK by its endpoint URL alone."""

from msgspec import Struct

from ...engine.operation import Caller
from ..client.calls import Members
from ..past import Past, ReadOnly
from .faults import QUOTED, PlaceRefused, WriteRefused
from .identity import Identity
from .served_world import Live

PREFIX = "/at/"


def split_place(path: str) -> tuple[str | None, str]:
    """Split a path within a world into the place, None for the present, and the path at that place.

    ``/at/PLACE`` is ``/at/PLACE/``.
    """
    if not f"{path}/".startswith(PREFIX):
        return None, path
    place, _, rest = path[len(PREFIX) :].partition("/")
    return place, f"/{rest}"


async def answer_as_of(live: Live, identity: Identity, at: str, operation: str, members: Members) -> tuple[Struct, int]:
    """Answer a reading operation as of a place.

    Returns:
        The answer, and the time there, in microseconds since the epoch.

    Raises:
        PlaceRefused: there is no such place.
        WriteRefused: the operation writes.
        Refused: the operation refuses the request, as it would have then.
    """
    past = _past(live, at)
    caller = Caller(identity.account, identity.principal, identity.partition)
    try:
        return await past.answer(operation, members, caller), await past.time()
    except ReadOnly as refused:
        raise WriteRefused(
            f"{refused.operation} would change the world, which {PREFIX}{at}/ shows as it was at {refused.place}, and "
            "so is read-only; leave that out of the endpoint's URL to change the present"
        ) from None


def _past(live: Live, at: str) -> Past:
    try:
        return live.sim.at(at)
    except ValueError as error:
        raise PlaceRefused(f"{PREFIX}{at[:QUOTED]}/: {error}") from None
