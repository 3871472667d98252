"""The bridge to ciscoconfparse: its objects for those who have scripts that need them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netguru.errors import InputError
from netguru.model.source import split_lines

if TYPE_CHECKING:
    from netguru.model.config import DeviceConfig

# ciscoconfparse's names of the grammars that it knows.
_SYNTAX = {"ios": "ios", "frr": "ios", "eos": "ios", "iosxr": "ios", "nxos": "nxos", "asa": "asa", "junos": "junos"}


def to_ciscoconfparse(config: DeviceConfig) -> Any:
    """Give a `ciscoconfparse.CiscoConfParse` of a configuration.

    Line numbers of its objects count from 0 and from the first line of the piece. Junos set commands
    have no counterpart there and raise InputError.
    """
    from ciscoconfparse import CiscoConfParse, ciscoconfparse

    # It reports its own defaults on stderr for every text.
    ciscoconfparse.logger.disable("ciscoconfparse")
    lines = split_lines(config.piece.text)
    syntax = _SYNTAX[config.platform]
    if syntax == "junos" and not any("{" in line for line in lines):
        raise InputError("Junos set commands cannot be given to ciscoconfparse", place=config.piece.file.name)
    return CiscoConfParse(lines, syntax=syntax)
