"""Organizations that are there when a run begins: how they are made, and what AWS would not allow of them."""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from ....engine.errors import MalformedPolicyDocumentException, Refused
from ....engine.events import OrganizationalUnitCreated, OrganizationCreated, PolicyCreated
from ....engine.log import MemoryLog
from ....engine.operation import Caller
from ....engine.operations import (
    attach_policy,
    create_organization,
    create_organizational_unit,
    create_policy,
    enable_policy_type,
)
from ....engine.runtime.clock import SimulatedClock
from ....engine.runtime.engine import Engine
from ....engine.runtime.inline import run_inline
from ....engine.runtime.running import begin_inline
from ....engine.settings import DAY, Settings
from ....engine.spelling import quoted
from ...plurals import counted
from ...standing import ROOT
from .organizations import OrganizationTable, PolicyTable, accounts_by_unit
from .problems import KeyPath, Problem

OF_CONTENT = {MalformedPolicyDocumentException.__name__, "POLICY_CONTENT_LIMIT_EXCEEDED"}
"""Codes and reasons of refusals that are about the content of a policy."""


class Erected(Struct):
    """An organization with its tree and policies, as yet without members."""

    id: str = ""
    places: dict[str, str] = {}
    """Path to the id of the OU, or of the root."""
    problems: list[Problem] = []
    """What AWS does not allow; the paths begin at the organization's table."""


def erect(table: OrganizationTable, engine: Engine) -> Erected:
    """Found an organization, and make its OUs and policies, now."""
    return _Erection(table, engine).erected


class _Erection:
    """The calls of one management account; what is refused is noted, and what depends on it is left out."""

    def __init__(self, table: OrganizationTable, engine: Engine) -> None:
        self._engine = engine
        self._caller = Caller(table.founder)
        self.erected = Erected()
        created = self._post(create_organization.Request(table.founded_with), ("management_account",))
        if created is None:
            return
        assert isinstance(created, OrganizationCreated)
        self.erected.id, self.erected.places[ROOT] = created.organization, created.root
        for parent, path, unit, keys in table.all_units():
            above = self.erected.places.get(parent)
            made = above and self._post(create_organizational_unit.Request(above, unit.name), keys)
            if isinstance(made, OrganizationalUnitCreated):
                self.erected.places[path] = made.unit
        enabled = engine.state.organizations[created.organization].policies.enabled
        for kind in dict.fromkeys(policy.type for policy in table.policies if policy.type not in enabled):
            self._post(enable_policy_type.Request(created.root, kind), ("policies",))
        for index, policy in enumerate(table.policies):
            self._make(policy, ("policies", index))

    def _make(self, policy: PolicyTable, keys: KeyPath) -> None:
        request = create_policy.Request(policy.content, policy.description, policy.name, policy.type)
        made = self._post(request, keys)
        for index, target in enumerate(policy.targets):
            place = (*keys, "targets", index)
            if target not in self.erected.places:
                self.erected.problems.append(Problem(f"there is no OU {quoted(target)}; {ROOT} is the root", place))
            elif isinstance(made, PolicyCreated):
                self._post(attach_policy.Request(made.policy, self.erected.places[target]), place)

    def _post(self, request: Struct, keys: KeyPath) -> object:
        """Post a request and return its first event; None if it is refused."""
        try:
            return self._engine.post(request, self._caller)[0]
        except Refused as refused:
            place = keys if OF_CONTENT.isdisjoint((refused.code, refused.reason)) else (*keys, "content")
            self.erected.problems.append(Problem(self._in_words(refused), place))
            return None

    def _in_words(self, refused: Refused) -> str:
        text = refused.explanation or refused.message
        text = text.replace(self.erected.id, "the organization") if self.erected.id else text
        for path, place in self.erected.places.items():
            text = text.replace(place, path)
        kind = f"{refused.code} {refused.reason}" if refused.reason else refused.code
        return f"AWS would refuse it: {text} ({kind})"


def wrong_standing(
    organizations: Mapping[str, OrganizationTable | None], settings: Settings, start: int
) -> Iterator[Problem]:
    """What AWS would not allow of the organizations that are there when a run begins.

    Args:
        organizations: by name; None is one that cannot be read.
        settings: of the world.
        start: when the run begins, in microseconds since the epoch.
    """
    for name, table in organizations.items():
        if table is None or not table.stands:
            continue
        problems = [
            *_too_many(table, settings),
            *_too_old(table, start),
            *erect(table, _trial(settings, start)).problems,
        ]
        for index, problem in enumerate(problems):
            if _follows(problem, problems[:index]):
                continue
            yield Problem(problem.message, ("organizations", name, *problem.path))


def _follows(problem: Problem, before: list[Problem]) -> bool:
    """Whether the same has been told of a place around this one: no policies are possible, so not the first either."""
    around = [each.path for each in before if each.message == problem.message]
    return any(problem.path[: len(path)] == path for path in around)


def _too_old(table: OrganizationTable, start: int) -> Iterator[Problem]:
    if start - (table.oldest_days + 2) * DAY < 0:
        yield Problem("its members would have joined before 1970", ("age",))


def _trial(settings: Settings, start: int) -> Engine:
    """A world of its own to try in."""
    return run_inline(begin_inline(MemoryLog(), clock=SimulatedClock(start), settings=settings))


def _too_many(table: OrganizationTable, settings: Settings) -> Iterator[Problem]:
    total, most = table.accounts or 0, settings.quotas.accounts
    if total + 1 > most:
        message = f"with the management account {total + 1:,} accounts, and quotas.accounts is {most:,}"
        yield Problem(message, ("accounts",))
    placed = sum(accounts_by_unit(table).values())
    if placed > total:
        yield Problem(f"its OUs have {counted(placed, 'account')}, and it has {total:,}", ("units",))
