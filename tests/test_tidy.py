"""The style as a test: floors, purity, tables, docstrings, lengths. Each failure says what to do."""

import ast
import inspect
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import pytest
from support.patience import PATIENCE
from support.repository import ROOT

from orgsim.engine import errors
from orgsim.engine.operations import INTERNAL_OPERATIONS, OPERATIONS
from orgsim.projections.reads import READS

FLOORS = ("engine", "projections", "api")
HEADINGS = ("Caller:", "Refused, in this order:", "Happens:", "Goes on in:", "Sources:")
TABLES: dict[str, Any] = OPERATIONS | INTERNAL_OPERATIONS
READ_HEADINGS = ("Refused, in this order:", "Views:")
LONGEST_FUNCTION = 50
LONGEST_FILE = 450

# What the pure core must not touch, and where it goes instead.
IMPURE = {
    "aiosqlite": "storage belongs to engine/log",
    "anyio": "waiting belongs to engine/runtime",
    "asyncio": "waiting belongs to engine/runtime",
    "datetime": "time is an integer; datetime belongs to engine/shapes, the edge",
    "random": "draw from IdSource: (seed, position)",
    "secrets": "draw from IdSource: (seed, position)",
    "structlog": "the core does not log",
    "time": "the time is in the Stamp",
    "uuid": "draw from IdSource: (seed, position)",
}


def sources(*folders: str) -> list[Path]:
    """All Python files of some folders."""
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def name_of(path: Path) -> str:
    """A file as messages name it."""
    return str(path.relative_to(ROOT))


def tree(path: Path) -> ast.Module:
    """A file as Python reads it."""
    return ast.parse(path.read_text("utf-8"))


