"""A file with an impossible value is refused in one line, with the path and what is possible there."""

from pathlib import Path

import pytest
from support.scenario_keys import CREATED, DONE, EVERYTHING, INVITED, complaint, step

from orgsim.api.load.scenario import ScenarioError, load_scenario, parse_scenario
from orgsim.engine.settings import Quotas

BEHAVIOUR = f"{INVITED}[populations.p.migration]\n"
PACED = f'{INVITED}[[steps]]\naction = "invite"\npopulation = "p"\npace = '
MOVE = '[[steps]]\naction = "MoveAccount"\n'
ROOTS = '[[steps]]\naction = "ListRoots"\n'
ACTIONS = (
    "create_accounts, invite, close_accounts, enable_all_features, wait, remind, wait_for_answers, remove_declined, "
    "finalize, and AWS's operations by their names"
)


def delayed(delay: str) -> str:
    """A population whose migration has a delay."""
    return f"{BEHAVIOUR}delay = {{ {delay} }}\n"


@pytest.mark.parametrize(
    ("text", "place", "choices"),
    [
        (
            "sed = 1",
            "unknown key `sed`, did you mean `seed`?",
            "description, latency, organizations, parameters, populations, quotas, seed, settings, start, steps, "
            "thresholds, throttle",
        ),
        ("[organization]", "unknown key `organization`, did you mean `organizations`?", "seed"),
        ("[step]", "unknown key `step`, did you mean `steps`?", "start, steps"),
        ('[organizations.acme]\nname = "x"', "organizations.acme: ", "feature_set, management_account"),
        (
            "[settings]\nlatancy = 3",
            "settings: unknown key `latancy`, did you mean `latency`?",
            "fidelity, invitations_during_migration, latency, membership_change_interval_seconds",
        ),
        ('[settings]\nlatency = "slow"', 'settings.latency: "slow" is not possible', "instant, realistic"),
        (
            "[settings]\ntransfer_notice_days = -1",
            "settings.transfer_notice_days: must be a whole number",
            "",
        ),
        (
            "[settings]\ntransfer_notice_days = '1'",
            'settings.transfer_notice_days: must be a whole number from 0 to 2,147,483,648, not "1"',
            "",
        ),
        (
            "[settings.quotas]\naccounts = 0",
            "settings.quotas.accounts: must be a whole number from 1 to 2",
            "",
        ),
        (
            f"[settings]\nconsolidated_billing_supported = false{DONE}",
            'organizations.organization.feature_set: must be "ALL": settings.consolidated_billing_supported is false',
            "",
        ),
        ("settings = 3", "settings: must be a table, not 3", ""),
        (
            'throttle = "off"\n[settings]\nthrottle = "off"',
            "settings.throttle: throttle is set at the top level too; set it once",
            "",
        ),
        (
            "[quotas]\naccounts = 3\n[settings.quotas]\naccounts = 3",
            "settings.quotas: quotas is set at the top level too; set it once",
            "",
        ),
        ("faults = 3", "faults: must be a list of tables, such as [[faults]] with a fault", ""),
        (
            '[[faults]]\nfault = "flood"\noperations = "*"',
            "faults[1].fault: a run does not play 'flood'",
            "throttle, conflict, finalizing, service_exception, refuse, fail_creation, slow_creation, slow_closure",
        ),
        (
            '[[faults]]\nfault = "drop"\noperations = "*"',
            "faults[1].fault: a run does not play 'drop'",
            "throttle, conflict, finalizing, service_exception, refuse, fail_creation, slow_creation, slow_closure",
        ),
        (
            '[[faults]]\nfault = "throttle"\noperation = "*"',
            "faults[1]: unknown key `operation`, did you mean `operations`?",
            "account, after_calls, code",
        ),
        ('[[faults]]\noperations = "*"', "faults[1]: `fault` is missing", ""),
        ('[[faults]]\nfault = "throttle"\noperations = [1]', "faults[1].operations[1]: must be a text, not 1", ""),
        (
            '[[faults]]\nfault = "throttle"\noperations = ["ListAcounts"]',
            "faults[1].operations: There is no operation 'ListAcounts'; did you mean ListAccounts or",
            "",
        ),
        (
            '[[faults]]\nfault = "throttle"',
            "faults[1].operations: Name the operations that the fault is for, or '*' for all.",
            "",
        ),
        (
            '[[faults]]\nfault = "throttle"\noperations = "*"\nshare = 1.5',
            "faults[1].share: A share is above 0 and at most 1, not 1.5.",
            "",
        ),
        (
            '[[faults]]\nfault = "throttle"\noperations = "*"\ntimes = "3"',
            'faults[1].times: must be a whole number, not "3"',
            "",
        ),
        (
            '[[faults]]\nfault = "throttle"\noperations = "*"\nuntil = "soon"',
            "faults[1].until: until is a moment such as",
            "",
        ),
        ("[quotas]\naccount = 3", "quotas: unknown key `account`, did you mean `accounts`?", ""),
        (f"{INVITED}cont = 3", "populations.p: ", "count, invitation, migration, origin"),
        (
            f"{BEHAVIOUR}acept = 1.0",
            "populations.p.migration: ",
            "accept, after_reminder, decline, delay, leave",
        ),
        (delayed('distribution = "fixed", days = 1, day = 1'), "populations.p.migration.delay: ", "days, distribution"),
        (
            delayed('distribution = "uniform", from_days = 1, to_days = 2, days = 1'),
            "populations.p.migration.delay: ",
            "distribution, from_days, to_days",
        ),
        (
            delayed('distribution = "lognormal", median_days = 1, sigma = 1, at_most_days = 3, x = 3'),
            "populations.p.migration.delay: ",
            "at_most_days, distribution, median_days, sigma",
        ),
        (
            delayed('distribution = "office_hours", median_hours = 1, sigma = 1, at_most_hours = 3, open = 9'),
            "populations.p.migration.delay: ",
            "at_most_hours, closes, distribution, median_hours, opens, sigma, utc_offset_hours",
        ),
        (step("wait", days="1", hours="3"), "step 1: ", "action, at_day, days"),
        (INVITED + step("invite", population='"p"', when="3"), "step 1: ", "action, at_day, organization, pace"),
        (DONE + step("remind", share="1"), "step 2: ", "accept, action, at_day, population"),
        (step("finalize", force="true"), "step 1: ", "action, at_day, organization"),
        (
            f"{PACED}{{ per_hour = 1, per_minute = 3 }}",
            "step 1, pace: ",
            "over_days, per_day, per_hour, per_second, stages",
        ),
        (
            f"{PACED}{{ stages = [{{ days = 1, to_per_day = 3, to = 3 }}] }}",
            "step 1, pace.stages[1]: ",
            "days, to_per_day",
        ),
        (
            f'{INVITED}[[steps]]\naction = "invite"\npopulation = "p"\nretry = {{ tries = 3 }}',
            "step 1, retry: ",
            "attempts, first_seconds, most_seconds",
        ),
        (f"{MOVE}wit = {{}}", "step 1: ", "at_day, caller, for_each, organization, pace, retry, save, share, skip"),
    ],
)
def test_unknown_key(text: str, place: str, choices: str) -> None:
    """An unknown key is named with its path and with the keys that exist there."""
    message = complaint(text + ("" if "steps" in text else DONE))
    assert message.startswith(place)
    listed = message.rpartition("(there are: ")[2].rstrip(")").split(", ")
    assert set(choices.split(", ")) - {""} <= set(listed)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (f"{INVITED}accept = 1.0", "accept"),
        (step("wait", days="1", accept="1.0"), "accept"),
        (delayed('distribution = "fixed", days = 1, sigma = 1'), "sigma"),
    ],
)
def test_key_of_another_kind(text: str, key: str) -> None:
    """A key that only another table, action or distribution has is not offered as the remedy for itself."""
    message = complaint(text)
    assert f"`{key}`" in message
    assert f"did you mean `{key}`" not in message
    assert key not in message.rpartition("(there are: ")[2].rstrip(")").split(", ")


