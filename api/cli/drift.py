"""Drift, as ``orgsim diff`` shows it: a log against a live organization, or against a dump of one."""

from collections.abc import Generator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import anyio

from ..timeline.twin import reading
from ..timeline.twin.drift import Drift, drift
from ..timeline.twin.live import Source
from .terminal import reading_bar
from .twin_options import failing, one_of, read_live, tell


@contextmanager
def drift_of(
    log: Path, profile: str | None, endpoint_url: str | None, folder: Path | None
) -> Generator[Drift, None, None]:
    """Compare a log with a dump: its history up to the dump, and behind it what the dump shows to be different."""
    one_of({"--profile": profile, "--endpoint-url": endpoint_url, "--dump": folder})
    if folder is not None:
        found, source = failing(partial(reading.of_folder, folder, None)), str(folder)
    else:
        with TemporaryDirectory() as kept:
            found = failing(partial(read_live, profile, endpoint_url, Path(kept)))
        source = str(Source(profile, endpoint_url))
    tell(found.notes)
    compared = failing(lambda: anyio.run(drift, log, found, source, reading_bar))
    try:
        yield compared
    finally:
        compared.history.close()
