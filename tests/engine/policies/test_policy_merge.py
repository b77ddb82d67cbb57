"""Effective policies: the worked examples of docs/aws.md 6.9, and laws of merging."""

import json
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orgsim.engine.errors import MalformedPolicyDocumentException
from orgsim.engine.policies.completeness import errors
from orgsim.engine.policies.documents import require_valid
from orgsim.engine.policies.merge import AttachedPolicy, Merging, merge
from orgsim.engine.policies.text import effective_json
from orgsim.engine.words import PolicyType

TAG, AI, BACKUP = PolicyType.TAG_POLICY, PolicyType.AISERVICES_OPT_OUT_POLICY, PolicyType.BACKUP_POLICY
CSPM = PolicyType.SECURITYHUB_CSPM_POLICY
CHAT, EC2, HUB = PolicyType.CHATBOT_POLICY, PolicyType.DECLARATIVE_POLICY_EC2, PolicyType.SECURITYHUB_POLICY

Document = dict[str, Any]
CONTROL = "@@operators_allowed_for_child_policies"


def assign(value: Any) -> Document:
    """`A:` of docs/aws.md 6.9."""
    return {"@@assign": value}


def append(*values: Any) -> Document:
    """`+:` of docs/aws.md 6.9."""
    return {"@@append": list(values)}


def remove(*values: Any) -> Document:
    """`-:` of docs/aws.md 6.9."""
    return {"@@remove": list(values)}


def control(*operators: str) -> Document:
    """`ctl:` of docs/aws.md 6.9."""
    return {CONTROL: list(operators)}


NONE = control("@@none")


def attached(*levels: list[Document]) -> list[list[AttachedPolicy]]:
    """Documents with ids: R1, R2, ... at the root, then 11, 12, ..., then 21, ..."""
    return [
        [
            AttachedPolicy(f"{'R' if depth == 0 else depth}{place}", json.dumps(document))
            for place, document in enumerate(level, 1)
        ]
        for depth, level in enumerate(levels)
    ]


def rule(key: str = "color", **fields: Document) -> Document:
    """A tag policy with one rule."""
    return {"tags": {key: fields}}


def values(*levels: list[Document]) -> list[list[Document]]:
    """Tag policies that are about the values of one key."""
    return [[rule(tag_value=setting) for setting in level] for level in levels]


def colors(*wanted: str) -> Document:
    """The effective tag policy with these values."""
    return {"tags": {"color": {"tag_key": "color", "tag_value": list(wanted)}}}


COST = rule("costcenter", tag_key=assign("CostCenter"), tag_value=assign(["Development", "Support"]))
SERVICES = ["redshift:*", "dynamodb:table"]
MARKETING = rule("costcenter", tag_value=append("Marketing"), enforced_for=append(*SERVICES))


def cost(wanted: list[str], enforced: list[str]) -> Document:
    """The effective policy of the guide's cost centre."""
    return {"tags": {"costcenter": {"tag_key": "CostCenter", "tag_value": wanted, "enforced_for": enforced}}}


def opt_out(**services: Document) -> Document:
    """An AI services opt-out policy."""
    return {"services": {name: {"opt_out_policy": setting} for name, setting in services.items()}}


def chosen(**services: str) -> Document:
    """The effective opt-out policy."""
    return {"services": {name: {"opt_out_policy": choice} for name, choice in services.items()}}


SELECTION = {
    "tags": {
        "datatype": {
            "iam_role_arn": assign("arn:aws:iam::$account:role/Backup"),
            "tag_key": assign("dataType"),
            "tag_value": assign(["PII"]),
        }
    }
}
SELECTED = {
    "tags": {
        "datatype": {
            "iam_role_arn": "arn:aws:iam::$account:role/Backup",
            "tag_key": "dataType",
            "tag_value": ["PII"],
        }
    }
}
VAULT = "arn:aws:backup:us-east-1:$account:backup-vault:Secondary"


