"""The history of a small company, checked by hand: its SQL views, timeline, differences and causes."""

import json
import sqlite3
from contextlib import closing, nullcontext, suppress
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest
from support.sixty_calls import (
    ADA,
    BUILT,
    FOUNDED,
    GOVERNED,
    GROWN,
    LAB,
    MIGRATED,
    OPS,
    PARTED,
    SHOP,
    Ids,
    play,
    regions,
)

from orgsim.api.past import open_recorded
from orgsim.api.timeline.catching_up import caught_up_history
from orgsim.api.timeline.causes import why
from orgsim.api.timeline.difference import EXISTS, Difference, between_moments
from orgsim.api.timeline.history import History
from orgsim.api.timeline.moments import MomentError, position_at, position_before
from orgsim.api.timeline.timeline import UnknownThing, Wanted, timeline

pytestmark = pytest.mark.slow

LATER = "2026-03-20T10:00:00Z"


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ids]:
    """The log of the story, caught up with, and the ids in it."""
    path = tmp_path_factory.mktemp("story") / "w.db"
    ids = anyio.run(play, path)
    anyio.run(partial(caught_up_history, path, lambda log, what: nullcontext(lambda envelopes: None))).close()
    return path, ids


@pytest.fixture
def ids(story: tuple[Path, Ids]) -> Ids:
    return story[1]


@pytest.fixture
def history(story: tuple[Path, Ids]) -> Any:
    """The history of the story."""
    history = History.open(Path(f"{story[0]}-history"))
    with closing(history):
        yield history


def asked(story: tuple[Path, Ids], question: str, *values: str) -> list[tuple[Any, ...]]:
    """Ask the file as anybody would who has nothing but SQLite."""
    with closing(sqlite3.connect(f"file:{story[0]}-history?mode=ro", uri=True)) as connection:
        return connection.execute(question, values).fetchall()


def test_memberships(story: tuple[Path, Ids], ids: Ids) -> None:
    """Every membership has its beginning, its end, and the operations of both."""
    rows = asked(
        story,
        "SELECT account, joined_method, since, joined_by, until, left_by FROM memberships ORDER BY since_position",
    )
    assert rows == [
        (ADA, "INVITED", FOUNDED, "CreateOrganization", None, None),
        (OPS, "INVITED", FOUNDED, "AcceptHandshake", None, None),
        (LAB, "INVITED", FOUNDED, "AcceptHandshake", PARTED, "LeaveOrganization"),
        (ids["data"], "CREATED", GROWN, "FinishAccountCreation", None, None),
        (SHOP, "INVITED", LATER, "AcceptHandshake", PARTED, "RemoveAccountFromOrganization"),
    ]


@pytest.mark.parametrize(
    ("moment", "places"),
    [
        (FOUNDED, {OPS: "root", LAB: "root"}),
        (MIGRATED, {OPS: "root", LAB: "root"}),
        (BUILT, {OPS: "Production", LAB: "Sandbox"}),
        (GOVERNED, {OPS: "Production", LAB: "Sandbox"}),
        (LATER, {OPS: "Production", LAB: "Sandbox", "data": "Workloads", SHOP: "root"}),
        (PARTED, {OPS: "Production", "data": "Workloads"}),
    ],
)
def test_members_and_their_parents_then(story: tuple[Path, Ids], ids: Ids, moment: str, places: dict[str, str]) -> None:
    """At each of six moments the view of accounts has the members of then, with their parents."""
    rows = asked(
        story, "SELECT id, parent FROM accounts WHERE since <= ? AND (until > ? OR until IS NULL)", moment, moment
    )
    assert dict(rows) == {ADA: ids["root"], **{ids.get(name, name): ids[place] for name, place in places.items()}}
    assert len(rows) == len(places) + 1


def test_versions_of_one_account(story: tuple[Path, Ids], ids: Ids) -> None:
    """An account has a row for each period in which nothing changed about it; moves at one moment are two rows."""
    rows = asked(story, "SELECT parent, state, since, until FROM accounts WHERE id = ? ORDER BY since_position", OPS)
    assert rows == [
        (ids["root"], "ACTIVE", FOUNDED, BUILT),
        (ids["Workloads"], "ACTIVE", BUILT, BUILT),
        (ids["Production"], "ACTIVE", BUILT, None),
    ]
    data = asked(
        story, "SELECT name, email, state, since FROM accounts WHERE id = ? ORDER BY since_position", ids["data"]
    )
    assert data[0] == ("Data", "data@example.com", "ACTIVE", GROWN)
    assert [row[2] for row in data] == ["ACTIVE", "ACTIVE", "PENDING_CLOSURE", "CLOSED"]


