"""Clients of AWS that people use, each of which takes an organization all the way to all features on a real server.

aiobotocore and the AWS CLI need another botocore than the newest, so they live in an environment of their own, which
`make test` sets up.
"""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import migrate_with_boto3
import migrate_with_cli
import poll_with_cli
import pytest
from support.patience import PATIENCE
from support.repository import ROOT
from support.server_process import NOBODY, Server, serving

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
CLIENTS = ROOT / ".venv-clients"
FOUNDER, MEMBERS = "111111111111", ["222222222222", "333333333333"]


@pytest.fixture(scope="module")
def shared() -> Iterator[Server]:
    """A server whose world each test replaces."""
    with serving() as server:
        yield server


@pytest.fixture
def server(shared: Server) -> Server:
    """A server with a new world."""
    shared.reset()
    return shared


@pytest.fixture
def strict(tmp_path: Path) -> Iterator[Server]:
    """A server that verifies signatures, and that knows the founder's key."""
    file = tmp_path / "credentials.toml"
    file.write_text(f'[[credentials]]\naccess_key_id = "{FOUNDER}"\nsecret_access_key = "any"\naccount = "{FOUNDER}"\n')
    with serving("--auth", "verify", "--credentials", str(file)) as server:
        yield server


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Nothing of whoever runs the tests: no profile, no credentials, no proxy, no home."""
    return {"HOME": str(tmp_path_factory.mktemp("home")), "PATH": os.defpath, **NOBODY}


def installed(program: str) -> Path:
    """A program of the clients' environment."""
    path = CLIENTS / "bin" / program
    assert path.exists(), f"{path} is missing: make .venv-clients/installed"
    return path


@pytest.fixture(scope="module")
def forks(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[migrate_with_cli.Forks]:
    """The AWS CLI."""
    with migrate_with_cli.Forks(installed("python"), tmp_path_factory.mktemp("aws"), environment) as forks:
        yield forks


def assert_migrated(came_out: dict[str, Any]) -> None:
    """Whoever was invited was asked, newest first, and approved; the parent handshake went through its states; the
    member that was created stands with the others, and its role sees what a member may see."""
    created = came_out.pop("created")
    assert came_out == {
        "asked": [[MEMBERS[1]], [MEMBERS[0]]],
        "parent": ["REQUESTED", "OPEN", "ACCEPTED"],
        "accounts": [[FOUNDER, *MEMBERS], [created]],
        "identity": f"arn:aws:sts::{created}:assumed-role/OrganizationAccountAccessRole/visit",
        "feature_set": "ALL",
        "refusal": "AccessDeniedException",
    }


def test_boto3(server: Server) -> None:
    """boto3 migrates an organization to all features, and acts as a member that it created."""
    assert_migrated(migrate_with_boto3.migrate(server, FOUNDER, MEMBERS))


def test_moments_are_sent_both_ways(server: Server) -> None:
    """A moment that boto3 sends as a number arrives, and comes back as the same moment."""
    payer, payee = server.organizations(FOUNDER), server.organizations(MEMBERS[0])
    for organization in (payer, payee):
        organization.create_organization()
    start = datetime(2026, 2, 1, tzinfo=UTC)
    payer.invite_organization_to_transfer_responsibility(
        Type="BILLING", Target={"Type": "ACCOUNT", "Id": MEMBERS[0]}, StartTimestamp=start, SourceName="Payee"
    )
    (transfer,) = payer.list_inbound_responsibility_transfers(Type="BILLING")["ResponsibilityTransfers"]

    assert transfer["StartTimestamp"] == start


def test_aiobotocore(server: Server, environment: dict[str, str]) -> None:
    """aiobotocore migrates an organization to all features, and acts as a member that it created."""
    script = [installed("python"), HERE / "migrate_with_aiobotocore.py", server.url, FOUNDER, *MEMBERS]
    done = subprocess.run(script, env=environment, capture_output=True, text=True, check=False, timeout=PATIENCE)

    assert done.returncode == 0, done.stderr
    assert_migrated(json.loads(done.stdout))


def test_aws_cli(server: Server, forks: migrate_with_cli.Forks) -> None:
    """The AWS CLI migrates an organization to all features, and acts as a member that it created."""
    aws = migrate_with_cli.CommandLine(forks, server.url)

    assert_migrated(migrate_with_cli.migrate(aws, FOUNDER, MEMBERS))


SEEN = ["IN_PROGRESS", "IN_PROGRESS", "SUCCEEDED", "PENDING_CLOSURE", "CLOSED"]
"""What a program sees that polls a creation and a closure with stepwise latency."""


@pytest.fixture(scope="module")
def shared_stepwise() -> Iterator[Server]:
    """A server where what takes time ends as soon as a reader has seen it."""
    with serving("--latency", "stepwise") as server:
        yield server


@pytest.fixture
def stepwise(shared_stepwise: Server) -> Server:
    """A server with a new world, whose clock stands still, and where what takes time ends when a reader has seen it."""
    shared_stepwise.reset()
    return shared_stepwise


def test_aiobotocore_polls(stepwise: Server, environment: dict[str, str]) -> None:
    """aiobotocore polls a creation and a closure to their ends under a standing clock."""
    script = [installed("python"), HERE / "poll_with_aiobotocore.py", stepwise.url, FOUNDER]
    done = subprocess.run(script, env=environment, capture_output=True, text=True, check=False, timeout=PATIENCE)

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == SEEN


def test_aiobotocore_meets_faults(server: Server, environment: dict[str, str]) -> None:
    """aiobotocore tries again after throttling and lost connections, passes other refusals on, and reads every page."""
    script = [installed("python"), HERE / "meet_faults_with_aiobotocore.py", server.url, FOUNDER]
    done = subprocess.run(script, env=environment, capture_output=True, text=True, check=False, timeout=PATIENCE)

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "throttle": 2,
        "drop": 2,
        "conflict": 0,
        "fail_creation": "EMAIL_ALREADY_EXISTS",
        "empty_page": [0, 0, 1],
        "lose_answer": 1,
    }