@pytest.mark.parametrize(
    ("text", "place", "choices"),
    [
        (step("invit"), "step 1, action: there is no 'invit', did you mean `invite`?", ACTIONS),
        (DONE + step("dance"), "step 2, action: there is no 'dance'", ACTIONS),
        (step("MoveAcount"), "step 1, action: there is no 'MoveAcount', did you mean the operation `MoveAcc", ACTIONS),
        (step("call", operation='"MoveAccount"'), "step 1, action: there is no 'call'", ACTIONS),
        (
            '[populations.p]\norigin = "bought"\ncount = 1',
            'populations.p.origin: "bought" is not possible',
            "created, invited, member, standalone",
        ),
        (
            delayed('distribution = "gauss", days = 1'),
            "populations.p.migration.delay.distribution: ",
            "fixed, lognormal, office_hours, uniform",
        ),
        (delayed(""), "populations.p.migration.delay: ", "fixed, lognormal, office_hours, uniform"),
        ('latency = "slow"', 'latency: "slow" is not possible', "instant, realistic, stepwise"),
        ('throttle = "on"', 'throttle: "on" is not possible', "off, aws"),
        ('[organizations.o]\nfeature_set = "all"', "organizations.o.feature_set: ", "ALL, CONSOLIDATED_BILLING"),
        (f'{ROOTS}caller = "member"', "step 1, caller: ", "management, account"),
    ],
)
def test_unknown_value(text: str, place: str, choices: str) -> None:
    """A value that is none of a few is quoted, with its path and with those that there are."""
    message = complaint(text + ("" if "action" in text else DONE))
    assert message.startswith(place)
    listed = message.rpartition("(there are: ")[2].removesuffix(")").split(", ")
    assert sorted(listed) == sorted(choices.split(", "))


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[populations.p]", "populations.p: "),
        ("[populations.p]\ncount = 1", "populations.p: "),
        ('[populations.p]\norigin = "invited"', "populations.p: "),
        (delayed('distribution = "fixed"'), "populations.p.migration.delay: "),
        (delayed('distribution = "uniform", from_days = 1'), "populations.p.migration.delay: "),
        (delayed('distribution = "lognormal", median_days = 1, sigma = 1'), "populations.p.migration.delay: "),
        (delayed('distribution = "office_hours", sigma = 1'), "populations.p.migration.delay: "),
        ("[[steps]]", "step 1: "),
        (step("wait"), "step 1: "),
        (step("invite"), "step 1: "),
        (step("close_accounts"), "step 1: "),
        (DONE + step("create_accounts"), "step 2: "),
        (f"{PACED}{{ stages = [{{ days = 1 }}] }}", "step 1, pace.stages[1]: "),
    ],
)
def test_missing_key(text: str, place: str) -> None:
    """A key that has to be there is missed by its name, at the place where it belongs."""
    message = complaint(text + ("" if "steps" in text else DONE))
    assert message.startswith(place)
    assert "` is missing" in message


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('seed = "x"', "seed: must be a whole number from -9,223,372,036,854,775,808 to 9,223,372,036,854,775,807"),
        ("seed = 1.5", "seed: "),
        ("seed = 9223372036854775808", "seed: "),
        ("seed = -9223372036854775809", "seed: "),
        ("description = 5", "description: "),
        ("start = 2026-01-01", "start: "),
        ("start = 12:00:00", "start: "),
        ('start = "tomorrow"', "start: "),
        ("latency = 1.5", "latency: "),
        ("throttle = true", "throttle: "),
        ("parameters = 1", "parameters: "),
        ("[parameters]\na = [1]", "parameters.a: "),
        ("[parameters]\na = 2026-01-01", "parameters.a: "),
        ("organizations = 1", "organizations: "),
        ("organizations = []", "organizations: "),
        ("organizations.o = 1", "organizations.o: "),
        ('[organizations.o]\nmanagement_account = "1"', "organizations.o.management_account: "),
        ("[organizations.o]\nmanagement_account = 111111111111", "organizations.o.management_account: "),
        ('[organizations.o]\nmanagement_account = "11111111111٣"', "organizations.o.management_account: "),
        ("quotas = 3", "quotas: "),
        ("[quotas]\naccounts = 0", "quotas.accounts: "),
        ("[quotas]\naccounts = 1.5", "quotas.accounts: "),
        ("[quotas]\naccounts = true", "quotas.accounts: "),
        ("[quotas]\ninvitations_per_day = -1", "quotas.invitations_per_day: "),
        ("[quotas]\nconcurrent_account_creations = 0", "quotas.concurrent_account_creations: "),
        ("populations = 1", "populations: "),
        ("[populations]\np = 1", "populations.p: "),
        ('[[populations]]\norigin = "invited"\ncount = 1', "populations: "),
        ("[populations.p]\norigin = 1\ncount = 1", "populations.p.origin: "),
        ('[populations.p]\norigin = "invited"\ncount = -1', "populations.p.count: "),
        ('[populations.p]\norigin = "invited"\ncount = 1.5', "populations.p.count: "),
        ('[populations.p]\norigin = "invited"\ncount = "many"', "populations.p.count: "),
        ('[populations.p]\norigin = "invited"\ncount = 100_000_001', "populations.p.count: "),
        (f"{BEHAVIOUR}accept = 1.5", "populations.p.migration.accept: "),
        (f"{BEHAVIOUR}accept = -0.1", "populations.p.migration.accept: "),
        (f"{BEHAVIOUR}accept = nan", "populations.p.migration.accept: "),
        (f"{BEHAVIOUR}decline = inf", "populations.p.migration.decline: "),
        (f'{BEHAVIOUR}leave = "all"', "populations.p.migration.leave: "),
        (f"{BEHAVIOUR}after_reminder = true", "populations.p.migration.after_reminder: "),
        (f"{BEHAVIOUR}delay = 3", "populations.p.migration.delay: "),
        (delayed("distribution = 1, days = 1"), "populations.p.migration.delay.distribution: "),
        (delayed('distribution = "fixed", days = -1'), "populations.p.migration.delay.days: "),
        (delayed('distribution = "fixed", days = nan'), "populations.p.migration.delay.days: "),
        (delayed('distribution = "fixed", days = 36501'), "populations.p.migration.delay.days: "),
        (
            delayed('distribution = "lognormal", median_days = 0, sigma = 1, at_most_days = 1'),
            "populations.p.migration.delay.median_days: ",
        ),
        (
            delayed('distribution = "office_hours", median_hours = 1, sigma = -1, at_most_hours = 1'),
            "populations.p.migration.delay.sigma: ",
        ),
        (
            delayed('distribution = "office_hours", median_hours = 1, sigma = 1, at_most_hours = 1, closes = 25'),
            "populations.p.migration.delay.closes: ",
        ),
        (f"{PACED}3", "step 1, pace: "),
        (f"{PACED}{{ per_second = 0 }}", "step 1, pace.per_second: "),
        (f"{PACED}{{ per_day = 1e-300 }}", "step 1, pace.per_day: "),
        (f"{PACED}{{ over_days = 0 }}", "step 1, pace.over_days: "),
        (f"{PACED}{{ stages = [] }}", "step 1, pace.stages: "),
        (f"{PACED}{{ stages = [{{ days = 0, to_per_day = 3 }}] }}", "step 1, pace.stages[1].days: "),
        (f"{PACED}{{ stages = [{{ days = 1, to_per_day = -3 }}] }}", "step 1, pace.stages[1].to_per_day: "),
        ("steps = 1", "steps: "),
        ("steps = {}", "steps: "),
        ("steps = []", "steps: "),
        ("", "steps: "),
        ("steps = [1]", "step 1: "),
        ("[[steps]]\naction = 1", "step 1, action: "),
        (DONE + step("wait", days="-1"), "step 2, days: "),
        (step("wait", days="nan"), "step 1, days: "),
        (step("wait", days="36501"), "step 1, days: "),
        (step("wait", days='"1"'), "step 1, days: "),
        (step("wait", days="1", at_day="-1"), "step 1, at_day: "),
        (step("remind", accept="1.1"), "step 1, accept: "),
        (step("invite", population="1"), "step 1, population: "),
        (INVITED + step("invite", population='"p"', retry="{ attempts = 0 }"), "step 1, retry.attempts: "),
        (INVITED + step("invite", population='"p"', retry="{ first_seconds = 0 }"), "step 1, retry.first_seconds: "),
        (f"{MOVE}with = 3", "step 1, with: "),
        (f"{ROOTS}save = {{ a = 1 }}", "step 1, save"),
        (f"{ROOTS}share = 2", "step 1, share: "),
        ("thresholds = 1", "thresholds: "),
    ],
)
def test_impossible_value(text: str, place: str) -> None:
    """A value of a wrong type or out of its range is named with its path."""
    assert complaint(text + ("" if "steps" in text or not text else DONE)).startswith(place)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            f"{BEHAVIOUR}accept = 0.5\ndecline = 0.25\nleave = 0.25\nafter_reminder = 0.01",
            "populations.p.migration: accept, decline, leave and after_reminder add up to 1.01, which is more than 1",
        ),
        (
            f"{INVITED}[populations.p.invitation]\ndecline = 0.6\nafter_reminder = 0.5",
            "populations.p.invitation: accept, decline, leave and after_reminder add up to 1.1, which is more than 1",
        ),
        (
            f"{INVITED}invitation = {{ leave = 0.1 }}",
            "populations.p.invitation.leave: nobody leaves an organization by answering an invitation; use decline",
        ),
        (
            delayed('distribution = "uniform", from_days = 3, to_days = 1'),
            "populations.p.migration.delay: from_days = 3.0 is later than to_days = 1.0",
        ),
        (
            delayed('distribution = "lognormal", median_days = 10, sigma = 1, at_most_days = 2.5'),
            "populations.p.migration.delay: median_days = 10 is later than at_most_days = 2.5",
        ),
        (
            delayed('distribution = "office_hours", median_hours = 9, sigma = 1, at_most_hours = 8'),
            "populations.p.migration.delay: median_hours = 9 is later than at_most_hours = 8",
        ),
        (
            delayed('distribution = "office_hours", median_hours = 1, sigma = 1, at_most_hours = 1, opens = 17'),
            "populations.p.migration.delay: opens = 17 is not before closes = 17",
        ),
        (
            f"{PACED}{{ per_day = 1, per_hour = 1 }}",
            "step 1, pace: a pace is exactly one of per_second, per_hour, per_day, over_days, stages, not per_hour "
            "and per_day",
        ),
        (
            f"{PACED}{{ }}",
            "step 1, pace: a pace is exactly one of per_second, per_hour, per_day, over_days, stages, not nothing",
        ),
        (
            f"{PACED}{{ stages = [{{ days = 1, to_per_day = 3 }}, {{ days = 1, to_per_day = 0 }}] }}",
            "step 1, pace.stages: the last stage ends at 0 per day: what is left would never be sent",
        ),
        (
            f"{PACED}{{ stages = [{{ days = 1, to_per_day = 1e-300 }}] }}",
            "step 1, pace.stages: the last stage ends at 1e-300 per day: what is left would never be sent",
        ),
        ("start = 1969-12-31T23:59:59Z", "start: must lie between 1970 and 8000"),
        ("start = 9000-01-01T00:00:00Z", "start: must lie between 1970 and 8000"),
        ("start = 0001-01-01T00:00:00+14:00", "start: must lie between 1970 and 8000"),
        (
            f'{ROOTS}operation = "CloseAccount"',
            "step 1, operation: the action is the name of the operation already",
        ),
    ],
)
def test_what_contradicts_itself(text: str, message: str) -> None:
    """Values that are possible each, but not together, are refused with the reason."""
    assert complaint(text + ("" if "steps" in text else DONE)) == message


