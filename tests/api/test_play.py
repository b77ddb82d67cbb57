"""Playing scenarios: what becomes of them, to the last event, and that every run of one gives the same log."""

from collections import Counter
from collections.abc import Callable
from functools import partial
from itertools import product
from pathlib import Path
from random import Random

import anyio
import msgspec
import pytest

from orgsim.api.play import Outcome, play_scenario
from orgsim.api.scenario import Scenario, ScenarioError
from orgsim.api.scenario_file import load_scenario, parse_scenario
from orgsim.engine.envelope import Envelope, decode_envelope
from orgsim.engine.events import AccountCreationRequested, AccountCreationSucceeded, HandshakeAccepted
from orgsim.engine.runtime.log import EventLog, LogError, MemoryLog
from orgsim.engine.runtime.sqlite_log import SqliteLog
from orgsim.engine.settings import DAY, SECOND

SHIPPED = Path(__file__).parents[2] / "scenarios" / "enable-all-features.toml"

POPULATIONS = """
[populations.yes]
origin = "invited"
count = 10
joining = { distribution = "fixed", days = 1 }
answer = { distribution = "fixed", days = 3 }

[populations.no]
origin = "invited"
count = 5
joining = { distribution = "fixed", days = 1 }
accept = 0
decline = 1
answer = { distribution = "fixed", days = 3 }

[populations.mute]
origin = "invited"
count = 4
joining = { distribution = "fixed", days = 1 }
accept = 0
silent = 1
answer = { distribution = "fixed", days = 3 }

[populations.made]
origin = "created"
count = 12
"""

SPREAD = """
seed = 3

[populations.p]
origin = "invited"
count = 60
joining = { distribution = "uniform", from_days = 0.1, to_days = 9 }
accept = 0.7
decline = 0.1
silent = 0.2
answer = { distribution = "lognormal", median_days = 4, sigma = 0.8, at_most_days = 20 }

[populations.made]
origin = "created"
count = 7

[[steps]]
action = "create_accounts"
population = "made"

[[steps]]
action = "invite"
population = "p"

[[steps]]
action = "enable_all_features"

[[steps]]
action = "wait"
days = 14

[[steps]]
action = "remind"

[[steps]]
action = "wait_for_answers"

[[steps]]
action = "remove_declined"

[[steps]]
action = "finalize"
"""
"""Every kind of delay and of answer, ending with all features."""


def scenario_of(*steps: str, head: str = "") -> Scenario:
    """A scenario of the populations above; a step is its action, and after it the population or the number it takes."""
    text = head + POPULATIONS
    for step in steps:
        action, _, value = step.partition(" ")
        text += f'\n[[steps]]\naction = "{action}"\n'
        if value:
            key = {"wait": "days", "remind": "accept"}.get(action, "population")
            text += f"{key} = {value}\n" if key != "population" else f'population = "{value}"\n'
    return parse_scenario(text)


async def play(*steps: str, head: str = "") -> tuple[Outcome, list[Envelope]]:
    """The outcome of some steps, and what stands in the log."""
    log = MemoryLog()
    outcome = await play_scenario(scenario_of(*steps, head=head), log)
    return outcome, [decode_envelope(record) for record in await log.read(0, log.head)]


def figures(outcome: Outcome) -> dict[str, object]:
    """The outcome without what differs between two runs of one scenario."""
    values = msgspec.to_builtins(outcome)
    return {name: value for name, value in values.items() if name not in ("wall_seconds", "log")}


