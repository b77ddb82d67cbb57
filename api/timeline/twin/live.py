"""Dumps of AWS, or of what answers as AWS: the questions of a dump, asked through boto3 by reading calls only.

Calls are paced by AWS's published rates (docs/aws.md 7.2), so that a large organization's own programs are not
throttled by the reading of it. Answers are kept in a folder as they come; whoever is interrupted goes on there.
"""

import os
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, MutableMapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ....engine.settings import SECOND
from ....engine.shapes.timestamps import microseconds
from ....engine.throttling import RATES, Throttle
from ...testing.extras import BOTO, imported
from .calls import Question
from .errors import DumpError
from .folder import Folder, canonical, path_of, read_folder, write_answer, write_manifest
from .walk import Unanswered, walk

ACCOUNT, ORGANIZATION = "account", "organization"
"""Stand for those of the credentials, of which the pace needs to know no more."""

LOOPBACK = ("127.0.0.1", "localhost", "::1")
ATTEMPTS = 6
"""How often a call is tried, unless AWS_MAX_ATTEMPTS says otherwise."""

Progress = Callable[[int, int, float], None]
"""Told before each question: how many were asked, how many are known to come, and how many seconds they take."""


class Source:
    """Whom to ask: a profile of the AWS configuration, or an endpoint.

    Args:
        profile: its name; None for the credentials of the environment.
        endpoint_url: of what answers as AWS; None for AWS itself.
    """

    def __init__(self, profile: str | None, endpoint_url: str | None) -> None:
        self.profile, self.endpoint_url = profile, endpoint_url

    def __str__(self) -> str:
        if self.endpoint_url:
            return self.endpoint_url
        return f"the profile {self.profile}" if self.profile else "AWS"

    @property
    def paced(self) -> bool:
        """Whether AWS's rates are kept: not towards one's own machine, where nobody shares them."""
        return urlsplit(self.endpoint_url or "").hostname not in LOOPBACK