def imports(path: Path) -> Iterator[str]:
    """Dotted names of what a file imports; our own modules as engine.…, projections.… or api.…"""
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*base, *([node.module] if node.module else [])]).removeprefix("orgsim.")
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def module_of(path: Path) -> str:
    """A file's dotted name."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def test_imports_go_down() -> None:
    """No floor imports one above it."""
    wrong = [
        f"{name_of(path)} imports {imported}"
        for height, floor in enumerate(FLOORS)
        for path in sources(floor)
        for imported in imports(path)
        if imported.split(".")[0] in FLOORS[height + 1 :]
    ]

    assert wrong == []


def test_there_is_no_import_cycle() -> None:
    """The modules can be sorted so that each imports only earlier ones; a cycle is named by the error."""
    files = {module_of(path): path for path in sources(*FLOORS)}
    graph = {module: {name for name in imports(path) if name in files} - {module} for module, path in files.items()}
    # A package's table imports its members, and they import nothing of the package but each other.
    order = list(TopologicalSorter(graph).static_order())

    assert sorted(order) == sorted(files)


def test_folders_of_load_runs_import_one_way() -> None:
    """The folders of api/load, and the files beside them, can be sorted so that each imports only earlier ones."""
    files = {module_of(path): path for path in sources("api/load")}
    folders = {module: ".".join(module.split(".")[:3]) for module in files}
    graph: dict[str, set[str]] = {folder: set() for folder in folders.values()}
    for module, path in files.items():
        graph[folders[module]] |= {folders[name] for name in imports(path) if name in files} - {folders[module]}
    order = list(TopologicalSorter(graph).static_order())

    assert sorted(order) == sorted(graph)


def test_the_core_is_pure() -> None:
    """Outside runtime and log the engine awaits nothing, reads no clock, draws nothing at random and does not log."""
    core = [path for path in sources("engine") if not {"runtime", "log"} & {*path.relative_to(ROOT).parts[1:-1]}]
    wrong = [
        f"{name_of(path)} imports {imported}: {IMPURE[imported]}"
        for path in core
        for imported in imports(path)
        if imported in IMPURE and not (imported == "datetime" and path.parent.name == "shapes")
    ]
    wrong += [
        f"{name_of(path)}:{node.lineno} is async: move it to engine/runtime"
        for path in core
        for node in ast.walk(tree(path))
        if isinstance(node, ast.AsyncFunctionDef | ast.Await | ast.AsyncFor | ast.AsyncWith)
    ]

    assert wrong == []


def test_only_evolve_and_timers_assign_to_state() -> None:
    """Rules and operations never assign to an attribute or an item: what becomes true is an event."""
    wrong = [
        f"{name_of(path)}:{node.lineno}"
        for path in sources("engine/rules", "engine/operations")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del)
    ]

    assert wrong == []


def as_in_names(word: str) -> str:
    """A word of a file's name as it stands in an operation's."""
    return "AWS" if word == "aws" else word.title()


def test_every_operation_is_in_a_table() -> None:
    """The files in engine/operations and the entries of the two tables are the same, names included."""
    listed = {name: module.__name__.rpartition(".")[2] for name, module in TABLES.items()}
    files = {path.stem for path in sources("engine/operations")} - {"__init__"}

    assert set(listed.values()) == files
    assert {name: "".join(map(as_in_names, file.split("_"))) for name, file in listed.items()} == {
        name: name for name in listed
    }


def test_every_operation_has_its_test_file() -> None:
    """tests/engine/operations mirrors engine/operations."""
    files = {f"test_{path.stem}" for path in sources("engine/operations")} - {"test___init__"}

    assert {path.stem for path in sources("tests/engine/operations")} - {"__init__"} == files


@pytest.mark.parametrize("path", sources("engine/operations"), ids=lambda path: path.stem)
def test_operations_say_the_same_things_in_the_same_order(path: Path) -> None:
    """The head docstring of an operation has its five headings, in order."""
    if path.stem == "__init__":
        return
    docstring = ast.get_docstring(tree(path)) or ""
    places = [docstring.find(f"\n{heading}") for heading in HEADINGS]

    assert -1 not in places
    assert places == sorted(places)


@pytest.mark.parametrize("name", sorted(READS))
def test_reads_say_what_is_refused_and_asked(name: str) -> None:
    """The docstring of a reading operation ends with its refusals and its views."""
    docstring = inspect.getdoc(READS[name].answer) or ""
    places = [docstring.find(f"\n{heading}") for heading in READ_HEADINGS]

    assert -1 not in places
    assert places == sorted(places)


def test_files_begin_with_what_they_are_for() -> None:
    """Every module has a docstring."""
    silent = [name_of(path) for path in sources(*FLOORS, "benchmarks") if not ast.get_docstring(tree(path))]

    assert silent == []


def test_functions_and_files_are_short() -> None:
    """No function has more than fifty lines, and no file more than it can have and still be one thing."""
    long = [
        f"{name_of(path)}:{node.lineno} {node.name}: split it"
        for path in sources(*FLOORS, "benchmarks")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= LONGEST_FUNCTION
    ]
    long += [
        f"{name_of(path)}: is it one thing?"
        for path in sources(*FLOORS, "benchmarks")
        if path.read_text("utf-8").count("\n") > LONGEST_FILE
    ]

    assert long == []


def test_files_of_tests_have_names_of_their_own() -> None:
    """pytest imports files of tests by their bare names, so that of two with one name it runs only one."""
    names = Counter(path.name for path in sources("tests") if path.name.startswith("test_"))

    assert [name for name, number in names.items() if number > 1] == []


def test_tests_say_what_is_expected() -> None:
    """Every test has a docstring."""
    silent = [
        f"{name_of(path)}:{node.lineno} {node.name}"
        for path in sources("tests")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and not ast.get_docstring(node)
    ]

    assert silent == []


def waits_of(path: Path) -> Iterator[tuple[int, object]]:
    """The lines of a file that say in a number how long something may take at most, and the numbers of seconds."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            named = [each.value for each in node.keywords if (each.arg or "").endswith("timeout")]
            limits = ast.unparse(node.func).endswith(("fail_after", "move_on_after"))
            numbers = [*named, *(node.args if limits else [])]
            yield from ((each.lineno, each.value) for each in numbers if isinstance(each, ast.Constant))


