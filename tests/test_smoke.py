from datetime import timedelta

from orgsim.api import Simulation


async def test_migration(anyio_backend: str, tmp_path) -> None:
    """The whole migration ends with all features."""
    for log in (None, tmp_path / "w.db"):
        async with Simulation(log, seed=7) as sim:
            org = sim.client("111111111111")
            await org.create_organization(feature_set="CONSOLIDATED_BILLING")
            invite = (await org.invite_account_to_organization(target={"Id": "222222222222", "Type": "ACCOUNT"})).handshake
            member = sim.client("222222222222")
            await member.accept_handshake(handshake_id=invite.id)
            parent = (await org.enable_all_features()).handshake
            child = (await member.list_handshakes_for_account()).handshakes[0]
            await sim.advance(timedelta(days=89))
            await member.accept_handshake(handshake_id=child.id)
            await org.accept_handshake(handshake_id=parent.id)
            assert (await org.describe_organization()).organization.feature_set == "ALL"
