"""Making untrusted text harmless: no terminal control, no reordering marks, escaped for HTML and Markdown."""

from __future__ import annotations

import html
import re
import unicodedata

_ANSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x9b[0-?]*[ -/]*[@-~]")
# Control characters, the marks that reorder or hide text, other line ends, and halves of surrogate pairs.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
    "|[\U000e0000-\U000e007f]"
)
_MARKDOWN = re.compile(r"([\\`*_{}\[\]|~$#!^]|(?<=www)\.|:(?=//))")
_PICTURES = 0x2400


def clean(text: object) -> str:
    r"""Show text as it is, but nothing in it that a terminal or a browser would obey.

    Terminal sequences are removed; a lone control character becomes its picture, a mark that
    reorders or hides text its code point. Tabs and line feeds stay.

    >>> clean("up\x1b[31m down"), clean("a\u202eb"), clean("bell\x07")
    ('up down', 'a<U+202E>b', 'bell␇')
    """
    return _HIDDEN.sub(_visible, _ANSI.sub("", str(text).replace("\r\n", "\n")))


def _visible(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:  # noqa: PLR2004 - the C0 control characters
        return chr(_PICTURES + code)
    return "\u2421" if code == 0x7F else f"<U+{code:04X}>"  # noqa: PLR2004 - DEL


def line(text: object) -> str:
    r"""Clean text and bring it to one line.

    >>> line("two\n  lines")
    'two lines'
    """
    return " ".join(clean(text).split())


def html_text(text: object) -> str:
    """Clean and escape text for HTML, inside elements and quoted attributes.

    >>> html_text('<b title="x">')
    '&lt;b title=&quot;x&quot;&gt;'
    """
    return html.escape(clean(text), quote=True)


def markdown_text(text: object) -> str:
    r"""Clean and escape text for Markdown, on one line, also inside a table; addresses in it are no links.

    >>> markdown_text("a|b *c* <i>")
    'a\\|b \\*c\\* &lt;i&gt;'
    """
    return html.escape(_MARKDOWN.sub(r"\\\1", line(text)), quote=False)


def markdown_block(text: object, *, indent: str = "") -> str:
    """Quote text as a fenced block; the fence is longer than any inside."""
    body = clean(text)
    longest = max((len(run) for run in re.findall("`+", body)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join(indent + row for row in (f"{fence}text", *body.split("\n"), fence))


def width_of(text: str) -> int:
    """Count the terminal columns of a text: wide East Asian characters take two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


def clip(text: str, width: int) -> str:
    """Cut a one-line text to a number of terminal columns and mark the cut.

    >>> clip("GigabitEthernet0/1", 8)
    'Gigabit…'
    """
    if width_of(text) <= width:
        return text
    kept, used = "", 1
    for char in text:
        used += width_of(char)
        if used > width:
            break
        kept += char
    return kept + "…"
