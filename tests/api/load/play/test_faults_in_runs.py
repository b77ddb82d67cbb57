"""Scenarios in which something goes wrong."""

from support.play_scenario import moments, population, recorded, step

from orgsim.engine.events import AccountCreationFailed, AccountCreationRequested, AccountJoined, FaultInjected

MADE = population("made", "created", 6)
CREATE = step("create_accounts", population="made")
RETRY = {"attempts": 10, "first_seconds": 1, "most_seconds": 60}


def fault(kind: str, **rest: object) -> str:
    """A fault of a scenario."""
    lines = [f"{name} = {value!r}" for name, value in {"fault": kind, **rest}.items()]
    return "\n".join(["[[faults]]", *lines, ""])


async def test_a_refused_call_is_not_made_again() -> None:
    """Without ``retry`` two of six creations are refused for good, and the log has who met what."""
    outcome, envelopes = await recorded(fault("service_exception", operations="CreateAccount", times=2), MADE, CREATE)
    assert outcome.refused == {"ServiceException": 2}
    assert len(moments(envelopes, AccountCreationRequested)) == 4
    hits = [envelope.event for envelope in envelopes if isinstance(envelope.event, FaultInjected)]
    assert [(hit.script, hit.operation) for hit in hits] == [("fault-1", "CreateAccount")] * 2


async def test_a_refused_call_is_retried() -> None:
    """With ``retry`` all creations succeed in the end, for each of the passing refusals."""
    for kind, code in (
        ("throttle", "TooManyRequestsException"),
        ("conflict", "ConcurrentModificationException"),
        ("finalizing", "FinalizingOrganizationException"),
        ("service_exception", "ServiceException"),
    ):
        create = step("create_accounts", population="made", retry=RETRY)
        outcome, envelopes = await recorded(fault(kind, operations=["CreateAccount"], times=4), MADE, create)
        assert outcome.refused == {code: 4}
        assert len(moments(envelopes, AccountCreationRequested)) == 6


async def test_other_refusals_are_final() -> None:
    """A refusal that is scripted by its code is not retried."""
    create = step("create_accounts", population="made", retry=RETRY)
    refuse = fault("refuse", operations="*", times=1, code="ConstraintViolationException", reason="WAIT_PERIOD_ACTIVE")
    outcome, envelopes = await recorded(refuse, MADE, create)
    assert outcome.refused == {"ConstraintViolationException WAIT_PERIOD_ACTIVE": 1}
    assert len(moments(envelopes, AccountCreationRequested)) == 5


async def test_creations_fail_and_take_time() -> None:
    """Two of six creations fail, and each takes ten minutes."""
    fail, slow = fault("fail_creation", reason="INTERNAL_FAILURE", times=2), fault("slow_creation", duration="10m")
    _, envelopes = await recorded(fail + slow, MADE, CREATE)
    assert moments(envelopes, AccountCreationFailed) == [600, 600]
    assert min(moments(envelopes, AccountJoined)[1:]) == 600


async def test_a_window() -> None:
    """A fault of the second day meets the calls of the second day."""
    ask = step("ListRoots", organization="organization")
    day = step("wait", days=1)
    throttle = fault("throttle", operations="*", since="1d", until="2d")
    outcome, _ = await recorded(throttle, ask, day, ask, day, ask)
    assert outcome.refused == {"TooManyRequestsException": 1}


async def test_two_runs_are_the_same() -> None:
    """A share is drawn from the seed: two runs have the same log."""
    runs = [
        (
            await recorded(
                fault("throttle", operations="*", share=0.5),
                MADE,
                step("create_accounts", population="made", retry=RETRY),
            )
        )
        for _ in range(2)
    ]
    assert runs[0][1] == runs[1][1]
    assert runs[0][0].refused["TooManyRequestsException"] > 0
