"""The schemas of management policies, one per type (docs/aws.md 6.7, and the user guide's pages on their syntax).

Where neither is clear, more is accepted than AWS might accept. ``types`` assigns each schema to its type.
"""

from .schedules import cron
from .schema import (
    ANYTHING,
    Group,
    Many,
    Node,
    One,
    Syntax,
    flag,
    integer,
    lower,
    lowered,
    matching,
    scalar,
    tag_value,
    text,
    word,
    written,
)
from .tagged import resource_type

ENABLED = One(word("enabled", "disabled"))
REGION = r"[a-z]{2,}(-[a-z]+)+-[0-9]+"


def under(root: str, node: Node, *, ignores_case: bool = False) -> Syntax:
    """A schema with one key at the root, and ``node`` under it."""
    return Syntax(Group({root: node}, required=(root,)), ignores_case)


RULES = Group(
    others=Group(
        {
            "tag_key": One(text),
            "tag_value": Many(tag_value),
            "enforced_for": Many(resource_type),
            "report_required_tag_for": Many(resource_type),
        }
    ),
    name=lower,
)
TAGS = under("tags", RULES, ignores_case=True)

TAG_KEY = One(matching(r"(?s).{1,128}"))
LABELS = Group(others=Group({"tag_key": One(text), "tag_value": One(text)}))
PLAN_LABELS = Group(others=Group({"tag_key": TAG_KEY, "tag_value": One(scalar)}, required=("tag_key", "tag_value")))
LIFECYCLE = Group(
    {
        "move_to_cold_storage_after_days": One(integer(1)),
        "delete_after_days": One(integer(1)),
        "opt_in_to_archive_for_supported_resources": One(flag),
    }
)
CONDITION = Group(
    others=Group(
        {"condition_key": One(text), "condition_value": One(text)}, required=("condition_key", "condition_value")
    )
)
CONDITIONS = Group(dict.fromkeys(("string_equals", "string_not_equals", "string_like", "string_not_like"), CONDITION))

# ARNs have `$account` for the account of the backup; copies may go to another one. `$region` is the backup's region.
ROLE = One(matching(r"arn:[a-z-]+:iam::\$account:role/.+"))
COPY_VAULT = One(matching(rf"arn:[a-z-]+:backup:{REGION}:(\$account|[0-9]{{12}}):backup-vault:.+"))
AIR_GAPPED_VAULT = One(matching(r"arn:[a-z-]+:backup:\$region:\$account:backup-vault:.+"))
# Services with resources that AWS Backup knows; of others SQS is known to be refused [inferred].
BACKED_UP = """
    aurora backup backup-gateway cloudformation docdb dsql dynamodb ec2 eks elasticfilesystem fsx neptune rds redshift
    redshift-serverless s3 ssm-sap storagegateway timestream
"""
BACKED_UP_ARN = rf"arn:[^:]*:({'|'.join(BACKED_UP.split())}|[^:]*\*[^:]*)(:.*)?"
RESOURCES = Many(matching(rf"(?s)(?!arn:).*|{BACKED_UP_ARN}"), appends_nothing=False, assigns_nothing=False)


def some_of(*words: str) -> Many:
    """A list of some words, which must not be empty."""
    return Many(word(*words), appends_nothing=False, assigns_nothing=False)


