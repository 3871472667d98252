"""Results as HTML: fragments for notebooks and dashboards, and whole pages that need nothing from outside."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netguru.model.finding import Severity
from netguru.render.answers import MARK, Said, anchor_of, kind_and_span, parts_of
from netguru.render.clean import html_text as esc
from netguru.render.prose import prose_html
from netguru.render.values import is_empty, is_proof, show
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
    from collections.abc import Callable, Iterable

    from netguru.model.answer import Answer
    from netguru.model.coverage import Coverage
    from netguru.model.evidence import Evidence
    from netguru.model.finding import Finding
    from netguru.render.answers import Cited
    from netguru.render.view import Block

_openers: dict[str, Callable[[Evidence], str]] = {}

# Dollars in a configuration are no formulas: a notebook would set what stands between two of them.
_NO_FORMULAS = "tex2jax_ignore mathjax_ignore"
_TAG = re.compile(r"(<[^>]*>)")
_ROWS_UNFOLDED = 12
_SUBJECTS = 4
_CELL_PLACES = 3


@cache
def style() -> str:
    """Give the one stylesheet of all HTML."""
    return (Path(__file__).parent / "style.css").read_text("utf-8")


def fragment(result: Any, limits: Limits) -> str:
    """Write a result as a fragment without its stylesheet."""
    title = title_of(result)
    heading = f'<div class="ng-title">{esc(title)}</div>' if title else ""
    body = "".join(_block(block, limits) for block in view(result, limits))
    return f'<section class="netguru {_NO_FORMULAS}">{heading}{body}</section>'


def _block(block: Block, limits: Limits) -> str:
    match block:
        case Pairs():
            made = _pairs(block)
        case Paragraph():
            made = f'{_heading(block.title)}<div class="ng-text">{esc(block.text)}</div>'
        case Table():
            made = _table(block)
        case FindingList():
            made = _findings(block, limits)
        case Proofs():
            made = f'{_heading(block.title)}<div class="ng-proofs">{proofs(block.evidence, limits.rows)}</div>'
        case Covered():
            made = coverage(block.coverage)
        case Section():
            inner = "".join(_block(item, limits) for item in block.blocks)
            made = (
                f'<details class="ng-section"><summary>{esc(block.title)} '
                f'<span class="ng-dim">{esc(block.summary)}</span></summary>{inner}</details>'
            )
        case Figure():
            made = f'<div class="ng-figure">{block.svg}</div>'
        case Answered():
            made = answer(block.answer)
    return made


def _heading(title: str, count: int | None = None) -> str:
    number = "" if count is None else f' <span class="ng-count">{count}</span>'
    return f'<div class="ng-heading">{esc(title)}{number}</div>' if title else ""


def _pairs(block: Pairs) -> str:
    rows = "".join(f"<dt>{esc(name)}</dt><dd>{esc(show(value))}</dd>" for name, value in block.items)
    return f'<dl class="ng-pairs">{rows}</dl>'


def _cell(value: Any) -> str:
    if is_proof(value):
        places = value if isinstance(value, (list, tuple)) else (value,)
        told = f"{len(places)} places" if len(places) > 1 else "1 place"
        return f"<td><details><summary>{told}</summary>{proofs(tuple(places), _CELL_PLACES)}</details></td>"
    numeric = isinstance(value, (int, float)) and not isinstance(value, bool)
    return f'<td class="ng-number">{esc(show(value))}</td>' if numeric else f"<td>{esc(show(value))}</td>"


def _table(block: Table) -> str:
    head = "".join(f"<th>{esc(name)}</th>" for name in block.columns) if any(block.columns) else ""
    rows = "".join(f"<tr>{''.join(_cell(value) for value in row)}</tr>" for row in block.rows)
    notes = []
    if block.more:
        notes.append(f"{block.more} more of {block.total} rows are not shown")
    if block.empty:
        notes.append(f"empty columns: {', '.join(block.empty)}")
    note = f'<div class="ng-more">{esc("; ".join(notes))}</div>' if notes else ""
    grid = (
        f'<div class="ng-scroll"><table class="ng-table"><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )
    if len(block.rows) <= _ROWS_UNFOLDED:
        return f"{_heading(block.title, block.total)}{grid}{note}"
    return (
        f'<details class="ng-section" open><summary>{esc(block.title)} '
        f'<span class="ng-count">{block.total}</span></summary>{grid}{note}</details>'
    )


def badge(severity: Severity) -> str:
    """Give the coloured mark of a severity."""
    return f'<span class="ng-badge ng-{severity}">{severity}</span>'


def counts(found: Iterable[Finding]) -> str:
    """Count findings by severity as a row of marks, worst first."""
    items = list(found)
    marks = [
        f'<span class="ng-tally">{badge(level)} <b>{number}</b></span>'
        for level in reversed(Severity)
        if (number := sum(item.severity is level for item in items))
    ]
    return f'<div class="ng-tallies">{"".join(marks)}</div>'


def _findings(block: FindingList, limits: Limits) -> str:
    heading = _heading(block.title, len(block.findings))
    return f"{heading}{counts(block.findings)}{findings(block.findings, limits)}"


def findings(found: tuple[Finding, ...], limits: Limits) -> str:
    """Write findings as a list of rows, each of which opens."""
    if not found:
        return '<div class="ng-none">No findings.</div>'
    shown, more = limits.of(found, limits.findings)
    rows = "".join(finding(item, limits) for item in shown)
    rest = f'<div class="ng-more">{more} more of {len(found)} findings are not shown</div>' if more else ""
    return (
        '<div class="ng-findings"><div class="ng-row ng-head"><span>severity</span><span>finding</span>'
        f"<span>subject</span><span>check</span></div>{rows}</div>{rest}"
    )


def finding(item: Finding, limits: Limits) -> str:
    """Write one finding: a row that opens to why, remedy, symptoms and every evidence."""
    symptoms = "".join(f"<li>{esc(symptom)}</li>" for symptom in item.symptoms)
    told = f"<dt>Symptoms</dt><dd><ul>{symptoms}</ul></dd>" if symptoms else ""
    brief = _brief(str(item.subject))
    subject = "" if brief == str(item.subject) else f"<dt>Subject</dt><dd>{esc(item.subject)}</dd>"
    pasted = _filter(item.wireshark_filter)
    packets = f"<dt>Wireshark</dt><dd>{pasted}</dd>" if pasted else ""
    return (
        f'<details class="ng-finding ng-edge-{item.severity}">'
        f'<summary class="ng-row"><span>{badge(item.severity)}</span><span class="ng-what">{esc(item.title)}</span>'
        f'<span class="ng-subject">{esc(brief)}</span><code class="ng-check">{esc(item.check)}</code></summary>'
        f'<dl class="ng-detail"><dt>Why</dt><dd>{esc(item.why)}</dd><dt>Remedy</dt><dd>{esc(item.remedy)}</dd>'
        f"{subject}{told}<dt>Evidence</dt><dd>{proofs(item.evidence, limits.evidence)}</dd>{packets}</dl>"
        "</details>"
    )


def _brief(subject: str) -> str:
    names = subject.split(", ")
    more = len(names) - _SUBJECTS
    return subject if more <= 1 else f"{', '.join(names[:_SUBJECTS])} and {more} more"


def proofs(evidence: tuple[Evidence, ...], limit: int) -> str:
    """Write evidence: each a place that opens to its exact quotation."""
    shown = evidence[:limit] if limit else evidence
    rows = "".join(_proof(item) for item in shown)
    more = len(evidence) - len(shown)
    return rows + (f'<div class="ng-more">{more} more places are not shown</div>' if more else "")


def _proof(item: Evidence) -> str:
    kind, span = kind_and_span(item)
    place = f'{esc(item.source)} <span class="ng-place">{esc(kind)} {esc(span)}</span>'
    quoted = _opened(item) or f'<pre class="ng-quote">{esc(item.text)}</pre>'
    return f'<details class="ng-proof"><summary>{place}</summary>{quoted}{_filter(item.wireshark_filter)}</details>'


def answer(given: Answer) -> str:
    """Write an answer: its status, what is said, and every citation, which opens at its place."""
    told = " · ".join(filter(None, (esc(given.model), esc(given.fallback))))
    status = f'<span class="ng-badge ng-status-{esc(given.status)}">{esc(given.status.replace("_", " "))}</span>'
    parts = "".join(
        f'<div class="ng-said">{_said(given, part.text)}</div>' if isinstance(part, Said) else _cited(given, part)
        for part in parts_of(given)
    )
    searched = given.usage.get("searched")
    foot = f'<div class="ng-more">{esc(show(searched))} passages searched</div>' if searched else ""
    return (
        f'<article class="ng-answer"><div class="ng-question">{esc(given.question)}</div>'
        f'<div class="ng-status">{status} <span class="ng-dim">{told}</span></div>{parts}{foot}</article>'
    )


def _said(given: Answer, text: str) -> str:
    if not given.markdown:
        return _referring(given, esc(text))
    # Numbers are looked for in the text, not inside of tags.
    parts = _TAG.split(prose_html(text))
    return "".join(part if part.startswith("<") else _referring(given, part) for part in parts)


def _referring(given: Answer, text: str) -> str:
    """Make the numbers of citations lead to their places; a number that none has stays text."""

    def link(found: re.Match[str]) -> str:
        number = int(found[1])
        if not 1 <= number <= len(given.citations):
            return found[0]
        return f'<a class="ng-ref" href="#{anchor_of(given, number)}">[{number}]</a>'

    return MARK.sub(link, text)


def _cited(given: Answer, part: Cited) -> str:
    opened = _opened(part.evidence)
    place = f'<span class="ng-nth">[{part.number}]</span> {esc(part.place)}'
    quoted = f'<pre class="ng-quote">{esc(part.evidence.text)}</pre>{_filter(part.evidence.wireshark_filter)}'
    name = f'id="{anchor_of(given, part.number)}"'
    if not opened:
        return f'<div class="ng-cited" {name}><div class="ng-where">{place}</div>{quoted}</div>'
    # A link opens the details around its target: so it is the inside that has the name.
    return (
        f'<div class="ng-cited"><div class="ng-where">{place}</div>{quoted}'
        f'<details class="ng-proof"><summary>open at its place</summary><div {name}>{opened}</div></details></div>'
    )


def open_with(kind: str, opener: Callable[[Evidence], str]) -> None:
    """Let the family of a kind of evidence show it in its surroundings.

    The opener gives HTML in which everything from a file is escaped, empty when the place is not at hand.
    """
    _openers[kind] = opener


def _opened(item: Evidence) -> str:
    opener = _openers.get(item.kind)
    return opener(item) if opener else ""


def _filter(text: str) -> str:
    # One click selects the whole of it: `user-select: all` in the stylesheet.
    return f'<code class="ng-filter" title="Wireshark display filter">{esc(text)}</code>' if text else ""


def coverage(stated: Coverage) -> str:
    """Write what was read, what was not and why, and what to collect next."""
    rows = [
        f'<li class="ng-gap"><b>{gap.count}</b> not read: {esc(gap.reason)}{_places(gap.places)}</li>'
        for gap in stated.gaps
    ]
    rows += [f"<li>note: {esc(note)}</li>" for note in stated.notes]
    rows += [f"<li>collect next: {esc(missing)}</li>" for missing in stated.missing]
    listed = f"<ul>{''.join(rows)}</ul>" if rows else ""
    share = 100 * stated.read / stated.total if stated.total else 100
    return (
        '<div class="ng-heading">coverage</div><div class="ng-coverage">'
        f'<span class="ng-bar"><span style="width:{share:.1f}%"></span></span> '
        f"<b>{stated.read}</b> of <b>{stated.total}</b> {esc(stated.unit)} read"
        f"{listed}{_parts(stated.parts)}</div>"
    )


def _places(places: tuple[str, ...]) -> str:
    return f' <span class="ng-dim">{esc(", ".join(places))}</span>' if places else ""


def _parts(parts: tuple[Coverage, ...]) -> str:
    if not parts:
        return ""
    rows = "".join(
        f'<tr><td>{esc(part.source)}</td><td class="ng-number">{part.read}</td><td class="ng-number">{part.total}</td>'
        f"<td>{esc(part.unit)}</td><td>{esc('; '.join(_reasons(part)))}</td></tr>"
        for part in parts
    )
    incomplete = sum(bool(part.unread) for part in parts)
    return (
        f'<details class="ng-section"><summary>{len(parts)} parts <span class="ng-dim">{incomplete} not read completely'
        '</span></summary><div class="ng-scroll"><table class="ng-table"><thead><tr><th>part</th><th>read</th>'
        f"<th>of</th><th>unit</th><th>not read</th></tr></thead><tbody>{rows}</tbody></table></div></details>"
    )


def _reasons(part: Coverage) -> list[str]:
    return [f"{gap.count}: {gap.reason}" for gap in part.gaps] + list(part.notes)


def page(body: str, title: str, *, subtitle: str = "") -> str:
    """Wrap fragments into one page: no request, no script, light and dark after the reader's system."""
    below = f'<p class="ng-subtitle">{esc(subtitle)}</p>' if not is_empty(subtitle) else ""
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        # Nothing may be fetched or run, whatever an analysed file smuggled in.
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'\">"
        f"<title>{esc(title)}</title><style>{style()}</style></head>"
        f'<body class="ng-page"><header><h1>{esc(title)}</h1>{below}</header><main>{body}</main></body></html>\n'
    )
