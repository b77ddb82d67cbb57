"""A scenario file with every key there is, and what is said about files that are none."""

import pytest

from orgsim.api.load.scenario import ScenarioError, parse_scenario

EVERYTHING = """
description = "Every key there is"
seed = -7
start = 2027-03-04T05:06:07+02:00
measure_from = 1.5
latency = "realistic"
throttle = "aws"

[parameters]
accounts = 4
willing = 0.5
soon = 2.5
who = "222222222222"
often = true

[[faults]]
fault = "refuse"
operations = ["MoveAccount", "ListRoots"]
account = ["123456789012"]
share = 0.5
times = 3
after_calls = 1
since = "1d"
until = "2027-04-04T05:06:07Z"
code = "InvalidInputException"
reason = "INVALID_ENUM"

[[faults]]
fault = "slow_creation"
duration = "10m"

[organizations.acme]
management_account = "123456789012"
feature_set = "ALL"

[organizations.other]
management_account = "$who"
transfer = { decline = 0.5 }

[settings]
fidelity = "observed"
invitations_during_migration = false
organization_finalization_seconds = 60
membership_change_interval_seconds = 70
consolidated_billing_supported = true
policy_types_at_creation = ["SERVICE_CONTROL_POLICY"]
transfer_notice_days = 15
read_lag_seconds = 20
reads_flip = true
write_conflict_seconds = 2
record = "changes"
partition = "aws-cn"

[quotas]
accounts = 11
invitations_per_day = 12
all_features_migration_accounts = 13
concurrent_account_creations = 14
created_account_minimum_age_days = 0
organizational_units = 15
organizational_unit_depth = 3
concurrent_account_closures = 2
account_closures_per_30_days = 16
inbound_transfers = 17
transfer_chain_length = 1

[populations.made]
origin = "created"
count = 3

[populations.apart]
origin = "standalone"
count = 2

[populations.asked]
origin = "invited"
count = "$accounts"

[populations.asked.invitation]
accept = "$willing"
decline = 0.25
after_reminder = 0.125
delay = { distribution = "uniform", from_days = 0.5, to_days = 14 }

[populations.asked.migration]
decline = 0.1
leave = 0.2
after_reminder = 0.25
remind_after_days = [7, 12.5]
reminded_accept = [0.5, 1]
reminded_delay = { distribution = "fixed", days = 1 }
deadline_days = 20
escalation = { action = "TagResource", with = { ResourceId = "{account}", Tags = [{ Key = "a", Value = "b" }] } }
delay = { distribution = "lognormal", median_days = 4, sigma = 0.8, at_most_days = 40 }

[populations.alike]
like = "prompt"
count = 6
invitation.decline = 0.5

[populations.prompt]
origin = "invited"
count = 5
delay = { distribution = "fixed", days = 3 }
invitation = { delay = { distribution = "fixed", days = 2 } }

[populations.prompt.migration.delay]
distribution = "office_hours"
median_hours = 8
sigma = 1
at_most_hours = 80
opens = 8
closes = 18
utc_offset_hours = -5.5

[[steps]]
action = "create_accounts"
organization = "acme"
population = "made"
pace = { per_second = 0.1 }
retry = { attempts = 5, first_seconds = 0.5, most_seconds = 60 }
retry_failed = true
then = [{ action = "CloseAccount", with = { AccountId = "{account}" } }]

[[steps]]
action = "invite"
organization = "other"
population = "asked"
at_day = 3
pace = { stages = [{ days = 2, to_per_day = 10 }, { days = 1, to_per_day = 5 }] }

[[steps]]
action = "enable_all_features"
organization = "other"

[[steps]]
action = "wait"
days = "$soon"

[[steps]]
action = "remind"

[[steps]]
action = "remind"
population = "asked"
accept = 0.5

[[steps]]
action = "wait_for_answers"

[[steps]]
action = "remove_declined"
organization = "other"
silent = true

[[steps]]
action = "finalize"
organization = "other"

[[steps]]
action = "close_accounts"
organization = "acme"
population = "made"
share = 0.5
pace = { per_hour = 1 }

[[steps]]
action = "CreateOrganizationalUnit"
organization = "acme"
with = { ParentId = "{root}", Name = "new" }
save = { new = "OrganizationalUnit.Id" }

[[steps]]
action = "MoveAccount"
organization = "acme"
with = { AccountId = "{account}", SourceParentId = "{parent}", DestinationParentId = "{new}" }
for_each = "made"
share = 0.25
skip = 0.5
only_members = true
pace = { per_day = 24 }
retry = {}

[[steps]]
action = "DescribeOrganization"
organization = "acme"
for_each = "made"
caller = "account"
pace = { over_days = 2 }

[tracks.beside]
from_day = 1.5
every_days = 2
times = 3
steps = [{ action = "wait", until = "joining_days.p95 < 3", at_most_days = 4 }, { action = "remind" }]

[tracks.between]
steps = [{ action = "wait_for_answers", population = "asked" }]

[tracks.behind]
after = ["beside", "steps"]
[[tracks.behind.steps]]
action = "enable_all_features"
organization = "acme"

[thresholds]
all_features_share = "== 1"
"migration_days.p95" = "< 60"
joining_days.max = "<= 1.5e1"
acme.members = { condition = "> 2", severity = "warn", stop = true }
"""
"""It says nothing sensible, but says everything."""

THERE = """
[organizations.bought]
id = "o-a1b2c3d4e5"

[organizations.ours]
feature_set = "ALL"
accounts = 40
created = 0.25
age = { distribution = "fixed", days = 30 }

[organizations.copied]
from = "twin.db"

[[organizations.ours.units]]
name = "Workloads"
share = 0.5
units = [{ name = "Prod", accounts = 3 }]

[[organizations.ours.policies]]
name = "none"
type = "TAG_POLICY"
description = "nothing"
content = '{"tags":{}}'
targets = ["/", "Workloads/Prod"]

[populations.prod]
origin = "member"
count = 3
of = "bought"
unit = "Workloads/Prod"

[[steps]]
action = "wait"
days = 1
"""
"""Every key about what is there when a run begins."""

INVITED = '[populations.p]\norigin = "invited"\ncount = 4\n'
CREATED = '[populations.c]\norigin = "created"\ncount = 3\n'
DONE = '\n[[steps]]\naction = "wait_for_answers"\n'
"""A step that is always possible: a scenario has at least one."""


def complaint(text: str) -> str:
    """What is said first about a file that cannot be played; always one line."""
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(text)
    for message in (str(caught.value), *caught.value.messages):
        assert len(message.splitlines()) == 1, message
    return caught.value.messages[0]


def step(action: str, **keys: str) -> str:
    """A step in TOML; the keys' values are TOML too."""
    return "\n".join(
        ["", "[[steps]]", f'action = "{action}"', *(f"{key} = {value}" for key, value in keys.items()), ""]
    )
