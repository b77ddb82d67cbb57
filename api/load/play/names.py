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
