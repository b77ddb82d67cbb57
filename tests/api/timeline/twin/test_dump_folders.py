"""Folders of AWS CLI JSON in layouts of all kinds, and what is said of what they lack."""

import json
from pathlib import Path
from typing import Any

import pytest

from orgsim.api.timeline.twin.errors import DumpError
from orgsim.api.timeline.twin.folder import read_folder
from orgsim.api.timeline.twin.reading import of_folder
from orgsim.engine.settings import SECOND
from orgsim.engine.words import PolicyType

MANAGEMENT, MEMBER, OTHER = "111122223333", "222233334444", "333344445555"
HERE, ROOT, UNIT, INNER, POLICY = "o-acmeacme00", "r-acme", "ou-acme-11111111", "ou-acme-22222222", "p-acmeacme"
TAKEN = 1_767_225_600 * SECOND


def account(key: str, joined: object, **more: object) -> dict[str, Any]:
    """An account as the AWS CLI prints it."""
    arn = f"arn:aws:organizations::{MANAGEMENT}:account/{HERE}/{key}"
    named = {"Email": f"{key}@example.com", "Name": f"Account of {key}", "JoinedMethod": "INVITED"}
    return {"Id": key, "Arn": arn, "Status": "ACTIVE", "JoinedTimestamp": joined, **named, **more}


ORGANIZATION = {
    "Id": HERE,
    "Arn": f"arn:aws:organizations::{MANAGEMENT}:organization/{HERE}",
    "FeatureSet": "ALL",
    "MasterAccountId": MANAGEMENT,
}
ACCOUNTS = [
    account(MANAGEMENT, "2020-01-01T00:00:00+00:00"),
    account(MEMBER, 1612325106.789),
    account(OTHER, "2022-01-01T01:00:00+01:00"),
]
BASE: dict[str, Any] = {
    "describe-organization.json": {"Organization": ORGANIZATION},
    "list-roots.json": {"Roots": [{"Id": ROOT, "PolicyTypes": [{"Type": "TAG_POLICY", "Status": "ENABLED"}]}]},
    "list-accounts.json": {"Accounts": ACCOUNTS},
}


def folder_of(path: Path, files: dict[str, Any]) -> Path:
    """Write a folder of a dump."""
    for name, content in files.items():
        file = path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(content), "utf-8")
    return path


def units(*ids: str) -> dict[str, Any]:
    return {"OrganizationalUnits": [{"Id": each, "Name": f"OU {each}"} for each in ids]}


def parents_of(path: Path) -> dict[str, str | None]:
    """Where accounts are."""
    return {each.id: each.parent for each in of_folder(path, TAKEN).form.accounts}


IN_TREE = {MANAGEMENT: ROOT, MEMBER: UNIT, OTHER: INNER}


@pytest.mark.parametrize(
    "files",
    [
        {
            f"list-accounts-for-parent/{ROOT}.json": {"Accounts": ACCOUNTS[:1]},
            f"list-accounts-for-parent/{UNIT}.json": {"Accounts": ACCOUNTS[1:2]},
            f"list-accounts-for-parent/{INNER}.json": {"Accounts": ACCOUNTS[2:]},
        },
        {f"parents/{child}.json": {"Parents": [{"Id": parent, "Type": "X"}]} for child, parent in IN_TREE.items()},
        {
            f"children-of-{parent}-accounts.json": {"Children": [{"Id": child, "Type": "ACCOUNT"}]}
            for child, parent in IN_TREE.items()
        },
        {
            "list-accounts.json": {
                "Accounts": [
                    account(child, "2020-01-01T00:00:00Z", Paths=[f"{HERE}/{path}/{child}/"])
                    for child, path in zip(IN_TREE, (ROOT, f"{ROOT}/{UNIT}", f"{ROOT}/{UNIT}/{INNER}"), strict=True)
                ]
            }
        },
    ],
    ids=["lists", "parents", "children", "paths"],
)
def test_where_accounts_are(tmp_path: Path, files: dict[str, Any]) -> None:
    """Where accounts are is told by the lists of parents' accounts or children, by list-parents, or by Paths."""
    tree = {f"{ROOT}-ous.json": units(UNIT), f"{UNIT}-ous.json": units(INNER), f"{INNER}-ous.json": units()}
    folder = folder_of(tmp_path, {**BASE, **tree, **files})
    assert parents_of(folder) == IN_TREE
    assert [unit.parent for unit in of_folder(folder, TAKEN).form.units] == [ROOT, UNIT]


