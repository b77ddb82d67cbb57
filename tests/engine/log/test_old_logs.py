"""A log that was written in November 2026 opens for ever, and means what it meant."""

import shutil
from pathlib import Path

import pytest
from support.log_files import verified

from orgsim.api import Refused, Simulation

WRITTEN = Path(__file__).with_name("world_of_november_2026.db")
"""36 events: an organization with all features whose service control policies were enabled at its creation, as orgsim
had it then, and one that is migrating to all features. Latency is realistic."""

DIGEST = "4c8d73f9241db49cec258ebfb95b9f4dd7132771f813e05edd0de52af0591033"
FOUNDER, MIGRATING, MEMBER = "111111111111", "222222222222", "444444444444"
MADE, UNIT, POLICY = "698884242339", "ou-p7ex-myev3nqc", "p-chbw8bdlho"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A copy of the old log."""
    return Path(shutil.copy(WRITTEN, tmp_path / "old.db"))


async def test_old_log_is_whole(old: Path) -> None:
    """Its digests are what they were."""
    assert await verified(old) == 36
    async with Simulation(old) as sim:
        assert sim.engine.log.digest.hex() == DIGEST


async def test_old_log_means_what_it_meant(old: Path) -> None:
    """Policy types, attachments, tags, the closed account and the migration are as they were left."""
    async with Simulation(old) as sim:
        org = sim.client(FOUNDER)
        root = (await org.list_roots()).roots[0]
        assert [each.type for each in root.policy_types] == ["SERVICE_CONTROL_POLICY", "TAG_POLICY"]
        attached = await org.list_policies_for_target(target_id=UNIT, filter="SERVICE_CONTROL_POLICY")
        assert [policy.id for policy in attached.policies] == [POLICY]
        attached = await org.list_policies_for_target(target_id=root.id, filter="SERVICE_CONTROL_POLICY")
        assert [policy.name for policy in attached.policies] == ["FullAWSAccess"]
        assert (await org.describe_account(account_id=MADE)).account.state == "CLOSED"
        (tag,) = (await org.list_tags_for_resource(resource_id="333333333333")).tags
        assert (tag.key, tag.value) == ("Team", "A")
        effective = await org.describe_effective_policy(policy_type="TAG_POLICY", target_id="333333333333")
        assert effective.effective_policy.policy_content == '{"tags":{"team":{"tag_key":"Team","tag_value":["*"]}}}'
        assert (await sim.client(MEMBER).describe_organization()).organization.feature_set == "CONSOLIDATED_BILLING"


async def test_old_log_goes_on(old: Path) -> None:
    """Its migration is finalized, what was set before is due when it was, and new commands follow."""
    async with Simulation(old) as sim:
        member, manager = sim.client(MEMBER), sim.client(MIGRATING)
        approval = {"ActionType": "APPROVE_ALL_FEATURES"}
        (asked,) = (await member.list_handshakes_for_account(filter=approval)).handshakes
        await member.accept_handshake(handshake_id=asked.id)
        parent = next(
            each
            for each in (await manager.list_handshakes_for_organization()).handshakes
            if each.action == "ENABLE_ALL_FEATURES"
        )
        await manager.accept_handshake(handshake_id=parent.id)
        assert (await member.describe_organization()).organization.feature_set == "ALL"
        await sim.advance(days=90)
        with pytest.raises(Refused):
            await sim.client(FOUNDER).describe_account(account_id=MADE)
    assert await verified(old) > 36
