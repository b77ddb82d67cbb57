"""What is no dump, or cannot be true, gets one clear line and leaves nothing behind."""

import json
import os
from collections.abc import Callable, Iterator
from http.server import HTTPServer, SimpleHTTPRequestHandler
from pathlib import Path
from threading import Thread
from typing import Any
from unittest.mock import patch

import anyio
import pytest
from support.dumps import dump_world
from support.given import FOUNDER, MEMBER, OTHER
from support.loopback_server import serving
from support.server_process import NOBODY, as_nobody
from typer.testing import CliRunner

from orgsim.api import Simulation
from orgsim.api.cli.app import app

Change = Callable[[Path], object]


@pytest.fixture(autouse=True)
def credentials() -> Iterator[None]:
    """The environment of a member account, without the user's own settings."""
    with as_nobody(), patch.dict(os.environ, {**NOBODY, "AWS_ACCESS_KEY_ID": FOUNDER, "AWS_SECRET_ACCESS_KEY": "any"}):
        yield


async def small_world(sim: Simulation) -> None:
    """An organization with a member, two OUs and a policy."""
    boss = sim.client(FOUNDER)
    await boss.create_organization()
    root = (await boss.list_roots()).roots[0].id
    outer = (await boss.create_organizational_unit(parent_id=root, name="Outer")).organizational_unit.id
    await boss.create_organizational_unit(parent_id=outer, name="Inner")
    await boss.enable_policy_type(root_id=root, policy_type="TAG_POLICY")
    made = await boss.create_policy(name="Tags", type="TAG_POLICY", content='{"tags":{}}', description="")
    await boss.attach_policy(policy_id=made.policy.policy_summary.id, target_id=outer)
    invited = await boss.invite_account_to_organization(target={"Type": "ACCOUNT", "Id": MEMBER})
    await sim.client(MEMBER).accept_handshake(handshake_id=invited.handshake.id)
    await sim.advance(days=1)


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    """A dump of a small world."""

    async def write() -> None:
        async with Simulation() as sim:
            await small_world(sim)
            await dump_world(sim, tmp_path / "dump")

    anyio.run(write)
    return tmp_path / "dump"


def run(*arguments: object) -> Any:
    """Run a command of orgsim."""
    return CliRunner().invoke(app, [str(each) for each in arguments])


def edited(folder: Path, name: str, change: Callable[[Any], object]) -> None:
    """Change the content of a file."""
    path = folder / name
    content = json.loads(path.read_text("utf-8"))
    change(content)
    path.write_text(json.dumps(content), "utf-8")


def first(folder: Path, command: str) -> Path:
    """The first of the files of a command."""
    return sorted((folder / command).iterdir())[0]


def second_parent(folder: Path) -> None:
    """Another list has the member too."""
    (folder / f"list-parents-{MEMBER}.json").write_text(
        '{"Parents": [{"Id": "ou-none-00000000", "Type": "X"}]}', "utf-8"
    )


def unknown_target(folder: Path) -> None:
    """The policy is attached to an OU that no list has."""
    name = next(path for path in (folder / "list-targets-for-policy").iterdir() if "AWSAccess" not in path.name)
    edited(
        folder, f"{name.parent.name}/{name.name}", lambda all_: all_["Targets"].append({"TargetId": "ou-none-00000000"})
    )


def no_parent(folder: Path) -> None:
    """The list of the OUs in the root has lost the outer one, in which accounts and policies are."""
    name = next(
        path.name for path in (folder / "list-organizational-units-for-parent").iterdir() if path.name[0] == "r"
    )
    edited(folder, f"list-organizational-units-for-parent/{name}", lambda all_: all_["OrganizationalUnits"].clear())


def placeholder(folder: Path) -> None:
    """An account has no number."""
    edited(folder, "list-accounts.json", lambda all_: all_["Accounts"][1].update(Id="<account-id>"))


def not_json(folder: Path) -> None:
    """A file was cut."""
    (folder / "list-roots.json").write_text('{"Roots": [', "utf-8")


def two_organizations(folder: Path) -> None:
    """A second description tells of another organization."""
    content = json.loads((folder / "describe-organization.json").read_text("utf-8"))
    content["Organization"] |= {"Id": "o-another000", "Arn": "arn:aws:organizations::1:organization/o-another000"}
    (folder / "other.json").write_text(json.dumps(content), "utf-8")


def a_list(folder: Path) -> None:
    """A file is a list, as `--query` would have it."""
    (folder / "list-accounts.json").write_text("[]", "utf-8")