async def test_everybody_accepts(anyio_backend: str) -> None:
    """Ten join after a day and accept three days later: the figures are those counted by hand."""
    outcome, _ = await play("invite yes", "enable_all_features", "wait_for_answers", "finalize")
    assert outcome.feature_set == "ALL"
    assert outcome.accounts == 1 + 10
    assert outcome.handshakes == {
        "INVITE": {"ACCEPTED": 10},
        "APPROVE_ALL_FEATURES": {"ACCEPTED": 10},
        "ENABLE_ALL_FEATURES": {"ACCEPTED": 1},
    }
    assert outcome.refused == {}
    # The world; the organization and its founder; invitations; acceptances and joinings; parent and approvals;
    # their acceptances and the opening of the parent; its acceptance and the change.
    assert outcome.events == 1 + 2 + 10 + 20 + 11 + 11 + 2
    assert outcome.virtual_days == 4
    assert outcome.commands == 1 + 10 + 10 + 1 + 10 + 1
    assert (outcome.seed, outcome.log) == (0, "memory")
    assert len(bytes.fromhex(outcome.digest)) == 32


async def test_every_kind_of_answer(anyio_backend: str) -> None:
    """Some accept, some decline and go, some answer after a reminder: the figures are those counted by hand."""
    outcome, envelopes = await play(
        *("create_accounts made", "invite yes", "invite no", "invite mute", "enable_all_features", "wait 14"),
        *("remind", "wait_for_answers", "remove_declined", "finalize"),
    )
    assert outcome.feature_set == "ALL"
    assert outcome.accounts == 1 + 12 + 10 + 4
    assert outcome.handshakes == {
        "INVITE": {"ACCEPTED": 19},
        "APPROVE_ALL_FEATURES": {"ACCEPTED": 14, "DECLINED": 5},
        "ENABLE_ALL_FEATURES": {"ACCEPTED": 1},
    }
    assert outcome.refused == {}
    # Each creation has three events, each joining three; the last removal opens the parent.
    assert outcome.events == 3 + 3 * 12 + 3 * 19 + (1 + 19) + 15 + 4 + (5 + 1) + 2
    assert outcome.commands == 1 + 12 + 2 * 19 + 1 + 15 + 4 + 5 + 1
    # Three days of joining one after the other, fourteen of waiting, three from the reminder.
    assert outcome.virtual_days == 3 + 14 + 3
    accepted = [envelope for envelope in envelopes if isinstance(envelope.event, HandshakeAccepted)]
    assert Counter((envelope.time - envelopes[0].time) / DAY for envelope in accepted) == {
        1: 10,
        2: 5,
        3: 4,
        6: 10,
        20: 4 + 1,
    }


async def test_nobody_reminds_the_silent(anyio_backend: str) -> None:
    """A migration that nobody answers expires after ninety days, and finalizing it is refused and counted."""
    outcome, envelopes = await play("invite mute", "enable_all_features", "wait_for_answers", "wait 90", "finalize")
    assert outcome.feature_set == "CONSOLIDATED_BILLING"
    assert outcome.accounts == 1 + 4
    assert outcome.handshakes == {
        "INVITE": {"ACCEPTED": 4},
        "APPROVE_ALL_FEATURES": {"CANCELED": 4},
        "ENABLE_ALL_FEATURES": {"EXPIRED": 1},
    }
    assert outcome.refused == {"InvalidHandshakeTransitionException": 1}
    assert outcome.virtual_days == 91
    assert envelopes[-1].time == envelopes[0].time + 91 * DAY
    # The invitations can no longer be seen thirty days after their end.
    assert outcome.events == 3 + 3 * 4 + (1 + 4) + 4 + (4 + 1)


async def test_one_day_before_the_migration_expires(anyio_backend: str) -> None:
    """Before the ninety days are over the silent can still be reminded, and the migration finalized."""
    outcome, _ = await play("invite mute", "enable_all_features", "wait 86", "remind", "wait_for_answers", "finalize")
    assert (outcome.feature_set, outcome.refused, outcome.virtual_days) == ("ALL", {}, 1 + 86 + 3)


