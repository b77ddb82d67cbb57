"""Texts of thousands of characters, as values and as names: messages repeat only their beginnings."""

import tomllib
from collections.abc import Iterator
from copy import deepcopy
from typing import Any, cast

import pytest
from support.scenario_keys import EVERYTHING, THERE
from support.scenario_mistakes import as_toml

from orgsim.api.load.scenario import ScenarioError, parse_scenario
from orgsim.api.load.scenario.problems import KeyPath

DOCUMENTS = [tomllib.loads(text) for text in (EVERYTHING, THERE)]


def places(value: Any, path: KeyPath = ()) -> Iterator[KeyPath]:
    """The paths of all keys of a document, and of all items of its lists."""
    if isinstance(value, dict):
        for key, each in cast("dict[str, Any]", value).items():
            yield from [(*path, key), *places(each, (*path, key))]
    elif isinstance(value, list):
        for index, each in enumerate(cast("list[Any]", value)):
            yield from [(*path, index), *places(each, (*path, index))]


def told(document: dict[str, Any], path: KeyPath, text: str, *, as_name: bool) -> list[str]:
    """What is wrong with a document that has a text in place of a value, or of the key itself."""
    document = deepcopy(document)
    table: Any = document
    for key in path[:-1]:
        table = table[key]
    if as_name:
        table[text] = table.pop(path[-1])
    else:
        table[path[-1]] = text
    try:
        parse_scenario(as_toml(document))
    except ScenarioError as error:
        return [str(each) for each in error.problems]
    return []


@pytest.mark.parametrize("text", ["Y" * 5_000, "of two words, " * 400], ids=["one word", "many words"])
@pytest.mark.parametrize("number", range(len(DOCUMENTS)))
def test_are_cut(number: int, text: str) -> None:
    """A long text in any place, as a value or as a name, is told by its beginning."""
    whole, seen = text[:200], 0
    for path in places(DOCUMENTS[number]):
        for as_name in (False, True) if isinstance(path[-1], str) else (False,):
            found = told(DOCUMENTS[number], path, text, as_name=as_name)
            seen += any("…" in each for each in found)
            assert not [each for each in found if whole in each], (path, as_name)
    assert seen > 40
