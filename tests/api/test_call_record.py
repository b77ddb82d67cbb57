"""``sim.calls``: what was called through any client of a simulation, and what was answered."""

from threading import Thread

import boto3
import pytest

from orgsim.api import Client, ConnectionDropped, Refused, Simulation, simulation
from orgsim.api.client import record
from orgsim.api.client.record import CallRecord, CallsNotRecorded
from orgsim.api.testing import mock_organizations

MANAGEMENT = "111111111111"
MEMBER = "222222222222"


async def three_calls(sim: Simulation) -> Client:
    """Found an organization, invite a member, and be refused once."""
    org = sim.client(MANAGEMENT, "Admin")
    await org.create_organization(feature_set="ALL")
    await org.invite_account_to_organization(target={"Type": "ACCOUNT", "Id": MEMBER})
    with pytest.raises(Refused):
        await sim.client(MEMBER).list_accounts()
    return org


async def test_a_call_has_its_caller_members_time_and_answer() -> None:
    """Each call tells who asked what and when, and what was answered; members that were left out are not there."""
    async with Simulation() as sim:
        assert len(sim.calls) == 0
        await sim.advance(days=1)
        await three_calls(sim)
        created, invited, refused = sim.calls

        assert (created.number, created.operation, created.account, created.principal) == (
            1,
            "CreateOrganization",
            MANAGEMENT,
            "Admin",
        )
        assert created.time == sim.now
        assert created.members == {"FeatureSet": "ALL"}
        assert created.reply.organization.feature_set == "ALL"
        assert created.refusal is None
        assert invited.members == {"Target": {"Type": "ACCOUNT", "Id": MEMBER}}
        assert refused.reply is None
        assert refused.refusal.code == "AWSOrganizationsNotInUseException"
        assert MEMBER in (refused.refusal.explanation or "")


async def test_calls_are_counted_and_selected() -> None:
    """``of`` counts the calls of an operation; ``select`` finds them by operation, caller, and whether refused."""
    async with Simulation() as sim:
        calls = sim.calls
        await three_calls(sim)

        assert calls.of("CreateOrganization") == 1
        assert calls.of("ListRoots") == 0
        assert [call.operation for call in calls.select(account=MANAGEMENT)] == [
            "CreateOrganization",
            "InviteAccountToOrganization",
        ]
        assert [call.number for call in calls.select(refused=True)] == [3]
        assert [call.number for call in calls.select("CreateOrganization", refused=False)] == [1]
        assert calls.select(principal="Auditor") == []
        assert repr(calls) == "<calls: CreateOrganization 1, InviteAccountToOrganization 1, ListAccounts 1>"


async def test_an_unknown_operation_is_named() -> None:
    """To count or select calls of an operation that there is not is an error, which names what may be meant."""
    async with Simulation() as sim:
        with pytest.raises(ValueError, match="no operation 'ListAcounts'; did you mean ListAccounts"):
            sim.calls.of("ListAcounts")
        with pytest.raises(ValueError, match=r"no operation 'xyz'; they are listed in docs/operations\.md"):
            sim.calls.select("xyz")


async def test_calls_before_the_first_look() -> None:
    """Calls made before anybody looked are missing: whoever counts is told, until ``clear`` begins the record."""
    async with Simulation() as sim:
        org = await three_calls(sim)
        looks = (
            lambda: sim.calls.of("CreateOrganization"),
            lambda: len(sim.calls),
            lambda: list(sim.calls),
            lambda: sim.calls.select(),
            lambda: sim.calls.last(1),
            lambda: sim.calls[0],
        )
        for look in looks:
            with pytest.raises(CallsNotRecorded, match=r"sim\.calls\.clear"):
                look()
        assert repr(sim.calls) == "<calls: none, others were made before>"
        sim.calls.clear()
        await org.list_roots()
        assert [call.operation for call in sim.calls] == ["ListRoots"]


def test_clients_of_boto3_record() -> None:
    """In a world that only boto3 calls, every call is there, whenever it is asked for."""
    with Simulation() as sim:
        sim.boto3_client("organizations", account=MANAGEMENT).create_organization()
        assert sim.calls.of("CreateOrganization") == 1
    with mock_organizations(account=MANAGEMENT) as sim:
        boto3.client("organizations", region_name="us-east-1").create_organization()
        assert sim.calls.of("CreateOrganization") == 1


