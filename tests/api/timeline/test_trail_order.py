"""Records in order: by time, whatever fits into memory, and within a second a thing before what names it."""

import json
from random import Random

import pytest
from support.sixty_records import LAB, OPS, ROOT, WORK, sixty_records

from orgsim.api.timeline.trail_in.elsewhere import Elsewhere
from orgsim.api.timeline.trail_in.ordering import Sorter, in_order
from orgsim.api.timeline.trail_in.records import TrailRecord, sighted
from orgsim.engine.records.record import Known

RECORDS = [sighted(json.dumps(record).encode()) for record in sixty_records()]


def moment(*records: tuple[str, object, object]) -> list[TrailRecord]:
    """Records of one second, each by its name, what was asked and what was answered."""
    whole = sixty_records()[0] | {"eventTime": "2026-01-01T00:00:00Z"}
    contents = [
        whole | {"eventName": name, "requestParameters": asked, "responseElements": answer}
        for name, asked, answer in records
    ]
    return [sighted(json.dumps(content).encode()) for content in contents]


def names(records: list[TrailRecord]) -> list[str]:
    return [json.loads(record.content)["eventName"] for record in records]


@pytest.mark.parametrize("memory", [1, 5_000, 10**9])
def test_any_memory_gives_the_same_order(memory: int) -> None:
    """Records that were added in any order come back by time, also when most of them were in files meanwhile."""
    shuffled = [*RECORDS]
    Random(1).shuffle(shuffled)
    sorter = Sorter(memory)
    for record in shuffled:
        sorter.add(record)
    found = list(sorter.ordered())
    sorter.close()
    assert [record.identity for record in found] == [record.identity for record in RECORDS]


def test_within_a_second() -> None:
    """What is made comes before what names it, and what is deleted after that, in whatever order it was delivered."""
    unit = "ou-a1b2-99999999"
    move = {"accountId": OPS, "sourceParentId": ROOT, "destinationParentId": unit}
    story = moment(
        ("CreateOrganization", {}, {"organization": {"id": "o-aa111bb222"}}),
        ("CreateOrganizationalUnit", {"parentId": ROOT}, {"organizationalUnit": {"id": unit}}),
        ("MoveAccount", move, None),
        ("RemoveAccountFromOrganization", {"accountId": OPS}, None),
        ("DeleteOrganizationalUnit", {"organizationalUnitId": unit}, None),
        ("AccountDepartedOrganization", None, None),
        ("DeleteOrganization", None, None),
    )
    for seed in range(20):
        shuffled = [*story]
        Random(seed).shuffle(shuffled)
        found = names(list(in_order(shuffled)))
        assert found[0] == "CreateOrganization"
        assert found[-2:] == ["AccountDepartedOrganization", "DeleteOrganization"]
        assert found.index("CreateOrganizationalUnit") < found.index("MoveAccount")
        assert found.index("MoveAccount") < found.index("RemoveAccountFromOrganization")
        assert found.index("MoveAccount") < found.index("DeleteOrganizationalUnit")


def test_otherwise_the_order_of_delivery_decides() -> None:
    """Two moves of one account within a second stay as they were delivered."""
    first = {"accountId": LAB, "sourceParentId": ROOT, "destinationParentId": WORK}
    back = {"accountId": LAB, "sourceParentId": WORK, "destinationParentId": ROOT}
    records = moment(("MoveAccount", first, None), ("MoveAccount", back, None))
    assert list(in_order(records)) == records


def test_what_other_records_say() -> None:
    """An organization is known by any record that names it, its root by any that names an OU."""
    elsewhere = Elsewhere()
    for record in RECORDS[:12]:
        elsewhere.add(record)
    assert elsewhere.about(RECORDS[0]) == Known("o-aa111bb222", "111111111111", ROOT, "aws", None)
