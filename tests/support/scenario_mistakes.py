"""Mistakes that can be made in the files of scenarios: what is changed, where it must be told, and with which words."""

import json
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from datetime import datetime
from typing import Any, NamedTuple

from orgsim.api.load.scenario.problems import place_text

Path = tuple[str | int, ...]
Change = Callable[[Any], None]


class Mistake(NamedTuple):
    """A change of one table."""

    table: Path
    change: Change
    """Is given the table."""
    told: Path
    """Where its line is: a key of the table, or the table."""
    words: str
    """Which the message has, place included."""
    touched: tuple[Path, ...]
    """What it makes wrong or meaningless, with all that is in it."""

    def goes_with(self, other: "Mistake") -> bool:
        """Whether both can be told: neither makes the other meaningless."""
        return not any(one[: len(two)] == two[: len(one)] for one in self.touched for two in other.touched)


def with_mistakes(document: dict[str, Any], mistakes: Sequence[Mistake]) -> dict[str, Any]:
    """A copy of a document with some mistakes."""
    document = deepcopy(document)
    tables = [_at(document, mistake.table) for mistake in mistakes]
    for mistake, table in zip(mistakes, tables, strict=True):
        mistake.change(table)
    return document


def _at(document: Any, path: Path) -> Any:
    for key in path:
        document = document[key]
    return document


