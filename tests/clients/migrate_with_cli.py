"""The migration to all features with the AWS CLI; see ``test_clients.py`` for what is to come out."""

import json
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct


class Done(Struct, frozen=True):
    """A command that has ended."""

    returncode: int
    stdout: str
    stderr: str


class Forks:
    """A process that has imported the AWS CLI, and forks one off for each command; a context manager that ends it.

    Args:
        python: of an environment that the CLI is installed in.
        folder: for what commands print.
        environment: of the process.
    """

    def __init__(self, python: Path, folder: Path, environment: dict[str, str]) -> None:
        self._out, self._err = folder / "out", folder / "err"
        command = [python, Path(__file__).with_name("aws_forks.py")]
        self._process = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )

    def __enter__(self) -> "Forks":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.communicate()

    def run(self, words: Sequence[str], keys: Mapping[str, str]) -> Done:
        """Run ``aws`` with these words, and these additions to its environment."""
        command = {"words": words, "keys": keys, "out": str(self._out), "err": str(self._err)}
        print(json.dumps(command), file=self._process.stdin)
        code = int(self._process.stdout.readline())
        return Done(code, self._out.read_text(), self._err.read_text())


class CommandLine:
    """The command ``aws`` for a server, called as one account after another."""

    def __init__(self, forks: Forks, url: str) -> None:
        self._forks = forks
        self._url = url

    def run(self, account: str, *words: str, **keys: str) -> Done:
        """One call, by an account or with the keys of a role."""
        keys = keys or {"AWS_ACCESS_KEY_ID": account, "AWS_SECRET_ACCESS_KEY": "any"}
        return self._forks.run(["--endpoint-url", self._url, "--output", "json", *words], keys)

    def answer(self, account: str, *words: str, **keys: str) -> dict[str, Any]:
        """The answer to a call."""
        done = self.run(account, *words, **keys)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def organizations(self, account: str, *words: str) -> dict[str, Any]:
        """The answer to a call of AWS Organizations."""
        return self.answer(account, "organizations", *words)


def migrate(aws: CommandLine, founder: str, members: list[str]) -> dict[str, Any]:
    """Invite, accept, create, enable, approve, finalize; then act as the created member."""
    call = aws.organizations
    call(founder, "create-organization", "--feature-set", "CONSOLIDATED_BILLING")
    for member in members:
        invitation = call(founder, "invite-account-to-organization", "--target", f"Type=ACCOUNT,Id={member}")
        call(member, "accept-handshake", "--handshake-id", invitation["Handshake"]["Id"])
    made = call(founder, "create-account", "--email", "made@example.com", "--account-name", "Made")
    request = made["CreateAccountStatus"]["Id"]
    status = call(founder, "describe-create-account-status", "--create-account-request-id", request)
    created = status["CreateAccountStatus"]["AccountId"]

    parent = call(founder, "enable-all-features")["Handshake"]
    filtered = ("--filter", "ActionType=APPROVE_ALL_FEATURES", "--page-size", "1")
    approvals = call(founder, "list-handshakes-for-organization", *filtered)["Handshakes"]
    for member in members:
        for approval in call(member, "list-handshakes-for-account", *filtered)["Handshakes"]:
            call(member, "accept-handshake", "--handshake-id", approval["Id"])
    approved = call(founder, "describe-handshake", "--handshake-id", parent["Id"])["Handshake"]
    finalized = call(founder, "accept-handshake", "--handshake-id", parent["Id"])["Handshake"]
    return {
        "asked": [[approval["Parties"][1]["Id"]] for approval in approvals],
        "parent": [parent["State"], approved["State"], finalized["State"]],
        "accounts": pages_of_accounts(aws, founder),
        "created": created,
        **act_as_member(aws, founder, created),
    }


def pages_of_accounts(aws: CommandLine, founder: str) -> list[list[str]]:
    """The accounts, three at a time: the CLI joins pages by itself, and goes on from its own token if told to stop."""
    words = ("list-accounts", "--page-size", "3", "--max-items", "3")
    first = aws.organizations(founder, *words)
    second = aws.organizations(founder, *words, "--starting-token", first["NextToken"])
    assert "NextToken" not in second
    return [[account["Id"] for account in page["Accounts"]] for page in (first, second)]


def act_as_member(aws: CommandLine, founder: str, member: str) -> dict[str, Any]:
    """What a created member finds out about itself and its organization, by the role that it was created with."""
    role = f"arn:aws:iam::{member}:role/OrganizationAccountAccessRole"
    assumed = aws.answer(founder, "sts", "assume-role", "--role-arn", role, "--role-session-name", "visit")
    keys = {
        "AWS_ACCESS_KEY_ID": assumed["Credentials"]["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": assumed["Credentials"]["SecretAccessKey"],
        "AWS_SESSION_TOKEN": assumed["Credentials"]["SessionToken"],
    }
    refused = aws.run("", "organizations", "list-accounts", **keys)
    code = re.search(r"\((\w+)\) when calling the ListAccounts operation", refused.stderr)
    return {
        "identity": aws.answer("", "sts", "get-caller-identity", **keys)["Arn"],
        "feature_set": aws.answer("", "organizations", "describe-organization", **keys)["Organization"]["FeatureSet"],
        "refusal": code and code[1],
    }
