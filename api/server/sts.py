"""The part of AWS STS that callers of AWS Organizations need: GetCallerIdentity, AssumeRole, GetAccessKeyInfo.

It speaks the query protocol: ``POST /`` with a form, answers in XML. IAM is not modelled; ``_may_assume`` decides which
roles exist and who may assume them.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl
from xml.etree import ElementTree

from ...engine.errors import Refused
from .authorization import ALGORITHM
from .faults import AccessDenied, Fault, MalformedInput, MissingAction, UnknownOperation, ValidationError
from .identity import Authentication, Identity, unique_id
from .message import Headers, Request, Response
from .served_world import ServedWorld
from .sessions import fresh

SERVICE = "sts"
"""The name for which requests are signed."""
VERSION = "2011-06-15"
NAMESPACE = f"https://sts.amazonaws.com/doc/{VERSION}/"
XML = b"text/xml"
FORM = b"application/x-www-form-urlencoded"
MOST_FIELDS = 200

ARN_CHARACTERS = r"[\u0009\u000A\u000D\u0020-\u007E\u0085\u00A0-\uD7FF\uE000-\uFFFD]+"
ROLE_ARN = re.compile(r"arn:(aws(?:-[a-z]+)*):iam::([0-9]{12}):role/(?:[\x21-\x7e]*/)?([a-zA-Z0-9_+=,.@-]{1,64})")
FEWEST_SECONDS, MOST_SECONDS, USUAL_SECONDS, CHAINED_SECONDS = 900, 43_200, 3_600, 3_600
INTEGERS = range(-(2**31), 2**31)
NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Form = Mapping[str, str]
Content = dict[str, "str | Content"]


class Sts:
    """The security token service."""

    def __init__(self, world: ServedWorld, authentication: Authentication) -> None:
        self._world = world
        self._authentication = authentication

    def is_meant(self, headers: Headers) -> bool:
        """Whether a request without a target is for STS: its body is a form, or its signature names STS."""
        if headers.get(b"content-type", b"").lower().startswith(FORM):
            return True
        authorization = headers.get(b"authorization", b"")
        return authorization.startswith(ALGORITHM.encode()) and b"/sts/aws4_request" in authorization

    async def answer(self, request: Request) -> Response:
        """Carry out the action that a request names.

        Raises:
            Fault: the request is refused, as by STS.
        """
        name, form = self._action_of(request)
        identity = self._world.live.identify(self._authentication, request, SERVICE)
        request_id = self._world.live.request_id()
        result = self._actions[name](self, form, identity)
        content: Content = {f"{name}Result": result, "ResponseMetadata": {"RequestId": request_id}}
        return Response(200, _xml(f"{name}Response", content), request_id, XML)

    def require_meant(self, request: Request) -> None:
        """Check that a request names an action and is signed; raises as ``answer``."""
        self._action_of(request)
        self._world.live.identify(self._authentication, request, SERVICE)

    def _action_of(self, request: Request) -> tuple[str, Form]:
        """Return the name of the action that a request asks for, and its form."""
        if request.method != "POST":
            raise UnknownOperation(f"Requests to STS are POST here, not {request.method}")
        form = _read_form(request.body)
        name = form.get("Action")
        if not name:
            raise MissingAction
        version = form.get("Version", "NO_VERSION_SPECIFIED")
        if name not in self._actions or version != VERSION:
            raise UnknownOperation(f"Could not find operation {name} for version {version}")
        return name, form

    def refusal(self, error: Fault | Refused) -> Response:
        """Make the response for a refusal in STS's XML."""
        assert isinstance(error, Fault), "STS runs no operation of AWS Organizations"
        request_id = self._world.live.request_id()
        status = error.query_status
        content: Content = {
            "Error": {
                "Type": "Sender" if status < 500 else "Receiver",
                "Code": error.query_code,
                "Message": error.message,
            },
            "RequestId": request_id,
        }
        return Response(status, _xml("ErrorResponse", content), request_id, XML, error.closes)

    def _get_caller_identity(self, form: Form, caller: Identity) -> Content:
        return {"Arn": caller.arn, "UserId": caller.user_id, "Account": caller.account}

    def _get_access_key_info(self, form: Form, caller: Identity) -> Content:
        key_id = form.get("AccessKeyId")
        _require(_complaints("accessKeyId", key_id, 16, 128, r"[\w]*"))
        account = self._authentication.account_of(key_id or "")
        if account is None:
            raise ValidationError("Invalid Access Key")
        return {"Account": account}

    def _assume_role(self, form: Form, caller: Identity) -> Content:
        arn, session = form.get("RoleArn"), form.get("RoleSessionName")
        seconds = _seconds(form)
        _require(
            _complaints("roleArn", arn, 20, 2_048, ARN_CHARACTERS)
            + _complaints("roleSessionName", session, 2, 64, r"[\w+=,.@-]*")
            + _complaints_of_duration(seconds)
        )
        assert arn is not None, "required above"
        assert session is not None, "required above"
        found = ROLE_ARN.fullmatch(arn)
        if not found or found[1] != caller.partition:
            raise ValidationError(f"{arn} is invalid")
        if caller.session is not None and seconds > CHAINED_SECONDS:
            raise ValidationError(
                "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"
            )
        account, role = found[2], found[3]
        if not self._may_assume(caller, account, role):
            raise AccessDenied(f"User: {caller.arn} is not authorized to perform: sts:AssumeRole on resource: {arn}")
        return self._begin_session(Identity(account, role, session, caller.partition), seconds)

    def _may_assume(self, caller: Identity, account: str, role: str) -> bool:
        state = self._world.live.sim.engine.state
        known = state.accounts.get(account)
        if self._authentication.may_assume(caller, account, role):
            # An account that this world does not know has no roles, unless it is the caller's own.
            return known is not None or account == caller.account
        if known is None or known.organization is None or role != state.access_role_of(account):
            return False
        manager = state.organizations[known.organization].management_account
        return known.joined_method == "CREATED" and caller.account == manager

    def _begin_session(self, identity: Identity, seconds: int) -> Content:
        session = identity.session or ""
        key_id = unique_id("ASIA", identity.account, fresh())
        credentials = self._world.live.sessions.begin(identity.account, identity.name, session, seconds, key_id)
        return {
            "AssumedRoleUser": {"AssumedRoleId": identity.user_id, "Arn": identity.arn},
            "Credentials": {
                "AccessKeyId": credentials.key_id,
                "SecretAccessKey": credentials.secret,
                "SessionToken": credentials.token,
                "Expiration": f"{datetime.fromtimestamp(credentials.expires_at, UTC):%Y-%m-%dT%H:%M:%SZ}",
            },
        }

    _actions: Mapping[str, Callable[[Any, Form, Identity], Content]] = {
        "AssumeRole": _assume_role,
        "GetAccessKeyInfo": _get_access_key_info,
        "GetCallerIdentity": _get_caller_identity,
    }


