"""Mistakes in Python code: names that there are not, which the wire ignores, wrong durations, and tracebacks."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from traceback import format_exception
from typing import Any, cast, get_args

import pytest
from msgspec import Struct, structs

import orgsim.api as public
from orgsim.api import Actor, Quotas, Retry, Settings, Simulation, delays
from orgsim.api.delays import Fixed, Lognormal, OfficeHours, Uniform
from orgsim.engine.errors import Refused
from orgsim.engine.settings import Latencies
from orgsim.engine.spelling import Spelt

FOUNDER = "111111111111"

MISSPELT: list[tuple[str, Mapping[str, Any], str]] = [
    ("CreateOrganization", {"feature_set": "ALL"}, "CreateOrganization has no member 'feature_set'; write FeatureSet"),
    ("ListAccounts", {"MaxResult": 3}, "ListAccounts has no member 'MaxResult'; did you mean MaxResults"),
    ("ListRoots", {"Filter": 3}, "there are: "),
]


@pytest.mark.parametrize(("operation", "members", "message"), MISSPELT)
def test_unknown_member_in_python(operation: str, members: Mapping[str, Any], message: str) -> None:
    """A call with a member that there is not raises TypeError, which names the one to write; nothing happens."""
    with Simulation() as sim:
        before = len(sim.sync.events())
        with pytest.raises(TypeError, match=message):
            sim.sync.client(FOUNDER).call(operation, members)
        assert len(sim.sync.events()) == before


def test_unknown_operation_in_python() -> None:
    """A call by a name that there is not raises LookupError, which begins with the operation that is meant."""
    with Simulation() as sim, pytest.raises(LookupError, match="'ListAccount'; did you mean ListAccounts"):
        sim.sync.client(FOUNDER).call("ListAccount", {})


def test_a_refusal_tells_its_explanation_in_tracebacks() -> None:
    """The explanation of a refusal is a note of the exception; its text is AWS's alone."""
    with Simulation() as sim, pytest.raises(Refused) as caught:
        sim.sync.client(FOUNDER).list_roots()
    explanation = caught.value.explanation
    assert explanation
    assert explanation not in str(caught.value)
    assert explanation in "".join(format_exception(caught.value))


def test_a_world_that_has_not_begun() -> None:
    """The error of a world that has not begun names both ways to begin it."""
    with pytest.raises(RuntimeError, match=r"with Simulation\(\) as sim, or async with"):
        Simulation().sync.client(FOUNDER)


async def test_unknown_member_on_the_wire() -> None:
    """A request of the wire with an unknown member is answered as if the member were not there."""
    async with Simulation() as sim:
        await sim.client(FOUNDER).call_at("CreateOrganization", {"feature_set": "CONSOLIDATED_BILLING"})
        assert (await sim.client(FOUNDER).describe_organization()).organization.feature_set == "ALL"


async def nothing(me: Actor) -> None:
    """A process that returns at once."""


@pytest.mark.parametrize("name", ["over", "every"])
@pytest.mark.parametrize(
    ("duration", "error", "message"),
    [
        (14, TypeError, r'is a duration such as "15d", .* or a timedelta; not 14'),
        (0, TypeError, "not 0"),
        (1.5, TypeError, "not 1.5"),
        ([14], TypeError, r"not \[14\]"),
        ("14 days", ValueError, "'14 days' is not a duration such as \"15d\""),
        ("", ValueError, "'' is not a duration"),
        ("999999999w", ValueError, "longer than the calendar"),
    ],
)
def test_no_duration_of_a_population(name: str, duration: Any, error: type[Exception], message: str) -> None:
    """A time that has no unit or is none is refused with its parameter and examples, and takes no account numbers."""
    with Simulation() as sim:
        with pytest.raises(error, match=f"^{name}.*{message}"):
            sim.population(3, nothing, **{name: duration})
        assert sim.sync.organization(1).accounts == ("200000000000",)


@pytest.mark.parametrize("over", ["14d", "336h", timedelta(days=14)])
async def test_durations_of_a_population(over: str | timedelta) -> None:
    """Starts are spread over a text as over the timedelta that it says, and so they are at an interval."""
    async with Simulation() as sim:
        starts: list[float] = []

        async def process(me: Actor) -> None:
            starts.append((sim.now - began) / timedelta(days=1))

        began = sim.now
        async with sim.population(4, process, over=over):
            pass
        assert starts == [0, 3.5, 7, 10.5]
        began, starts = sim.now, []
        async with sim.population(3, process, every=over):
            pass
        assert starts == [0, 14, 28]


@pytest.mark.parametrize(
    ("reminders", "error", "message"),
    [
        ([7, 12], TypeError, r"reminders are days with their chances, such as \{7: 0.6, 12: 0.5\}, not \[7, 12\]"),
        (7, TypeError, "not 7"),
        ({None: 0.5}, TypeError, r'a reminder is a duration such as "15d", .* not None'),
        ({"7": 0.5}, ValueError, "a reminder: '7' is not a duration such as"),
        ({7: "often"}, TypeError, r"reminders\[7\] is the chance .* a number from 0 to 1, not 'often'"),
        ({"12d": 0.5, 7: 0.5}, ValueError, r"reminders\[7\] comes at a time after the 12 days of the one before"),
        ({5: 0.1, 7: 2}, ValueError, r"reminders\[7\] is the chance that an account follows it, .* 0 to 1, not 2$"),
        ({0: 0.5}, ValueError, r"reminders\[0\] comes at a time above 0 days, and at most 36,500 days, not 0"),
    ],
)
async def test_no_reminders(reminders: Any, error: type[Exception], message: str) -> None:
    """Reminders that are none are refused before anybody waits, with what is possible."""
    async with Simulation() as sim:
        began = sim.now

        async def process(me: Actor) -> None:
            with pytest.raises(error, match=message):
                await me.wait_for_reminder(reminders)
            assert sim.now == began

        async with sim.population(1, process):
            pass