def test_shares_that_add_up_in_decimals() -> None:
    """Shares that add up to 1 in decimals are accepted though their binary forms do not quite."""
    shares = "accept = 0.01\ndecline = 0.2\nleave = 0.68\nafter_reminder = 0.11"
    assert parse_scenario(f"{BEHAVIOUR}{shares}{DONE}")
    assert 0.01 + 0.2 + 0.68 + 0.11 > 1


def test_start_without_zone() -> None:
    """A start without a time zone is refused, and the message asks for the zone."""
    message = complaint("start = 2026-01-01T00:00:00" + DONE)
    assert message.startswith("start: ")
    assert "time zone" in message


@pytest.mark.parametrize("quota", Quotas.__struct_fields__)
def test_quota_beyond_every_integer(quota: str) -> None:
    """A quota that no log can hold is refused with its path."""
    assert complaint(f"[quotas]\n{quota} = 99999999999999999999{DONE}").startswith(f"quotas.{quota}: ")


LONG = "x = [" + '"abcdefgh", ' * 20


@pytest.mark.parametrize(
    ("text", "where", "ends"),
    [
        ("seed = 1\nsteps = [", (2, 10), "and the file ends here, in `steps = [`"),
        ("seed = 1\n[a\n", (2, 3), "in `[a`"),
        ("seed = 1\nseed = = 2", (2, 8), "in `seed = = 2`"),
        ("seed = 1\rlatency = 1", (1, 9), "in `seed = 1 latency = 1`"),
        ("\x00", (1, 1), "in `\x00`"),
        ("description = What if?\n", (1, 15), "Invalid value: a text stands in quotes, in `description = What if?`"),
        ("seed = 1\nseed = 2", (2, 9), "in `seed = 2`"),
        ('a = """\nx\n\n', (4, 1), "after `x`"),
        ('steps = [\n  { action = "wait" days = 3 },\n]', (2, 21), 'in `{ action = "wait" days = 3 },`'),
        (f"{LONG}3 4]", (1, 248), 'in `…defgh", "abcdefgh", "abcdefgh", "abcdefgh", "abcdefgh", 3 4]`'),
        (f"x = 3 4 # {LONG}", (1, 7), 'in `x = 3 4 # x = ["abcdefgh", "abcdefgh", "abcdefgh", "abcdefgh…`'),
    ],
)
def test_not_toml(text: str, where: tuple[int, int], ends: str) -> None:
    """A file that is no TOML is refused as such, with line and column, and what stands there."""
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(text)
    (problem,) = caught.value.problems
    assert problem.message.startswith("not TOML: ")
    assert (problem.line, problem.column) == where
    assert str(problem).endswith(ends)