async def test_calls_are_indexed_and_counted_by_account() -> None:
    """The record is indexed like a list, and ``of`` counts the calls of one account."""
    async with Simulation() as sim:
        calls = sim.calls
        await three_calls(sim)
        assert (calls[0].operation, calls[-1].operation) == ("CreateOrganization", "ListAccounts")
        assert [call.number for call in calls[1:]] == [2, 3]
        assert calls.of("ListAccounts", account=MEMBER) == 1
        assert calls.of("ListAccounts", account=MANAGEMENT) == 0


async def test_members_are_copied() -> None:
    """What the caller changes after the call does not change the record."""
    async with Simulation() as sim:
        calls, target = sim.calls, {"Type": "ACCOUNT", "Id": MEMBER}
        org = sim.client(MANAGEMENT)
        await org.create_organization()
        await org.invite_account_to_organization(target=target)
        target["Id"] = "other"

        assert calls.select("InviteAccountToOrganization")[0].members["Target"]["Id"] == MEMBER


async def test_all_are_counted_and_the_latest_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only so many calls are kept, the latest, while the counts go on; ``clear`` forgets all."""
    monkeypatch.setattr(record, "KEPT", 3)
    async with Simulation() as sim:
        org = sim.client(MANAGEMENT)
        await org.create_organization()
        calls = sim.calls
        calls.clear()
        for _ in range(5):
            await org.list_roots()

        assert [call.number for call in calls] == [3, 4, 5]
        assert (len(calls), calls.of("ListRoots")) == (5, 5)
        assert [call.number for call in calls.last(2)] == [4, 5]
        calls.clear()
        assert (len(calls), list(calls), calls.last(2)) == (0, [], [])


async def test_what_is_no_answer_is_not_recorded() -> None:
    """An operation that there is not, and a member that cannot be copied, do not disturb the record."""
    async with Simulation() as sim:
        calls, org = sim.calls, sim.client(MANAGEMENT)
        with pytest.raises(LookupError):
            await org.call("MakeCoffee", {})
        with pytest.raises(Refused):
            await org.call("CreateOrganization", {"FeatureSet": (each for each in ())})

        assert [call.operation for call in calls] == ["CreateOrganization"]


def test_threads_are_recorded_together() -> None:
    """Calls of several threads are all counted."""
    with Simulation() as sim:
        calls, org = sim.calls, sim.sync.client(MANAGEMENT)
        org.create_organization()

        def ask() -> None:
            for _ in range(200):
                org.list_roots()

        threads = [Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert calls.of("ListRoots") == 800
        assert [call.number for call in calls] == [*range(1, 802)]


async def test_a_call_as_text() -> None:
    """As text a call is one line: time, caller, operation, members, and why it was refused."""
    async with Simulation() as sim:
        sim.calls.clear()
        await three_calls(sim)
        created, _, refused = map(str, sim.calls)

        assert created == "2026-01-01T00:00:00Z 111111111111 Admin CreateOrganization FeatureSet='ALL'"
        assert refused.startswith("2026-01-01T00:00:00Z 222222222222 ListAccounts -> AWSOrganizationsNotInUseException")
        assert refused.endswith(
            "222222222222 is in no organization; it must create one, or accept an invitation to one"
        )


def test_an_empty_record() -> None:
    """A record without calls says so."""
    assert repr(CallRecord()) == "<calls: none>"


async def test_scripted_faults_are_recorded() -> None:
    """A call that meets a scripted fault is recorded once, as its caller has seen it: refused, or without an answer."""
    async with Simulation() as sim:
        org = sim.client(MANAGEMENT)
        await org.create_organization()
        calls = sim.calls
        calls.clear()
        with sim.faults.throttle("ListRoots", times=1), pytest.raises(Refused):
            await org.list_roots()
        with sim.faults.drop("ListRoots", times=1), pytest.raises(ConnectionDropped):
            await org.list_roots()
        await org.list_roots()

        _, dropped, answered = calls
        assert [call.refusal and call.refusal.code for call in calls] == ["TooManyRequestsException", None, None]
        assert [call.dropped is None for call in calls] == [True, False, True]
        assert str(dropped).endswith("ListRoots -> " + str(dropped.dropped))
        assert answered.reply.roots
        assert (calls.select(refused=False), calls.of("ListRoots")) == ([answered], 3)


def test_threads_that_ask_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks for the calls while another thread asks for them first sees the same record."""
    with Simulation() as sim:
        seen: list[CallRecord] = []

        def interrupted() -> CallRecord:
            monkeypatch.setattr(simulation, "CallRecord", CallRecord)
            seen.append(sim.calls)
            return CallRecord()

        monkeypatch.setattr(simulation, "CallRecord", interrupted)
        seen.append(sim.calls)

        assert all(record is sim.calls for record in seen)
