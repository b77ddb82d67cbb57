"""Which exceptions a scripted fault may refuse a call with: those of AWS's model."""

# botocore's cached properties have no types.
# pyright: reportAttributeAccessIssue=false, reportUnknownMemberType=false, reportGeneralTypeIssues=false

import pytest
from support.botocore_model import MODEL

from orgsim.engine import errors
from orgsim.engine.errors.documented import DOCUMENTED


def test_every_operation() -> None:
    """There is an entry for each operation of the model, and for no other."""
    assert sorted(DOCUMENTED) == sorted(MODEL.operation_names)


@pytest.mark.parametrize("operation", sorted(DOCUMENTED))
def test_exceptions(operation: str) -> None:
    """An operation has the exceptions of the model, and orgsim has each of them."""
    assert sorted(DOCUMENTED[operation]) == sorted(
        shape.name for shape in MODEL.operation_model(operation).error_shapes
    )
    assert [code for code in DOCUMENTED[operation] if not hasattr(errors, code)] == []
