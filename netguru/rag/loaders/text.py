"""Reads plain text: pages and running headers of RFCs removed, numbered sections as headings, paragraphs as blocks."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

from netguru.rag.loaders import loaders
from netguru.rag.loaders.source import is_text, lines_of, named
from netguru.rag.loaders.writer import Line, Writer

if TYPE_CHECKING:
    from netguru.rag.documents import Document, Kind
    from netguru.rag.loaders.source import Source

_FOOTER = re.compile(r".*\[page\s+[\divxlc]+\].*", re.IGNORECASE)
_NUMBERED = re.compile(r"((?:[A-Z]|\d{1,2})\.(?:\d{1,2}\.?)*)\s+([\"A-Z0-9].{0,70})")
_APPENDIX = re.compile(r"(?:Appendix\s+)?([A-Z])[.:]\s+(\S.{0,70})")
_DOTS = re.compile(r"\.{4,}|(?:\. ){4,}|\s\d+$")
_LIST = re.compile(r"(?:[-*+o•]|\(?\d{1,2}[.)]|\(?[a-z][.)])\s+\S")
_RULED = re.compile(r"[+|=*_-]{4,}|[+|].*[+|]\s*$|(?:[+|]\s*){3,}")
_SIGNS = re.compile(r"-->|[<>|=]|\.\.")
_UNDERLINE = re.compile(r"([=\-~*#^])\1{2,}")
_HEAD_WORDS = 12
# Lines at the top of a page that may be its header, and on what part of the pages (odd and even ones may differ).
_HEADER_LINES = 3
_HEADER_SHARE = 0.25
# Blanks before a numbered heading, and characters of one without a number, at most.
_HEAD_INDENT = 2
_DEEPER = 4
_HEAD_LENGTH = 60
# Blanks before a line in the middle.
_CENTRED = 12
_RFC = re.compile(r"(?:Request\s+for\s+Comments:|^RFC:?)\s+(\d+)")
_TOP = 6000


class TextLoader:
    """Read texts without markup; the last resort for a text that no other loader takes."""

    name = "text"

    def recognise(self, head: bytes, uri: str) -> float:
        """Take whatever looks like text."""
        return (0.3 if named(self.name, uri) else 0.1) if is_text(head) else 0.0

    def load(self, source: Source) -> Document:
        """Read the paragraphs."""
        return write_text(source, source.text(), self.name)


def write_text(source: Source, text: str, form: str) -> Document:
    """Write a text as a document; also what remains for a source whose markup cannot be read."""
    writer = Writer(source)
    numbering = _Numbering()
    for page in _pages(text):
        if "\f" in text:
            writer.page()
        _paragraphs(writer, page, numbering)
    return writer.document(form, title=_title(text) if "\f" in text else "")


def _pages(text: str) -> list[list[Line]]:
    """Split at form feeds; lines keep their numbers, running headers and footers are dropped."""
    pages: list[list[Line]] = [[]]
    for number, raw in enumerate(lines_of(text), 1):
        *ended, rest = raw.split("\f")
        for part in ended:
            pages[-1].append(Line(part.expandtabs(), number))
            pages.append([])
        pages[-1].append(Line(rest.expandtabs(), number))
    if len(pages) == 1:
        return pages
    heads: Counter[str] = Counter()
    for page in pages:
        heads.update({_shape(line.text) for line in _tops(page)})
    running = {shape for shape, count in heads.items() if count > max(2, len(pages) * _HEADER_SHARE)}
    return _joined([_stripped(page, running) for page in pages])


def _tops(page: list[Line]) -> list[Line]:
    return [line for line in page if line.text.strip()][:_HEADER_LINES]


def _shape(text: str) -> str:
    return " ".join(re.sub(r"\d+", "#", text).split())


def _stripped(page: list[Line], running: set[str]) -> list[Line]:
    lines = list(page)
    tops = _header(page, running)
    while lines and (not lines[-1].text.strip() or _FOOTER.fullmatch(lines[-1].text)):
        lines.pop()
    index = 0
    while index < len(lines) and (not lines[index].text.strip() or lines[index].number in tops):
        index += 1
    return lines[index:]


def _header(page: list[Line], running: set[str]) -> set[int]:
    """Give the numbers of the lines of a running header, with the name of a chapter that stands right below one."""
    tops = _tops(page)
    found = {line.number for line in tops if _shape(line.text) in running}
    for line, below in pairwise(tops):
        if line.number in found and below.number == line.number + 1 and tops[0].number in found:
            found.add(below.number)
    return found


def _joined(pages: list[list[Line]]) -> list[list[Line]]:
    # A paragraph that runs over the end of a page stays one: its rest moves to the page where it began.
    for page, following in pairwise(pages):
        if page and following and _goes_on(page[-1].text, following[0].text):
            end = next((index for index, line in enumerate(following) if not line.text.strip()), len(following))
            page.extend(following[:end])
            del following[:end]
    return pages


def _goes_on(last: str, first: str) -> bool:
    same = len(last) - len(last.lstrip()) == len(first) - len(first.lstrip())
    return same and first.lstrip()[:1].islower() and last.rstrip()[-1:] not in {".", ":"}


class _Numbering:
    """Follow the numbers of sections: an item of a numbered list does not carry them on."""

    def __init__(self) -> None:
        self.last: tuple[int, ...] = ()
        self.indents: dict[int, int] = {}

    def depth(self, label: str, indent: int, *, centred: bool) -> int:
        """Give the level of a heading with this number, or 0 when it is none."""
        parts = [part for part in label.split(".") if part]
        if not parts[0].isdigit():
            return len(parts) if indent <= _HEAD_INDENT else 0
        numbers = tuple(int(part) for part in parts)
        depth = len(numbers)
        # All headings of one depth begin in one column.
        usual = self.indents.get(depth, min(indent, _HEAD_INDENT + _DEEPER * (depth - 1)))
        if not self._follows(numbers) or (indent != usual and not centred):
            return 0
        self.last = numbers
        if not centred:
            self.indents[depth] = indent
        return depth

    def _follows(self, numbers: tuple[int, ...]) -> bool:
        if not self.last:
            return numbers[0] <= 1
        if len(numbers) == 1:
            return numbers[0] == self.last[0] + 1
        # Within the section, or the first part of the next one: its own heading may have been missed.
        return numbers > self.last and numbers[0] - self.last[0] in {0, 1}


def _paragraphs(writer: Writer, lines: list[Line], numbering: _Numbering) -> None:
    group: list[Line] = []
    # A blank line at the end closes the last paragraph.
    for line in [*lines, Line("", 0)]:
        if line.text.strip():
            group.append(line)
        elif group:
            _paragraph(writer, group, numbering)
            group = []


def _paragraph(writer: Writer, group: list[Line], numbering: _Numbering) -> None:
    heading = _heading(group, numbering)
    if heading:
        level, used = heading
        title = " ".join(line.text.strip() for line in group[:used] if not _UNDERLINE.fullmatch(line.text.strip()))
        writer.heading(level, title, group[0].number)
        group = group[used:]
    if group:
        writer.block(_kind(group), group)


def _heading(group: list[Line], numbering: _Numbering) -> tuple[int, int] | None:
    """Give the level of a heading that a paragraph begins with and the lines that it takes."""
    text = group[0].text
    if len(group) > 1 and _UNDERLINE.fullmatch(group[1].text.strip()) and not text.startswith((" ", "\t")):
        level = 1 if group[1].text.strip()[0] in "=#*" else 2
        return level, 2
    indented = _indent(group[0])
    match = _NUMBERED.fullmatch(text.strip()) or _APPENDIX.fullmatch(text.strip())
    alone = len(group) == 1 or indented < _indent(group[1])
    if match and alone and not _DOTS.search(text) and _titled(match[2]):
        centred = indented >= _CENTRED and len(group) == 1 and match[2].isupper()
        depth = numbering.depth(match[1], indented, centred=centred)
        return (depth, 1) if depth else None
    if len(group) == 1 and not indented and _titled(text) and text[:1].isupper() and len(text) < _HEAD_LENGTH:
        return 1, 1
    return None


def _indent(line: Line) -> int:
    return len(line.text) - len(line.text.lstrip())


def _titled(text: str) -> bool:
    words = text.split()
    return (
        0 < len(words) <= _HEAD_WORDS
        and text[-1] not in ".,;:?!|"
        and not _SIGNS.search(text)
        and text[0].isalnum()
        and "  " not in text.strip()
    )


def _kind(group: list[Line]) -> Kind:
    ruled = sum(bool(_RULED.search(line.text)) for line in group)
    if ruled * 2 >= len(group):
        return "table"
    return "list" if _LIST.match(group[0].text.strip()) else "prose"


def _title(text: str) -> str:
    """Give the title of an RFC: the first centred line behind the block of authors."""
    lines = lines_of(text[:_TOP].partition("\f")[0].expandtabs())
    number = next(
        (match[1] for line in lines if (match := _RFC.search(line))),
        None,
    )
    blanks = 0
    seen = False
    for line in lines:
        if not line.strip():
            blanks += 1
            continue
        if seen and blanks and line.startswith("      ") and "   " not in line.strip():
            return f"RFC {number}: {line.strip()}" if number else line.strip()
        seen, blanks = True, 0
    return f"RFC {number}" if number else ""


loaders.register("text", TextLoader())
