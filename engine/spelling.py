"""What a message says about a name that there is not: those that are spelt like it, or all."""

from collections.abc import Collection, Iterable
from difflib import get_close_matches
from typing import Any, TypeVar, cast

from msgspec import StructMeta

T = TypeVar("T")


def advice_on(unknown: object, names: Iterable[str], introduction: str) -> str:
    """Advise on a name that there is not: the one to write if only its spelling differs, those close to it, then all.

    Args:
        unknown: the name.
        names: those there are.
        introduction: stands before all of them, as "there are:".
    """
    known = {_letters(name): name for name in names}
    written = _letters(str(unknown))
    if written in known:
        return f"write {known[written]}"
    close = [known[each] for each in close_to(written, known)]
    guess = f"did you mean {' or '.join(close)}? " if close else ""
    return f"{guess}{introduction} {', '.join(nearest(str(unknown), [*known.values()])) or 'none'}{left_out(known)}"


MOST_NAMED = 24
"""With more names than this, a message has only those that are nearest to what was written."""
NEAREST = 8


def close_to(unknown: str, names: Iterable[str], most: int = 3) -> list[str]:
    """The names that were perhaps meant: those that begin with what was written, or it with them, then those alike."""
    names, written = [*names], unknown.lower()
    longer = [each for each in names if len(unknown) >= BEGINNING and each.lower().startswith(written)]
    shorter = [each for each in names if len(each) >= BEGINNING and written.startswith(each.lower())]
    alike = get_close_matches(unknown, names, n=most)
    return [*dict.fromkeys([*sorted(longer, key=len), *sorted(shorter, key=len, reverse=True), *alike])][:most]


BEGINNING = 4
"""So many letters say enough of a name to find it by its beginning."""


def nearest(unknown: str, names: Collection[str]) -> list[str]:
    """All names, if there are few; of many those that are nearest to what was written."""
    if len(names) <= MOST_NAMED:
        return [*names]
    alike = get_close_matches(unknown, names, n=NEAREST, cutoff=0.0)
    return [*dict.fromkeys([*close_to(unknown, names), *alike])][:NEAREST]


def left_out(names: Collection[str]) -> str:
    """What a message says behind the nearest names, if it does not have all."""
    return f" and {len(names) - NEAREST} more" if len(names) > MOST_NAMED else ""


def _letters(name: str) -> str:
    return name.replace("_", "").lower()


class Spelt(StructMeta):
    """The class of structs whose constructors say which keywords they take, if they are given another one."""

    def __call__(self: type[T], *arguments: Any, **keywords: Any) -> T:
        """Make a struct; TypeError for a keyword that it does not take, and for what else msgspec refuses."""
        # Typed like this so that type checkers go on to check the keywords of each struct.
        struct = cast("StructMeta", self)
        fields = struct.__struct_fields__
        unknown = next((name for name in keywords if name not in fields), None)
        if unknown is not None:
            raise TypeError(f"{self.__name__} takes no {unknown}: {advice_on(unknown, fields, 'it takes:')}")
        return StructMeta.__call__(struct, *arguments, **keywords)
