"""Prepares the lines of Markdown for the parser: front matter, snippets taken in, blocks of MkDocs made plain."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from netguru.rag.loaders.source import limits, lines_of
from netguru.rag.loaders.writer import Line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netguru.rag.loaders.source import Source

_META = re.compile(r"(\w[\w -]*):\s*(.*)")
_SNIPPET = re.compile(r"(\s*)-{1,}8<-{1,}\s+[\"']([^\"']+)[\"']\s*")
_MARK = re.compile(r".*-{1,}8<-{1,}\s+\[(start|end):\s*([\w-]+)\].*")
_ADMONITION = re.compile(r"(\s*)(?:!!!|\?\?\?\+?)\s*([\w -]*?)(?:\s+inline(?:\s+end)?)?(?:\s+\"(.*)\")?\s*")
_TAB = re.compile(r"(\s*)===[!+]?\s*\"(.*)\"\s*")
_BLOCK = re.compile(r"(\s*)(/{3,})\s*(\S.*)?")
_FENCE = re.compile(r"\s*(`{3,}|~{3,})")
_WRAP = re.compile(r"\s*</?(?:div|figure|center|section|details|p|small)\b[^>]*>\s*", re.IGNORECASE)
_ABBREVIATION = re.compile(r"\*\[([^\]]+)\]:\s*(\S.*)")
_OPTION = re.compile(r"\s+[a-z_]+:\s.*")
_QUIET = {"tab", "html", "details", "admonition"}


def front_matter(text: str) -> tuple[dict[str, str], list[Line]]:
    r"""Split off a YAML head; only its plain `key: value` lines are read.

    >>> front_matter("---\ntitle: Lab\n---\n# One")[0]
    {'title': 'Lab'}
    """
    lines = [Line(line, number) for number, line in enumerate(lines_of(text), 1)]
    if not lines or lines[0].text.rstrip() != "---":
        return {}, lines
    end = next((index for index, line in enumerate(lines[1:200], 1) if line.text.rstrip() in {"---", "..."}), 0)
    meta = {}
    for line in lines[1:end]:
        match = _META.fullmatch(line.text)
        if match and match[2]:
            meta[match[1].strip().lower()] = match[2].strip().strip("\"'")
    return meta, lines[end + 1 :] if end else lines


def prepared(source: Source, lines: list[Line]) -> list[Line]:
    """Take in the snippets and turn admonitions and tabs into plain paragraphs."""
    return list(_plain(_included(source, lines, source.uri, 0)))


def _included(source: Source, lines: list[Line], base: str, depth: int) -> Iterator[Line]:
    for line in lines:
        match = _SNIPPET.fullmatch(line.text)
        if not match:
            if not _MARK.fullmatch(line.text):
                yield line
            continue
        target = match[2]
        # A page of the net is not fetched: the reference stays as it stands.
        if "://" in target or depth >= limits()["include_depth"]:
            yield line
            continue
        name, _, section = target.partition(":")
        taken = source.include(name, base)
        if taken:
            inner = [Line(match[1] + text, line.number) for text in _section(lines_of(taken[1]), section)]
            yield from _included(source, inner, taken[0], depth + 1)


def _section(lines: list[str], section: str) -> list[str]:
    if not section:
        return lines
    if re.fullmatch(r"\d*:?\d*", section):
        first, _, last = section.partition(":")
        return lines[max(int(first or 1) - 1, 0) : int(last) if last else None]
    marks = [(index, match) for index, line in enumerate(lines) if (match := _MARK.fullmatch(line))]
    inside = [index for index, match in marks if match[2] == section]
    return lines[inside[0] + 1 : inside[1]] if len(inside) > 1 else []


def _plain(lines: Iterator[Line]) -> Iterator[Line]:
    """Undo the indentation below admonitions and tabs, and the fences of blocks."""
    opened: list[int] = []
    fence = ""
    options = False
    for line in lines:
        text = _outdented(line.text, opened)
        if options and _OPTION.fullmatch(text):
            continue
        options = not fence and bool(_BLOCK.fullmatch(text))
        mark = _FENCE.match(text)
        if fence:
            if mark and mark[1].startswith(fence) and not text.strip().strip(mark[1][0]):
                fence = ""
            yield Line(text, line.number)
            continue
        if mark:
            fence = mark[1]
            yield Line(text, line.number)
            continue
        yield from _directive(text, line.number, opened)


def _outdented(text: str, opened: list[int]) -> str:
    if not opened:
        return text
    if not text.strip():
        return ""
    text = text.expandtabs(4)
    indent = len(text) - len(text.lstrip())
    while opened and indent < opened[-1]:
        opened.pop()
    shift = len(opened) * 4
    return text[shift:]


def _directive(text: str, number: int, opened: list[int]) -> Iterator[Line]:
    for pattern in (_ADMONITION, _TAB):
        match = pattern.fullmatch(text)
        if match:
            opened.append(len(opened) * 4 + len(match[1]) + 4)
            title = (
                match[2] if pattern is _TAB else (match[3] if match[3] is not None else match[2].split(" ")[0].title())
            )
            # A paragraph of its own, so that the body starts anew.
            yield from (Line("", number), Line(f"{title}:" if title else "", number), Line("", number))
            return
    match = _BLOCK.fullmatch(text)
    if match:
        name, _, title = (match[3] or "").partition("|")
        kind = name.strip()
        # `/// html | td` says how a page is built, `/// tab | CLI` what it says.
        shown = "" if kind == "html" else title.strip() or ("" if kind in _QUIET else kind.title())
        yield from (Line("", number), Line(f"{shown}:" if shown else "", number), Line("", number))
    elif (short := _ABBREVIATION.fullmatch(text)) is not None:
        yield Line(f"{short[1]}: {short[2]}", number)
    elif _WRAP.fullmatch(text):
        # A lone wrapper would hide the Markdown inside it from the parser.
        yield Line("", number)
    else:
        yield Line(text, number)
