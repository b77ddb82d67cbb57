"""``mock_organizations``: code that makes its own clients of boto3 is answered within a block, and only there."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, cast

import anyio
import anyio.to_thread
import boto3
import botocore.endpoint
import botocore.session
import botocore.signers
import pytest
from botocore.config import Config
from botocore.exceptions import CapacityNotAvailableError
from botocore.retries.bucket import TokenBucket
from support.patience import PATIENCE

from orgsim.api import Settings, Simulation
from orgsim.api.testing import NotSimulated, mock_organizations

FOUNDER, DEFAULT = "111111111111", "123456789012"
KEYS = {"aws_access_key_id": FOUNDER, "aws_secret_access_key": "any"}
ONCE = Config(retries={"total_max_attempts": 1})


@pytest.fixture(autouse=True)
def originals() -> Iterator[None]:
    """Whatever a test does, botocore and threads are as they were after it."""
    functions = (
        (botocore.endpoint.Endpoint, "make_request"),
        (botocore.signers.RequestSigner, "get_auth_instance"),
        (botocore.session.Session, "get_credentials"),
        (botocore.session.Session, "get_scoped_config"),
        (threading.Thread, "start"),
        (ThreadPoolExecutor, "submit"),
    )
    before = [getattr(owner, name) for owner, name in functions]
    yield
    assert [getattr(owner, name) for owner, name in functions] == before


@pytest.fixture
def default_session(monkeypatch: pytest.MonkeyPatch) -> None:
    """boto3 has made no default session yet."""
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)


def found() -> str:
    """Production code: makes a client of the default session, and an organization."""
    return boto3.client("organizations").create_organization()["Organization"]["Id"]


def described(**keys: Any) -> str:
    """Production code: the organization that some keys belong to."""
    return boto3.client("organizations", config=ONCE, **keys).describe_organization()["Organization"]["Id"]


@pytest.mark.usefixtures("default_session")
def test_code_with_its_own_clients() -> None:
    """Within the block the default session's clients see the simulation that ``as`` gives."""
    with mock_organizations() as sim:
        made = found()

        assert sim.sync.client(DEFAULT).describe_organization().organization.id == made
    with pytest.raises(Exception, match=r"Unable to locate credentials|Could not connect"):
        described()


@pytest.mark.usefixtures("default_session")
def test_who_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without keys the block's account calls, or the twelve digits of the environment; keys in the code come first."""

    def caller(**keys: Any) -> str:
        return boto3.client("sts", **keys).get_caller_identity()["Account"]

    with mock_organizations(account="333333333333"):
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "222222222222")

        assert caller() == "333333333333"
    with mock_organizations():
        assert caller() == "222222222222"
        assert caller(**KEYS) == FOUNDER
        assert boto3.Session(**KEYS).client("sts").get_caller_identity()["Account"] == FOUNDER
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        assert caller() == DEFAULT


@pytest.mark.usefixtures("default_session")
def test_profiles_are_not_asked(tmp_path: Path) -> None:
    """A profile's process that would give keys is not started, and a client that was made with them calls as nobody."""
    config = tmp_path / ".aws" / "config"
    config.parent.mkdir()
    started = tmp_path / "started"
    config.write_text(f"[default]\nregion = us-east-1\ncredential_process = touch {started}\n")
    with mock_organizations():
        assert boto3.client("sts").get_caller_identity()["Account"] == DEFAULT
    assert not started.exists()


@pytest.mark.usefixtures("default_session")
def test_a_profile_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """The profile of whoever runs the tests need not exist on the machine where they run."""
    monkeypatch.setenv("AWS_PROFILE", "prod")
    with mock_organizations():
        assert boto3.client("sts").get_caller_identity()["Account"] == DEFAULT
    with pytest.raises(Exception, match="prod"):
        boto3.Session().client("sts")


