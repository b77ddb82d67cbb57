"""The scenario file: what it may say, and what is answered to a file that says something else."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgsim.api import scenario as scenarios
from orgsim.api.scenario import Created, Fixed, Invited, Lognormal, OrganizationTable, Scenario, ScenarioError, Uniform
from orgsim.api.scenario_file import load_scenario, parse_scenario
from orgsim.engine.settings import Quotas
from orgsim.engine.words import FeatureSet

SHIPPED = Path(__file__).parents[2] / "scenarios"

INVITED = '[populations.p]\norigin = "invited"\ncount = 4\n'
CREATED = '[populations.c]\norigin = "created"\ncount = 3\n'

EVERYTHING = """
description = "Every key there is"
seed = -7
start = 2027-03-04T05:06:07+02:00
latency = "realistic"

[organization]
management_account = "123456789012"
feature_set = "ALL"

[quotas]
accounts = 11
invitations_per_day = 12
all_features_migration_accounts = 13
concurrent_account_creations = 14
created_account_minimum_age_days = 0

[populations.made]
origin = "created"
count = 3

[populations.asked]
origin = "invited"
count = 4
joining = { distribution = "uniform", from_days = 0.5, to_days = 14 }
accept = 0.5
decline = 0.25
silent = 0.25
answer = { distribution = "lognormal", median_days = 4, sigma = 0.8, at_most_days = 40 }

[populations.prompt]
origin = "invited"
count = 5
answer = { distribution = "fixed", days = 2 }

[[steps]]
action = "create_accounts"
population = "made"

[[steps]]
action = "invite"
population = "asked"

[[steps]]
action = "enable_all_features"

[[steps]]
action = "wait"
days = 1.5

[[steps]]
action = "remind"
accept = 0.5

[[steps]]
action = "remind"

[[steps]]
action = "wait_for_answers"

[[steps]]
action = "remove_declined"

