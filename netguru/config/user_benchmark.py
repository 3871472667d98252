"""The benchmark: hygiene in the manner of the CIS benchmarks, a table of patterns held against configurations."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from netguru import resources
from netguru.checks import finding
from netguru.config.checks.references import is_whole
from netguru.config.quoting import absence, heading, proof
from netguru.config.user_rules import Block, blocks
from netguru.model.finding import Finding, Subject

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from netguru.model.config import DeviceConfig
    from netguru.model.evidence import Evidence

_MOST = 6
"""Quotations of one finding: a setting that is missing on every port is shown at its first ports."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    id: str
    platforms: tuple[str, ...]
    section: re.Pattern[str] | None
    must_have: tuple[re.Pattern[str], ...]
    must_not_have: tuple[re.Pattern[str], ...]
    only_if: tuple[re.Pattern[str], ...]
    unless: re.Pattern[str] | None
    least: int


@cache
def _rows() -> tuple[_Row, ...]:
    return tuple(_row(name, row) for name, row in resources.table("checks", "config_benchmark.toml").items())


def _row(name: str, row: dict[str, Any]) -> _Row:
    def patterns(key: str) -> tuple[re.Pattern[str], ...]:
        return tuple(re.compile(text) for text in row.get(key, ()))

    return _Row(
        id=name,
        platforms=tuple(row["platforms"]),
        section=re.compile(row["section"]) if "section" in row else None,
        must_have=patterns("must_have"),
        must_not_have=patterns("must_not_have"),
        only_if=patterns("only_if"),
        unless=re.compile(row["unless"]) if "unless" in row else None,
        least=row.get("least", 1),
    )


def benchmark(configs: Iterable[DeviceConfig]) -> Iterator[Finding]:
    """Hold whole configurations against the table; one finding for each row that a device fails."""
    for config in configs:
        if not is_whole(config):
            continue
        top = list(blocks(config, None))
        for row in _rows():
            if config.platform not in row.platforms:
                continue
            if row.unless is not None and any(_count(block, row.unless) for block in top):
                continue
            evidence = _fails(config, row, top if row.section is None else list(blocks(config, row.section)))
            if evidence:
                subject = Subject(devices=(config.hostname,))
                yield finding(row.id, device=config.hostname, subject=subject, evidence=evidence[:_MOST])


def _fails(config: DeviceConfig, row: _Row, found: list[Block]) -> tuple[Evidence, ...]:
    evidence: list[Evidence] = []
    for block in found:
        if not all(_count(block, pattern) for pattern in row.only_if):
            continue
        if any(_count(block, pattern) < row.least for pattern in row.must_have):
            evidence += heading(config, block.lines) if block.lines else absence(config)
        for text, lines in block.statements:
            if any(pattern.fullmatch(text) for pattern in row.must_not_have):
                evidence += proof(config, lines)
    return tuple(evidence)


def _count(block: Block, pattern: re.Pattern[str]) -> int:
    return sum(pattern.fullmatch(text) is not None for text, _ in block.statements)
