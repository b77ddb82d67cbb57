"""What a sweep has shown, in sentences for people who have not seen its table."""

from collections.abc import Callable, Iterator

from ...plurals import counted
from ..scenario.parameters import written
from ..wording import is_share, sensible, share
from .summary import CombinationSummary, Summary, wilson

FEW_RUNS = 30
"""With fewer runs an interval is more than a third of all chances wide, and is not drawn."""
HINTED_RUNS = 100
"""So many runs tell a chance to within ten percentage points."""


def sentences(summary: Summary) -> Iterator[str]:
    """Say how likely the plan is to pass, what fails, and how far that can be relied on; one sentence at a time."""
    yield _chances([each for each in summary.combinations if each.runs])
    yield from _failures(summary)
    yield from _warnings(summary)
    yield from _reliability(summary)


def failures(summary: Summary | CombinationSummary) -> list[tuple[str, int]]:
    """The thresholds that failed, with the number of runs in which they did; those most often first."""
    found = [(each.threshold, each.failed) for each in summary.thresholds if each.severity == "fail" and each.failed]
    return sorted(found, key=lambda each: -each[1])


def called(combination: CombinationSummary, besides: int = 0) -> str:
    """The varied parameters of a combination, but for the first ones: ``ignore=0.25, accounts=40``."""
    return ", ".join(f"{name}={written(value)}" for name, value in list(combination.parameters.items())[besides:])


def passed(combination: CombinationSummary) -> str:
    """In how many runs a combination passed: ``4 of 5``."""
    return f"{combination.finished:,} of {combination.runs:,}"


def interval(combination: CombinationSummary) -> str:
    """The confidence interval of a combination's chance: ``38 % to 96.4 %``."""
    return f"{share(combination.chance.low)} to {share(combination.chance.high)}"


def median_and_range(combination: CombinationSummary, figure: str) -> str:
    """The median of a figure over the runs, and its 5th and 95th percentile: ``29.4 (28.1 to 33)``; empty without."""
    found = [combination.figures[figure][name] for name in ("median", "p5", "p95")]
    said = share if is_share(figure) else sensible
    numbers = [said(number) for number in found if number is not None]
    if not numbers:
        return ""
    median, low, high = numbers
    return median if low == high else f"{median} ({low} to {high})"


def _chances(combinations: list[CombinationSummary]) -> str:
    if not combinations:
        return "No run came to an end."
    if len(combinations) == 1:
        only = combinations[0]
        return (
            f"The plan passes in {only.finished:,} of {_runs(only.runs)}: a chance of {_chance(only)}, with 95 % "
            f"confidence {interval(only)}."
        )
    total = f"{len(combinations):,} combinations"
    if not any(each.finished for each in combinations):
        most = share(max(each.chance.high for each in combinations))
        return f"The plan passes in no run of any of the {total}: with 95 % confidence the chance is below {most}."
    if all(each.finished == each.runs for each in combinations):
        least = share(min(each.chance.low for each in combinations))
        return f"The plan passes in every run of all {total}: with 95 % confidence the chance is above {least}."
    best, worst = _extreme(combinations, max), _extreme(combinations, min)
    if len(best) == len(combinations):
        return f"The plan passes equally often in all {total}: {_told(best)}."
    return f"The plan passes most likely with {_told(best)}; least likely with {_told(worst)}."


def _extreme(
    combinations: list[CombinationSummary], extreme: Callable[[Iterator[float]], float]
) -> list[CombinationSummary]:
    """The combinations with the greatest or the least chance."""
    at = extreme(each.chance.share or 0.0 for each in combinations)
    return [each for each in combinations if each.chance.share == at]


def _told(combinations: list[CombinationSummary]) -> str:
    """Combinations that have the same chance: the first one, and how many others there are."""
    first, others = combinations[0], len(combinations) - 1
    also = f" (and {others:,} other{'s' if others > 1 else ''})" if others else ""
    return f"{called(first)}{also}: {_chance(first)}, {first.finished:,} of {_runs(first.runs)}"


def _failures(summary: Summary) -> Iterator[str]:
    found, warned = failures(summary), [each for each in summary.thresholds if each.severity == "warn" and each.failed]
    if found:
        listed = ", ".join(f"{threshold} in {failed:,}" for threshold, failed in found)
        yield f"What fails, of {_runs(summary.runs)} in all: {listed}."
    elif not summary.thresholds:
        yield "There are no thresholds: a run passes if all organizations have all features at its end."
    if warned:
        yield f"What only warns: {', '.join(f'{each.threshold} in {each.failed:,}' for each in warned)}."
    if refused := sum(each.refused for each in summary.combinations):
        yield f"{_runs(refused)} could not be played to the end; the column `error` says why."


def _warnings(summary: Summary) -> Iterator[str]:
    if warned := sum(each.warned for each in summary.combinations):
        first = next(each.first_warning for each in summary.combinations if each.warned)
        yield f"Not everything went as planned in {_runs(warned)}; in the first of them: {first}."


def _reliability(summary: Summary) -> Iterator[str]:
    fewest = min(each.runs for each in summary.combinations)
    if 0 < fewest < FEW_RUNS:
        yield (
            f"{_runs(fewest)} for a combination {'are' if fewest > 1 else 'is'} few: a chance may be off by "
            f"{_off(fewest)} percentage points; with --runs {HINTED_RUNS} by {_off(HINTED_RUNS)}."
        )


def _off(runs: int) -> int:
    """How far from the share of so many runs the end of its interval can be, in percentage points."""
    return round(100 * max(wilson(finished, runs)[1] - finished / runs for finished in range(runs + 1)))


def _chance(combination: CombinationSummary) -> str:
    return share(combination.chance.share or 0.0)


def _runs(number: int) -> str:
    return counted(number, "run")