def _read_form(body: bytes) -> Form:
    """Decode the form of a request; of a field given twice, the last one counts.

    Raises:
        MalformedInput: the body is not a form.
    """
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict"))
    except ValueError:
        raise MalformedInput("The request body is not a form in UTF-8, or has too many fields.") from None


def _seconds(form: Form) -> int:
    text = form.get("DurationSeconds", str(USUAL_SECONDS))
    seconds = int(text) if re.fullmatch(r"[+-]?[0-9]{1,19}", text, re.ASCII) else INTEGERS.stop
    if seconds not in INTEGERS:
        raise MalformedInput("DurationSeconds is not a whole number of 32 bits.")
    return seconds


def _complaints(name: str, value: str | None, shortest: int, longest: int, pattern: str) -> list[str]:
    """List the constraints that a parameter violates, in AWS's words."""
    if value is None:
        return [f"Value null at '{name}' failed to satisfy constraint: Member must not be null"]
    place = f"Value '{value}' at '{name}' failed to satisfy constraint: Member must"
    complaints: list[str] = []
    if len(value) < shortest:
        complaints.append(f"{place} have length greater than or equal to {shortest}")
    if len(value) > longest:
        complaints.append(f"{place} have length less than or equal to {longest}")
    if not re.fullmatch(pattern, value, re.ASCII):
        complaints.append(f"{place} satisfy regular expression pattern: {pattern}")
    return complaints


def _complaints_of_duration(seconds: int) -> list[str]:
    place = f"Value '{seconds}' at 'durationSeconds' failed to satisfy constraint: Member must have value"
    if seconds < FEWEST_SECONDS:
        return [f"{place} greater than or equal to {FEWEST_SECONDS}"]
    return [f"{place} less than or equal to {MOST_SECONDS}"] if seconds > MOST_SECONDS else []


def _require(complaints: list[str]) -> None:
    if complaints:
        errors = "1 validation error" if len(complaints) == 1 else f"{len(complaints)} validation errors"
        raise ValidationError(f"{errors} detected: {'; '.join(complaints)}")


def _xml(name: str, content: Content) -> bytes:
    root = ElementTree.Element(name, {"xmlns": NAMESPACE})
    _fill(root, content)
    return ElementTree.tostring(root, "utf-8")


def _fill(element: ElementTree.Element, content: Content) -> None:
    for name, value in content.items():
        inner = ElementTree.SubElement(element, name)
        if isinstance(value, str):
            # Messages may repeat a client's input, and not every character is allowed in XML.
            inner.text = NOT_IN_XML.sub("?", value)
        else:
            _fill(inner, value)
