"""Thresholds: which figures there are, what can be asked of them, and when they hold."""

import pytest
from support.scenario_keys import DONE, complaint

from orgsim.api.load.scenario import Threshold, parse_scenario
from orgsim.api.load.scenario.metrics import DISTRIBUTIONS, NUMBERS, STATISTICS

FIGURES = [*NUMBERS, *(f"{name}.{statistic}" for name in DISTRIBUTIONS for statistic in (*STATISTICS, "p0", "p100"))]


def of(condition: str) -> str:
    """A scenario with one threshold."""
    return f"{DONE}[thresholds]\n{condition}\n"


@pytest.mark.parametrize("figure", FIGURES)
def test_every_figure(figure: str) -> None:
    """Every figure that there is can have a threshold."""
    assert parse_scenario(of(f'"{figure}" = "< 60"')).thresholds == (Threshold(figure, "<", 60),)


@pytest.mark.parametrize(
    ("condition", "limit"),
    [("< 60", 60), ("<=60", 60), (" >  0.5 ", 0.5), (">= 1_000", 1_000), ("== -1", -1), ("!= 1e3", 1_000)],
)
def test_conditions(condition: str, limit: float) -> None:
    """A condition is a comparison and a number, as TOML writes numbers."""
    (threshold,) = parse_scenario(of(f'events = "{condition}"')).thresholds
    assert threshold.limit == limit
    assert condition.strip().startswith(threshold.comparison)


@pytest.mark.parametrize(
    ("comparison", "holding"),
    [
        ("<", [True, False, False]),
        ("<=", [True, True, False]),
        (">", [False, False, True]),
        (">=", [False, True, True]),
        ("==", [False, True, False]),
        ("!=", [True, False, True]),
    ],
)
def test_when_it_holds(comparison: str, holding: list[bool]) -> None:
    """Each comparison does what it says; what does not exist does not hold."""
    threshold = Threshold("events", comparison, 5)
    assert [threshold.holds(value) for value in (4, 5, 6)] == holding
    assert not threshold.holds(None)
    assert str(threshold) == f"events {comparison} 5"


@pytest.mark.parametrize("limit", [60, 0.95, 1_000_001, 1_234_567.25, 1e-9])
def test_limit_is_told_as_it_is(limit: float) -> None:
    """The text of a threshold has its exact limit, however many digits that has."""
    assert float(str(Threshold("events", "<", limit)).rpartition(" ")[2]) == limit


@pytest.mark.parametrize(
    "value",
    ['"60"', '"< "', '"< sixty"', '"<> 60"', '"< 60 days"', '"< 1_"', '"< 1__0"', '"< 1e999"', "60", "true", "[]"],
)
def test_no_condition(value: str) -> None:
    """Anything else is refused with the name and an example."""
    message = complaint(of(f"events = {value}"))
    assert message.startswith('thresholds.events: a condition is a comparison and a number, such as "< 60", not ')


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("evnts", "thresholds.evnts: there is no figure 'evnts', did you mean `events`? (there are: events, "),
        ("events.p95", "thresholds.events.p95: events is one number for the run; it has no 'p95'"),
        (
            "migration_days",
            "thresholds.migration_days: migration_days has many values; say which with one of count, min, mean, "
            "median, max or p0 to p100, such as migration_days.p95",
        ),
        (
            "migration_days.p101",
            "thresholds.migration_days.p101: migration_days has many values; say which with one of count, min, mean, "
            "median, max or p0 to p100, such as migration_days.p95, not 'p101'",
        ),
        ("migration_days.p05", "thresholds.migration_days.p05: migration_days has many values; "),
        ("migration_days.mode", "thresholds.migration_days.mode: migration_days has many values; "),
        ("migration_days.max.p5", "thresholds.migration_days.max.p5: migration_days has many values; "),
        ('"mig ration"', "thresholds.mig ration: there is no figure 'mig ration'"),
    ],
)
def test_no_figure(name: str, message: str) -> None:
    """A threshold for no figure, or without the statistic that it needs, is refused with what there is."""
    assert complaint(of(f'{name} = "< 60"')).startswith(message)


PARTS = (
    '[organizations.ours]\n[organizations.both]\nmanagement_account = "222222222222"\n'
    '[populations.both]\norigin = "invited"\ncount = 1\n'
    '[populations.members]\norigin = "invited"\ncount = 1\n'
    '[populations."a b"]\norigin = "invited"\ncount = 1\n'
)


TRACK = '[tracks.ours]\nsteps = [{ action = "wait", days = 1 }]\n'


