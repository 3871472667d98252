"""Results as plain text for terminals, logs and models."""

from __future__ import annotations

import re
import shlex
import textwrap
from typing import TYPE_CHECKING, Any

from netguru.model.finding import Severity
from netguru.render.answers import Said, parts_of
from netguru.render.clean import clean, clip, line, width_of
from netguru.render.values import is_proof, show
from netguru.render.view import (
    Answered,
    Covered,
    Figure,
    FindingList,
    Limits,
    Pairs,
    Paragraph,
    Proofs,
    Section,
    Table,
    view,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netguru.model.answer import Answer
    from netguru.model.coverage import Coverage
    from netguru.model.evidence import Evidence
    from netguru.model.finding import Finding
    from netguru.render.view import Block

_NARROWEST = 12
_QUOTED_LINES = 3
_READING_WIDTH = 80
"""Columns of running text: longer lines are hard to read."""


def render(result: Any, width: int, limits: Limits) -> str:
    """Write a result as text of at most about `width` columns."""
    blocks = view(result, limits)
    return "\n\n".join(part for part in (_block(block, width, limits) for block in blocks) if part)


def _block(block: Block, width: int, limits: Limits) -> str:
    match block:
        case Pairs():
            made = _pairs(block)
        case Paragraph():
            made = _titled(block.title, _wrap(clean(block.text), width))
        case Table():
            made = _titled(f"{block.title} ({block.total})" if block.title else "", _table(block, width))
        case FindingList():
            made = _findings(block, width, limits)
        case Proofs():
            made = _titled(block.title, _proofs(block.evidence, limits))
        case Covered():
            made = _coverage(block.coverage, details=limits.details)
        case Section():
            made = f"{line(block.title)}: {line(block.summary) or 'nothing'} (--json shows them)"
        case Figure():
            made = clean(block.plain)
        case Answered():
            made = _answer(block.answer, min(width, _READING_WIDTH))
    return made


def _titled(title: str, body: str) -> str:
    heading = title.strip()
    return f"{line(heading)}\n{body}" if heading else body


def _pairs(block: Pairs) -> str:
    width = max(len(name) for name, _ in block.items)
    return "\n".join(f"{line(name):<{width}}  {line(show(value))}".strip() for name, value in block.items)


def _wrap(text: str, width: int, indent: str = "  ") -> str:
    rows = [textwrap.fill(row, width, initial_indent=indent, subsequent_indent=indent) for row in text.split("\n")]
    return "\n".join(rows)


def _table(block: Table, width: int) -> str:
    cells = [[_cell(value) for value in row] for row in block.rows]
    rows, left_out = _grid(block.columns, cells, width)
    if block.more:
        rows.append(f"  … {block.more} more of {block.total} (--json shows all)")
    if block.empty:
        rows.append(_hang("  empty columns: ", ", ".join(map(line, block.empty)), width))
    if left_out:
        rows.append(f"  columns that did not fit: {', '.join(map(line, left_out))} (--json shows all)")
    return "\n".join(rows)


def _cell(value: Any) -> str:
    if is_proof(value) and isinstance(value, (list, tuple)) and len(value) > 1:
        return f"{len(value)} places"
    return line(show(value))


def _grid(columns: Sequence[str], cells: list[list[str]], width: int) -> tuple[list[str], list[str]]:
    """Lay out a table; gives its lines and the names of the columns that found no room."""
    natural = [max([width_of(name), *(width_of(row[i]) for row in cells)]) for i, name in enumerate(columns)]
    fitting = list(range(len(columns)))
    while len(fitting) > 1 and sum(min(natural[i], _NARROWEST) + 2 for i in fitting) > width:
        fitting.pop()
    widths = dict(zip(fitting, _share([natural[i] for i in fitting], width - 2 * len(fitting)), strict=True))
    numeric = {i: all(_is_number(row[i]) for row in cells) for i in fitting}

    def lay(row: Sequence[str]) -> str:
        return ("  " + "  ".join(_pad(clip(row[i], widths[i]), widths[i], right=numeric[i]) for i in fitting)).rstrip()

    head = [lay([line(name) for name in columns])] if any(columns) else []
    rows = head + [lay(row) for row in cells]
    return rows, [columns[i] for i in range(len(columns)) if i not in fitting]


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).replace("-", "", 1).isdigit() or not text


def _pad(text: str, width: int, *, right: bool) -> str:
    fill = " " * (width - width_of(text))
    return fill + text if right else text + fill


