"""The synchronous client has the methods of the other, for callers, editors and type checkers.

`make check` reads the comments in here: pyright has to find the mistakes that they name, and no others.
"""

# pyright: strict, reportUnnecessaryTypeIgnoreComment=true
# pyright: reportUnknownLambdaType=false, reportUnknownMemberType=false

import ast
import inspect
from collections.abc import Callable
from typing import assert_type

import pytest
from support.repository import ROOT

from orgsim.api import Client, Simulation
from orgsim.api.client.synchronous import SyncClient
from orgsim.engine.shapes.organizations import OrganizationReply
from orgsim.projections.reads.accounts import AccountsReply

ACCOUNT = "111111111111"


def test_types_that_a_checker_sees() -> None:
    """Replies are typed and not awaitable, so that their members and those of their pages are known."""
    with Simulation() as sim:
        org = sim.sync.client(ACCOUNT)
        assert_type(org, SyncClient)
        assert_type(org.create_organization(feature_set="ALL"), OrganizationReply)
        assert_type(org.list_accounts().accounts[0].id, str)
        for page in org.paginate(org.list_accounts, max_results=1):
            assert_type(page, AccountsReply)
        assert_type(sim.sync.fork(), Simulation)


MISTAKES: list[Callable[[SyncClient], object]] = [
    lambda org: org.create_organization(FeatureSet="ALL"),  # pyright: ignore[reportCallIssue]
    lambda org: org.list_accounts(10),  # pyright: ignore[reportCallIssue]
    lambda org: org.describe_account(),  # pyright: ignore[reportCallIssue]
    lambda org: org.list_acounts(),  # pyright: ignore[reportAttributeAccessIssue]
]


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_that_a_checker_sees(mistake: Callable[[SyncClient], object]) -> None:
    """A wrong parameter, a missing one or a method that there is not is an error, for a type checker too."""
    with Simulation() as sim, pytest.raises((TypeError, AttributeError)):
        mistake(sim.sync.client(ACCOUNT))


def test_stub_has_every_method() -> None:
    """The stub has every method of the client, with the names, kinds and defaults of its parameters."""
    stub = ast.parse((ROOT / "api" / "client" / "synchronous.pyi").read_text("utf-8"))
    (client,) = [node for node in stub.body if isinstance(node, ast.ClassDef) and node.name == "SyncClient"]
    found = {node.name: node for node in client.body if isinstance(node, ast.FunctionDef)}
    methods = inspect.getmembers(Client, inspect.isfunction)
    public = {name: method for name, method in methods if not name.startswith("_") and name != "call_at"}
    assert set(public) == set(found) - {"__init__"}
    for name in public.keys() - {"call", "paginate"}:
        parameters = [each for each in inspect.signature(public[name]).parameters.values() if each.name != "self"]
        assert all(each.kind is each.KEYWORD_ONLY for each in parameters), name
        told = found[name].args
        assert [each.name for each in parameters] == [each.arg for each in told.kwonlyargs]
        required = [each.arg for each, default in zip(told.kwonlyargs, told.kw_defaults, strict=True) if not default]
        assert [each.name for each in parameters if each.default is each.empty] == required
