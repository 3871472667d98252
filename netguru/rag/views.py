"""Opening a citation: the stored text around the quotation with the mark on it, and reading evidence again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netguru.checks.reread import evidence_readers
from netguru.errors import FileRejectedError, InputError, NetGuruError, UnknownNameError
from netguru.rag.index import open_all
from netguru.rag.results import View
from netguru.render import open_with, page
from netguru.render.clean import clean, clip, html_text, line

if TYPE_CHECKING:
    from pathlib import Path

    from netguru.model.evidence import Evidence
    from netguru.rag.index import Index
    from netguru.rag.results import Passage

AROUND = 800
"""Characters shown before and after a quotation."""
NEAR_LINES, NEAR_CHARACTERS = 4, 320
"""How much of them is in sight with the quotation at once."""
PLAIN_LINES, PLAIN_WIDTH = 4, 74
"""How much of a passage found is shown on a console."""


def view(source: str, start: int, end: int, *, around: int = AROUND, collection: str = "") -> View:
    """Open a place of a document; raises UnknownNameError for a document that is not there."""
    index, text, sha256, title = _document(source, collection)
    if not 0 <= start < end <= len(text):
        raise InputError(f"has {len(text)} characters, {start}-{end} is no place in it", place=source)
    return _view(index, text, (source, sha256, title), start, end, around)


def _view(index: Index, text: str, document: tuple[str, str, str], start: int, end: int, around: int) -> View:
    source, sha256, title = document
    first, last = max(0, start - around), min(len(text), end + around)
    # Whole lines, so that a command is not shown in half.
    first = text.rfind("\n", 0, first) + 1 if first else 0
    last = _line_end(text, last)
    passage = index.passage_at(source, start)
    title = title or (passage.title if passage else source)
    return View(
        source=source,
        title=title,
        heading=passage.heading if passage else title,
        sha256=sha256,
        start=start,
        end=end,
        line_start=passage.line_start if passage else 1,
        line_end=passage.line_end if passage else 1,
        page=passage.page if passage else None,
        before=text[first:start],
        quote=text[start:end],
        after=text[end:last],
    )


def _document(source: str, collection: str) -> tuple[Index, str, str, str]:
    for index in open_all(collection):
        found = index.document(source)
        if found:
            return index, *found
    raise UnknownNameError("document", source, [])


def _line_end(text: str, offset: int) -> int:
    found = text.find("\n", offset)
    return len(text) if found < 0 else found


def marked(before: str, quote: str, after: str, head: str = "") -> str:
    """Write a text with its quotation marked, everything escaped: nothing in a document is markup here.

    The lines next to the quotation are in sight with it; what lies further off opens.
    """
    far_before, near_before = _near(before, first=False)
    near_after, far_after = _near(after, first=True)
    return (
        f'<div class="ng-passage">{head}{_folded(far_before, "above")}'
        f"<pre>{html_text(near_before)}<mark>{html_text(quote)}</mark>{html_text(near_after)}</pre>"
        f"{_folded(far_after, 'below')}</div>"
    )


def _near(text: str, *, first: bool) -> tuple[str, str]:
    """Part a text at the end of a line: a few lines and no more than some characters are near."""
    lines = text.split("\n")
    kept = 0
    used = 0
    for row in lines if first else reversed(lines):
        used += len(row) + 1
        if kept > NEAR_LINES or (kept and used > NEAR_CHARACTERS):
            break
        kept += 1
    if first:
        return "\n".join(lines[:kept]), "\n".join(lines[kept:])
    split = len(lines) - kept
    return "\n".join(lines[:split]), "\n".join(lines[split:])


def _folded(text: str, where: str) -> str:
    shown = text.strip("\n")
    if not shown.strip():
        return ""
    number = shown.count("\n") + 1
    told = f"{number} {'line' if number == 1 else 'lines'} {where}"
    return f"<details><summary>{told}</summary><pre>{html_text(shown)}</pre></details>"


def head_of(title: str, heading: str, place: str) -> str:
    """Write what stands above an opened passage: the document, its section, the place in it."""
    section = "" if heading == title else f" {html_text(line(heading))},"
    named = f'<span class="ng-strong">{html_text(line(title))}</span>,{section} {html_text(place)}'
    return f'<div class="ng-passage-head">{named}</div>'


def opened(evidence: Evidence) -> str:
    """Give the view of a passage for a page, empty where its document is not indexed as it was cited."""
    for index in _indexes():
        text = index.text_of(evidence.sha256, evidence.source)
        if text is None or evidence.text != text[evidence.start : evidence.end]:
            continue
        found = _view(index, text, (evidence.source, evidence.sha256, ""), evidence.start, evidence.end, AROUND)
        return found.figure()
    return ""


def listed(passages: tuple[Passage, ...]) -> str:
    """Write passages as a list whose rows open to their text, everything escaped."""
    return "".join(
        f'<details class="ng-proof"><summary><span class="ng-nth">{number}.</span> {html_text(line(item.source))} '
        f'<span class="ng-place">{html_text(line(item.heading))}, {html_text(item.place)}, '
        f"score {item.score:.2f}</span>"
        f'</summary><div class="ng-passage"><pre>{html_text(item.text)}</pre></div></details>'
        for number, item in enumerate(passages, 1)
    )


def listed_plain(passages: tuple[Passage, ...]) -> str:
    """Write passages as a list with their first lines, for a console."""
    rows = []
    for number, item in enumerate(passages, 1):
        rows += ["", f"[{number}] {line(item.source)}, {line(item.heading)}, {item.place}, score {item.score:.2f}"]
        held = [row for row in clean(item.text).split("\n") if row.strip()]
        rows += [f"    | {clip(row, PLAIN_WIDTH)}" for row in held[:PLAIN_LINES]]
        more = len(held) - PLAIN_LINES
        rows += [f"    | {more} more {'line' if more == 1 else 'lines'}"] if more > 0 else []
    return "\n".join(rows[1:])


def write_page(found: View, out: Path) -> None:
    """Write a view as a page of its own; raises FileRejectedError when it cannot be written."""
    try:
        told = line(f"{found.source}, {found.heading}")
        out.write_text(page(found, line(found.title), subtitle=told), encoding="utf-8")
    except OSError as error:
        raise FileRejectedError(f"cannot be written: {error.strerror or error}", place=str(out)) from None


def show_passages() -> None:
    """Let presentations open passages where they show citations."""
    open_with("passage", opened)


def _indexes() -> list[Index]:
    try:
        return open_all()
    except NetGuruError:
        return []


def holds(evidence: Evidence) -> bool:
    """Find a quotation at its place in the stored text of the document with the evidence's digest."""
    return any(
        index.text_of(evidence.sha256, evidence.source) is not None
        and (index.text_of(evidence.sha256, evidence.source) or "")[evidence.start : evidence.end] == evidence.text
        for index in _indexes()
    )


def read_passage(evidence: Evidence, file: Path) -> bool:
    """Find a quotation again: in the stored text, or where the document is not indexed in the file read anew."""
    from netguru.rag.reading import again

    if holds(evidence):
        return True
    try:
        text = again(file, evidence.source).text
    except (NetGuruError, OSError):
        return False
    return text[evidence.start : evidence.end] == evidence.text


evidence_readers.register("passage", read_passage)
