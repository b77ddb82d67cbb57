"""aiobotocore answered in process, on asyncio and trio, in the environment of the clients."""

import json
import subprocess
from pathlib import Path

import pytest
from support.patience import PATIENCE
from test_clients import FOUNDER, HERE, installed

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_in_process(backend: str, tmp_path: Path) -> None:
    """Clients of a simulation's session, and those of code with its own, work without a socket on both event loops."""
    script = [installed("python"), HERE / "in_process_with_aiobotocore.py", backend, tmp_path / "world.db"]
    environment = {"HOME": str(tmp_path), "AWS_EC2_METADATA_DISABLED": "true"}
    done = subprocess.run(script, env=environment, capture_output=True, text=True, check=False, timeout=PATIENCE)

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "two accounts": [
            "AccessDeniedException",
            [FOUNDER, "222222222222"],
            "arn:aws:sts::222222222222:assumed-role/Admin/orgsim",
        ],
        "retries": {"legacy": True, "standard": True, "adaptive": True},
        "faults": 1,
        "own clients": [FOUNDER, "123456789012", "222222222222", "a call to 'sqs', which"],
        "log": FOUNDER,
        "polling": 35,
    }