async def test_a_reminder_too_late(anyio_backend: str) -> None:
    """An answer that would come when the migration has expired does not come."""
    outcome, _ = await play("invite mute", "enable_all_features", "wait 87", "remind", "wait_for_answers", "finalize")
    assert outcome.feature_set == "CONSOLIDATED_BILLING"
    assert outcome.handshakes["APPROVE_ALL_FEATURES"] == {"CANCELED": 4}
    assert outcome.refused == {"InvalidHandshakeTransitionException": 1}


async def test_a_reminder_that_half_follow(anyio_backend: str) -> None:
    """Whoever a reminder does not wake stays silent until the next."""
    steps = ("invite mute", "enable_all_features", "remind 0.0", "wait_for_answers", "finalize")
    outcome, _ = await play(*steps)
    assert outcome.handshakes["APPROVE_ALL_FEATURES"] == {"OPEN": 4}
    assert outcome.handshakes["ENABLE_ALL_FEATURES"] == {"REQUESTED": 1}
    outcome, _ = await play(*steps, "remind 1.0", "wait_for_answers", "finalize")
    assert outcome.handshakes["APPROVE_ALL_FEATURES"] == {"ACCEPTED": 4}
    assert outcome.feature_set == "ALL"


async def test_answers_come_while_others_join(anyio_backend: str) -> None:
    """Members answer at their moments also while a further population is invited and joins."""
    head = '[populations.late]\norigin = "invited"\ncount = 2\njoining = { distribution = "fixed", days = 9 }\n'
    outcome, envelopes = await play("invite yes", "enable_all_features", "invite late", "finalize", head=head)
    accepted = [envelope for envelope in envelopes if isinstance(envelope.event, HandshakeAccepted)]
    assert Counter((envelope.time - envelopes[0].time) / DAY for envelope in accepted) == {1: 10, 4: 10, 10: 2 + 1}
    assert outcome.feature_set == "ALL"


async def test_shipped_scenario(anyio_backend: str) -> None:
    """The figures of the shipped scenario agree with each other."""
    outcome = await play_scenario((await load_scenario(SHIPPED)).with_accounts(300), MemoryLog())
    answers = outcome.handshakes["APPROVE_ALL_FEATURES"]
    assert outcome.feature_set == "ALL"
    assert outcome.refused == {}
    assert outcome.handshakes["INVITE"] == {"ACCEPTED": 300}
    assert outcome.handshakes["ENABLE_ALL_FEATURES"] == {"ACCEPTED": 1}
    assert set(answers) == {"ACCEPTED", "DECLINED"}
    assert answers["ACCEPTED"] + answers["DECLINED"] == 300
    assert 1 <= answers["DECLINED"] <= 15
    assert outcome.accounts == 1 + 500 + 300 - answers["DECLINED"]
    # Founding, creations, invitations and acceptances, request, answers, removals, finalizing.
    assert outcome.commands == 1 + 500 + 2 * 300 + 1 + 300 + answers["DECLINED"] + 1
    assert 14 < outcome.virtual_days < 10 + 14 + 40


PLACES: dict[str, Callable[[Path], Path | None]] = {"memory": lambda folder: None, "sqlite": lambda folder: folder}


async def made(scenario: Scenario, path: Path | None) -> Outcome:
    """The outcome of a run in memory, or on an SQLite file."""
    log = await SqliteLog.create(path, "off") if path else MemoryLog()
    try:
        return await play_scenario(scenario, log)
    finally:
        await log.close()


async def test_two_runs(tmp_path: Path, anyio_backend: str) -> None:
    """One scenario gives the same log twice, in memory and on SQLite."""
    scenario = parse_scenario(SPREAD)
    outcomes = [await made(scenario, path) for path in (None, None, tmp_path / "a.db", tmp_path / "b.db")]
    assert len({msgspec.json.encode(figures(outcome)) for outcome in outcomes}) == 1
    assert [outcome.log for outcome in outcomes] == ["memory", "memory", *(str(tmp_path / f"{n}.db") for n in "ab")]


