"""A file of settings for a world: TOML or JSON, with the names of ``Settings`` and a table ``quotas``."""

from pathlib import Path
from typing import Any, cast

import msgspec

from ..engine.settings import Settings
from .load.scenario import ScenarioError
from .load.scenario.conversion import convert
from .load.scenario.reading import read_text
from .toml import NoToml, is_too_deep, read_toml


class SettingsError(Exception):
    """A settings file cannot be used; the message names the file, the key, and what is possible there."""


def load_settings(path: Path) -> dict[str, Any]:
    """Read and check a settings file; JSON if its name ends in ``.json``, otherwise TOML.

    Returns:
        The settings that the file names, as a table that ``Settings`` can be converted from.

    Raises:
        SettingsError: it cannot be read, or sets something that there is not, or impossibly.
    """
    try:
        text = read_text(path)
    except ScenarioError as error:
        raise SettingsError(str(error)) from None
    try:
        table = _decoded(text, is_json=path.suffix.lower() == ".json")
        require_settings(table)
    except (ScenarioError, SettingsError) as error:
        raise SettingsError(f"{path}: {error}") from None
    return cast("dict[str, Any]", table)


def require_settings(table: Any) -> None:
    """Check that ``Settings`` can be converted from a table.

    Raises:
        SettingsError: it sets something that there is not, or impossibly.
    """
    if is_too_deep(table):
        raise SettingsError("nested too deep")
    try:
        convert(table, Settings, ())
    except ScenarioError as error:
        raise SettingsError(str(error)) from None


def _decoded(text: str, *, is_json: bool) -> Any:
    try:
        return msgspec.json.decode(text) if is_json else read_toml(text)
    except msgspec.DecodeError as error:
        raise ScenarioError(f"not JSON: {error}") from None
    except NoToml as error:
        raise ScenarioError(f"not TOML: {error}{error.place}") from None
    except RecursionError:
        raise ScenarioError("not JSON that can be read: nested too deep") from None