def hourly(schedule: str, start: str, vault: str, cold: str, delete: str, **more: Document) -> Document:
    """A backup rule, or a part of one."""
    return {
        "schedule_expression": assign(schedule),
        "start_backup_window_minutes": assign(start),
        "target_backup_vault_name": assign(vault),
        "lifecycle": {"move_to_cold_storage_after_days": assign(cold), "delete_after_days": assign(delete)},
        **more,
    }


PARENT_PLAN = {
    "regions": append("us-east-1", "ap-northeast-3", "eu-north-1"),
    "rules": {
        "Hourly": hourly(
            "cron(0 0/1 ? * * *)",
            "60",
            "FortKnox",
            "180",
            "2",
            copy_actions={VAULT: {"target_backup_vault_arn": assign(VAULT)}},
        )
    },
    "selections": SELECTION,
}
CHILD_PLAN = {
    "regions": assign(["us-west-2", "eu-central-1"]),
    "rules": {"Hourly": hourly("cron(0 0/2 ? * * *)", "80", "Default", "30", "365")},
}
MERGED_PLAN = {
    "regions": ["us-west-2", "eu-central-1"],
    "rules": {
        "hourly": {
            "schedule_expression": "cron(0 0/2 ? * * *)",
            "start_backup_window_minutes": "80",
            "target_backup_vault_name": "Default",
            "lifecycle": {"move_to_cold_storage_after_days": "30", "delete_after_days": "365"},
            "copy_actions": {VAULT: {"target_backup_vault_arn": VAULT}},
        }
    },
    "selections": SELECTED,
}
PLAN = {
    "regions": assign(["us-east-1"]),
    "rules": {"daily": {"target_backup_vault_name": assign("Default")}},
    "selections": SELECTION,
}
EFFECTIVE_PLAN = {
    "regions": ["us-east-1"],
    "rules": {"daily": {"target_backup_vault_name": "Default"}},
    "selections": SELECTED,
}
LOCKED_PLAN = NONE | {
    "regions": assign(["us-east-1"]) | NONE,
    "rules": NONE | {"daily": NONE | {"target_backup_vault_name": assign("Default") | NONE}},
    "selections": NONE
    | {"tags": NONE | {"datatype": NONE | {k: v | NONE for k, v in SELECTION["tags"]["datatype"].items()}}},
}


def daily(**fields: Document) -> Document:
    """A whole plan with one rule that keeps what it backs up continuously."""
    full = {"target_backup_vault_name": assign("Default"), "enable_continuous_backup": assign("true"), **fields}
    return {"plans": {"P": {**PLAN, "rules": {"daily": full}}}}


def kept(days: str) -> Document:
    """The lifecycle of W23."""
    return {"delete_after_days": assign(days)}


def slack(**fields: Document) -> Document:
    """A chat policy with one override, in the case that the wire had."""
    return {"ChatBot": {"Platforms": {"Slack": {"Overrides": {"T0EXAMPLE": fields}}}}}


IMAGES_AND_CONSOLE = {
    "ec2_attributes": {
        "image_block_public_access": {"state": assign("block_new_sharing")},
        "serial_console_access": {"status": assign("disabled")},
    }
}
LOCKED_CONSOLE = {
    "ec2_attributes": {
        "image_block_public_access": {"state": assign("block_new_sharing")},
        "serial_console_access": {"status": assign("disabled") | NONE},
    }
}
CONSOLE = {"ec2_attributes": {"serial_console_access": {"status": assign("enabled")}}}


def ec2(console: str) -> Document:
    """The effective policy of W26 and W27."""
    images = {"state": "block_new_sharing"}
    return {"ec2_attributes": {"image_block_public_access": images, "serial_console_access": {"status": console}}}


class Example(NamedTuple):
    """A row of docs/aws.md 6.9; the levels go from the root down."""

    policy_type: PolicyType
    levels: list[list[Document]]
    effective: Document


