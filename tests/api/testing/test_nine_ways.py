"""The fixture ``orgsim`` under every harness: the same ten tests in nine ways, and one that used to hang."""

from pathlib import Path

import pytest
from support.run_pytest import Ran, run_pytest
from support.ten_tests import TEN, marked, plain, unittest_case

pytestmark = pytest.mark.slow

BACKEND = """
import pytest

@pytest.fixture
def anyio_backend():
    return "{}"
"""
AUTO = "asyncio_mode = auto\n"
MODULE_LOOP = 'pytest.mark.asyncio(loop_scope="module")'


def require_ten(ran: Ran) -> None:
    """Check that all tests have passed, and none was left out."""
    assert ran.code == 0, ran.output
    assert ran.passed == len(ran.outcomes) == 10


def test_plain(tmp_path: Path) -> None:
    """Plain functions use the synchronous face."""
    assert "await" not in plain()
    require_ten(run_pytest(tmp_path, test_ten=plain()))


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_anyio(backend: str, tmp_path: Path) -> None:
    """anyio's plugin runs the tests on either backend."""
    require_ten(run_pytest(tmp_path, test_ten=marked("pytest.mark.anyio"), conftest=BACKEND.format(backend)))


@pytest.mark.parametrize(
    ("mark", "settings"),
    [("pytest.mark.asyncio", ""), ("[]", AUTO), (MODULE_LOOP, ""), (MODULE_LOOP, AUTO)],
    ids=["strict", "auto", "module", "module-auto"],
)
def test_pytest_asyncio(mark: str, settings: str, tmp_path: Path) -> None:
    """pytest-asyncio runs them, strict and auto, each in a loop of its own or all of a module in one."""
    require_ten(run_pytest(tmp_path, test_ten=marked(mark), settings=settings))


def test_pytest_trio(tmp_path: Path) -> None:
    """pytest-trio runs them."""
    require_ten(run_pytest(tmp_path, "-p", "trio", test_ten=marked("pytest.mark.trio")))


def test_on_two_workers(tmp_path: Path) -> None:
    """pytest-xdist spreads them over several processes."""
    ran = run_pytest(tmp_path, "-n", "2", test_ten=marked("pytest.mark.asyncio"))
    require_ten(ran)
    assert "bringing up nodes" in ran.output


def test_unittest(tmp_path: Path) -> None:
    """unittest's IsolatedAsyncioTestCase gets the world by a fixture that is used for every test."""
    require_ten(run_pytest(tmp_path, test_ten=unittest_case()))


def test_anyio_beside_auto_mode(tmp_path: Path) -> None:
    """A test marked for anyio under pytest-asyncio's auto mode runs: a world in memory belongs to no loop."""
    ran = run_pytest(tmp_path, test_ten=marked("pytest.mark.anyio"), settings=AUTO, conftest=BACKEND.format("asyncio"))
    require_ten(ran)


def test_the_tests_are_the_same() -> None:
    """However they are written, there are ten."""
    assert [text.count("def test_") for text in (TEN, plain(), unittest_case())] == [10, 10, 10]
