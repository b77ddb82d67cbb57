"""The pytest plugin: its fixture, its marker, and what it says of a failed test; in runs of pytest of their own."""

import pytest
from support.run_pytest import Ran, run_pytest

pytestmark = pytest.mark.slow

WORLDS = """
import pytest
from datetime import datetime, UTC
from orgsim.api import Settings, Simulation
from orgsim.engine.settings import Latencies
from orgsim.pytest_plugin import world_fixture

def state(sim):
    return sim.engine.state

def test_a_fresh_world(orgsim):
    assert type(orgsim) is Simulation
    assert orgsim.sync.client("111111111111").create_organization().organization
    assert orgsim.calls.of("CreateOrganization") == 1

def test_another_fresh_world(orgsim):
    assert state(orgsim).organizations == {}
    assert len(orgsim.calls) == 0

@pytest.mark.orgsim(seed=7, start="2027-03-01T00:00:00Z", accounts=3, throttle="aws", latency={"closure": 5})
def test_options(orgsim):
    assert orgsim.now == datetime(2027, 3, 1, tzinfo=UTC)
    assert state(orgsim).seed == 7
    accounts = orgsim.sync.client("111111111111").list_accounts().accounts
    assert [account.name for account in accounts[1:]] == ["Account 1", "Account 2", "Account 3"]
    assert [account.email for account in accounts[1:]] == [f"account-{n}@example.com" for n in (1, 2, 3)]
    assert state(orgsim).settings.throttle == "aws"
    assert state(orgsim).settings.latency == Latencies(closure=5)
    assert len(orgsim.calls) == 1

@pytest.mark.orgsim(settings={"fidelity": "observed", "quotas": {"accounts": 5}}, latency="stepwise")
def test_settings_as_a_table(orgsim):
    assert state(orgsim).settings.fidelity == "observed"
    assert state(orgsim).settings.quotas.accounts == 5
    assert state(orgsim).settings.latency == "stepwise"

@pytest.mark.orgsim(settings=Settings(fidelity="observed"), throttle="aws")
def test_settings(orgsim):
    assert state(orgsim).settings == Settings(fidelity="observed", throttle="aws")

@pytest.mark.orgsim(accounts=0)
def test_an_organization_without_members(orgsim):
    assert len(state(orgsim).accounts) == 1

@pytest.mark.orgsim(accounts=6, latency="realistic", settings={"organization_finalization_seconds": 3600,
    "read_lag_seconds": 60, "write_conflict_seconds": 5})
def test_accounts_are_there_whatever_they_take(orgsim):
    org = orgsim.sync.client("111111111111")
    assert len(org.list_accounts().accounts) == 7
    org.create_organizational_unit(parent_id=org.list_roots().roots[0].id, name="Research")

@pytest.mark.orgsim(seed=1, accounts=1)
class TestMarkersOfAClass:
    def test_hold_for_each_test(self, orgsim):
        assert (state(orgsim).seed, len(state(orgsim).accounts)) == (1, 2)

    @pytest.mark.orgsim(seed=2)
    def test_and_the_closest_wins(self, orgsim):
        assert (state(orgsim).seed, len(state(orgsim).accounts)) == (2, 2)

def test_a_test_may_close_its_world(orgsim):
    orgsim.close()

def test_many_worlds_at_once(orgsim):
    with Simulation(seed=1) as other:
        other.sync.client("111111111111").create_organization()
        assert state(orgsim).organizations == {}

@pytest.fixture
def management(orgsim):
    return orgsim.sync.client("111111111111")

def test_a_fixture_on_top(management, orgsim):
    management.create_organization()
    assert state(orgsim).organizations
"""

MODULE_SCOPE = """
import pytest
from orgsim.pytest_plugin import world_fixture

orgsim = world_fixture("module", seed=5, accounts=1)
pytestmark = pytest.mark.orgsim(accounts=2)

def test_first(orgsim):
    assert len(orgsim.engine.state.accounts) == 3
    orgsim.sync.client("111111111111").list_roots()

def test_second(orgsim):
    assert (orgsim.engine.state.seed, orgsim.calls.of("ListRoots")) == (5, 1)

@pytest.mark.orgsim(seed=7)
def test_marked_too_late(orgsim): ...

@pytest.mark.orgsim(seed=7)
class TestMarked:
    def test_too_late(self, orgsim): ...
"""

WRONG_OPTION_OF_A_FIXTURE = """
from orgsim.pytest_plugin import world_fixture
orgsim = world_fixture("session", sed=5)
def test_fixture(orgsim): ...
"""

