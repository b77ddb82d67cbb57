"""The wheel: what is in it, and that it works in an environment of its own."""

import shutil
import subprocess
import sys
import sysconfig
from importlib.metadata import version
from pathlib import Path
from zipfile import ZipFile

import pytest
from support.repository import ROOT, SCENARIOS

pytestmark = pytest.mark.slow

FLOORS = ("engine", "projections", "api")
ROOM = "orgsim"
"""The folder of the command itself."""

IMPORT_ALL = """
import importlib, json, sys
print(json.dumps({name: importlib.import_module(name).__file__ for name in sys.argv[1:]}))
"""


def run(*command: str | Path, cwd: Path) -> str:
    """What a command prints that has to succeed."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy of what belongs into it, so that nothing is left in the tree."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for file in (ROOT / "pyproject.toml", *ROOT.glob("README*"), *ROOT.glob("LICENSE*")):
        shutil.copy(file, source)
    for folder in (*FLOORS, ROOM, "tests", "scenarios"):
        shutil.copytree(ROOT / folder, source / folder, ignore=shutil.ignore_patterns("__pycache__"))
    # What builds is there already in an environment that has all the extras; elsewhere pip fetches it.
    isolation = ["--no-isolation"] if int(version("setuptools").partition(".")[0]) >= 84 else []
    run(sys.executable, "-m", "build", "--wheel", *isolation, "--outdir", target, source, cwd=target)
    (built,) = target.iterdir()
    return built


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that holds the wheel, and sees what it depends on where the tests' own environment has it."""
    folder = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", "--without-pip", folder, cwd=folder)
    python = folder / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check", "--no-cache-dir")
    run(*pip, "install", "--no-index", "--no-deps", "--no-compile", wheel, cwd=folder)
    (packages,) = folder.glob("lib/python*/site-packages")
    # Its .pth files are not read there, so the editable installation of the tests' environment is not seen.
    (packages / "dependencies.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    return folder


def modules(wheel: Path) -> dict[str, str]:
    """The modules in the wheel: name to place in it."""
    names = [name for name in ZipFile(wheel).namelist() if name.endswith(".py")]
    return {name.removesuffix(".py").removesuffix("/__init__").replace("/", "."): name for name in names}


def test_content(wheel: Path) -> None:
    """The wheel holds the command, the three floors whole, all marked as typed, and the scenarios, and no more."""
    names = set(ZipFile(wheel).namelist())
    metadata = {name for name in names if name.startswith(f"orgsim-{version('orgsim')}.dist-info/")}
    source = {
        file.relative_to(ROOT)
        for floor in FLOORS
        for file in (ROOT / floor).rglob("*.py*")
        if file.suffix in (".py", ".pyi")
    }
    page = {f"orgsim/api/load/report/page.{kind}" for kind in ("css", "html", "js")}
    typed = {f"orgsim/{floor}/py.typed" for floor in FLOORS}
    command = {f"{ROOM}/{file.name}" for file in (ROOT / ROOM).glob("*.py")} | {f"{ROOM}/py.typed"}
    scenarios = {f"orgsim/scenarios/{file.name}" for kind in ("py", "toml") for file in SCENARIOS.glob(f"*.{kind}")}
    assert names - metadata == {f"orgsim/{file.as_posix()}" for file in source} | typed | page | command | scenarios
    assert metadata


def test_every_module(wheel: Path, environment: Path) -> None:
    """Every module can be imported from the installed wheel, each floor by itself."""
    found = run(environment / "bin" / "python", "-I", "-c", IMPORT_ALL, *sorted(modules(wheel)), cwd=environment)
    for module, name in modules(wheel).items():
        (packages,) = environment.glob("lib/python*/site-packages")
        assert f'"{module}": "{packages / name}"' in found


@pytest.mark.parametrize("floor", FLOORS)
def test_floor_by_itself(floor: str, environment: Path) -> None:
    """Importing a floor first works, and does not bring in the floors above it."""
    above = FLOORS[FLOORS.index(floor) + 1 :]
    code = f"import sys, orgsim.{floor}; print(sorted(name for name in sys.modules if name.startswith('orgsim.')))"
    found = run(environment / "bin" / "python", "-I", "-c", code, cwd=environment)
    assert f"'orgsim.{floor}'" in found
    assert not [name for name in above if f"'orgsim.{name}" in found]


def test_command(environment: Path, tmp_path: Path) -> None:
    """The installed command writes a scenario, checks and simulates it, and verifies the log."""
    orgsim = environment / "bin" / "orgsim"
    assert run(orgsim, "--version", cwd=tmp_path) == f"orgsim {version('orgsim')}\n"
    scenario = "vend-accounts.toml"
    assert run(orgsim, "init", "vend-accounts", cwd=tmp_path).startswith(f"{scenario}: written")
    assert run(orgsim, "check", scenario, cwd=tmp_path).startswith(f"{scenario}: ok: ")
    options = ("--set", "accounts=5", "--log", "w.db", "--json")
    assert '"feature_set": "ALL"' in run(orgsim, "simulate", scenario, *options, cwd=tmp_path)
    assert run(orgsim, "verify", "w.db", cwd=tmp_path).startswith("w.db: ")
