"""TOML from outside: any text is a document that can be gone through, or one error with one line."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from orgsim.api.load.scenario import ScenarioError, load_scenario, parse_scenario
from orgsim.api.load.scenario.parameters import read_assignment
from orgsim.api.settings_file import SettingsError, load_settings, require_settings
from orgsim.api.toml import DEEPEST, NoToml, is_too_deep, read_toml

T = TypeVar("T", bound=Exception)

DEEP = {
    "lists": "a = " + "[" * 500 + "]" * 500,
    "tables in a line": "a = " + "{b = " * 500 + "1" + "}" * 500,
    "a key with dots": ".".join(["a"] * 20_000) + " = 1",
    "a heading with dots": f"[{'.'.join(['steps'] * 3_000)}]",
    "a list of tables": f"[[{'.'.join(['tracks'] * 3_000)}]]",
    "in a request": f"[[steps]]\naction = 'ListRoots'\nwith.{'.'.join(['a'] * 900)} = 1",
    "in parameters": f"parameters.{'.'.join(['a'] * 900)} = 1",
    "too deep for Python": "a = " + "[" * 100_000,
    "a number of many digits": "seed = " + "9" * 5_000,
    "such a number in a list": "steps = [" + "1" * 5_000 + "]",
}


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP)
async def test_scenarios(text: str, tmp_path: Path) -> None:
    """What is nested too deep, or too long to be a number, is told of a scenario in one line with the file's name."""
    file = tmp_path / "scenario.toml"
    file.write_text(text)
    with pytest.raises(ScenarioError) as caught:
        await load_scenario(file)
    (message,) = caught.value.messages
    assert message.startswith(f"{file}: not TOML that can be read: ")
    assert "nested too deep" in message or "thousands of digits" in message


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP)
def test_settings(text: str, tmp_path: Path) -> None:
    """It is told of a file of settings too."""
    file = tmp_path / "settings.toml"
    file.write_text(text)
    with pytest.raises(SettingsError, match=r"nested too deep|thousands of digits"):
        load_settings(file)


@pytest.mark.parametrize("key", ["a", "quotas", "latency", "policy_types_at_creation"])
@pytest.mark.parametrize("levels", [DEEPEST + 1, 900, 20_000])
def test_settings_in_json(key: str, levels: int) -> None:
    """Settings that somebody sends are refused when they are nested too deep."""
    value: object = 1
    for _ in range(levels):
        value = [value]
    with pytest.raises(SettingsError, match="nested too deep"):
        require_settings({key: value})


def test_how_deep() -> None:
    """Sixty-four levels can be read, one more cannot."""
    assert read_toml("a = " + "[" * (DEEPEST - 1) + "1" + "]" * (DEEPEST - 1))
    with pytest.raises(NoToml, match="more than 64 levels"):
        read_toml("a = " + "[" * DEEPEST + "1" + "]" * DEEPEST)


@pytest.mark.parametrize("value", ["9" * 5_000, "[" * 100_000, "[" * 100 + "]" * 100])
def test_options(value: str) -> None:
    """A value of ``--set`` that is no TOML is a text, whatever is wrong with it."""
    assert read_assignment(f"a={value}") == ("a", value)


PIECES = [
    "[",
    "]",
    "{",
    "}",
    "a",
    ".",
    "=",
    '"',
    "'",
    "\n",
    "1",
    "9" * 4_301,
    "[[",
    "]]",
    ",",
    "\r",
    "\x00",
    "2026-01-01",
]


@given(st.lists(st.sampled_from(PIECES)).map("".join) | st.text())
@example("a = 9999-99-99T99:99:99+99:99")
@example("a = 1e999999")
@example("\ufeff")
def test_any_text(text: str) -> None:
    """Any text is a document that is not too deep, or an error whose place lies in the text; so is a scenario."""
    found = _error(lambda: read_toml(text), NoToml)
    if found is None:
        assert not is_too_deep(read_toml(text))
    elif found.line is not None:
        assert found.line <= len(text.split("\n"))
    wrong = _error(lambda: parse_scenario(text), ScenarioError)
    assert wrong is None or all(len(each.splitlines()) == 1 for each in wrong.messages)


def _error(function: Callable[[], object], kind: type[T]) -> T | None:
    try:
        function()
    except kind as error:
        return error
    return None


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a = { b = 1 }\n[a.c]\nd = 1", 2, "this table is there twice, or the one around it was written in one line"),
        ("a = { b = 1 }\n[[a.c]]\nd = 1", 2, "this table, or the one around it, was written in one line"),
        ("a = { b = 1 }\na.c = 2", 2, "this table, or the one around it, was written in one line"),
        ("a = [1]\n[[a]]\nd = 1", 2, "this table, or the one around it, was written in one line"),
        ("a = { b = { c = 1 }, b.d = 2 }", 1, "this table, or the one around it, was written in one line"),
        ("[a]\nb = 1\n[a]\nc = 2", 3, "this table is there twice"),
        ("[a.b]\n[a]\nb.c = 2", 3, "this table is there twice"),
        ("a = 1\na = 2", 2, "this key is there twice"),
        ("a = { b = 1, b = 2 }", 1, "the key 'b' is there twice"),
        ("['a (at line 1, b']\n['a (at line 1, b']", 2, "this table is there twice"),
        ("a = ", 1, "Invalid value, and the file ends here"),
    ],
)
def test_plain_words(text: str, line: int, message: str) -> None:
    """What tomllib says of tables and keys in its own words is told in those of people, with the place."""
    with pytest.raises(NoToml) as caught:
        read_toml(text)
    assert str(caught.value).startswith(message)
    assert (caught.value.line, "namespace" in str(caught.value)) == (line, False)
