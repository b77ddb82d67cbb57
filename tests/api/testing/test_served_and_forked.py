"""The fixtures ``orgsim_server`` and ``orgsim_template``, in runs of pytest of their own."""

from pathlib import Path

import pytest
from support.run_pytest import Ran, run_pytest

from orgsim.api import Simulation
from orgsim.api.testing.founding import found_organization

pytestmark = pytest.mark.slow

SERVED = """
import subprocess
import sys
import urllib.request
from contextlib import closing


import boto3
import pytest

from orgsim.api import Simulation

URLS = []


@pytest.fixture
def org(orgsim_server):
    keys = {"aws_access_key_id": "111111111111", "aws_secret_access_key": "anything"}
    client = boto3.client("organizations", endpoint_url=orgsim_server.url, region_name="us-east-1", **keys)
    with closing(client):
        yield client


@pytest.mark.orgsim(accounts=2)
def test_real_requests(orgsim, orgsim_server, org):
    assert len(org.list_accounts()["Accounts"]) == 3
    assert orgsim.calls.select("ListAccounts")[0].account == "111111111111"

    URLS.append(orgsim_server.url)


def test_another_world_on_the_same_server(orgsim_server, org):
    with pytest.raises(org.exceptions.AWSOrganizationsNotInUseException):
        org.list_accounts()
    before, here = URLS[0].split("/w/"), orgsim_server.url.split("/w/")
    assert before[0] == here[0]
    assert before[1] != here[1]
    with pytest.raises(urllib.error.HTTPError) as gone:
        urllib.request.urlopen(f"{URLS[0]}/_orgsim/health")
    with gone.value as answer:
        assert answer.code == 404


def test_its_environment(orgsim_server, monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "mine")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    code = "import boto3; print(boto3.client('sts').get_caller_identity()['Account'])"
    environment = orgsim_server.environment("222222222222")
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("222222222222\\n", "")
    assert "AWS_PROFILE" not in environment and "PATH" in environment


@pytest.mark.orgsim(accounts=0, settings={"partition": "aws-cn"})
def test_its_environment_in_another_partition(orgsim_server, monkeypatch):
    for name, value in orgsim_server.environment().items():
        monkeypatch.setenv(name, value)
    found = boto3.Session().client("organizations").describe_organization()["Organization"]
    assert found["Arn"].startswith("arn:aws-cn:")


@pytest.mark.anyio
async def test_in_an_event_loop(orgsim, org):
    org.create_organization()
    assert (await orgsim.client("111111111111").list_roots()).roots


@pytest.mark.orgsim(accounts=1, latency="realistic")
def test_who_polls_moves_the_clock(orgsim, orgsim_server, org):
    orgsim_server.auto_clock()
    status = org.create_account(Email="new@example.com", AccountName="New")["CreateAccountStatus"]
    for _ in range(20):
        status = org.describe_create_account_status(CreateAccountRequestId=status["Id"])["CreateAccountStatus"]
    assert status["State"] == "SUCCEEDED"
    orgsim_server.auto_clock(False)


def test_no_account(orgsim_server):
    with pytest.raises(ValueError, match="twelve digits"):
        orgsim_server.environment("me")


class TestAFile:
    @pytest.fixture
    def orgsim(self, tmp_path):
        with Simulation(tmp_path / "world.db") as sim:
            yield sim

    def test_wrong(self, orgsim_server): ...
"""