[[steps]]
action = "finalize"
"""


def complaint(text: str) -> str:
    """What is said about a file that cannot be played; always one line."""
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(text)
    message = str(caught.value)
    assert len(message.splitlines()) == 1, message
    return message


def test_every_key() -> None:
    """Every key of the file arrives where it belongs."""
    assert parse_scenario(EVERYTHING) == Scenario(
        description="Every key there is",
        seed=-7,
        start=datetime(2027, 3, 4, 5, 6, 7, tzinfo=timezone(timedelta(hours=2))),
        latency="realistic",
        organization=OrganizationTable(management_account="123456789012", feature_set=FeatureSet.ALL),
        quotas=Quotas(
            accounts=11,
            invitations_per_day=12,
            all_features_migration_accounts=13,
            concurrent_account_creations=14,
            created_account_minimum_age_days=0,
        ),
        populations={
            "made": Created(count=3),
            "asked": Invited(
                count=4,
                joining=Uniform(0.5, 14),
                accept=0.5,
                decline=0.25,
                silent=0.25,
                answer=Lognormal(4, 0.8, 40),
            ),
            "prompt": Invited(count=5, answer=Fixed(2)),
        },
        steps=(
            scenarios.CreateAccounts("made"),
            scenarios.Invite("asked"),
            scenarios.EnableAllFeatures(),
            scenarios.Wait(1.5),
            scenarios.Remind(0.5),
            scenarios.Remind(),
            scenarios.WaitForAnswers(),
            scenarios.RemoveDeclined(),
            scenarios.Finalize(),
        ),
    )


@pytest.mark.parametrize("text", ["", "\n", "\r\n", "# nothing but a comment"])
def test_empty_file(text: str) -> None:
    """An empty file is a scenario in which nothing happens after the founding."""
    assert parse_scenario(text) == Scenario()
    assert Scenario().start == datetime(2026, 1, 1, tzinfo=UTC)


def test_windows_line_ends() -> None:
    """A file with the line ends of Windows means the same."""
    assert parse_scenario(EVERYTHING.replace("\n", "\r\n")) == parse_scenario(EVERYTHING)


def test_settings_of_the_world() -> None:
    """The world gets the quotas and the latency of the file."""
    settings = parse_scenario(EVERYTHING).settings
    assert (settings.latency, settings.quotas.accounts) == ("realistic", 11)


@pytest.mark.parametrize("file", sorted(SHIPPED.glob("*.toml")), ids=lambda file: file.stem)
async def test_shipped_scenarios(file: Path, anyio_backend: str) -> None:
    """Every scenario of the repository can be read and has steps."""
    assert (await load_scenario(file)).steps


@pytest.mark.parametrize(
    ("text", "place", "choices"),
    [
        (
            "sed = 1",
            "`sed`, did you mean `seed`?",
            "description, latency, organization, populations, quotas, seed, start, steps",
        ),
        ("[organisation]", "`organisation`, did you mean `organization`?", "latency, organization, populations"),
        ("[step]", "`step`, did you mean `steps`?", "start, steps"),
        ('[organization]\nname = "x"', "organization: ", "feature_set, management_account"),
        (
            "[quotas]\naccount = 3",
            "quotas: ",
            "accounts, all_features_migration_accounts, concurrent_account_creations, "
            "created_account_minimum_age_days, invitations_per_day",
        ),
        (
            f"{INVITED}acept = 1.0",
            "populations.p: ",
            "accept, answer, count, decline, joining, origin, silent",
        ),
        (
            f'{INVITED}joining = {{ distribution = "fixed", days = 1, day = 1 }}',
            "populations.p.joining: ",
            "days, distribution",
        ),
        (
            f'{INVITED}answer = {{ distribution = "uniform", from_days = 1, to_days = 2, days = 1 }}',
            "populations.p.answer: ",
            "distribution, from_days, to_days",
        ),
        (
            f'{INVITED}answer = {{ distribution = "lognormal", median_days = 1, sigma = 1, at_most_days = 3, x = 3 }}',
            "populations.p.answer: ",
            "at_most_days, distribution, median_days, sigma",
        ),
        (f"{CREATED}acept = 1.0", "populations.c: ", "count, origin"),
        ('[[steps]]\naction = "wait"\nhours = 3', "steps[0]: ", "action, days"),
        (f'{INVITED}[[steps]]\naction = "invite"\npopulation = "p"\nwhen = 3', "steps[0]: ", "action, population"),
        ('[[steps]]\naction = "finalize"\n[[steps]]\naction = "remind"\nshare = 1', "steps[1]: ", "accept, action"),
        ('[[steps]]\naction = "finalize"\nforce = true', "steps[0]: ", "action"),
        ('[[steps]]\naction = "enable_all_features"\npopulation = "p"', "steps[0]: ", "action"),
    ],
)
def test_unknown_key(text: str, place: str, choices: str) -> None:
    """An unknown key is named with its path and with the keys that exist there."""
    message = complaint(text)
    assert place in message
    assert message.startswith((place, "The table contains unknown field `"))
    listed = message.rpartition("(there are: ")[2].rstrip(")").split(", ")
    assert set(choices.split(", ")) <= set(listed)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (f"{CREATED}accept = 1.0", "accept"),
        ('[[steps]]\naction = "remind"\npopulation = "p"', "population"),
        ('[[steps]]\naction = "wait"\ndays = 1\naccept = 1.0', "accept"),
        (f'{INVITED}joining = {{ distribution = "fixed", days = 1, sigma = 1 }}', "sigma"),
    ],
)
def test_key_of_another_kind(text: str, key: str) -> None:
    """A key that only another origin, action or distribution has is not offered as the remedy for itself."""
    message = complaint(text)
    assert f"`{key}`" in message
    assert f"did you mean `{key}`" not in message
    assert key not in message.rpartition("(there are: ")[2].rstrip(")").split(", ")


@pytest.mark.parametrize(
    ("text", "place", "choices"),
    [
        (
            '[[steps]]\naction = "invit"',
            "steps[0].action: ",
            "create_accounts, enable_all_features, finalize, invite, remind, remove_declined, wait, wait_for_answers",
        ),
        (
            '[[steps]]\naction = "finalize"\n[[steps]]\naction = "dance"',
            "steps[1].action: ",
            "create_accounts, enable_all_features, finalize, invite, remind, remove_declined, wait, wait_for_answers",
        ),
        ('[populations.p]\norigin = "bought"\ncount = 1', "populations.p.origin: ", "created, invited"),
        (
            f'{INVITED}joining = {{ distribution = "gauss", days = 1 }}',
            "populations.p.joining.distribution: ",
            "fixed, lognormal, uniform",
        ),
        (
            f'{INVITED}answer = {{ distribution = "Fixed", days = 1 }}',
            "populations.p.answer.distribution: ",
            "fixed, lognormal, uniform",
        ),
    ],
)
def test_unknown_kind(text: str, place: str, choices: str) -> None:
    """An unknown action, origin or distribution is named with its path and with those that exist."""
    message = complaint(text)
    assert message.startswith(place)
    assert message.endswith(f"(there are: {choices})")


@pytest.mark.parametrize(
    ("text", "place", "value"),
    [
        ('latency = "slow"', "latency: ", "slow"),
        ('[organization]\nfeature_set = "all"', "organization.feature_set: ", "all"),
    ],
)
def test_unknown_value(text: str, place: str, value: str) -> None:
    """A value that is none of a few is quoted, with its path."""
    message = complaint(text)
    assert message.startswith(place)
    assert repr(value) in message


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[populations.p]", "populations.p: "),
        ("[populations.p]\ncount = 1", "populations.p: "),
        ('[populations.p]\norigin = "invited"', "populations.p: "),
        ('[populations.p]\norigin = "created"', "populations.p: "),
        (f"{INVITED}joining = {{}}", "populations.p.joining: "),
        (f'{INVITED}joining = {{ distribution = "fixed" }}', "populations.p.joining: "),
        (f'{INVITED}answer = {{ distribution = "uniform", from_days = 1 }}', "populations.p.answer: "),
        (f'{INVITED}answer = {{ distribution = "lognormal", median_days = 1, sigma = 1 }}', "populations.p.answer: "),
        ("[[steps]]", "steps[0]: "),
        ('[[steps]]\naction = "wait"', "steps[0]: "),
        ('[[steps]]\naction = "invite"', "steps[0]: "),
        ('[[steps]]\naction = "wait"\ndays = 1\n[[steps]]\naction = "create_accounts"', "steps[1]: "),
        ('[[steps]]\nAction = "finalize"', "steps[0]: "),
    ],
)
def test_missing_key(text: str, place: str) -> None:
    """A key that has to be there is missed by its name, at the place where it belongs."""
    message = complaint(text)
    assert message.startswith(place)
    assert "The table lacks `" in message


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('seed = "x"', "seed: "),
        ("seed = 1.5", "seed: "),
        ("seed = 9223372036854775808", "seed: "),
        ("seed = -9223372036854775809", "seed: "),
        ("description = 5", "description: "),
        ("start = 2026-01-01", "start: "),
        ("start = 12:00:00", "start: "),
        ('start = "tomorrow"', "start: "),
        ("start = 1", "start: "),
        ("latency = 1", "latency: "),
        ("organization = 1", "organization: "),
        ("organization = []", "organization: "),
        ('[organization]\nmanagement_account = "1"', "organization.management_account: "),
        ("[organization]\nmanagement_account = 111111111111", "organization.management_account: "),
        ('[organization]\nmanagement_account = "11111111111٣"', "organization.management_account: "),
        ("[organization]\nfeature_set = 1", "organization.feature_set: "),
        ("quotas = 3", "quotas: "),
        ("[quotas]\naccounts = 0", "quotas.accounts: "),
        ("[quotas]\naccounts = 1.5", "quotas.accounts: "),
        ("[quotas]\naccounts = true", "quotas.accounts: "),
        ("[quotas]\naccounts = inf", "quotas.accounts: "),
        ("[quotas]\ninvitations_per_day = -1", "quotas.invitations_per_day: "),
        ("[quotas]\nall_features_migration_accounts = -1", "quotas.all_features_migration_accounts: "),
        ("[quotas]\nconcurrent_account_creations = 0", "quotas.concurrent_account_creations: "),
        ("[quotas]\ncreated_account_minimum_age_days = -1", "quotas.created_account_minimum_age_days: "),
        ("populations = 1", "populations: "),
        ("populations = []", "populations: "),
        ('[[populations]]\norigin = "invited"\ncount = 1', "populations: "),
        ("[populations]\np = 1", "populations.p: "),
        ('[[populations.p]]\norigin = "invited"\ncount = 1', "populations.p: "),
        ("[populations.p]\norigin = 1\ncount = 1", "populations.p.origin: "),
        ('[populations.p]\norigin = "invited"\ncount = -1', "populations.p.count: "),
        ('[populations.p]\norigin = "created"\ncount = -1', "populations.p.count: "),
        ('[populations.p]\norigin = "invited"\ncount = 1.5', "populations.p.count: "),
        ('[populations.p]\norigin = "invited"\ncount = "many"', "populations.p.count: "),
        ('[populations.p]\norigin = "invited"\ncount = 100_000_001', "populations.p.count: "),
        (f"{INVITED}accept = 1.5", "populations.p.accept: "),
        (f"{INVITED}accept = -0.1", "populations.p.accept: "),
        (f"{INVITED}accept = nan", "populations.p.accept: "),
        (f"{INVITED}accept = inf", "populations.p.accept: "),
        (f'{INVITED}accept = "all"', "populations.p.accept: "),
        (f"{INVITED}accept = true", "populations.p.accept: "),
        (f"{INVITED}decline = nan", "populations.p.decline: "),
        (f"{INVITED}silent = 2", "populations.p.silent: "),
        (f"{INVITED}joining = 3", "populations.p.joining: "),
        (f"{INVITED}joining = []", "populations.p.joining: "),
        (f"{INVITED}joining = {{ distribution = 1, days = 1 }}", "populations.p.joining.distribution: "),
        (f'{INVITED}joining = {{ distribution = "fixed", days = -1 }}', "populations.p.joining.days: "),
        (f'{INVITED}joining = {{ distribution = "fixed", days = nan }}', "populations.p.joining.days: "),
        (f'{INVITED}joining = {{ distribution = "fixed", days = inf }}', "populations.p.joining.days: "),
        (f'{INVITED}joining = {{ distribution = "fixed", days = "1" }}', "populations.p.joining.days: "),
        (f'{INVITED}answer = {{ distribution = "fixed", days = 36501 }}', "populations.p.answer.days: "),
        (
            f'{INVITED}answer = {{ distribution = "uniform", from_days = nan, to_days = 1 }}',
            "populations.p.answer.from_days: ",
        ),
        (
            f'{INVITED}answer = {{ distribution = "uniform", from_days = 1, to_days = nan }}',
            "populations.p.answer.to_days: ",
        ),
        (
            f'{INVITED}answer = {{ distribution = "lognormal", median_days = 0, sigma = 1, at_most_days = 1 }}',
            "populations.p.answer.median_days: ",
        ),
        (
            f'{INVITED}answer = {{ distribution = "lognormal", median_days = 1, sigma = -1, at_most_days = 1 }}',
            "populations.p.answer.sigma: ",
        ),
        (
            f'{INVITED}answer = {{ distribution = "lognormal", median_days = 1, sigma = 1, at_most_days = inf }}',
            "populations.p.answer.at_most_days: ",
        ),
        ("steps = 1", "steps: "),
        ("steps = {}", "steps: "),
        ('[steps]\naction = "finalize"', "steps: "),
        ("steps = [1]", "steps[0]: "),
        ('steps = ["finalize"]', "steps[0]: "),
        ("[[steps]]\naction = 1", "steps[0].action: "),
        ('[[steps]]\naction = "finalize"\n[[steps]]\naction = "wait"\ndays = -1', "steps[1].days: "),
        ('[[steps]]\naction = "wait"\ndays = nan', "steps[0].days: "),
        ('[[steps]]\naction = "wait"\ndays = inf', "steps[0].days: "),
        ('[[steps]]\naction = "wait"\ndays = 36501', "steps[0].days: "),
        ('[[steps]]\naction = "wait"\ndays = "1"', "steps[0].days: "),
        ('[[steps]]\naction = "remind"\naccept = 1.1', "steps[0].accept: "),
        ('[[steps]]\naction = "remind"\naccept = nan', "steps[0].accept: "),
        ('[[steps]]\naction = "invite"\npopulation = 1', "steps[0].population: "),
    ],
)
def test_impossible_value(text: str, place: str) -> None:
    """A value of a wrong type or out of its range is named with its path."""
    assert complaint(text).startswith(place)


def test_start_without_zone() -> None:
    """A start without a time zone is refused, and the message asks for the zone."""
    message = complaint("start = 2026-01-01T00:00:00")
    assert message.startswith("start: ")
    assert "timezone" in message


@pytest.mark.parametrize("start", ["0001-01-01T00:00:00+14:00", "1969-12-31T23:59:59Z", "9999-12-31T23:59:59-12:00"])
def test_start_outside_the_calendar(start: str) -> None:
    """A start before the epoch, or without room for what follows, is refused instead of played at another time."""
    assert complaint(f"start = {start}").startswith("start: ")


@pytest.mark.parametrize("quota", Quotas.__struct_fields__)
def test_quota_beyond_every_integer(quota: str) -> None:
    """A quota that no log can hold is refused with its path."""
    assert complaint(f"[quotas]\n{quota} = 99999999999999999999").startswith(f"quotas.{quota}: ")


@pytest.mark.parametrize(
    ("shares", "found"),
    [
        ("accept = 0.5", "0.5"),
        ("accept = 0.97\ndecline = 0.01", "0.98"),
        ("decline = 0.5", "1.5"),
        ("accept = 0.5\ndecline = 0.25\nsilent = 0.26", "1.01"),
        ("accept = 0\ndecline = 0\nsilent = 0", "0"),
    ],
)
def test_shares_that_do_not_add_up(shares: str, found: str) -> None:
    """The shares of a population add up to 1, or the message names them and their sum."""
    message = complaint(INVITED + shares)
    assert message.startswith("populations.p: ")
    assert message.endswith(f"must add up to 1, not {found}")
    assert "accept, decline and silent" in message


def test_shares_that_add_up_in_decimals() -> None:
    """Shares that add up in decimals are accepted though their binary forms do not quite."""
    assert parse_scenario(f"{INVITED}accept = 0.6\ndecline = 0.3\nsilent = 0.1")
    assert 0.6 + 0.3 + 0.1 != 1


@pytest.mark.parametrize("key", ["joining", "answer"])
def test_interval_upside_down(key: str) -> None:
    """A uniform delay whose beginning is later than its end is refused with both."""
    message = complaint(f'{INVITED}{key} = {{ distribution = "uniform", from_days = 3, to_days = 1 }}')
    assert message == f"populations.p.{key}: from_days = 3.0 is later than to_days = 1.0"


@pytest.mark.parametrize(
    "joining",
    [
        'distribution = "fixed", days = 15',
        'distribution = "fixed", days = 14.999999999999',  # the same microsecond
        'distribution = "fixed", days = 400',
        'distribution = "uniform", from_days = 0, to_days = 15',
        'distribution = "lognormal", median_days = 1, sigma = 1, at_most_days = 15',
    ],
)
def test_joining_after_the_invitation_expired(joining: str) -> None:
    """Nobody can join when the invitation has expired, fifteen days after it was sent."""
    message = complaint(f"{INVITED}joining = {{ {joining} }}")
    assert message.startswith("populations.p")
    assert "15" in message


def test_joining_in_the_last_moment() -> None:
    """Joining just before the invitation expires is possible."""
    scenario = parse_scenario(f'{INVITED}joining = {{ distribution = "fixed", days = 14.999 }}')
    assert scenario.invited["p"].joining == Fixed(14.999)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '[[steps]]\naction = "invite"\npopulation = "p"',
            "steps[0].population: no population of origin invited is called 'p' (there is none)",
        ),
        (
            f'{INVITED}{CREATED}[[steps]]\naction = "finalize"\n[[steps]]\naction = "invite"\npopulation = "c"',
            "steps[1].population: no population of origin invited is called 'c' (there are: p)",
        ),
        (
            f'{INVITED}{CREATED}[[steps]]\naction = "create_accounts"\npopulation = "p"',
            "steps[0].population: no population of origin created is called 'p' (there are: c)",
        ),
        (
            f'{INVITED}[populations.q]\norigin = "invited"\ncount = 1\n[[steps]]\naction = "invite"\npopulation = "P"',
            "steps[0].population: no population of origin invited is called 'P' (there are: p, q)",
        ),
    ],
)
def test_unknown_population(text: str, message: str) -> None:
    """A step that names no population of its kind is refused with its path and the populations there are."""
    assert complaint(text) == message


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("seed = 1\nsteps = [", "end of document"),
        ("seed = 1\n[a\n", "line 2"),
        ("seed = 1\nseed = = 2", "line 2"),
        ("a = 1\nb = 2\nthis is no TOML\n", "line 3"),
        ("seed = 1\rlatency = 1", "line 1"),
        ("\x00", "line 1"),
        ('description = "open', "end of document"),
        ("seed = 1\nseed = 2", ""),
        ("[quotas]\n[quotas]", "line 2"),
    ],
)
def test_not_toml(text: str, where: str) -> None:
    """What is no TOML is called so, with the line."""
    message = complaint(text)
    assert message.startswith("not TOML: ")
    assert where in message


@pytest.mark.parametrize("opening", ["[", "{a="])
def test_nested_too_deeply(opening: str) -> None:
    """A file nested without end is refused like any other that is no scenario."""
    assert complaint("x = " + opening * 3_000)


@pytest.mark.parametrize(
    "text",
    [
        '"seed\\n" = 1',
        '[populations."a\\nb"]\norigin = "invited"\ncount = "x"',
        '[[steps]]\naction = "wait\\nx"',
        '[[steps]]\naction = "invite"\npopulation = "p\\nq"',
    ],
)
def test_line_break_in_a_name(text: str) -> None:
    """A line break in a key or a name does not break the message into two lines."""
    assert complaint(text)


@pytest.mark.parametrize("name", ["a.b", "a b", "Zürich", "", "steps", "joining", "populations", "$`"])
def test_names_of_populations(name: str) -> None:
    """Whatever a population is called, an unknown key in it is answered with the keys that exist."""
    message = complaint(f'[populations."{name}"]\norigin = "invited"\ncount = 1\ncnt = 1')
    assert f"populations.{name}".rstrip(".") in message
    assert "did you mean `count`?" in message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"sed = 1", "unknown field `sed`"),
        (b"seed = ", "not TOML: "),
        (b"seed = 1 # \xff", "not a text file in UTF-8 (byte 11)"),
        ("seed = 1".encode("utf-16"), "not a text file in UTF-8 (byte 0)"),
        (None, "cannot be read: No such file or directory"),
    ],
)
async def test_file_is_named(content: bytes | None, message: str, tmp_path: Path, anyio_backend: str) -> None:
    """Whatever is wrong with a file, the message begins with its path."""
    file = tmp_path / "scenario.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ScenarioError) as caught:
        await load_scenario(file)
    assert str(caught.value).startswith(f"{file}: ")
    assert message in str(caught.value)


async def test_directory(tmp_path: Path, anyio_backend: str) -> None:
    """A directory is no scenario."""
    with pytest.raises(ScenarioError, match="cannot be read: Is a directory"):
        await load_scenario(tmp_path)


async def test_byte_order_mark(tmp_path: Path, anyio_backend: str) -> None:
    """The mark with which some editors begin a UTF-8 file does no harm."""
    file = tmp_path / "scenario.toml"
    file.write_bytes(EVERYTHING.encode("utf-8-sig"))
    assert await load_scenario(file) == parse_scenario(EVERYTHING)


@given(counts=st.lists(st.integers(0, 10**6), min_size=1, max_size=8), accounts=st.integers(0, 10**8))
def test_accounts_are_shared_out_exactly(counts: list[int], accounts: int) -> None:
    """Another number of accounts is shared out exactly, each population within one of its proportion."""
    populations = {f"p{index}": Invited(count=count) for index, count in enumerate(counts)}
    scenario = Scenario(populations={**populations, "made": Created(count=3)})
    total = sum(counts)
    if not total:
        with pytest.raises(ScenarioError, match="--accounts"):
            scenario.with_accounts(accounts)
        return
    shared = scenario.with_accounts(accounts)
    parts = [population.count for population in shared.invited.values()]
    assert sum(parts) == accounts
    assert all(abs(part * total - count * accounts) <= total for part, count in zip(parts, counts, strict=True))
    assert shared.populations["made"] == Created(count=3)
    assert list(shared.populations) == list(scenario.populations)


def test_accounts_of_nobody() -> None:
    """A scenario that invites nobody cannot be given a number of invited accounts."""
    with pytest.raises(ScenarioError, match="--accounts sets the number of invited accounts"):
        parse_scenario(CREATED).with_accounts(10)


@pytest.mark.parametrize("accounts", [-1, 100_000_001])
def test_impossible_number_of_accounts(accounts: int) -> None:
    """The number of accounts has the bounds that a population's count has in the file."""
    with pytest.raises(ScenarioError, match="accounts"):
        parse_scenario(INVITED).with_accounts(accounts)
