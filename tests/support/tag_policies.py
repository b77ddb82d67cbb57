"""A tag policy to break, for the tests of everything that takes tags."""

import json

from orgsim.engine.events import AnyEvent, PolicyAttached, PolicyCreated, PolicyTypeEnabled
from orgsim.engine.words import PolicyType

TAG_POLICY = PolicyType.TAG_POLICY


def team_policy(organization: str, target: str, *enforced_for: str) -> list[AnyEvent]:
    """Facts by which a key Team, in this case of letters, has the value red or one that begins with blue.

    Args:
        organization: whose policy it is; its tag policies become enabled.
        target: root, OU or account to which it is attached.
        enforced_for: the resource types that it holds for; all of Organizations if none is named.
    """
    rule = {
        "tag_key": {"@@assign": "Team"},
        "tag_value": {"@@assign": ["red", "blue*"]},
        "enforced_for": {"@@assign": list(enforced_for or ("organizations:*",))},
    }
    content = json.dumps({"tags": {"team": rule}})
    return [
        PolicyTypeEnabled(organization, TAG_POLICY),
        PolicyCreated(organization, "p-teampolicy", TAG_POLICY, "Teams", "", content),
        PolicyAttached(organization, "p-teampolicy", target),
    ]
