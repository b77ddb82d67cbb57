"""OUs are found by the path of names that leads to them from the root, which they have or had."""

from pathlib import Path

import anyio
import pytest
from typer.testing import CliRunner

from orgsim.api import Simulation
from orgsim.api.cli.app import app

MANAGEMENT = "111111111111"
GUARD = '{"tags":{}}'


@pytest.fixture
def units(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The ids of the OUs of an organization in world.db, by their paths; some are gone, or have another name now."""
    monkeypatch.chdir(tmp_path)

    async def write() -> dict[str, str]:
        made = dict[str, str]()
        async with Simulation("world.db") as sim:
            org = sim.client(MANAGEMENT)
            await org.create_organization()
            made[""] = (await org.list_roots()).roots[0].id
            for path in ("Web", "Data", "Data/Web", "Old", "Old/Web", "A/B"):
                above, _, name = ("", "", path) if path == "A/B" else path.rpartition("/")
                created = await org.create_organizational_unit(parent_id=made[above], name=name)
                made[path] = created.organizational_unit.id
            await org.create_policy(type="TAG_POLICY", name="Guard", description="", content=GUARD)
            await org.update_organizational_unit(organizational_unit_id=made["Data"], name="Lake")
            await org.delete_organizational_unit(organizational_unit_id=made["Old/Web"])
        return made

    return anyio.run(write)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/Web", "Web"),
        ("Data", "Data"),
        ("Lake", "Data"),
        ("Data/Web", "Data/Web"),
        ("/Lake/Web/", "Data/Web"),
        ("Old/Web", "Old/Web"),
        ("A/B", "A/B"),
    ],
)
@pytest.mark.parametrize("command", ["timeline", "why"])
def test_found(command: str, path: str, found: str, units: dict[str, str]) -> None:
    """A path that is or was leads to its OU, also with slashes around it; a slash in a name is one of its letters."""
    told = CliRunner().invoke(app, [command, "world.db", path])
    assert told.exit_code == 0
    assert units[found] in told.stdout


@pytest.mark.parametrize("path", ["Web/Data", "Web/Web", "Data/Data/Web", "Data/Guard", "/Guard", "/", "//"])
def test_no_such_path(path: str, units: dict[str, str]) -> None:
    """Other paths lead nowhere, and policies are in no OU."""
    told = CliRunner().invoke(app, ["why", "world.db", path])
    assert told.exit_code == 2
    assert "there never was" in told.stderr
    assert units


def test_a_name_of_several(units: dict[str, str]) -> None:
    """A name alone that several OUs have is not enough, and the message names them."""
    told = CliRunner().invoke(app, ["timeline", "world.db", "Web"])
    assert told.exit_code == 2
    assert all(units[path] in told.stderr for path in ("Web", "Data/Web", "Old/Web"))
