"""Validation of service and resource control policies, which are in IAM's language (docs/aws.md 6.4)."""

import re
from typing import Any, cast

from ..words import PolicyType
from .text import effective_json, parse, refuse

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
    if document.keys() - {"Version", "Id", "Statement"} or document.get("Version", "2012-10-17") not in versions:
        refuse()
    if not isinstance(document.get("Id", ""), str):
        refuse()
    check = _check_rcp if policy_type is PolicyType.RESOURCE_CONTROL_POLICY else _check_scp
    for statement in _listed(document.get("Statement")):
        if not isinstance(statement, dict):
            refuse()
        members = cast("dict[str, Any]", statement)
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
    if statement.keys() - COMMON - {"NotAction"} or statement.get("Effect") not in ("Allow", "Deny"):
        refuse()
    _check_strings(_one_of(statement, "Action", "NotAction"), ACTION)


def _check_rcp(statement: dict[str, Any]) -> None:
    if statement.keys() - COMMON - {"Principal"} or statement.get("Effect") != "Deny":
        refuse()
    if statement.get("Principal") not in ("*", {"AWS": "*"}):
        refuse()
    for action in _check_strings(statement.get("Action"), ACTION):
        if action.partition(":")[0].lower() not in RCP_SERVICES:
            refuse()


def _check_common(statement: dict[str, Any]) -> None:
    if not isinstance(statement.get("Sid", ""), str):
        refuse()
    _check_strings(_one_of(statement, "Resource", "NotResource"), RESOURCE)
    conditions = _object(statement.get("Condition", {}))
    for operator, tests in conditions.items():
        if not CONDITION.fullmatch(operator):
            refuse()
        for values in _object(tests).values():
            # An empty list is valid, and matches nothing.
            if values != [] and not all(isinstance(value, str | int | float) for value in _listed(values)):
                refuse()


def _one_of(statement: dict[str, Any], this: str, that: str) -> object:
    """The value of one of two elements, exactly one of which must be there."""
    return statement.get(this, statement.get(that)) if (this in statement) != (that in statement) else refuse()


def _check_strings(value: object, form: re.Pattern[str]) -> list[str]:
    """Require one string or several that match a pattern, and return them as a list."""
    found = [one for one in _listed(value) if isinstance(one, str) and form.fullmatch(one)]
    return found if len(found) == len(_listed(value)) else refuse()


def _listed(value: object) -> list[object]:
    """The items of what may be written as one item or as a list; the list must not be empty."""
    if not isinstance(value, list):
        return [value]
    return cast("list[object]", value) or refuse()


def _object(value: object) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else refuse()
