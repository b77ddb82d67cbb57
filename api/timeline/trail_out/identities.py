"""Who called, as ``userIdentity`` tells it: the root user, an IAM user, an assumed role, or a service of AWS.

A log says the account and perhaps a principal: a user's name, ``role/session``, or the name of a service. Nobody named
is the account's root user. Ids, keys and addresses derive from these: one caller is recognized in all its records.
"""

from functools import lru_cache
from hashlib import blake2b
from typing import Any

from msgspec import Struct

from ....engine.arns import role_arn, session_arn, user_arn
from ....engine.settings import HOUR
from ....engine.shapes.trail_times import event_time
from ....engine.words import Partition
from ...server.identity import unique_id

AGENT = "orgsim"
"""The user agent of every call: the log does not say by what program it was made."""

SERVICE = ".amazonaws.com"


class Origin(Struct, frozen=True):
    """Where a call comes from."""

    identity: dict[str, Any]
    address: str
    agent: str


@lru_cache(maxsize=1_000)
def origin_of(account: str, principal: str | None, partition: Partition, hour: int) -> Origin:
    """Describe a caller; the answer is shared, so it must not be changed.

    Args:
        account: twelve digits.
        principal: a user's name, ``role/session``, a service such as ``config.amazonaws.com``; None is the root user.
        partition: that the account is in.
        hour: since the epoch; in it the session of a role or of the root user began [inferred].
    """
    if principal is not None and principal.endswith(SERVICE):
        return Origin({"type": "AWSService", "invokedBy": principal}, principal, principal)
    if principal is None:
        identity = _root(account, partition, hour)
    elif "/" in principal:
        role, _, session = principal.partition("/")
        identity = _session(account, role, session, partition, hour)
    else:
        identity = _user(account, principal, partition)
    return Origin(identity, _address(f"{account}/{principal}"), AGENT)


def _user(account: str, name: str, partition: Partition) -> dict[str, Any]:
    return {
        "type": "IAMUser",
        "principalId": unique_id("AIDA", account, f"user/{name}"),
        "arn": user_arn(partition, account, name),
        "accountId": account,
        "accessKeyId": unique_id("AKIA", account, f"user/{name}"),
        "userName": name,
    }


def _session(account: str, role: str, session: str, partition: Partition, hour: int) -> dict[str, Any]:
    of_role = unique_id("AROA", account, f"role/{role}")
    return {
        "type": "AssumedRole",
        "principalId": f"{of_role}:{session}",
        "arn": session_arn(partition, account, role, session),
        "accountId": account,
        "accessKeyId": unique_id("ASIA", account, f"{role}/{session}/{hour}"),
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": of_role,
                "arn": role_arn(partition, account, role),
                "accountId": account,
                "userName": role,
            },
            "webIdFederationData": {},
            "attributes": _began(hour, mfa=False),
        },
    }


def _root(account: str, partition: Partition, hour: int) -> dict[str, Any]:
    return {
        "type": "Root",
        "principalId": account,
        "arn": f"arn:{partition}:iam::{account}:root",
        "accountId": account,
        "accessKeyId": unique_id("ASIA", account, f"root/{hour}"),
        "sessionContext": {
            "sessionIssuer": {},
            "webIdFederationData": {},
            "attributes": _began(hour, mfa=True),
        },
    }


def _began(hour: int, *, mfa: bool) -> dict[str, str]:
    return {"creationDate": event_time(hour * HOUR), "mfaAuthenticated": "true" if mfa else "false"}


def _address(caller: str) -> str:
    """An address of a block that is kept for documents (RFC 5737), the same for all calls of a caller."""
    return f"203.0.113.{1 + blake2b(caller.encode(), digest_size=1).digest()[0] % 254}"
