"""Enumerates the runs of a sweep: all combinations of its parameters' values, each with the same seeds."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from itertools import product
from math import isfinite, prod
from sys import maxsize
from typing import TypeVar

from msgspec import Struct, structs

from ...plurals import counted
from ..scenario import Parameter, Scenario, ScenarioError, parse_scenario
from ..scenario.existing import require_present
from ..scenario.parameters import read_assignment, read_value, written
from ..scenario.problems import Problem
from ..wording import command_line

MOST_RUNS = 1_000_000
MOST_COMBINATIONS = 10_000
MOST_PROBLEMS = 20
"""So many problems of a scenario with its combinations are told."""
HIGHEST_SEED = 2**63 - 1
V = TypeVar("V")


class Sweep(Struct, frozen=True):
    """The definition of a sweep: everything that its runs follow from."""

    scenario: str
    """The path of the scenario file, as it was given."""
    sha256: str
    """The SHA-256 of the scenario's text."""
    text: str
    """The content of the scenario file."""
    set: dict[str, Parameter]
    """Parameters with the same value in all runs."""
    vary: dict[str, tuple[Parameter, ...]]
    """Parameter to its values, in ascending order."""
    runs: int
    """The number of runs for each combination of values, each with another seed."""
    seed: int
    """The first seed; the others are the next integers."""
    version: str
    """The version of orgsim."""


class Run(Struct, frozen=True):
    """One run of a sweep, with all that a worker needs to play it."""

    number: int
    """Counted from 0, in the order of combinations and seeds."""
    text: str
    sha256: str
    parameters: dict[str, Parameter]
    """The parameters that are set; the scenario has defaults for the others."""
    seed: int
    version: str
    logs: str = ""
    """The folder in which its log is kept if it fails; empty: it is not."""

    @property
    def key(self) -> str:
        """A key that two runs share exactly if they give the same results."""
        given = sha256(json.dumps(self.parameters, sort_keys=True).encode()).hexdigest()
        return f"orgsim-{self.version}-{self.sha256}-{given}-{self.seed}"

    def __str__(self) -> str:
        given = [f"{name}={written(value)}" for name, value in self.parameters.items()]
        return ", ".join([*given, f"seed {self.seed}"])


class SweepPlan:
    """The runs of a sweep, computed by number instead of stored.

    Args:
        sweep: the definition of the sweep.
        logs: the folder in which workers keep the logs of runs that fail; empty: they keep none.

    Raises:
        ScenarioError: there are too many runs, or the scenario cannot be read with some of the combinations; with all
            that is wrong, and with which.
    """

    def __init__(self, sweep: Sweep, logs: str = "") -> None:
        self.sweep = sweep
        self._logs = logs
        _require_bounds(sweep)
        self.combinations = _combinations(sweep.set, sweep.vary)
        """The parameters that each combination sets."""
        self.scenarios = _parse_all(sweep.scenario, sweep.text, self.combinations)
        """The scenario of each combination."""
        self.total = len(self.combinations) * sweep.runs

    def run(self, number: int) -> Run:
        """Make the run with a number."""
        combination, offset = divmod(number, self.sweep.runs)
        sweep = self.sweep
        seed = sweep.seed + offset
        return Run(number, sweep.text, sweep.sha256, self.combinations[combination], seed, sweep.version, self._logs)

    def runs(self, finished: Iterable[int] = ()) -> Iterator[Run]:
        """Make all runs but the finished ones, seed by seed, so that soon every combination has some."""
        done = frozenset(finished)
        for offset in range(self.sweep.runs):
            numbers = range(offset, self.total, self.sweep.runs)
            yield from (self.run(number) for number in numbers if number not in done)

    def command(self, run: Run) -> str:
        """The command that plays one run by itself."""
        return command_line(self.sweep.scenario, run.parameters, run.seed)


