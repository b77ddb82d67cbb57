"""The requirements leave room for what users have beside orgsim: clients that pin an older botocore than the newest."""

import json
import subprocess
import tomllib

import pytest
from packaging.requirements import Requirement
from support.repository import ROOT
from test_clients import installed

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS = ("verify", "boto")
VERSIONS = """
import json
from importlib.metadata import requires, version
print(json.dumps([version("botocore"), [each for each in requires("aiobotocore") if each.startswith("botocore")]]))
"""


@pytest.mark.parametrize("extra", EXTRAS)
def test_beside_aiobotocore(extra: str) -> None:
    """The botocore that aiobotocore and the AWS CLI agree on is new enough for these extras, so pip need not search."""
    done = subprocess.run([installed("python"), "-c", VERSIONS], capture_output=True, text=True, check=True)
    version, pins = json.loads(done.stdout)
    required = [Requirement(each) for each in PROJECT["optional-dependencies"][extra]]
    (ours,) = [each.specifier for each in required if each.name == "botocore"]
    assert version in ours
    assert all(version in Requirement(pin).specifier for pin in pins)


@pytest.mark.parametrize(
    "requirement",
    [*PROJECT["dependencies"], *(each for extra in EXTRAS for each in PROJECT["optional-dependencies"][extra])],
)
def test_lower_bounds_only(requirement: str) -> None:
    """A requirement is a name and a lower bound, which `make lowest` reads; a cap would be a conflict in waiting."""
    specifiers = [each.operator for each in Requirement(requirement).specifier]
    assert specifiers == [">="]
