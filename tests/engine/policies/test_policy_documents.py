"""Which policy documents are refused (docs/aws.md 6.4, 6.6 and 6.7), type by type."""

import json
import string
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orgsim.engine.errors import MalformedPolicyDocumentException
from orgsim.engine.policies.documents import require_valid
from orgsim.engine.words import PolicyType

SCP, RCP = PolicyType.SERVICE_CONTROL_POLICY, PolicyType.RESOURCE_CONTROL_POLICY
TAG, BACKUP, AI = PolicyType.TAG_POLICY, PolicyType.BACKUP_POLICY, PolicyType.AISERVICES_OPT_OUT_POLICY
CHAT, EC2, HUB = PolicyType.CHATBOT_POLICY, PolicyType.DECLARATIVE_POLICY_EC2, PolicyType.SECURITYHUB_POLICY
INSPECTOR, BEDROCK, S3 = PolicyType.INSPECTOR_POLICY, PolicyType.BEDROCK_POLICY, PolicyType.S3_POLICY
ROLLOUT, GUARDDUTY = PolicyType.UPGRADE_ROLLOUT_POLICY, PolicyType.GUARDDUTY_POLICY
CSPM, DIRECTOR = PolicyType.SECURITYHUB_CSPM_POLICY, PolicyType.NETWORK_SECURITY_DIRECTOR_POLICY

CONTROL = "@@operators_allowed_for_child_policies"
MANAGEMENT = [policy_type for policy_type in PolicyType if policy_type not in (SCP, RCP)]
ROOTS = {
    TAG: "tags",
    BACKUP: "plans",
    AI: "services",
    CHAT: "chatbot",
    EC2: "ec2_attributes",
    HUB: "securityhub",
    INSPECTOR: "inspector",
    DIRECTOR: "network_security_director",
    GUARDDUTY: "guardduty",
    BEDROCK: "bedrock",
    ROLLOUT: "upgrade_rollout",
    S3: "s3_attributes",
}


def refused(policy_type: PolicyType, content: str) -> bool:
    """Whether the document is malformed."""
    try:
        require_valid(policy_type, content)
    except MalformedPolicyDocumentException:
        return True
    return False


def assign(value: Any) -> dict[str, Any]:
    """An assignment."""
    return {"@@assign": value}


def tags(rule: Any, key: str = "color") -> dict[str, Any]:
    """A tag policy with one rule."""
    return {"tags": {key: rule}}


def tag_value(setting: Any) -> dict[str, Any]:
    """A tag policy about the values of one key."""
    return tags({"tag_value": setting})


def enforced(*resource_types: Any) -> dict[str, Any]:
    """A tag policy that is enforced for some resource types."""
    return tags({"enforced_for": assign(list(resource_types))})


def rule(**fields: Any) -> dict[str, Any]:
    """A backup policy with a part of one rule."""
    return {"plans": {"P": {"rules": {"daily": fields}}}}


def regions(setting: Any) -> dict[str, Any]:
    """A backup policy with nothing but regions."""
    return {"plans": {"P": {"regions": setting}}}


def lex(setting: Any) -> dict[str, Any]:
    """An opt-out policy for one service."""
    return {"services": {"lex": {"opt_out_policy": setting}}}


def hop_limit(value: Any) -> dict[str, Any]:
    """A declarative policy about the hop limit."""
    return {"ec2_attributes": {"instance_metadata_defaults": {"http_put_response_hop_limit": assign(value)}}}


def hub(**lists: Any) -> dict[str, Any]:
    """A Security Hub policy."""
    return {"securityhub": lists}


def guardrail(region: str = "us-east-1", **fields: Any) -> dict[str, Any]:
    """A Bedrock policy for one region."""
    return {"bedrock": {"guardrail_inference": {region: {"config_1": fields}}}}


GUARDRAIL = "arn:aws:bedrock:us-east-1:111122223333:guardrail/abc123"
BOTH_LISTS = {"enable_in_regions": assign(["ALL_SUPPORTED"]), "disable_in_regions": assign([])}


def enablement(**blocks: Any) -> dict[str, Any]:
    """A GuardDuty policy with some blocks."""
    return {"guardduty": {"enablement": blocks}}


