"""Which runs a sweep has: lists and ranges of values, seeds, commands, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.small_sweep import SCENARIO, sweep

from orgsim.api.load.scenario import Parameter, ScenarioError
from orgsim.api.load.scenario.parameters import read_assignment, written
from orgsim.api.load.sweep.plan import SweepPlan, read_variation


@pytest.mark.parametrize(
    ("text", "name", "values"),
    [
        ("accounts=1000,100", "accounts", (100, 1000)),
        ("accept=0.9:0.99:0.03", "accept", (0.9, 0.93, 0.96, 0.99)),
        ("accept=0.9:0.98:0.03", "accept", (0.9, 0.93, 0.96)),
        ("accept=0.3:0.1:-0.1", "accept", (0.1, 0.2, 0.3)),
        ("n=1:3:1", "n", (1, 2, 3)),
        ("n=5:5:1", "n", (5,)),
        ("n = 1_000", "n", (1000,)),
        ("mode=b,a", "mode", ("a", "b")),
        ("at='10:30'", "at", ("10:30",)),
        ("flag=true,false", "flag", (False, True)),
    ],
)
def test_values(text: str, name: str, values: tuple[Parameter, ...]) -> None:
    """A list has its values, a range exact ones up to its end if a step hits it; both are in ascending order."""
    read = read_variation(text)

    assert read == (name, values)
    assert list(map(type, read[1])) == list(map(type, values))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("accounts", "--vary wants NAME=a,b,c or NAME=FROM:TO:STEP, not 'accounts'"),
        ("accounts=", "--vary wants NAME=a,b,c or NAME=FROM:TO:STEP, not 'accounts='"),
        ("=3", "--vary wants NAME=a,b,c or NAME=FROM:TO:STEP, not '=3'"),
        ("n=1,,2", "--vary n: there is an empty value in '1,,2'"),
        ("n=,", "--vary n: there is an empty value in ','"),
        ("n=2,1,2", "--vary n: 2 stands there twice"),
        ("n=1,nan", "--vary n: nan is no number to count with"),
        ("n=1:5", "--vary n: a range is FROM:TO:STEP in numbers, such as 0.9:0.96:0.02"),
        ("n=1:5:x", "--vary n: a range is FROM:TO:STEP in numbers, such as 0.9:0.96:0.02"),
        ("n=1:inf:1", "--vary n: a range goes from number to number, not to 1:inf:1"),
        ("n=1e999999999:2:1", "--vary n: a range goes from number to number, not to 1e999999999:2:1"),
        ("n=1:1e400:1e399", "--vary n: a range goes from number to number, not to 1:1e400:1e399"),
        ("n=snan:1:1", "--vary n: a range goes from number to number, not to snan:1:1"),
        ("n=1:2:1e-999999999", "--vary n: a range with a step of 0 never ends"),
        ("n=1:5:0", "--vary n: a range with a step of 0 never ends"),
        ("n=1:5:-1", "--vary n: with a step of -1 no range leads from 1 to 5"),
        ("n=0:1e9:1", "--vary n: the range has more than 10,000 values"),
    ],
)
def test_bad_values(text: str, complaint: str) -> None:
    """A value that is neither a list nor a finite range is refused with the reason."""
    with pytest.raises(ScenarioError) as refused:
        read_variation(text)

    assert str(refused.value) == complaint


@pytest.mark.parametrize(
    ("vary", "fixed", "runs", "complaint"),
    [
        (["acept=1"], [], 1, "s.toml: no parameter is called 'acept' (there are: accept, accounts) (with acept=1)"),
        (["accept=x"], [], 1, "s.toml: the parameter accept is a number, as 0.9 is, not 'x' (with accept=x)"),
        (
            ["accept=0.5,1.5"],
            [],
            1,
            "s.toml:16:1: populations.partners.migration.accept: must be a number from 0 to 1, not 1.5 "
            "(with accept=1.5)",
        ),
        (["accept=1"], ["accept=1"], 1, "--set and --vary both name accept: is it one value or several?"),
        (["accept=1", "accept=0"], [], 1, "--vary: accept is there twice"),
        ([f"accept={2**63}"], [], 1, "accept: 9223372036854775808 has more than 64 bits"),
        ([], ["accept=1", "accept=0"], 1, "--set: accept is there twice"),
        (["accounts=1:2000:1"], [], 1000, "2,000 combinations of parameters with 1,000 runs each are 2,000,000 runs; "),
        (["accounts=1:200:1", "accept=0:1:0.01"], [], 1, "20,200 combinations of parameters; a sweep has at most "),
    ],
)
def test_bad_plans(vary: list[str], fixed: list[str], runs: int, complaint: str) -> None:
    """Unknown and impossible parameters, and sweeps without end, are refused before the first run."""
    with pytest.raises(ScenarioError) as refused:
        SweepPlan(sweep(vary=vary, given=fixed, runs=runs))

    assert str(refused.value).startswith(complaint)


def test_all_problems_of_all_combinations() -> None:
    """Each problem is told once, with the parameters that all combinations share which have it, and none without."""
    text = SCENARIO.replace("to_days = 9", 'to_days = "$most"').replace("[parameters]", "[parameters]\nmost = 9")
    with pytest.raises(ScenarioError) as refused:
        SweepPlan(sweep(text, vary=["accounts=6,10", "accept=0.5,1.5", "most=0.5,9"]))

    assert refused.value.messages == [
        "s.toml:17:1: populations.partners.migration.accept: must be a number from 0 to 1, not 1.5 (with accept=1.5)",
        "s.toml:18:1: populations.partners.migration.delay: from_days = 1.0 is later than to_days = 0.5 "
        "(with most=0.5)",
    ]


def test_a_problem_of_the_file() -> None:
    """What is wrong with every combination is told without parameters, all problems at once: an unknown figure too."""
    text = SCENARIO.replace("migration_days.p90", "migration_days.p90x\nspeed").replace("p90x", 'p90 = "< 8"')
    text = text.replace("from_days = 0.5", "from_days = -1")
    with pytest.raises(ScenarioError) as refused:
        SweepPlan(sweep(text))

    first, second = refused.value.messages
    assert first.startswith(
        "s.toml:13:37: populations.partners.invitation.delay.from_days: must be a number from 0 to 36,500"
    )
    assert second.startswith("s.toml:38:1: thresholds.speed: there is no figure 'speed' (there are: ")
    assert "(with" not in first + second


def test_very_many_problems() -> None:
    """Of very many problems the first twenty are told, and how many there are besides."""
    with pytest.raises(ScenarioError) as refused:
        SweepPlan(sweep(vary=["accept=2:101:1"]))

    assert len(refused.value.messages) == 21
    assert refused.value.messages[-1] == "s.toml: and 80 more with other combinations"


def test_copies() -> None:
    """A scenario that copies an organization cannot be swept, and is told so on one line."""
    text = SCENARIO.replace(
        "[populations.partners]", '[organizations.ours]\nfrom = "twin.db"\n[populations.partners]', 1
    )
    with pytest.raises(ScenarioError) as refused:
        SweepPlan(sweep(text))

    assert refused.value.messages == [
        "s.toml: organizations.ours.from: a copy is read with the scenario's file, not in sweeps"
    ]


def test_what_is_in_a_log() -> None:
    """A scenario about the world of a log cannot be swept; each organization that is in it is told."""
    ids = "".join(f'[organizations.{name}]\nid = "o-{name * 10}"\n' for name in ("a", "b"))
    with pytest.raises(ScenarioError) as refused:
        SweepPlan(sweep(f'{ids}[[steps]]\naction = "wait"\ndays = 1\n', vary=[]))

    assert refused.value.messages == [
        f"s.toml: organizations.{name}.id: it is there when the run begins: a sweep begins with no log"
        for name in ("a", "b")
    ]


def test_seeds_beyond_the_highest() -> None:
    """A sweep whose last seed would not fit into 64 bits is refused."""
    text = SCENARIO.replace("seed = 5", f"seed = {2**63 - 2}")

    assert [run.seed for run in SweepPlan(sweep(text, vary=[], runs=2)).runs()] == [2**63 - 2, 2**63 - 1]
    with pytest.raises(ScenarioError, match="3 seeds from 9223372036854775806 on go beyond the highest"):
        SweepPlan(sweep(text, vary=[], runs=3))


def test_runs_of_a_plan() -> None:
    """Every combination is played with the same seeds; numbers follow the table's order, runs go seed by seed."""
    plan = SweepPlan(sweep(given=["accept=0.8"], vary=["accounts=10,6"], runs=2))
    runs = list(plan.runs())

    assert [(run.number, run.parameters["accounts"], run.seed) for run in runs] == [
        (0, 6, 5),
        (2, 10, 5),
        (1, 6, 6),
        (3, 10, 6),
    ]
    assert [run.number for run in plan.runs(finished=[2, 1])] == [0, 3]
    assert len({run.key for run in runs}) == 4
    assert plan.command(runs[0]) == "orgsim simulate s.toml --set accept=0.8 --set accounts=6 --seed 5"


def test_accounts_of_a_scenario_without_such_a_parameter() -> None:
    """``accounts`` can be varied for any scenario that invites somebody."""
    text = SCENARIO.replace("accounts = 10\n", "").replace('"$accounts"', "10")
    plan = SweepPlan(sweep(text, vary=["accounts=3,4"], runs=1))

    assert [scenario.populations["partners"].count for scenario in plan.scenarios] == [3, 4]


@given(st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(min_size=1))
def test_written_values(value: Parameter) -> None:
    """A parameter's value in a command is read back as the same value of the same type."""
    name, read = read_assignment(f"accept={written(value)}")

    assert (name, read, type(read)) == ("accept", value, type(value))