EXAMPLES = {
    "W1": Example(
        TAG,
        [
            [COST],
            [
                rule(
                    "costcenter",
                    tag_key=assign("CostCenter"),
                    tag_value=assign(["Sandbox"]),
                    enforced_for=assign(SERVICES),
                )
            ],
        ],
        cost(["Sandbox"], SERVICES),
    ),
    "W2": Example(TAG, [[COST], [MARKETING]], cost(["Development", "Support", "Marketing"], SERVICES)),
    "W3": Example(
        TAG,
        [
            [COST],
            [MARKETING],
            [rule("costcenter", tag_value=remove("Development", "Marketing"), enforced_for=remove(*SERVICES))],
        ],
        cost(["Support"], []),
    ),
    "W4": Example(
        TAG,
        [
            [
                rule(
                    "project",
                    tag_key=NONE | assign("Project"),
                    tag_value=control("@@append") | assign(["Maintenance", "Escalations"]),
                )
            ],
            [rule("project", tag_key=assign("PROJECT"), tag_value=append("Escalations - research"))],
        ],
        {
            "tags": {
                "project": {
                    "tag_key": "Project",
                    "tag_value": ["Maintenance", "Escalations", "Escalations - research"],
                }
            }
        },
    ),
    "W5": Example(
        TAG,
        values(
            [control("@@append") | assign(["Maintenance"]), control("@@append", "@@remove")],
            [remove("Maintenance") | append("X")],
        ),
        colors("Maintenance", "X"),
    ),
    "W6": Example(
        TAG,
        [
            [
                rule("project", tag_key=assign("PROJECT"), tag_value=append("Maintenance")),
                rule("project", tag_key=assign("project")),
            ]
        ],
        {"tags": {"project": {"tag_key": "PROJECT", "tag_value": ["Maintenance"]}}},
    ),
    "W7": Example(TAG, values([assign(["red", "blue"]), assign(["blue", "green"])]), colors("red", "blue")),
    "W8": Example(TAG, values([append("red"), assign(["blue"])]), colors("blue", "red")),
    "W8-other-order": Example(TAG, values([assign(["blue"]), append("red")]), colors("blue", "red")),
    "W9": Example(TAG, values([], [append("red"), remove("red")]), colors()),
    "W9-other-order": Example(TAG, values([], [remove("red"), append("red")]), colors()),
    "W10": Example(TAG, values([assign(["red"]) | append("blue") | remove("red")]), colors("blue")),
    "W10-child": Example(
        TAG,
        values(
            [assign(["red"]) | append("blue") | remove("red")], [assign(["green"]) | append("yellow") | remove("green")]
        ),
        colors("yellow"),
    ),
    "W11": Example(TAG, values([assign(["red", "blue"])], [append("blue", "green")]), colors("red", "blue", "green")),
    "W12": Example(TAG, values([assign(["red", "blue"])], [remove("red", "missing")]), colors("blue")),
    "W13": Example(TAG, values([assign(["red"]) | NONE], [assign(["green"])]), colors("red")),
    "W14": Example(
        TAG,
        values(
            [assign(["red"]) | control("@@append")],
            [control("@@all") | assign(["blue"])],
            [assign(["green"]) | append("yellow")],
        ),
        colors("red", "yellow"),
    ),
    "W15": Example(
        TAG,
        values([assign(["red"]) | control("@@append"), control("@@remove")], [append("x")]),
        colors("red"),
    ),
    "W16": Example(TAG, [[], [rule("Team")]], {"tags": {"team": {"tag_key": "team", "tag_value": ["*"]}}}),
    "W16-remove": Example(
        TAG, [[], [rule("Team", tag_value=remove("x"))]], {"tags": {"team": {"tag_key": "team", "tag_value": ["*"]}}}
    ),
    "W17": Example(
        AI,
        [
            [{"services": {"default": NONE | {"opt_out_policy": assign("optOut") | NONE}}}],
            [opt_out(lex=assign("optIn"))],
        ],
        chosen(default="optOut", lex="optIn"),
    ),
    "W18": Example(
        AI,
        [
            [{"services": NONE | {"default": NONE | {"opt_out_policy": NONE | assign("optOut")}}}],
            [opt_out(lex=assign("optIn"))],
        ],
        chosen(default="optOut"),
    ),
    "W19": Example(
        AI,
        [
            [opt_out(rekognition=assign("optOut") | NONE)],
            [opt_out(rekognition=assign("optIn"), polly=assign("optOut"))],
        ],
        chosen(rekognition="optOut", polly="optOut"),
    ),
    "W20": Example(
        BACKUP, [[{"plans": {"P": PARENT_PLAN}}], [{"plans": {"P": CHILD_PLAN}}]], {"plans": {"P": MERGED_PLAN}}
    ),
    "W21": Example(
        BACKUP,
        [[{"plans": {"A": PLAN}}], [{"plans": {"B": PLAN}}]],
        {"plans": {"A": EFFECTIVE_PLAN, "B": EFFECTIVE_PLAN}},
    ),
    "W22": Example(
        BACKUP,
        [
            [{"plans": control("@@append") | {"A": LOCKED_PLAN}}],
            [{"plans": {"B": PLAN, "A": {"regions": assign(["eu-west-1"]), "backup_plan_tags": {}}}}],
        ],
        {"plans": {"A": EFFECTIVE_PLAN, "B": EFFECTIVE_PLAN}},
    ),
    "W23": Example(
        BACKUP,
        [[daily(lifecycle=kept("35"))], [{"plans": {"P": {"rules": {"daily": {"lifecycle": kept("45")}}}}}]],
        {
            "plans": {
                "P": {
                    **EFFECTIVE_PLAN,
                    "rules": {
                        "daily": {
                            "target_backup_vault_name": "Default",
                            "enable_continuous_backup": "true",
                            "lifecycle": {"delete_after_days": "45"},
                        }
                    },
                }
            }
        },
    ),
    "W24": Example(
        CHAT,
        [
            [],
            [
                slack(
                    Supported_Channel_Types={"@@Assign": ["private"]},
                    Supported_Role_Settings={"@@Assign": ["user_role"]},
                ),
                slack(supported_role_settings={"@@append": ["channel_role"]}),
            ],
        ],
        {
            "chatbot": {
                "platforms": {
                    "slack": {
                        "overrides": {
                            "t0example": {
                                "supported_role_settings": ["user_role", "channel_role"],
                                "supported_channel_types": ["private"],
                            }
                        }
                    }
                }
            }
        },
    ),
    "W25": Example(CHAT, [[], [{"ChatBot": {}}]], {}),
    "W25-override": Example(CHAT, [[], [slack()]], {}),
    "W26": Example(EC2, [[IMAGES_AND_CONSOLE], [CONSOLE]], ec2("enabled")),
    "W27": Example(EC2, [[LOCKED_CONSOLE], [CONSOLE]], ec2("disabled")),
    "W28": Example(
        HUB,
        [
            [
                {
                    "securityhub": {
                        "enable_in_regions": assign(["us-east-1", "us-west-2"]),
                        "disable_in_regions": assign(["us-west-2"]),
                    }
                }
            ],
            [
                {
                    "securityhub": {
                        "enable_in_regions": append("eu-central-1"),
                        "disable_in_regions": remove("us-west-2"),
                    }
                }
            ],
        ],
        {
            "securityhub": {
                "enable_in_regions": ["us-east-1", "us-west-2", "eu-central-1"],
                "disable_in_regions": [],
            }
        },
    ),
}


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES.keys())
def test_worked_example(example: Example) -> None:
    """The documents of a worked example are well formed and become the document that docs/aws.md gives."""
    for level in example.levels:
        for document in level:
            require_valid(example.policy_type, json.dumps(document))

    assert merge(example.policy_type, attached(*example.levels)) == example.effective


