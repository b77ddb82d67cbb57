"""What a message says about a name that there is not: those that are spelt like it, or all."""

from bisect import bisect_left
from collections.abc import Collection, Iterable
from difflib import SequenceMatcher
from functools import lru_cache
from heapq import nlargest
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
    guess = f"did you mean {' or '.join(map(shortened, close))}? " if close else ""
    told = ", ".join(map(shortened, nearest(str(unknown), [*known.values()])))
    return f"{guess}{introduction} {told or 'none'}{left_out(known)}"


MOST_NAMED = 24
"""With more names than this, a message has only those that are nearest to what was written."""
NEAREST = 8


def close_to(unknown: str, names: Iterable[str], most: int = 3) -> list[str]:
    """The names that were perhaps meant: those that begin with what was written, or it with them, then those alike."""
    candidates, written = _candidates(unknown, tuple(names)), unknown.lower()
    longer = [each for each in candidates if len(unknown) >= BEGINNING and each.lower().startswith(written)]
    shorter = [each for each in candidates if len(each) >= BEGINNING and written.startswith(each.lower())]
    alike = [name for ratio, name in _most_alike(unknown, candidates) if ratio >= ALIKE]
    return [*dict.fromkeys([*sorted(longer, key=len), *sorted(shorter, key=len, reverse=True), *alike[:most]])][:most]


BEGINNING = 4
"""So many letters say enough of a name to find it by its beginning."""
ALIKE = 0.6
"""The ratio of difflib from which on one name may be meant for another."""


def nearest(unknown: str, names: Collection[str]) -> list[str]:
    """All names, if there are few; of many those that are nearest to what was written."""
    if len(names) <= MOST_NAMED:
        return [*names]
    alike = [name for _, name in _most_alike(unknown, _candidates(unknown, tuple(names)))]
    return [*dict.fromkeys([*close_to(unknown, names), *alike])][:NEAREST]


MOST_COMPARED = 100
"""Of more names than this only those are compared that begin or end like what was written."""
AROUND = 20
"""So many are compared of those before it in the order of the names, so many behind it, and so of the names read
backwards."""
LONGEST_COMPARED = 100
"""So many characters of a name are compared, as the time rises with their square."""


def _candidates(unknown: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """The names that are worth comparing: a file may have thousands of mistakes about thousands of names."""
    if len(names) <= MOST_COMPARED:
        return names
    written, near = unknown.lower(), dict[str, None]()
    for key, ordered in zip((written, written[::-1]), _both_ways(names), strict=True):
        place = bisect_left(ordered, (key, ""))
        near |= dict.fromkeys(name for _, name in ordered[max(0, place - AROUND) : place + AROUND])
    return tuple(near)


@lru_cache(maxsize=8)
def _both_ways(names: tuple[str, ...]) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Names behind what they are sorted by: their letters, and their letters backwards."""
    letters = [(name.lower(), name) for name in names]
    return sorted(letters), sorted((key[::-1], name) for key, name in letters)


@lru_cache(maxsize=256)
def _most_alike(unknown: str, names: tuple[str, ...]) -> list[tuple[float, str]]:
    """The names that are most like what was written, at most ``NEAREST``, each behind its ratio; the first one first.

    They are those that ``get_close_matches`` of difflib finds, with less work: none is compared completely that
    cannot be among them.
    """
    matcher, bounds = SequenceMatcher[str](), list[tuple[float, str]]()
    matcher.set_seq2(unknown[:LONGEST_COMPARED])
    for name in names:
        matcher.set_seq1(name[:LONGEST_COMPARED])
        bounds.append((matcher.quick_ratio(), name))
    found = list[tuple[float, str]]()
    for bound, name in sorted(bounds, reverse=True):
        if len(found) == NEAREST and (bound, name) < found[-1]:
            break
        matcher.set_seq1(name[:LONGEST_COMPARED])
        found = nlargest(NEAREST, [*found, (matcher.ratio(), name)])
    return found


LONGEST = 60
"""So many characters of a text from outside are repeated."""


def shortened(text: str) -> str:
    """A text from outside as messages repeat it: cut if it is long."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def quoted(text: object) -> str:
    """A text from outside in quotes, cut if it is long."""
    return repr(shortened(text)) if isinstance(text, str) else shortened(repr(text))


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
