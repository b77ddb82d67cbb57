"""Validation of service and resource control policies, which are in IAM's language (docs/aws.md 6.4)."""

import re
from collections.abc import Set
from typing import Any, cast

from ..explaining import some
from ..words import PolicyType
from .text import effective_json, located, parse, refuse, shown

ACTION = re.compile(r"\*|\*:\*|([A-Za-z0-9-]+):[A-Za-z0-9*?_-]+")
# An ARN, or the beginning of one with a wildcard.
RESOURCE = re.compile(r"arn(:[^:]*){4}:.+|arn.*\*.*|\*.*", re.DOTALL)
CONDITION = re.compile(
    r"(ForAnyValue:|ForAllValues:)?"
    r"((String(Not)?Equals(IgnoreCase)?|String(Not)?Like|Numeric(Not)?Equals|NumericLessThan(Equals)?"
    r"|NumericGreaterThan(Equals)?|Date(Not)?Equals|DateLessThan(Equals)?|DateGreaterThan(Equals)?|Bool|BinaryEquals"
    r"|(Not)?IpAddress|Arn(Not)?Equals|Arn(Not)?Like)(IfExists)?|Null)",
    re.IGNORECASE,
)

COMMON = frozenset({"Sid", "Effect", "Action", "Resource", "NotResource", "Condition"})

# The guide's list of 2026-09-26, which grows (docs/aws.md 6.4).
SERVICES = """
    aoss appconfig appstream autoscaling autoscaling-plans budgets clouddirectory cloudfront cloudsearch cloudtrail-data
    codeartifact codebuild codecommit codepipeline cognito-identity cognito-idp comprehend comprehendmedical
    compute-optimizer cost-optimization-hub dax dsql dynamodb ecr ecr-public events firehose fis fms gamelift health
    inspector-scan kendra kinesisvideo kms logs memorydb networkmonitor notifications opensearch pca-connector-ad
    personalize polly pricing resource-groups rolesanywhere s3 secretsmanager servicediscovery signin sqs sts support
    swf textract timestream-influxdb transcribe transfer translate wafv2 workspaces xray
"""
RCP_SERVICES = frozenset(SERVICES.split())

# Both were seen to be accepted in resource control policies; of the older one in the others nothing is known.
SCP_VERSIONS = ("2012-10-17",)
RCP_VERSIONS = ("2008-10-17", "2012-10-17")


def require_valid_iam(policy_type: PolicyType, content: str) -> None:
    """Require a service or resource control policy that AWS would store.

    Args:
        policy_type: one of the two.
        content: the text of the document.

    Raises:
        MalformedPolicyDocumentException: an element that is unknown, missing or excluded, or a value of the wrong form
            (docs/aws.md 6.4). Whether an action exists is not checked.
    """
    document = parse(content)
    versions = RCP_VERSIONS if policy_type is PolicyType.RESOURCE_CONTROL_POLICY else SCP_VERSIONS
    _require_known(document, {"Version", "Id", "Statement"})
    version = document.get("Version", "2012-10-17")
    if version not in versions:
        refuse(f"Version is {shown(version)}; it must be {' or '.join(versions)}")
    if not isinstance(document.get("Id", ""), str):
        refuse(f"Id is {shown(document['Id'])}; it must be a string")
    if "Statement" not in document:
        refuse("Statement must be there")
    check = _check_rcp if policy_type is PolicyType.RESOURCE_CONTROL_POLICY else _check_scp
    with located("Statement"):
        statements = _listed(document["Statement"])
    for number, statement in enumerate(statements, 1):
        with located(f"statement {number}"):
            members = _object(statement)
            check(members)
            _check_common(members)


def stored_rcp(content: str) -> str:
    """Write a valid resource control policy as AWS stores it (docs/aws.md 6.4).

    Returns:
        The same policy as JSON without white space, with a version and with a list of statements.
    """
    document = parse(content)
    version = {"Version": document.get("Version", "2008-10-17")}
    return effective_json(version | document | {"Statement": _listed(document["Statement"])})


def _check_scp(statement: dict[str, Any]) -> None:
    _require_known(statement, COMMON | {"NotAction"})
    _require_effect(statement, "Allow", "Deny")
    _check_strings("Action", _one_of(statement, "Action", "NotAction"), ACTION)


def _check_rcp(statement: dict[str, Any]) -> None:
    _require_known(statement, COMMON | {"Principal"})
    _require_effect(statement, "Deny")
    if statement.get("Principal") not in ("*", {"AWS": "*"}):
        refuse(f'Principal is {shown(statement.get("Principal"))}; it must be "*" or {{"AWS": "*"}}')
    for action in _check_strings("Action", statement.get("Action"), ACTION):
        if action.partition(":")[0].lower() not in RCP_SERVICES:
            refuse(f"{action} is of a service that resource control policies do not support")


def _require_known(members: dict[str, Any], known: Set[str]) -> None:
    unknown = sorted(members.keys() - known)
    if unknown:
        refuse(f"{some(unknown)} must not be there; known are {', '.join(sorted(known))}")


def _require_effect(statement: dict[str, Any], *allowed: str) -> None:
    if statement.get("Effect") not in allowed:
        refuse(f"Effect is {shown(statement.get('Effect'))}; it must be {' or '.join(allowed)}")


def _check_common(statement: dict[str, Any]) -> None:
    if not isinstance(statement.get("Sid", ""), str):
        refuse(f"Sid is {shown(statement['Sid'])}; it must be a string")
    _check_strings("Resource", _one_of(statement, "Resource", "NotResource"), RESOURCE)
    conditions = _object(statement.get("Condition", {}))
    for operator, tests in conditions.items():
        if not CONDITION.fullmatch(operator):
            refuse(f"{shown(operator)} must be an operator of conditions, such as StringEquals")
        for key, values in _object(tests).items():
            # An empty list is valid, and matches nothing.
            if values != [] and not all(isinstance(value, str | int | float) for value in _listed(values)):
                refuse(f"the condition on {key} has {shown(values)}; it must have strings, numbers or booleans")


def _one_of(statement: dict[str, Any], this: str, that: str) -> object:
    """The value of one of two elements, exactly one of which must be there."""
    if (this in statement) == (that in statement):
        refuse(f"either {this} or {that} must be there")
    return statement.get(this, statement.get(that))


def _check_strings(element: str, value: object, form: re.Pattern[str]) -> list[str]:
    """Require one string or several that match a pattern, and return them as a list."""
    found: list[str] = []
    with located(element):
        for one in _listed(value):
            if not isinstance(one, str) or not form.fullmatch(one):
                refuse(f"{shown(one)} has not the form of one")
            found.append(one)
    return found


def _listed(value: object) -> list[object]:
    """The items of what may be written as one item or as a list; the list must not be empty."""
    if not isinstance(value, list):
        return [value]
    return cast("list[object]", value) or refuse("the list must not be empty")


def _object(value: object) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else refuse(f"{shown(value)} must be an object")
