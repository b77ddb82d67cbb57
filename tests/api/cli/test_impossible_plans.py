"""A plan that cannot be: every command tells all that is wrong with it, one line each, and leaves nothing behind."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from orgsim.api.cli.app import app

IMPOSSIBLE = """\
[organizations.ours]
accounts = 12
created = 1.5

[organizations.initech]
accounts = 20

[[organizations.initech.units]]
name = "A"
units = [{ name = "B", units = [{ name = "C", units = [{ name = "D", units = [{ name = "E", units = [
  { name = "F" },
] }] }] }] }]

[quotas]
accounts = 10

[populations.owners]
of = "initech"
invitation = { accept = 0.7, decline = 0.5 }

[tracks.invite]
after = "migrate"
steps = [{ action = "invite", organization = "ours", population = "owners" }]

[tracks.migrate]
after = "invite"
steps = [
  { action = "wait", until = "owner.joined_share >= 0.95", at_most_days = 5 },
  { action = "wait", until = "joined_share >= 95", at_most_days = 5 },
  { action = "enable_all_features", organization = "ours" },
]

[thresholds]
partners.joined = "> 3"
joined_share = "> 1.2"
"""
NAMED = "(there are: ours, initech, owners, invite, invite.1, migrate, migrate.1, migrate.2, migrate.3)"
LINES = (
    "s.toml:2:1: organizations.ours.accounts: with the management account 13 accounts, and quotas.accounts is 10",
    "s.toml:3:1: organizations.ours.created: must be a number from 0 to 1, not 1.5",
    "s.toml:6:1: organizations.initech.accounts: with the management account 21 accounts, and quotas.accounts is 10",
    "s.toml:11:3: organizations.initech.units[1].units[1].units[1].units[1].units[1].units[1]: AWS would refuse it: "
    "an OU in A/B/C/D/E would be 6 levels below the root, and the quota is 5; it needs a parent further up "
    "(ConstraintViolationException OU_DEPTH_LIMIT_EXCEEDED)",
    "s.toml:19:1: populations.owners.invitation: accept, decline, leave and after_reminder add up to 1.2, which is "
    "more than 1",
    "s.toml:22:1: track invite, after: these tracks wait for each other, so none can begin: invite for migrate, "
    "migrate for invite",
    "s.toml:28:22: track migrate, step 1, until: no organization, population, track or step is called 'owner', did you "
    f"mean `owners`? {NAMED}",
    "s.toml:29:22: track migrate, step 2, until: it is a share, from 0 to 1, and so never >= 95; 95 % is 0.95",
    f"s.toml:34:10: thresholds.partners.joined: no organization, population, track or step is called 'partners' "
    f"{NAMED}",
    "s.toml:35:1: thresholds.joined_share: it is a share, from 0 to 1, and so never > 1.2",
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the plan, in which the command runs."""
    (tmp_path / "s.toml").write_text(IMPOSSIBLE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "arguments",
    [
        ("simulate", "s.toml", "--log", "w.db", "--report", "r.html"),
        ("plan", "s.toml"),
        ("sweep", "s.toml", "--out", "o"),
        ("figures", "s.toml"),
    ],
)
def test_impossible_plans(folder: Path, arguments: tuple[str, ...]) -> None:
    """Waits in a circle, shares over one, figures of nobody, levels and quotas: all are told, nothing is made."""
    done = CliRunner().invoke(app, arguments)

    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [f"orgsim: {line}" for line in LINES]
    assert [each.name for each in folder.iterdir()] == ["s.toml"]


def test_checked(folder: Path) -> None:
    """``orgsim check`` tells the same as its result."""
    done = CliRunner().invoke(app, ["check", "s.toml"])

    assert (done.exit_code, done.stderr) == (2, "")
    assert done.stdout.splitlines() == list(LINES)
