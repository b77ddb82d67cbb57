"""The reorganizer works on an organization that is built once, and that each test has a copy of."""

import json

import pytest
from landing import reorganize as script
from landing.organization import connect
from landing.reorganize import WrongPlan, apply, changes, read_tree

from orgsim.api.testing import mock_organizations

MANAGEMENT = "111111111111"
UNITS = ("Platform", "Products", "Old")


def sixty_accounts(sim):
    """Sixty accounts in three OUs; it takes a moment to build, so it is built once."""
    org = sim.sync.client(MANAGEMENT)
    org.create_organization(feature_set="ALL")
    root = org.list_roots().roots[0].id
    units = [org.create_organizational_unit(parent_id=root, name=name).organizational_unit.id for name in UNITS]
    for number in range(60):
        creation = org.create_account(email=f"a{number}@example.com", account_name=f"A{number}")
        id = creation.create_account_status.id
        account = org.describe_create_account_status(create_account_request_id=id).create_account_status.account_id
        org.move_account(account_id=account, source_parent_id=root, destination_parent_id=units[number % len(units)])


@pytest.fixture
def sim(orgsim_template):
    """A copy, in which a test can do what it likes."""
    sim = orgsim_template(sixty_accounts)
    with sim.auto_advance():
        yield sim


@pytest.fixture
def org(sim):
    """The script's own kind of client, with its retries, as the management account."""
    return connect(sim.boto3_session(MANAGEMENT))


@pytest.fixture
def plan(org):
    """Platform stays, Products goes down into Workloads, and Old is emptied."""
    places = read_tree(org).places
    accounts = {unit: [account for account, place in places.items() if place == unit] for unit in UNITS}
    return {"Platform": accounts["Platform"], "Workloads/Products": accounts["Products"] + accounts["Old"]}


def reorganize(org, plan):
    """Look, compare, do."""
    tree = read_tree(org)
    apply(org, changes(tree, plan), tree)


def test_the_tree_becomes_the_plan(org, plan):
    """Accounts are where the plan has them, the rest stays, and what was emptied is gone."""
    reorganize(org, plan)

    tree = read_tree(org)
    assert sorted(tree.units) == ["", "Platform", "Workloads", "Workloads/Products"]
    assert list(changes(tree, plan).lines()) == []
    assert tree.places[MANAGEMENT] == ""


def test_it_is_said_first(org, plan):
    """Without ``apply`` nothing is changed, and every step is named."""
    lines = list(changes(read_tree(org), plan).lines())

    assert lines[:2] == ["create Workloads", "create Workloads/Products"]
    assert sorted(lines[-2:]) == ["remove Old", "remove Products"]
    assert len(lines) == 2 + 40 + 2


def test_an_interrupted_run_is_started_again(org, sim, plan):
    """A run that is cut off after ten moves has left a tree that the next one finishes."""
    with sim.faults.drop("MoveAccount", after_calls=10), pytest.raises(Exception, match="Connection was closed"):
        reorganize(org, plan)
    assert len(changes(read_tree(org), plan).move) == 30

    reorganize(org, plan)
    assert list(changes(read_tree(org), plan).lines()) == []


def test_bad_weather(org, sim, plan):
    """Throttling, other writers and lost answers delay a reorganization, and change nothing about its result."""
    sim.faults.throttle("MoveAccount", "ListAccountsForParent", share=0.2)
    sim.faults.conflict("MoveAccount", "CreateOrganizationalUnit", share=0.2)
    sim.faults.lose_answer("MoveAccount", share=0.1)
    reorganize(org, plan)

    sim.faults.clear()
    assert list(changes(read_tree(org), plan).lines()) == []


def test_somebody_fills_a_unit_meanwhile(org, sim, plan, capsys):
    """An OU that is no longer empty when it is to be removed stays, and is named."""
    tree = read_tree(org)
    todo = changes(tree, plan)
    org.create_organizational_unit(ParentId=tree.units["Old"], Name="New")
    apply(org, todo, tree)

    assert "Old is no longer empty, and stays" in capsys.readouterr().err
    assert "Products" not in read_tree(org).units


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"A": [MANAGEMENT], "B": [MANAGEMENT]}, "111111111111 stands under A and under B"),
        ({"A": ["999999999999"]}, "999999999999, under A, is not in the organization"),
    ],
)
def test_a_wrong_plan(org, wrong, message):
    """A plan that cannot be carried out is refused before anything is changed."""
    with pytest.raises(WrongPlan, match=message):
        changes(read_tree(org), wrong)


def test_the_command_line(sim, org, plan, tmp_path, capsys):
    """The whole script, which makes its own client: it says what it does, and does it."""
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(plan))
    with mock_organizations(sim, account=MANAGEMENT):
        assert script.main([str(file), "--apply"]) == 0
        assert script.main([str(file)]) == 0

    assert capsys.readouterr().out.splitlines()[-1] == "nothing to do"
