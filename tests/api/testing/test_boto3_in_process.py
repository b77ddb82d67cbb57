"""boto3 answered in process: real clients of a simulation's sessions, while sockets are forbidden."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from pathlib import Path
from typing import Any

import anyio.to_thread
import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError

from orgsim.api import EngineStopped, PacedClock, Settings, Simulation
from orgsim.api.testing import NotSimulated
from orgsim.api.testing.patches import Patches
from orgsim.api.testing.wire import Wire
from orgsim.engine.runtime.inline import NeedsEventLoop

FOUNDER, MEMBER = "111111111111", "222222222222"
THROTTLED = Settings(throttle="aws")


@pytest.fixture
def sim() -> Any:
    """A world in memory."""
    with Simulation() as sim:
        yield sim


def invite(org: Any) -> str:
    """Invite the member; the handshake's id."""
    return org.invite_account_to_organization(Target={"Type": "ACCOUNT", "Id": MEMBER})["Handshake"]["Id"]


def test_two_accounts(sim: Simulation) -> None:
    """Two clients are two accounts of one world: one invites, the other accepts."""
    org = sim.boto3_client("organizations", account=FOUNDER)
    made = org.create_organization(FeatureSet="ALL")["Organization"]
    sim.boto3_client("organizations", account=MEMBER).accept_handshake(HandshakeId=invite(org))

    assert made["MasterAccountId"] == FOUNDER
    assert {account["Id"] for account in org.list_accounts()["Accounts"]} == {FOUNDER, MEMBER}
    assert made["Id"] == sim.sync.client(MEMBER).describe_organization().organization.id


def test_answers_are_those_of_the_wire(sim: Simulation) -> None:
    """An answer has its request id, which the log has too, and moments as boto3 makes them."""
    org = sim.boto3_client("organizations", account=FOUNDER)
    answer = org.create_organization()
    (account,) = org.list_accounts()["Accounts"]
    events = sim.sync.events()

    assert answer["ResponseMetadata"]["RequestId"] == sim.engine.ids.request(events[1].command)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert account["JoinedTimestamp"] == sim.now


def test_paginators(sim: Simulation) -> None:
    """A paginator of boto3's goes through all pages."""
    org = sim.boto3_client("organizations", account=FOUNDER)
    org.create_organization(FeatureSet="ALL")
    root = org.list_roots()["Roots"][0]["Id"]
    names = [f"unit {number}" for number in range(7)]
    for name in names:
        org.create_organizational_unit(ParentId=root, Name=name)
    pages = org.get_paginator("list_organizational_units_for_parent").paginate(
        ParentId=root, PaginationConfig={"PageSize": 2}
    )

    assert sorted(unit["Name"] for page in pages for unit in page["OrganizationalUnits"]) == names


def test_exceptions(sim: Simulation) -> None:
    """A refusal is the client's own exception, with AWS's reason."""
    org = sim.boto3_client("organizations", account=FOUNDER)
    with pytest.raises(org.exceptions.AWSOrganizationsNotInUseException):
        org.describe_organization()
    org.create_organization(FeatureSet="ALL")
    with pytest.raises(org.exceptions.HandshakeConstraintViolationException) as caught:
        org.enable_all_features()

    assert caught.value.response["Reason"] == "ORGANIZATION_ALREADY_HAS_ALL_FEATURES"


@pytest.mark.parametrize("mode", ["standard", "legacy", "adaptive"])
def test_retries_wait_in_simulated_time(mode: Any) -> None:
    """Calls beyond AWS's rates are tried again, and the waits pass on the simulated clock, in each mode of botocore."""
    with Simulation(settings=THROTTLED) as sim:
        config = Config(retries={"mode": mode, "total_max_attempts": 10})
        org = sim.boto3_client("organizations", account=FOUNDER, config=config)
        org.create_organization(FeatureSet="ALL")
        start = sim.now
        attempts = [org.list_accounts()["ResponseMetadata"]["RetryAttempts"] for _ in range(60)]

        assert sum(attempts) > 0
        assert sim.now > start


def test_retries_end() -> None:
    """Without attempts left the client gets AWS's exception, and no time passes."""
    with Simulation(settings=THROTTLED) as sim:
        config = Config(retries={"mode": "standard", "total_max_attempts": 1})
        org = sim.boto3_client("organizations", account=FOUNDER, config=config)
        org.create_organization(FeatureSet="ALL")
        start = sim.now
        with pytest.raises(org.exceptions.TooManyRequestsException):
            for _ in range(60):
                org.list_accounts()

        assert sim.now == start


