import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.campaign import examples
from support.effective_policies import (
    BACKUP,
    DESCRIBE,
    ERRORS,
    INVALID,
    TAG,
    Organization,
    assigned,
    incomplete,
    kept_for,
    late,
    plan,
    tags,
    team,
)
from support.given import FOUNDER, MEMBER, OTHER, STRANGER

from orgsim.engine.errors import EffectivePolicyNotFoundException, InvalidInputException, Refused
from orgsim.engine.events import (
    AccountJoined,
    AccountMoved,
    EffectivePoliciesPublished,
    OrganizationalUnitCreated,
    PolicyAttached,
    PolicyCreated,
    PolicyDetached,
)
from orgsim.engine.policies.completeness import errors
from orgsim.engine.policies.merge import AttachedPolicy, Merging, merge
from orgsim.engine.policies.text import effective_json
from orgsim.engine.policies.types import POLICY_TYPES
from orgsim.engine.words import JoinedMethod, PolicyType
from orgsim.projections.views import Views

pytestmark = pytest.mark.campaign

# Invalid policies (docs/aws.md 6.8).


def test_last_valid_document() -> None:
    """W23: policies that contradict each other leave the account its last valid document, and show as errors.

    Its date is that of the latest evaluation, as radkawar/stackd recorded in organizations_policy_validation.json.
    """
    world = Organization(BACKUP)
    root = world.attach(BACKUP, plan("35"), world.root)
    world.advance(hours=1)
    own = world.attach(BACKUP, kept_for("45"), MEMBER)
    assert world.days(MEMBER) == "35"
    assert world.updated(MEMBER, BACKUP) == world.date()
    assert world.errors(MEMBER) == {
        "AccountId": MEMBER,
        "PolicyType": BACKUP,
        "Path": f"{world.id}/{world.root}/{MEMBER}/",
        "EvaluationTimestamp": world.date(),
        "EffectivePolicyValidationErrors": [
            {
                "ErrorCode": "CROSS_ATTRIBUTE_VALIDATION",
                "ErrorMessage": "Dependent fields enable_continuous_backup=true,delete_after_days=45 in policy block "
                "daily are invalid when used together",
                "PathToError": "plans/p/rules/daily",
                "ContributingPolicies": [own, root],
            }
        ],
    }
    assert world.invalid() == [MEMBER]
    world.update(own, kept_for("30"))
    assert world.days(MEMBER) == "30"
    assert world.errors(MEMBER) == {
        "AccountId": MEMBER,
        "PolicyType": BACKUP,
        "EffectivePolicyValidationErrors": [],
    }
    assert world.invalid() == []


def test_never_valid() -> None:
    """Where there never was a valid document there is an empty one, as of the latest evaluation."""
    world = Organization(BACKUP)
    world.advance(hours=1)
    world.attach(BACKUP, incomplete(), world.root)
    assert world.effective(MEMBER, BACKUP) == {}
    assert world.updated(MEMBER, BACKUP) == world.date()
    assert world.invalid() == [FOUNDER, MEMBER, OTHER]


def test_invalid_above() -> None:
    """An OU whose policies are invalid keeps its document for all in it; a valid account below it has its own."""
    world = Organization(BACKUP)
    outer = world.unit("A")
    inner = world.unit("B", outer)
    world.move(MEMBER, inner)
    world.move(OTHER, outer)
    world.attach(BACKUP, plan("35"), world.root)
    world.attach(BACKUP, kept_for("30"), inner)
    world.attach(BACKUP, kept_for("45"), outer)
    assert {account: world.days(account) for account in (FOUNDER, MEMBER, OTHER)} == {
        FOUNDER: "35",
        MEMBER: "30",
        OTHER: "35",
    }
    assert world.invalid() == [OTHER]
    assert world.errors(OTHER)["Path"] == f"{world.id}/{world.root}/{outer}/{OTHER}/"
    assert "Path" not in world.errors(MEMBER)