@pytest.mark.parametrize("name", sorted(EXAMPLES.keys() - {"W23"}))
def test_worked_examples_are_complete(name: str) -> None:
    """Every effective document of the examples is valid, but for the one that is there to show an error."""
    example = EXAMPLES[name]

    assert errors(example.policy_type, example.effective, attached(*example.levels)) == []


def test_nothing_attached() -> None:
    """Without policies the effective document is empty, for every type that has one."""
    types = set(PolicyType) - {PolicyType.SERVICE_CONTROL_POLICY, PolicyType.RESOURCE_CONTROL_POLICY}

    assert [merge(policy_type, [[], []]) for policy_type in types] == [{}] * 13


def test_a_closed_rule_takes_no_new_fields() -> None:
    """A control on a rule stops new fields in it, and leaves the values of those it has to their own controls."""
    parent = {"tags": {"color": NONE | {"tag_value": assign(["red"])}}}
    child = rule(tag_value=assign(["blue"]), enforced_for=assign(["ec2:*"]))

    assert merge(TAG, attached([parent], [child])) == colors("blue")


def test_controls_do_not_bind_peers() -> None:
    """A value that is locked for child policies can be set by other policies on the same entity."""
    assert merge(TAG, attached(*values([NONE, assign(["red"])]))) == colors("red")