BACKUP_RULE = Group(
    {
        "schedule_expression": One(cron),
        "schedule_expression_timezone": One(text),
        "start_backup_window_minutes": One(integer(60)),
        "complete_backup_window_minutes": One(integer(60)),
        "enable_continuous_backup": One(flag),
        "target_backup_vault_name": One(matching(r"[A-Za-z0-9_-]{1,50}")),
        "target_logically_air_gapped_backup_vault_arn": AIR_GAPPED_VAULT,
        "lifecycle": LIFECYCLE,
        "copy_actions": Group(
            others=Group(
                {"target_backup_vault_arn": COPY_VAULT, "lifecycle": LIFECYCLE}, required=("target_backup_vault_arn",)
            )
        ),
        "recovery_point_tags": LABELS,
        "index_actions": Group({"resource_types": some_of("EBS", "S3")}),
        "scan_actions": Group(others=Group({"scan_mode": One(word("FULL_SCAN", "INCREMENTAL_SCAN"))}, others=ANYTHING)),
    }
)
TAG_SELECTION = Group(
    {
        "iam_role_arn": ROLE,
        "tag_key": TAG_KEY,
        "tag_value": Many(scalar, appends_nothing=False, assigns_nothing=False),
        "conditions": CONDITIONS,
    },
    required=("tag_key", "tag_value"),
)
RESOURCE_SELECTION = Group(
    {
        "iam_role_arn": ROLE,
        "resource_types": RESOURCES,
        "not_resource_types": Many(text, appends_nothing=False),
        "conditions": CONDITIONS,
    }
)
SCANNED = some_of("ALL", "EBS", "EC2", "S3")
BACKUP_PLANS = Group(
    others=Group(
        {
            "rules": Group(others=BACKUP_RULE, name=lower),
            "regions": Many(matching(REGION), appends_nothing=False),
            "selections": Group(
                {
                    "tags": Group(others=TAG_SELECTION, name=lower),
                    "resources": Group(others=RESOURCE_SELECTION, name=lower),
                }
            ),
            "advanced_backup_settings": Group(
                {
                    "ec2": Group({"windows_vss": ENABLED}),
                    "s3": Group({"backup_acls": ENABLED, "backup_object_tags": ENABLED}),
                }
            ),
            "backup_plan_tags": PLAN_LABELS,
            "scan_settings": Group(others=Group({"resource_types": SCANNED}, others=ANYTHING)),
        }
    ),
    name=matching(r"[A-Za-z0-9._-]{1,50}"),
)
PLANS = under("plans", BACKUP_PLANS, ignores_case=True)

AI_SERVICES = """
    default aiops aidevops awssupplychain biodiscovery chimesdkvoiceanalytics cloudwatch codeguruprofiler codewhisperer
    comprehend config connect connectamd connectdecision connecthealth::operations connecthealth::training
    connectoptimization contactlens datazone dms entityresolution frauddetector glue guardduty lex polly q quicksightq
    rekognition securityhub securitylake textract transcribe transform translate workspaces
"""
OPT_OUT = Group({"opt_out_policy": One(word("optIn", "optOut"))})
AI_OPT_OUTS = under("services", Group(dict.fromkeys(AI_SERVICES.split(), OPT_OUT)))

ROLE_SETTINGS: dict[str, Node] = {"supported_role_settings": Many(word("user_role", "channel_role"))}
CHANNEL_SETTINGS = {"supported_channel_types": Many(word("public", "private")), **ROLE_SETTINGS}
# Slack's ids are in capitals and Teams' UUIDs in small letters; AWS refuses the other case, and a star for an override.
WORKSPACE, TEAM = "[0-9A-Z]{1,255}", "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
CHAT_CLIENTS = Group(
    {
        "platforms": Group(
            {
                "slack": Group(
                    {
                        "client": ENABLED,
                        "workspaces": Many(written(rf"\*|{WORKSPACE}")),
                        "default": Group(CHANNEL_SETTINGS),
                        "overrides": Group(others=Group(CHANNEL_SETTINGS), name=lowered(WORKSPACE)),
                    }
                ),
                "microsoft_teams": Group(
                    {
                        "client": ENABLED,
                        "tenants": Group(others=Many(written(rf"\*|{TEAM}")), name=matching(rf"\*|{TEAM}")),
                        "default": Group(ROLE_SETTINGS),
                        # Of a team of a tenant.
                        "overrides": Group(
                            others=Group(others=Group(ROLE_SETTINGS), name=matching(TEAM)), name=matching(TEAM)
                        ),
                    }
                ),
                "chime": Group({"client": ENABLED}),
            }
        ),
        "default": Group({"client": ENABLED}),
    }
)
CHATBOT = under("chatbot", CHAT_CLIENTS, ignores_case=True)

