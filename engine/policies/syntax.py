"""The syntax of every management policy type (section 6.7), and which types have none that is known.

A row is what may stand under the root key. Where the sheet leaves a syntax open, more is accepted than AWS might.
"""

from ..words import PolicyType
from .schema import ANYTHING, Group, Many, Node, One, flag, integer, matching, tag_value, text, word
from .tagged import resource_type

ENABLED = One(word("enabled", "disabled"))

TAGS = Group(
    others=Group(
        {
            "tag_key": One(text),
            "tag_value": Many(tag_value),
            "enforced_for": Many(resource_type),
            "report_required_tag_for": Many(resource_type),
        }
    ),
    ignores_case=True,
)

NAMES = Many(text, appends_nothing=False)
LABELS = Group(others=Group({"tag_key": One(text), "tag_value": One(text)}))
LIFECYCLE = Group(
    {
        "move_to_cold_storage_after_days": One(integer()),
        "delete_after_days": One(integer()),
        "opt_in_to_archive_for_supported_resources": One(flag),
    }
)
CONDITION = Group(others=Group({"condition_key": One(text), "condition_value": One(text)}))
CONDITIONS = Group(dict.fromkeys(("string_equals", "string_not_equals", "string_like", "string_not_like"), CONDITION))

RULE = Group(
    {
        "schedule_expression": One(text),
        "schedule_expression_timezone": One(text),
        "start_backup_window_minutes": One(integer()),
        "complete_backup_window_minutes": One(integer()),
        "enable_continuous_backup": One(flag),
        "target_backup_vault_name": One(text),
        "target_logically_air_gapped_backup_vault_arn": One(text),
        "lifecycle": LIFECYCLE,
        "copy_actions": Group(others=Group({"target_backup_vault_arn": One(text), "lifecycle": LIFECYCLE})),
        "recovery_point_tags": LABELS,
        "index_actions": ANYTHING,
        "scan_actions": ANYTHING,
    }
)
TAG_SELECTION = Group({"iam_role_arn": One(text), "tag_key": One(text), "tag_value": NAMES, "conditions": CONDITIONS})
RESOURCE_SELECTION = Group(
    {"iam_role_arn": One(text), "resource_types": NAMES, "not_resource_types": NAMES, "conditions": CONDITIONS}
)
PLANS = Group(
    others=Group(
        {
            "rules": Group(others=RULE, ignores_case=True),
            "regions": NAMES,
            "selections": Group(
                {
                    "tags": Group(others=TAG_SELECTION, ignores_case=True),
                    "resources": Group(others=RESOURCE_SELECTION, ignores_case=True),
                }
            ),
            "advanced_backup_settings": Group(
                {
                    "ec2": Group({"windows_vss": ENABLED}),
                    "s3": Group({"backup_acls": ENABLED, "backup_object_tags": ENABLED}),
                }
            ),
            "backup_plan_tags": LABELS,
            "scan_settings": ANYTHING,
        }
    )
)

AI_SERVICES = """
    default aiops aidevops awssupplychain biodiscovery chimesdkvoiceanalytics cloudwatch codeguruprofiler codewhisperer
    comprehend config connect connectamd connectdecision connecthealth::operations connecthealth::training
    connectoptimization contactlens datazone dms entityresolution frauddetector glue guardduty lex polly q quicksightq
    rekognition securityhub securitylake textract transcribe transform translate workspaces
"""
OPT_OUT = Group({"opt_out_policy": One(word("optIn", "optOut"))})

CHANNEL_SETTINGS: dict[str, Node] = {
    "supported_channel_types": Many(word("public", "private")),
    "supported_role_settings": Many(word("user_role", "channel_role")),
}
CHATBOT = Group(
    {
        "platforms": Group(
            {
                "slack": Group(
                    {
                        "client": ENABLED,
                        "workspaces": Many(text),
                        "default": Group(CHANNEL_SETTINGS),
                        "overrides": Group(others=Group(CHANNEL_SETTINGS)),
                    }
                ),
                "microsoft_teams": Group(
                    {
                        "client": ENABLED,
                        "tenants": Group(others=Many(text)),
                        "default": Group(CHANNEL_SETTINGS),
                        # Of a tenant, or of a team of a tenant.
                        "overrides": Group(others=Group(CHANNEL_SETTINGS, others=Group(CHANNEL_SETTINGS))),
                    }
                ),
                "chime": Group({"client": ENABLED}),
            }
        ),
        "default": Group({"client": ENABLED}),
    }
)

TRIBOOLEAN = One(word("no_preference", "enabled", "disabled"))
IMAGE_CRITERION = Group(
    {
        "allowed_image_providers": Many(text),
        "image_names": Many(text),
        "marketplace_product_codes": Many(text),
        "creation_date_condition": Group({"maximum_days_since_created": One(integer())}),
        "deprecation_time_condition": Group({"maximum_days_since_deprecated": One(integer())}),
    }
)
EC2_ATTRIBUTES = Group(
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

REGION_LISTS: dict[str, Node] = dict.fromkeys(
    ("enable_in_regions", "disable_in_regions"), Many(matching(r"ALL_SUPPORTED|[a-z]{2,}(-[a-z]+)+-[0-9]+"))
)
SCANNING = Group(REGION_LISTS)
ENABLEMENT = Group(
    {
        "ec2_scanning": SCANNING,
        "ecr_scanning": SCANNING,
        "code_repository_scanning": SCANNING,
        "lambda_standard_scanning": Group({**REGION_LISTS, "lambda_code_scanning": SCANNING}),
    }
)
GUARDRAIL = Group(
    {
        "identifier": One(matching(r"arn:[a-z-]+:bedrock:[^:]*:[^:]*:guardrail(-profile)?/[^:]+:[^:]+")),
        "input_tags": One(word("honor", "ignore")),
    }
)
PATCH_ORDER = Group({"patch_order": One(word("first", "second", "last"))})

SYNTAX: dict[PolicyType, Node] = {
    PolicyType.TAG_POLICY: TAGS,
    PolicyType.BACKUP_POLICY: PLANS,
    PolicyType.AISERVICES_OPT_OUT_POLICY: Group(dict.fromkeys(AI_SERVICES.split(), OPT_OUT)),
    PolicyType.CHATBOT_POLICY: CHATBOT,
    PolicyType.DECLARATIVE_POLICY_EC2: EC2_ATTRIBUTES,
    PolicyType.SECURITYHUB_POLICY: Group(REGION_LISTS),
    PolicyType.INSPECTOR_POLICY: Group({"enablement": ENABLEMENT}),
    PolicyType.UPGRADE_ROLLOUT_POLICY: Group(
        {
            "default": PATCH_ORDER,
            "tags": Group(others=Group({"tag_values": Group(others=PATCH_ORDER)})),
        }
    ),
    PolicyType.BEDROCK_POLICY: Group({"guardrail_inference": Group(others=Group({"config_1": GUARDRAIL}))}),
    PolicyType.S3_POLICY: Group({"public_access_block_configuration": One(word("all", "none"))}),
    PolicyType.NETWORK_SECURITY_DIRECTOR_POLICY: ANYTHING,
    PolicyType.SECURITYHUB_CSPM_POLICY: ANYTHING,
    PolicyType.GUARDDUTY_POLICY: ANYTHING,
}
