"""Whole runs: one scenario gives one log, on any event loop, on any log, in one run or with interruptions."""

from functools import partial
from itertools import product
from pathlib import Path
from random import Random

import anyio
import msgspec
import pytest
from support.every_step import LIMITED, WITHOUT_LIMITS
from support.play_scenario import after, figures, play, population, recorded, step, uniform
from support.repository import SCENARIOS

from orgsim.api.load.play.observing import Observer
from orgsim.api.load.play.outcome import Outcome
from orgsim.api.load.run import play_scenario
from orgsim.api.load.scenario import Scenario, load_scenario, parse_scenario
from orgsim.engine.events import AccountCreationSucceeded
from orgsim.engine.log import EventLog, LogError, MemoryLog
from orgsim.engine.log.sqlite import SqliteLog

pytestmark = pytest.mark.slow

SHIPPED = SCENARIOS / "enable-all-features.toml"

SCENARIOS = {"without limits": WITHOUT_LIMITS, "under AWS's limits": LIMITED}


async def made(scenario: Scenario, path: Path | None) -> Outcome:
    """The outcome of a run in memory, or on an SQLite file."""
    log = await SqliteLog.create(path, "off") if path else MemoryLog()
    try:
        return await play_scenario(scenario, log)
    finally:
        await log.close()


@pytest.mark.parametrize("text", SCENARIOS.values(), ids=SCENARIOS)
def test_one_scenario_one_log(text: str, tmp_path: Path) -> None:
    """One scenario gives the same log twice, on asyncio and on trio, in memory and on SQLite, and the same figures."""
    scenario = parse_scenario(text)
    outcomes = [
        anyio.run(made, scenario, path, backend=backend)
        for backend in ("asyncio", "trio")
        for path in (None, None, tmp_path / f"{backend}.db")
    ]
    assert len({msgspec.json.encode(figures(outcome)) for outcome in outcomes}) == 1
    assert [outcome.log for outcome in outcomes[:3]] == ["memory", "memory", str(tmp_path / "asyncio.db")]


@pytest.mark.parametrize("text", SCENARIOS.values(), ids=SCENARIOS)
async def test_the_scenario_passes_what_it_has_to_pass(text: str) -> None:
    """The scenario of these tests reaches every state of a handshake that can be reached by answers, and limits."""
    outcome = await play_scenario(parse_scenario(text), MemoryLog())
    assert set(outcome.handshakes["APPROVE_ALL_FEATURES"]) >= {"ACCEPTED", "DECLINED", "CANCELED"}
    assert set(outcome.handshakes["INVITE"]) >= {"ACCEPTED", "EXPIRED"}
    assert outcome.figure("departed")
    assert outcome.figure("closed") == 7
    assert bool(outcome.held_back) == ("aws" in text)


async def test_another_seed() -> None:
    """Another seed gives another log."""
    scenario = parse_scenario(WITHOUT_LIMITS)
    seeds = (-(2**63), -1, 0, 3, 2**63 - 1)
    digests = {(await made(msgspec.structs.replace(scenario, seed=seed), None)).digest for seed in seeds}
    assert len(digests) == 5


def test_random_steps() -> None:
    """No order of steps, however odd, breaks a run, and accounts and handshakes always add up."""
    populations = (
        population("yes", "invited", 6, invitation={"delay": after(1)}, migration={"delay": after(3)}),
        population("no", "invited", 3, migration={"decline": 0.7, "leave": 0.3, "delay": uniform(0, 5)}),
        population("mute", "invited", 4, invitation={"decline": 0.3}, migration={"after_reminder": 0.8}),
        population("made", "created", 8),
    )
    steps = [
        step("create_accounts", population="made"),
        *(step("invite", population=name) for name in ("yes", "no", "mute", "made")),
        step("invite", population="yes", retry={"attempts": 3}, pace={"per_day": 2}),
        step("enable_all_features"),
        step("finalize"),
        step("remind"),
        step("remind", accept=0.5, population="mute"),
        step("wait", days=1),
        step("wait", days=45),
        step("wait_for_answers"),
        step("remove_declined"),
        step("close_accounts", population="made", share=0.5),
        step("LeaveOrganization", for_each="yes", caller="account", share=0.5),
        step("DeleteOrganization"),
        step("CreateOrganization"),
    ]
    random = Random(5)
    heads = [
        f'latency = "{latency}"\nthrottle = "{throttle}"\n[organizations.o]\nfeature_set = "{feature_set}"\n'
        for latency, throttle, feature_set in product(
            ("instant", "realistic"), ("off", "aws"), ("ALL", "CONSOLIDATED_BILLING")
        )
    ]
    for head, _ in product(heads, range(25)):
        chosen = [random.choice(steps) for _ in range(random.randint(1, 9))]
        outcome, envelopes = anyio.run(partial(recorded, head, *populations, *chosen))
        created = sum(isinstance(envelope.event, AccountCreationSucceeded) for envelope in envelopes)
        assert outcome.metrics["created"] == created, chosen
        assert outcome.events == len(envelopes), chosen
        assert sum(outcome.handshakes.get("INVITE", {}).values()) + created <= outcome.commands, chosen
        members = outcome.metrics["members"]
        assert members is not None
        assert members >= sum(each.accounts for each in outcome.organizations.values()), chosen


