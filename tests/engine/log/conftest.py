"""The helpers of these tests explain their failed assertions as the tests themselves do."""

import pytest

pytest.register_assert_rewrite("support.event_log_contract")
