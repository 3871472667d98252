"""The reader of configurations: recognises one by its content, never a report of a device's state."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Literal

from netguru import resources
from netguru.config.platforms import detect
from netguru.workspace.readers import Match, text_readers

if TYPE_CHECKING:
    from netguru.model.config import DeviceConfig
    from netguru.model.source import Piece

ENOUGH = 0.5
"""Weight of the markers that makes a text a configuration; the tables' weights are set against it."""
_HEAD = 20_000


@cache
def _signs(key: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(row) for row in resources.table("platforms", "_reader.toml")[key])


class ConfigReader:
    """Read device configurations of all platforms that have a table."""

    name = "config"
    role: Literal["config", "state", "neighbors"] = "config"

    def recognise(self, piece: Piece) -> Match | None:
        """Judge a piece by the markers of the platforms, and against the signs of other outputs."""
        command = piece.command.strip()
        shows = any(sign.match(command) for sign in _signs("config_commands"))
        # A heading in a file of several parts can look like a command; then the text must say more.
        enough = ENOUGH / 2 if shows else (ENOUGH * 2 if command else ENOUGH)
        head = piece.text[:_HEAD].replace("\r\n", "\n").replace("\r", "\n")
        if any(sign.search(head) for sign in _signs("not_config")):
            return None
        verdict = detect(piece.text)
        if verdict is None or verdict.score < enough:
            return None
        return Match(confidence=min(0.99, 0.5 + verdict.score / 4), kind=verdict.platform.name, reason=verdict.reason)

    def read(self, piece: Piece) -> DeviceConfig:
        """Read the piece; statements without a view are listed in the coverage."""
        from netguru.config.parsing import parse

        return parse(piece)


text_readers.register("config", ConfigReader())
