"""Pairs of configurations of one device, compared: differences with evidence, commands with risks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from netguru.config import diff_junos
from netguru.config.diff_changes import Difference, differences
from netguru.config.diff_shape import shape
from netguru.config.platforms import platform
from netguru.config.remediation_rules import dialect, junos_table
from netguru.config.remediation_steps import Step, steps
from netguru.errors import InputError

if TYPE_CHECKING:
    from netguru.model.config import DeviceConfig

__all__ = ["Difference", "Pair", "plan"]


@dataclass(frozen=True, eq=False)
class Pair:
    """Two configurations of one device; what is computed of them is kept."""

    before: DeviceConfig
    after: DeviceConfig

    def __post_init__(self) -> None:
        if self.before.platform != self.after.platform:
            message = f"{self.before.platform} and {self.after.platform} cannot be compared"
            raise InputError(message, place=self.after.piece.file.name, hint="both must be of one platform")

    @cached_property
    def changes(self) -> tuple[Difference, ...]:
        """Give what differs."""
        if _is_paths(self.before):
            return tuple(diff_junos.differences(diff_junos.paths(self.before), diff_junos.paths(self.after)))
        speech = dialect(self.before.platform)
        return tuple(differences(shape(self.before, speech), shape(self.after, speech)))


def _is_paths(config: DeviceConfig) -> bool:
    return platform(config.platform).style == "braces"


def plan(before: DeviceConfig, after: DeviceConfig) -> list[Step]:
    """Give the steps that take a device from one configuration to another."""
    if _is_paths(before):
        found = diff_junos.commands(diff_junos.paths(before), diff_junos.paths(after))
        return _by_section(found)
    speech = dialect(before.platform)
    made = steps(shape(before, speech), shape(after, speech), speech)
    if made and speech.transaction:
        made.append(Step(section="", commands=(speech.transaction,), paths=()))
    return made


def _by_section(commands: list[str]) -> list[Step]:
    """Gather commands that follow each other and speak of one part of the hierarchy."""
    groups: list[list[str]] = []
    for command in commands:
        if groups and _part(groups[-1][0]) == _part(command):
            groups[-1].append(command)
        else:
            groups.append([command])
    made = [Step(section=_part(group[0]), commands=tuple(group), paths=tuple(group)) for group in groups]
    last = str(junos_table()["transaction"])
    return [*made, Step(section="", commands=(last,), paths=())] if made else []


def _part(command: str) -> str:
    """Name the part that a command speaks of: what it does, and the first two words of its path."""
    return " ".join(command.split(" ")[:3])
