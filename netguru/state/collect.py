"""What to collect: the read-only commands whose outputs NetGuru reads, by platform."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, ClassVar

from netguru import resources
from netguru.errors import UnknownNameError
from netguru.model.result import Result
from netguru.operations import operation


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectCommand:
    """One command and what its output is for."""

    command: str
    shows: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectCommands(Result):
    """The commands of a platform, to paste into a session; `advice` says how to keep the outputs."""

    schema: ClassVar[str] = "netguru.collect.commands/1"
    primary: ClassVar[str] = "commands"

    platform: str
    title: str
    advice: str
    commands: tuple[CollectCommand, ...]

    @property
    def text(self) -> str:
        """Give the commands alone, one a line."""
        return "\n".join(item.command for item in self.commands)


_ADVICE = (
    "Log the terminal session into one text file for each device; the prompts tell NetGuru which output is which. "
    "All commands only read."
)


@operation("collect.commands")
def commands(platform: str) -> CollectCommands:
    """List the read-only commands to run on a device so that NetGuru can read it.

    Args:
        platform: The platform: ios, iosxe, nxos, iosxr, junos, eos, frr, linux, asa or sonic.
    """
    table = resources.table("collect.toml")
    name = _find(platform, table)
    row = table[name]
    source = {**table[row["like"]], **row} if "like" in row else row
    rows = [CollectCommand(command=text, shows="no pager in this session") for text in source.get("before", ())]
    rows += [CollectCommand(command=text, shows=shows) for text, shows in source["commands"]]
    extra = "".join(f" Also {text}." for text in source.get("after", ()))
    return CollectCommands(platform=name, title=row["title"], advice=_ADVICE + extra, commands=tuple(rows))


def _find(platform: str, table: dict[str, Any]) -> str:
    asked = re.sub(r"[^a-z0-9]", "", platform.lower())
    for name, row in table.items():
        if asked in {re.sub(r"[^a-z0-9]", "", text.lower()) for text in (name, row["title"], *row.get("names", ()))}:
            return name
    raise UnknownNameError("platform", platform, table)
