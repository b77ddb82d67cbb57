"""What the pytest plugin says of a failed test, and the logs that it keeps; in a run of pytest of its own."""

import re
import subprocess
from pathlib import Path

import pytest
from support.run_pytest import Ran, run_pytest
from support.server_process import ORGSIM

pytestmark = pytest.mark.slow

FAILING = """
import boto3
import pytest
from orgsim.api import Refused, Simulation
from orgsim.api.testing import mock_organizations
from orgsim.pytest_plugin import world_fixture

@pytest.mark.orgsim(seed=7, accounts=1)
@pytest.mark.parametrize("number", [1])
def test_calls(orgsim, number):
    org = orgsim.sync.client("111111111111", "Admin")
    root = org.list_roots().roots[0].id
    unit = org.create_organizational_unit(parent_id=root, name="Research").organizational_unit.id
    account = org.list_accounts().accounts[1].id
    org.move_account(account_id=account, source_parent_id=root, destination_parent_id=unit)
    org.close_account(account_id=account)
    for _ in range(6):
        org.list_roots()
    orgsim.sync.advance(days=1)
    with pytest.raises(Refused):
        org.delete_organizational_unit(organizational_unit_id=unit)
    assert number == 2

@pytest.fixture
def another():
    with Simulation(seed=8) as sim:
        yield sim

def test_two_worlds(orgsim, another):
    raise KeyError

def test_of_a_fork(orgsim_template):
    orgsim_template(build).sync.client("111111111111").list_roots()
    raise KeyError

def build(sim):
    sim.sync.client("111111111111").create_organization()

@pytest.mark.orgsim(accounts=60)
def test_many_accounts(orgsim):
    raise KeyError

def test_broken_world(orgsim):
    orgsim.views.organizations.rows = None
    raise KeyError

def test_passes(orgsim):
    orgsim.sync.client("111111111111").create_organization()

def test_without_a_world():
    raise KeyError

@pytest.fixture
def broken(orgsim):
    orgsim.sync.client("111111111111").create_organization()
    raise KeyError

def test_broken_fixture(broken): ...

@pytest.mark.anyio
async def test_async(orgsim):
    await orgsim.client("111111111111").create_organization()
    raise KeyError

shared = world_fixture("module", seed=9)

@pytest.fixture(scope="module")
def built(shared):
    shared.sync.client("111111111111").create_organization()
    return shared.sync.client("111111111111")

def test_of_the_shared_world(built):
    built.list_roots()
    raise KeyError

def test_beside_the_shared_world(orgsim):
    raise KeyError

def test_after_the_shared_world():
    raise KeyError

def test_in_a_block():
    with mock_organizations(account="111111111111"):
        boto3.client("organizations", region_name="us-east-1").create_organization()
        raise KeyError

@mock_organizations(account="111111111111")
def test_decorated():
    boto3.client("organizations", region_name="us-east-1").create_organization()
    raise KeyError

@mock_organizations(account="111111111111")
class TestDecorated:
    def test_in_a_class(self):
        boto3.client("organizations", region_name="us-east-1").create_organization()
        raise KeyError

def test_with_a_plain_world():
    with Simulation(seed=11) as sim:
        sim.sync.client("111111111111").create_organization()
        raise KeyError

def build_wrongly(sim):
    sim.sync.client("111111111111").create_organization()
    raise KeyError

def test_failing_build(orgsim_template):
    orgsim_template(build_wrongly)

def test_of_a_file(tmp_path):
    with Simulation(tmp_path / "world.db") as sim:
        raise KeyError
"""

UNCLOSED = """
import gc
from orgsim.api import Simulation

def test_forgotten():
    Simulation().open()
    gc.collect()
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the tests run."""
    return tmp_path_factory.mktemp("failing")


@pytest.fixture(scope="module")
def failing(folder: Path) -> Ran:
    """A run of failing tests on two workers, which keeps their logs."""
    return run_pytest(folder, "-n", "2", "--orgsim-dump", "kept/logs", test_failing=FAILING)


def world(ran: Ran, test: str) -> list[str]:
    """The lines about the world of a failed test."""
    return ran.section(test).partition("- orgsim -")[2].strip("- \n").splitlines()