def test_moved_to_where_it_is_invalid() -> None:
    """An account that is moved to where policies are invalid keeps its own last valid document, until they are not."""
    world = Organization(BACKUP)
    first, second = world.unit("A"), world.unit("B")
    world.attach(BACKUP, plan("35"), world.root)
    world.attach(BACKUP, kept_for("30"), first)
    wrong = world.attach(BACKUP, kept_for("45"), second)
    world.move(OTHER, second)
    world.move(MEMBER, first)
    world.move(MEMBER, second)
    assert [world.days(account) for account in (MEMBER, OTHER)] == ["30", "35"]
    assert world.invalid() == [MEMBER, OTHER]
    world.update(wrong, kept_for("20"))
    assert [world.days(account) for account in (MEMBER, OTHER)] == ["20", "20"]
    assert world.invalid() == []


def test_left_with_invalid_policies() -> None:
    """An account that has left, and an OU that is gone, have no invalid policies any more."""
    world = Organization(BACKUP)
    unit = world.unit("A")
    world.attach(BACKUP, incomplete(), MEMBER)
    world.attach(BACKUP, incomplete(), unit)
    world.move(OTHER, unit)
    assert world.invalid() == [MEMBER, OTHER]
    world.call("LeaveOrganization", MEMBER)
    world.move(OTHER, world.root)
    world.call("DeleteOrganizationalUnit", FOUNDER, OrganizationalUnitId=unit)
    assert world.invalid() == []
    world.require_nothing_left()
    world.joined(MEMBER)
    assert world.invalid() == []


def test_invalid_below_what_changed() -> None:
    """A change published together with an invalid policy below it is no last valid document there: it was not seen."""
    world = late(BACKUP)
    root = world.attach(BACKUP, plan("35"), world.root)
    world.advance(minutes=1)
    world.update(root, plan("20"))
    world.attach(BACKUP, kept_for("45"), MEMBER)
    world.advance(minutes=1)
    assert [world.days(account) for account in (MEMBER, OTHER)] == ["35", "20"]


def test_detached_below_what_became_invalid() -> None:
    """Whoever loses the last policy of its own just when those above become invalid keeps what it saw."""
    world = late(BACKUP)
    outer = world.unit("A")
    inner = world.unit("B", outer)
    world.move(MEMBER, inner)
    root = world.attach(BACKUP, plan("35"), outer)
    own = world.attach(BACKUP, kept_for("30"), inner)
    world.advance(minutes=1)
    assert world.days(MEMBER) == "30"
    world.detach(own, inner)
    world.update(root, incomplete())
    world.advance(minutes=1)
    assert world.days(MEMBER) == "30"
    assert world.invalid() == [MEMBER]
    world.update(root, plan("20"))
    world.advance(minutes=1)
    assert world.days(MEMBER) == "20"


def test_dates_never_go_back() -> None:
    """An account that moved in later than its OU's document is dated so; while that is invalid, by its evaluation."""
    world = Organization(BACKUP)
    unit = world.unit("A")
    root = world.attach(BACKUP, plan("35"), world.root)
    fragment = world.attach(BACKUP, kept_for("30"), unit)
    world.advance(hours=1)
    world.move(MEMBER, unit)
    assert world.updated(MEMBER, BACKUP) == world.date()
    for change, document in ((fragment, kept_for("45")), (root, plan("20"))):
        world.advance(hours=1)
        world.update(change, document)
        assert world.updated(MEMBER, BACKUP) == world.date()
        assert world.days(MEMBER) == "30"


def test_pages_of_invalid_accounts() -> None:
    """Pages hold accounts as ListAccounts shows them, in the order of joining, whether they or the root are invalid."""
    world = Organization(BACKUP)
    members = [*(f"{number:012}" for number in range(45)), MEMBER]
    world.evolve(*(AccountJoined(world.id, account, JoinedMethod.CREATED) for account in members[:-1]))
    policy = world.policy(BACKUP, incomplete())
    for account in reversed(members):
        world.evolve(PolicyAttached(world.id, policy, account))
    world.evolve(EffectivePoliciesPublished(world.id, PolicyType.BACKUP_POLICY))
    listed = [account for page in world.pages("ListAccounts", FOUNDER, "Accounts") for account in page]
    pages = world.pages(INVALID, FOUNDER, "Accounts", PolicyType=BACKUP)
    assert [account for page in pages for account in page] == [row for row in listed if row["Id"] in members]
    assert [len(page) for page in pages] == [20, 20, 6]
    world.call("AttachPolicy", FOUNDER, PolicyId=policy, TargetId=world.root)
    pages = world.pages(INVALID, FOUNDER, "Accounts", PolicyType=BACKUP, MaxResults=7)
    assert [account for page in pages for account in page] == listed
    token = world.ask(INVALID, FOUNDER, PolicyType=BACKUP)["NextToken"]
    world.enable(TAG)
    world.denies(INVALID, FOUNDER, InvalidInputException, "INVALID_NEXT_TOKEN", PolicyType=TAG, NextToken=token)


