"""Markdown that a model or a document wrote: shown with its form, without its links, images and HTML."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from netguru.render.clean import clean

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

_ACTIVE = ("link", "image", "autolink", "html_inline", "html_block", "reference")
_FENCE = re.compile(r" {0,3}(`{3,}[^`]*|~{3,}.*)$")
_BEGUN = re.compile(r" {0,3}(?:`|~)")
_CODE = re.compile(r"(?<![`\\])(`+)(?!`)(.+?)(?<!`)\1(?!`)")
# What an escape already made plain comes first, in pairs as readers take them.
_DANGER = re.compile(r"\\.|!\[|\]\(|\]\[|\]:|[<&@|]|://|www\.", re.IGNORECASE)
_ESCAPED = {
    "<": "&lt;",
    "&": "&amp;",
    "@": r"\@",
    "://": r":\//",
    "![": r"!\[",
    "](": r"]\(",
    "][": r"]\[",
    "]:": r"]\:",
}


def prose_html(text: str) -> str:
    """Give a text in Markdown as HTML in which nothing leads or asks elsewhere.

    >>> print(prose_html("**MTU** is `1400` [1], see [x](http://a.b)<img>"))
    <p><strong>MTU</strong> is <code>1400</code> [1], see [x](http://a.b)&lt;img&gt;</p>
    """
    return str(_reader().render(clean(text))).rstrip()


@cache
def _reader() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False}).enable("table").disable([*_ACTIVE])


def prose_markdown(text: str) -> str:
    r"""Give a text in Markdown for someone else's reader: what would be a link, an image or HTML is plain text.

    Blocks of code get fences of their own, so that every reader sees the same blocks; a piece of code in a line
    that holds what could be active outside of code loses its form.

    >>> prose_markdown("see [x](http://a.b), `mtu 9000`, <img src=x>")
    'see [x]\\(http:\\//a.b), `mtu 9000`, &lt;img src=x>'
    """
    lines = clean(text).split("\n")
    made: list[str] = []
    index = 0
    while index < len(lines):
        opened = _FENCE.match(lines[index])
        if opened is None:
            made.append(_line(lines[index]))
            index += 1
            continue
        end = _end(lines, index, opened[1])
        made += _block(lines[index + 1 : end])
        index = end + 1
    return "\n".join(made)


class ProseStream:
    r"""Do what `prose_markdown` does while a text comes: whole words at once, a block of code when it is complete.

    >>> stream = ProseStream()
    >>> stream.feed("see [x]"), stream.feed("(http://a.b) and "), stream.end()
    ('see ', '[x]\\(http:\\//a.b) and ', '')
    """

    def __init__(self) -> None:
        self._held = ""
        self._block: list[str] = []
        self._fence = ""
        self._within = False

    def feed(self, text: str) -> str:
        """Take a piece and give what is sure by now."""
        *lines, self._held = (self._held + text).split("\n")
        made = [self._taken(line) for line in lines]
        # What could be active holds no space, so a text may be cut behind one; code in a line waits for its end,
        # as does the beginning of what may be a fence.
        cut = self._held.rfind(" ") + 1
        if not self._fence and self._held[:cut].strip() and "`" not in self._held and not _BEGUN.match(self._held):
            made.append(_line(clean(self._held[:cut])))
            self._held, self._within = self._held[cut:], True
        return "".join(made)

    def end(self) -> str:
        """Give the rest."""
        if self._fence:
            rest, self._block = "\n".join([*self._block, self._held]), []
            self._held, self._fence = "", ""
            return prose_markdown(rest)
        rest, self._held = self._held, ""
        return _line(clean(rest)) if self._within else prose_markdown(rest)

    def _taken(self, line: str) -> str:
        """Take a whole line."""
        if self._fence:
            self._block.append(line)
            if _end([line], -1, self._fence):
                return ""
            block, self._block, self._fence = "\n".join(self._block), [], ""
            return prose_markdown(block) + "\n"
        opened = None if self._within else _FENCE.match(clean(line))
        self._within = False
        if opened is None:
            return _line(clean(line)) + "\n"
        self._block, self._fence = [line], opened[1]
        return ""


def _end(lines: list[str], start: int, fence: str) -> int:
    mark = fence[0]
    closing = re.compile(rf" {{0,3}}{re.escape(mark)}{{{len(fence) - len(fence.lstrip(mark))},}}\s*$")
    return next((at for at in range(start + 1, len(lines)) if closing.match(lines[at])), len(lines))


def _block(rows: list[str]) -> list[str]:
    """Fence a block of code at the margin, where no list or quotation can end it early."""
    longest = max((len(run) for row in rows for run in re.findall("`+", row)), default=0)
    fence = "`" * max(3, longest + 1)
    return ["", fence, *rows, fence, ""]


def _line(row: str) -> str:
    made, at = [], 0
    for code in _CODE.finditer(row):
        made.append(_plain(row[at : code.start()]))
        made.append(_plain(code[0]).replace("`", "\\`") if _DANGER.search(code[0]) else code[0])
        at = code.end()
    return "".join([*made, _plain(row[at:])])


def _plain(text: str) -> str:
    return _DANGER.sub(_harmless, text)


def _harmless(found: re.Match[str]) -> str:
    text = found[0]
    return f"{text[:-1]}\\." if text.lower() == "www." else _ESCAPED.get(text, text)
