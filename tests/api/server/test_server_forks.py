"""``POST /_orgsim/fork``: a named world that begins as another one was."""

from collections.abc import Iterator
from typing import Any

import pytest
from support.loopback_server import MEMBER, Served, serving

from orgsim.api.server.worlds import Worlds


@pytest.fixture
def server() -> Iterator[Served]:
    """A server with named worlds, whose default one has an organization, and a day later an invitation."""
    with serving(worlds=Worlds()) as served:
        org = served.organizations()
        org.create_organization()
        served.control("POST", "clock", {"advance": "1d"})
        org.invite_account_to_organization(Target={"Type": "ACCOUNT", "Id": MEMBER})
        yield served


def handshakes(server: Served) -> int:
    """How many handshakes the organization has."""
    return len(server.organizations().list_handshakes_for_organization()["Handshakes"])


def test_fork(server: Served) -> None:
    """A fork begins at its place and goes on in its own way; a reset brings it back, and the original stays."""
    made = server.control("POST", "fork", {"name": "then", "at": "2026-01-01T12:00:00Z"})
    assert (made.status, made.json["name"], made.json["path"]) == (200, "then", "/w/then")
    fork, before = server.named("then"), server.position
    assert handshakes(fork) == 0
    for account in (MEMBER, "444444444444"):
        fork.organizations().invite_account_to_organization(Target={"Type": "ACCOUNT", "Id": account})
    assert (handshakes(fork), handshakes(server), server.position) == (2, 1, before)
    again = server.control("POST", "fork", {"name": "again", "at": fork.sim.engine.durable, "template": "/"})
    assert again.status == 200
    assert handshakes(server.named("again")) == 1
    fork.control("POST", "reset")
    assert handshakes(fork) == 0


@pytest.mark.parametrize(
    ("wish", "told"),
    [
        ({"name": "x"}, "has no place"),
        ({"at": 1}, "has no name"),
        ({"name": "x", "at": 99}, "there is no position 99"),
        ({"name": "x", "at": "soon"}, "is no moment"),
        ({"name": "x", "at": 2}, "in the midst of CreateOrganization"),
        ({"name": "x", "at": True}, "at is a moment"),
        ({"name": "x", "at": 1, "template": "y"}, "there is no world"),
    ],
)
def test_refused(wish: Any, told: str, server: Served) -> None:
    """A fork that cannot be is refused with what is wrong, and no world begins."""
    refused = server.control("POST", "fork", wish)
    assert refused.status in (400, 404)
    assert told in refused.json["message"]
    assert server.control("GET", "worlds").json["worlds"] == []


def test_name_is_taken(server: Served) -> None:
    """A fork takes no other world's name."""
    assert server.control("POST", "fork", {"name": "a", "at": 1}).status == 200
    assert server.control("POST", "fork", {"name": "a", "at": 1}).error == (409, "WorldException")
