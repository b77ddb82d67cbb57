"""Reorganize: bring accounts into the OUs that a plan names, create OUs that are missing, remove those left empty.

    reorganize-units plan.json              # says what would be done
    reorganize-units plan.json --apply

The plan is JSON, accounts by the path of their OU: ``{"Workloads/Prod": ["222222222222"], "Sandbox": []}``.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from landing.organization import connect, ensure_place, ensure_unit, pages, root_of, units_below
from landing.patience import patiently

Plan = Mapping[str, Sequence[str]]
"""Accounts by the path of their OU; the root's is the empty one."""


class WrongPlan(Exception):
    """The plan cannot be carried out; the message says what is wrong with it."""


@dataclass(frozen=True)
class Tree:
    """An organization as it stands: ids of OUs and places of accounts, by the paths of OUs."""

    units: dict[str, str]
    places: dict[str, str]


@dataclass(frozen=True)
class Changes:
    """What is to be done."""

    create: list[str] = field(default_factory=list)
    """Paths of OUs, parents first."""
    move: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Paths from which and to which an account is moved, by the account."""
    remove: list[str] = field(default_factory=list)
    """Paths of OUs that will be empty and are not in the plan, children first."""

    def lines(self) -> Iterator[str]:
        """Say it in words."""
        yield from (f"create {path}" for path in self.create)
        yield from (f"move {account} from /{source} to /{target}" for account, (source, target) in self.move.items())
        yield from (f"remove {path}" for path in self.remove)


def read_tree(org: Any) -> Tree:
    """Walk through the organization."""
    units: dict[str, str] = {}
    places: dict[str, str] = {}
    waiting = [("", root_of(org))]
    while waiting:
        path, parent = waiting.pop()
        units[path] = parent
        for account in pages(org, "list_accounts_for_parent", "Accounts", ParentId=parent):
            places[account["Id"]] = path
        below = units_below(org, parent)
        waiting += [(f"{path}/{name}".lstrip("/"), id) for name, id in below.items()]
    return Tree(units, places)


def changes(tree: Tree, plan: Plan) -> Changes:
    """Compare an organization with a plan.

    Accounts that the plan does not name stay where they are.

    Raises:
        WrongPlan: an account is named twice, or is not in the organization.
    """
    wanted: dict[str, str] = {}
    for path, accounts in plan.items():
        for account in accounts:
            if account in wanted:
                raise WrongPlan(f"{account} stands under {wanted[account]} and under {path}")
            if account not in tree.places:
                raise WrongPlan(f"{account}, under {path}, is not in the organization")
            wanted[account] = path
    planned = {step for path in plan for step in steps_to(path)}
    move = {account: (tree.places[account], path) for account, path in wanted.items() if tree.places[account] != path}
    kept = planned | {step for path in (tree.places | wanted).values() for step in steps_to(path)} | {""}
    return Changes(
        create=sorted(planned - set(tree.units)),
        move=move,
        remove=sorted(set(tree.units) - kept, key=lambda path: -path.count("/")),
    )


def steps_to(path: str) -> list[str]:
    """Return a path and those above it: ``A``, ``A/B`` and ``A/B/C``."""
    names = [name for name in path.split("/") if name]
    return ["/".join(names[: length + 1]) for length in range(len(names))]


def apply(org: Any, todo: Changes, tree: Tree) -> None:
    """Do it. What was done already is skipped, so that an interrupted run is simply started again."""
    units = dict(tree.units)
    for path in todo.create:
        units[path] = ensure_unit(org, path)
    for account, (_, path) in todo.move.items():
        ensure_place(org, account, units[path])
    for path in todo.remove:
        try:
            patiently(org, org.delete_organizational_unit, OrganizationalUnitId=units[path])
        except org.exceptions.OrganizationalUnitNotEmptyException:
            print(f"{path} is no longer empty, and stays", file=sys.stderr)
        except org.exceptions.OrganizationalUnitNotFoundException:
            pass


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line and the plan, and say or do what is to be done."""
    parser = argparse.ArgumentParser(description="Bring accounts into their OUs.")
    parser.add_argument("plan", type=Path)
    parser.add_argument("--apply", action="store_true", help="do it; otherwise it is only said")
    given = parser.parse_args(arguments)
    org = connect()
    tree = read_tree(org)
    try:
        todo = changes(tree, json.loads(given.plan.read_text("utf-8")))
    except WrongPlan as mistake:
        print(f"{given.plan}: {mistake}", file=sys.stderr)
        return 1
    print("\n".join(todo.lines()) or "nothing to do")
    if given.apply:
        apply(org, todo, tree)
    return 0


if __name__ == "__main__":
    sys.exit(main())
