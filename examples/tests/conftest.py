"""What the tests share: boto3's client of an organization in which sleeping takes no time."""

import pytest
from landing.organization import connect


@pytest.fixture
def org(orgsim):
    """The management account of a fresh organization (the marker ``orgsim(accounts=0)`` founds it)."""
    with orgsim.auto_advance():
        yield connect(orgsim.boto3_session("111111111111"))
