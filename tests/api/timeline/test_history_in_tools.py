"""Histories in DuckDB and Datasette, where these are installed: ``pip install --group history``."""

import json
import subprocess
import sys
from pathlib import Path

import anyio
import pytest
from support.sixty_calls import LAB, OPS, play
from typer.testing import CliRunner

from orgsim.api.cli.app import app
from orgsim.api.timeline.schema import VIEWS

pytestmark = pytest.mark.slow

NAMES = [statement.split()[2] for statement in VIEWS]


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The history of a small company."""
    path = tmp_path_factory.mktemp("tools") / "world.db"
    anyio.run(play, path)
    assert CliRunner().invoke(app, ["timeline", str(path)]).exit_code == 0
    return Path(f"{path}-history")


def test_duckdb_reads_every_view(history: Path) -> None:
    """DuckDB, which reads views in its own way, has the rows of all of them, and answers for a moment."""
    duckdb = pytest.importorskip("duckdb")
    scanner = pytest.importorskip("duckdb_extension_sqlite_scanner")
    (extension,) = (Path(scanner.__file__).parent / "extensions").glob("*/*.duckdb_extension")
    connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    connection.execute(f"LOAD '{extension}'")
    connection.execute(f"ATTACH '{history}' AS history (TYPE sqlite, READ_ONLY)")
    rows = {name: len(connection.execute(f"FROM history.{name}").fetchall()) for name in NAMES}
    assert {name for name, number in rows.items() if not number} == {"transfers"}
    then = "since <= '2026-03-03T00:00:00Z' AND (until > '2026-03-03T00:00:00Z' OR until IS NULL)"
    members = connection.execute(f"SELECT id FROM history.accounts WHERE {then}").fetchall()
    assert {(OPS,), (LAB,)} < set(members)


def test_datasette_serves_every_view(history: Path) -> None:
    """Datasette shows all views, and a filtered one as JSON."""
    pytest.importorskip("datasette")

    def got(path: str) -> str:
        command = [sys.executable, "-m", "datasette", str(history), "--get", path]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    listed = json.loads(got("/world.json"))
    assert {view["name"] for view in listed["views"]} == set(NAMES)
    left = json.loads(got("/world/memberships.json?_shape=array&left_by=LeaveOrganization"))
    assert [row["account"] for row in left] == [LAB]