def test_assumed_roles(sim: Simulation) -> None:
    """The credentials of AssumeRole call as the role's session: in a client of another session, and in the log."""
    org = sim.boto3_client("organizations", account=FOUNDER)
    org.create_organization(FeatureSet="ALL")
    made = org.create_account(Email="a@b.example", AccountName="a")["CreateAccountStatus"]
    created = org.describe_create_account_status(CreateAccountRequestId=made["Id"])["CreateAccountStatus"]["AccountId"]
    given = sim.boto3_client("sts", account=FOUNDER).assume_role(
        RoleArn=f"arn:aws:iam::{created}:role/OrganizationAccountAccessRole", RoleSessionName="visit"
    )["Credentials"]
    session = sim.boto3_session(FOUNDER)
    keys = {
        "aws_access_key_id": given["AccessKeyId"],
        "aws_secret_access_key": given["SecretAccessKey"],
        "aws_session_token": given["SessionToken"],
    }
    member, sts = session.client("organizations", **keys), session.client("sts", **keys)

    assert sts.get_caller_identity()["Arn"] == (
        f"arn:aws:sts::{created}:assumed-role/OrganizationAccountAccessRole/visit"
    )
    with pytest.raises(member.exceptions.AccessDeniedException):
        member.list_accounts()


def test_roles(sim: Simulation) -> None:
    """A session of a role calls as one, and the log says so."""
    session = sim.boto3_session(FOUNDER, role="Admin")
    session.client("organizations").create_organization()

    assert session.client("sts").get_caller_identity()["Arn"] == f"arn:aws:sts::{FOUNDER}:assumed-role/Admin/orgsim"
    assert {event.principal for event in sim.sync.events()} == {None, "Admin/orgsim"}


def test_partitions() -> None:
    """A client of a world in another partition signs for a region of it."""
    with Simulation(settings=Settings(partition="aws-us-gov")) as sim:
        org = sim.boto3_client("organizations", account=FOUNDER)

        assert org.create_organization()["Organization"]["Arn"].startswith("arn:aws-us-gov:")


def test_other_services(sim: Simulation) -> None:
    """Calls to other services are refused with their name and the way out; with it they go to the network."""
    with pytest.raises(NotSimulated, match=r"'s3', which orgsim does not simulate.*organizations and sts.*passthrough"):
        sim.boto3_session(FOUNDER).client("s3").list_buckets()
    s3 = sim.boto3_session(FOUNDER, passthrough=True).client("s3", config=Config(retries={"total_max_attempts": 1}))
    with pytest.raises(Exception, match="Could not connect"):
        s3.list_buckets()
    with pytest.raises(ValueError, match=r"no service 's3', only organizations, sts; .*passthrough=True"):
        sim.boto3_client("s3", account=FOUNDER)


@pytest.mark.parametrize(
    ("account", "role", "complaint"),
    [
        ("12", None, "twelve digits, not '12'"),
        (111111111111, None, "a string of twelve digits, not 111111111111"),
        (FOUNDER, f"arn:aws:iam::{FOUNDER}:role/A", "name of a role"),
    ],
)
def test_bad_callers(sim: Simulation, account: Any, role: str | None, complaint: str) -> None:
    """What is no account, and no name of a role, is refused when a client is made."""
    with pytest.raises(ValueError, match=complaint):
        sim.boto3_client("organizations", account=account, role=role)


def test_worlds_that_are_not_open() -> None:
    """A world that has not begun has no clients, and one that has ended answers none."""
    sim = Simulation()
    with pytest.raises(RuntimeError, match="has not begun"):
        sim.boto3_session(FOUNDER)
    with sim:
        org = sim.boto3_client("organizations", account=FOUNDER)
    with pytest.raises(EngineStopped, match="has been closed"):
        org.create_organization()


def test_other_sessions_are_not_touched(sim: Simulation) -> None:
    """A session of boto3's own goes to the network as ever."""
    sim.boto3_client("organizations", account=FOUNDER).create_organization()
    keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b", "region_name": "us-east-1"}
    with pytest.raises(Exception, match="Could not connect"):
        boto3.Session(**keys).client("organizations", config=Config(retries={"total_max_attempts": 1})).list_roots()


def test_sixty_worlds() -> None:
    """Of sixty worlds at once none sees another's organization, whatever the order of the calls."""
    worlds = [Simulation(seed=seed).open() for seed in range(60)]
    clients = [sim.boto3_client("organizations", account=FOUNDER) for sim in worlds]
    made = [org.create_organization()["Organization"]["Id"] for org in clients]
    found = [org.describe_organization()["Organization"]["Id"] for org in reversed(clients)]
    for sim in worlds:
        sim.close()

    assert len(set(made)) == 60
    assert found == made[::-1]


def test_threads(sim: Simulation) -> None:
    """Threads share a world and a client, and take turns."""
    org = sim.boto3_client("organizations", account=FOUNDER)
    org.create_organization(FeatureSet="ALL")
    root = org.list_roots()["Roots"][0]["Id"]

    def create(number: int) -> str:
        return org.create_organizational_unit(ParentId=root, Name=f"{number}")["OrganizationalUnit"]["Id"]

    with ThreadPoolExecutor(8) as pool:
        units = list(pool.map(create, range(40)))

    assert len(set(units)) == 40
    assert (
        len(
            org.get_paginator("list_children")
            .paginate(ParentId=root, ChildType="ORGANIZATIONAL_UNIT")
            .build_full_result()["Children"]
        )
        == 40
    )


