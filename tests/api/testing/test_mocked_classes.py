"""Classes of tests under ``mock_organizations``: what prepares a test and cleans up after it is answered too."""

import subprocess
import sys
from pathlib import Path

import pytest
from support.run_pytest import run_pytest

pytestmark = pytest.mark.slow

UNITTESTS = """
import unittest

import boto3

from orgsim.api.testing import mock_organizations

KEYS = {"aws_access_key_id": "111111111111", "aws_secret_access_key": "any", "region_name": "us-east-1"}


def org():
    return boto3.client("organizations", **KEYS)


class Parts:
    def setUp(self):
        self.id = org().create_organization()["Organization"]["Id"]
        self.addCleanup(lambda: org().describe_organization())

    def tearDown(self):
        org().describe_organization()


@mock_organizations
class TestPlain(Parts, unittest.TestCase):
    def test_first(self):
        assert org().describe_organization()["Organization"]["Id"] == self.id

    def test_second(self):
        assert org().describe_organization()["Organization"]["Id"] == self.id


class TestBelow(TestPlain):
    def test_third(self):
        assert org().describe_organization()["Organization"]["Id"] == self.id


@mock_organizations()
class TestDecoratedAgain(TestPlain): ...


@mock_organizations
class TestAsync(Parts, unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        org().describe_organization()

    async def test_async(self):
        assert org().describe_organization()["Organization"]["Id"] == self.id


if __name__ == "__main__":
    unittest.main()
"""

PYTESTS = """
import boto3
import pytest

from orgsim.api.testing import mock_organizations
from test_unittests import org


class Base:
    def test_inherited(self):
        org().describe_organization()


@pytest.fixture(scope="class")
def wide():
    org().create_organization()
    yield
    org().describe_organization()


@mock_organizations
class TestMethods(Base):
    def setup_method(self, method):
        org().create_organization()

    def teardown_method(self):
        org().describe_organization()

    @pytest.fixture(autouse=True)
    def prepared(self):
        root = org().list_roots()["Roots"][0]["Id"]
        org().create_organizational_unit(ParentId=root, Name="Prepared")
        yield
        org().describe_organization()

    @pytest.fixture(autouse=True)
    async def prepared_in_a_task(self):
        org().describe_organization()
        yield
        org().describe_organization()

    @pytest.mark.parametrize("number", [1, 2])
    def test_plain(self, number):
        root = org().list_roots()["Roots"][0]["Id"]
        assert len(org().list_organizational_units_for_parent(ParentId=root)["OrganizationalUnits"]) == 1

    async def test_async(self):
        org().describe_organization()


@mock_organizations
class TestAround:
    class TestWithin:
        def setup_method(self):
            org().create_organization()

        def test_nested(self):
            org().describe_organization()


@mock_organizations
class TestOfAWideFixture:
    def test_it(self, wide):
        org().describe_organization()


@mock_organizations
class TestThatFails:
    def setup_method(self):
        org().create_organization()
        raise KeyError("on purpose")

    def test_fails(self): ...


def test_after_it():
    import orgsim.api.testing.mock as mock
    assert mock._here() is None
"""

NO_NETWORK = """
import os
import socket


def connect(self, address):
    raise OSError(f"something connects to {address}")


socket.socket.connect = connect
os.environ["AWS_MAX_ATTEMPTS"] = "1"
"""


def test_under_pytest(tmp_path: Path) -> None:
    """All that belongs to a test of a decorated class is answered by its world: xunit methods, fixtures, coroutines."""
    ran = run_pytest(
        tmp_path,
        "-p",
        "asyncio",
        settings="asyncio_mode = auto\n",
        conftest=NO_NETWORK,
        test_unittests=UNITTESTS,
        test_pytests=PYTESTS,
    )
    wrong = {test for test, outcome in ran.outcomes.items() if outcome != "passed"}

    assert wrong == {"test_pytests::TestThatFails::test_fails"}, ran.output
    assert "on purpose" in ran.output
    assert ran.passed == 15


def test_under_unittest(tmp_path: Path) -> None:
    """Without pytest, ``setUp``, ``tearDown`` and cleanups of a decorated TestCase are answered too."""
    program = tmp_path / "unittests.py"
    program.write_text(NO_NETWORK + UNITTESTS)
    done = subprocess.run([sys.executable, program], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert "Ran 8 tests" in done.stderr
