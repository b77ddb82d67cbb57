"""Terraform: its state becomes a twin, and a log a configuration with import blocks."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import anyio
import pytest
from support.soundness import check_state
from typer.testing import CliRunner

from orgsim.api import Simulation
from orgsim.api.cli.app import app
from orgsim.engine.state import Organization
from orgsim.engine.words import PolicyType

MANAGEMENT, MEMBER, OTHER = "111122223333", "222233334444", "333344445555"
HERE, ROOT, UNIT, POLICY = "o-acmeacme00", "r-acme", "ou-acme-11111111", "p-acmeacme"
ARN = f"arn:aws:organizations::{MANAGEMENT}"
DENY = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*"}]}'

ACCOUNTS: list[dict[str, Any]] = [
    {
        "id": key,
        "arn": f"{ARN}:account/{HERE}/{key}",
        "email": f"{name.lower()}@example.com",
        "name": name,
        "status": "ACTIVE",
        "joined_method": "CREATED" if key != MANAGEMENT else "INVITED",
        "joined_timestamp": moment,
    }
    for key, name, moment in (
        (MANAGEMENT, "Boss", "2020-01-01T00:00:00Z"),
        (MEMBER, "Data", "2021-02-03T04:05:06.789Z"),
        (OTHER, "Sandbox", "2022-01-01T00:00:00Z"),
    )
]
RESOURCES: list[tuple[str, dict[str, Any]]] = [
    (
        "organization",
        {
            "id": HERE,
            "arn": f"{ARN}:organization/{HERE}",
            "feature_set": "ALL",
            "accounts": ACCOUNTS,
            "roots": [
                {"id": ROOT, "name": "Root", "policy_types": [{"type": "SERVICE_CONTROL_POLICY", "status": "ENABLED"}]}
            ],
            "enabled_policy_types": ["SERVICE_CONTROL_POLICY"],
            "aws_service_access_principals": ["config.amazonaws.com"],
        },
    ),
    ("organizational_unit", {"id": UNIT, "arn": f"{ARN}:ou/{HERE}/{UNIT}", "name": "Prod", "parent_id": ROOT}),
    ("account", {**ACCOUNTS[1], "parent_id": UNIT, "tags_all": {"team": "blue"}}),
    (
        "policy",
        {
            "id": POLICY,
            "arn": f"{ARN}:policy/{HERE}/service_control_policy/{POLICY}",
            "name": "NoS3",
            "description": "",
            "type": "SERVICE_CONTROL_POLICY",
            "content": DENY,
        },
    ),
    ("policy_attachment", {"id": f"{UNIT}:{POLICY}", "policy_id": POLICY, "target_id": UNIT}),
    (
        "delegated_administrator",
        {
            "id": f"{MEMBER}/config.amazonaws.com",
            "account_id": MEMBER,
            "service_principal": "config.amazonaws.com",
            "delegation_enabled_date": "2023-01-01T00:00:00Z",
        },
    ),
    ("resource_policy", {"id": "rp-acmeacme", "arn": f"{ARN}:resourcepolicy/{HERE}/rp-acmeacme", "content": DENY}),
]


def state_file(resources: list[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    """A state file of Terraform."""
    return {
        "version": 4,
        "terraform_version": "1.11.4",
        "resources": [
            {
                "mode": "managed",
                "type": f"aws_organizations_{kind}",
                "name": "this",
                "instances": [{"schema_version": 0, "attributes": values}],
            }
            for kind, values in resources
        ],
    }


def shown(resources: list[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    """The output of ``terraform show -json``, with all but the organization in a module."""
    listed = [
        {
            "address": f"aws_organizations_{kind}.this",
            "mode": "managed",
            "type": f"aws_organizations_{kind}",
            "values": values,
        }
        for kind, values in resources
    ]
    root = {"resources": listed[:1], "child_modules": [{"address": "module.org", "resources": listed[1:]}]}
    return {"format_version": "1.0", "terraform_version": "1.11.4", "values": {"root_module": root}}


def imported(state: dict[str, Any], folder: Path) -> tuple[Organization, str]:
    """Import a state; returns the organization of the twin, and what was said about it."""
    path, log = folder / "state.json", folder / "twin.db"
    path.write_text(json.dumps(state), "utf-8")
    arguments = ["import", "--terraform", str(path), "--log", str(log), "--taken-at", "2026-01-01T00:00:00Z"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output

    async def organization() -> Organization:
        async with Simulation(log) as sim:
            check_state(sim.engine.state)
            return sim.engine.state.organizations[HERE]

    return anyio.run(organization), result.stderr


@pytest.mark.parametrize("form", [state_file, shown])
def test_a_state(tmp_path: Path, form: Any) -> None:
    """Both forms of Terraform's state give the organization with everything that it says."""
    found, told = imported(form(RESOURCES), tmp_path)
    assert "Terraform's state has only what Terraform manages" in told
    assert list(found.members) == [MANAGEMENT, MEMBER, OTHER]
    assert (found.units.parent_of(MEMBER), found.units.parent_of(OTHER)) == (UNIT, ROOT)
    assert found.policies.by_id[POLICY].targets == {UNIT: None}
    assert list(found.policies.enabled) == [PolicyType.SERVICE_CONTROL_POLICY]
    assert list(found.access.administrators) == [MEMBER]
    assert found.access.resource_policy is not None
    assert found.access.resource_policy.id == "rp-acmeacme"
    assert found.tags[MEMBER][0].value == "blue"


