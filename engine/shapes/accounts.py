"""Response shapes of accounts and account creations."""

from datetime import datetime

from ..words import JoinedMethod
from .base import Shape


class Account(Shape, frozen=True):
    id: str
    arn: str
    email: str
    name: str
    status: str
    state: str
    paths: list[str]
    joined_method: JoinedMethod
    joined_timestamp: datetime


class CreateAccountStatus(Shape, frozen=True):
    id: str
    account_name: str
    state: str
    requested_timestamp: datetime
    completed_timestamp: datetime | None = None
    account_id: str | None = None
    gov_cloud_account_id: str | None = None
    failure_reason: str | None = None


class CreateAccountStatusReply(Shape, frozen=True):
    create_account_status: CreateAccountStatus
