"""Results as Markdown: everything untrusted is escaped, quotations are fenced."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netguru.render.answers import Said, parts_of
from netguru.render.clean import markdown_block, markdown_text
from netguru.render.prose import prose_markdown
from netguru.render.values import show
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
    title_of,
    view,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from netguru.model.answer import Answer
    from netguru.model.coverage import Coverage
    from netguru.model.evidence import Evidence
    from netguru.model.finding import Finding
    from netguru.render.view import Block


def render(result: Any, limits: Limits) -> str:
    """Write a result as Markdown."""
    title = title_of(result)
    parts = [f"## {markdown_text(title)}"] if title else []
    parts += [_block(block, limits, 3) for block in view(result, limits)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _block(block: Block, limits: Limits, level: int) -> str:
    match block:
        case Pairs():
            made = _grid(("", ""), [(name, show(value)) for name, value in block.items])
        case Paragraph():
            made = _titled(block.title, markdown_block(block.text), level)
        case Table():
            made = _titled(f"{block.title} ({block.total})" if block.title else "", _table(block), level)
        case FindingList():
            made = _findings(block, limits, level)
        case Proofs():
            made = _titled(block.title, _proofs(block.evidence, limits), level)
        case Covered():
            made = _titled("coverage", _coverage(block.coverage), level)
        case Section():
            inner = [_block(item, limits, level + 1) for item in block.blocks]
            made = "\n\n".join([f"{'#' * level} {markdown_text(block.title)}", *inner])
        case Figure():
            made = markdown_block(block.plain) if block.plain else ""
        case Answered():
            made = _answer(block.answer)
    return made


def _titled(title: str, body: str, level: int) -> str:
    return f"{'#' * level} {markdown_text(title)}\n\n{body}" if title.strip() else body


def _grid(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    head = f"| {' | '.join(markdown_text(name) for name in columns)} |"
    rule = f"|{'|'.join(' --- ' for _ in columns)}|"
    return "\n".join([head, rule, *(f"| {' | '.join(markdown_text(cell) for cell in row)} |" for row in rows)])


def _table(block: Table) -> str:
    made = _grid(block.columns, [[show(value) for value in row] for row in block.rows])
    if block.more:
        made += f"\n\n{block.more} more of {block.total} rows are not shown."
    if block.empty:
        made += f"\n\nEmpty columns: {markdown_text(', '.join(block.empty))}."
    return made


def _findings(block: FindingList, limits: Limits, level: int) -> str:
    heading = f"{'#' * level} {markdown_text(block.title)}"
    if not block.findings:
        return f"{heading}\n\nNo findings."
    shown, more = limits.of(block.findings, limits.findings)
    rows = [(item.severity, item.check, item.title, item.subject) for item in shown]
    parts = [heading, _grid(("severity", "check", "title", "subject"), rows)]
    if more:
        parts.append(f"{more} more of {len(block.findings)} findings are not shown.")
    parts += [_finding(number, item, limits, level + 1) for number, item in enumerate(shown, 1)]
    return "\n\n".join(parts)


def _finding(number: int, item: Finding, limits: Limits, level: int) -> str:
    parts = [
        f"{'#' * level} {number}. {markdown_text(item.title)}",
        f"**{item.severity}** · {markdown_text(item.check)} · {markdown_text(item.subject)}",
        f"Why: {markdown_text(item.why)}",
        f"Remedy: {markdown_text(item.remedy)}",
    ]
    if item.symptoms:
        parts.append("\n".join(f"- Symptom: {markdown_text(symptom)}" for symptom in item.symptoms))
    parts.append(_proofs(item.evidence, limits))
    if item.wireshark_filter:
        parts.append(f"Wireshark filter:\n\n{markdown_block(item.wireshark_filter)}")
    return "\n\n".join(parts)


def _proofs(evidence: tuple[Evidence, ...], limits: Limits) -> str:
    shown, more = limits.of(evidence, limits.evidence)
    rows = [f"- Evidence: {markdown_text(item.where)}\n\n{markdown_block(item.text, indent='  ')}" for item in shown]
    if more:
        rows.append(f"- {more} more places are not shown.")
    return "\n".join(rows)


def _answer(answer: Answer) -> str:
    state = " · ".join(
        markdown_text(item) for item in (answer.status.replace("_", " "), answer.model, answer.fallback) if item
    )
    parts = [f"**{markdown_text(answer.question)}**", state]
    for part in parts_of(answer):
        if isinstance(part, Said) and answer.markdown:
            parts.append(prose_markdown(part.text))
        elif isinstance(part, Said):
            parts.append("\n\n".join(map(markdown_text, filter(str.strip, part.text.split("\n")))))
        else:
            parts.append(f"{part.number}\\. {markdown_text(part.place)}\n\n{markdown_block(part.evidence.text)}")
    return "\n\n".join(parts)


def _coverage(coverage: Coverage) -> str:
    rows = [f"- {coverage.read} of {coverage.total} {markdown_text(coverage.unit)} read"]
    for gap in coverage.gaps:
        places = f" ({markdown_text(', '.join(gap.places))})" if gap.places else ""
        rows.append(f"- not read: {gap.count}: {markdown_text(gap.reason)}{places}")
    rows += [f"- note: {markdown_text(note)}" for note in coverage.notes]
    rows += [f"- collect next: {markdown_text(missing)}" for missing in coverage.missing]
    for part in coverage.parts:
        rows.append(f"- {markdown_text(part.source)}: {part.read} of {part.total} {markdown_text(part.unit)} read")
    return "\n".join(rows)
