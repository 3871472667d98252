"""Opening a citation: the stored text around the quotation with the mark on it, and reading evidence again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netguru.checks.reread import evidence_readers
from netguru.errors import FileRejectedError, InputError, NetGuruError, UnknownNameError
from netguru.rag.index import open_all
from netguru.rag.results import View
from netguru.render import open_with, page
from netguru.render.clean import html_text

if TYPE_CHECKING:
    from pathlib import Path

    from netguru.model.evidence import Evidence
    from netguru.rag.index import Index, Stored

AROUND = 800
"""Characters shown before and after a quotation."""


def view(source: str, start: int, end: int, *, around: int = AROUND, collection: str = "") -> View:
    """Open a place of a document; raises UnknownNameError for a document that is not there."""
    index, text, sha256, title = _document(source, collection)
    if not 0 <= start < end <= len(text):
        raise InputError(f"has {len(text)} characters, {start}-{end} is no place in it", place=source)
    first, last = max(0, start - around), min(len(text), end + around)
    # Whole lines, so that a command is not shown in half.
    first = text.rfind("\n", 0, first) + 1 if first else 0
    last = _line_end(text, last)
    passage = _passage(index, source, start)
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


def _passage(index: Index, source: str, start: int) -> Stored | None:
    inside = [item for item in index.passages_of(source) if item.start <= start < item.end]
    return inside[0] if inside else None


def _line_end(text: str, offset: int) -> int:
    found = text.find("\n", offset)
    return len(text) if found < 0 else found


def marked(before: str, quote: str, after: str) -> str:
    """Write a text with its quotation marked, everything escaped: nothing in a document is markup here."""
    return (
        f'<pre class="ng-quote ng-passage">{html_text(before)}<mark>{html_text(quote)}</mark>{html_text(after)}</pre>'
    )


def opened(evidence: Evidence) -> str:
    """Give the view of a passage for a page, the bare quotation where its document is no longer indexed."""
    for index in _indexes():
        text = index.text_of(evidence.sha256, evidence.source)
        if text is None or evidence.text != text[evidence.start : evidence.end]:
            continue
        first = text.rfind("\n", 0, max(0, evidence.start - AROUND)) + 1
        last = _line_end(text, min(len(text), evidence.end + AROUND))
        return marked(text[first : evidence.start], evidence.text, text[evidence.end : last])
    return ""


def write_page(found: View, out: Path) -> None:
    """Write a view as a page of its own; raises FileRejectedError when it cannot be written."""
    try:
        out.write_text(page(found, found.title, subtitle=f"{found.source}, {found.heading}"), encoding="utf-8")
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
    from netguru.rag.loaders import load

    if holds(evidence):
        return True
    try:
        text = load(file, evidence.source).text
    except (NetGuruError, OSError):
        return False
    return text[evidence.start : evidence.end] == evidence.text


evidence_readers.register("passage", read_passage)