class Pace:
    """Lets calls pass at AWS's rates.

    Args:
        now: the time in microseconds.
        sleep: waits for a number of seconds.
    """

    def __init__(
        self, now: Callable[[], int] = lambda: time.time_ns() // 1_000, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._now, self._sleep = now, sleep
        self._throttle = Throttle()

    def wait(self, operation: str) -> None:
        """Wait until a call may be made."""
        ready = self._throttle.reserve(operation, ACCOUNT, ORGANIZATION, self._now())
        while (now := self._now()) < ready:
            self._sleep((ready - now) / SECOND)


def seconds_for(questions: Iterable[Question]) -> float:
    """How long questions take at AWS's rates, each kind after the other."""
    counts = Counter(operation for operation, _ in questions)
    return sum(count * _interval(operation) for operation, count in counts.items())


def _interval(operation: str) -> float:
    rates = RATES.get(operation)
    return rates.account.seconds / rates.account.calls if rates else 0.2


class Client:
    """Asks through boto3; botocore tries again what is throttled or does not arrive.

    Raises:
        DumpError: boto3 is not installed, or the profile is not there.
    """

    def __init__(self, source: Source, pace: Pace | None) -> None:
        self._source, self._pace = source, pace
        self.latest = 0
        """The time of the last answer there, in microseconds since the epoch."""
        try:
            boto3 = imported("boto3", BOTO)
        except ModuleNotFoundError as error:
            raise DumpError(str(error)) from None
        self._errors = imported("botocore.exceptions", BOTO)
        attempts = {} if "AWS_MAX_ATTEMPTS" in os.environ else {"total_max_attempts": ATTEMPTS}
        config = imported("botocore.config", BOTO).Config(retries={"mode": "standard", **attempts})
        try:
            session = boto3.Session(profile_name=source.profile)
            region = session.region_name or "us-east-1"
            self._client = session.client(
                "organizations", endpoint_url=source.endpoint_url, region_name=region, config=config
            )
        except (self._errors.BotoCoreError, ValueError) as error:
            raise DumpError(f"{source}: {error}") from None

    def ask(self, operation: str, members: dict[str, Any]) -> dict[str, Any]:
        """Ask for one page.

        Raises:
            Unanswered: it was refused.
            DumpError: there is nobody who answers, or the credentials are none.
        """
        if self._pace:
            self._pace.wait(operation)
        method = getattr(self._client, self._methods[operation])
        try:
            answer: dict[str, Any] = method(**members)
        except self._errors.ClientError as error:
            told = error.response.get("Error", {})
            if not str(told.get("Code")).isidentifier():
                # What answers is a web server that names no exception: its page says nothing to anybody.
                raise DumpError(f"{self._source}: no answer of AWS Organizations: HTTP {told.get('Code')}") from None
            raise self._refused(str(told.get("Code")), str(told.get("Message"))) from None
        except self._errors.NoCredentialsError:
            raise DumpError(
                f"{self._source}: no credentials: name a --profile, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY "
                "(for orgsim serve, the management account's id as the key id and any secret)"
            ) from None
        except self._errors.BotoCoreError as error:
            raise DumpError(f"{self._source}: {error}") from None
        self._note_time(answer.pop("ResponseMetadata", {}).get("HTTPHeaders", {}))
        return answer

    @property
    def _methods(self) -> dict[str, str]:
        return {operation: method for method, operation in self._client.meta.method_to_api_mapping.items()}

    def _refused(self, code: str, message: str) -> Exception:
        if code in WRONG_CREDENTIALS:
            return DumpError(f"{self._source}: the credentials are refused: {code}: {message}")
        return Unanswered(code, message)

    def _note_time(self, headers: dict[str, str]) -> None:
        text = headers.get("x-orgsim-time")
        if text:
            self.latest = microseconds(datetime.fromisoformat(text))
        elif "date" in headers:
            self.latest = microseconds(parsedate_to_datetime(headers["date"]).astimezone(UTC))


WRONG_CREDENTIALS = (
    "UnrecognizedClientException",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "ExpiredTokenException",
    "ExpiredToken",
    "MissingAuthenticationTokenException",
    "IncompleteSignatureException",
)


class Kept(MutableMapping[Question, Any]):
    """Answers that are kept in a folder as they come."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._answers: dict[Question, Any] = {}
        if folder.exists():
            self._answers.update(read_folder(folder).answers if any(folder.rglob("describe-organization.json")) else {})

    def __getitem__(self, question: Question) -> Any:
        return self._answers[question]

    def __setitem__(self, question: Question, answer: Any) -> None:
        self._answers[question] = answer
        write_answer(self._folder, question, canonical(question, answer))

    def __delitem__(self, question: Question) -> None:
        del self._answers[question]
        (self._folder / path_of(question)).unlink(missing_ok=True)

    def __iter__(self) -> Iterator[Question]:
        return iter(self._answers)

    def __len__(self) -> int:
        return len(self._answers)


def read_live(client: Client, folder: Path, progress: Progress) -> tuple[Folder, list[str]]:
    """Read a dump through boto3 into a folder, going on where an earlier reading was interrupted.

    Args:
        client: asks.
        folder: keeps the answers.
        progress: told before each question.

    Returns:
        The dump, and what could not be read.

    Raises:
        DumpError: what a twin cannot do without could not be read, or the folder cannot be written.
    """
    try:
        kept = Kept(folder)
        _require_the_same(kept, client, folder)
        missing = walk(
            client.ask, kept, lambda _, done, waiting: progress(done, len([*waiting]) + 1, seconds_for(waiting))
        )
        write_manifest(folder, client.latest)
    except OSError as error:
        raise DumpError(f"{folder}: cannot be written: {error.strerror}") from None
    return read_folder(folder), missing


def _require_the_same(kept: Kept, client: Client, folder: Path) -> None:
    """Require that what an earlier reading kept is of the organization that answers now; raises DumpError.

    Asking tells the time there, too, should everything have been read already.
    """
    found = kept.get(("DescribeOrganization", ""))
    if not found:
        return
    try:
        now = client.ask("DescribeOrganization", {}).get("Organization", {})
    except Unanswered as refused:
        raise DumpError(f"{folder} has answers of {found['Id']}, which says now: {refused}") from None
    if now.get("Id") != found["Id"]:
        raise DumpError(
            f"{folder} has answers of {found['Id']}, and now {now.get('Id')} answers: remove it, or name another log"
        )


def discard(folder: Path) -> None:
    """Remove a folder of answers that has served."""
    shutil.rmtree(folder, ignore_errors=True)
