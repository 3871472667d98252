"""The formats of text outputs: declared in `data/tables/state`, recognised by what the text says."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from netguru import resources
from netguru.state.rules import MAX_LINE, Rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from netguru.model.source import Piece

FILES = ("frr.toml", "linux.toml", "cisco.toml", "logs.toml")
HEAD_LINES = 150
SHARE_LINES = 60
_COMMAND_STEM = re.compile(r"^(?:.*?[_-])??((?:show|sh|display|ip|bridge|nft)[_-].*)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One text output: how it is recognised and the rules that read it.

    `share` is the part of the first lines that the rules must understand, for texts whose lines
    have no heading (logs).
    """

    name: str
    platform: str
    signature: tuple[re.Pattern[str], ...]
    reject: tuple[re.Pattern[str], ...]
    commands: tuple[re.Pattern[str], ...]
    six: tuple[re.Pattern[str], ...]
    share: float
    rules: tuple[Rule, ...]


def _patterns(texts: Iterable[str], flags: re.RegexFlag) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(text, flags) for text in texts)


def _format(declared: Mapping[str, Any]) -> Format:
    return Format(
        name=declared["name"],
        platform=declared["platform"],
        signature=_patterns(declared["signature"], re.MULTILINE),
        reject=_patterns(declared.get("reject", ()), re.MULTILINE),
        commands=_patterns(declared.get("commands", ()), re.IGNORECASE),
        six=_patterns(declared.get("six", ()), re.IGNORECASE),
        share=declared.get("share", 0.0),
        rules=tuple(Rule.of(rule) for rule in declared["rules"]),
    )


# A piece is recognised when a folder is opened and once more when it is read.
MOST_FOUND = 10_000
_found: dict[tuple[str, int, str], tuple[Format, float] | None] = {}


@cache
def formats() -> tuple[Format, ...]:
    """Give every text format."""
    return tuple(_format(item) for file in FILES for item in resources.table("state", file)["format"])


def command(piece: Piece) -> str:
    """Give the command of a piece: from its prompt or heading, else from the file's name.

    >>> from netguru.model import SourceFile
    >>> from pathlib import Path
    >>> file = SourceFile(name="PE1/show_ip_route.txt", path=Path("x"), sha256="", size=0)
    >>> from netguru.model import Piece
    >>> command(Piece(file=file, text=""))
    'show ip route'
    """
    if piece.command:
        return " ".join(piece.command.split())
    stem = piece.file.name.rsplit("/", 1)[-1].split(".", 1)[0]
    match = _COMMAND_STEM.match(stem)
    words = match[1].replace("_", " ") if match else stem.replace("_", " ")
    return words if match else f"show {words}"


def recognise(piece: Piece) -> tuple[Format, float] | None:
    """Find the format of a text and how sure that is (0 to 1)."""
    told = command(piece)
    place = (piece.file.sha256, piece.first_line, told)
    if place not in _found:
        if len(_found) >= MOST_FOUND:
            _found.clear()
        _found[place] = _recognise(piece, told)
    return _found[place]


def _recognise(piece: Piece, told: str) -> tuple[Format, float] | None:
    lines = [line[:MAX_LINE] for line in piece.lines[:HEAD_LINES]]
    head = "\n".join(lines)
    best: tuple[float, Format] | None = None
    for item in formats():
        sure = _sure(item, head, lines, told)
        if sure > 0 and (best is None or sure > best[0]):
            best = (sure, item)
    return (best[1], best[0]) if best else None


def _sure(item: Format, head: str, lines: list[str], told: str) -> float:
    if not all(pattern.search(head) for pattern in item.signature):
        return 0.0
    if any(pattern.search(head) for pattern in item.reject):
        return 0.0
    if item.share and _understood(item, lines) < item.share:
        return 0.0
    named = any(pattern.search(told) for pattern in item.commands)
    return 0.95 if named else 0.9 - 0.1 * bool(item.share)


def _understood(item: Format, lines: list[str]) -> float:
    """Measure the share of lines that a rule without a condition matches."""
    present = [line for line in lines if line.strip()][:SHARE_LINES]
    rules = [rule for rule in item.rules if not rule.when]
    return sum(any(rule.match.search(line) for rule in rules) for line in present) / max(len(present), 1)