def test_pages_of_errors() -> None:
    """Errors come in pages too; a token is good for one account."""
    world = Organization(BACKUP)
    names = [f"plan{number:02}" for number in range(15)]
    world.attach(BACKUP, {"plans": {name: {"regions": assigned([])} for name in names}}, world.root)
    whole = [
        error
        for page in world.pages(ERRORS, FOUNDER, "EffectivePolicyValidationErrors", AccountId=MEMBER, PolicyType=BACKUP)
        for error in page
    ]
    assert len(whole) > 2 * len(names)
    assert {error["PathToError"].split("/")[1] for error in whole} == set(names)
    small = world.pages(
        ERRORS, FOUNDER, "EffectivePolicyValidationErrors", AccountId=MEMBER, PolicyType=BACKUP, MaxResults=7
    )
    assert [error for page in small for error in page] == whole
    assert {len(page) for page in small[:-1]} == {7}
    first = world.errors(MEMBER)
    assert len(first["EffectivePolicyValidationErrors"]) == 20
    members = {"AccountId": OTHER, "PolicyType": BACKUP, "NextToken": first["NextToken"]}
    world.denies(ERRORS, FOUNDER, InvalidInputException, "INVALID_NEXT_TOKEN", **members)


# Against a simpler model.

DOCUMENTS = {
    TAG: [tags("@@assign", "red"), tags("@@append", "blue"), tags("@@remove", "red")],
    BACKUP: [plan("35"), incomplete(), kept_for("45"), kept_for("30"), {"plans": {"q": {"regions": assigned(["x"])}}}],
}
CHOICE = st.integers(0, 99)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            (*["attach"] * 4, "detach", "update", *["move"] * 2, "unit", "delete", "enable", "disable", "join", "leave")
        ),
        st.sampled_from(sorted(DOCUMENTS)),
        CHOICE,
        CHOICE,
    ),
    min_size=5,
    max_size=25,
)


class Naive:
    """The last valid merge of each account and type, made anew for everybody after every change."""

    def __init__(self, world: Organization) -> None:
        self.world = world
        self.last: dict[tuple[str, str], str] = {}
        self.wrong: dict[str, list[str]] = {}

    def check(self) -> None:
        row = self.world.organization_of(FOUNDER)
        for policy_type in DOCUMENTS:
            if policy_type not in row.policies.enabled:
                self.last = {key: value for key, value in self.last.items() if key[1] != policy_type}
                self.world.denies(DESCRIBE, FOUNDER, EffectivePolicyNotFoundException, PolicyType=policy_type)
                continue
            # First of all the root: it is where new members begin.
            wrong = [place for place in (row.root, *row.members) if not self._merge(place, PolicyType(policy_type))]
            for account in row.members:
                assert json.dumps(self.world.effective(account, policy_type)) == self.last[account, policy_type]
            assert self.world.invalid(policy_type) == [place for place in wrong if place != row.root]
        self.world.require_nothing_left()

    def check_settled(self) -> None:
        row = self.world.organization_of(FOUNDER)
        for policy_type in row.policies.enabled:
            if POLICY_TYPES[policy_type].effective:
                valid = [account for account in row.members if self._merge(account, policy_type)]
                assert self.world.invalid(policy_type) == [account for account in row.members if account not in valid]
                for account in valid:
                    seen = self.world.effective(account, policy_type)
                    assert json.dumps(seen) == self.last[account, policy_type]

    def _merge(self, place: str, policy_type: PolicyType) -> bool:
        row = self.world.organization_of(FOUNDER)
        path = [place] if place == row.root else [*row.units.path_to(row.units.parent_of(place)), place]
        levels = [
            [
                AttachedPolicy(policy, row.policies.by_id[policy].content)
                for policy in row.policies.attached.get(step, ())
                if row.policies.by_id[policy].type == policy_type
            ]
            for step in path
        ]
        document = merge(policy_type, levels)
        is_valid = not errors(policy_type, document, levels)
        if is_valid:
            self.last[place, policy_type] = json.dumps(json.loads(effective_json(document)))
        self.last.setdefault((place, policy_type), self.last.get((row.root, policy_type), "{}"))
        return is_valid

    def forget(self, account: str) -> None:
        self.last = {key: value for key, value in self.last.items() if key[0] != account}