def test_units_and_their_names(story: tuple[Path, Ids], ids: Ids) -> None:
    """An OU that was renamed has two rows, one that was deleted an end."""
    rows = asked(story, "SELECT id, name, parent, since, until FROM organizational_units ORDER BY since_position")
    assert rows == [
        (ids["Workloads"], "Workloads", ids["root"], BUILT, None),
        (ids["Production"], "Production", ids["Workloads"], BUILT, None),
        (ids["Sandbox"], "Sandbox", ids["root"], BUILT, BUILT),
        (ids["Sandbox"], "Playground", ids["root"], BUILT, PARTED),
    ]


def test_policies_and_attachments(story: tuple[Path, Ids], ids: Ids) -> None:
    """Policies have a row for each version, attachments one for each time that they held."""
    regions_then = "SELECT name, content, since, until FROM policies WHERE id = ? ORDER BY since_position"
    narrow, wide = regions("eu-west-1"), regions("eu-west-1", "eu-north-1")
    assert asked(story, regions_then, ids["Regions"]) == [
        ("Regions", narrow, GOVERNED, GOVERNED),
        ("Regions", wide, GOVERNED, LATER),
        ("Allowed regions", wide, LATER, None),
    ]
    assert asked(story, "SELECT policy, type, target, since, until FROM attachments ORDER BY since_position") == [
        (ids["Regions"], "SERVICE_CONTROL_POLICY", ids["Workloads"], GOVERNED, None),
        (ids["Freeze"], "SERVICE_CONTROL_POLICY", ids["Sandbox"], GOVERNED, LATER),
        (ids["Freeze"], "SERVICE_CONTROL_POLICY", LAB, GOVERNED, LATER),
    ]
    assert asked(story, "SELECT policy, target, since, until FROM detached_defaults") == [
        ("p-FullAWSAccess", LAB, GOVERNED, LATER)
    ]


def test_handshakes(story: tuple[Path, Ids], ids: Ids) -> None:
    """A handshake has a row for each state that it was in, until nobody can see it any more."""
    rows = asked(
        story,
        "SELECT action, party, state, since, until FROM handshakes WHERE id IN (?, ?) ORDER BY since_position",
        ids["shop invited"],
        ids["shop again"],
    )
    assert rows == [
        ("INVITE", SHOP, "OPEN", FOUNDED, FOUNDED),
        ("INVITE", SHOP, "DECLINED", FOUNDED, "2026-02-04T09:00:00Z"),
        ("INVITE", SHOP, "OPEN", LATER, LATER),
        ("INVITE", SHOP, "ACCEPTED", LATER, "2026-04-19T10:00:00Z"),
    ]


def test_the_other_views(story: tuple[Path, Ids], ids: Ids) -> None:
    """Organizations, tags, services, administrators, policy types, the resource policy and calls have theirs."""
    organization = "SELECT feature_set, management_account, root, since, until FROM organizations"
    assert asked(story, organization) == [
        ("CONSOLIDATED_BILLING", ADA, ids["root"], FOUNDED, MIGRATED),
        ("ALL", ADA, ids["root"], MIGRATED, None),
    ]
    assert asked(
        story, "SELECT key, value, since, until FROM tags WHERE resource = ? ORDER BY since_position", OPS
    ) == [
        ("team", "ops", BUILT, BUILT),
        ("cost", "1", BUILT, LATER),
        ("team", "platform", BUILT, None),
    ]
    assert asked(story, "SELECT service, since, until FROM trusted_services") == [
        ("config.amazonaws.com", GOVERNED, None),
        ("guardduty.amazonaws.com", GOVERNED, GOVERNED),
    ]
    assert asked(story, "SELECT account, service, since, until FROM delegated_administrators") == [
        (OPS, "config.amazonaws.com", GOVERNED, PARTED)
    ]
    assert asked(story, "SELECT type, since, until FROM policy_types") == [("SERVICE_CONTROL_POLICY", GOVERNED, None)]
    assert asked(story, "SELECT id, since, until FROM resource_policies") == [
        (ids["resource policy"], GOVERNED, PARTED)
    ]
    assert asked(story, "SELECT count(*) FROM transfers") == [(0,)]
    assert asked(story, "SELECT count(*) FROM facts WHERE until IS NULL AND kind = 'account'")[0][0] > 10


