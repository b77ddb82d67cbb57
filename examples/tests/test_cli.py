"""The shell script, which knows nothing of Python: the AWS CLI as a process of its own, and a real endpoint."""

import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.orgsim(accounts=0),
    pytest.mark.skipif(shutil.which("aws") is None, reason="the AWS CLI is not installed"),
]

SCRIPT = Path(__file__).parent.parent / "cli" / "vend.sh"


def run(endpoint, *arguments):
    """Run the script as the management account."""
    environment = endpoint.environment("111111111111") | {"POLL_SECONDS": "0"}
    return subprocess.run(["sh", SCRIPT, *arguments], env=environment, capture_output=True, text=True, check=False)


def test_an_account_is_vended(orgsim_server, orgsim):
    """The account is created and moved into an OU that was made for it."""
    done = run(orgsim_server, "Payments", "payments@example.com", "Sandbox")

    org = orgsim.sync.client("111111111111")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip() == org.list_accounts().accounts[-1].id
    (unit,) = org.list_organizational_units_for_parent(parent_id=org.list_roots().roots[0].id).organizational_units
    assert unit.name == "Sandbox"


def test_an_account_that_fails(orgsim_server, orgsim):
    """The script ends with AWS's reason, and an exit code."""
    orgsim.faults.fail_next("CreateAccount", reason="EMAIL_ALREADY_EXISTS")
    done = run(orgsim_server, "Payments", "payments@example.com", "Sandbox")

    assert (done.returncode, done.stderr) == (1, "Payments: EMAIL_ALREADY_EXISTS\n")