def test_attachment_order_of_appended_values() -> None:
    """Values are appended in attachment order, without repeats."""
    assert merge(TAG, attached(*values([append("b", "a"), append("c", "a")]))) == colors("b", "a", "c")


def test_tag_values_become_strings() -> None:
    """Numbers, booleans and null in tag values come out as strings, and are removed as such."""
    levels = values([assign([12, True, None, "x"])], [remove("12", "x")])

    assert merge(TAG, attached(*levels)) == colors("true", "null")


def test_case_of_identifiers() -> None:
    """Rules and selections of a backup plan are the same in either case; plans and vaults are not."""
    parent = {"plans": {"P": {"rules": {"DAILY": {"target_backup_vault_name": assign("One")}}}}}
    child = {"plans": {"P": {"rules": {"daily": {"target_backup_vault_name": assign("Two")}}}, "p": {}}}

    assert merge(BACKUP, attached([parent], [child])) == {
        "plans": {"P": {"rules": {"daily": {"target_backup_vault_name": "Two"}}}}
    }


def test_chat_controls_in_any_case() -> None:
    """Child control operators of chat policies work in any case too."""
    parent = {"chatbot": {"default": {"client": {"@@ASSIGN": "disabled", CONTROL.upper(): ["@@None"]}}}}
    child = {"chatbot": {"default": {"client": assign("enabled")}}}

    assert merge(CHAT, attached([parent], [child])) == {"chatbot": {"default": {"client": "disabled"}}}


def test_tag_and_backup_policies_in_any_case() -> None:
    """Operators and known names of tag and backup policies work in any case, and come out in lower case."""
    tag = {"TAGS": {"Color": {"Tag_Value": {"@@Assign": ["red"], CONTROL.title(): ["@@Append", "@@append"]}}}}
    backup = {"PLANS": {"Plan": {"REGIONS": {"@@Append": ["us-east-1"]}}}}

    assert merge(TAG, attached([tag], [rule(tag_value=assign(["blue"]) | append("green"))])) == colors("red", "green")
    assert merge(BACKUP, attached([backup])) == {"plans": {"Plan": {"regions": ["us-east-1"]}}}


def cspm(**members: Document) -> Document:
    """A policy of the type of which only a part is known."""
    return {"securityhub": {"cspm_enablement": {"enable_in_regions": {}, "disable_in_regions": {}}} | members}


def test_unpublished_syntax() -> None:
    """Where the syntax is not known, operators are merged all the same; where shapes differ, the first one stays."""
    parent = cspm(regions=assign(["us-east-1"]), mode=assign("on"), plan=assign("x"))
    child = cspm(regions=append("us-west-2"), mode=append("y"), plan={"deeper": assign(1)})

    assert merge(CSPM, attached([parent], [child])) == {
        "securityhub": {"regions": ["us-east-1", "us-west-2"], "mode": "on", "plan": "x"}
    }
    assert merge(CSPM, attached([child], [parent])) == {
        "securityhub": {"regions": ["us-east-1"], "mode": "on", "plan": {"deeper": 1}}
    }


def test_two_places_below_one() -> None:
    """Merging can go on from one place to several below it; none of them changes what holds above, or the other."""
    above = Merging(TAG).below(attached(*values([assign(["red"]) | control("@@append")]))[0])
    red, blue = attached(*values([append("green") | NONE], [append("blue")]))

    assert above.below(red).document() == colors("red", "green")
    assert above.below(blue).document() == colors("red", "blue")
    assert above.below(blue).below(red).document() == colors("red", "blue", "green")
    assert above.document() == colors("red")