def test_two_event_loops() -> None:
    """One scenario gives the same log on asyncio and on trio."""
    scenario = parse_scenario(SPREAD)
    asyncio, trio = (anyio.run(made, scenario, None, backend=backend) for backend in ("asyncio", "trio"))
    assert figures(asyncio) == figures(trio)


async def test_another_seed(anyio_backend: str) -> None:
    """Another seed gives another log."""
    scenario = parse_scenario(SPREAD)
    digests = {
        (await made(msgspec.structs.replace(scenario, seed=seed), None)).digest
        for seed in (-(2**63), -1, 0, 3, 2**63 - 1)
    }
    assert len(digests) == 5


async def test_size_limit_of_a_migration(anyio_backend: str) -> None:
    """With AWS's limits 5,001 members, the management account among them, are too many for a migration."""
    steps = ("invite many", "enable_all_features", "wait_for_answers", "finalize")
    for count, refused in [
        (
            5_000,
            {
                "ConstraintViolationException ALL_FEATURES_MIGRATION_ORGANIZATION_SIZE_LIMIT_EXCEEDED": 1,
                "HandshakeNotFoundException": 1,
            },
        ),
        (4_999, {}),
    ]:
        head = f'[populations.many]\norigin = "invited"\ncount = {count}\n'
        outcome = await play_scenario(scenario_of(*steps, head=head), MemoryLog())
        assert outcome.refused == refused
        assert outcome.accounts == 1 + count
        assert outcome.feature_set == ("CONSOLIDATED_BILLING" if refused else "ALL")


async def test_account_quota(anyio_backend: str) -> None:
    """Creations and invitations beyond the account quota are refused and counted."""
    outcome, _ = await play("create_accounts made", "invite yes", head="[quotas]\naccounts = 10\n")
    assert outcome.accounts == 10
    assert outcome.refused == {
        "ConstraintViolationException ACCOUNT_NUMBER_LIMIT_EXCEEDED": 3,
        "HandshakeConstraintViolationException ACCOUNT_NUMBER_LIMIT_EXCEEDED": 10,
    }
    assert outcome.commands == 1 + 12 + 10


async def test_daily_invitations(anyio_backend: str) -> None:
    """Invitations beyond those of a day are refused and counted; who was not invited does not join."""
    outcome, _ = await play("invite yes", head="[quotas]\ninvitations_per_day = 6\n")
    assert outcome.refused == {"HandshakeConstraintViolationException HANDSHAKE_RATE_LIMIT_EXCEEDED": 4}
    assert outcome.handshakes == {"INVITE": {"ACCEPTED": 6}}
    assert outcome.accounts == 1 + 6


@pytest.mark.parametrize("at_once", [1, 5, 100])
async def test_creations_at_once(at_once: int, anyio_backend: str) -> None:
    """With realistic latency no more accounts are in progress than the quota allows, and none waits without need."""
    head = f'latency = "realistic"\n[quotas]\nconcurrent_account_creations = {at_once}\n'
    outcome, envelopes = await play("create_accounts made", head=head)
    in_progress: dict[str, int] = {}
    most = 0
    for envelope in envelopes:
        event = envelope.event
        if isinstance(event, AccountCreationRequested):
            in_progress[event.request] = envelope.time
            most = max(most, len(in_progress))
        elif isinstance(event, AccountCreationSucceeded):
            assert 2 * SECOND <= envelope.time - in_progress.pop(event.request) <= 48 * SECOND
    assert (most, in_progress) == (min(at_once, 12), {})
    assert (outcome.accounts, outcome.refused) == (1 + 12, {})
    assert outcome.events == 3 + 3 * 12


async def test_default_creations_at_once(anyio_backend: str) -> None:
    """AWS makes five accounts at once."""
    _, envelopes = await play("create_accounts made", head='latency = "realistic"\n')
    kinds = [type(envelope.event) for envelope in envelopes[3:]]
    assert kinds[:6] == [AccountCreationRequested] * 5 + [AccountCreationSucceeded]


