"""ListTagsForResource (docs/aws.md 8)."""

from msgspec import Struct

from ...engine.authorization.check import denied_to_members
from ...engine.errors import TargetNotFoundException
from ...engine.events import Tag
from ...engine.explaining import absent
from ...engine.ids import TaggableResourceId
from ...engine.resources import policy_type_of
from ...engine.rules.tags import find
from ...engine.shapes.base import Shape
from ..authorization import reader
from ..paging import NextToken, read_token
from ..views import Views


class ListTagsForResource(Struct, frozen=True, rename="pascal"):
    resource_id: TaggableResourceId
    next_token: NextToken | None = None


class TagsReply(Shape, frozen=True):
    tags: list[Tag]
    next_token: str | None = None


def list_tags_for_resource(request: ListTagsForResource, views: Views, account: str) -> TagsReply:
    """List the tags of a resource, in the order in which their keys were added.

    The id of a policy of AWS's own is invalid [seen in an issue].

    Refused, in this order:
        - InvalidInput (INVALID_PATTERN:RESOURCE_ID): the resource is a policy of AWS's own.
        - AWSOrganizationsNotInUse: the caller is in no organization.
        - AccessDenied: the caller is a member that is no delegated administrator and has no grant, or the resource
          policy denies it; for one with a grant only, also where there is no such resource.
        - TargetNotFound: there is no such resource in the organization.
        - InvalidInput (INVALID_NEXT_TOKEN): the token comes from no page of the same question.
    Views: tags, transfers, accounts.
    """
    organization = views.member(account)
    resource = request.resource_id
    is_member = views.accounts.organization_of(resource) == organization.id
    transfer = views.transfers.facts.by_id.get(resource)
    arn = find(resource, organization, is_member, transfer)
    if arn is None:
        refusal = TargetNotFoundException(explanation=absent(resource, organization))
        raise denied_to_members(refusal, "ListTagsForResource", organization, account)
    reader(views, "ListTagsForResource", account, [arn], policy_type_of(resource, organization))
    # Fifty tags at most are one page: no token has ever been given out.
    read_token(request.next_token, "ListTagsForResource")
    return TagsReply([*organization.tags.get(resource, ())])
