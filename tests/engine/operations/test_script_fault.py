from typing import Any

import pytest
from support.given import FOUNDER, MEMBER, START, World

from orgsim.engine.events import FaultScripted
from orgsim.engine.operations.script_fault import ImpossibleFault, Request
from orgsim.engine.settings import LATEST, SECOND


def test_event() -> None:
    """A fault is recorded as it was scripted, under the next free id."""
    world = World()
    world.do(Request(fault="throttle", operations=("ListAccounts",)))
    request = Request(
        fault="refuse",
        operations=("EnableAllFeatures", "AcceptHandshake", "EnableAllFeatures"),
        accounts=(FOUNDER, MEMBER),
        share=0.5,
        times=3,
        after_calls=2,
        begins_at=START + SECOND,
        ends_at=START + 2 * SECOND,
        code="HandshakeConstraintViolationException",
        reason="PAST_DUE_INVOICE",
    )
    assert world.do(request) == [
        FaultScripted(
            script="fault-2",
            fault="refuse",
            operations=("EnableAllFeatures", "AcceptHandshake"),
            accounts=(FOUNDER, MEMBER),
            share=0.5,
            times=3,
            after_calls=2,
            begins_at=START + SECOND,
            ends_at=START + 2 * SECOND,
            code="HandshakeConstraintViolationException",
            reason="PAST_DUE_INVOICE",
        )
    ]
    assert list(world.state.faults.scripts) == ["fault-1", "fault-2"]


def test_every_operation() -> None:
    """A star stands for every operation that the kind is possible for, and is recorded as none."""
    assert World().do(Request(fault="empty_page", operations=("*",)))[0].operations == ()


def test_a_reason_may_name_a_member() -> None:
    """A reason of InvalidInput may name the member of the request that is meant."""
    request = Request(
        fault="refuse", operations=("*",), code="InvalidInputException", reason="INVALID_PATTERN:HANDSHAKE_ID"
    )
    assert World().do(request)[0].reason == "INVALID_PATTERN:HANDSHAKE_ID"


@pytest.mark.parametrize(
    ("members", "complaint"),
    [
        ({"fault": "flood"}, "no fault 'flood'; there are: throttle, conflict, finalizing,"),
        ({"operations": ()}, "Name the operations that the fault is for, or '\\*' for all"),
        (
            {"operations": ("ListAcounts",)},
            "no operation 'ListAcounts'; did you mean ListAccounts .* there are: ListAccounts, .* and 55 more",
        ),
        ({"operations": ("*", "ListAccounts")}, "no operation '\\*'"),
        (
            {"fault": "finalizing", "operations": ("ListRoots",)},
            "does not document FinalizingOrganizationException for it; possible are: AttachPolicy, CreateAcc",
        ),
        (
            {"fault": "empty_page", "operations": ("DescribeAccount",)},
            "empty_page is for others; possible are: List",
        ),
        (
            {"fault": "slow_closure", "operations": ("ListRoots",)},
            "slow_closure is for others; possible are: CloseAccount.",
        ),
        ({"fault": "refuse"}, "Say with which code the call is refused: AWSOrganizationsNotInUseException, "),
        ({"fault": "refuse", "code": "Oops"}, "no code 'Oops'; there are: .* and 42 more"),
        ({"code": "ServiceException"}, "A code goes with refuse only, not with throttle"),
        (
            {"fault": "refuse", "code": "AccountAlreadyClosedException", "operations": ("ListAccounts",)},
            "does not document AccountAlreadyClosedException for it; possible are: CloseAccount.",
        ),
        (
            {"fault": "refuse", "code": "InvalidInputException"},
            "Say for which reason: CALLER_REQUIRED_FIELD_MISSING, DUPLICATE_TAG_KEY",
        ),
        (
            {"fault": "refuse", "code": "InvalidInputException", "reason": "INVALID_ENUM:\ud800"},
            "no reason 'INVALID_ENUM:",
        ),
        ({"reason": "WAIT_PERIOD_ACTIVE"}, "throttle has no reasons"),
        ({"fault": "fail_creation"}, "Say for which reason: ACCOUNT_LIMIT_EXCEEDED, "),
        ({"fault": "fail_creation", "reason": "BAD_LUCK"}, "no reason 'BAD_LUCK'; there are: ACCOUNT_LIMIT_EXCEEDED, "),
        ({"accounts": ("12",)}, "An account is twelve digits, not '12'"),
        ({"share": 0}, "A share is above 0 and at most 1, not 0"),
        ({"share": 1.01}, "A share is above 0 and at most 1, not 1.01"),
        ({"share": float("nan")}, "A share is above 0 and at most 1, not nan"),
        ({"times": 0}, "times is a number of calls from 1 on, not 0"),
        ({"times": 2**40}, "times is a number"),
        ({"after_calls": -1}, "after_calls is a number of calls from 0 on, not -1"),
        ({"ends_at": START}, "would end at 2026-01-01T00:00:00Z, not after it begins, 2026-01-01T00:00:00Z"),
        ({"begins_at": START + 2, "ends_at": START + 1}, "not after it begins"),
        ({"begins_at": LATEST + 1}, "begins and ends between 1970-01-01 and 8995-05-02"),
        ({"fault": "delay"}, "Say how long: delay needs a duration"),
        ({"fault": "delay", "duration": -1}, "A duration is from 0 on"),
        ({"fault": "delay", "duration": LATEST}, "ends before 8995-05-02"),
        ({"duration": 1}, "slow_creation, slow_closure, delay and lag take a duration, throttle does not"),
    ],
)
def test_impossible(members: dict[str, Any], complaint: str) -> None:
    """A fault that makes no sense is refused with what is wrong and what there is instead; nothing is recorded."""
    world = World()
    request = Request(**{"fault": "throttle", "operations": ("ListAccounts",), **members})
    with pytest.raises(ImpossibleFault, match=complaint):
        world.do(request)
    assert world.state.faults is None