def test_names_of_any_kind(tmp_path: Path) -> None:
    """Files are known by their content, and what they are about by the last id in their path."""
    summary = {"Id": POLICY, "Type": "TAG_POLICY", "Name": "Tags"}
    files = {
        "org/org.json": BASE["describe-organization.json"],
        "org/the-roots.json": BASE["list-roots.json"],
        "org/everybody.json": BASE["list-accounts.json"],
        f"policies/tag/{POLICY}/content.json": {"Policy": {"PolicySummary": summary, "Content": "{}"}},
        f"policies/tag/{POLICY}/targets.json": {"Targets": [{"TargetId": ROOT}]},
        "policies/TAG_POLICY.json": {"Policies": [summary]},
        f"tags_{MEMBER}.json": {"Tags": [{"Key": "team", "Value": "blue"}]},
        f"services of {MEMBER}.json": {"DelegatedServices": [{"ServicePrincipal": "config.amazonaws.com"}]},
        "admins.json": {"DelegatedAdministrators": [{"Id": MEMBER}]},
        "resource-policy.json": {},
    }
    form = of_folder(folder_of(tmp_path, files), TAKEN).form
    assert [(each.id, each.targets) for each in form.policies] == [(POLICY, (ROOT,))]
    assert form.tags == {MEMBER: {"team": "blue"}}
    assert form.administrators == {MEMBER: {"config.amazonaws.com": None}}
    assert {"resource policy", "administrators"} <= form.whole
    assert not {"policies", "units", "services", "handshakes"} & form.whole


def test_moments(tmp_path: Path) -> None:
    """Moments are ISO 8601 in any zone, or seconds since the epoch."""
    joined = [each.joined_at for each in of_folder(folder_of(tmp_path, BASE), TAKEN).form.accounts]
    assert joined == [1_577_836_800 * SECOND, 1_612_325_106_789_000, 1_640_995_200 * SECOND]


def test_pages(tmp_path: Path) -> None:
    """The pages of a list may stand in several files, and may overlap; a page that says so misses the others."""
    files = {
        **BASE,
        "list-accounts.json": {"Accounts": ACCOUNTS[:2]},
        "list-accounts-2.json": {"Accounts": ACCOUNTS[1:]},
    }
    assert len(read_folder(folder_of(tmp_path, files)).answers["ListAccounts", ""]) == 3
    (tmp_path / "list-accounts-2.json").write_text('{"Accounts": [], "NextToken": "more"}', "utf-8")
    assert any("it is one page of several" in note for note in read_folder(tmp_path).notes)


def test_old_statuses(tmp_path: Path) -> None:
    """The old Status stands in for a State that is missing; SUSPENDED means closed."""
    statuses = [account(MEMBER, None, Status="SUSPENDED"), account(OTHER, None, Status="SUSPENDED", State="SUSPENDED")]
    files = {**BASE, "list-accounts.json": {"Accounts": [ACCOUNTS[0], *statuses]}}
    states = [each.state for each in of_folder(folder_of(tmp_path, files), TAKEN).form.accounts]
    assert states == ["ACTIVE", "CLOSED", "SUSPENDED"]


def test_masked(tmp_path: Path) -> None:
    """Addresses and names that somebody has masked are unknown."""
    files = {**BASE, "list-accounts.json": {"Accounts": [account(MANAGEMENT, None, Email="****", Name="****")]}}
    (found,) = of_folder(folder_of(tmp_path, files), TAKEN).form.accounts
    assert (found.email, found.name) == (None, None)


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    """Each missing list is named with what the twin lacks; other JSON in the folder is left out by name."""
    folder = folder_of(tmp_path, {**BASE, "package.json": {"name": "ours"}, "empty.json": {}})
    notes = "\n".join(of_folder(folder, TAKEN).notes)
    for command, lost in (
        ("list-organizational-units-for-parent r-acme", "OUs in r-acme"),
        ("list-aws-service-access-for-organization", "trusted services"),
        ("list-delegated-administrators", "delegated administrators"),
        ("describe-resource-policy", "the resource policy"),
        ("list-handshakes-for-organization", "open invitations"),
        ("list-create-account-status", "account creations"),
        ("list-tags-for-resource", "tags"),
    ):
        assert f"{command} is missing" in notes
        assert lost in notes
    assert f"list-policies is missing for {', '.join(PolicyType)}" in notes
    assert f"where account {MANAGEMENT} and 2 others is" in notes
    assert "package.json: left out" in notes
    assert "empty.json: left out" in notes


def test_when_it_was_taken(tmp_path: Path) -> None:
    """The moment is that of dump.json; without it that of the newest file, which is said."""
    folder = folder_of(tmp_path, {**BASE, "dump.json": {"TakenAt": "2026-01-01T00:00:00Z"}})
    assert (of_folder(folder, None).taken_at, read_folder(folder).notes) == (TAKEN, [])
    (folder / "dump.json").unlink()
    found = of_folder(folder, None)
    assert found.taken_at == int(max(path.stat().st_mtime for path in folder.iterdir())) * SECOND
    assert "--taken-at MOMENT says otherwise" in found.notes[0]
    (folder / "dump.json").write_text('{"TakenAt": "soon"}', "utf-8")
    with pytest.raises(DumpError, match="TakenAt is 'soon'"):
        of_folder(folder, None)
