"""The law of explanations: whatever refuses says why, except for the few kinds that ``support.given`` lists."""

import ast
from collections.abc import Iterator
from pathlib import Path

from support.given import WITHOUT_EXPLANATION
from support.repository import ROOT

from orgsim.engine import errors
from orgsim.engine.errors import Refused

KINDS = {name for name in errors.__all__ if issubclass(getattr(errors, name), Refused)} - WITHOUT_EXPLANATION.keys()


def _called(node: ast.AST) -> str:
    """The name of what a call calls, or a raise raises."""
    named = node.func if isinstance(node, ast.Call) else node
    return named.id if isinstance(named, ast.Name) else ""


def _is_kind(parameter: ast.arg) -> bool:
    """Whether a parameter is a kind of refusal that the function is to make."""
    return parameter.annotation is not None and ast.unparse(parameter.annotation) == "type[Refused]"


def unexplained(source: str) -> Iterator[tuple[int, str]]:
    """The lines of a module that make a refusal without an explanation, with the refusal's name."""
    nodes = [*ast.walk(ast.parse(source))]
    kinds = KINDS | {node.arg for node in nodes if isinstance(node, ast.arg) and _is_kind(node)}
    for node in nodes:
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Name) and node.exc.id in kinds:
            yield node.lineno, node.exc.id
        if isinstance(node, ast.Call) and _called(node) in kinds:
            given = [keyword.value for keyword in node.keywords if keyword.arg == "explanation"]
            if not given or (isinstance(given[0], ast.Constant) and not given[0].value):
                yield node.lineno, _called(node)


def test_every_refusal_that_is_written_is_explained() -> None:
    """Wherever the sources make one of AWS's refusals, they explain it."""
    places = [
        f"{path.relative_to(ROOT)}:{line}: {kind} without explanation="
        for floor in ("engine", "projections", "api")
        for path in sorted(Path(ROOT / floor).rglob("*.py"))
        for line, kind in unexplained(path.read_text("utf-8"))
    ]

    assert places == []


def test_the_law_would_notice() -> None:
    """A bare class, a missing explanation and an empty one are found, of a parameter too; a given one is not."""
    kind = "AccessDeniedException"
    wrong = f"raise {kind}\nraise {kind}()\nraise {kind}(explanation='')\nraise {kind}(explanation=why)\n"

    assert sorted(unexplained(wrong)) == [(1, kind), (2, kind), (3, kind)]
    assert [*unexplained("def refuse(error: type[Refused]):\n    raise error()\n")] == [(2, "error")]
