"""Sixty records of CloudTrail at six moments, checked by hand; shuffled, twice, in parts, without their beginning."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random
from typing import Any

import anyio
import pytest
from support.sixty_records import (
    ADA,
    BUILT,
    EXPECTED,
    GROWN,
    HOME,
    LAB,
    OPS,
    PARTED,
    REGIONS,
    ROOT,
    SCP,
    STRICT,
    TEAMS,
    Standing,
    lines,
    sixty_records,
)
from support.soundness import check_state
from typer.testing import CliRunner, Result

from orgsim.api.cli.app import app
from orgsim.engine.events import RecordTaken
from orgsim.engine.events.envelope import Envelope
from orgsim.engine.evolve import apply
from orgsim.engine.log import verified_envelopes
from orgsim.engine.log.sqlite import SqliteLog
from orgsim.engine.records.placeholders import is_placeholder
from orgsim.engine.shapes.trail_times import read_time
from orgsim.engine.state import State

RECORDS = sixty_records()
SHOWN = (("timeline",), ("diff", "--from", "1"))


def replayed(*paths: str | Path, log: Path, given: str | None = None, code: int = 0) -> Result:
    """Run ``orgsim replay``, and expect its exit code."""
    done = CliRunner().invoke(app, ["replay", *map(str, paths), "--log", str(log), "--future"], input=given)
    assert done.exit_code == code, done.output
    return done


def replay(records: list[dict[str, Any]], log: Path, code: int = 0) -> dict[str, Any]:
    """Replay records as a file; returns the summary."""
    file = log.with_suffix(".jsonl")
    file.write_text(lines(records))
    return json.loads(replayed(file, "--json", log=log, code=code).stdout)


async def events_of(log: Path) -> AsyncIterator[Envelope]:
    """All events of a log."""
    opened = await SqliteLog.open_for_reading(log)
    try:
        async for envelopes in verified_envelopes(opened):
            for envelope in envelopes:
                yield envelope
    finally:
        await opened.close()


def state_at(log: Path, moment: str) -> State:
    """The state at a moment, sound after every command."""

    async def build() -> State:
        state = State()
        async for envelope in events_of(log):
            if envelope.time > (read_time(moment) or 0):
                break
            if envelope.position == envelope.command and state.position:
                check_state(state)
            apply(state, envelope)
        return state

    return anyio.run(build)


def standing(log: Path, moment: str) -> Standing:
    """What stands at a moment, in the form of ``EXPECTED``; without what stands in for what nobody told."""
    state = state_at(log, moment)
    organization = state.organizations[HOME]
    units, policies = organization.units, organization.policies
    return {
        "members": {account: units.parent_of(account) for account in organization.members},
        "units": {each.id: each.name for each in units.by_id.values() if each.parent},
        "types": [str(kind) for kind in policies.enabled],
        "attached": {
            target: [policy for policy in there if not is_placeholder(policy)]
            for target, there in policies.attached.items()
        },
        "tags": {each: {tag.key: tag.value for tag in tags} for each, tags in organization.tags.items()},
        "open": list(organization.invitations.values()),
    }


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The log of the sixty records."""
    path = tmp_path_factory.mktemp("sixty") / "twin.db"
    summary = replay(RECORDS, path)
    assert summary["inferred"] == {}
    assert summary["records"] == {
        "read": 60,
        "taken": 60,
        "changed": 49,
        "asked": 6,
        "refused": 5,
        "of_other_services": 0,
        "known_already": 0,
        "left_for_later": 0,
    }
    return path


@pytest.mark.parametrize("moment", EXPECTED)
def test_six_moments(log: Path, moment: str) -> None:
    """What stands at each moment is what was written down by hand."""
    assert standing(log, moment) == EXPECTED[moment]


def test_what_else_the_records_say(log: Path) -> None:
    """The new content of a policy, the state of the closed account, and AWS's request ids are in the log."""
    organization = state_at(log, PARTED).organizations[HOME]
    assert organization.policies.by_id[REGIONS].content == STRICT
    assert organization.policies.by_id[REGIONS].description == "All of it"
    assert organization.policies.without_default == {"p-FullAWSAccess": {}}
    assert [*organization.closures.closed] == [OPS]
    assert organization.access.resource_policy is None
    told = CliRunner().invoke(app, ["show", str(log), "calls", "--refused", "--json-lines"]).stdout.splitlines()
    refused = [json.loads(line) for line in told]
    assert [(call["operation"], call["error"]["code"]) for call in refused] == [
        ("MoveAccount", "AccountNotFoundException"),
        ("LeaveOrganization", "AccessDenied"),
        ("DeletePolicy", "PolicyInUseException"),
        ("DisableAWSServiceAccess", "AccessDeniedException"),
        ("CloseAccount", "AccessDeniedException"),
    ]
    ids = {record.get("requestID") for record in RECORDS}
    assert {call["request_id"] for call in refused} < ids
    assert refused[1]["caller"] == {"account": LAB, "principal": "root-of-it"}


@pytest.mark.parametrize("seed", range(5))
def test_shuffled_and_doubled(log: Path, tmp_path: Path, seed: int) -> None:
    """Delivered in any order, and some of it twice, the same organization comes out at every moment."""
    records = [*RECORDS, *RECORDS[::3]]
    Random(seed).shuffle(records)
    summary = replay(records, tmp_path / "w.db")
    assert summary["records"]["known_already"] == 20
    assert {moment: standing(tmp_path / "w.db", moment) for moment in EXPECTED} == EXPECTED


