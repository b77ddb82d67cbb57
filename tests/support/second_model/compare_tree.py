"""Both side by side, continued: OUs, what stands in them, and closing accounts."""

from typing import Any

from support.second_model.compare import Duel, pick

UNKNOWN_UNIT = "ou-0000-00000000"


class TreeDuel(Duel):
    """Both of them, and what is asked of both about trees."""

    def unit_of(self, who: int | str, drawn: int) -> str:
        """Mostly a root or OU of somebody's organization."""
        return pick(drawn, [unit["id"] for unit in self.home(who)["units"]], UNKNOWN_UNIT)

    def inner_unit_of(self, who: int | str, drawn: int) -> str:
        return pick(drawn, [unit["id"] for unit in self.home(who)["units"] if unit["parent"]], UNKNOWN_UNIT)

    # Commands.

    async def create_unit(self, who: int | str, parent: int, name: str) -> None:
        parent_id = self.unit_of(who, parent)
        unit, reply = await self.both(
            lambda: self.service.create_unit(self.account(who), parent_id, name),
            lambda: self.client(who).create_organizational_unit(parent_id=parent_id, name=name),
        )
        if unit:
            answered = reply.organizational_unit
            self.service.called(self.home(who), unit, answered.id)
            assert (answered.name, answered.path) == (name, self.service.path(self.home(who), unit))

    async def rename_unit(self, who: int | str, which: int, name: str | None) -> None:
        unit_id = self.inner_unit_of(who, which)
        unit, reply = await self.both(
            lambda: self.service.rename_unit(self.account(who), unit_id, name),
            lambda: self.client(who).update_organizational_unit(organizational_unit_id=unit_id, name=name),
        )
        assert unit is None or reply.organizational_unit.name == unit["name"]

    async def delete_unit(self, who: int | str, which: int) -> None:
        unit_id = self.inner_unit_of(who, which)
        await self.both(
            lambda: self.service.delete_unit(self.account(who), unit_id),
            lambda: self.client(who).delete_organizational_unit(organizational_unit_id=unit_id),
        )

    async def move(self, who: int | str, whom: int, source: int, destination: int) -> None:
        members = self.home(who)["members"]
        moved = pick(whom, list(members), self.account(whom))
        right = members[moved]["in"]["id"] if moved in members else UNKNOWN_UNIT
        source_id = right if source % 4 else self.unit_of(who, source)
        destination_id = self.unit_of(who, destination)
        await self.both(
            lambda: self.service.move(self.account(who), moved, source_id, destination_id),
            lambda: self.client(who).move_account(
                account_id=moved, source_parent_id=source_id, destination_parent_id=destination_id
            ),
        )

    async def close(self, who: int | str, whom: int) -> None:
        closing = pick(whom, list(self.home(who)["members"])[1:], self.account(whom))
        await self.both(
            lambda: self.service.close(self.account(who), closing),
            lambda: self.client(who).close_account(account_id=closing),
        )

    # What has come of it.

    async def compare_tree(self, account: str, size: int) -> None:
        """One account asks for everything that stands somewhere."""
        for organization in self.service.organizations:
            for unit in organization["units"]:
                await self.compare_unit(account, unit["id"], size)
        for child in self.accounts:
            await self.compare_parents(account, child)
            await self.compare_account(account, child)

    async def compare_unit(self, account: str, unit: str, size: int) -> None:
        await self.compare_list(
            lambda: [unit_id for unit_id, _ in self.service.list_units(account, unit)],
            lambda: self.listed(account, "list_children", "children", size, unit, child_type="ORGANIZATIONAL_UNIT"),
        )
        await self.compare_list(
            lambda: self.service.list_standing(account, unit),
            lambda: self.listed(account, "list_children", "children", size, unit, child_type="ACCOUNT"),
        )
        await self.compare_list(
            lambda: self.service.list_standing(account, unit),
            lambda: self.listed(account, "list_accounts_for_parent", "accounts", size, unit),
        )
        await self.compare_list(
            lambda: self.service.list_units(account, unit),
            lambda: self.named(account, "list_organizational_units_for_parent", "organizational_units", size, unit),
        )
        if unit.startswith("ou-"):
            await self.compare_parents(account, unit)
            foretold, reply = await self.both(
                lambda: self.service.describe_unit(account, unit),
                lambda: self.sim.client(account).describe_organizational_unit(organizational_unit_id=unit),
            )
            assert foretold is None or foretold == (reply.organizational_unit.name, reply.organizational_unit.path)

    async def listed(self, account: str, method: str, member: str, size: int, unit: str, **more: Any) -> list[str]:
        rows = await self.everything(account, method, member, parent_id=unit, max_results=size, **more)
        return [row.id for row in rows]

    async def named(self, account: str, method: str, member: str, size: int, unit: str) -> list[tuple[str, str]]:
        rows = await self.everything(account, method, member, parent_id=unit, max_results=size)
        return [(row.id, row.name) for row in rows]

    async def compare_parents(self, account: str, child: str) -> None:
        foretold, reply = await self.both(
            lambda: self.service.list_parents(account, child),
            lambda: self.sim.client(account).list_parents(child_id=child),
        )
        assert foretold is None or foretold == [parent.id for parent in reply.parents]

    async def compare_account(self, account: str, asked_for: str) -> None:
        foretold, reply = await self.both(
            lambda: self.service.describe_account(account, asked_for),
            lambda: self.sim.client(account).describe_account(account_id=asked_for),
        )
        if foretold:
            answered = reply.account
            assert ((answered.state, answered.paths[0], answered.joined_method)) == foretold