def without_accounts(folder: Path) -> None:
    """The list of accounts is missing."""
    (folder / "list-accounts.json").unlink()


def no_moment(folder: Path) -> None:
    """A time is none."""
    edited(folder, "list-accounts.json", lambda all_: all_["Accounts"][1].update(JoinedTimestamp="soon"))


def later_than_taken(folder: Path) -> None:
    """The dump says that it was taken before somebody joined."""
    edited(folder, "dump.json", lambda all_: all_.update(TakenAt="2025-01-01T00:00:00Z"))


def twice(folder: Path) -> None:
    """An account stands in the list twice, with two names."""
    edited(
        folder,
        "list-accounts.json",
        lambda all_: all_["Accounts"].append({**all_["Accounts"][1], "Name": "Another name"}),
    )


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (
            second_parent,
            f"list-parents-{MEMBER}.json: {MEMBER} is in ou-none-00000000, and elsewhere in the dump in r-",
        ),
        (unknown_target, "is attached to ou-none-00000000, which is not there"),
        (no_parent, "which is not there"),
        (placeholder, "list-accounts.json: [1].Id is '<account-id>', which is no Id; a dump has real ids"),
        (not_json, "list-roots.json: not JSON"),
        (two_organizations, "two organizations, or two dumps, in one"),
        (a_list, "list-accounts.json: not the output of a command of `aws organizations`"),
        (without_accounts, "the output of `aws organizations list-accounts` is missing"),
        (no_moment, "list-accounts.json: 'soon' is no moment"),
        (later_than_taken, "it was taken at 2025-01-01T00:00:00Z, and yet tells of 2026-01-01T00:00:00Z"),
        (twice, f"two things have the account {MEMBER}"),
    ],
)
def test_dumps_that_are_none(dump: Path, change: Change, complaint: str) -> None:
    """A dump that is none, or contradicts itself, is one line that names file and thing, exit code 2, and no log."""
    change(dump)
    result = run("import", "--dump", dump, "--log", dump.parent / "twin.db")
    assert result.exit_code == 2
    assert complaint in result.stderr.splitlines()[-1]
    assert "Traceback" not in result.stderr
    assert [path.name for path in dump.parent.iterdir()] == ["dump"]


def test_the_number_of_examples_is_an_id(dump: Path) -> None:
    """Accounts with the numbers of AWS's examples are accounts like any other."""
    edited(dump, "list-accounts.json", lambda all_: all_["Accounts"][1].update(Id="111122223333"))
    (dump / f"list-parents-{MEMBER}.json").unlink(missing_ok=True)
    for path in (dump / "list-accounts-for-parent").iterdir():
        path.write_text(path.read_text("utf-8").replace(MEMBER, "111122223333"), "utf-8")
    for path in (dump / "list-targets-for-policy").iterdir():
        path.write_text(path.read_text("utf-8").replace(MEMBER, "111122223333"), "utf-8")
    assert run("import", "--dump", dump, "--log", dump.parent / "twin.db").exit_code == 0


def test_folders_without_a_dump(tmp_path: Path) -> None:
    """A folder that is not there or is empty, and a state that is none, are told by their names."""
    (tmp_path / "empty").mkdir()
    log = tmp_path / "twin.db"
    assert "there is no such folder" in run("import", "--dump", tmp_path / "none", "--log", log).stderr
    assert "no file that ends in .json" in run("import", "--dump", tmp_path / "empty", "--log", log).stderr
    state = tmp_path / "terraform.tfstate"
    state.write_text('{"version": 4, "resources": []}', "utf-8")
    assert "no state of Terraform with resources" in run("import", "--terraform", state, "--log", log).stderr
    state.write_text('{"version": 4, "resources": "none"}', "utf-8")
    assert "not of the form of Terraform's state" in run("import", "--terraform", state, "--log", log).stderr
    assert not log.exists()