def test_calls_and_their_outcomes(story: tuple[Path, Ids]) -> None:
    """The view of calls says what became of each, with AWS's code of those that were refused; timers answer nobody."""
    left = (
        "SELECT account, principal, time, outcome, code FROM calls WHERE operation = 'LeaveOrganization' "
        "ORDER BY position"
    )
    assert asked(story, left) == [
        (OPS, "olga", GOVERNED, "refused", "ConstraintViolationException"),
        (LAB, "lea", PARTED, "changed", None),
    ]
    outcomes = "SELECT outcome, account IS NULL, count(*) FROM calls GROUP BY 1, 2 ORDER BY 1"
    assert [row[:2] for row in asked(story, outcomes)] == [(None, 1), ("changed", 0), ("refused", 0)]
    assert asked(story, "SELECT count(*) FROM calls WHERE outcome = 'refused'") == [(1,)]


def test_the_timeline_of_an_account(history: History, ids: Ids) -> None:
    """What concerns an account is told in order, its invitations and an end included."""
    entries = [*timeline(history, 0, history.position, Wanted(LAB))]
    told = [(entry.call.operation, entry.call.caller) for entry in entries]
    assert told == [
        ("InviteAccountToOrganization", f"{ADA}/ada"),
        ("AcceptHandshake", LAB),
        ("EnableAllFeatures", f"{ADA}/ada"),
        ("AcceptHandshake", LAB),
        ("PurgeHandshake", "-"),
        ("MoveAccount", f"{ADA}/ada"),
        ("AttachPolicy", f"{ADA}/ada"),
        ("DetachPolicy", f"{ADA}/ada"),
        ("PurgeHandshake", "-"),
        ("AttachPolicy", f"{ADA}/ada"),
        ("DetachPolicy", f"{ADA}/ada"),
        ("LeaveOrganization", f"{LAB}/lea"),
        ("InviteAccountToOrganization", f"{ADA}/ada"),
    ]
    (moved,) = [entry.changes for entry in entries if entry.call.operation == "MoveAccount"]
    assert [(change.attribute, change.before, change.after) for change in moved] == [
        ("parent", ids["root"], ids["Sandbox"])
    ]


def test_the_timeline_of_a_unit(history: History, ids: Ids) -> None:
    """A unit's timeline has what was made, moved and attached in it, with where accounts came from and went."""

    def told(unit: str) -> list[tuple[str, str, str | None, str | None]]:
        entries = timeline(history, 0, history.position, Wanted(ids[unit]))
        return [
            (entry.call.operation, change.subject, change.before, change.after)
            for entry in entries
            for change in entry.changes
            if change.attribute == "parent"
        ]

    root, workloads, production = (ids[name] for name in ("root", "Workloads", "Production"))
    assert told("Workloads") == [
        ("CreateOrganizationalUnit", workloads, None, root),
        ("CreateOrganizationalUnit", production, None, workloads),
        ("MoveAccount", OPS, root, workloads),
        ("MoveAccount", OPS, workloads, production),
        ("MoveAccount", ids["data"], root, workloads),
    ]
    assert told("Production") == [
        ("CreateOrganizationalUnit", production, None, workloads),
        ("MoveAccount", OPS, workloads, production),
        ("MoveAccount", SHOP, root, production),
        ("RemoveAccountFromOrganization", SHOP, production, None),
    ]
    assert told("Sandbox")[-2:] == [
        ("LeaveOrganization", LAB, ids["Sandbox"], None),
        ("DeleteOrganizationalUnit", ids["Sandbox"], root, None),
    ]
    of_root = told("root")
    assert ("AcceptHandshake", OPS, None, root) in of_root
    assert ("MoveAccount", SHOP, root, production) in of_root
    assert not [row for row in of_root if root not in row[2:]]


def test_the_timeline_of_a_deleted_policy(history: History, ids: Ids) -> None:
    """A policy that is gone has its timeline, with where it was attached."""
    entries = timeline(history, 0, history.position, Wanted(ids["Freeze"]))
    told = [(entry.call.operation, [change.subject for change in entry.changes]) for entry in entries]
    policy = ids["Freeze"]
    assert [(name, sorted({*subjects})) for name, subjects in told] == [
        ("CreatePolicy", [policy]),
        ("AttachPolicy", [ids["Sandbox"]]),
        ("AttachPolicy", [LAB]),
        ("DetachPolicy", [LAB]),
        ("DetachPolicy", [ids["Sandbox"]]),
        ("DeletePolicy", [policy]),
    ]