WRONG = """
import pytest
from orgsim.api import EngineStopped, Simulation
from orgsim.pytest_plugin import world_fixture

mark = pytest.mark.orgsim

@mark(acounts=3)
def test_unknown_option(): ...
@mark(7)
def test_without_a_name(): ...
@mark(seed="7")
def test_seed(orgsim): ...
@mark(start="yesterday")
def test_start(orgsim): ...
@mark(start="9999-01-01T00:00:00Z")
def test_late_start(orgsim): ...
@mark(accounts=-1)
def test_accounts(orgsim): ...
@mark(throttle="AWS")
def test_throttle(orgsim): ...
@mark(latency="slow")
def test_latency(orgsim): ...
@mark(settings={"quota": {}})
def test_settings(orgsim): ...
@mark(quotas={"accounts": 3})
def test_setting_as_an_option(orgsim): ...
@mark(settings=5)
def test_settings_of_a_type(orgsim): ...
@mark(accounts=5, settings={"quotas": {"accounts": 3}})
def test_too_many(orgsim): ...

def test_closed(orgsim):
    orgsim.close()
    orgsim.sync.client("111111111111").create_organization()

def test_reopened(orgsim):
    orgsim.close()
    orgsim.open()
"""

MESSAGES = {
    "test_unknown_option": "no option 'acounts', did you mean `accounts`? (there are: seed, start, accounts, ",
    "test_without_a_name": "options have names, as in orgsim(seed=7); not 7",
    "test_seed": "seed is a whole number of 64 bits, not '7'",
    "test_start": "start: 'yesterday' is no moment; write it as 2026-03-01T00:00:00Z",
    "test_late_start": "start is a moment between 1970 and 8995, not '9999-01-01T00:00:00Z'",
    "test_accounts": "accounts is a number from 0 to 100,000, not -1",
    "test_throttle": 'throttle: "AWS" is not possible (there are: off, aws)',
    "test_latency": 'latency: "slow" is not possible (there are: instant, realistic, stepwise)',
    "test_settings": "settings: unknown key `quota`, did you mean `quotas`?",
    "test_setting_as_an_option": "no option 'quotas'; it is one of the settings: settings={\"quotas\": …}",
    "test_settings_of_a_type": "settings is a Settings or a dict with its names, not 5",
    "test_too_many": "accounts=5 is refused: ",
}


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """A run of tests that all pass."""
    return run_pytest(tmp_path_factory.mktemp("worlds"), test_worlds=WORLDS)


@pytest.fixture(scope="module")
def wrong(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """A run of tests of which each makes a mistake."""
    files = {"test_scope": MODULE_SCOPE, "test_fixture": WRONG_OPTION_OF_A_FIXTURE}
    return run_pytest(tmp_path_factory.mktemp("wrong"), test_wrong=WRONG, **files)


def test_each_test_has_its_world(worlds: Ran) -> None:
    """A test has a fresh world as its markers want it; a fixture of a wider scope is one line."""
    assert worlds.code == 0, worlds.output
    assert worlds.passed == len(worlds.outcomes) > 10


@pytest.mark.parametrize("test", MESSAGES)
def test_a_wrong_option(test: str, wrong: Ran) -> None:
    """A wrong option is one line that names the marker, the test, the mistake and the choices."""
    lines = wrong.section(f"ERROR at setup of {test}").splitlines()
    found = [line for line in lines[1:] if line]

    assert len(found) == 1, found
    assert found[0].startswith(f"@pytest.mark.orgsim of test_wrong.py::{test}: ")
    assert MESSAGES[test] in found[0]


def test_a_wrong_option_of_a_fixture(wrong: Ran) -> None:
    """A wrong option of a fixture that the user has made names the fixture."""
    section = wrong.section("ERROR at setup of test_fixture")

    assert "\nthe fixture orgsim of the session: no option 'sed', did you mean `seed`?" in section


def test_a_world_for_a_module(wrong: Ran) -> None:
    """A fixture of a wider scope is one line; marks of the module say with what its world begins."""
    assert wrong.outcomes["test_scope::test_first"] == wrong.outcomes["test_scope::test_second"] == "passed"


@pytest.mark.parametrize(
    ("test", "marked"),
    [
        ("test_marked_too_late", "test_scope.py::test_marked_too_late"),
        ("TestMarked.test_too_late", "test_scope.py::TestMarked"),
    ],
)
def test_a_marker_that_comes_too_late(test: str, marked: str, wrong: Ran) -> None:
    """A marker of a test or class whose world was made for its module is an error, not ignored."""
    assert (
        f"\n@pytest.mark.orgsim of {marked} has no effect: the fixture orgsim makes one world for test_scope.py; "
        "mark that, or use a fixture of a narrower scope\n" in wrong.section(test)
    )


def test_a_closed_world(wrong: Ran) -> None:
    """A world that the test has closed accepts nothing and cannot be opened again; its report is whole all the same."""
    assert "EngineStopped: the simulation has been closed" in wrong.section("test_closed")
    assert "seed 0, clock at 2026-01-01T00:00:00Z" in wrong.section("test_closed")
    assert "RuntimeError: this Simulation has been closed; its world was in memory and is gone: make a new one" in (
        wrong.section("test_reopened")
    )
    assert "INTERNALERROR" not in wrong.output