def test_an_earlier_dump_is_refused(dump: Path) -> None:
    """A dump that was taken before the log's time is refused, and the log stays as it is."""
    log = dump.parent / "twin.db"
    assert run("import", "--dump", dump, "--log", log).exit_code == 0
    before = log.read_bytes()
    result = run("import", "--dump", dump, "--log", log, "--taken-at", "2026-01-01T12:00:00Z")
    assert result.exit_code == 2
    assert "before the time of the log" in result.stderr
    assert log.read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ((), "say one of --profile, --endpoint-url, --dump, --terraform"),
        (("--dump", "a", "--terraform", "b"), "say one of"),
        (("--profile", "nobody"), "The config profile (nobody) could not be found"),
        (("--endpoint-url", "http://127.0.0.1:9"), "Could not connect to the endpoint URL"),
        (("--endpoint-url", "nowhere"), "nowhere"),
        (("--dump", "a", "--taken-at", "soon"), "soon"),
        (("--endpoint-url", "http://127.0.0.1:9", "--log", "nowhere/twin.db"), "there is no directory nowhere"),
    ],
)
def test_wrong_options(tmp_path: Path, arguments: tuple[str, ...], complaint: str) -> None:
    """Wrong options, a profile that is not there and an endpoint that is down are told in one line."""
    with patch.dict(os.environ, {"AWS_MAX_ATTEMPTS": "1"}):
        result = run("import", "--log", tmp_path / "twin.db", *arguments)
    assert result.exit_code == 2
    assert complaint in result.stderr
    assert "Traceback" not in result.stderr
    assert not [*tmp_path.iterdir()]


def test_a_web_server_that_is_not_aws(tmp_path: Path) -> None:
    """What answers with a page is named with its status, without the page."""
    with HTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler) as server:
        Thread(target=server.serve_forever).start()
        try:
            url = f"http://127.0.0.1:{server.server_port}"
            with patch.dict(os.environ, {"AWS_MAX_ATTEMPTS": "1"}):
                result = run("import", "--endpoint-url", url, "--log", tmp_path / "twin.db")
        finally:
            server.shutdown()
    assert result.exit_code == 2
    assert result.stderr.endswith(f"orgsim: {url}: no answer of AWS Organizations: HTTP 501\n")


def test_a_complaint_is_short(dump: Path) -> None:
    """A long text in the wrong place is not repeated whole, and a list that is none is called so."""
    edited(dump, "describe-organization.json", lambda content: content["Organization"].update(FeatureSet="x" * 5_000))
    result = run("import", "--dump", dump, "--log", dump.parent / "twin.db")
    assert (result.exit_code, len(result.stderr) < 500) == (2, True)
    edited(dump, "describe-organization.json", lambda content: content["Organization"].update(FeatureSet="ALL"))
    edited(dump, "list-roots.json", lambda content: content.update(Roots="none"))
    result = run("import", "--dump", dump, "--log", dump.parent / "twin.db")
    assert "list-roots.json: what it lists or describes: Expected `array`" in result.stderr


def test_credentials(tmp_path: Path) -> None:
    """Credentials of nobody, of a standalone account, and of a member that may not list are told so."""
    with serving() as server:
        server.portal.call(small_world, server.sim)

        def complaint(account: str | None) -> str:
            environment = {} if account is None else {"AWS_ACCESS_KEY_ID": account}
            with patch.dict(os.environ, environment):
                if account is None:
                    del os.environ["AWS_ACCESS_KEY_ID"]
                result = run("import", "--endpoint-url", server.url, "--log", tmp_path / "twin.db")
            assert result.exit_code == 2
            return result.stderr

        assert "no credentials: name a --profile" in complaint(None)
        assert "is in no organization" in complaint(OTHER)
        assert "list-roots: denied: allow organizations:ListRoots" in complaint(MEMBER)
    assert not (tmp_path / "twin.db").exists()


def test_what_may_not_be_listed(tmp_path: Path) -> None:
    """A listing that is denied is named with the permission, and with what the twin lacks; the rest is there."""
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": MEMBER},
        "Action": [
            f"organizations:{name}" for name in ("ListRoots", "ListAccounts", "ListOrganizationalUnitsForParent")
        ],
        "Resource": "*",
    }
    with serving() as server:
        server.portal.call(small_world, server.sim)
        content = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        server.organizations().put_resource_policy(Content=content)
        with patch.dict(os.environ, {"AWS_ACCESS_KEY_ID": MEMBER}):
            result = run("import", "--endpoint-url", server.url, "--log", tmp_path / "twin.db")
    assert result.exit_code == 0, result.output
    assert (
        "list-handshakes-for-organization: denied: allow organizations:ListHandshakesForOrganization" in result.stderr
    )
    assert "the twin lacks open invitations and a migration under way" in result.stderr
    assert "2 accounts, 2 OUs, 0 policies" in result.stdout


def test_dump_into_a_folder_that_is_taken(dump: Path) -> None:
    """A dump is written into a folder of its own, and not over another."""
    log = dump.parent / "twin.db"
    assert run("import", "--dump", dump, "--log", log).exit_code == 0
    result = run("dump", log, "--out", dump)
    assert (result.exit_code, "not empty" in result.stderr) == (2, True)
    assert run("dump", log, "--out", dump.parent / "again").exit_code == 0