def make_sweep(
    scenario: str,
    text: str,
    *,
    vary: Iterable[str] = (),
    given: Iterable[str] = (),
    runs: int,
    seed: int | None,
    version: str,
) -> Sweep:
    """Make the definition of a sweep from the options of the command line.

    Args:
        scenario: the path of the scenario file.
        text: its content.
        vary: the ``--vary`` options, ``name=a,b,c`` or ``name=from:to:step``.
        given: the ``--set`` options, ``name=value``.
        runs: the number of runs for each combination.
        seed: the first seed; None: the scenario's.
        version: the version of orgsim.

    Raises:
        ScenarioError: an option or the scenario cannot be read.
    """
    settings = _unique("--set", [read_assignment(each) for each in given])
    varied = _unique("--vary", [read_variation(each) for each in vary])
    for name in varied:
        if name in settings:
            raise ScenarioError(f"--set and --vary both name {name}: is it one value or several?")
    _require_fitting(settings, varied)
    digest = sha256(text.encode()).hexdigest()
    wanted = Sweep(scenario, digest, text, settings, varied, runs, 0 if seed is None else seed, version)
    _require_bounds(wanted)
    if seed is not None:
        return wanted
    try:
        first = _parse(text, {name: values[0] for name, values in varied.items()} | settings)
    except ScenarioError:
        # Tells what is wrong with the other combinations too.
        SweepPlan(wanted)
        raise
    return structs.replace(wanted, seed=first.seed)


def read_variation(text: str) -> tuple[str, tuple[Parameter, ...]]:
    """Read ``name=a,b,c`` or ``name=from:to:step``.

    Returns:
        The name and the values in ascending order, numbers before texts.

    Raises:
        ScenarioError: it is neither, a value occurs twice, or a range never ends.
    """
    name, _, listed = (each.strip() for each in text.partition("="))
    if not name or not listed:
        raise ScenarioError(f"--vary wants NAME=a,b,c or NAME=FROM:TO:STEP, not {text!r}")
    is_range = ":" in listed and "," not in listed and listed[0] not in "\"'"
    values = _range(name, listed) if is_range else _list(name, listed)
    if len(set(values)) < len(values):
        raise ScenarioError(f"--vary {name}: {written(max(values, key=values.count))} stands there twice")
    return name, tuple(sorted(values, key=lambda value: (isinstance(value, str), value)))


def _list(name: str, listed: str) -> list[Parameter]:
    texts = [each.strip() for each in listed.split(",")]
    if not all(texts):
        raise ScenarioError(f"--vary {name}: there is an empty value in {listed!r}")
    values = [read_value(text) for text in texts]
    for value in values:
        if isinstance(value, float) and not isfinite(value):
            raise ScenarioError(f"--vary {name}: {value} is no number to count with")
    return values


def _range(name: str, listed: str) -> list[Parameter]:
    # Computed in decimals: 0.9 plus three times 0.03 is 0.99, but not in binary floating point.
    texts = [each.strip() for each in listed.split(":")]
    try:
        start, end, step = (Decimal(text) for text in texts)
    except (InvalidOperation, ValueError):
        raise ScenarioError(f"--vary {name}: a range is FROM:TO:STEP in numbers, such as 0.9:0.96:0.02") from None
    # Decimals go on where floating point has ended: 1e999 is finite.
    if not all(each.is_finite() and isfinite(float(each)) for each in (start, end, step)):
        raise ScenarioError(f"--vary {name}: a range goes from number to number, not to {listed}")
    if not float(step):
        raise ScenarioError(f"--vary {name}: a range with a step of 0 never ends")
    if (end - start) * step < 0:
        raise ScenarioError(f"--vary {name}: with a step of {texts[2]} no range leads from {texts[0]} to {texts[1]}")
    if (end - start) / step >= MOST_COMBINATIONS:
        raise ScenarioError(f"--vary {name}: the range has more than {MOST_COMBINATIONS:,} values")
    whole = all(isinstance(read_value(text), int) for text in texts)
    values = [start + index * step for index in range(int((end - start) / step) + 1)]
    return [int(value) if whole else float(value) for value in values]