def test_filters_of_a_timeline(history: History) -> None:
    """Kinds, operations, callers and moments leave out the rest."""

    def operations(wanted: Wanted, begin: str = "0", end: str | None = None) -> list[str]:
        last = position_at(end, history) if end else history.position
        return [entry.call.operation for entry in timeline(history, position_before(begin, history), last, wanted)]

    assert operations(Wanted(caller="lea")) == ["LeaveOrganization"]
    assert operations(Wanted(caller=LAB)) == ["AcceptHandshake", "AcceptHandshake", "LeaveOrganization"]
    assert operations(Wanted(kinds=["organization"]), "2026-01-06", "2026-02-28") == ["AcceptHandshake"]
    assert operations(Wanted(operations=["CloseAccount", "FinishAccountClosure"])) == [
        "CloseAccount",
        "FinishAccountClosure",
    ]
    policies = operations(Wanted(kinds=["policy"]), GROWN, "2026-03-20")
    assert policies == ["AttachPolicy", "DetachPolicy", "DetachPolicy", "DeletePolicy", "UpdatePolicy"]


def found_between(history: History, first: str, last: str) -> dict[str, Difference]:
    places = position_at(first, history), position_at(last, history)
    return {each.subject: each for each in between_moments(history, *places)}


def changes_of(difference: Difference) -> set[tuple[str, str, str | None, str | None]]:
    return {(each.attribute, each.key, each.before, each.after) for each in difference.values}


def test_the_difference_of_two_moments(history: History, ids: Ids) -> None:
    """Between the rules of March and the end one joined, two went or closed, names and policies changed."""
    found = found_between(history, GOVERNED, "2026-04-20")
    assert {subject: each.mark for subject, each in found.items()} == {
        OPS: "~",
        LAB: "-",
        ids["data"]: "+",
        ids["creation"]: "+",
        ids["Sandbox"]: "-",
        ids["Production"]: "~",
        ids["Regions"]: "~",
        ids["Freeze"]: "-",
        ids["resource policy"]: "-",
        ids["lab again"]: "+",
        **{each: "-" for each in found if found[each].kind == "handshake" and each != ids["lab again"]},
    }
    assert changes_of(found[OPS]) == {
        ("delegated service", "config.amazonaws.com", ids["organization"], None),
        ("tag", "cost", "1", None),
    }
    assert changes_of(found[ids["Regions"]]) == {("name", "", "Regions", "Allowed regions")}
    assert SHOP not in found


def test_a_difference_backwards(history: History) -> None:
    """The difference from late to early has the opposite marks and values."""
    forwards = found_between(history, FOUNDED, GROWN)
    backwards = found_between(history, GROWN, FOUNDED)
    opposite = {"+": "-", "-": "+", "~": "~"}
    assert {subject: opposite[each.mark] for subject, each in forwards.items()} == {
        subject: each.mark for subject, each in backwards.items()
    }
    assert changes_of(forwards[OPS]) == {(name, key, new, old) for name, key, old, new in changes_of(backwards[OPS])}


def test_why_an_account_is_what_it_is(history: History, ids: Ids) -> None:
    """The chain of calls names the invitation, the move, the parents, and the policies with those who attached them."""
    found = why(history, OPS, history.position)
    own = {(cause.attribute, cause.key): cause for cause in found.own}
    assert own["parent", ""].value == ids["Production"]
    assert (own["parent", ""].call.operation, own["parent", ""].call.principal) == ("MoveAccount", "ada")
    assert own["organization", ""].call.operation == "AcceptHandshake"
    assert [(cause.subject, cause.value, cause.call.operation) for cause in found.offered] == [
        (ids["ops invited"], "OPEN", "InviteAccountToOrganization"),
        (ids["ops invited"], "ACCEPTED", "AcceptHandshake"),
    ]
    assert [causes[0].subject for causes in found.path] == [ids["root"], ids["Workloads"], ids["Production"]]
    (inherited,) = [cause for cause in found.path[1] if cause.attribute == "policy"]
    assert (inherited.key, inherited.call.operation) == (ids["Regions"], "AttachPolicy")
    ((content,),) = [[cause for cause in causes if cause.attribute == "content"] for causes in found.policies]
    assert content.call.operation == "UpdatePolicy"
    assert [(cause.subject, cause.call.operation) for cause in found.defaults] == [
        ("p-FullAWSAccess", "EnablePolicyType")
    ]
    assert all(cause.call.request_id for cause in found.own)


