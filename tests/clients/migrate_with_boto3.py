"""The migration to all features with boto3; see ``test_clients.py`` for what is to come out."""

from typing import Any

from botocore.exceptions import ClientError
from support.server_process import Server


def migrate(server: Server, founder: str, members: list[str]) -> dict[str, Any]:
    """Invite, accept, create, enable, approve, finalize; then act as the created member."""
    organizations = server.organizations
    organization = organizations(founder)
    organization.create_organization(FeatureSet="CONSOLIDATED_BILLING")
    for member in members:
        invitation = organization.invite_account_to_organization(Target={"Type": "ACCOUNT", "Id": member})
        organizations(member).accept_handshake(HandshakeId=invitation["Handshake"]["Id"])
    made = organization.create_account(Email="made@example.com", AccountName="Made")["CreateAccountStatus"]
    status = organization.describe_create_account_status(CreateAccountRequestId=made["Id"])["CreateAccountStatus"]

    parent = organization.enable_all_features()["Handshake"]
    pages = organization.get_paginator("list_handshakes_for_organization").paginate(
        Filter={"ActionType": "APPROVE_ALL_FEATURES"}, PaginationConfig={"PageSize": 1}
    )
    asked = [[approval["Parties"][1]["Id"] for approval in page["Handshakes"]] for page in pages]
    for member in members:
        received = organizations(member).get_paginator("list_handshakes_for_account")
        for page in received.paginate(Filter={"ActionType": "APPROVE_ALL_FEATURES"}, PaginationConfig={"PageSize": 1}):
            for approval in page["Handshakes"]:
                organizations(member).accept_handshake(HandshakeId=approval["Id"])
    approved = organization.describe_handshake(HandshakeId=parent["Id"])["Handshake"]
    finalized = organization.accept_handshake(HandshakeId=parent["Id"])["Handshake"]
    listed = organization.get_paginator("list_accounts").paginate(PaginationConfig={"PageSize": 3})
    return {
        "asked": asked,
        "parent": [parent["State"], approved["State"], finalized["State"]],
        "accounts": [[account["Id"] for account in page["Accounts"]] for page in listed],
        "created": status["AccountId"],
        **act_as_member(server, founder, status["AccountId"]),
    }


def act_as_member(server: Server, founder: str, member: str) -> dict[str, Any]:
    """What a created member finds out about itself and its organization, by the role that it was created with."""
    sts = server.client("sts", aws_access_key_id=founder, aws_secret_access_key="any")
    role = f"arn:aws:iam::{member}:role/OrganizationAccountAccessRole"
    keys = sts.assume_role(RoleArn=role, RoleSessionName="visit")["Credentials"]
    credentials = {
        "aws_access_key_id": keys["AccessKeyId"],
        "aws_secret_access_key": keys["SecretAccessKey"],
        "aws_session_token": keys["SessionToken"],
    }
    organization = server.client("organizations", **credentials)
    refusal = None
    try:
        organization.list_accounts()
    except ClientError as error:
        refusal = error.response["Error"]["Code"]
    return {
        "identity": server.client("sts", **credentials).get_caller_identity()["Arn"],
        "feature_set": organization.describe_organization()["Organization"]["FeatureSet"],
        "refusal": refusal,
    }