DAYS = One(integer(0, 2_147_483_647))
TRIBOOLEAN = One(word("no_preference", "enabled", "disabled"))
IMAGE_CRITERION = Group(
    {
        "allowed_image_providers": Many(text),
        "image_names": Many(text),
        "marketplace_product_codes": Many(text),
        "creation_date_condition": Group({"maximum_days_since_created": DAYS}),
        "deprecation_time_condition": Group({"maximum_days_since_deprecated": DAYS}),
    }
)
EC2_SETTINGS = Group(
    {
        "exception_message": One(text),
        "vpc_block_public_access": Group(
            {
                "internet_gateway_block": Group(
                    {
                        "mode": One(word("off", "block_ingress", "block_bidirectional")),
                        "exclusions_allowed": ENABLED,
                    }
                )
            }
        ),
        "serial_console_access": Group({"status": ENABLED}),
        "image_block_public_access": Group({"state": One(word("unblocked", "block_new_sharing"))}),
        "snapshot_block_public_access": Group(
            {"state": One(word("block_all_sharing", "block_new_sharing", "unblocked"))}
        ),
        "allowed_images_settings": Group(
            {
                "state": One(word("enabled", "disabled", "audit_mode")),
                "image_criteria": Group({f"criteria_{number}": IMAGE_CRITERION for number in range(1, 11)}),
            }
        ),
        "instance_metadata_defaults": Group(
            {
                "http_tokens": One(word("no_preference", "required", "optional")),
                "http_put_response_hop_limit": One(integer(-1, 64)),
                "http_endpoint": TRIBOOLEAN,
                "instance_metadata_tags": TRIBOOLEAN,
                "http_tokens_enforced": TRIBOOLEAN,
            }
        ),
    }
)

EC2_ATTRIBUTES = under("ec2_attributes", EC2_SETTINGS)

REGION_LISTS: dict[str, Node] = dict.fromkeys(
    ("enable_in_regions", "disable_in_regions"), Many(matching(f"ALL_SUPPORTED|{REGION}"))
)
IN_REGIONS = Group(REGION_LISTS)
SECURITY_HUB = under("securityhub", Group({**REGION_LISTS, "features": Group(others=IN_REGIONS)}))
# All that is known: somewhere in it, `cspm_enablement` has both lists of regions; see ``fragments``.
SECURITY_HUB_CSPM = Syntax(ANYTHING)
SCANNINGS = Group(
    {
        "ec2_scanning": IN_REGIONS,
        "ecr_scanning": IN_REGIONS,
        "code_repository_scanning": IN_REGIONS,
        "lambda_standard_scanning": Group({**REGION_LISTS, "lambda_code_scanning": IN_REGIONS}),
    }
)
INSPECTOR = under("inspector", Group({"enablement": SCANNINGS}))
NETWORK_SECURITY_DIRECTOR = under(
    "network_security_director", Group({"enablement": Group({"network_security_scan": IN_REGIONS})})
)

STATUS: dict[str, Node] = {"status": ENABLED}
GUARDDUTY_FEATURES = """
    foundational s3_data_events eks_audit_logs ebs_malware_protection rds_login_events lambda_network_logs ai_protection
"""
AGENTS = ("eks_addon_management", "ec2_agent_management", "ecs_fargate_agent_management")
FEATURES = Group(
    {
        **dict.fromkeys(GUARDDUTY_FEATURES.split(), Group(STATUS)),
        "runtime_monitoring": Group(
            {**STATUS, "additional_configuration": Group(dict.fromkeys(AGENTS, Group(STATUS)))}
        ),
    }
)
GUARDDUTY = under(
    "guardduty",
    Group(
        {"enablement": Group({"default": FEATURES}, others=FEATURES, name=matching(REGION), may_be_empty=False)},
        required=("enablement",),
    ),
)

GUARDING = One(word("selective", "comprehensive"))
GUARDRAIL = Group(
    {
        # A published version, not DRAFT.
        "identifier": One(matching(r"arn:[a-z-]+:bedrock:[^:]*:[^:]*:guardrail(-profile)?/[^:]+:[1-9][0-9]*")),
        "selective_content_guarding": Group({"system": GUARDING, "messages": GUARDING}),
        "model_enforcement": Group({"included_models": Many(text), "excluded_models": Many(text)}),
        # Of an older edition of the guide.
        "input_tags": One(word("honor", "ignore")),
    }
)
BEDROCK = under(
    "bedrock",
    Group({"guardrail_inference": Group(others=Group({"config_1": GUARDRAIL}), name=matching(REGION))}),
)

PATCH_ORDER = Group({"patch_order": One(word("first", "second", "last"))})
UPGRADE_ROLLOUT = under(
    "upgrade_rollout",
    Group({"default": PATCH_ORDER, "tags": Group(others=Group({"tag_values": Group(others=PATCH_ORDER)}))}),
)
S3_SETTINGS = Group({"public_access_block_configuration": One(word("all", "none"))})
S3_ATTRIBUTES = under("s3_attributes", S3_SETTINGS, ignores_case=True)