@pytest.mark.parametrize("opening", ["[", "{a="])
def test_nested_too_deeply(opening: str) -> None:
    """A file nested without end is refused like any other that is no scenario."""
    assert complaint("x = " + opening * 3_000)


@pytest.mark.parametrize(
    "text",
    [
        '"seed\\n" = 1',
        f'[populations."a\\nb"]\norigin = "invited"\ncount = "x"{DONE}',
        '[[steps]]\naction = "wait\\nx"',
        '[[steps]]\naction = "invite"\npopulation = "p\\nq"',
        f'{DONE}[thresholds]\n"a\\nb" = 1',
        f'[parameters]\n"a\\nb" = []{DONE}',
        f'[organizations."a\\nb"]\nmanagement_account = "1"\n{DONE}',
        f'{INVITED}{MOVE}with = {{ "a\\nb" = 1 }}',
        f'{INVITED}{ROOTS}save = {{ "a\\nb" = "x" }}',
    ],
)
def test_line_break_in_a_name(text: str) -> None:
    """A line break in a key or a name does not break the message into two lines."""
    assert complaint(text)


@pytest.mark.parametrize("name", ["a.b", "a b", "Zürich", "", "steps", "invitation", "populations", "$`"])
def test_names_of_populations(name: str) -> None:
    """Whatever a population is called, an unknown key in it is answered with the keys that exist."""
    message = complaint(f'[populations."{name}"]\norigin = "invited"\ncount = 1\ndely = 1{DONE}')
    assert f"populations.{name}".rstrip(".") in message
    assert "did you mean `delay`?" in message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"sed = 1", "unknown key `sed`"),
        (b"seed = ", "not TOML: "),
        (b"seed = 1 # \xff", "not a text file in UTF-8 (byte 11)"),
        ("seed = 1".encode("utf-16"), "not a text file in UTF-8 (byte 0)"),
        (None, "cannot be read: No such file or directory"),
    ],
)
async def test_file_is_named(content: bytes | None, message: str, tmp_path: Path) -> None:
    """Whatever is wrong with a file, the message begins with its path, and the line if there is one."""
    file = tmp_path / "scenario.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ScenarioError) as caught:
        await load_scenario(file)
    assert str(caught.value).startswith(f"{file}:")
    assert message in str(caught.value)


