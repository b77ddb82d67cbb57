"""The writing and the internal operations, one file each, and their tables.

``OPERATIONS`` maps AWS's name to the module of each writing operation, ``INTERNAL_OPERATIONS`` the name of each one
that a timer fires or the simulation calls. A new operation is a new file and a line here.
"""

from msgspec import Struct

from ..operation import InternalOperation, Operation
from ..state.timers import Timers
from . import (
    accept_handshake,
    advance_time,
    attach_policy,
    cancel_handshake,
    clean_closed_account,
    clear_faults,
    close_account,
    create_account,
    create_gov_cloud_account,
    create_organization,
    create_organizational_unit,
    create_policy,
    create_world,
    decline_handshake,
    delete_organization,
    delete_organizational_unit,
    delete_policy,
    delete_resource_policy,
    deregister_delegated_administrator,
    describe_account_outside,
    detach_policy,
    disable_aws_service_access,
    disable_policy_type,
    enable_all_features,
    enable_aws_service_access,
    enable_policy_type,
    expire_handshake,
    finish_account_closure,
    finish_account_creation,
    import_organization,
    invite_account_to_organization,
    invite_organization_to_transfer_responsibility,
    leave_organization,
    meet_faults,
    move_account,
    publish_effective_policies,
    purge_handshake,
    put_resource_policy,
    record_call,
    register_delegated_administrator,
    remove_account_from_organization,
    script_fault,
    tag_resource,
    take_record,
    terminate_responsibility_transfer,
    untag_resource,
    update_organizational_unit,
    update_policy,
    update_responsibility_transfer,
)

OPERATIONS: dict[str, Operation] = {
    "AcceptHandshake": accept_handshake,
    "AttachPolicy": attach_policy,
    "CancelHandshake": cancel_handshake,
    "CloseAccount": close_account,
    "CreateAccount": create_account,
    "CreateGovCloudAccount": create_gov_cloud_account,
    "CreateOrganization": create_organization,
    "CreateOrganizationalUnit": create_organizational_unit,
    "CreatePolicy": create_policy,
    "DeclineHandshake": decline_handshake,
    "DeleteOrganization": delete_organization,
    "DeleteOrganizationalUnit": delete_organizational_unit,
    "DeletePolicy": delete_policy,
    "DeleteResourcePolicy": delete_resource_policy,
    "DeregisterDelegatedAdministrator": deregister_delegated_administrator,
    "DetachPolicy": detach_policy,
    "DisableAWSServiceAccess": disable_aws_service_access,
    "DisablePolicyType": disable_policy_type,
    "EnableAWSServiceAccess": enable_aws_service_access,
    "EnableAllFeatures": enable_all_features,
    "EnablePolicyType": enable_policy_type,
    "InviteAccountToOrganization": invite_account_to_organization,
    "InviteOrganizationToTransferResponsibility": invite_organization_to_transfer_responsibility,
    "LeaveOrganization": leave_organization,
    "MoveAccount": move_account,
    "PutResourcePolicy": put_resource_policy,
    "RegisterDelegatedAdministrator": register_delegated_administrator,
    "RemoveAccountFromOrganization": remove_account_from_organization,
    "TagResource": tag_resource,
    "TerminateResponsibilityTransfer": terminate_responsibility_transfer,
    "UntagResource": untag_resource,
    "UpdateOrganizationalUnit": update_organizational_unit,
    "UpdatePolicy": update_policy,
    "UpdateResponsibilityTransfer": update_responsibility_transfer,
}

INTERNAL_OPERATIONS: dict[str, InternalOperation] = {
    "AdvanceTime": advance_time,
    "CleanClosedAccount": clean_closed_account,
    "ClearFaults": clear_faults,
    "CreateWorld": create_world,
    "DescribeAccountOutside": describe_account_outside,
    "ExpireHandshake": expire_handshake,
    "FinishAccountClosure": finish_account_closure,
    "FinishAccountCreation": finish_account_creation,
    "ImportOrganization": import_organization,
    "MeetFaults": meet_faults,
    "PublishEffectivePolicies": publish_effective_policies,
    "PurgeHandshake": purge_handshake,
    "RecordCall": record_call,
    "ScriptFault": script_fault,
    "TakeRecord": take_record,
}


def due_request(timers: Timers) -> Struct:
    """The request of the internal operation that the next timer fires."""
    first = timers.first()
    if isinstance(first, tuple):
        _, _, _, operation, subject = first
        return INTERNAL_OPERATIONS[operation].Request(subject)
    end = expire_handshake if first.ended_at < 0 else purge_handshake
    return end.Request(first.requested.handshake)