async def test_creations_that_fail(anyio_backend: str) -> None:
    """An account that AWS would not create, because its address is taken, is counted among what was refused."""
    outcome, _ = await play("create_accounts made", "create_accounts made")
    assert outcome.accounts - 1 + sum(outcome.refused.values()) == 2 * 12


async def test_name_that_is_no_address(anyio_backend: str) -> None:
    """A population's name may be anything, and its accounts are created all the same, or counted as refused."""
    head = '[populations."Zürich (Büro)"]\norigin = "created"\ncount = 3\n'
    outcome, _ = await play("create_accounts Zürich (Büro)", head=head)
    assert outcome.accounts - 1 + sum(outcome.refused.values()) == 3


@pytest.mark.parametrize(
    ("steps", "feature_set", "accounts", "refused"),
    [
        ((), "CONSOLIDATED_BILLING", 1, {}),
        (("finalize",), "CONSOLIDATED_BILLING", 1, {"HandshakeNotFoundException": 1}),
        (("invite yes", "finalize"), "CONSOLIDATED_BILLING", 11, {"HandshakeNotFoundException": 1}),
        (("enable_all_features", "finalize"), "ALL", 1, {}),
        (("create_accounts made", "enable_all_features", "finalize"), "ALL", 13, {}),
        (("remind", "wait_for_answers", "remove_declined", "enable_all_features", "finalize"), "ALL", 1, {}),
        (
            ("invite yes", "enable_all_features", "enable_all_features", "wait_for_answers", "finalize"),
            "ALL",
            11,
            {"HandshakeConstraintViolationException ORGANIZATION_IS_ALREADY_PENDING_ALL_FEATURES_MIGRATION": 1},
        ),
        (
            ("enable_all_features", "finalize", "finalize", "enable_all_features"),
            "ALL",
            1,
            {
                "HandshakeAlreadyInStateException": 1,
                "HandshakeConstraintViolationException ORGANIZATION_ALREADY_HAS_ALL_FEATURES": 1,
            },
        ),
        (
            ("invite yes", "enable_all_features", "finalize"),
            "CONSOLIDATED_BILLING",
            11,
            {"InvalidHandshakeTransitionException": 1},
        ),
        (
            ("invite no", "enable_all_features", "wait_for_answers", "finalize"),
            "CONSOLIDATED_BILLING",
            6,
            {"InvalidHandshakeTransitionException": 1},
        ),
        (("invite yes", "invite yes", "enable_all_features", "wait_for_answers", "finalize"), "ALL", 21, {}),
        (("invite yes", "invite mute", "enable_all_features", "remind", "wait_for_answers", "finalize"), "ALL", 15, {}),
        (("enable_all_features", "invite yes", "finalize"), "ALL", 11, {}),
        (
            ("invite mute", "enable_all_features", "wait 121", "finalize"),
            "CONSOLIDATED_BILLING",
            5,
            {"HandshakeNotFoundException": 1},
        ),
        (
            ("invite mute", "enable_all_features", "wait 91", *("enable_all_features", "remind", "wait 3", "finalize")),
            "ALL",
            5,
            {},
        ),
        (
            (
                *("invite no", "enable_all_features", "wait 91"),
                *("enable_all_features", "wait_for_answers", "remove_declined", "finalize"),
            ),
            "ALL",
            1,
            {},
        ),
    ],
    ids=lambda value: " ".join(value) or "nothing" if isinstance(value, tuple) else None,
)
async def test_order_of_steps(
    steps: tuple[str, ...], feature_set: str, accounts: int, refused: dict[str, int], anyio_backend: str
) -> None:
    """Steps may come in any order, and what AWS would refuse is counted."""
    outcome, _ = await play(*steps)
    assert (outcome.feature_set, outcome.accounts, outcome.refused) == (feature_set, accounts, refused)


