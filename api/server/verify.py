"""``--auth verify``: verify Signature Version 4 as AWS does, with the keys of a credentials file.

The order of checks is that of DynamoDB, which mhart/dynalite recorded: the header, the date, which headers are signed,
the scope, the key with its session, and last the signature. Signatures are computed by botocore's signer, which boto3
and the AWS CLI use.
"""
# botocore has no types; only `_signature` uses it.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false

import hmac
import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from hashlib import sha256
from urllib.parse import quote

try:
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.compat import HTTPHeaders
    from botocore.credentials import Credentials as Keys
    from botocore.utils import normalize_url_path
except ModuleNotFoundError:
    raise ModuleNotFoundError("--auth verify needs botocore: pip install '.[verify]' in a clone") from None

from ...engine.partitions import partition_of_region
from .authorization import Authorization, read_authorization, require_date
from .credentials import Credentials
from .faults import IncompleteSignature, InvalidSignature, UnrecognizedClient
from .identity import Identity, account_of
from .message import Headers, Request
from .sessions import Sessions

SKEW, SKEW_OF_STS = timedelta(minutes=5), timedelta(minutes=15)
"""How far a signature's date may be from now; AWS's messages name both."""
AMAZON = b"x-amz-"
UNSIGNED = "{} must be a 'SignedHeader' in the AWS Authorization."
BASIC = "%Y%m%dT%H%M%SZ"
REGION = "us-east-1"
"""The one region of AWS Organizations in the partition ``aws``."""
ANY_REGION = re.compile(r"[a-z]{2,3}(?:-[a-z]+)+-[0-9]+")


class VerifiedAuthentication:
    """Accepts requests signed with a key of the credentials file, or with one returned by AssumeRole."""

    name = "verify"

    def __init__(self, credentials: Credentials) -> None:
        self._keys = {key.access_key_id: key for key in credentials.credentials}
        self._roles = {(role.account, role.name): role.trusted_accounts for role in credentials.roles}

    def identify(self, request: Request, service: str, sessions: Sessions) -> Identity:
        """Verify the signature of a request to a service and return who signed it.

        Raises:
            Fault: the request is not signed by a known key, its content differs from what was signed, or its date is
                too far from now.
        """
        authorization = read_authorization(request.headers)
        require_date(request.headers)
        signed_at = _date_of(request)
        _require_now(signed_at, SKEW_OF_STS if service == "sts" else SKEW)
        names = authorization.signed_headers.lower().split(";")
        _require_signed(names, request.headers)
        _require_scope(authorization, service, signed_at)
        identity, secret = self._holder(authorization, request.headers.get(b"x-amz-security-token"), sessions)
        expected = _signature(request, names, authorization, secret, signed_at.strftime(BASIC))
        if not hmac.compare_digest(expected, authorization.signature.encode("latin-1")):
            raise InvalidSignature
        return identity

    def _holder(self, authorization: Authorization, token: bytes | None, sessions: Sessions) -> tuple[Identity, str]:
        """Return the identity behind an access key, and the key's secret."""
        partition = partition_of_region(authorization.region)
        if token is not None:
            session = sessions.read(token, authorization.key_id)
            if session is None:
                raise UnrecognizedClient
            return Identity(*session.holder, partition), sessions.secret_of(authorization.key_id)
        key = self._keys.get(authorization.key_id)
        if key is None:
            raise UnrecognizedClient
        return Identity(key.account, key.user, partition=partition), key.secret_access_key

    def account_of(self, key_id: str) -> str | None:
        """Return the account of a key in the file, or of a temporary key, whose bits carry the account number."""
        key = self._keys.get(key_id)
        if key:
            return key.account
        return account_of(key_id) if key_id.startswith("ASIA") else None

    def may_assume(self, caller: Identity, account: str, role: str) -> bool:
        """Whether the credentials file lets the caller's account assume this role."""
        return caller.account in self._roles.get((account, role), ())


