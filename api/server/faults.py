"""Errors raised before an operation is reached, or by STS: AWS's names, messages and statuses in both protocols.

AWS's JSON services answer every fault of a client with 400; STS, which speaks the query protocol, has shorter names and
answers 403 to what concerns credentials.
"""

from typing import ClassVar

QUOTED = 100
"""Characters of a client's input that a message repeats at most."""


class Fault(Exception):
    """A request that is refused by the server rather than by an operation.

    Args:
        message: by default the fault's usual one.
        status: the HTTP status in AWS JSON.
    """

    code: ClassVar[str]
    query_code: ClassVar[str]
    query_status: ClassVar[int] = 400
    usual: ClassVar[str] = ""
    closes: ClassVar[bool] = False
    """Whether the connection is closed after the answer."""

    def __init__(self, message: str | None = None, *, status: int = 400) -> None:
        self.message = message or self.usual
        self.status = status
        super().__init__(self.message)


class UnknownOperation(Fault):
    """The request names no operation, or none that exists."""

    code, query_code = "UnknownOperationException", "InvalidAction"
    usual = "The request names no operation of AWS Organizations in its X-Amz-Target header."


class MissingAction(Fault):
    """A request to STS names no action."""

    code, query_code = "MissingAction", "MissingAction"
    usual = "The request must contain the parameter Action."


class MissingAuthenticationToken(Fault):
    """The request is not signed."""

    code, query_code = "MissingAuthenticationTokenException", "MissingAuthenticationToken"
    query_status = 403
    usual = "Missing Authentication Token"


class IncompleteSignature(Fault):
    """The Authorization header is incomplete or malformed."""

    code, query_code = "IncompleteSignatureException", "IncompleteSignature"


class UnrecognizedClient(Fault):
    """Nobody has this access key, or the session token does not belong to it."""

    code, query_code = "UnrecognizedClientException", "InvalidClientTokenId"
    query_status = 403
    usual = "The security token included in the request is invalid."


class ExpiredToken(Fault):
    """The session of a temporary key is over."""

    code, query_code = "ExpiredTokenException", "ExpiredToken"
    query_status = 403
    usual = "The security token included in the request is expired"


class InvalidSignature(Fault):
    """The signature does not match this request, its service, or the present time."""

    code, query_code = "InvalidSignatureException", "SignatureDoesNotMatch"
    query_status = 403
    usual = (
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access "
        "Key and signing method. Consult the service documentation for details."
    )


class RequestTooLarge(Fault):
    """The body is longer than the limit."""

    code, query_code = "RequestEntityTooLargeException", "RequestEntityTooLarge"
    query_status = 413
    closes = True

    def __init__(self, limit: int) -> None:
        super().__init__(f"The request body is longer than {limit:,} bytes.", status=413)


class InternalFailure(Fault):
    """A mistake of ours, or a log that cannot be written."""

    code, query_code = "ServiceException", "InternalFailure"
    query_status = 500
    usual = "AWS Organizations can't complete your request because of an internal service error. Try again later."

    def __init__(self) -> None:
        super().__init__(status=500)


class ServiceUnavailable(Fault):
    """The world was replaced or ended while the request was under way."""

    code, query_code = "ServiceUnavailableException", "ServiceUnavailable"
    query_status = 503
    usual = "The world was reset or ended while the request was under way. Try again."

    def __init__(self) -> None:
        super().__init__(status=503)


class ValidationError(Fault):
    """A parameter for STS is missing or invalid."""

    code, query_code = "ValidationException", "ValidationError"


class MalformedInput(Fault):
    """The body of a request to STS cannot be parsed."""

    code, query_code = "SerializationException", "MalformedInput"


class AccessDenied(Fault):
    """The caller may not assume this role."""

    code, query_code = "AccessDeniedException", "AccessDenied"
    query_status = 403


class ForeignRequest(Fault):
    """The request is for another host, or comes from another host's web page. The error's name is not AWS's.

    Args:
        field: the header that says so.
        value: its value.
    """

    code, query_code = "ForbiddenException", "Forbidden"
    query_status = 403

    def __init__(self, field: str, value: str) -> None:
        super().__init__(
            f"{field} is {value[:QUOTED]!r}. The server answers to loopback names, to that of --host and to those of "
            "--allow-host, and to pages that it served under such a name; start it with --allow-host NAME to answer to "
            "another.",
            status=403,
        )


class WorldRefused(Fault):
    """There is no such world, or none can begin. The error's name is not AWS's."""

    code, query_code = "WorldException", "WorldException"


class PlaceRefused(Fault):
    """There is no such moment or position in the log. The error's name is not AWS's."""

    code, query_code = "PlaceException", "PlaceException"


class WriteRefused(Fault):
    """A writing operation was called where the world is shown as it was. The error's name is not AWS's."""

    code, query_code = "ReadOnlyException", "ReadOnlyException"


class ControlRefused(Fault):
    """A request to the control plane is invalid or cannot be carried out. The error's name is not AWS's."""

    code, query_code = "ControlException", "ControlException"