async def test_zero_accounts(anyio_backend: str) -> None:
    """With nobody invited the migration is ready at once."""
    scenario = (await load_scenario(SHIPPED)).with_accounts(0)
    outcome = await play_scenario(scenario, MemoryLog())
    assert (outcome.feature_set, outcome.accounts) == ("ALL", 501)
    assert outcome.handshakes == {"ENABLE_ALL_FEATURES": {"ACCEPTED": 1}}
    assert outcome.virtual_days == 14


async def test_organization_with_all_features(anyio_backend: str) -> None:
    """An organization that begins with all features has nothing to migrate."""
    outcome, _ = await play("invite yes", "enable_all_features", head='[organization]\nfeature_set = "ALL"\n')
    assert outcome.feature_set == "ALL"
    assert outcome.refused == {"HandshakeConstraintViolationException ORGANIZATION_ALREADY_HAS_ALL_FEATURES": 1}


async def test_management_account_among_the_numbers(anyio_backend: str) -> None:
    """The management account is not invited into its own organization, whatever its number."""
    head = '[organization]\nmanagement_account = "200000000003"\n'
    outcome, _ = await play("invite yes", head=head)
    assert (outcome.accounts, outcome.refused) == (11, {})


def test_random_steps() -> None:
    """No order of steps, however odd, breaks a run, and accounts and handshakes always add up."""
    actions = (
        *("create_accounts made", "invite yes", "invite no", "invite mute", "enable_all_features", "finalize"),
        *("remind", "remind 0.5", "wait 1", "wait 45", "wait_for_answers", "remove_declined"),
    )
    random = Random(5)
    for latency, _ in product(("instant", "realistic"), range(60)):
        steps = [random.choice(actions) for _ in range(random.randint(1, 9))]
        outcome, envelopes = anyio.run(partial(play, *steps, head=f'latency = "{latency}"\n'))
        accepted = outcome.handshakes.get("INVITE", {}).get("ACCEPTED", 0)
        created = sum(isinstance(envelope.event, AccountCreationSucceeded) for envelope in envelopes)
        assert 1 + created <= outcome.accounts <= 1 + created + accepted, steps
        assert outcome.events == len(envelopes), steps


async def test_the_end_of_the_calendar(anyio_backend: str) -> None:
    """A run into a year that no calendar has stops with the place in the scenario, not with a traceback."""
    with pytest.raises(ScenarioError, match=r"steps\[\d+\]"):
        await play(*["wait 36500"] * 90)


async def test_progress(anyio_backend: str) -> None:
    """Progress is told for everything that takes long, never more than the whole, and up to the whole."""
    told: dict[str, list[tuple[int, int]]] = {}

    def progress(what: str, done: int, total: int, day: str) -> None:
        assert len(day) == len("2026-01-01")
        told.setdefault(what, []).append((done, total))

    scenario = (await load_scenario(SHIPPED)).with_accounts(2_500)
    await play_scenario(scenario, MemoryLog(), progress=progress)
    assert {"Creating vended", "Inviting partners", "Joining: partners", "Answering", "Removing"} <= set(told)
    for what, steps in told.items():
        assert all(0 <= done <= total for done, total in steps), what
        assert steps[-1][0] == steps[-1][1], what
    assert [done for done, _ in told["Inviting partners"]] == [1_000, 2_000, 2_500]


async def cut_log(records: list[bytes], path: Path | None) -> EventLog:
    """A log with these records: what an interrupted run has left."""
    log = await SqliteLog.create(path, "off") if path else MemoryLog()
    await log.append(0, records)
    return log


@pytest.fixture(scope="module")
def whole() -> tuple[Scenario, list[bytes], str]:
    """A scenario, the records of its uninterrupted run, and their digest."""
    scenario = parse_scenario(SPREAD)

    async def run() -> tuple[list[bytes], str]:
        log = MemoryLog()
        outcome = await play_scenario(scenario, log)
        return await log.read(0, log.head), outcome.digest

    return scenario, *anyio.run(run)


