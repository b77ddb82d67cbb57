"""What is wrong with a test that uses ``orgsim.api.testing``."""

from collections.abc import Iterable


class NotSimulated(Exception):
    """A call to a service that orgsim does not answer.

    Args:
        service: botocore's name of it.
        answered: the names of those that are answered.
    """

    def __init__(self, service: str, answered: Iterable[str]) -> None:
        super().__init__(
            f"a call to {service!r}, which orgsim does not simulate: it answers {' and '.join(answered)}. To let other "
            "services go where they would have gone, say passthrough=True"
        )
