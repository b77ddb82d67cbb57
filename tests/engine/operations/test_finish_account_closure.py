"""FinishAccountClosure (docs/aws.md 4.4)."""

from support.given import FOUNDER, MEMBER, World

from orgsim.engine.events import AccountClosed
from orgsim.engine.operations import close_account
from orgsim.engine.settings import DAY
from orgsim.engine.words import FeatureSet


def test_closures_finish_in_the_order_of_their_moments() -> None:
    """Each closure is finished at its own moment, and its departure is due ninety days after that."""
    world = World(latency="realistic")
    organization = world.founded(feature_set=FeatureSet.ALL)
    accounts = [world.joined(MEMBER), world.joined("333333333333")]
    due = {account: world.do(close_account.Request(account), FOUNDER)[0].finishes_at for account in accounts}
    order = sorted(due, key=due.__getitem__)
    assert world.advance(minutes=11) == [AccountClosed(organization, account) for account in order]
    closed = world.organization_of(FOUNDER).closures.closed
    assert closed == {account: due[account] for account in order}
    assert min(world.state.timers.appointments)[0] == due[order[0]] + 90 * DAY