async def test_directory(tmp_path: Path) -> None:
    """A directory is no scenario."""
    with pytest.raises(ScenarioError, match="cannot be read: Is a directory"):
        await load_scenario(tmp_path)


def test_the_file_with_every_key_is_none_of_these() -> None:
    """The file from which the others differ can be read."""
    assert parse_scenario(EVERYTHING + CREATED)


@pytest.mark.parametrize("text", ['[[steps]]\nactoin = "wait"', '[[steps]]\naction = "ListRoots"\nwiht = {}'])
def test_names_of_our_own(text: str) -> None:
    """Choices are what a file may say, not what steps are called within."""
    with pytest.raises(ScenarioError, match=r"step 1: unknown key `(actoin|wiht)`") as caught:
        parse_scenario(text)
    assert " call," not in str(caught.value)
    assert "operation," not in str(caught.value)


@pytest.mark.parametrize("start", ['"soon"', "2026-01-05", "2026-01-05T09:00:00"])
def test_start_says_how_it_is_written(start: str) -> None:
    """A start that is no moment is told what one looks like."""
    with pytest.raises(
        ScenarioError, match=r"^start: must be a moment with a time zone, such as 2026-01-05T09:00:00Z, not "
    ):
        parse_scenario(f"start = {start}\n[[steps]]\naction = 'wait'\ndays = 1")


def test_a_saved_name_that_is_no_table() -> None:
    """A text instead of a table of names is told once, and not again wherever a later step uses the name."""
    make = 'action = "CreateOrganizationalUnit"\nwith = { ParentId = "{root}", Name = "x" }\nsave = "new"\n'
    use = 'action = "DeleteOrganizationalUnit"\nwith = { OrganizationalUnitId = "{new}" }\n'
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(f"[[steps]]\n{make}[[steps]]\n{use}")
    assert [str(each) for each in caught.value.problems] == ['step 1, save: must be a table, not "new"']


def test_a_missing_word_is_told_with_its_choices() -> None:
    """Of a key that has few words as values, those are told where it is missing."""
    assert complaint(f"[populations.p]\ncount = 1{DONE}") == (
        "populations.p: `origin` is missing (there are: invited, created, standalone, member)"
    )


def test_limits_are_told_without_powers_of_ten() -> None:
    """A limit far below one is written out."""
    people = '[populations.p]\norigin = "invited"\ncount = 1\n'
    told = complaint(f'{people}[[steps]]\naction = "invite"\npopulation = "p"\npace = {{ per_day = 0 }}\n')
    assert told == "step 1, pace.per_day: must be a number from 0.000001 to 1,000,000,000, not 0"
