"""The names, addresses and numbers of the accounts of a run."""

import re
from collections.abc import Iterable
from itertools import chain, count

FIRST_ACCOUNT = 200_000_000_000
"""The number of the first account that nobody has created; further ones follow."""

ADDRESSES = "@accounts.example"
"""Where created accounts have their e-mail addresses."""


def name_stems(names: Iterable[str]) -> dict[str, str]:
    """Name to the unique stem of the names and e-mail addresses of created accounts: short, of a-z, 0-9 and -."""
    stems: dict[str, str] = {}
    for name in names:
        plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:30] or "accounts"
        candidates = chain([plain], (f"{plain}-{number}" for number in count(2)))
        stems[name] = next(each for each in candidates if each not in stems.values())
    return stems


def last_number(stem: str, addresses: Iterable[str]) -> int:
    """The greatest number N of the addresses ``stem-N@accounts.example`` that are taken; 0 if none is."""
    taken = re.compile(re.escape(stem) + r"-([0-9]{1,9})" + re.escape(ADDRESSES))
    return max((int(found[1]) for each in addresses if (found := taken.fullmatch(each))), default=0)


class NewNames:
    """The names and e-mail addresses of the accounts that are created for a population, each used once.

    Args:
        stem: with which they begin.
        taken: the addresses that accounts have already.
    """

    def __init__(self, stem: str, taken: Iterable[str]) -> None:
        self.emails: list[str] = []
        """The addresses that were given so far."""
        self._stem = stem
        self._last = last_number(stem, taken)

    def next(self) -> tuple[str, str]:
        """The next address, and the name with it; stays the next until it is added to ``emails``."""
        name = f"{self._stem}-{self._last + len(self.emails) + 1}"
        return name + ADDRESSES, name