def days_since_created(value: Any) -> dict[str, Any]:
    """A declarative policy about the age of images."""
    criterion = {"creation_date_condition": {"maximum_days_since_created": assign(value)}}
    return {"ec2_attributes": {"allowed_images_settings": {"image_criteria": {"criteria_1": criterion}}}}


def scp(**elements: Any) -> dict[str, Any]:
    """A service control policy with one statement; None leaves an element out."""
    statement = {"Effect": "Deny", "Action": "s3:*", "Resource": "*"} | elements
    return {"Version": "2012-10-17", "Statement": [{k: v for k, v in statement.items() if v is not None}]}


def rcp(**elements: Any) -> dict[str, Any]:
    """A resource control policy with one statement."""
    return scp(**({"Principal": "*"} | elements))


TENANT = "12345678-abcd-1234-1234-123456789abc"
CHANNELS, ROLES = {"supported_channel_types": assign(["public"])}, {"supported_role_settings": assign(["user_role"])}


def slack(**settings: Any) -> dict[str, Any]:
    """A chat policy about Slack."""
    return {"chatbot": {"platforms": {"slack": settings}}}


def teams(**settings: Any) -> dict[str, Any]:
    """A chat policy about Microsoft Teams."""
    return {"chatbot": {"platforms": {"microsoft_teams": settings}}}