async def test_progress() -> None:
    """Progress is told for everything that takes long, never more than the whole, and up to the whole."""
    told: dict[str, list[tuple[int, int]]] = {}

    def progress(what: str, done: int, total: int, day: str) -> None:
        assert len(day) == len("2026-01-01")
        told.setdefault(what, []).append((done, total))

    await play_scenario(await load_scenario(SHIPPED, {"accounts": 2_500}), MemoryLog(), observer=Observer(progress))
    assert {"Creating vended", "Inviting partners", "Answering", "Answering, reminded", "Removing"} <= set(told)
    for what, steps in told.items():
        assert all(0 <= done <= total for done, total in steps), what
        assert steps[-1][0] == steps[-1][1], what
    assert [done for done, _ in told["Inviting partners"]] == [1_000, 2_000, 2_500]


async def cut_log(records: list[bytes], path: Path | None) -> EventLog:
    """A log with these records: what an interrupted run has left."""
    log = await SqliteLog.create(path, "off") if path else MemoryLog()
    await log.append(0, records)
    return log


Whole = tuple[Scenario, list[bytes], str]


@pytest.fixture(scope="module", params=SCENARIOS)
def whole(request: pytest.FixtureRequest) -> Whole:
    """A scenario, the records of its uninterrupted run, and their digest."""
    scenario = parse_scenario(SCENARIOS[request.param])

    async def run() -> tuple[list[bytes], str]:
        log = MemoryLog()
        outcome = await play_scenario(scenario, log)
        return await log.read(0, log.head), outcome.digest

    return scenario, *anyio.run(run)


CUTS = (0, 1, 2, 3, 4, 85, 255, 256, 257, -2, -1, None)
"""Before, in and behind the first events, around a segment's end, and up to the very last event."""


@pytest.mark.parametrize("place", ["memory", "sqlite"])
async def test_resume_from_any_cut(place: str, whole: Whole, tmp_path: Path) -> None:
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


async def test_resume_of_a_resumed_run(whole: Whole) -> None:
    """A complete run can be resumed again and again, and nothing is added."""
    scenario, records, digest = whole
    log = await cut_log(records[:100], None)
    for _ in range(3):
        assert (await play_scenario(scenario, log, resume=True)).digest == digest
    assert log.head == len(records)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            ("seed = 3", "seed = 4"),
            "cannot be resumed: this world began with seed 3, it cannot go on with 4; the scenario",
        ),
        (("222222222222", "333333333333"), "cannot be resumed: the event at position 4 is not the one"),
        (
            ("seed = 3", "seed = 3\nquotas = { accounts = 999 }"),
            "cannot be resumed: this world began with quotas.accounts 50000, it cannot go on with 999; the scenario",
        ),
    ],
    ids=["seed", "management account", "quota"],
)
@pytest.mark.parametrize("cut", [10, None])
async def test_resume_of_another_run(change: tuple[str, str], message: str, cut: int | None, whole: Whole) -> None:
    """A log of another run is refused with what differs, or the first position that does, and stays as it was."""
    _, records, _ = whole
    limited = whole[0].settings.throttle == "aws"
    other = parse_scenario((LIMITED if limited else WITHOUT_LIMITS).replace(*change))
    log = await cut_log(records[:cut], None)
    with pytest.raises(LogError, match=message):
        await play_scenario(other, log, resume=True)
    assert await log.read(0, len(records)) == records[:cut]


async def test_resume_beyond_the_end(whole: Whole) -> None:
    """A log that goes on beyond the end of the run belongs to another, and stays as it was."""
    scenario, records, _ = whole
    shorter = msgspec.structs.replace(scenario, steps=scenario.steps[:3])
    log = await cut_log(records, None)
    with pytest.raises(LogError, match="cannot be resumed"):
        await play_scenario(shorter, log, resume=True)
    assert await log.read(0, len(records)) == records


async def test_log_that_is_not_empty(whole: Whole) -> None:
    """Without resuming, a log that holds something already is refused and stays as it was."""
    scenario, records, _ = whole
    log = await cut_log(records[:50], None)
    with pytest.raises(LogError, match="memory"):
        await play_scenario(scenario, log)
    assert await log.read(0, len(records)) == records[:50]


async def test_what_a_run_is_called() -> None:
    """The outcome says which file was played, with what, and why."""
    scenario = await load_scenario(SHIPPED, {"accounts": 3})
    outcome = await play_scenario(scenario, MemoryLog(), name="s.toml")
    assert (outcome.scenario, outcome.description, outcome.parameters["accounts"]) == (
        "s.toml",
        scenario.description,
        3,
    )
    assert (await play(step("wait_for_answers"))).scenario == ""


async def test_removing_the_silent() -> None:
    """Who says nothing blocks a migration like those that declined; removed with them, it can be finalized."""
    people = population("p", "invited", 10, migration={"accept": 0, "decline": 0.4, "delay": after(1)})
    steps = [
        step("invite", population="p"),
        step("wait_for_answers"),
        step("enable_all_features"),
        step("wait", days=2),
    ]
    declined = (await play(people, *steps)).handshakes["APPROVE_ALL_FEATURES"]["DECLINED"]
    kept = await play(people, *steps, step("remove_declined"), step("finalize"))
    assert (kept.accounts, kept.feature_set) == (11 - declined, "CONSOLIDATED_BILLING")
    emptied = await play(people, *steps, step("remove_declined", silent=True), step("finalize"))
    assert (emptied.accounts, emptied.feature_set) == (1, "ALL")