def test_throttled_threads() -> None:
    """Threads that are held back at once each wait in simulated time."""
    with Simulation(settings=THROTTLED) as sim:
        config = Config(retries={"mode": "standard", "total_max_attempts": 30})
        org = sim.boto3_client("organizations", account=FOUNDER, config=config)
        org.create_organization()
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda _: org.describe_organization(), range(80)))

        assert len(answers) == 80


async def test_in_the_thread_of_a_loop() -> None:
    """A world in memory answers boto3 inside a coroutine too, and a wait passes there."""
    async with Simulation(settings=THROTTLED) as sim:
        config = Config(retries={"mode": "standard", "total_max_attempts": 10})
        org = await anyio.to_thread.run_sync(lambda: sim.boto3_client("organizations", account=FOUNDER, config=config))
        org.create_organization()
        start = sim.now
        for _ in range(60):
            org.list_accounts()

        assert sim.now > start
        assert (await sim.client(FOUNDER).describe_organization()).organization.id


def test_a_world_with_a_log(tmp_path: Path) -> None:
    """A world with an SQLite log answers boto3 from any thread but its loop's."""
    with Simulation(tmp_path / "world.db", settings=THROTTLED) as sim:
        config = Config(retries={"mode": "standard", "total_max_attempts": 30})
        org = sim.boto3_client("organizations", account=FOUNDER, config=config)
        made = org.create_organization()["Organization"]["Id"]
        start = sim.now
        for _ in range(30):
            org.describe_organization()

        assert sim.now > start
        sim.sync.advance(minutes=1)
        assert sim.sync.client(FOUNDER).describe_organization().organization.id == made


async def test_a_world_with_a_log_in_a_loop(tmp_path: Path) -> None:
    """In the loop of a world with a log boto3 would wait for itself, and is told what to do; in a thread it works."""
    async with Simulation(tmp_path / "world.db") as sim:
        org = await anyio.to_thread.run_sync(lambda: sim.boto3_client("organizations", account=FOUNDER))
        with pytest.raises(NeedsEventLoop, match=r"in a thread.*or keep the world in memory"):
            org.create_organization()
        made = await anyio.to_thread.run_sync(org.create_organization)

        assert (await sim.client(FOUNDER).describe_organization()).organization.id == made["Organization"]["Id"]


def test_paced_clocks() -> None:
    """Under a clock that runs by itself a wait takes real time, as fast as the clock runs."""
    with Simulation(clock=PacedClock(1_000_000), settings=THROTTLED) as sim:
        config = Config(retries={"mode": "standard", "total_max_attempts": 30})
        org = sim.boto3_client("organizations", account=FOUNDER, config=config)
        org.create_organization()

        assert [org.describe_organization() for _ in range(40)]


def test_thread_names() -> None:
    """No thread is left behind by clients in process."""
    before = set(threading.enumerate())
    with Simulation() as sim:
        sim.boto3_client("organizations", account=FOUNDER).create_organization()

    assert set(threading.enumerate()) <= before


def test_client_errors(sim: Simulation) -> None:
    """STS's refusals are boto3's ClientError, with STS's code."""
    sts = sim.boto3_client("sts", account=FOUNDER)
    with pytest.raises(ClientError, match="AccessDenied"):
        sts.assume_role(RoleArn=f"arn:aws:iam::{MEMBER}:role/Admin", RoleSessionName="me")


def test_a_dropped_connection(sim: Simulation) -> None:
    """A connection that a fault drops is botocore's ConnectionClosedError, which it retries; nothing has happened."""
    org = sim.boto3_client("organizations", account=FOUNDER, config=Config(retries={"total_max_attempts": 2}))
    with sim.faults.drop("CreateOrganization", times=1):
        assert org.create_organization()["ResponseMetadata"]["RetryAttempts"] == 1
    with sim.faults.drop("DescribeOrganization"), pytest.raises(ConnectionClosedError):
        org.describe_organization()


def test_a_lost_answer(sim: Simulation) -> None:
    """If only the answer is lost, the second attempt meets what the first has changed."""
    org = sim.boto3_client("organizations", account=FOUNDER)
    with (
        sim.faults.lose_answer("CreateOrganization", times=1),
        pytest.raises(org.exceptions.AlreadyInOrganizationException),
    ):
        org.create_organization()


def test_a_client_keeps_no_world_alive() -> None:
    """Nothing is left of a simulation in the context in which one of its clients was made."""
    with Simulation() as sim:
        sim.boto3_client("organizations", account=FOUNDER)

        assert not any(isinstance(value, Wire) for value in copy_context().values())


def test_functions_that_cannot_be_replaced() -> None:
    """If one of several functions is not there, those replaced before it are put back."""

    class Owner:
        first = staticmethod(int)

    before = vars(Owner)["first"]
    patches = Patches(lambda: [(Owner, "first", lambda _: str), (Owner, "second", lambda _: str)])
    with pytest.raises(KeyError, match="second"), patches.applied():
        pass

    assert vars(Owner)["first"] is before