def test_tests_are_patient() -> None:
    """What should happen soon has ``PATIENCE`` to happen; a limit that a test is to run into is below a second."""
    impatient = [
        f"{name_of(path)}:{line}: {seconds} seconds are too few on a slow machine; say PATIENCE"
        for path in sources("tests")
        for line, seconds in waits_of(path)
        if isinstance(seconds, int | float) and 1 <= seconds <= PATIENCE
    ]
    assert impatient == []


def test_the_generated_page_is_current() -> None:
    """docs/operations.md and the synchronous client's types are what the sources say; `make docs` makes them so."""
    check = subprocess.run(
        [sys.executable, ROOT / "docs" / "generate.py", "--check"], capture_output=True, text=True, check=False
    )

    assert (check.returncode, check.stderr) == (0, "")


def refused(docstring: str) -> list[str]:
    """The refusals that an operation's docstring lists, each on one line; what stands between them is left out."""
    text = docstring.partition("Refused, in this order:")[2]
    text = re.split(r"^ *(?:Happens|Views):", text, flags=re.MULTILINE)[0]
    blocks = [" ".join(block.split()) for block in re.split(r"\n(?= *- | *[A-Z].*:$)", text, flags=re.MULTILINE)]
    return [block for block in blocks if block and not block.endswith(":")]


DOCSTRINGS = {name: ast.get_docstring(ast.parse(inspect.getsource(module))) or "" for name, module in TABLES.items()}
DOCSTRINGS |= {name: inspect.getdoc(read.answer) or "" for name, read in READS.items()}


@pytest.mark.parametrize("name", sorted(DOCSTRINGS))
def test_refusals_have_conditions_and_are_raised(name: str) -> None:
    """Each refusal in a docstring is "- Name (REASON): condition."; its name exists, and code raises its reason."""
    code = "\n".join(
        path.read_text("utf-8") for path in sources("engine", "projections") if path.parent.name != "errors"
    )
    for item in refused(DOCSTRINGS[name]):
        if item.startswith("nothing"):
            continue
        match = re.fullmatch(r"- (\w+)(?: \(([A-Z_:]+)\))?: .+\.", item)

        assert match, item
        exception, reason = match.groups()
        assert hasattr(errors, f"{exception}Exception") or hasattr(TABLES.get(name), exception), item
        assert reason is None or f'"{reason}"' in code, item


def test_cited_sections_exist() -> None:
    """Each section of docs/aws.md that a docstring, a comment or a page cites, as in docs/aws.md 3.7, is one."""
    facts = (ROOT / "docs" / "aws.md").read_text("utf-8")
    there = set(re.findall(r"^##+ (\d+(?:\.\d+)?)\b", facts, re.MULTILINE))
    citing = [*sources(*FLOORS, "benchmarks", "tests"), *ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]
    texts = {name_of(path): " ".join(re.sub(r"\n\s*#? *", " ", path.read_text("utf-8")).split()) for path in citing}
    wrong = [
        f"{name} cites docs/aws.md {number}"
        for name, text in texts.items()
        for cited in re.findall(r"docs/aws\.md ((?:,? ?(?:and |to )?\d+(?:\.\d+)?\b)+)", text)
        for number in set(re.findall(r"\d+(?:\.\d+)?", cited)) - there
    ]
    wrong += [f"docs/aws.md refers to §{number}" for number in set(re.findall(r"§(\d+(?:\.\d+)?)", facts)) - there]
    wrong += [
        f"{name}: {cited}, but of what? Cite as in docs/aws.md 3.7"
        for name, text in texts.items()
        if name != "docs/aws.md"
        for cited in re.findall(r"\bsections? \d[\d.]*", text, re.IGNORECASE)
    ]

    assert wrong == []
