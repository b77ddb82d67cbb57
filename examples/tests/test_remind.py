"""The reminder bot lives through fifteen days and more, in milliseconds."""

from datetime import UTC, datetime, timedelta

import pytest
from landing import remind as script
from landing.remind import ReminderBot

from orgsim.api.testing import mock_organizations

pytestmark = pytest.mark.orgsim(accounts=0)

PARTNER = "222222222222"


@pytest.fixture
def outbox():
    """The messages that the bot has sent."""
    return []


@pytest.fixture
def bot(org, orgsim, outbox):
    """The bot, on the clock of the simulation."""
    org.invite_account_to_organization(Target={"Type": "ACCOUNT", "Id": PARTNER})
    return ReminderBot(org, lambda to, text: outbox.append((orgsim.now.day - 1, to, text)), now=lambda: orgsim.now)


def test_days_7_and_12_and_another_invitation(bot, outbox):
    """Who does not answer hears from the bot on days 7 and 12, and on day 15 is invited again."""
    bot.watch(days=16)

    assert [day for day, _, _ in outbox] == [7, 12, 15]
    assert {to for _, to, _ in outbox} == {PARTNER}
    assert "expires in 8 days" in outbox[0][2]


def test_who_accepts_is_left_alone(bot, orgsim, outbox):
    """After the first reminder the partner accepts, and hears nothing more."""
    bot.watch(days=8)
    partner = orgsim.boto3_client("organizations", account=PARTNER)
    partner.accept_handshake(HandshakeId=partner.list_handshakes_for_account()["Handshakes"][0]["Id"])
    bot.watch(days=20)

    assert [day for day, _, _ in outbox] == [7]


def test_who_declines_is_left_alone(bot, orgsim, outbox):
    """A declined invitation is an answer too."""
    partner = orgsim.boto3_client("organizations", account=PARTNER)
    partner.decline_handshake(HandshakeId=partner.list_handshakes_for_account()["Handshakes"][0]["Id"])
    bot.watch(days=20)

    assert outbox == []


def test_nobody_is_invited_more_than_three_times(bot, orgsim, outbox):
    """The bot gives up after the third; AWS lists the first no longer by then, so it has to remember."""
    bot.watch(days=60)

    assert orgsim.calls.of("InviteAccountToOrganization") == 3
    assert len(outbox) == 3 * 2 + 2


def test_a_day_without_a_run(bot, orgsim, outbox):
    """A reminder whose day was missed is sent on the next one, and only once."""
    orgsim.sync.advance(days=8)
    bot.watch(days=2)

    assert [day for day, _, _ in outbox] == [8]


@pytest.mark.orgsim(settings={"quotas": {"accounts": 30}})
def test_many_pages(bot, org, orgsim, outbox):
    """More invitations than fit into one answer, and a page that is empty, as AWS allows."""
    for number in range(25):
        org.invite_account_to_organization(Target={"Type": "EMAIL", "Id": f"partner-{number}@example.com"})
    empty = orgsim.faults.empty_page("ListHandshakesForOrganization", times=1)
    bot.watch(days=8)

    assert empty.hits == 1
    assert len({to for _, to, _ in outbox}) == 26


def test_the_list_lags(bot, orgsim, outbox):
    """The bot invites again once, even if the list does not show the new invitation yet."""
    orgsim.sync.advance(days=15)
    with orgsim.faults.lag("ListHandshakesForOrganization"):
        bot.look()
        bot.look()

    assert len(outbox) == 1


@pytest.mark.orgsim(start=datetime.now(UTC) - timedelta(days=8))
def test_once_a_day_from_cron(bot, orgsim, tmp_path, capsys):
    """The whole script, on the real clock: the invitation is eight days old, and the second run knows of the first."""
    arguments = ["--state", str(tmp_path / "reminders.json")]
    with mock_organizations(orgsim, account="111111111111"):
        assert script.main(arguments) == 0
        assert "expires in 6 days" in capsys.readouterr().out
        assert script.main(arguments) == 0
        assert capsys.readouterr().out == ""


def test_at_another_time(org, orgsim, tmp_path, capsys):
    """The whole script, told what time it is: it counts days by that, not by the computer's time."""
    org.invite_account_to_organization(Target={"Type": "ACCOUNT", "Id": PARTNER})
    arguments = ["--state", str(tmp_path / "reminders.json"), "--now"]
    with mock_organizations(orgsim, account="111111111111"):
        assert script.main([*arguments, "2026-01-02"]) == 0
        assert capsys.readouterr().out == ""
        assert script.main([*arguments, "2026-01-09T12:00:00Z"]) == 0
        assert "expires in 6 days" in capsys.readouterr().out