@pytest.mark.usefixtures("default_session")
def test_keyless_code_is_the_management_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a world with one organization code without keys is its management account; with two, or by keys, it is not."""

    def caller() -> str:
        return boto3.client("sts").get_caller_identity()["Account"]

    with Simulation() as sim:
        sim.sync.client(FOUNDER).create_organization()
        with mock_organizations(sim):
            assert caller() == FOUNDER
            monkeypatch.setenv("AWS_ACCESS_KEY_ID", "222222222222")
            assert caller() == "222222222222"
            monkeypatch.delenv("AWS_ACCESS_KEY_ID")
        sim.sync.client("333333333333").create_organization()
        with mock_organizations(sim):
            assert caller() == DEFAULT


@pytest.mark.usefixtures("default_session")
def test_clients_made_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client and a session made before the block, with keys of the environment or none, are answered within it."""
    early = boto3.client("organizations", region_name="us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    session = boto3.Session(region_name="us-east-1")
    session.get_credentials()
    keyed = session.client("organizations", config=ONCE)
    with mock_organizations(account=FOUNDER):
        made = early.create_organization()["Organization"]

        assert made["MasterAccountId"] == FOUNDER
        assert keyed.describe_organization()["Organization"]["Id"] == made["Id"]
    with pytest.raises(Exception, match="Could not connect"):
        keyed.describe_organization()


@pytest.mark.usefixtures("default_session")
def test_assumed_roles() -> None:
    """Keys that the code gets by AssumeRole call as the role's session."""
    with mock_organizations() as sim:
        found()
        sim.sync.client(DEFAULT).create_account(email="a@b.example", account_name="a")
        (member,) = [
            each["Id"] for each in boto3.client("organizations").list_accounts()["Accounts"] if each["Id"] != DEFAULT
        ]
        arn = f"arn:aws:iam::{member}:role/OrganizationAccountAccessRole"
        given = boto3.client("sts").assume_role(RoleArn=arn, RoleSessionName="visit")["Credentials"]
        keys = {
            "aws_access_key_id": given["AccessKeyId"],
            "aws_secret_access_key": given["SecretAccessKey"],
            "aws_session_token": given["SessionToken"],
        }

        assert boto3.Session(**keys).client("sts").get_caller_identity()["Account"] == member


@pytest.mark.usefixtures("default_session")
def test_other_services() -> None:
    """Calls to other services are refused, unless passthrough lets them go to the network."""
    with mock_organizations(), pytest.raises(NotSimulated, match=r"'s3', .*passthrough=True"):
        boto3.client("s3").list_buckets()
    with mock_organizations(passthrough=True), pytest.raises(Exception, match="Could not connect"):
        boto3.client("s3", config=ONCE).list_buckets()


@pytest.mark.usefixtures("default_session")
def test_retries() -> None:
    """The waits of botocore's retries pass in simulated time."""
    with Simulation(settings=Settings(throttle="aws")) as sim, mock_organizations(sim):
        org = boto3.client("organizations", config=Config(retries={"mode": "standard", "total_max_attempts": 20}))
        org.create_organization()
        start = sim.now
        for _ in range(40):
            org.list_accounts()

        assert sim.now > start


def test_adaptive_clients_outlive_a_block(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client in the mode adaptive waits for its bucket in the time of each block that it is used in, else really."""
    outside: list[float] = []

    def acquire(_: TokenBucket, amount: float = 1, block: bool = True) -> bool:
        if not block:
            raise CapacityNotAvailableError
        outside.append(amount)
        return True

    monkeypatch.setattr(TokenBucket, "acquire", acquire)
    config = Config(retries={"mode": "adaptive", "total_max_attempts": 4})
    org = boto3.client("organizations", **KEYS, region_name="us-east-1", config=config)
    for _ in range(2):
        with mock_organizations() as sim:
            sim.faults.throttle("CreateOrganization", times=1)
            start = sim.now
            org.create_organization()
            org.list_roots()

            assert sim.now > start
    assert not outside
    with pytest.raises(Exception, match="Could not connect"):
        org.list_roots()
    assert outside


def test_nested() -> None:
    """A block within a block is refused, and so is the same block twice; afterwards both can be opened."""
    block = mock_organizations()
    with mock_organizations(), pytest.raises(RuntimeError, match="one world answers at a time"):
        block.__enter__()
    with block, pytest.raises(RuntimeError, match="each has a mock_organizations"):
        block.__enter__()
    with block:
        pass


def test_bad_arguments() -> None:
    """What is no simulation, no account, not open, or a generator is refused with what to do."""
    with pytest.raises(TypeError, match="takes a Simulation, not 'us-east-1'"):
        mock_organizations(cast("Any", "us-east-1"))
    with pytest.raises(ValueError, match="twelve digits"):
        mock_organizations(account="1")
    with pytest.raises(RuntimeError, match="has not begun"):
        mock_organizations(Simulation()).__enter__()

    def generator() -> Iterator[int]:
        yield 1

    with pytest.raises(TypeError, match=r"generator is a generator.*with mock_organizations"):
        mock_organizations(generator)


@mock_organizations
def test_decorated() -> None:
    """A decorated test has a block of its own."""
    assert found()


@mock_organizations(account=FOUNDER)
async def test_decorated_coroutine() -> None:
    """So has a decorated coroutine function, in its threads too."""
    await anyio.to_thread.run_sync(found)

    assert await anyio.to_thread.run_sync(described)


@mock_organizations()
class TestDecoratedClass:
    """Each test of a decorated class has a block of its own."""

    def test_first(self, tmp_path: Path) -> None:
        """Fixtures are there as ever."""
        assert tmp_path
        assert found()

    def test_second(self) -> None:
        """The organization of the first test is not there."""
        assert found()


async def test_two_tasks() -> None:
    """Two tasks with a block each do not see each other, and a third without any goes to the network."""
    made: dict[str, str] = {}
    both = anyio.Event()

    def in_thread(account: str) -> str:
        keys = {**KEYS, "aws_access_key_id": account}
        return boto3.Session(**keys).client("organizations").create_organization()["Organization"]["Id"]

    async def task(account: str) -> None:
        async with mock_organizations(Simulation(seed=int(account)).open()) as sim:
            made[account] = await anyio.to_thread.run_sync(in_thread, account)
            if len(made) == 2:
                both.set()
            await both.wait()
            organization = (await sim.client(account).describe_organization()).organization
            assert organization.id == made[account]
            assert (
                await anyio.to_thread.run_sync(partial(described, **{**KEYS, "aws_access_key_id": account}))
                == made[account]
            )
        sim.close()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(task, "111111111111")
        tasks.start_soon(task, "222222222222")
        await both.wait()
        with pytest.raises(Exception, match=r"Could not connect"):
            await anyio.to_thread.run_sync(partial(described, **KEYS, region_name="us-east-1"))

    assert len(set(made.values())) == 2


def test_two_threads() -> None:
    """Two threads with a block each do not see each other's organization."""
    together = threading.Barrier(2, timeout=PATIENCE)
    outcomes: list[bool] = []

    def thread(seed: int) -> None:
        with Simulation(seed=seed) as sim, mock_organizations(sim):
            made = boto3.Session(**KEYS).client("organizations").create_organization()["Organization"]["Id"]
            together.wait()
            seen = boto3.Session(**KEYS).client("organizations").describe_organization()["Organization"]["Id"]
            outcomes.append(seen == made == sim.sync.client(FOUNDER).describe_organization().organization.id)
            together.wait()

    threads = [threading.Thread(target=thread, args=(seed,)) for seed in (1, 2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert outcomes == [True, True]


def test_a_client_in_two_blocks_at_once() -> None:
    """A client that threads share is answered in each by the world of its block; only its own hooks see its calls."""
    ours, other = (boto3.Session(**KEYS).client("organizations", "us-east-1") for _ in range(2))
    sent: list[str] = []
    ours.meta.events.register("before-send", lambda request, **_: sent.append(request.headers["X-Amz-Target"].decode()))
    together = threading.Barrier(2, timeout=PATIENCE)

    def thread(seed: int) -> tuple[str, str]:
        with Simulation(seed=seed) as sim, mock_organizations(sim):
            made = ours.create_organization()["Organization"]["Id"]
            together.wait()
            assert other.describe_organization()["Organization"]["Id"] == made
            assert sim.calls.of("DescribeOrganization") == 1
            together.wait()
            return made, ours.describe_organization()["Organization"]["Id"]

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(thread, (1, 2)))

    assert len({made for made, _ in outcomes}) == 2
    assert all(made == seen for made, seen in outcomes)
    assert (
        sorted(target.partition(".")[2] for target in sent) == ["CreateOrganization"] * 2 + ["DescribeOrganization"] * 2
    )


@pytest.mark.usefixtures("default_session")
def test_threads_of_the_code() -> None:
    """Threads and pools that the code starts are within the block, and a pool that outlives it is not any more."""
    keys = {**KEYS, "region_name": "us-east-1"}
    with ThreadPoolExecutor(1) as pool:
        with mock_organizations():
            made = pool.submit(boto3.Session(**keys).client("organizations").create_organization).result()
            seen: list[str] = []
            thread = threading.Thread(target=lambda: seen.append(described(**keys)))
            thread.start()
            thread.join()

            assert seen == [made["Organization"]["Id"]]
        with pytest.raises(Exception, match="Could not connect"):
            pool.submit(described, **keys).result()
        with mock_organizations(), pytest.raises(Exception, match="AWSOrganizationsNotInUse"):
            pool.submit(described, **keys).result()


def test_clients_of_another_world() -> None:
    """A client that a simulation has made is answered by that one, within the block of another too."""
    with Simulation() as sim, mock_organizations():
        made = sim.boto3_client("organizations", account=FOUNDER).create_organization()["Organization"]["Id"]

        assert sim.sync.client(FOUNDER).describe_organization().organization.id == made


def test_static_and_class_methods_of_a_class() -> None:
    """Tests that are static or class methods of a decorated class have blocks as others do."""

    @mock_organizations
    class Tests:
        @staticmethod
        def test_static() -> str:
            """Return who calls."""
            return boto3.client("sts", "us-east-1").get_caller_identity()["Account"]

        @classmethod
        def test_class(cls) -> str:
            """Return who calls."""
            return boto3.client("sts", "us-east-1").get_caller_identity()["Account"]

    assert {Tests.test_static(), Tests().test_static(), Tests.test_class(), Tests().test_class()} == {"123456789012"}
