"""Mistakes in Python code: names that there are not, which the wire ignores, and what tracebacks say."""

from collections.abc import Mapping
from traceback import format_exception
from typing import Any

import pytest

from orgsim.api import Simulation
from orgsim.engine.errors import Refused

FOUNDER = "111111111111"

MISSPELT: list[tuple[str, Mapping[str, Any], str]] = [
    ("CreateOrganization", {"feature_set": "ALL"}, "CreateOrganization has no member 'feature_set'; write FeatureSet"),
    ("ListAccounts", {"MaxResult": 3}, "ListAccounts has no member 'MaxResult'; did you mean MaxResults"),
    ("ListRoots", {"Filter": 3}, "there are: "),
]


@pytest.mark.parametrize(("operation", "members", "message"), MISSPELT)
def test_unknown_member_in_python(operation: str, members: Mapping[str, Any], message: str) -> None:
    """A call with a member that there is not raises TypeError, which names the one to write; nothing happens."""
    with Simulation() as sim:
        before = len(sim.sync.events())
        with pytest.raises(TypeError, match=message):
            sim.sync.client(FOUNDER).call(operation, members)
        assert len(sim.sync.events()) == before


def test_unknown_operation_in_python() -> None:
    """A call by a name that there is not raises LookupError, which begins with the operation that is meant."""
    with Simulation() as sim, pytest.raises(LookupError, match="'ListAccount'; did you mean ListAccounts"):
        sim.sync.client(FOUNDER).call("ListAccount", {})


def test_a_refusal_tells_its_explanation_in_tracebacks() -> None:
    """The explanation of a refusal is a note of the exception; its text is AWS's alone."""
    with Simulation() as sim, pytest.raises(Refused) as caught:
        sim.sync.client(FOUNDER).list_roots()
    explanation = caught.value.explanation
    assert explanation
    assert explanation not in str(caught.value)
    assert explanation in "".join(format_exception(caught.value))


def test_a_world_that_has_not_begun() -> None:
    """The error of a world that has not begun names both ways to begin it."""
    with pytest.raises(RuntimeError, match=r"with Simulation\(\) as sim, or async with"):
        Simulation().sync.client(FOUNDER)


async def test_unknown_member_on_the_wire() -> None:
    """A request of the wire with an unknown member is answered as if the member were not there."""
    async with Simulation() as sim:
        await sim.client(FOUNDER).call_at("CreateOrganization", {"feature_set": "CONSOLIDATED_BILLING"})
        assert (await sim.client(FOUNDER).describe_organization()).organization.feature_set == "ALL"