def test_the_result_is_the_callers_own() -> None:
    """Changing an effective document changes nothing for whoever merges the same policies again."""
    levels = attached(*values([assign(["red"])]))
    merge(TAG, levels)["tags"]["color"]["tag_value"].append("blue")

    assert merge(TAG, levels) == colors("red")


def test_compact_json() -> None:
    """PolicyContent has no white space, and keeps letters of other scripts."""
    assert effective_json({}) == "{}"
    assert effective_json(colors("grün")) == '{"tags":{"color":{"tag_key":"color","tag_value":["grün"]}}}'


COLORS = st.lists(st.sampled_from(["red", "green", "blue", "yellow"]), max_size=4)
SETTINGS = st.fixed_dictionaries(
    {},
    optional={
        "@@assign": COLORS,
        "@@append": COLORS,
        "@@remove": COLORS,
        CONTROL: st.lists(st.sampled_from(["@@assign", "@@append", "@@remove"]), min_size=1, max_size=3, unique=True),
    },
)
LEVELS = st.lists(st.lists(SETTINGS, max_size=3), max_size=4)
TREES = st.recursive(
    st.dictionaries(st.sampled_from(["@@assign", "@@append", "@@remove", CONTROL]), st.none() | COLORS, max_size=2),
    lambda inner: st.dictionaries(st.sampled_from(["a", "b", CONTROL]), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None)
@given(COLORS, COLORS)
def test_appending_twice_changes_nothing(start: list[str], new: list[str]) -> None:
    """An appended value is in the list once, however often and wherever it is appended."""
    once = merge(TAG, attached(*values([assign(start)], [append(*new)])))
    twice = merge(TAG, attached(*values([assign(start)], [append(*new), append(*new)], [append(*new)])))

    assert once == twice


@settings(deadline=None)
@given(COLORS, LEVELS)
def test_a_locked_value_stays(start: list[str], below: list[list[Document]]) -> None:
    """Whatever hangs below, a value that the root assigned and locked is the account's."""
    levels = values([assign(start) | NONE], *below)

    assert merge(TAG, attached(*levels)) == colors(*start)


@settings(deadline=None)
@given(LEVELS)
def test_controls_never_widen(levels: list[list[Document]]) -> None:
    """Allowing everything again at every level changes nothing."""
    wider = [[*level, control("@@all")] for level in levels]

    assert merge(TAG, attached(*values(*levels, [{}]))) == merge(TAG, attached(*values(*wider, [{}])))


@settings(deadline=None)
@given(st.lists(st.lists(TREES, max_size=2), max_size=3))
def test_what_is_well_formed_can_be_merged(levels: list[list[Document]]) -> None:
    """No policies that were accepted are refused, or fail, when they are merged."""
    accepted: list[list[Document]] = []
    for level in levels:
        accepted.append([])
        for document in level:
            try:
                require_valid(CSPM, json.dumps(cspm(other=document)))
            except MalformedPolicyDocumentException:
                continue
            accepted[-1].append(cspm(other=document))

    json.loads(effective_json(merge(CSPM, attached(*accepted))))


def test_stored_by_a_version_that_knew_less() -> None:
    """A stored document that would be refused today sets nothing, and the others are merged as before."""
    refused = AttachedPolicy("p-refused0000", '{"tags":{"team":{"tag_value":["raw"]}}}')
    sound = AttachedPolicy("p-sound000000", '{"tags":{"team":{"tag_value":{"@@assign":["red"]}}}}')
    with pytest.raises(MalformedPolicyDocumentException):
        require_valid(PolicyType.TAG_POLICY, refused.content)
    expected = {"tags": {"team": {"tag_key": "team", "tag_value": ["red"]}}}
    assert merge(PolicyType.TAG_POLICY, [[refused, sound]]) == merge(PolicyType.TAG_POLICY, [[sound]]) == expected
    assert merge(PolicyType.TAG_POLICY, [[refused]]) == {}
    assert errors(PolicyType.TAG_POLICY, expected, [[refused, sound]]) == []