def test_why_then(history: History, ids: Ids) -> None:
    """Asked for an earlier moment, the causes are those of then; of what is gone there are none at the end."""
    then = why(history, LAB, position_at(GOVERNED, history))
    assert {(cause.attribute, cause.key) for cause in then.own} >= {
        ("policy", ids["Freeze"]),
        ("without default policy", "p-FullAWSAccess"),
    }
    assert why(history, LAB, history.position).own == []
    created = why(history, ids["data"], history.position)
    assert [cause.call.operation for cause in created.offered] == [
        "CreateAccount",
        "FinishAccountCreation",
        "FinishAccountCreation",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("9999", "there is no position 9,999; the log has the positions 1 to "),
        ("2025-12-31", "2025-12-31T00:00:00Z is before the beginning of the world; the log has "),
        ("2026-04-21T00:00:00Z", "2026-04-21T00:00:00Z is beyond the world's time; the log has "),
        ("yesterday", "'yesterday' is no moment; say a position such as 120, a time such as "),
        ("2026-02-30", "'2026-02-30' is no moment; "),
        ("-1", "'-1' is no moment; "),
    ],
)
def test_moments_that_are_none(history: History, text: str, message: str) -> None:
    """A moment outside the log, or a text that is none, is answered with the log's range or the forms."""
    with pytest.raises(MomentError) as caught:
        position_at(text, history)
    assert str(caught.value).startswith(message)


def test_dates_are_whole_days(history: History) -> None:
    """A date means its end, or, where something begins, what was before it; times without a zone are UTC."""
    assert position_at("2026-01-05", history) == position_at(FOUNDED, history)
    assert position_before("2026-01-05", history) == position_at("2026-01-05T08:59:59", history)
    assert position_at("2026-01-05", history, begin_of_day=True) == position_before("2026-01-05", history)
    assert position_at("2026-01-01", history, begin_of_day=True) == 0
    assert position_at("0", history) == 0
    assert position_at("2026-04-20", history) == history.position


def test_why_of_everything_that_ever_was(history: History) -> None:
    """Whatever is not there any more lost, by one call, what made it be there; of what is there nothing is lost."""
    lost = set[str]()
    for thing, kind in history.rows("SELECT name, kind FROM thing"):
        found = why(history, thing, history.position)
        exists = EXISTS.get(kind, "name")
        if any(cause.attribute == exists for cause in found.own):
            assert found.lost == []
        elif history.rows("SELECT 1 FROM facts WHERE subject = ? AND attribute = ?", (thing, exists)):
            assert exists in {cause.attribute for cause in found.lost}
            assert len({cause.call.position for cause in found.lost}) == 1
            lost.add(kind)
        assert json.loads(json.dumps(found.as_dict()))["lost"] == [cause.as_dict() for cause in found.lost]
    assert {"account", "handshake", "policy"} <= lost


def test_a_thing_that_never_was(history: History, ids: Ids) -> None:
    """An unknown id is answered with those nearest to it."""
    with pytest.raises(UnknownThing, match=f"there never was .*; the nearest are {ids['data']}"):
        next(timeline(history, 0, history.position, Wanted(ids["data"][:-1] + "x")))


def test_json_of_everything(history: History) -> None:
    """Entries, differences and causes become JSON, with callers and request ids as in events."""
    entry = next(timeline(history, 0, history.position, Wanted(OPS))).as_dict()
    assert entry["caller"] == {"account": ADA, "principal": "ada"}
    assert json.loads(json.dumps(why(history, OPS, history.position).as_dict()))["kind"] == "account"
    assert [json.dumps(each.as_dict(None)) for each in found_between(history, FOUNDED, GROWN).values()]


def test_history_and_past_read_moments_alike(story: tuple[Path, Ids], history: History) -> None:
    """Every moment around every call, and every date, is the same position to ``why --at`` and ``show --at``."""
    texts = [str(position) for position in range(1, history.position + 1)]
    for (time,) in history.rows("SELECT DISTINCT time FROM calls"):
        texts += [time, time.replace("Z", "+00:00"), time.removesuffix("Z"), time[:10], f"{time[:19]}.000001Z"]

    async def positions() -> dict[str, Any]:
        found: dict[str, Any] = {}
        async with open_recorded(story[0]) as recorded:
            for text in texts:
                with suppress(ValueError):
                    found[text] = await recorded.at(text).position()
        return found

    read: dict[str, int] = {}
    for text in texts:
        with suppress(MomentError):
            read[text] = position_at(text, history)
    assert read == anyio.run(positions)
    assert len(read) > 0.9 * len(texts)
