"""The guard of the tests against blocking calls sees all three floors."""

import time
from pathlib import Path
from types import CodeType

import anyio
import pytest
from blockbuster import BlockingError

import orgsim.api
import orgsim.engine
import orgsim.projections


def sleeping_in(file: Path) -> CodeType:
    """A function that sleeps, compiled as if it stood in a file."""
    return compile("def nap():\n    time.sleep(0)\n", str(file), "exec")


@pytest.mark.parametrize("package", [orgsim.api, orgsim.engine, orgsim.projections])
def test_a_sleep_is_found(package: object) -> None:
    """A sleep inside a coroutine of the api, the engine or the projections raises BlockingError."""
    [folder, *_] = package.__path__  # type: ignore[attr-defined]
    names = {"time": time}
    exec(sleeping_in(Path(folder) / "planted.py"), names)

    async def blocks() -> None:
        names["nap"]()  # type: ignore[operator]

    with pytest.raises(BlockingError):
        anyio.run(blocks)
