"""A world that is closed and dropped is freed at once: suites make thousands, and collecting garbage takes longer."""

import gc
from collections.abc import Generator
from weakref import ref

import boto3
import pytest

from orgsim.api import Simulation
from orgsim.api.testing import mock_organizations

ACCOUNT = "111111111111"


@pytest.fixture(autouse=True)
def _no_collection() -> Generator[None]:
    """Leave garbage where it is."""
    gc.disable()
    yield
    gc.enable()


def test_a_world_of_our_client() -> None:
    """A world that our client has called is gone with its block."""
    with Simulation() as sim:
        sim.sync.client(ACCOUNT).create_organization()
    gone = ref(sim)
    del sim
    assert gone() is None


def test_a_world_of_a_boto3_client() -> None:
    """A world goes with its block and the clients that boto3 made for it."""
    with Simulation() as sim:
        client = sim.boto3_client("organizations", account=ACCOUNT)
        client.create_organization()
        with sim.auto_advance():
            client.describe_organization()
    gone = ref(sim)
    del sim
    assert gone() is not None, "the client belongs to it"
    del client
    gc.collect()  # botocore's clients refer to themselves
    assert gone() is None


def test_a_world_of_a_block() -> None:
    """The world of a ``mock_organizations`` is gone with its block, whatever becomes of the clients that called it."""
    client = boto3.client("organizations", "us-east-1", aws_access_key_id=ACCOUNT, aws_secret_access_key="secret")
    with mock_organizations() as sim:
        client.create_organization()
        boto3.client("sts", "us-east-1").get_caller_identity()
    gone = ref(sim)
    del sim
    assert gone() is None
    assert client.meta.service_model.service_name == "organizations"


def test_what_is_kept_for_a_world_is_one_for_all() -> None:
    """Two clients of a world share what answers them, and request ids go on; another world has its own."""
    with Simulation() as sim, Simulation() as other:
        for _ in range(2):
            sim.boto3_client("organizations", account=ACCOUNT)
        other.boto3_client("organizations", account=ACCOUNT)
        assert sim.kept.keys() == other.kept.keys() == {"wire", "waits"}
        assert not {*map(id, sim.kept.values())} & {*map(id, other.kept.values())}
    assert not sim.kept
