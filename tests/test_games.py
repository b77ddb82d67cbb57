"""Worlds on random schedules: whatever comes between, nothing acknowledged is lost, and state, views and log agree.

``ORGSIM_CAMPAIGN=2000 pytest tests/test_games.py`` plays so many games, others every time; the seed of one that
fails is printed, and ``ORGSIM_SEED`` plays it again.
"""

import os
import secrets
from collections import Counter
from pathlib import Path

import pytest
from support.campaign import CAMPAIGN
from support.random_schedules import MET_BY_FEW, WANTED, Game

pytestmark = [pytest.mark.slow, pytest.mark.campaign]

SEED = os.environ.get("ORGSIM_SEED")
GAMES, LIVES = 8, 4


async def test_random_schedules(tmp_path: Path, anyio_backend: str) -> None:
    """Every game holds, and together they have met all that is rare."""
    first = int(SEED or (secrets.randbits(40) if CAMPAIGN else 0))
    met: Counter[str] = Counter()
    for seed in range(first, first + (1 if SEED else CAMPAIGN or GAMES)):
        folder = tmp_path / str(seed)
        folder.mkdir()
        try:
            await Game(folder / "world.db", seed, met).play(LIVES)
        except BaseException as error:
            error.add_note(f"play it again: ORGSIM_SEED={seed} pytest 'tests/test_games.py' -k {anyio_backend}")
            raise
    print(f"{anyio_backend}: {dict(met)}")
    missed = [name for name in (WANTED if CAMPAIGN else MET_BY_FEW) if not met[name]]
    if missed and not SEED:
        pytest.fail(f"the games never met: {', '.join(missed)}")