CUTS = (0, 1, 2, 3, 4, 85, 255, 256, 257, -2, -1, None)
"""Before, in and behind the first events, around a segment's end, and up to the very last event."""


@pytest.mark.parametrize("place", ["memory", "sqlite"])
async def test_resume_from_any_cut(
    place: str, whole: tuple[Scenario, list[bytes], str], tmp_path: Path, anyio_backend: str
) -> None:
    """Wherever a run was cut off, resuming it ends with the records of the uninterrupted run."""
    scenario, records, digest = whole
    for cut in CUTS:
        log = await cut_log(records[:cut], tmp_path / f"{cut}.db" if place == "sqlite" else None)
        try:
            outcome = await play_scenario(scenario, log, resume=True)
            assert (outcome.digest, outcome.events) == (digest, len(records)), cut
            assert await log.read(0, len(records) + 1) == records, cut
            assert log.digest.hex() == digest, cut
        finally:
            await log.close()


async def test_resume_of_a_resumed_run(whole: tuple[Scenario, list[bytes], str], anyio_backend: str) -> None:
    """A complete run can be resumed again and again, and nothing is added."""
    scenario, records, digest = whole
    log = await cut_log(records[:100], None)
    for _ in range(3):
        assert (await play_scenario(scenario, log, resume=True)).digest == digest
    assert log.head == len(records)


@pytest.mark.parametrize(
    ("changes", "position"),
    [({"seed": 4}, 1), ({"organization": {"management_account": "222222222222"}}, 2), ({"latency": "realistic"}, 1)],
    ids=["seed", "management account", "latency"],
)
@pytest.mark.parametrize("cut", [10, None])
async def test_resume_of_another_run(
    changes: dict[str, object],
    position: int,
    cut: int | None,
    whole: tuple[Scenario, list[bytes], str],
    anyio_backend: str,
) -> None:
    """A log of another run is refused with the first position that differs, and stays as it was."""
    scenario, records, _ = whole
    other = msgspec.convert({**msgspec.to_builtins(scenario), **changes}, Scenario)
    log = await cut_log(records[:cut], None)
    with pytest.raises(LogError, match=f"cannot be resumed: the event at position {position} is not the one"):
        await play_scenario(other, log, resume=True)
    assert await log.read(0, len(records)) == records[:cut]


async def test_resume_with_another_number_of_accounts(
    whole: tuple[Scenario, list[bytes], str], anyio_backend: str
) -> None:
    """With one account more the first difference is where its invitation would stand."""
    scenario, records, _ = whole
    position = 3 + 3 * 7 + 60 + 1
    log = await cut_log(records, None)
    with pytest.raises(LogError, match=f"the event at position {position} is not the one that this run gives"):
        await play_scenario(scenario.with_accounts(61), log, resume=True)
    assert await log.read(0, len(records)) == records


async def test_resume_beyond_the_end(whole: tuple[Scenario, list[bytes], str], anyio_backend: str) -> None:
    """A log that goes on beyond the end of the run belongs to another, and stays as it was."""
    scenario, records, _ = whole
    shorter = msgspec.structs.replace(scenario, steps=scenario.steps[:-1])
    log = await cut_log(records, None)
    with pytest.raises(LogError, match=f"this run ends at position {len(records) - 2}, the log at {len(records)}"):
        await play_scenario(shorter, log, resume=True)
    assert await log.read(0, len(records)) == records


async def test_log_that_is_not_empty(whole: tuple[Scenario, list[bytes], str], anyio_backend: str) -> None:
    """Without resuming, a log that holds something already is refused and stays as it was."""
    scenario, records, _ = whole
    log = await cut_log(records[:50], None)
    with pytest.raises(LogError, match="memory"):
        await play_scenario(scenario, log)
    assert await log.read(0, len(records)) == records[:50]
