"""What a message about a name that is none says of the names that there are."""

from collections.abc import Collection
from difflib import get_close_matches


def choose(given: str, known: Collection[str]) -> str:
    """The end of an error message: the closest known name, and all that are known."""
    close = get_close_matches(given, known, n=1)
    there_are = f" (there are: {', '.join(known)})" if known else " (there is none)"
    return (f", did you mean `{close[0]}`?" if close else "") + there_are