def test_a_failed_test_tells_of_its_world(failing: Ran) -> None:
    """Seed, clock, the line that repeats the test, the last ten calls with explanations, the tree, and the log."""
    lines = world(failing, "test_calls[1]")

    assert re.fullmatch("seed 7, clock at 2026-01-02T00:00:00Z, [0-9]+ events", lines[0])
    assert lines[1:3] == [
        "again: python -m pytest 'test_failing.py::test_calls[1]'",
        "the last 10 of 12 calls:",
    ]
    calls = lines[3:13]
    assert all(line.startswith("  2026-01-0") and " 111111111111 Admin " in line for line in calls)
    assert "ListAccounts" in calls[0]
    assert "DeleteOrganizationalUnit OrganizationalUnitId='ou-" in calls[-1]
    assert "-> OrganizationalUnitNotEmptyException: ou-" in calls[-1]
    tree = [line.split() for line in lines[13:18]]
    assert [words[0] for words in tree] == ["organization", "root", "111111111111", "OU", tree[4][0]]
    assert lines[17].endswith(" Account 1 (CLOSED)")
    assert lines[17].startswith("      ")
    assert lines[18].startswith("log: orgsim show kept/logs/test_failing.py-test_calls-1-")


def test_a_kept_log_is_opened(failing: Ran, folder: Path) -> None:
    """The line about the log is a command that shows its events; tests that pass leave none."""
    command = world(failing, "test_calls[1]")[18].removeprefix("log: orgsim ").split()
    shown = subprocess.run([ORGSIM, *command], cwd=folder, capture_output=True, text=True, check=True).stdout

    assert "AccountMoved" in shown
    names = sorted(file.name for file in (folder / "kept" / "logs").iterdir())
    assert not [name for name in names if "test_passes" in name or not name.endswith(".db")]
    assert sum("test_two_worlds" in name for name in names) == 2


def test_each_world_has_a_section(failing: Ran) -> None:
    """A test with two worlds has a section for each, those that its own fixtures have made too."""
    section = failing.section("test_two_worlds")

    assert "- orgsim, world 1 of 2 -" in section
    assert "- orgsim, world 2 of 2 -" in section
    assert "seed 8, clock at" in section
    assert "no call was recorded\nno organization" in section


def test_forks_and_fixtures_and_loops(failing: Ran) -> None:
    """A fork, a fixture that fails and an async test are told of in the same way."""
    assert "ListRoots" in failing.section("test_of_a_fork")
    assert "CreateOrganization" in failing.section("ERROR at setup of test_broken_fixture")
    assert "CreateOrganization" in failing.section("test_async[asyncio]")
    assert "CreateOrganization" in failing.section("test_async[trio]")


@pytest.mark.parametrize("test", ["test_in_a_block", "test_decorated", "TestDecorated.test_in_a_class"])
def test_worlds_of_blocks(test: str, failing: Ran) -> None:
    """The world of mock_organizations is told of, one that is closed by then too."""
    assert any(" CreateOrganization" in line for line in world(failing, test))


def test_worlds_without_a_fixture(failing: Ran) -> None:
    """So is one that the test has made and called, and one whose builder has failed."""
    lines = world(failing, "test_with_a_plain_world")

    assert lines[0].startswith("seed 11, ")
    assert "its calls were not recorded: sim.calls was not looked at before the first" in lines
    assert any("CreateOrganization" in line for line in world(failing, "test_failing_build"))


def test_worlds_of_others_are_left_out(failing: Ran) -> None:
    """A world of the module is told of if the test has called it, and not otherwise; nor is a template."""
    assert world(failing, "test_of_the_shared_world")[0].startswith("seed 9, ")
    assert world(failing, "test_beside_the_shared_world")[0].startswith("seed 0, ")
    assert "- orgsim" not in failing.section("test_after_the_shared_world")
    assert "world 1 of" not in failing.section("test_of_a_fork")


def test_much_is_cut(failing: Ran) -> None:
    """Of a large organization so many lines are shown, and that there are more."""
    lines = world(failing, "test_many_accounts")

    assert lines[-2] == "… and more"
    assert len(lines) < 50


def test_the_report_survives(failing: Ran) -> None:
    """A world that cannot be described does not disturb the report; a test without one has no section."""
    assert "no more can be said of this world: AttributeError" in failing.section("test_broken_world")
    assert "orgsim" not in failing.section("test_without_a_world")
    assert "INTERNALERROR" not in failing.output


def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    """A folder for logs that cannot be made ends the run with one line."""
    ran = run_pytest(tmp_path, "--orgsim-dump", "pytest.ini/logs", test_passing="def test_nothing(): ...")

    assert ran.code == 4
    assert ran.output.strip() == "ERROR: --orgsim-dump pytest.ini/logs: no folder for logs: Not a directory"


def test_a_forgotten_close(tmp_path: Path) -> None:
    """A simulation that a test forgets to close is a ResourceWarning, and no hang."""
    ran = run_pytest(tmp_path, test_unclosed=UNCLOSED)

    assert ran.code == 1
    assert "ResourceWarning: a Simulation was not closed" in ran.output