def _require_scope(authorization: Authorization, service: str, signed_at: datetime) -> None:
    """Check region, service and date of the scope; what is wrong is told at once."""
    # STS has an endpoint in every region, AWS Organizations a single one for all commercial regions. China and GovCloud
    # have a single one too; yet an SDK that is given the server's URL signs for the region that it was told.
    region = authorization.region
    elsewhere = partition_of_region(region) not in (None, "aws")
    complaints: list[str] = []
    if region != REGION and not elsewhere and not (service == "sts" and ANY_REGION.fullmatch(region)):
        complaints.append(f"Credential should be scoped to a valid region, not '{region}'. ")
    if authorization.service != service:
        complaints.append(f"Credential should be scoped to correct service: '{service}'. ")
    if authorization.date != signed_at.strftime("%Y%m%d"):
        complaints.append(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
            f"'{authorization.date}' != '{signed_at:%Y%m%d}', from '{signed_at.strftime(BASIC)}'."
        )
    if complaints:
        raise InvalidSignature("".join(complaints))


def _require_signed(names: list[str], headers: Headers) -> None:
    """Check that the signature covers host, date, and all of AWS's own headers, the target among them."""
    if "host" not in names:
        raise InvalidSignature(UNSIGNED.format("'Host' or ':authority'"))
    if b"x-amz-date" not in headers and "date" not in names:
        raise InvalidSignature(UNSIGNED.format("'Date'"))
    unsigned = [name for name in headers if name.startswith(AMAZON) and name.decode("latin-1") not in names]
    if unsigned:
        # The date is reported first, because it is the one that AWS looks for itself.
        first = min(unsigned, key=lambda name: name != b"x-amz-date")
        raise InvalidSignature(UNSIGNED.format(f"'{first.decode('latin-1').title()}'"))


def _date_of(request: Request) -> datetime:
    """Read the date on which a request was signed.

    Raises:
        IncompleteSignature: it is not a date.
    """
    basic = request.headers.get(b"x-amz-date")
    try:
        if basic is not None:
            return datetime.strptime(basic.decode(), BASIC).replace(tzinfo=UTC)
        return parsedate_to_datetime(request.headers[b"date"].decode("latin-1")).astimezone(UTC)
    except (ValueError, OverflowError):
        raise IncompleteSignature("Date must be a date.") from None


def _require_now(signed_at: datetime, skew: timedelta) -> None:
    """Check the date of a signature against the wall clock, not the world's: clients know only the former."""
    now = datetime.now(UTC)
    then, shown, minutes = signed_at.strftime(BASIC), now.strftime(BASIC), skew // timedelta(minutes=1)
    if signed_at < now - skew:
        earliest = (now - skew).strftime(BASIC)
        raise InvalidSignature(f"Signature expired: {then} is now earlier than {earliest} ({shown} - {minutes} min.)")
    if signed_at > now + skew:
        latest = (now + skew).strftime(BASIC)
        raise InvalidSignature(
            f"Signature not yet current: {then} is still later than {latest} ({shown} + {minutes} min.)"
        )


def _signature(request: Request, names: list[str], authorization: Authorization, secret: str, signed_at: str) -> bytes:
    """Compute the signature that the secret gives for this request and these signed headers."""
    signer = SigV4Auth(Keys(authorization.key_id, secret), authorization.service, authorization.region)
    signed = HTTPHeaders()
    for name in names:
        signed[name] = request.headers.get(name.encode("latin-1"), b"").decode("latin-1")
    copy = AWSRequest(method=request.method, url=f"http://host{request.signed_path}?{request.query.decode('latin-1')}")
    copy.context["timestamp"] = signed_at
    canonical = [
        request.method,
        quote(normalize_url_path(request.signed_path), safe="/~"),
        signer.canonical_query_string(copy),
        signer.canonical_headers(signed) + "\n",
        signer.signed_headers(signed),
        # Computed here rather than read from the client's header: otherwise a changed body would go unnoticed.
        sha256(request.body).hexdigest(),
    ]
    return str(signer.signature(signer.string_to_sign(copy, "\n".join(canonical)), copy)).encode()