@pytest.mark.parametrize("at", [1, 8, 20, 33, 47])
def test_in_two_parts(tmp_path: Path, at: int) -> None:
    """A later file continues the log; files that were replayed already change nothing."""
    log = tmp_path / "w.db"
    for records, taken in ((RECORDS[:at], at), (RECORDS, 60 - at), (RECORDS, 0)):
        assert replay(records, log)["records"]["taken"] == taken
    found = json.dumps({moment: standing(log, moment) for moment in EXPECTED})
    # The first eight records do not name the root.
    assert json.loads(found.replace("r-unknownaa111bb222", ROOT)) == EXPECTED


def test_what_is_later_than_the_log(tmp_path: Path) -> None:
    """A record of before the log's end that it does not have is named, and not put where it was not."""
    log = tmp_path / "w.db"
    replay([*RECORDS[:20], *RECORDS[21:]], log)
    summary = replay(RECORDS, log, code=1)
    assert summary["problems"]["counted"] == {"late": 1}
    assert summary["problems"]["named"][0]["where"] == RECORDS[20]["eventID"]


def test_what_may_still_be_delivered_is_left(tmp_path: Path) -> None:
    """With a window, the latest records wait for a later run, which has those that came late before them."""
    log = tmp_path / "w.db"
    file = tmp_path / "t.jsonl"
    file.write_text(lines([*RECORDS[:3], *RECORDS[4:8]]))
    first = json.loads(replayed(file, "--json", "--window", "10s", log=log).stdout)
    assert first["records"]["left_for_later"] == 4
    assert replay(RECORDS, log)["problems"]["counted"] == {}
    assert standing(log, PARTED) == EXPECTED[PARTED]


@pytest.mark.parametrize("cut", [1, 6, 9, 19, 29, 39])
def test_cut_at_the_front(tmp_path: Path, cut: int) -> None:
    """Without its beginning the trail ends in the same organization, but for what nobody tells; and is always sound."""
    log = tmp_path / "w.db"
    summary = replay(RECORDS[cut:], log)
    assert summary["inferred"]
    assert summary["problems"]["counted"] == {}
    # The last records do not name the root.
    found = json.loads(json.dumps(standing(log, PARTED)).replace("r-unknownaa111bb222", ROOT))
    expected = EXPECTED[PARTED]
    assert found["members"].items() >= {ADA: ROOT}.items()
    assert found["members"].items() <= expected["members"].items() | {(OPS, ROOT)}
    assert set(found["units"]) <= set(expected["units"])
    assert all(there == expected["attached"].get(target, []) for target, there in found["attached"].items() if there)


def test_masked_policies_and_names(tmp_path: Path) -> None:
    """Where names are masked, too, and nothing is said of the root's id but in OUs, the tree is the same."""
    text = lines(RECORDS).replace('"name": "Core"', '"name": "****"')
    file, log = tmp_path / "m.jsonl", tmp_path / "w.db"
    file.write_text(text)
    replayed(file, log=log)
    assert standing(log, GROWN)["members"] == EXPECTED[GROWN]["members"]


def test_inferred_is_said(tmp_path: Path) -> None:
    """The log counts what it inferred, right behind the record that it was inferred from."""
    log = tmp_path / "w.db"
    replay(RECORDS[9:], log)

    async def inferred() -> list[tuple[str, int]]:
        found = [each.event async for each in events_of(log)]
        return [(each.event_name, each.inferred) for each in found if isinstance(each, RecordTaken) and each.inferred]

    shown = {command: CliRunner().invoke(app, [*command, str(log), "--in-memory"]).stdout for command in SHOWN}
    assert f"{OPS}  organization {HOME} (inferred)" in shown["timeline",]
    assert "joined method INVITED (inferred)" in shown["diff", "--from", "1"]
    told = anyio.run(inferred)
    assert told[0] == ("CreateOrganizationalUnit", 2)
    assert sum(number for _, number in told) == 4, "the organization with its manager, and OPS with its OU"


def test_two_organizations_in_one_trail(tmp_path: Path) -> None:
    """Two organizations are told, and each has its own."""
    other = lines(RECORDS[:8]).replace(ADA, "999999999999").replace(HOME, "o-zz999zz999").replace(OPS, "888888888888")
    other = other.replace("car-0b5", "car-9b5").replace("r-a1b2", "r-z9z9")
    file = tmp_path / "t.jsonl"
    file.write_text(lines(RECORDS) + other.replace("00000000-0000-0000-0000-", "00000000-0000-0000-9999-"))
    shown = replayed(file, log=tmp_path / "w.db").stdout
    assert "2 organizations in one trail:" in shown
    assert f"{HOME} of {ADA}: 2 accounts, 2 OUs" in shown
    assert "o-zz999zz999 of 999999999999: 2 accounts, 0 OUs" in shown


def test_from_the_standard_input(tmp_path: Path) -> None:
    """A dash reads records from the standard input, as ``orgsim trail`` writes them."""
    log = tmp_path / "w.db"
    replayed("-", log=log, given=lines(RECORDS))
    assert standing(log, BUILT) == EXPECTED[BUILT]


def test_timeline_and_why_have_awss_ids(log: Path) -> None:
    """Why an account is where it is names the call, its caller and AWS's request id."""
    why = json.loads(CliRunner().invoke(app, ["why", str(log), OPS, "--json"]).stdout)
    parent = next(cause for cause in why["own"] if cause["attribute"] == "parent")
    moved = next(record for record in RECORDS if record["eventName"] == "MoveAccount")
    assert parent["call"]["operation"] == "MoveAccount"
    assert parent["call"]["request_id"] == moved["requestID"]
    assert parent["call"]["caller"] == {"account": ADA, "principal": "ada"}
    told = CliRunner().invoke(app, ["timeline", str(log), TEAMS, "--operation", "AttachPolicy"]).stdout
    assert "ada" in told
    assert SCP in json.dumps(RECORDS)