def _share(natural: list[int], width: int) -> list[int]:
    """Give each column its natural width, or an equal share of what the small ones leave."""
    left, widths = width, dict.fromkeys(range(len(natural)), 0)
    for position, column in enumerate(sorted(widths, key=lambda i: natural[i])):
        fair = max(left // (len(natural) - position), 1)
        widths[column] = min(natural[column], fair)
        left -= widths[column]
    return [widths[i] for i in range(len(natural))]


def _findings(block: FindingList, width: int, limits: Limits) -> str:
    title = "" if block.title == "findings" else f"{line(block.title)}: "
    if not block.findings:
        return f"{title}no findings"
    counts = [(level, sum(item.severity is level for item in block.findings)) for level in reversed(Severity)]
    number = len(block.findings)
    told = ", ".join(f"{count} {level}" for level, count in counts if count)
    shown, more = limits.of(block.findings, limits.findings)
    rows = [_headline(place, item, width) for place, item in enumerate(shown, 1)]
    parts = [f"{title}{number} {'finding' if number == 1 else 'findings'}: {told}", "\n".join(rows)]
    if limits.details:
        parts += [_finding(place, item, width, limits) for place, item in enumerate(shown, 1)]
    if more:
        parts.append(f"… {more} more findings of {len(block.findings)} (--json shows all)")
    return "\n\n".join(parts)


def _headline(number: int, item: Finding, width: int) -> str:
    """Give the row of a finding in the ranked list; a title is wrapped, never cut: it is the message."""
    start = f"{number:>4}  {item.severity!s:<8}  "
    return textwrap.fill(
        line(item.title),
        width,
        initial_indent=start,
        subsequent_indent=" " * len(start),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _finding(number: int, item: Finding, width: int, limits: Limits) -> str:
    rows = [_hang(f"{number}. [{item.severity}] ", line(item.title), width)]
    rows.append(_hang("   check: ", f"{line(item.check)}   subject: {line(item.subject) or '-'}", width))
    rows.append(_hang("   why: ", line(item.why), width))
    rows.append(_hang("   remedy: ", line(item.remedy), width))
    rows += [_hang("   symptom: ", line(symptom), width) for symptom in item.symptoms]
    shown, more = limits.of(item.evidence, limits.evidence)
    rows += [_evidence(proof, "   evidence: ") for proof in shown]
    if more:
        rows.append(f"   evidence: … {more} more places (--json shows all)")
    if item.wireshark_filter:
        rows.append(f"   Wireshark: {item.wireshark_filter}")
    return "\n".join(rows)


def _hang(start: str, text: str, width: int) -> str:
    return textwrap.fill(
        text, width, initial_indent=start, subsequent_indent=" " * 5, break_long_words=False, break_on_hyphens=False
    )


def _evidence(proof: Evidence, indent: str) -> str:
    quoted = clean(proof.text).split("\n")
    first = f'{indent}{line(proof.where)}: "{quoted[0].strip()}'
    rest = [" " * (len(indent) - len(indent.lstrip()) + 4) + row.rstrip() for row in quoted[1:_QUOTED_LINES]]
    more = len(quoted) - _QUOTED_LINES
    end = f'" … {more} more lines' if more > 0 else '"'
    return "\n".join([first, *rest]) + end


def _proofs(evidence: tuple[Evidence, ...], limits: Limits) -> str:
    shown, more = limits.of(evidence, limits.rows)
    rows = [_evidence(proof, "  ") for proof in shown]
    if more:
        rows.append(f"  … {more} more places (--json shows all)")
    return "\n".join(rows)


def _answer(answer: Answer, width: int) -> str:
    """Write an answer: what is said, each quotation behind a bar, and the command that opens its place."""
    state = ", ".join(filter(None, (answer.status.replace("_", " "), line(answer.model), line(answer.fallback))))
    rows = [_hang("question  ", line(answer.question), width), _hang("status    ", state, width)]
    for part in parts_of(answer):
        if isinstance(part, Said):
            rows += ["", *(_folded(row, "", width) for row in clean(part.text).split("\n"))]
            continue
        rows += ["", _hang(f"[{part.number}] ", line(part.place), width)]
        rows += [_folded(row, "    | ", width) for row in clean(part.evidence.text).split("\n")]
        if part.evidence.kind == "passage":
            rows.append(f"    {_view(part.evidence)}")
    searched = answer.usage.get("searched")
    return "\n".join([*rows, *(["", f"{searched} passages searched"] if searched else [])])


def _view(item: Evidence) -> str:
    """Write the command that opens a passage."""
    source = item.source
    if re.fullmatch(r"[\w./:+@%,-]+", source, re.ASCII):
        word = source
    elif line(source) == source:
        word = shlex.quote(source)
    else:
        # What a terminal would obey or hide is written as the shell's own escapes.
        escaped = source.encode("unicode_escape").decode("ascii").replace("'", "\\'")
        word = f"$'{escaped}'"
    end = "-- " if source.startswith("-") else ""
    return f"netguru rag.view {end}{word} {item.start} {item.end}"


def _folded(row: str, start: str, width: int) -> str:
    """Fold a line that is too long, its indentation kept: in a command it has a meaning."""
    body = row.rstrip()
    indent = start + " " * (len(body) - len(body.lstrip()))
    folded = textwrap.wrap(
        body.strip(), max(width - len(indent), _NARROWEST), break_long_words=False, break_on_hyphens=False
    )
    return "\n".join(indent + part for part in folded or [""]).rstrip()


def _coverage(coverage: Coverage, *, details: bool) -> str:
    rows = [f"coverage: {coverage.read} of {coverage.total} {line(coverage.unit)} read"]
    rows += [f"  not read: {gap.count}: {line(gap.reason)}{_places(gap.places, gap.count)}" for gap in coverage.gaps]
    rows += [f"  note: {line(note)}" for note in coverage.notes]
    rows += [f"  collect next: {line(missing)}" for missing in coverage.missing]
    for part in coverage.parts if details else ():
        if part.unread:
            reasons = "; ".join(f"{gap.count}: {line(gap.reason)}" for gap in part.gaps)
            rows.append(f"  {line(part.source)}: {part.read} of {part.total} {line(part.unit)} read ({reasons})")
    whole = sum(not part.unread for part in coverage.parts)
    if whole:
        rows.append(f"  read completely: {whole} of {len(coverage.parts)} parts")
    return "\n".join(rows)


def _places(places: tuple[str, ...], count: int) -> str:
    if not places:
        return ""
    shown = ", ".join(line(place) for place in places[:_QUOTED_LINES])
    more = max(count, len(places)) - min(len(places), _QUOTED_LINES)
    return f" ({shown}{f' and {more} more' if more else ''})"
