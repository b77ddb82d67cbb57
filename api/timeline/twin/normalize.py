"""From the answers of a dump to its normalized form, and what is missing."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import Struct

from ....engine.policies.types import MANAGED_POLICIES, POLICY_TYPES
from ....engine.twin.form import AccountForm, CreationForm, Form, Kind, PolicyForm, ResourcePolicyForm, UnitForm
from ....engine.words import FeatureSet, Partition, PolicyType
from .calls import CALLS, Question, command_of, named
from .errors import DumpError
from .handshakes import handshake_forms
from .shapes import (
    AccountTold,
    AdministratorTold,
    CreationTold,
    OrganizationTold,
    ParentTold,
    PolicySummaryTold,
    PolicyTold,
    ResourcePolicyTold,
    RootTold,
    ServiceTold,
    T,
    TagTold,
    TargetTold,
    UnitTold,
    state_of,
    time_of,
    told,
)
from .walk import Answers

ARN = re.compile(r"arn:(?P<partition>aws(?:-cn|-us-gov)?):organizations::\d{12}:organization/(?P<id>o-[a-z0-9]{10,32})")
MASKED = re.compile(r"\*{3,}")


class Dump(Struct):
    """A dump in its normalized form."""

    form: Form
    taken_at: int
    """In microseconds since the epoch."""
    notes: list[str]
    """What is missing or was left out, and what that means for the twin."""


def normalize(
    answers: Answers, files: dict[Question, str] | None = None, more: dict[Question, Any] | None = None
) -> tuple[Form, list[str]]:
    """Make the form of a dump from its answers.

    Args:
        answers: of the questions in ``CALLS``.
        files: in which file each stands, for complaints.
        more: answers to further questions that tell where accounts and OUs are.

    Returns:
        The form, and what is missing.

    Raises:
        DumpError: an answer is none, or the answers contradict each other.
    """
    return _Normalizing(answers, files or {}, more or {}).form()


class _Normalizing:
    def __init__(self, answers: Answers, files: dict[Question, str], more: dict[Question, Any]) -> None:
        self.answers, self.files, self.more = answers, files, more
        self.notes: list[str] = []
        self.whole: set[Kind] = set()
        self.parents: dict[str, str] = {}
        """Account or OU to its parent, as far as told."""

    def form(self) -> tuple[Form, list[str]]:
        organization = self._needed("DescribeOrganization", OrganizationTold)
        named_by = ARN.fullmatch(organization.arn)
        if not named_by or named_by["id"] != organization.id:
            where = self._where(("DescribeOrganization", ""))
            raise DumpError(f"{where}: {organization.arn[:80]!r} is no ARN of the organization {organization.id!r}")
        root = self._root()
        accounts = self._accounts()
        units = self._units(root.id)
        self._require_parents(accounts, root.id, {unit.id for unit in units})
        has_all = organization.feature_set is FeatureSet.ALL
        policies, defaults = self._policies() if has_all else ((), {})
        if not has_all:
            self.whole |= {"policies", "services", "administrators", "resource policy"}
        partition: Partition = named_by["partition"]  # pyright: ignore[reportAssignmentType]  # the pattern says which
        handshakes, notes = handshake_forms(self._list("ListHandshakesForOrganization", "handshakes"), self._at)
        self.notes += notes
        return (
            Form(
                organization=organization.id,
                root=root.id,
                management_account=organization.master_account_id,
                feature_set=organization.feature_set,
                partition=partition,
                policy_types=self._policy_types(root),
                units=units,
                accounts=tuple(self._account(each) for each in accounts),
                policies=policies,
                default_targets=defaults,
                tags=self._tags(),
                services=self._services() if has_all else {},
                administrators=self._administrators() if has_all else {},
                resource_policy=self._resource_policy() if has_all else None,
                handshakes=handshakes,
                creations=self._creations(accounts),
                whole=frozenset(self.whole),
            ),
            self.notes,
        )

    def _where(self, question: Question) -> str:
        return self.files.get(question) or named(question)

    def _at(self, question: Question, value: Any) -> int | None:
        return time_of(value, self._where(question))

    def _needed(self, operation: str, kind: type[T]) -> T:
        question = operation, ""
        if question not in self.answers:
            raise DumpError(
                f"the output of `aws organizations {command_of(operation)}` is missing; there is no twin without"
            )
        return told(self.answers[question], kind, self._where(question))

    def _list(self, operation: str, kind: Kind) -> list[Any]:
        """The raw items of a list about the organization; a note if it is missing."""
        question = operation, ""
        if question not in self.answers:
            self._miss(question)
            return []
        self.whole.add(kind)
        return self.answers[question]

    def _miss(self, question: Question) -> None:
        self.notes.append(f"{named(question)} is missing: the twin lacks {CALLS[question[0]].lost}")

    def _root(self) -> RootTold:
        roots = self._needed("ListRoots", list[RootTold])
        if len(roots) != 1:
            raise DumpError(f"{self._where(('ListRoots', ''))}: {len(roots)} roots, and an organization has one")
        return roots[0]

    def _policy_types(self, root: RootTold) -> tuple[PolicyType, ...]:
        self.whole |= {"policy types", "attachments"}
        enabled = [each.type for each in root.policy_types if each.status != "PENDING_DISABLE"]
        unknown = [each for each in enabled if each not in {*POLICY_TYPES}]
        self.notes += [f"the policy type {each} is unknown to orgsim, and left out" for each in unknown]
        return tuple(PolicyType(each) for each in enabled if each not in unknown)

    def _accounts(self) -> list[AccountTold]:
        accounts = self._needed("ListAccounts", list[AccountTold])
        self.whole.add("accounts")
        return accounts

    def _account(self, account: AccountTold) -> AccountForm:
        return AccountForm(
            id=account.id,
            parent=self.parents.get(account.id),
            email=_plain(account.email),
            name=_plain(account.name),
            joined_method=account.joined_method,
            joined_at=self._at(("ListAccounts", ""), account.joined_timestamp),
            state=state_of(account),
        )

    def _units(self, root: str) -> tuple[UnitForm, ...]:
        """The OUs, parents before children; and where accounts are, as far as told."""
        units: dict[str, UnitForm] = {}
        waiting, complete = [root], True
        while waiting:
            parent = waiting.pop(0)
            question = "ListOrganizationalUnitsForParent", parent
            if question not in self.answers:
                complete = False
                self.notes.append(f"{named(question)} is missing: the twin lacks OUs in {parent}, if it has any")
            for unit in told(self.answers.get(question, []), list[UnitTold], self._where(question)):
                self._place(unit.id, parent, question)
                if unit.id not in units:
                    units[unit.id] = UnitForm(id=unit.id, parent=parent, name=unit.name)
                    waiting.append(unit.id)
        if complete:
            self.whole.add("units")
        for question, answer in self.answers.items():
            if question[0] == "ListAccountsForParent":
                for account in told(answer, list[AccountTold], self._where(question)):
                    self._place(account.id, question[1], question)
        self._take_more()
        return tuple(units.values())

    def _take_more(self) -> None:
        for question, answer in self.more.items():
            where, (operation, subject) = self._where(question), question
            if operation == "ListParents":
                for parent in told(answer, list[ParentTold], where):
                    self._place(subject, parent.id, question)
            elif operation == "ListChildren":
                for child in told(answer, list[ParentTold], where):
                    self._place(child.id, subject.partition(" ")[0], question)

    def _place(self, child: str, parent: str, question: Question) -> None:
        before = self.parents.setdefault(child, parent)
        if before != parent:
            raise DumpError(f"{self._where(question)}: {child} is in {parent}, and elsewhere in the dump in {before}")

    def _require_parents(self, accounts: Iterable[AccountTold], root: str, units: set[str]) -> None:
        """Find where accounts are that no list of a parent's children has: AWS tells it by the way, in Paths."""
        lost: list[str] = []
        for account in accounts:
            if account.id not in self.parents and account.paths:
                self.parents[account.id] = account.paths[0].rstrip("/").split("/")[-2]
            if account.id not in self.parents:
                lost.append(account.id)
            elif self.parents[account.id] not in units | {root} and "units" not in self.whole:
                raise DumpError(
                    f"account {account.id} is in {self.parents[account.id]}, of which the dump says nothing"
                )
        if lost:
            self.whole.discard("units")
            others = f" and {len(lost) - 1} others" if len(lost) > 1 else ""
            self.notes.append(
                f"where account {lost[0]}{others} is, no list-accounts-for-parent or list-parents says: in the twin "
                "directly under the root, or where it was"
            )

    def _policies(self) -> tuple[tuple[PolicyForm, ...], dict[str, tuple[str, ...]]]:
        """The policies whose content is known, and where AWS's own are attached."""
        found: list[PolicyForm] = []
        defaults: dict[str, tuple[str, ...]] = {}
        lost: set[PolicyType] = set()
        for summary in self._summaries():
            targets = self._targets(summary)
            policy = None if summary.id in MANAGED_POLICIES else self._policy(summary, targets)
            if policy:
                found.append(policy)
            elif summary.id in MANAGED_POLICIES and targets is not None:
                defaults[summary.id] = targets
            elif summary.id not in MANAGED_POLICIES:
                lost.add(summary.type)
            if targets is None:
                lost.add(summary.type)
        absent = [each for each in PolicyType if ("ListPolicies", each) not in self.answers]
        if absent:
            self.notes.append(f"list-policies is missing for {', '.join(absent)}: the twin lacks those policies")
        if not absent and not lost:
            self.whole.add("policies")
        # Where a policy may stand in for AWS's own, it is not known whether that can be missing.
        known = {default: there for default, there in defaults.items() if MANAGED_POLICIES[default].type not in lost}
        return tuple(found), known

    def _summaries(self) -> Iterator[PolicySummaryTold]:
        """All policies that are listed, of the types that are known."""
        for question, answer in self.answers.items():
            if question[0] != "ListPolicies":
                continue
            for summary in told(answer, list[PolicySummaryTold], self._where(question)):
                if summary.aws_managed and summary.id not in MANAGED_POLICIES:
                    self.notes.append(f"the AWS managed policy {summary.id} is unknown to orgsim, and left out")
                else:
                    yield summary

    def _targets(self, summary: PolicySummaryTold) -> tuple[str, ...] | None:
        question = "ListTargetsForPolicy", summary.id
        if question not in self.answers:
            self._miss(question)
            return None
        return tuple(each.target_id for each in told(self.answers[question], list[TargetTold], self._where(question)))

    def _policy(self, summary: PolicySummaryTold, targets: tuple[str, ...] | None) -> PolicyForm | None:
        question = "DescribePolicy", summary.id
        if question not in self.answers:
            self._miss(question)
            return None
        content = told(self.answers[question], PolicyTold, self._where(question)).content
        return PolicyForm(
            id=summary.id,
            type=summary.type,
            name=summary.name,
            description=summary.description,
            content=content,
            targets=targets,
        )

    def _tags(self) -> dict[str, dict[str, str]]:
        """The tags of all resources that were asked about; a note if none was."""
        tags: dict[str, dict[str, str]] = {}
        for question, answer in self.answers.items():
            if question[0] == "ListTagsForResource":
                tags[question[1]] = {
                    each.key: each.value for each in told(answer, list[TagTold], self._where(question))
                }
        if not tags:
            self.notes.append("list-tags-for-resource is missing for all resources: the twin lacks tags")
        return tags

    def _services(self) -> dict[str, int | None]:
        operation = "ListAWSServiceAccessForOrganization"
        question = operation, ""
        found = told(self._list(operation, "services"), list[ServiceTold], self._where(question))
        return {each.service_principal: self._at(question, each.date_enabled) for each in found}

    def _administrators(self) -> dict[str, dict[str, int | None]]:
        operation = "ListDelegatedAdministrators"
        found: dict[str, dict[str, int | None]] = {}
        for each in told(
            self._list(operation, "administrators"), list[AdministratorTold], self._where((operation, ""))
        ):
            question = "ListDelegatedServicesForAccount", each.id
            if question not in self.answers:
                self._miss(question)
                self.whole.discard("administrators")
                continue
            services = told(self.answers[question], list[ServiceTold], self._where(question))
            found[each.id] = {
                service.service_principal: self._at(question, service.delegation_enabled_date) for service in services
            }
        return found

    def _resource_policy(self) -> ResourcePolicyForm | None:
        question = "DescribeResourcePolicy", ""
        answer = self.answers.get(question)
        if answer is None:
            self._miss(question)
            return None
        self.whole.add("resource policy")
        if not answer:
            return None
        found = told(answer, ResourcePolicyTold, self._where(question))
        return ResourcePolicyForm(id=found.resource_policy_summary.id, content=found.content)

    def _creations(self, accounts: Iterable[AccountTold]) -> tuple[CreationForm, ...]:
        question = "ListCreateAccountStatus", ""
        emails = {account.id: _plain(account.email) for account in accounts}
        found = told(self._list(question[0], "creations"), list[CreationTold], self._where(question))
        undated = Counter(each.requested_timestamp is None for each in found)[True]
        if undated:
            self.notes.append(f"{undated} account creations without RequestedTimestamp are left out")
        return tuple(
            CreationForm(
                id=each.id,
                name=each.account_name,
                state=each.state,
                requested_at=requested,
                completed_at=self._at(question, each.completed_timestamp),
                account=each.account_id,
                govcloud_account=each.gov_cloud_account_id,
                failure=each.failure_reason,
                email=emails.get(each.account_id or ""),
            )
            for each in found
            if (requested := self._at(question, each.requested_timestamp)) is not None
        )


def _plain(text: str | None) -> str | None:
    """A text that nobody has masked."""
    return None if text is None or MASKED.search(text) else text