def play(world: Organization, naive: Naive, step: tuple[str, str, int, int]) -> None:
    """One change; what is refused changes nothing."""
    action, policy_type, first, second = step
    row = world.organization_of(FOUNDER)
    policies = [policy.id for policy in row.policies.by_id.values() if policy.type == policy_type]
    units = list(row.units.by_id)
    accounts = list(row.members)
    places = units + accounts
    document = DOCUMENTS[policy_type][first % len(DOCUMENTS[policy_type])]
    attached = [policy for policy in policies if row.policies.by_id[policy].targets]
    if action == "attach":
        world.attach(policy_type, document, places[second % len(places)])
    elif action == "detach" and attached:
        policy = attached[first % len(attached)]
        targets = list(row.policies.by_id[policy].targets)
        world.detach(policy, targets[second % len(targets)])
    elif action == "update" and policies:
        policy = policies[first % len(policies)]
        world.update(policy, DOCUMENTS[policy_type][second % len(DOCUMENTS[policy_type])])
    elif action == "move":
        world.move(accounts[first % len(accounts)], units[second % len(units)])
    elif action == "unit":
        world.unit(f"unit {world.state.position}", units[first % len(units)])
    elif action == "delete" and len(units) > 1:
        world.call("DeleteOrganizationalUnit", FOUNDER, OrganizationalUnitId=units[1 + first % (len(units) - 1)])
    elif action in ("enable", "disable"):
        getattr(world, action)(policy_type)
    elif action == "join":
        world.joined((MEMBER, OTHER, STRANGER)[first % 3])
    elif action == "leave":
        account = (MEMBER, OTHER, STRANGER)[first % 3]
        world.call("LeaveOrganization", account)
        naive.forget(account)


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS)
def test_as_a_naive_merge(steps: list[tuple[str, str, int, int]]) -> None:
    """Without latency every account sees the last valid merge along its own path, and whose is invalid is listed."""
    world = Organization(TAG, BACKUP)
    world.move(MEMBER, world.unit("B", world.unit("A")))
    naive = Naive(world)
    naive.check()
    for step in steps:
        try:
            play(world, naive, step)
        except Refused:
            continue
        naive.check()


@settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS, st.lists(st.integers(0, 5), min_size=25, max_size=25))
def test_as_a_naive_merge_in_the_end(steps: list[tuple[str, str, int, int]], pauses: list[int]) -> None:
    """With latency too, when all is published every account sees the merge along its path, unless it is invalid."""
    world = Organization(TAG, BACKUP, latency="realistic")
    naive = Naive(world)
    for step, pause in zip(steps, pauses, strict=False):
        with suppress(Refused):
            play(world, naive, step)
        world.advance(seconds=pause)
        world.require_nothing_left()
    world.advance(minutes=1)
    naive.check_settled()


# What it costs.


class Counted:
    """A function that counts its calls."""

    def __init__(self, function: Any) -> None:
        self.function = function
        self.calls = 0

    def __call__(self, *arguments: Any) -> Any:
        self.calls += 1
        return self.function(*arguments)