def test_without_the_organization(tmp_path: Path) -> None:
    """Without the organization's own resource its ids are those in the ARNs, and the root's that in the ids of OUs."""
    found, _ = imported(state_file(RESOURCES[1:]), tmp_path)
    assert (found.id, found.root, found.management_account) == (HERE, ROOT, MANAGEMENT)
    assert list(found.members) == [MANAGEMENT, MEMBER]


def test_what_is_not_managed_is_left_out(tmp_path: Path) -> None:
    """What is below an OU, or attached to a thing, that the state does not have is left out, and named."""
    resources = [each for each in RESOURCES if each[0] != "organizational_unit"]
    found, told = imported(state_file(resources), tmp_path)
    assert found.units.parent_of(MEMBER) == ROOT
    assert f"where account {MEMBER} is, is left out: OU {UNIT} is not in the state" in told
    assert f"the attachment of {POLICY} to {UNIT} is left out" in told


def test_two_organizations(tmp_path: Path) -> None:
    """A state with resources of two organizations is refused, and names both."""
    other = {
        "id": "ou-else-11111111",
        "arn": f"{ARN}:ou/o-elseelse00/ou-else-11111111",
        "name": "X",
        "parent_id": "r-else",
    }
    path = tmp_path / "state.json"
    path.write_text(json.dumps(state_file([*RESOURCES, ("organizational_unit", other)])), "utf-8")
    result = CliRunner().invoke(app, ["import", "--terraform", str(path), "--log", str(tmp_path / "twin.db")])
    assert result.exit_code == 2
    assert f"the ARNs name: {HERE}, o-elseelse00" in result.stderr


def configuration(folder: Path) -> str:
    """The configuration of a twin."""
    imported(state_file(RESOURCES), folder)
    written = CliRunner().invoke(app, ["dump", str(folder / "twin.db"), "--terraform", str(folder / "main.tf")])
    assert written.exit_code == 0, written.output
    return (folder / "main.tf").read_text("utf-8")


def test_a_configuration(tmp_path: Path) -> None:
    """Every thing but the management account has an import block with the id that the provider documents."""
    text = configuration(tmp_path)
    blocks = dict(re.findall(r'import \{\n  to = aws_organizations_(\S+)\n  id = "(.*)"\n\}', text))
    assert blocks == {
        "organization.this": HERE,
        "organizational_unit.ou_acme_11111111": UNIT,
        f"account.account_{MEMBER}": MEMBER,
        f"account.account_{OTHER}": OTHER,
        "policy.p_acmeacme": POLICY,
        "policy_attachment.p_acmeacme_ou_acme_11111111": f"{UNIT}:{POLICY}",
        f"delegated_administrator.account_{MEMBER}_config_amazonaws_com": f"{MEMBER}/config.amazonaws.com",
        "resource_policy.this": "rp-acmeacme",
    }
    addresses = re.findall(r'^resource "aws_organizations_(\w+)" "(\w+)"', text, re.MULTILINE)
    assert [".".join(address) for address in addresses] == list(blocks)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not installed")
def test_terraform_formats_it_so(tmp_path: Path) -> None:
    """``terraform fmt``, which reads the whole syntax, finds nothing to change."""
    configuration(tmp_path)
    done = subprocess.run(
        ["terraform", "fmt", "-check", "-diff", "-no-color", "main.tf"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")