def as_toml(table: dict[str, Any], path: tuple[str, ...] = ()) -> str:
    """A document as a text in TOML, each key in a line of its own."""
    plain, tables = "", ""
    for key, value in table.items():
        inner = (*path, json.dumps(key))
        if isinstance(value, dict):
            tables += f"[{'.'.join(inner)}]\n{as_toml(value, inner)}"
        elif value and isinstance(value, list) and all(isinstance(each, dict) for each in value):
            tables += "".join(f"[[{'.'.join(inner)}]]\n{as_toml(each, inner)}" for each in value)
        else:
            plain += f"{inner[-1]} = {_value(value)}\n"
    return plain + tables


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {_value(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    return value.isoformat() if isinstance(value, datetime) else json.dumps(value)


def all_mistakes(document: dict[str, Any]) -> list[Mistake]:
    """All mistakes of this module that can be made in a document, in its order."""
    return [mistake for path, table in _tables(document, ()) for kind in KINDS for mistake in kind(path, table)]


def _tables(value: Any, path: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    if isinstance(value, dict):
        yield path, value
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in items:
        yield from _tables(part, (*path, key))


FREE = ("with", "save", "parameters", "thresholds")
"""Tables whose keys are names or members of requests."""
NAMED = (("organizations",), ("populations",), ("tracks",), ())
"""Tables in which each key is a name, or the file itself."""
DECISIVE = ("action", "origin", "distribution", "fault", "for_each")
"""Keys on which it depends what the others of their table mean."""


def _has_known_keys(path: Path) -> bool:
    return path not in NAMED and not any(key in FREE for key in path)


def _touched(path: Path, key: str) -> Path:
    return path if key in DECISIVE else (*path, key)


def _set(key: str, value: Any) -> Change:
    return lambda table: table.update({key: value})


def _of_wrong_type(path: Path, table: dict[str, Any]) -> Iterator[Mistake]:
    for key, value in table.items():
        if not isinstance(value, dict | list) and not any(part in FREE for part in path):
            yield Mistake(path, _set(key, [[1.5]]), (*path, key), key, (_touched(path, key),))


def _out_of_range(path: Path, table: dict[str, Any]) -> Iterator[Mistake]:
    for key, value in table.items():
        if isinstance(value, int | float) and not isinstance(value, bool) and _has_known_keys(path):
            yield Mistake(path, _set(key, -(10**9)), (*path, key), key, ((*path, key),))


def _unknown_key(path: Path, table: dict[str, Any]) -> Iterator[Mistake]:
    if path == () or _has_known_keys(path):
        yield Mistake(path, _set("zzqx", 1), (*path, "zzqx"), "unknown key `zzqx`", ((*path, "zzqx"),))


def _misspelt(path: Path, table: dict[str, Any]) -> Iterator[Mistake]:
    for key in table if path == () or _has_known_keys(path) else ():
        wrong = f"{key}{key[-1]}"

        def change(table: dict[str, Any], key: str = key, wrong: str = wrong) -> None:
            table[wrong] = table.pop(key)

        yield Mistake(
            path, change, (*path, wrong), f"unknown key `{wrong}`, did you mean `{key}`?", (_touched(path, key),)
        )


REFERENCES = ("organization", "population", "for_each", "of", "like", "after")


def _unknown_name(path: Path, table: dict[str, Any]) -> Iterator[Mistake]:
    for key in REFERENCES:
        if key in table and _has_known_keys(path):
            yield Mistake(path, _set(key, "nobody at all"), (*path, key), "'nobody at all'", (_touched(path, key),))


def _unknown_figure(path: Path, table: dict[str, Any]) -> Iterator[Mistake]:
    if path == ():

        def change(table: dict[str, Any]) -> None:
            table.setdefault("thresholds", {})["nobody at all"] = {"members": "> 3"}

        yield Mistake(
            (),
            change,
            ("thresholds", "nobody at all", "members"),
            "'nobody at all'",
            (("thresholds", "nobody at all"),),
        )


def _unknown_placeholder(path: Path, table: dict[str, Any]) -> Iterator[Mistake]:
    if path and path[-1] == "with":
        for key, value in table.items():
            if isinstance(value, str):
                yield Mistake(path, _set(key, "{nothing}"), (*path, key), "{nothing}", ((*path, key),))


def _in_list(path: Path, table: dict[str, Any]) -> Iterator[Mistake]:
    for key, value in table.items():
        if value and isinstance(value, list) and not any(part in FREE for part in (*path, key)):
            told = (*path, key, len(value) - 1)
            yield Mistake(path, _set(key, [*value[:-1], [[1.5]]]), told, place_text(told), ((*path, key),))


def _too_late(path: Path, table: dict[str, Any]) -> Iterator[Mistake]:
    if _is_behaviour(path, table):
        yield Mistake(path, _set("deadline_days", 91), (*path, "deadline_days"), "day 91", ((*path, "deadline_days"),))


def _unknown_figure_of_wait(path: Path, table: dict[str, Any]) -> Iterator[Mistake]:
    if "until" in table and "steps" in path:
        change = _set("until", "nobody at all.joined > 3")
        yield Mistake(path, change, (*path, "until"), "'nobody at all'", ((*path, "until"),))


def _unknown_member(path: Path, table: dict[str, Any]) -> Iterator[Mistake]:
    if path and path[-1] == "with" and "action" not in table:
        yield Mistake(path, _set("Zzqx", 1), (*path, "Zzqx"), "has no member 'Zzqx'", ((*path, "Zzqx"),))


def _unknown_answer(path: Path, table: dict[str, Any]) -> Iterator[Mistake]:
    if path and path[-1] == "save":
        for name in table:
            yield Mistake(path, _set(name, "Zzqx.Id"), (*path, name), "the answer has no 'Zzqx.Id'", ((*path, name),))


def _unknown_unit(path: Path, table: dict[str, Any]) -> Iterator[Mistake]:
    if "unit" in table and table.get("of") != "bought":
        # It depends on the organization, which another population may say that this one is like.
        touched = (("populations",), ("organizations",))
        yield Mistake(path, _set("unit", "Zzqx"), (*path, "unit"), "no OU 'Zzqx'", touched)


def _unreadable_parameter(path: Path, table: dict[str, Any]) -> Iterator[Mistake]:
    if path == ("parameters",):
        for name in table:
            yield Mistake(path, _set(name, [1]), (*path, name), f"parameters.{name}", (path,))


def _unknown_parameter(path: Path, table: dict[str, Any]) -> Iterator[Mistake]:
    for key, value in table.items():
        if not isinstance(value, dict | list) and not any(part in FREE for part in path):
            touched = (_touched(path, key), ("parameters",))
            yield Mistake(path, _set(key, "$nothing"), (*path, key), "no parameter is called 'nothing'", touched)


def _too_many_accounts(path: Path, table: dict[str, Any]) -> Iterator[Mistake]:
    if path[:1] == ("organizations",) and len(path) == 2 and isinstance(table.get("accounts"), int):
        touched = (("start",), ("parameters",), ("quotas",), ("settings",), ("organizations",))
        yield Mistake(path, _set("accounts", 10**7), (*path, "accounts"), "quotas.accounts is", touched)


def _contradiction(path: Path, table: dict[str, Any]) -> Iterator[Mistake]:
    for applies, wrong, told, words in CONTRADICTIONS:
        if applies(path, table):
            place = (*path, told) if told else path
            touched = [(*path, key) for key in wrong]
            # Of a population and one that is like it only the first is told.
            alike = [(words, path[-1])] if words == "add up to" else []
            yield Mistake(path, _several(wrong), place, words, (*touched, *alike))


def _several(keys: dict[str, Any]) -> Change:
    def change(table: dict[str, Any]) -> None:
        for key, value in keys.items():
            table.pop(key, None)
            if value is not None:
                table[key] = value

    return change


def _is_behaviour(path: Path, table: dict[str, Any]) -> bool:
    return len(path) == 3 and path[0] == "populations" and path[-1] in ("invitation", "migration")


def _is_step(action: str) -> Callable[[Path, dict[str, Any]], bool]:
    return lambda path, table: "steps" in path[-2:-1] and table.get("action") == action


CONTRADICTIONS: list[tuple[Callable[[Path, dict[str, Any]], bool], dict[str, Any], str, str]] = [
    (_is_behaviour, {"accept": 0.9, "decline": 0.9}, "", "add up to"),
    (_is_behaviour, {"remind_after_days": [5, 3], "reminded_accept": None}, "remind_after_days", "must rise"),
    (
        _is_behaviour,
        {"remind_after_days": [5], "reminded_accept": [1, 1], "after_reminder": 0},
        "reminded_accept",
        "2 shares for 1",
    ),
    (
        lambda path, table: path[:1] == ("organizations",) and path[2:] == ("transfer",),
        {"reminded_accept": 0.5, "after_reminder": None},
        "reminded_accept",
        "needs after_reminder",
    ),
    (
        _is_behaviour,
        {"escalation": {"action": "LeaveOrganization"}, "deadline_days": None},
        "escalation",
        "needs deadline_days",
    ),
    (_is_step("wait"), {"days": 1, "until": None, "at_most_days": 3}, "days", "a wait has either"),
    (_is_step("wait"), {"days": None, "until": None, "at_most_days": None}, "", "`days` is missing"),
    (_is_step("create_accounts"), {"retry_failed": True, "retry": None}, "retry_failed", "needs retry"),
    (_is_step("MoveAccount"), {"share": 0.8, "skip": 0.8}, "share", "add up to 1.6"),
    (_is_step("CreateOrganizationalUnit"), {"only_members": True}, "only_members", "needs for_each"),
    (_is_step("invite"), {"pace": {"per_day": 1, "per_hour": 1}}, "pace", "exactly one of"),
    (
        lambda path, table: path[:1] == ("tracks",) and len(path) == 2,
        {"every_days": 3, "times": None},
        "",
        "go together",
    ),
    (lambda path, table: path[-2:-1] == ("units",), {"accounts": 1, "share": 0.5}, "share", "not both"),
]

KINDS = [
    _of_wrong_type,
    _out_of_range,
    _unknown_key,
    _misspelt,
    _unknown_name,
    _unknown_figure,
    _unknown_placeholder,
    _contradiction,
    _in_list,
    _too_late,
    _unknown_figure_of_wait,
    _unknown_member,
    _unknown_answer,
    _unknown_unit,
    _unreadable_parameter,
    _unknown_parameter,
    _too_many_accounts,
]