def test_only_what_changed_is_merged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Among 2,000 OUs with policies a change in one merges its level; neither moves nor new members merge anything.

    What several places have above them is merged once for all of them.
    """
    world = Organization(TAG)
    content = json.dumps(tags("@@append", "x"))
    units = [f"ou-{world.root[2:]}-{number:08}" for number in range(2_000)]
    assert world.effective(MEMBER) == {}
    world.evolve(
        PolicyCreated(world.id, "p-each", PolicyType.TAG_POLICY, "each", "", content),
        PolicyCreated(world.id, "p-more", PolicyType.TAG_POLICY, "more", "", content.replace("x", "y")),
        *(OrganizationalUnitCreated(world.id, unit, world.root, unit) for unit in units),
        *(PolicyAttached(world.id, "p-each", unit) for unit in units),
        AccountMoved(world.id, MEMBER, world.root, units[7]),
    )
    levels = Counted(Merging.below)
    monkeypatch.setattr(Merging, "below", lambda above, level: levels(above, level) if level else above)

    def merged(*events: Any) -> int:
        before = levels.calls
        world.evolve(*events, EffectivePoliciesPublished(world.id, PolicyType.TAG_POLICY))
        assert world.effective(MEMBER)
        return levels.calls - before

    assert merged() == 2_000
    assert merged() == 0
    assert merged(PolicyAttached(world.id, "p-more", units[7])) == 1
    assert merged(AccountMoved(world.id, OTHER, world.root, units[7])) == 0
    assert merged(AccountJoined(world.id, STRANGER, JoinedMethod.CREATED)) == 0
    assert world.effective(MEMBER) == world.effective(OTHER) == team("x", "y")
    assert merged(PolicyAttached(world.id, "p-more", OTHER)) == 2  # the OU's level and its own
    assert merged(PolicyAttached(world.id, "p-more", units[8])) == 1
    assert merged(PolicyDetached(world.id, "p-each", units[7])) == 2
    documents = world.views.effective_policies.documents(
        world.views.organizations.rows[world.id], PolicyType.TAG_POLICY
    )
    assert documents is not None
    assert set(documents.inherited_since) == {MEMBER}
    assert merged(PolicyAttached(world.id, "p-more", world.root)) == 2_002
    assert documents.inherited_since == {}


def test_pages_cost_the_invalid(monkeypatch: pytest.MonkeyPatch) -> None:
    """Among 1,000 accounts those with invalid policies are found without a look at the others."""
    world = Organization(BACKUP)
    outer = world.unit("A")
    inner = world.unit("B", outer)
    members = [f"{number:012}" for number in range(1_000)]
    world.evolve(*(AccountJoined(world.id, account, JoinedMethod.CREATED) for account in members))
    for account, place in ((members[900], inner), (members[500], outer), (members[700], inner)):
        world.move(account, place)
    world.attach(BACKUP, incomplete(), outer)
    world.attach(BACKUP, incomplete(), members[600])
    world.attach(BACKUP, plan("20"), members[700])
    listed = world.views.accounts.by_organization
    monkeypatch.setattr(world.views.accounts, "by_organization", {})
    assert world.invalid() == [members[500], members[600], members[900]]
    monkeypatch.setattr(world.views.accounts, "by_organization", listed)
    world.attach(BACKUP, incomplete(), world.root)
    assert set(world.invalid()) == {FOUNDER, MEMBER, OTHER, *members} - {members[700]}


def test_rebuilt_views() -> None:
    """Views built from the whole log give the same answers as those that were fed as it went."""
    world = late(TAG, BACKUP)
    unit = world.unit("A")
    world.attach(BACKUP, incomplete(), unit)
    world.attach(TAG, tags("@@assign", "red"), world.root)
    world.advance(minutes=1)
    world.move(MEMBER, unit)
    world.attach(TAG, tags("@@append", "blue"), MEMBER)
    rebuilt = Views()
    rebuilt.feed(world.log)
    mine = world.views.effective_policies
    row = rebuilt.organizations.rows[world.id]
    for policy_type in (PolicyType.TAG_POLICY, PolicyType.BACKUP_POLICY):
        assert rebuilt.effective_policies.documents(row, policy_type) == mine.documents(row, policy_type)
