"""What may be asked, one file per operation.

``OPERATIONS`` maps AWS's name to the module of each writing operation, ``INTERNAL_OPERATIONS`` the name of each one
that a timer or the simulation asks for. To add an operation is one file, and one line here.
"""

from msgspec import Struct

from ..operation import InternalOperation, Operation
from ..timers import Timers
from . import (
    accept_handshake,
    advance_time,
    cancel_handshake,
    clean_closed_account,
    close_account,
    create_account,
    create_gov_cloud_account,
    create_organization,
    create_world,
    decline_handshake,
    delete_organization,
    describe_account_outside,
    enable_all_features,
    expire_handshake,
    finish_account_closure,
    finish_account_creation,
    invite_account_to_organization,
    leave_organization,
    purge_handshake,
    remove_account_from_organization,
)

OPERATIONS: dict[str, Operation] = {
    "AcceptHandshake": accept_handshake,
    "CancelHandshake": cancel_handshake,
    "CloseAccount": close_account,
    "CreateAccount": create_account,
    "CreateGovCloudAccount": create_gov_cloud_account,
    "CreateOrganization": create_organization,
    "DeclineHandshake": decline_handshake,
    "DeleteOrganization": delete_organization,
    "EnableAllFeatures": enable_all_features,
    "InviteAccountToOrganization": invite_account_to_organization,
    "LeaveOrganization": leave_organization,
    "RemoveAccountFromOrganization": remove_account_from_organization,
}

INTERNAL_OPERATIONS: dict[str, InternalOperation] = {
    "AdvanceTime": advance_time,
    "CleanClosedAccount": clean_closed_account,
    "CreateWorld": create_world,
    "DescribeAccountOutside": describe_account_outside,
    "ExpireHandshake": expire_handshake,
    "FinishAccountClosure": finish_account_closure,
    "FinishAccountCreation": finish_account_creation,
    "PurgeHandshake": purge_handshake,
}


def due_request(timers: Timers) -> Struct:
    """What the next timer asks for. Of equal moments the longer delay was set earlier (see ``timers``)."""
    due = timers.next_due
    if timers.migrations and timers.migrations[0].requested.expires_at == due:
        return expire_handshake.Request(timers.migrations[0].requested.handshake)
    if timers.next_purge == due:
        return purge_handshake.Request(timers.purges[0].requested.handshake)
    if timers.invitations and timers.invitations[0].requested.expires_at == due:
        return expire_handshake.Request(timers.invitations[0].requested.handshake)
    _, _, operation, subject = timers.appointments[0]
    return INTERNAL_OPERATIONS[operation].Request(subject)