def test_aws_cli_polls(stepwise: Server, forks: migrate_with_cli.Forks) -> None:
    """The AWS CLI polls a creation and a closure to their ends under a standing clock."""
    aws = migrate_with_cli.CommandLine(forks, stepwise.url)

    assert poll_with_cli.poll(aws, FOUNDER) == SEEN


@pytest.fixture(scope="module")
def realistic() -> Iterator[Server]:
    """A server for named worlds where creations and closures take their time."""
    with serving("--latency", "realistic") as server:
        yield server


@pytest.fixture(params=["", "/"], ids=["bare", "slash"])
def named(realistic: Server, request: pytest.FixtureRequest) -> Server:
    """A new named world, by its URL with a slash at the end or without, whose clock jumps for clients that poll."""
    world = Server(f"{realistic.url}/w/{request.node.originalname}-{len(request.param)}")
    world.jump_for_pollers()
    return Server(world.url + request.param)


POLLED = ["IN_PROGRESS", "IN_PROGRESS", "IN_PROGRESS", "SUCCEEDED", "PENDING_CLOSURE", "PENDING_CLOSURE", "CLOSED"]
"""What a program sees that polls where the clock jumps after the second equal answer."""


def test_aiobotocore_in_a_named_world(named: Server, environment: dict[str, str]) -> None:
    """aiobotocore polls to the end in a named world whose clock jumps for it."""
    script = [installed("python"), HERE / "poll_with_aiobotocore.py", named.url, FOUNDER]
    done = subprocess.run(script, env=environment, capture_output=True, text=True, check=False, timeout=PATIENCE)

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == POLLED


def test_aws_cli_in_a_named_world(named: Server, forks: migrate_with_cli.Forks) -> None:
    """The AWS CLI polls to the end in a named world whose clock jumps for it."""
    aws = migrate_with_cli.CommandLine(forks, named.url)

    assert poll_with_cli.poll(aws, FOUNDER) == POLLED


@pytest.mark.parametrize("page", ["README.md", "docs/server.md"])
def test_shell_block(page: str, server: Server, tmp_path: Path) -> None:
    """The shell block of a page, run as it stands there but for the port, founds an organization with the AWS CLI."""
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / page).read_text("utf-8"), flags=re.DOTALL)
    (block,) = [block for block in blocks if "aws organizations" in block]
    script = "set -e\n" + block.replace("http://127.0.0.1:4570", server.url)
    path = f"{installed('aws').parent}:{os.defpath}"
    environment = {"HOME": str(tmp_path), "PATH": path, "AWS_EC2_METADATA_DISABLED": "true"}
    shell = ["sh", "-c", script]
    done = subprocess.run(shell, env=environment, capture_output=True, text=True, check=False, timeout=PATIENCE)

    assert done.returncode == 0, done.stderr
    assert server.organizations(FOUNDER).describe_organization()["Organization"]["MasterAccountId"] == FOUNDER


def test_signatures(strict: Server, forks: migrate_with_cli.Forks) -> None:
    """What boto3 and the AWS CLI sign is enough where signatures are verified, with the keys of a role too."""
    assert strict.organizations(FOUNDER).create_organization()
    aws = migrate_with_cli.CommandLine(forks, strict.url)
    created = aws.organizations(FOUNDER, "create-account", "--email", "a@b.example", "--account-name", "a")
    status = created["CreateAccountStatus"]["Id"]
    found = aws.organizations(FOUNDER, "describe-create-account-status", "--create-account-request-id", status)
    role = f"arn:aws:iam::{found['CreateAccountStatus']['AccountId']}:role/OrganizationAccountAccessRole"
    session = aws.answer(FOUNDER, "sts", "assume-role", "--role-arn", role, "--role-session-name", "me")
    names = {"AccessKeyId": "ACCESS_KEY_ID", "SecretAccessKey": "SECRET_ACCESS_KEY", "SessionToken": "SESSION_TOKEN"}
    keys = {f"AWS_{names[name]}": value for name, value in session["Credentials"].items() if name in names}

    assert (
        aws.answer("", "organizations", "describe-organization", **keys)["Organization"]["MasterAccountId"] == FOUNDER
    )
