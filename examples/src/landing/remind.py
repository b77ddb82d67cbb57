"""Remind invited accounts: on days 7 and 12 of their invitation, and by another invitation when it has expired.

    remind-invited --state reminders.json          # once a day, from cron: prints whom to write to, and why
    remind-invited --now 2026-01-09T12:00:00Z      # as if it were then

An invitation to an organization expires after fifteen days. Nobody is invited more than three times.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from landing.organization import connect, pages
from landing.patience import patiently

REMINDER_DAYS = (7, 12)
MOST_INVITATIONS = 3
DAY = 86_400

Notify = Callable[[str, str], object]
"""Sends a message: to the account or address that was invited, and the text."""


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


@dataclass
class Memory:
    """What the bot has to remember: AWS lists an invitation that has ended for thirty days only."""

    reminded: dict[str, list[int]] = field(default_factory=dict)
    """Days whose reminder was sent, by the id of the invitation."""
    invited: dict[str, list[str]] = field(default_factory=dict)
    """Ids of invitations, by the account or address that they invite."""


@dataclass
class ReminderBot:
    """Looks after the open invitations of an organization.

    Args:
        org: boto3's client of Organizations, as the management account.
        notify: sends a message.
        now: tells the time.
        memory: of earlier runs.
    """

    org: Any
    notify: Notify
    now: Callable[[], datetime] = utc_now
    memory: Memory = field(default_factory=Memory)

    def watch(self, days: int) -> None:
        """Look once a day."""
        for _ in range(days):
            self.look()
            time.sleep(DAY)

    def look(self) -> None:
        """Send what is due, once, and invite again whose invitation has expired."""
        listed = pages(self.org, "list_handshakes_for_organization", "Handshakes", Filter={"ActionType": "INVITE"})
        invitations = sorted(listed, key=lambda handshake: handshake["RequestedTimestamp"])
        for target, invitation in {invited(invitation): invitation for invitation in invitations}.items():
            known = self.memory.invited.setdefault(target[1], [])
            known += [invitation["Id"]] if invitation["Id"] not in known else []
            if invitation["State"] == "OPEN":
                self._remind(target[1], invitation)
            elif invitation["State"] == "EXPIRED" and len(known) < MOST_INVITATIONS:
                self._invite_again(*target)

    def _remind(self, to: str, invitation: Any) -> None:
        age = (self.now() - invitation["RequestedTimestamp"]).days
        left = (invitation["ExpirationTimestamp"] - self.now()).days
        sent = self.memory.reminded.setdefault(invitation["Id"], [])
        due = [day for day in REMINDER_DAYS if day <= age and day not in sent]
        if due:
            self.notify(to, f"invitation {invitation['Id']} waits for you; it expires in {left} days")
            sent += due

    def _invite_again(self, kind: str, id: str) -> None:
        exceptions = self.org.exceptions
        try:
            patiently(self.org, self.org.invite_account_to_organization, Target={"Type": kind, "Id": id})
        except (exceptions.DuplicateHandshakeException, exceptions.HandshakeConstraintViolationException) as error:
            # Invited by somebody else meanwhile, a member already, or the quota of the day: tomorrow is another one.
            print(f"{id}: not invited again: {error}", file=sys.stderr)
            return
        self.notify(id, "your invitation has expired; here is another one")


def invited(handshake: Any) -> tuple[str, str]:
    """Return whom an invitation invites: ACCOUNT or EMAIL, and the id or the address."""
    return next((party["Type"], party["Id"]) for party in handshake["Parties"] if party["Type"] != "ORGANIZATION")


def moment(text: str) -> datetime:
    """Read a moment such as 2026-01-09T12:00:00Z; without a zone it is in UTC."""
    when = datetime.fromisoformat(text)
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line, look once, and keep what was sent."""
    parser = argparse.ArgumentParser(description="Remind invited accounts.")
    parser.add_argument("--state", type=Path, default=Path("reminders.json"), help="remembers what was sent")
    parser.add_argument("--now", type=moment, metavar="MOMENT", help="what time it is, by default the computer's time")
    given = parser.parse_args(arguments)
    now = (lambda: given.now) if given.now else utc_now
    memory = Memory(**json.loads(given.state.read_text("utf-8"))) if given.state.exists() else Memory()
    ReminderBot(connect(), lambda to, text: print(f"{to}: {text}"), now=now, memory=memory).look()
    given.state.write_text(json.dumps(asdict(memory)), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
