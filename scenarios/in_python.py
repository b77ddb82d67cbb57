"""A scenario in Python: 1,000 partners are invited and asked for all features; a third answers only when reminded."""

import anyio

from orgsim.api import Actor, Client, Simulation


async def migrate(sim: Simulation, org: Client) -> None:
    """Found the organization, invite, ask, remind after thirty days, and finalize."""
    asked, reminded = sim.signal(), sim.signal()

    async def partner(me: Actor) -> None:
        await sim.sleep(days=me.random.uniform(0, 10))
        (invitation,) = (await me.list_handshakes_for_account()).handshakes
        await me.accept_handshake(handshake_id=invitation.id)
        await (asked if me.random.random() < 2 / 3 else reminded).wait()
        await sim.sleep(days=me.random.expovariate(1 / 5))
        request = await me.list_handshakes_for_account(filter={"ActionType": "APPROVE_ALL_FEATURES"})
        await me.accept_handshake(handshake_id=request.handshakes[0].id)

    await org.create_organization(feature_set="CONSOLIDATED_BILLING")
    async with sim.population(1_000, partner) as partners:
        for account in partners.accounts:
            await org.invite_account_to_organization(target={"Type": "ACCOUNT", "Id": account})
        await sim.sleep(days=14)
        parent = (await org.enable_all_features()).handshake
        asked.set()
        await sim.sleep(days=30)
        reminded.set()
    await org.accept_handshake(handshake_id=parent.id)


async def main() -> None:
    """Play it and say how it ended."""
    async with Simulation(seed=7) as sim:
        org, begun = sim.client("111111111111"), sim.now
        await migrate(sim, org)
        feature_set = (await org.describe_organization()).organization.feature_set
        print(f"{feature_set} after {(sim.now - begun).days} days")


if __name__ == "__main__":
    anyio.run(main)
