"""The offline router's words: results as Markdown with numbered places, in the language of the question."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netguru import render, resources
from netguru.chat.inventory import rules
from netguru.model.coverage import Coverage
from netguru.render.clean import clean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netguru.chat.entities import Entities
    from netguru.model.finding import Finding

_SPECIAL = str.maketrans({char: f"\\{char}" for char in "\\`*_[]<>#|!"})
_UNREAD = 3


def texts(language: str) -> dict[str, str]:
    """Give the sentences of a language, in English where there are none."""
    table = resources.table("chat", "texts.toml")
    chosen: dict[str, str] = table.get(language, table["en"])
    return chosen


def plain(text: str) -> str:
    """Escape a text from a file for Markdown, on one line."""
    return " ".join(clean(text).split()).translate(_SPECIAL)


def code(text: str) -> str:
    """Put a text from a file between backquotes."""
    return "`" + " ".join(clean(text).split()).replace("`", "'") + "`"


def understood(named: Entities, said: dict[str, str]) -> str:
    """Say what was recognised in the question, and what looks like a name and is unknown."""
    parts = [
        f"{said[kind]} {', '.join(code(str(value)) for value in values)}"
        for kind, values in (
            ("device", named.devices),
            ("address", named.addresses),
            ("interface", named.interfaces),
            ("vlan", named.vlans),
            ("protocol", named.protocols),
            ("file", tuple(path.name for path in named.files)),
            ("topic", named.topics),
        )
        if values
    ]
    lines = [said["understood"].format(what="; ".join(parts))] if parts else []
    if named.unknown:
        lines.append(said["unknown"].format(names=", ".join(map(code, named.unknown))))
    return " ".join(lines)


def finding_block(finding: Finding, numbers: Sequence[int], said: dict[str, str]) -> str:
    """Write a finding with its reason, what to do, how it showed, and the numbers of its places."""
    cited = " ".join(f"[{number}]" for number in numbers)
    lines = [f"**{finding.severity}: {plain(finding.title)}** {cited}", ""]
    lines += [f"- {said['why']}: {plain(finding.why)}", f"- {said['remedy']}: {plain(finding.remedy)}"]
    seen = [item for item in finding.symptoms if not item.startswith("not in ")][: int(rules("shown")["symptoms"])]
    if seen:
        lines.append(f"- {said['seen']}: {'; '.join(plain(item) for item in seen)}")
    return "\n".join(lines)


def others_block(findings: Sequence[Finding], said: dict[str, str]) -> str:
    """Name the worst of the other findings."""
    shown = findings[: int(rules("shown")["others"])]
    return "\n".join([said["others"], "", *(f"- {item.severity}: {plain(item.title)}" for item in shown)])


def table_block(operation: str, result: Any, said: dict[str, str], number: int) -> str:
    """Write another result as it is shown elsewhere, shortened."""
    limits = render.Limits(rows=int(rules("shown")["rows"]), findings=5, evidence=3, details=False)
    return f"{said['table'].format(operation=operation)} [{number}]\n\n{render.markdown(result, limits)}"


def coverage_lines(coverage: object, said: dict[str, str]) -> str:
    """Say what was not read and what is missing."""
    if not isinstance(coverage, Coverage):
        return ""
    lines = [said["unread"].format(count=gap.count, reason=plain(gap.reason)) for gap in coverage.gaps[:_UNREAD]]
    lines += [said["missing"].format(what=plain(item)) for item in coverage.missing[:_UNREAD]]
    return " ".join(lines)
