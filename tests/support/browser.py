"""A real browser, if this machine has one, and pages opened in it."""

import shutil
import subprocess
from pathlib import Path

import pytest

from support.patience import PATIENCE

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
BROWSER = next(filter(None, map(shutil.which, BROWSERS)), "")

IN_A_BROWSER = [
    pytest.mark.slow,
    pytest.mark.skipif(not BROWSER, reason=f"there is no browser to open it in: none of {', '.join(BROWSERS)} is here"),
]
"""The marks of tests that need one."""


def browse(page: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Open a page; without a network, which it must not need."""
    command = [
        BROWSER,
        *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--proxy-server=127.0.0.1:9"),
        *("--enable-logging=stderr", f"--user-data-dir={page.parent / 'profile'}", "--virtual-time-budget=4000"),
        *options,
        page.as_uri(),
    ]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=PATIENCE)
