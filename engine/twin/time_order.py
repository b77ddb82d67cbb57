"""The moments that a dump tells: when accounts joined, services were trusted, handshakes and creations asked for."""

from collections.abc import Iterator

from msgspec import Struct, field
from msgspec.structs import replace

from ..words import Action
from .form import AccountForm, CreationForm, Form, HandshakeForm
from .handshakes import taken


class Told(Struct):
    """What a dump tells to have happened at one moment."""

    accounts: list[AccountForm] = field(default_factory=list[AccountForm])
    """Those that joined then, without what the dump knows of them only for its own moment."""
    services: dict[str, int | None] = field(default_factory=dict[str, int | None])
    administrators: dict[str, dict[str, int | None]] = field(default_factory=dict[str, dict[str, int | None]])
    handshakes: list[HandshakeForm] = field(default_factory=list[HandshakeForm])
    creations: list[CreationForm] = field(default_factory=list[CreationForm])


def founded_at(form: Form, taken_at: int) -> int:
    """When the organization is taken to have been created: when its management account joined, if the dump says so."""
    joined = {account.id: account.joined_at for account in form.accounts if account.joined_at is not None}
    return joined.get(form.management_account) or min([taken_at, *joined.values()])


def in_time_order(form: Form, since: int, taken_at: int, *, known: bool = False) -> Iterator[tuple[int, Form]]:
    """Take a dump apart by the moments that it tells, up to the one at which it was taken.

    Args:
        form: the dump.
        since: only moments from this one on, in microseconds since the epoch; what happened earlier and was not known
            is left for the moment of the dump.
        taken_at: when the dump was taken.
        known: whether the organization is there already. Then a creation that was asked for at ``since`` is known too:
            those that have ended leave nothing in the state by which they could be told apart.

    Yields:
        Moments in order, each with a form that has only what happened then.
    """
    told = _Moments(founded_at(form, taken_at), since if known else None)
    told.read(form)
    for moment, found in sorted(told.moments.items(), key=lambda item: item[0]):
        if since <= moment <= taken_at:
            yield (
                moment,
                Form(
                    organization=form.organization,
                    root=form.root,
                    management_account=form.management_account,
                    feature_set=form.feature_set,
                    partition=form.partition,
                    accounts=tuple(found.accounts),
                    services=found.services,
                    administrators=found.administrators,
                    handshakes=tuple(found.handshakes),
                    creations=tuple(found.creations),
                ),
            )


class _Moments:
    """Gathers what happened at each moment; nothing happened before the organization was founded."""

    def __init__(self, founded: int, known_until: int | None) -> None:
        self.moments: dict[int, Told] = {}
        self._founded, self._known_until = founded, known_until

    def _at(self, moment: int) -> Told:
        return self.moments.setdefault(max(self._founded, moment), Told())

    def read(self, form: Form) -> None:
        joined = {account.id: account.joined_at for account in form.accounts}
        joined[form.management_account] = self._founded
        for account in form.accounts:
            moment = joined[account.id]
            if moment is not None:
                self._at(moment).accounts.append(replace(account, parent=None, state=None))
        for service, since in form.services.items():
            if since is not None:
                self._at(since).services[service] = since
        for account, services in form.administrators.items():
            moment = joined.get(account)
            for service, since in services.items():
                if since is not None and moment is not None:
                    here = self._at(max(since, moment))
                    here.administrators.setdefault(account, {})[service] = since
        self._read_handshakes(form, {account for account, moment in joined.items() if moment is not None})
        for creation in form.creations:
            self._read_creation(creation)

    def _read_handshakes(self, form: Form, joined: set[str]) -> None:
        """Handshakes when they were requested; the approvals of a migration together with their parent.

        A migration that asks members of which it is not told when they joined waits for the moment of the dump.
        """
        asked = {handshake.id: handshake.requested_at for handshake in form.handshakes}
        found = taken(form, lambda _: False)
        # Invitations of the same party had ended when a new one was requested.
        ended: dict[str | None, list[HandshakeForm]] = {}
        for handshake in form.handshakes:
            if handshake.action is Action.INVITE and not handshake.live:
                ended.setdefault(handshake.party, []).append(handshake)
        waits = any(each.action is Action.APPROVE_ALL_FEATURES and each.party not in joined for each in found)
        for handshake in found:
            if waits and handshake.action is not Action.INVITE:
                continue
            with_parent = handshake.action is Action.APPROVE_ALL_FEATURES and handshake.parent
            here = self._at(asked.get(with_parent or handshake.id, handshake.requested_at)).handshakes
            here += [*ended.get(handshake.party, ()), handshake] if handshake.action is Action.INVITE else [handshake]

    def _read_creation(self, creation: CreationForm) -> None:
        asked = max(self._founded, creation.requested_at)
        if self._known_until is None or asked > self._known_until:
            self._at(asked).creations.append(replace(creation, state="IN_PROGRESS"))
        if creation.completed_at is not None:
            self._at(max(creation.completed_at, asked)).creations.append(creation)
