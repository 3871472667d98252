"""Nothing that a file holds is obeyed by a terminal, a Markdown reader or a browser."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netguru import render
from netguru.model import Coverage, Evidence, Finding, Findings, Gap, Severity, Subject
from netguru.render.clean import clean, markdown_text

_ATTACKS = [
    "<script>alert(1)</script>",
    "</details></section><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)',
    "' onclick='alert(1)",
    "javascript:alert(1)",
    "[click](javascript:alert(1))",
    "![pixel](http://attacker.example/x.png)",
    "</style><style>*{display:none}</style>",
    "| a | b |\n| --- | --- |",
    "```\n# heading\n```",
    "~~~~\n<b>",
    "\x1b[2J\x1b[1;31mred\x1b[0m",
    "\x1b]8;;http://attacker.example\x07link\x1b]8;;\x07",
    "\x9b31m",
    "admin\u202egnp.exe",
    "zero\u200bwidth\ufeff",
    "bell\x07 back\x08 null\x00",
    "line\u2028separator",
    "half \ud800 pair",
    "\r\noverwrite\rme",
]
_OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_ALLOWED = frozenset(
    "section div span details summary dl dt dd ul li b code pre table thead tbody tr th td style".split()
)


def _findings(text: str) -> Findings:
    evidence = Evidence(source=text, sha256="", kind="packet", start=1, end=2, text=text)
    finding = Finding(
        check=text,
        severity=Severity.ERROR,
        title=text,
        why=text,
        remedy=text,
        subject=Subject(devices=(text,), interfaces=((text, text),)),
        symptoms=(text,),
        evidence=(evidence,),
    )
    coverage = Coverage(
        unit=text,
        total=2,
        read=1,
        gaps=(Gap(reason=text, count=1, places=(text,)),),
        notes=(text,),
        missing=(text,),
        parts=(Coverage(unit=text, total=1, read=0, gaps=(Gap(reason=text, count=1),), source=text),),
    )
    return Findings(findings=(finding,), coverage=coverage)


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in _ALLOWED
        assert {name for name, _ in attrs} <= {"class", "title", "style", "open"}
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def _check_html(made: str) -> None:
    tags = _Tags()
    tags.feed(made)
    assert tags.open == []
    assert not _OBEYED.search(made)
    made.encode("utf-8")


@pytest.mark.parametrize("attack", _ATTACKS)
def test_html(attack: str) -> None:
    _check_html(render.html(_findings(attack)))


@pytest.mark.parametrize("attack", _ATTACKS)
def test_text(attack: str) -> None:
    made = render.text(_findings(attack))

    assert not _OBEYED.search(made)
    made.encode("utf-8")


@pytest.mark.parametrize("attack", _ATTACKS)
def test_markdown(attack: str) -> None:
    from markdown_it import MarkdownIt

    made = render.markdown(_findings(attack))
    shown = MarkdownIt("commonmark", {"html": True}).enable("table").render(made)

    assert not _OBEYED.search(made)
    assert re.findall(r"<(?:script|img|a|b|style)\b", shown) == []
    assert shown.count("<table>") == 1


@given(st.text())
def test_any_text_is_made_harmless(text: str) -> None:
    assert not _OBEYED.search(clean(text))
    assert "\n" not in markdown_text(text)
    assert "<" not in markdown_text(text)


_VALUES: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(_VALUES)
def test_any_value_has_every_form(value: Any) -> None:
    bundle = render.mimebundle(value)

    assert not _OBEYED.search(bundle["text/plain"])
    _check_html(bundle["text/html"])


def test_page_allows_no_script_and_no_request() -> None:
    page = render.page(_findings("<script>"), "<title>", subtitle="<b>")

    assert "default-src 'none'" in page
    assert "<script" not in page
    assert "&lt;title&gt;" in page
    assert not re.search(r"(?:src|href)=|url\(|@import", page)