def _unique(option: str, pairs: list[tuple[str, V]]) -> dict[str, V]:
    table = dict(pairs)
    if len(table) < len(pairs):
        names = [name for name, _ in pairs]
        raise ScenarioError(f"{option}: {max(names, key=names.count)} is there twice")
    return table


def _require_fitting(settings: Mapping[str, Parameter], varied: Mapping[str, tuple[Parameter, ...]]) -> None:
    for name, value in [*settings.items(), *((name, value) for name, values in varied.items() for value in values)]:
        if isinstance(value, int) and not fits(value):
            raise ScenarioError(f"{name}: {value} has more than 64 bits")


def fits(value: int) -> bool:
    """Tell whether an integer has at most 64 bits, as TOML's have."""
    return -(2**63) <= value < 2**63


def _require_bounds(sweep: Sweep) -> None:
    combinations = prod(len(values) for values in sweep.vary.values())
    if combinations > MOST_COMBINATIONS:
        raise ScenarioError(f"{combinations:,} combinations of parameters; a sweep has at most {MOST_COMBINATIONS:,}")
    if combinations * sweep.runs > MOST_RUNS:
        raise ScenarioError(
            f"{counted(combinations, 'combination')} of parameters with {counted(sweep.runs, 'run')} each are "
            f"{combinations * sweep.runs:,} runs; a sweep has at most {MOST_RUNS:,}"
        )
    if sweep.seed + sweep.runs - 1 > HIGHEST_SEED:
        raise ScenarioError(f"{counted(sweep.runs, 'seed')} from {sweep.seed} on go beyond the highest, {HIGHEST_SEED}")


def _combinations(
    settings: Mapping[str, Parameter], varied: Mapping[str, tuple[Parameter, ...]]
) -> list[dict[str, Parameter]]:
    return [{**settings, **dict(zip(varied, values, strict=True))} for values in product(*varied.values())]


def _parse_all(name: str, text: str, combinations: Sequence[Mapping[str, Parameter]]) -> list[Scenario]:
    """Read the scenario of each combination.

    Raises:
        ScenarioError: some cannot be read; each problem is there once, with the first combination that has it.
    """
    scenarios: list[Scenario] = []
    found: dict[Problem, list[Mapping[str, Parameter]]] = {}
    for given in combinations:
        try:
            scenarios.append(_parse(text, given))
        except ScenarioError as error:
            for problem in error.problems:
                found.setdefault(problem, []).append(given)
    if found:
        in_order = sorted(found.items(), key=lambda item: (item[0].line or maxsize, item[0].column or 0))
        total, told = len(combinations), in_order[:MOST_PROBLEMS]
        more = [f"and {len(found) - len(told):,} more with other combinations"] if len(found) > len(told) else []
        raise ScenarioError(*(_with(problem, givens, total) for problem, givens in told), *more, file=name)
    return scenarios


def _with(problem: Problem, givens: Sequence[Mapping[str, Parameter]], total: int) -> Problem:
    """A problem that says with which parameters it arises: those that all combinations that have it share."""
    if len(givens) == total and total > 1:
        return problem
    first, *others = givens
    shared = {key: value for key, value in first.items() if all(each[key] == value for each in others)}
    what = ", ".join(f"{key}={written(value)}" for key, value in shared.items())
    return structs.replace(problem, message=f"{problem.message} (with {what})") if what else problem


def _parse(text: str, given: Mapping[str, Parameter]) -> Scenario:
    scenario = parse_scenario(text, given)
    require_present(scenario, "a sweep begins with no log")
    return scenario


def scenario_of(run: Run) -> Scenario:
    """Parse the scenario of a run, with the run's parameters and seed."""
    return structs.replace(parse_scenario(run.text, run.parameters), seed=run.seed)


def varied(sweep: Sweep, given: Mapping[str, Parameter]) -> dict[str, Parameter]:
    """The parameters of a combination that vary in the sweep."""
    return {name: given[name] for name in sweep.vary}