FORKED = """
import anyio
import pytest

from orgsim.api import EngineStopped, Simulation

BUILT = []


def landing_zone(sim):
    BUILT.append(sim)
    org = sim.sync.client("111111111111")
    org.create_organization(feature_set="ALL")
    root = org.list_roots().roots[0].id
    return org.create_organizational_unit(parent_id=root, name="Research").organizational_unit.id


async def asynchronous(sim):
    await sim.client("111111111111").create_organization()
    return "value"


BROKEN = []


def broken(sim):
    BROKEN.append(sim)
    raise LookupError("no such thing")


def test_a_builder_that_fails(orgsim_template):
    for _ in range(2):
        with pytest.raises(LookupError, match="no such thing"):
            orgsim_template(broken)
    for sim in BROKEN:
        with pytest.raises(EngineStopped):
            sim.sync.client("111111111111").list_roots()
    assert len(BROKEN) == 2


async def sleeping(sim):
    await anyio.sleep(1)


@pytest.fixture
def zone(orgsim_template):
    return orgsim_template(landing_zone)


def delete(zone, unit):
    org = zone.sync.client("111111111111")
    org.delete_organizational_unit(organizational_unit_id=unit)
    assert zone.calls.of("DeleteOrganizationalUnit") == len(zone.calls) == 1


def test_first(zone, orgsim_template):
    delete(zone, orgsim_template.value(landing_zone))


def test_second(zone, orgsim_template):
    delete(zone, orgsim_template.value(landing_zone))
    assert len(BUILT) == 1
    assert BUILT[0].engine.state.position == zone.engine.state.position - 1


def test_two_forks(zone, orgsim_template):
    delete(orgsim_template(landing_zone), orgsim_template.value(landing_zone))
    delete(zone, orgsim_template.value(landing_zone))


@pytest.mark.orgsim(seed=7)
def test_options_make_another_template(zone, orgsim_template):
    assert zone.engine.state.seed == 7
    assert orgsim_template(landing_zone, start="2027-01-01T00:00:00Z").now.year == 2027
    assert len(BUILT) == 3


def test_asynchronous(orgsim_template):
    assert orgsim_template(asynchronous).engine.state.organizations
    assert orgsim_template.value(asynchronous) == "value"


class TestServed:
    @pytest.fixture
    def orgsim(self, orgsim_template):
        return orgsim_template(landing_zone)

    @pytest.mark.anyio
    async def test_forks_are_served(self, orgsim, orgsim_server):
        assert orgsim_server.sim is orgsim


def test_wrong_function(orgsim_template):
    orgsim_template(lambda sim: None)


def test_no_function(orgsim_template):
    orgsim_template("landing_zone")


def test_wrong_option(orgsim_template):
    orgsim_template(landing_zone, sed=7)


def test_sleeping(orgsim_template):
    orgsim_template(sleeping)
"""

WRONG = {
    "test_wrong_function": "orgsim_template builds once in a session, but test_wrong_function.<locals>.<lambda> is "
    "another function each time: define it at the top of a module",
    "test_no_function": "orgsim_template takes a function that builds in a simulation, not 'landing_zone'",
    "test_wrong_option": "the fixture orgsim_template of test_forked.py::test_wrong_option: no option 'sed', did",
    "test_sleeping": "the builder of a template awaits only its world",
}


@pytest.fixture(scope="module")
def forked(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """A run of tests that fork templates, some of them wrongly."""
    return run_pytest(tmp_path_factory.mktemp("forked"), test_forked=FORKED)


def test_server(tmp_path: Path) -> None:
    """One server in the session, a world for each test: boto3, other processes and event loops reach it."""
    ran = run_pytest(tmp_path, test_served=SERVED)

    assert {test: outcome for test, outcome in ran.outcomes.items() if outcome != "passed"} == {
        "test_served::TestAFile::test_wrong": "error"
    }, ran.output
    message = "orgsim_server: only a world in memory can be served from the thread of this server, not one with "
    assert message in ran.output
    assert "Traceback" not in ran.output, "one clear line"
    assert "api/testing/server.py" not in ran.output
    assert ran.passed == 8


def test_templates(forked: Ran) -> None:
    """A template is built once for all tests with the same options, and each test has a fork of it."""
    failed = {test.rpartition("::")[2] for test, outcome in forked.outcomes.items() if outcome != "passed"}

    assert failed == set(WRONG), forked.output
    assert forked.passed == 8


@pytest.mark.parametrize("test", WRONG)
def test_a_wrong_template(test: str, forked: Ran) -> None:
    """A wrong function or option is one line that says what to do."""
    assert f"\n{WRONG[test]}" in forked.section(test)


async def test_founding_returns_the_accounts() -> None:
    """Whoever founds an organization by hand gets the ids of its accounts, in order."""
    with Simulation() as sim:
        accounts = found_organization(sim, 3, "222222222222")
        listed = (await sim.client("222222222222").list_accounts()).accounts

        assert [account.id for account in listed] == ["222222222222", *accounts]