@pytest.mark.parametrize(
    ("name", "part", "figure"),
    [
        ("ours.members", "organizations.ours", "members"),
        ("organizations.ours.joining_days.p95", "organizations.ours", "joining_days.p95"),
        ("populations.both.joined", "populations.both", "joined"),
        ('"a b".joined_share', "populations.a b", "joined_share"),
        ("populations.members.members", "populations.members", "members"),
        ("steps.1.virtual_hours", "steps.1", "virtual_hours"),
        ("both.all_features_share", "organizations.both", "all_features_share"),
        ("both.joined_of_all_share", "populations.both", "joined_of_all_share"),
        ("ours.virtual_days", "tracks.ours", "virtual_days"),
        ("ours.joined", "organizations.ours", "joined"),
        ("ours.1.commands", "tracks.ours.1", "commands"),
    ],
)
def test_figures_of_parts(name: str, part: str, figure: str) -> None:
    """A threshold is about a part by its name, or by kind and name where others with the figure are called so."""
    (threshold,) = parse_scenario(PARTS + TRACK + of(f'{name} = "> 0"')).thresholds
    assert (threshold.figure.part, threshold.figure.name) == (part, figure)
    assert str(threshold) == name.replace('"', "") + " > 0"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("both.joined", "both.joined could be several: write organizations.both.joined or populations.both.joined"),
        (
            "theirs.joined",
            "no organization, population, track or step is called 'theirs' "
            "(there are: ours, organizations.both, populations.both, a b, steps.1)",
        ),
        ("our.joined", "no organization, population, track or step is called 'our', did you mean `ours`? (there are: "),
        ("our.join", "there is no figure 'our.join', did you mean `ours`? (there are: ours, "),
        ("ours.join", "organizations.ours has no figure 'join', did you mean `joined`? (there are: accepted_share"),
        ("ours.commands", "organizations.ours has no figure 'commands'"),
        ("ours.members.max", "ours.members is one number; it has no 'max'"),
        ("ours.joining_days", "joining_days has many values; say which with one of count"),
        ("ours.joining_days.p101", "joining_days has many values; say which with one of count"),
        ("populations.both.all_features_share", "populations.both has no figure 'all_features_share'"),
        (
            "steps.2.virtual_hours",
            "no organization, population, track or step is called 'steps.2', did you mean `steps.1`? (there are: ",
        ),
        ("steps.1.joined", "steps.1 has no figure 'joined'"),
        ("members.members", "members is one number for the run; it has no 'members'"),
    ],
)
def test_figures_that_parts_do_not_have(name: str, message: str) -> None:
    """What no part has is refused with what there is."""
    found = complaint(PARTS + of(f'{name} = "> 1"'))
    assert found.startswith(f"thresholds.{name}: {message}"), found


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("> 1", "never > 1"),
        (">= 95", "never >= 95; 95 % is 0.95"),
        ("== 1.5", "never == 1.5"),
        ("== -1", "never == -1"),
        ("< 0", "never < 0"),
        ("<= -0.5", "never <= -0.5"),
    ],
)
def test_shares_that_cannot_be(condition: str, message: str) -> None:
    """A condition that no share from 0 to 1 can meet is refused, as it would never hold."""
    for figure in ("joined_share", "ours.joined_share"):
        said = complaint(PARTS + of(f'{figure} = "{condition}"'))
        assert said == f"thresholds.{figure}: it is a share, from 0 to 1, and so {message}"


@pytest.mark.parametrize("condition", ["<= 0", ">= 1", "== 0.5", "!= 7", "> 0.999", "< 2", "< 0.001"])
def test_shares_that_can_be(condition: str) -> None:
    """Any condition that some share meets is one."""
    (threshold,) = parse_scenario(of(f'joined_share = "{condition}"')).thresholds
    assert str(threshold) == f"joined_share {condition}"


def test_a_threshold_as_a_table() -> None:
    """A threshold may say what it does beside its condition; the rest of the table is checked as any."""
    text = 'ours.joined = { condition = "> 1", severity = "warn", stop = true }'
    (threshold,) = parse_scenario(PARTS + of(text)).thresholds
    assert (str(threshold), threshold.severity, threshold.stop) == ("ours.joined > 1", "warn", True)
    for wrong, message in (
        (
            '{ condition = "> 1", severity = "low" }',
            'thresholds.joined.severity: "low" is not possible (there are: fail, warn)',
        ),
        ('{ condition = "> 1", stops = true }', "thresholds.joined: unknown key `stops`, did you mean `stop`?"),
        ("{ condition = 1 }", "thresholds.joined.condition: must be a text, not 1"),
        ('{ condition = "soon" }', 'thresholds.joined: a condition is a comparison and a number, such as "< 60"'),
        ("{ stop = true }", "thresholds.joined: `condition` is missing"),
        (
            '{ severity = "warn", conditon = "> 1" }',
            "thresholds.joined: unknown key `conditon`, did you mean `condition`?",
        ),
        (
            '">= 90%"',
            "thresholds.joined: a condition is a comparison and a number, such as \"< 60\", not '>= 90%'; 90 % is 0.9",
        ),
    ):
        assert complaint(of(f"joined = {wrong}")).startswith(message)
