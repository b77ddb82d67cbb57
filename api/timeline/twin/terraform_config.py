"""An organization as a configuration of Terraform's AWS provider, with an import block for each resource.

The ids of import blocks are those that the provider documents: an OU, an account, a policy and a resource policy by
its own id, an attachment as ``TARGET:POLICY``, a delegated administrator as ``ACCOUNT/SERVICE``.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ....engine.log.unfinished import replace_file
from ....engine.twin.form import Form
from .errors import DumpError

Argument = str | list[str] | Mapping[str, str] | None


class Reference(str):
    """The address of another resource's attribute, which is written without quotes."""

    __slots__ = ()


def write_configuration(form: Form, path: Path) -> None:
    """Write a configuration; raises DumpError if it cannot be written."""
    text = "\n".join(_blocks(form))
    try:
        replace_file(path, lambda target: target.write_text(text, "utf-8"))
    except OSError as error:
        raise DumpError(f"{path}: cannot be written: {error.strerror}") from None


def _blocks(form: Form) -> Iterator[str]:
    organization: dict[str, Argument] = {
        "feature_set": form.feature_set,
        "enabled_policy_types": [*sorted(form.policy_types)] or None,
        "aws_service_access_principals": sorted(form.services) or None,
    }
    yield _resource("organization", "this", form.organization, organization)
    yield from _units(form)
    yield from _accounts(form)
    yield from _policies(form)
    for account, services in sorted(form.administrators.items()):
        for service in sorted(services):
            members = {"account_id": _account(account, form), "service_principal": service}
            yield _resource("delegated_administrator", _name(account, service), f"{account}/{service}", members)
    if form.resource_policy:
        policy = form.resource_policy
        members = {"content": policy.content, "tags": form.tags.get(policy.id)}
        yield _resource("resource_policy", "this", policy.id, members)


def _units(form: Form) -> Iterator[str]:
    for unit in form.units:
        members = {"name": unit.name, "parent_id": _place(unit.parent, form), "tags": form.tags.get(unit.id)}
        yield _resource("organizational_unit", _name(unit.id), unit.id, members)


def _accounts(form: Form) -> Iterator[str]:
    for account in sorted(form.accounts, key=lambda account: account.id):
        if account.id != form.management_account:
            members = {
                "name": account.name,
                "email": account.email,
                "parent_id": _place(account.parent or form.root, form),
                "tags": form.tags.get(account.id),
            }
            yield _resource("account", _name(account.id), account.id, members)


def _policies(form: Form) -> Iterator[str]:
    for policy in sorted(form.policies, key=lambda policy: policy.id):
        members = {
            "name": policy.name,
            "description": policy.description or None,
            "type": policy.type,
            "content": policy.content,
            "tags": form.tags.get(policy.id),
        }
        yield _resource("policy", _name(policy.id), policy.id, members)
        for target in sorted(policy.targets or ()):
            attached = {
                "policy_id": Reference(f"aws_organizations_policy.{_name(policy.id)}.id"),
                "target_id": _target(target, form),
            }
            yield _resource("policy_attachment", _name(policy.id, target), f"{target}:{policy.id}", attached)


def _place(place: str, form: Form) -> str:
    if place == form.root:
        return Reference("aws_organizations_organization.this.roots[0].id")
    return Reference(f"aws_organizations_organizational_unit.{_name(place)}.id")


def _account(account: str, form: Form) -> str:
    # The management account is no resource of its own.
    return (
        account if account == form.management_account else Reference(f"aws_organizations_account.{_name(account)}.id")
    )


def _target(target: str, form: Form) -> str:
    return _account(target, form) if target.isdigit() else _place(target, form)


def _name(*parts: str) -> str:
    """A name of a resource: letters, digits and underscores, beginning with none of the digits."""
    name = re.sub(r"[^0-9A-Za-z_]", "_", "_".join(parts))
    return f"account_{name}" if name[0].isdigit() else name


def _resource(kind: str, name: str, key: str, members: Mapping[str, Argument]) -> str:
    address = f"aws_organizations_{kind}.{name}"
    given = {member: value for member, value in members.items() if value is not None and value != {}}
    # As terraform fmt has it: what takes several lines is not aligned with the others.
    width = max((len(member) for member, value in given.items() if not isinstance(value, Mapping)), default=0)
    lines = [
        f"  {member if isinstance(value, Mapping) else member.ljust(width)} = {_value(value)}"
        for member, value in given.items()
    ]
    imported = f"import {{\n  to = {address}\n  id = {_quoted(key)}\n}}\n"
    return (
        f'{imported}\nresource "aws_organizations_{kind}" "{name}" {{\n'
        + "".join(f"{line}\n" for line in lines)
        + "}\n"
    )


def _value(value: Argument) -> str:
    if isinstance(value, Reference):
        return str(value)
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, list):
        return "[" + ", ".join(map(_quoted, value)) + "]"
    pairs: Mapping[str, str] = value or {}
    lines = "".join(f"    {_quoted(key)} = {_quoted(text)}\n" for key, text in pairs.items())
    return "{\n" + lines + "  }"


def _quoted(text: Any) -> str:
    """A text as a string of HCL: as in JSON, and without templates."""
    return json.dumps(str(text), ensure_ascii=False).replace("${", "$${").replace("%{", "%%{")
