"""What is said of a sweep in sentences."""

import pytest
from msgspec import structs
from support.made_up_sweep import LIMIT, combination, limit, summary

from orgsim.api.load.sweep.summary import CombinationSummary, ThresholdSummary
from orgsim.api.load.sweep.verdict import median_and_range, sentences


def accounts(*finished: int, runs: int = 100) -> list[CombinationSummary]:
    """A combination for each number of runs that passed, with 10, 20, … accounts."""
    return [combination({"accounts": 10 * number}, each, runs) for number, each in enumerate(finished, 1)]


@pytest.mark.parametrize(
    ("combinations", "said"),
    [
        (
            [combination({}, 83)],
            "The plan passes in 83 of 100 runs: a chance of 83 %, with 95 % confidence 74.5 % to 89.1 %.",
        ),
        (
            accounts(100, 100),
            "The plan passes in every run of all 2 combinations: with 95 % confidence the chance is above 96.3 %.",
        ),
        (
            accounts(0, 0, 0),
            "The plan passes in no run of any of the 3 combinations: with 95 % confidence the chance is below 3.7 %.",
        ),
        (
            accounts(60, 60),
            "The plan passes equally often in all 2 combinations: accounts=10 (and 1 other): 60 %, 60 of 100 runs.",
        ),
        (
            accounts(97, 50, 97, 97),
            "The plan passes most likely with accounts=10 (and 2 others): 97 %, 97 of 100 runs; least likely with "
            "accounts=20: 50 %, 50 of 100 runs.",
        ),
        ([combination({}, 0, 0, lost=5)], "No run came to an end."),
    ],
)
def test_chances(combinations: list[CombinationSummary], said: str) -> None:
    """The first sentence says how likely the plan is to pass: best and worst combination, or all at once."""
    assert next(sentences(summary(*combinations))) == said


def test_what_fails() -> None:
    """The thresholds that failed follow, those most often first, and apart from them those that only warn."""
    found = summary(
        combination({}, 40),
        thresholds=[
            limit(2),
            ThresholdSummary(figure="joined", threshold="joined >= 9", severity="fail", failed=60),
            ThresholdSummary(figure="events", threshold="events < 1", severity="fail", failed=0),
            ThresholdSummary(figure="members", threshold="members > 1", severity="warn", failed=3),
        ],
    )
    said = list(sentences(found))

    assert said[1] == f"What fails, of 100 runs in all: joined >= 9 in 60, {LIMIT} in 2."
    assert said[2] == "What only warns: members > 1 in 3."


def test_no_thresholds() -> None:
    """A sweep without thresholds says what a pass is."""
    said = list(sentences(summary(combination({}, 40), thresholds=[])))

    assert said[1] == "There are no thresholds: a run passes if all organizations have all features at its end."


def test_what_went_wrong() -> None:
    """Refused runs and warnings are counted over all combinations, the first warning is quoted."""
    found = summary(
        combination({"n": 1}, 100),
        combination({"n": 2}, 90, refused=10, warned=3, first_warning="step 2: the reminder reached nobody"),
    )
    said = list(sentences(found))

    assert "10 runs could not be played to the end; the column `error` says why." in said
    assert (
        "Not everything went as planned in 3 runs; in the first of them: step 2: the reminder reached nobody." in said
    )


@pytest.mark.parametrize(
    ("runs", "said"),
    [
        (1, "1 run for a combination is few: a chance may be off by 79 percentage points; with --runs 100 by 10."),
        (5, "5 runs for a combination are few: a chance may be off by 43 percentage points; with --runs 100 by 10."),
    ],
)
def test_few_runs(runs: int, said: str) -> None:
    """Few runs are said to be few, with how far the chances may be off: for none of five the interval ends at 43 %."""
    assert list(sentences(summary(*accounts(0, runs, runs=runs))))[-1] == said
    assert not any("few" in each for each in sentences(summary(*accounts(0, 30, runs=30))))


def test_medians() -> None:
    """A figure is said with its median and its range in sensible digits, once if they are equal, not at all without."""
    assert median_and_range(combination({}, 1, days=(1, 2, 30)), "virtual_days") == "2 (1 to 30)"
    assert median_and_range(combination({}, 1, days=(1.25, 28.06, 3300.4)), "virtual_days") == "28.1 (1.25 to 3,300)"
    assert median_and_range(combination({}, 1, days=(2.5, 2.5, 2.5)), "virtual_days") == "2.50"
    assert median_and_range(combination({}, 1, days=(None, None, None)), "virtual_days") == ""


def test_medians_of_shares() -> None:
    """Shares are said in percent."""
    each = combination({}, 1)
    quantiles = dict.fromkeys(each.figures["virtual_days"], 0.95) | {"p5": 0.8}
    assert median_and_range(structs.replace(each, figures={"ours.joined_share": quantiles}), "ours.joined_share") == (
        "95 % (80 % to 95 %)"
    )
