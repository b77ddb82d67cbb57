"""What a message about a name that is none says of the names that there are."""

from collections.abc import Collection
from difflib import get_close_matches

from ..engine.spelling import close_to, left_out, nearest, shortened


def choose(given: str, known: Collection[str], place: str = "", taken: Collection[str] = ()) -> str:
    """The end of an error message: the name that was perhaps meant, and those that there are.

    Args:
        given: the name.
        known: those that there are; of many only the nearest are told.
        place: says where all of them are, if there are many.
        taken: those that are used already.
    """
    known = tuple(known)
    if not known:
        return " (there is none)"
    more = left_out(known)
    where = f"; {place}" if place and more else ""
    there_are = ", ".join(map(shortened, nearest(given, known)))
    return f"{meant(given, likely(given, known, taken))} (there are: {there_are}{more}{where})"


def likely(given: str, known: Collection[str], taken: Collection[str]) -> Collection[str]:
    """The names that may have been meant: of those that are used already only what is spelt nearly so."""
    return (
        known
        if not taken
        else [each for each in known if each not in taken or get_close_matches(given, [each], cutoff=NEARLY)]
    )


NEARLY = 0.75


def meant(given: str, known: Collection[str]) -> str:
    """The part of an error message that says what was perhaps meant; empty if nothing is like it."""
    close = close_to(given, known, 1)
    return f", did you mean `{shortened(close[0])}`?" if close else ""