MALFORMED: dict[PolicyType, list[Any]] = {
    TAG: [
        {"tags": {"Color": {}, "color": {}}},
        tags({}, key=""),
        tags({"tag_key": "color"}),
        tags({"tag_key": assign("colour")}),
        tags({"tag_key": {"@@append": ["color"]}}),
        tags({"tag_key": assign(["color"])}),
        tags({"tags": assign("x")}),
        tag_value(["red"]),
        tag_value(assign("red")),
        tag_value(assign([{"a": "b"}])),
        tag_value(assign([["red"]])),
        tag_value(assign(["*a*"])),
        tag_value({"@@set": ["red"]}),
        tag_value({"@@Assign": ["red"], "@@assign": ["red"]}),
        tags({"Tag_Value": {}, "tag_value": {}}),
        tag_value({CONTROL: ["@@everything"]}),
        tag_value({CONTROL: "@@none"}),
        tag_value({CONTROL: []}),
        tag_value({CONTROL: ["@@assign", "@@assign"]}),
        tag_value({CONTROL: ["@@none", "@@remove"]}),
        tag_value({CONTROL: ["@@none", "@@Assign"]}),
        tag_value({CONTROL: [["@@none"]]}),
        tags(assign("x")),
        {"tags": assign(["x"])},
        {"tags": {}, "@@assign": {}},
        {"tags": {}, "@@append": [{}]},
        {"tags": {}, "@@remove": [["x"]]},
        {"tags": {"@@assign": "x"}},
        {"tags": {}, "plans": {}},
        enforced("ecs:*"),
        enforced("nonsense:*"),
        enforced("ec2"),
        enforced("ec2:"),
        enforced("ec2:*", 1),
    ],
    BACKUP: [
        regions([]),
        regions({"@@append": []}),
        regions(["us-east-1"]),
        regions(assign(["wrong"])),
        regions(assign(["*"])),
        rule(start_backup_window_minutes=assign("59")),
        rule(start_backup_window_minutes=assign(59)),
        rule(complete_backup_window_minutes=assign("0")),
        rule(start_backup_window_minutes=assign("+60")),
        rule(start_backup_window_minutes=assign("1" + "0" * 16)),
        rule(start_backup_window_minutes=assign(10**16)),
        rule(lifecycle={"delete_after_days": assign("0")}),
        rule(lifecycle={"move_to_cold_storage_after_days": assign(-1)}),
        rule(index_actions={"resource_types": assign(["WRONG"])}),
        {"plans": {"P": {"rules": {"daily": {}}, "Rules": {}}}},
        rule(start_backup_window_minutes=assign(60.0)),
        rule(start_backup_window_minutes=assign("sixty")),
        rule(start_backup_window_minutes=assign(True)),
        rule(start_backup_window_minutes={"@@append": [60]}),
        rule(enable_continuous_backup=assign("yes")),
        rule(lifecycle={"delete_after_weeks": assign(1)}),
        rule(lifecycle=assign(1)),
        {"plans": {"P": {"rules": {"Daily": {}, "daily": {}}}}},
        {"plans": {"P": {"selections": {"names": {}}}}},
        {"plans": {"P": {"advanced_backup_settings": {"ec2": {"windows_vss": assign("on")}}}}},
        {"plans": {"P": {"unheard_of": {}}}},
    ],
    AI: [
        lex("optOut"),
        lex(assign("OptOut")),
        lex(assign(["optOut"])),
        lex({"@@append": ["optOut"]}),
        {"services": {"unheard_of": {}}},
        {"services": {"lex": {"unheard_of": {}}}},
        {"services": {"Lex": {}}},
    ],
    CHAT: [
        {"chatbot": {"platforms": {"default": {}}}},
        {"chatbot": {"platforms": {"slack": {"client": assign("on")}}}},
        {"chatbot": {"platforms": {"chime": {"default": {}}}}},
        {"chatbot": {"platforms": {"slack": {"default": {"supported_channel_types": assign(["secret"])}}}}},
        {"chatbot": {"Default": {}, "default": {}}},
        {"chatbot": {"default": {"client": "enabled"}}},
        # As radkawar/stackd recorded of AWS in organizations_chat_policy*.json, and replays in chat_policy.go.
        *(slack(workspaces=assign([name])) for name in ("one", "", "T*", "with space", "A" * 256, True, None)),
        *(slack(overrides={name: {}}) for name in ("*", "", "with space", "t0123")),
        slack(overrides={"T0123": {"client": assign("disabled")}}),
        *(teams(tenants={name: assign(["*"])}) for name in ("one", TENANT.upper(), "a" * 36)),
        teams(tenants={TENANT: assign([TENANT.upper()])}),
        *(teams(overrides={TENANT: {name: {}}}) for name in ("team", "*", TENANT.upper())),
        *(teams(overrides=overrides) for overrides in ({"*": {}}, {TENANT: ROLES}, {TENANT: {"teams": {TENANT: {}}}})),
        *(teams(**place) for place in ({"default": CHANNELS}, {"overrides": {TENANT: {TENANT: CHANNELS}}})),
    ],
    EC2: [
        hop_limit(-2),
        hop_limit(65),
        hop_limit("1.0"),
        hop_limit(10**5000 // 10**1000),
        days_since_created("2147483648"),
        days_since_created(-1),
        {"ec2_attributes": {"serial_console_access": {"status": assign("off")}}},
        {"ec2_attributes": {"serial_console_access": {"status": {"@@append": ["enabled"]}}}},
        {"ec2_attributes": {"allowed_images_settings": {"image_criteria": {"criteria_11": {}}}}},
        {"ec2_attributes": {"exception_message": "no"}},
    ],
    HUB: [
        hub(),
        hub(enable_in_regions=assign(["us-east-1"])),
        hub(enable_in_regions=assign(["everywhere"]), disable_in_regions=assign([])),
        hub(enable_in_regions=assign([]), disable_in_regions=assign([]), more={}),
        hub(**BOTH_LISTS, features={"network_scanning": assign("on")}),
        hub(**BOTH_LISTS, features={"network_scanning": {"enable_in_regions": assign(["everywhere"])}}),
    ],
    CSPM: [
        {},
        {"securityhub": {}},
        {"securityhub": {"cspm_enablement": {"enable_in_regions": assign(["us-east-1"])}}},
        {"securityhub": {"cspm_enablement": BOTH_LISTS, "other": {"@@assign": {}}}},
        {"securityhub": {"cspm_enablement": BOTH_LISTS, "other": {"@@assign": "on", "extra": {}}}},
        {"securityhub": {"cspm_enablement": BOTH_LISTS, "other": {"@@assign": "on", "@@append": ["x"]}}},
        {"securityhub": {"cspm_enablement": BOTH_LISTS, CONTROL: ["@@none", "@@all"]}},
    ],
    DIRECTOR: [
        {"network_security_director": {"enablement": BOTH_LISTS}},
        {"network_security_director": {"enablement": {"network_security_scan": {"enable_in_regions": assign(["x"])}}}},
    ],
    INSPECTOR: [
        {"inspector": {"enablement": {"rds_scanning": {}}}},
        {"inspector": {"enablement": {"ec2_scanning": {"lambda_code_scanning": {}}}}},
    ],
    BEDROCK: [
        guardrail(identifier=assign("gr-1"), input_tags=assign("honor")),
        guardrail(identifier=assign(f"{GUARDRAIL}:DRAFT")),
        guardrail(identifier=assign(f"{GUARDRAIL}:0")),
        guardrail(identifier=assign(GUARDRAIL)),
        guardrail(input_tags=assign("obey")),
        guardrail(region="everywhere"),
        guardrail(selective_content_guarding={"system": assign("SELECTIVE")}),
        guardrail(selective_content_guarding={"assistant": assign("selective")}),
        guardrail(model_enforcement={"included_models": assign("ALL")}),
        {"bedrock": {"guardrail_inference": {"us-east-1": {"config_2": {}}}}},
    ],
    ROLLOUT: [
        {"upgrade_rollout": {"default": {"patch_order": assign("third")}}},
        {"upgrade_rollout": {"tags": {"stage": {"values": {}}}}},
    ],
    S3: [
        {"s3_attributes": {"public_access_block_configuration": assign("some")}},
        {"s3_attributes": {"public_access_block_configuration": assign(True)}},
        {"S3_Attributes": {"Public_Access_Block_Configuration": assign("ALL")}},
        {
            "s3_attributes": {
                key: assign("all") for key in ("public_access_block_configuration", "PUBLIC_ACCESS_BLOCK_CONFIGURATION")
            }
        },
    ],
    GUARDDUTY: [
        {"guardduty": "on"},
        {"guardduty": {}},
        enablement(),
        enablement(everywhere={}),
        enablement(default={"foundational": assign("enabled")}),
        enablement(default={"foundational": {"status": assign("ENABLED")}}),
        enablement(default={"unheard_of": {"status": assign("enabled")}}),
        enablement(default={"foundational": {"additional_configuration": {}}}),
        enablement(default={"runtime_monitoring": {"additional_configuration": {"unheard_of": {}}}}),
    ],
    SCP: [
        {},
        {"Version": "2012-10-17"},
        {"Version": "2012-10-17", "Statement": []},
        {"Version": "2012-10-17", "Statement": ["Deny"]},
        {"Version": "2012-10-17", "statement": []},
        {"Version": "2015-01-01", **{k: v for k, v in scp().items() if k != "Version"}},
        {**scp(), "Comment": ""},
        {**scp(), "Id": 1},
        scp(Principal="*"),
        scp(NotPrincipal="*"),
        scp(Effect=None),
        scp(Effect="deny"),
        scp(Effect=["Deny"]),
        scp(Action=None),
        scp(NotAction="iam:*"),
        scp(Action=[]),
        scp(Action="s3"),
        scp(Action=1),
        scp(Action=["s3:*", {}]),
        scp(Resource=None),
        scp(NotResource="*"),
        scp(Resource="bucket"),
        scp(Resource="arn:aws:s3"),
        scp(Resource="arn:aws:s3::bucket"),
        scp(Resource=["*", "arn:foo"]),
        scp(Condition={"NullIfExists": {"aws:PrincipalTag/team": "true"}}),
        scp(Sid=1),
        scp(Condition=[]),
        scp(Condition={"StringEquals": "x"}),
        scp(Condition={"Sometimes": {"aws:RequestedRegion": "x"}}),
        scp(Condition={"StringEquals": {"aws:RequestedRegion": {}}}),
        scp(Condition={"StringEquals": {"aws:RequestedRegion": [[]]}}),
    ],
    RCP: [
        rcp(Effect="Allow"),
        rcp(Principal=None),
        rcp(Principal=["*"]),
        rcp(Principal={"AWS": ["*"]}),
        rcp(Principal={"AWS": "arn:aws:iam::111111111111:root"}),
        rcp(Principal=None, NotPrincipal="*"),
        rcp(Action="*"),
        rcp(Action=["s3:*", "*"]),
        rcp(Action="ec2:*"),
        rcp(Action=None, NotAction="s3:*"),
        rcp(Resource=None),
    ],
}

WELL_FORMED: dict[PolicyType, list[Any]] = {
    TAG: [
        {"tags": {}},
        {"tags": {}, "@@assign": "ignored"},
        {"tags": {}, "@@append": None},
        {"tags": {}, "@@remove": ["ignored", 1]},
        {"TAGS": {"Key": {"Tag_Key": {"@@Assign": "Key"}, "TAG_VALUE": {CONTROL.title(): ["@@None"]}}}},
        tag_value({CONTROL: ["@@assign", "@@Assign"]}),
        tags({}),
        tags({"tag_key": assign("Color")}, key="COLOR"),
        tag_value({}),
        tag_value(assign([12, True, None, "x", "a*", "*"])),
        tag_value({"@@assign": ["a"], "@@append": ["b"], "@@remove": ["c"], CONTROL: ["@@all", "@@assign"]}),
        enforced("ec2:*", "ec2:instance", "ecs:ALL_SUPPORTED", "organizations:account"),
        # Of a list that schubergphilis/terraform-aws-mcaf-landing-zone#188 made of what AWS accepts.
        enforced("elastic-inference:elastic-inference-accelerator", "guardduty:detector/ipset", "organizations:ou"),
        enforced("amplifyuibuilder:ALL_SUPPORTED", "greengrass:components:versions", "mediapackage:origin_endpoints"),
        tags({"report_required_tag_for": assign(["ec2:instance"])}),
        {"tags": {CONTROL: ["@@assign", "@@append", "@@remove"]}},
    ],
    BACKUP: [
        {"plans": {}},
        {"plans": {"P": {}}},
        regions(assign([])),
        {"PLANS": {"Key": {"REGIONS": {"@@Assign": ["us-east-1"]}}}},
        rule(start_backup_window_minutes=assign("9" * 16), complete_backup_window_minutes=assign("060")),
        rule(lifecycle={"delete_after_days": assign("1")}),
        rule(start_backup_window_minutes=assign(60), enable_continuous_backup=assign(False)),
        rule(start_backup_window_minutes=assign("60"), index_actions={"resource_types": assign(["EBS"])}),
        {"plans": {"P": {"advanced_backup_settings": {"ec2": {"windows_vss": assign("enabled")}}}}},
        {"plans": {"P": {"backup_plan_tags": {"k": {"tag_key": assign("K"), "tag_value": assign("v")}}}}},
    ],
    AI: [{"services": {}}, {"services": {"lex": {}}}, lex({}), lex(assign("optIn"))],
    CHAT: [
        {"ChatBot": {}},
        {"CHATBOT": {"Platforms": {"Chime": {"Client": {"@@Assign": "disabled"}}}}},
        # As radkawar/stackd recorded of AWS in organizations_chat_policy*.json, and replays in chat_policy.go.
        slack(workspaces=assign(["*", "T0123", 1]), overrides={"T0123": {}}),
        slack(default=CHANNELS | {"supported_role_settings": assign(["user_role"])}),
        teams(tenants={TENANT: assign([TENANT, "*"]), "*": assign([])}, overrides={TENANT: {TENANT: ROLES}}),
        teams(overrides={}),
        teams(overrides={TENANT: {}}, default=ROLES),
    ],
    EC2: [hop_limit(-1), hop_limit("64"), {"ec2_attributes": {}}, days_since_created("2147483647")],
    HUB: [
        hub(**BOTH_LISTS),
        hub(**BOTH_LISTS, features={"network_scanning": BOTH_LISTS}),
        hub(features={"network_scanning": {"enable_in_regions": {"@@append": ["us-west-2"]}}}),
    ],
    CSPM: [
        {"securityhub": {"cspm_enablement": BOTH_LISTS}},
        {"any": {"cspm_enablement": BOTH_LISTS, "goes": {"here": assign("x")}, "list": {"@@append": [1, None]}}},
    ],
    DIRECTOR: [
        {"network_security_director": {}},
        {"network_security_director": {"enablement": {"network_security_scan": BOTH_LISTS}}},
    ],
    INSPECTOR: [
        {
            "inspector": {
                "enablement": {
                    "lambda_standard_scanning": {
                        "enable_in_regions": assign(["us-gov-west-1"]),
                        "lambda_code_scanning": {"disable_in_regions": assign(["eu-west-1"])},
                    }
                }
            }
        }
    ],
    BEDROCK: [
        guardrail(identifier=assign(f"{GUARDRAIL}:1"), input_tags=assign("honor")),
        guardrail(
            identifier=assign(f"{GUARDRAIL}:12"),
            selective_content_guarding={"system": assign("selective"), "messages": assign("comprehensive")},
            model_enforcement={"included_models": assign(["ALL"]), "excluded_models": assign(["some.model-v2:0"])},
        ),
        guardrail(selective_content_guarding={"system": assign("selective")}),
    ],
    ROLLOUT: [
        {
            "upgrade_rollout": {
                "default": {"patch_order": assign("last")},
                "tags": {"stage": {"tag_values": {"dev": {"patch_order": assign("first")}}}},
            }
        }
    ],
    S3: [
        {"s3_attributes": {"public_access_block_configuration": assign("all")}},
        # As radkawar/stackd recorded of AWS in s3_policy_admission_replay.json, 2026-09.
        {"S3_ATTRIBUTES": {"PUBLIC_ACCESS_BLOCK_CONFIGURATION": {"@@ASSIGN": "all", CONTROL.upper(): ["@@NONE"]}}},
    ],
    GUARDDUTY: [
        enablement(default={}),
        enablement(**{"us-east-1": {"foundational": {"status": assign("enabled")}}}),
        enablement(
            default={
                "foundational": {"status": assign("enabled")},
                "runtime_monitoring": {
                    "status": assign("enabled"),
                    "additional_configuration": {"ec2_agent_management": {"status": assign("disabled")}},
                },
            }
        ),
    ],
    SCP: [
        scp(),
        {"Statement": {"Effect": "Allow", "NotAction": "iam:*", "Resource": "arn:aws:s3:::b/*"}},
        scp(Sid="One", Action=["S3:Get*Object", "ec2:?un*"], Resource=None, NotResource=["arn:aws:s3:::b"]),
        scp(Resource=["arn:*", "arn:aws:*:*:111122223333:*", "*:bucket", "arn:aws:sns:us-east-1:111122223333:topic"]),
        scp(Condition={"StringEquals": {"aws:RequestedRegion": []}, "Null": {"aws:PrincipalTag/team": True}}),
        scp(Action="*", Condition={"ForAnyValue:StringLikeIfExists": {"aws:PrincipalArn": ["a", "b"]}}),
        scp(Action="nosuchservice:NoSuchAction", Condition={"Bool": {"aws:SecureTransport": False}}),
    ],
    RCP: [
        rcp(),
        rcp(Action=["appconfig:*", "signin:*", "translate:*"]),
        # As radkawar/stackd recorded of AWS in resource_controls.json, 2026-09-12.
        rcp(Principal={"AWS": "*"}),
        rcp(Action="SQS:SendMessage"),
        rcp(Action="sqs:NoSuchAction"),
        rcp(Resource=None, NotResource="arn:aws:sqs:us-east-1:111111111111:queue"),
        rcp(Action=["s3:GetObject", "sts:*"], Condition={"Null": {"aws:SourceAccount": "true"}}),
    ],
}


def rows(table: dict[PolicyType, list[Any]]) -> list[Any]:
    """The table as parameters."""
    return [
        pytest.param(kind, json.dumps(one), id=f"{kind}-{n}")
        for kind, all_ in table.items()
        for n, one in enumerate(all_)
    ]


@pytest.mark.parametrize(("policy_type", "content"), rows(MALFORMED))
def test_malformed(policy_type: PolicyType, content: str) -> None:
    """A document that breaks the syntax of its type is refused."""
    assert refused(policy_type, content)


@pytest.mark.parametrize(("policy_type", "content"), rows(WELL_FORMED))
def test_well_formed(policy_type: PolicyType, content: str) -> None:
    """A document that follows the syntax of its type is accepted."""
    require_valid(policy_type, content)


@pytest.mark.parametrize("version", [None, "2008-10-17", "2012-10-17"])
def test_resource_control_policies_are_written_anew(version: str | None) -> None:
    """AWS was seen to store one with a version and a list of statements, without white space; others as they are sent.

    radkawar/stackd recorded it in resource_controls.json, 2026-09-12.
    """
    statement = {"Effect": "Deny", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}
    content = json.dumps(({"Version": version} if version else {}) | {"Statement": statement}, indent=1)
    stored = {"Version": version or "2008-10-17", "Statement": [statement]}

    assert require_valid(RCP, content) == json.dumps(stored, separators=(",", ":"))
    other = json.dumps(scp(), indent=1)
    assert require_valid(SCP, other) == other


@pytest.mark.parametrize("policy_type", ROOTS)
def test_empty_or_of_another_type(policy_type: PolicyType) -> None:
    """Where the root key is known, an empty document and one of another type are refused."""
    others = set(ROOTS.values()) - {ROOTS[policy_type]}

    assert [root for root in others if not refused(policy_type, json.dumps({root: {}}))] == []
    assert refused(policy_type, "{}")
    assert refused(policy_type, "[]")


NO_JSON = {
    "empty": "",
    "text": "tags",
    "unfinished": '{"tags": {}',
    "repeated key": '{"tags": {}, "tags": {}}',
    "repeated key inside": '{"tags": {"a": {}, "a": {}}, "Statement": {"Effect": "Deny", "Effect": "Deny"}}',
    "number": "1",
    "string": '"tags"',
    "null": "null",
    "not a number": '{"a": {"@@assign": NaN}}',
    "infinite": '{"a": {"@@assign": 1e999}}',
    "endless integer": '{"a": {"@@assign": ' + "9" * 5000 + "}}",
    "lone surrogate": '{"a": {"@@assign": "\\ud800"}}',
    "raw lone surrogate": '{"a": {"@@assign": "\ud800"}}',
    "byte order mark": '\ufeff{"tags": {}}',
    "deep object": '{"a":' * 1000 + "{}" + "}" * 1000,
    "very deep object": '{"a":' * 100_000 + "{}" + "}" * 100_000,
    "deep list": '{"a": {"@@assign": ' + "[" * 1000 + "]" * 1000 + "}}",
    "just too deep": '{"a":' * 65 + "{}" + "}" * 65,
}


@pytest.mark.parametrize("content", NO_JSON.values(), ids=NO_JSON.keys())
@pytest.mark.parametrize("policy_type", [TAG, CHAT, CSPM, SCP, RCP])
def test_not_a_json_object(policy_type: PolicyType, content: str) -> None:
    """A text that is no JSON object, repeats a key or is nested too deep is refused, and raises nothing else."""
    assert refused(policy_type, content)


def test_depth_does_not_depend_on_the_caller() -> None:
    """A document of some depth is accepted from anywhere."""
    content = '{"a":' * 58 + json.dumps({"cspm_enablement": BOTH_LISTS}) + "}" * 58

    def ask(frames: int) -> bool:
        return ask(frames - 1) if frames else refused(CSPM, content)

    assert not ask(300)


WORDS = st.sampled_from(
    [
        *("tags", "plans", "services", "chatbot", "ec2_attributes", "securityhub", "Statement", "Version", "Effect"),
        *("Action", "Resource", "Condition", "tag_key", "tag_value", "lex", "opt_out_policy", "P", "rules", "regions"),
        *("@@assign", "@@append", "@@remove", CONTROL, "@@all", "@@none", "Deny", "*", "2012-10-17", ""),
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.text(string.printable, max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None)
@given(st.sampled_from(PolicyType), JSON)
def test_any_json(policy_type: PolicyType, document: Any) -> None:
    """Any JSON is accepted or malformed; nothing else is raised."""
    refused(policy_type, json.dumps(document))


@settings(deadline=None)
@given(st.sampled_from(PolicyType), st.text())
def test_any_text(policy_type: PolicyType, content: str) -> None:
    """Any text is accepted or malformed; nothing else is raised."""
    refused(policy_type, content)


@settings(deadline=None)
@given(st.sampled_from(sorted(ROOTS)), JSON)
def test_anything_under_the_right_root(policy_type: PolicyType, document: Any) -> None:
    """Any JSON under the right root key is accepted or malformed; nothing else is raised."""
    refused(policy_type, json.dumps({ROOTS[policy_type]: document}))
