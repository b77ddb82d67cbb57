"""Polling the creation and the closure of an account with the AWS CLI; see ``test_clients.py``."""

from migrate_with_cli import CommandLine


def poll(aws: CommandLine, founder: str) -> list[str]:
    """Create an account and close it, asking each time until that has ended; the states that were seen."""
    call = aws.organizations
    call(founder, "create-organization")
    made = call(founder, "create-account", "--email", "made@example.com", "--account-name", "Made")
    status = made["CreateAccountStatus"]
    seen = [status["State"]]
    while status["State"] == "IN_PROGRESS":
        asked = ("describe-create-account-status", "--create-account-request-id", status["Id"])
        status = call(founder, *asked)["CreateAccountStatus"]
        seen.append(status["State"])
    closed = aws.run(founder, "organizations", "close-account", "--account-id", status["AccountId"])
    assert closed.returncode == 0, closed.stderr
    while seen[-1] != "CLOSED":
        described = call(founder, "describe-account", "--account-id", status["AccountId"])
        seen.append(described["Account"]["State"])
    return seen
