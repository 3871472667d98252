"""Differences and commands as they are shown: quoted with their lines, secrets masked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from netguru.config.diff_operations import Block, Change, Risk
from netguru.config.quoting import proof
from netguru.config.remediation_rules import feature, risks
from netguru.redact import redact

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netguru.config.diff_changes import Difference
    from netguru.config.diff_pairs import Pair
    from netguru.config.remediation_steps import Step
    from netguru.model.config import DeviceConfig
    from netguru.model.evidence import Evidence

Planned = list[tuple["DeviceConfig", list["Step"]]]
_MOST = 200
"""Lines of one difference that are quoted; all are counted in `lines`."""


@dataclass(frozen=True, slots=True)
class Masked:
    """The lines of a configuration with masks in place of secrets."""

    config: DeviceConfig
    lines: list[str]

    @classmethod
    def of(cls, config: DeviceConfig) -> Masked:
        """Mask a whole text at once: a secret may be told by the lines around it."""
        return cls(config, redact("\n".join(config.piece.lines)).text.split("\n"))

    def text(self, span: tuple[int, int] | None) -> str:
        """Give the text of lines of the file."""
        if span is None:
            return ""
        first = self.config.piece.first_line
        return "\n".join(self.lines[span[0] - first : min(span[1], span[0] + _MOST) - first + 1])

    def evidence(self, span: tuple[int, int] | None) -> tuple[Evidence, ...]:
        """Quote lines of the file."""
        return proof(self.config, tuple(range(span[0], span[1] + 1))) if span is not None else ()


def shown(pair: Pair, row: Difference, before: Masked, after: Masked) -> Change:
    """Give a difference with its quotations."""
    path = " > ".join(row.path)
    return Change(
        device=pair.after.hostname or pair.before.hostname,
        feature=feature(path),
        path=redact(path).text,
        kind=row.kind,
        before=before.text(row.before),
        after=after.text(row.after),
        lines={"before": _numbers(row.before), "after": _numbers(row.after)},
        evidence=(*before.evidence(row.before), *after.evidence(row.after)),
    )


def _numbers(span: tuple[int, int] | None) -> tuple[int, ...]:
    return tuple(range(span[0], span[1] + 1)) if span is not None else ()


def commands(planned: Planned, *, secrets: bool, headed: bool) -> tuple[str, ...]:
    """Give all commands line by line; those of several devices under the name of each."""
    made: list[str] = []
    for config, found in planned:
        if found and headed:
            made.append(f"! device {config.hostname}")
        made += [line for step in found for line in step.commands]
    return _masked(made, secrets=secrets)


def blocks(planned: Planned, *, secrets: bool) -> tuple[Block, ...]:
    """Give the commands in blocks with their risks."""
    return tuple(
        Block(
            device=config.hostname,
            section=redact(step.section).text,
            feature=feature(_bare(step.section)),
            commands=_masked(step.commands, secrets=secrets),
            risks=tuple(Risk(label=label, why=why) for label, why in risks(list(step.paths))),
        )
        for config, found in planned
        for step in found
    )


def _bare(section: str) -> str:
    """Give the path of a section without the word that says what is done to it."""
    first, _, rest = section.partition(" ")
    return f"{rest} " if first in ("set", "delete", "insert", "activate", "deactivate") else section


def _masked(lines: Iterable[str], *, secrets: bool) -> tuple[str, ...]:
    text = "\n".join(lines)
    return tuple((text if secrets else redact(text).text).split("\n")) if text else ()