async def test_reminders_after_durations() -> None:
    """Reminders come after numbers of days, texts and timedeltas alike."""
    async with Simulation() as sim:

        async def process(me: Actor) -> None:
            for reminders in ({1.5: 1}, {"36h": 1}, {timedelta(hours=36): 1}, {1: 0, "1d12h": 1}):
                began = sim.now
                assert await me.wait_for_reminder(reminders)
                assert sim.now - began == timedelta(hours=36)

        async with sim.population(1, process):
            pass


DISTRIBUTIONS: list[tuple[Callable[..., object], Mapping[str, Any], str]] = [
    (Fixed, {"days": "3d"}, "days is a number from 0 to 36,500, not '3d'"),
    (Fixed, {"days": timedelta(3)}, "days is a number from 0 to 36,500, not datetime"),
    (Uniform, {"from_days": "1d", "to_days": 2}, "from_days is a number from 0 to 36,500, not '1d'"),
    (Lognormal, {"median_days": 3, "sigma": None, "at_most_days": 9}, "sigma is a number from 0 to 10, not None"),
    (OfficeHours, {"median_hours": "8h", "sigma": 1, "at_most_hours": 80}, "median_hours is a number .* not '8h'"),
]
OFFICE = {"median_hours": 8, "sigma": 1, "at_most_hours": 80}


@pytest.mark.parametrize(("make", "numbers", "message"), DISTRIBUTIONS)
def test_no_number_of_a_distribution(make: Callable[..., object], numbers: Mapping[str, Any], message: str) -> None:
    """A number that a distribution does not have, or that is none, is a TypeError that says what is possible."""
    with pytest.raises(TypeError, match=message):
        make(**numbers)


@pytest.mark.parametrize(
    ("numbers", "error", "message"),
    [
        ({"opens": 9.5}, TypeError, "opens is a whole number from 0 to 24, not 9.5"),
        ({"closes": "17"}, TypeError, "closes is a whole number from 0 to 24, not '17'"),
        ({"opens": -1}, ValueError, "opens is a whole number from 0 to 24, not -1"),
        ({"closes": 25}, ValueError, "closes is a whole number from 0 to 24, not 25"),
        ({"utc_offset_hours": 15}, ValueError, "utc_offset_hours is a number from -12 to 14, not 15"),
    ],
)
def test_no_hours_of_an_office(numbers: Mapping[str, Any], error: type[Exception], message: str) -> None:
    """Hours of an office that files would not have are refused in programs too."""
    with pytest.raises(error, match=message):
        OfficeHours(**OFFICE, **numbers)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"days": "3"}, TypeError, "are numbers, such as days=1.5, not days='3'"),
        ({"days": 1, "hours": float("nan")}, ValueError, "not days=1, hours=nan"),
        ({"duration": [3]}, TypeError, r'^duration is a duration such as "15d", .* or a timedelta; not \[3\]'),
        ({"duration": 3}, TypeError, "3 has no unit: say days=3"),
    ],
)
async def test_no_time_to_pass(arguments: Mapping[str, Any], error: type[Exception], message: str) -> None:
    """A time that is none is told the same by all that let time pass, and none passes."""
    async with Simulation() as sim:
        began = sim.now
        for passing in (sim.advance, sim.sleep):
            with pytest.raises(error, match=message):
                await passing(**arguments)
        assert sim.now == began


STRUCTS = (Quotas, Latencies, Settings, Retry, Fixed, Uniform, Lognormal, OfficeHours)


@pytest.mark.parametrize("struct", STRUCTS)
def test_keyword_that_a_struct_does_not_take(struct: Callable[..., object]) -> None:
    """A keyword that a struct does not take is a TypeError with those that it takes, the one that is meant first."""
    names = structs.fields(cast("type[Struct]", struct))
    meant = names[0].encode_name
    with pytest.raises(TypeError) as raised:
        struct(**{f"{meant}_": 3})
    said = str(raised.value)
    name = cast("type", struct).__name__
    assert said.startswith(
        (f"{name} takes no {meant}_: did you mean {meant}", f"{name} takes no {meant}_: write {meant}")
    )
    with pytest.raises(TypeError, match=rf"^{name} takes no zzz: it takes: .*{names[-1].encode_name}"):
        struct(zzz=3)


def test_every_struct_that_users_make_is_among_them() -> None:
    """All structs that ``orgsim.api`` and its delays export for users say which keywords they take."""
    exported = [*(getattr(public, name) for name in public.__all__), *get_args(delays.Delay)]
    made = [each for each in exported if isinstance(each, type) and issubclass(each, Struct)]
    assert {*made} <= {*STRUCTS}
    assert all(isinstance(each, Spelt) for each in made)
