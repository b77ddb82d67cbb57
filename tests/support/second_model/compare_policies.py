"""Both side by side, continued: policies, tags, trusted services and administrators."""

from support.second_model.compare import pick
from support.second_model.compare_tree import TreeDuel
from support.second_model.parties import FULL_ACCESS
from support.second_model.policies import DELEGABLE, LONGEST, SCP, TAG, VALID

UNKNOWN_POLICY = "p-00000000"
SERVICES = [*DELEGABLE, "unknown.amazonaws.com"]


def content_of(kind: str, drawn: int) -> str:
    """Mostly a document that is valid."""
    if drawn % 10 == 0:
        return "{}" if drawn % 20 else "[]"
    return VALID[kind] + (" " * LONGEST[kind] if drawn % 10 == 1 else "")


class FullDuel(TreeDuel):
    """Both of them, and everything that is asked of both."""

    def policy_of(self, who: int | str, drawn: int) -> str:
        own = [policy["id"] for policy in self.home(who)["policies"]]
        return pick(drawn, [*own, FULL_ACCESS, *own], UNKNOWN_POLICY)

    def entity_of(self, who: int | str, drawn: int) -> str:
        members = list(self.home(who)["members"])
        return self.unit_of(who, drawn) if drawn % 2 else pick(drawn, members, self.account(drawn))

    def root_of(self, who: int | str, drawn: int) -> str:
        return pick(drawn, [self.home(who)["units"][0]["id"]], "r-0000")

    # Commands.

    async def create_policy(self, who: int | str, kind: str, name: str, content: int) -> None:
        text = content_of(kind, content)
        policy, reply = await self.both(
            lambda: self.service.create_policy(self.account(who), kind, name, text),
            lambda: self.client(who).create_policy(content=text, description="", name=name, type=kind),
        )
        if policy:
            policy["id"] = reply.policy.policy_summary.id
            assert reply.policy.content == text

    async def update_policy(self, who: int | str, which: int, name: str | None, content: int) -> None:
        policy_id = self.policy_of(who, which)
        kinds = [policy["type"] for policy in self.home(who)["policies"] if policy["id"] == policy_id]
        text = content_of(kinds[0], content) if kinds and content % 2 else None
        policy, reply = await self.both(
            lambda: self.service.update_policy(self.account(who), policy_id, name, text),
            lambda: self.client(who).update_policy(policy_id=policy_id, name=name, content=text),
        )
        if policy:
            assert (reply.policy.policy_summary.name, reply.policy.content) == (name, policy["content"])

    async def delete_policy(self, who: int | str, which: int) -> None:
        policy_id = self.policy_of(who, which)
        await self.both(
            lambda: self.service.delete_policy(self.account(who), policy_id),
            lambda: self.client(who).delete_policy(policy_id=policy_id),
        )

    async def attach(self, who: int | str, which: int, where: int) -> None:
        policy_id, target = self.policy_of(who, which), self.entity_of(who, where)
        await self.both(
            lambda: self.service.attach(self.account(who), policy_id, target),
            lambda: self.client(who).attach_policy(policy_id=policy_id, target_id=target),
        )

    async def detach(self, who: int | str, which: int, where: int) -> None:
        attached = self.home(who)["attachments"]
        targets = [target for _, target in attached]
        # Mostly where something else stays attached.
        crowded = [pair for pair in attached if targets.count(pair[1]) > 1 or pair[0] != FULL_ACCESS]
        pair = (self.policy_of(who, which), self.entity_of(who, where))
        policy_id, target = pick(where, crowded, pair) if which % 4 else pair
        await self.both(
            lambda: self.service.detach(self.account(who), policy_id, target),
            lambda: self.client(who).detach_policy(policy_id=policy_id, target_id=target),
        )

    async def enable_type(self, who: int | str, root: int, kind: str) -> None:
        root_id = self.root_of(who, root)
        organization, reply = await self.both(
            lambda: self.service.enable_type(self.account(who), root_id, kind),
            lambda: self.client(who).enable_policy_type(root_id=root_id, policy_type=kind),
        )
        if organization:
            assert [shown.type for shown in reply.root.policy_types] == sorted(organization["enabled"])

    async def disable_type(self, who: int | str, root: int, kind: str) -> None:
        root_id = self.root_of(who, root)
        organization, reply = await self.both(
            lambda: self.service.disable_type(self.account(who), root_id, kind),
            lambda: self.client(who).disable_policy_type(root_id=root_id, policy_type=kind),
        )
        if organization:
            assert [shown.type for shown in reply.root.policy_types] == sorted(organization["enabled"])

    def resource_of(self, who: int | str, drawn: int) -> str:
        return self.policy_of(who, drawn) if drawn % 3 == 0 else self.entity_of(who, drawn)

    async def tag(self, who: int | str, what: int, tags: list[tuple[str, str]]) -> None:
        resource = self.resource_of(who, what)
        await self.both(
            lambda: self.service.tag(self.account(who), resource, tags),
            lambda: self.client(who).tag_resource(
                resource_id=resource, tags=[{"Key": key, "Value": value} for key, value in tags]
            ),
        )

    async def untag(self, who: int | str, what: int, tags: list[tuple[str, str]]) -> None:
        resource, keys = self.resource_of(who, what), [key for key, _ in tags]
        await self.both(
            lambda: self.service.untag(self.account(who), resource, keys),
            lambda: self.client(who).untag_resource(resource_id=resource, tag_keys=keys),
        )

    async def trust(self, who: int | str, service: str, trusted: bool) -> None:
        client = self.client(who)
        method = client.enable_aws_service_access if trusted else client.disable_aws_service_access
        foretell = self.service.enable_service if trusted else self.service.disable_service
        await self.both(lambda: foretell(self.account(who), service), lambda: method(service_principal=service))

    async def delegate(self, who: int | str, whom: int, service: str, registered: bool) -> None:
        home = self.home(who)
        candidates = list(home["members"])[1:] if registered else list(home["administrators"])
        administrator = pick(whom, candidates, self.account(whom))
        client = self.client(who)
        method = client.register_delegated_administrator if registered else client.deregister_delegated_administrator
        foretell = self.service.register if registered else self.service.deregister
        await self.both(
            lambda: foretell(self.account(who), administrator, service),
            lambda: method(account_id=administrator, service_principal=service),
        )

    # What has come of it.

    async def compare_all(self, size: int) -> None:
        """Everybody asks for what everybody may; managers, administrators and one other for everything else."""
        await self.compare(size)
        live = [organization for organization in self.service.organizations if not organization["deleted"]]
        askers = [each for organization in live for each in (organization["manager"], *organization["administrators"])]
        others = [account for account in self.accounts if account not in askers]
        for account in askers + others[:1]:
            await self.compare_tree(account, size)
            await self.compare_policies(account, size)
            await self.compare_access(account, size)

    async def compare_policies(self, account: str, size: int) -> None:
        everything = self.service.organizations
        for kind in (SCP, TAG):
            await self.compare_list(
                lambda kind=kind: self.service.list_policies(account, kind),
                lambda kind=kind: self.policies(account, "list_policies", size, filter=kind),
            )
        for policy in [
            {"id": FULL_ACCESS},
            *(each for organization in everything for each in organization["policies"]),
        ]:
            await self.compare_policy(account, policy["id"], size)
            await self.compare_tags(account, policy["id"])
        units = [unit["id"] for organization in everything for unit in organization["units"]]
        for target in [*units, *self.accounts]:
            await self.compare_tags(account, target)
            for kind in (SCP, TAG):
                await self.compare_list(
                    lambda kind=kind, target=target: self.service.list_there(account, target, kind),
                    lambda kind=kind, target=target: self.attached(account, size, target, kind),
                )

    async def policies(self, account: str, method: str, size: int, **members: str) -> list[tuple[str, str]]:
        rows = await self.everything(account, method, "policies", max_results=size, **members)
        return [(row.id, row.name) for row in rows]

    async def attached(self, account: str, size: int, target: str, kind: str) -> list[str]:
        rows = await self.policies(account, "list_policies_for_target", size, target_id=target, filter=kind)
        return [policy_id for policy_id, _ in rows]

    async def compare_policy(self, account: str, policy_id: str, size: int) -> None:
        async def targets() -> list[str]:
            rows = await self.everything(
                account, "list_targets_for_policy", "targets", policy_id=policy_id, max_results=size
            )
            return sorted(row.target_id for row in rows)

        await self.compare_list(lambda: self.service.list_targets(account, policy_id), targets)
        foretold, reply = await self.both(
            lambda: self.service.describe_policy(account, policy_id),
            lambda: self.sim.client(account).describe_policy(policy_id=policy_id),
        )
        if foretold:
            summary = reply.policy.policy_summary
            assert (summary.type, summary.name) == foretold[:2]
            assert foretold[2] in (None, reply.policy.content)

    async def compare_tags(self, account: str, resource: str) -> None:
        foretold, reply = await self.both(
            lambda: self.service.list_tags(account, resource),
            lambda: self.sim.client(account).list_tags_for_resource(resource_id=resource),
        )
        assert foretold is None or foretold == {tag.key: tag.value for tag in reply.tags}

    async def compare_access(self, account: str, size: int) -> None:
        async def services(method: str, member: str, **members: str) -> list[str]:
            rows = await self.everything(account, method, member, max_results=size, **members)
            return [row.service_principal for row in rows]

        async def administrators(service: str | None) -> list[str]:
            method, member = "list_delegated_administrators", "delegated_administrators"
            rows = await self.everything(account, method, member, max_results=size, service_principal=service)
            return [row.id for row in rows]

        async def types() -> list[str]:
            roots = (await self.sim.client(account).list_roots()).roots
            return [shown.type for shown in roots[0].policy_types]

        await self.compare_list(lambda: self.service.enabled_types(account), types)
        await self.compare_list(
            lambda: self.service.list_services(account),
            lambda: services("list_aws_service_access_for_organization", "enabled_service_principals"),
        )
        for service in (None, *SERVICES):
            await self.compare_list(
                lambda service=service: self.service.list_administrators(account, service),
                lambda service=service: administrators(service),
            )
        for member in self.accounts:
            await self.compare_list(
                lambda member=member: self.service.list_delegated_services(account, member),
                lambda member=member: services(
                    "list_delegated_services_for_account", "delegated_services", account_id=member
                ),
            )
