"""Loaders: what each format becomes, with the line of the source behind every line of the text."""

from __future__ import annotations

import json
import unicodedata
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import made
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netguru.errors import FileRejectedError, NetGuruError
from netguru.rag.loaders import choose, load, loaders

if TYPE_CHECKING:
    from netguru.rag.documents import Document

CASES = Path(__file__).parents[1] / "cases" / "rag"
FORMATS = ["docx", "html", "markdown", "pdf", "rst", "text"]
NAMES = ["input.rst", "input.md", "input.html", "input.txt", "input.pdf", "input.docx"]
NEVER = "never"


def told(document: Document) -> dict[str, object]:
    """Give a document as the case files hold it: every line with the line of its source."""
    blocks = []
    for block in document.blocks:
        starts = [start for start in document.line_starts if block.start <= start <= block.end]
        text = document.text
        blocks.append(
            {
                "kind": f"{block.kind} {block.level}" if block.level else block.kind,
                "path": " > ".join(block.path),
                "lines": [f"{document.line_at(start)}|{text[start : text.index(chr(10), start)]}" for start in starts],
            }
        )
    return {
        "title": document.title,
        "format": document.format,
        "language": document.language,
        "licence": document.licence,
        "pages": [document.line_at(page) for page in document.pages],
        "damages": list(document.damages),
        "includes": [item.uri for item in document.includes],
        "blocks": blocks,
    }


def lawful(document: Document) -> None:
    """Check what holds for every document."""
    text = document.text
    assert unicodedata.is_normalized("NFC", text)
    assert "\r" not in text
    assert all(char in "\n\t" or char.isprintable() or unicodedata.category(char) not in {"Cc", "Cs"} for char in text)
    places = [(block.start, block.end) for block in document.blocks]
    assert places == sorted(places)
    assert all(first[1] <= second[0] for first, second in pairwise(places))
    covered = set()
    for start, end in places:
        assert text[start:end].strip()
        covered.update(range(start, end))
    assert all(char.isspace() or index in covered for index, char in enumerate(text))
    assert len(document.line_starts) == len(document.source_lines) == text.count("\n")
    assert (
        list(document.line_starts) == [0, *(i + 1 for i, char in enumerate(text) if char == "\n")][: text.count("\n")]
    )
    assert min(document.source_lines, default=1) >= 1
    assert list(document.pages) == sorted(document.pages)


@pytest.mark.parametrize("case", sorted(path.name for path in CASES.iterdir() if (path / "expected.json").exists()))
def test_cases(case: str) -> None:
    folder = CASES / case
    source = next(folder.glob("input.*"))
    document = load(source, root=folder)
    lawful(document)
    assert told(document) == json.loads((folder / "expected.json").read_text())
    assert NEVER not in document.text
    assert not loaders.errors


def test_a_loader_is_chosen_by_content_and_name() -> None:
    assert set(FORMATS) <= set(loaders)
    assert choose(b"%PDF-1.7 ...", "manual").name == "pdf"
    assert choose(b"<!DOCTYPE html><html>", "page").name == "html"
    assert choose(b".. cfgcmd:: set x\n\n   text\n\n.. note:: y\n", "part.txt").name == "rst"
    assert choose(b"Title\n=====\n\ntext\n", "readme.md").name == "markdown"
    assert choose(b"just words", "notes").name == "text"
    with pytest.raises(FileRejectedError, match="no known document format"):
        choose(b"\x7fELF\x02\x01\x01\x00\x00", "program")


def test_docx() -> None:
    document = load(made.docx_manual(), "manual.docx")
    lawful(document)
    assert document.title == "Lab manual"
    assert [(block.kind, block.level) for block in document.blocks] == [
        ("heading", 1),
        ("prose", 0),
        ("heading", 2),
        ("list", 0),
        ("code", 0),
        ("table", 0),
    ]
    assert "- fan\n- fibre" in document.text
    assert "show vlan\n  show mac" in document.text
    assert "| port | peer |\n| 1 | core |" in document.text
    assert "deleted" not in document.text


def test_pdf_pages() -> None:
    document = load(made.pdf(["1 Overview", "The first page."], ["Second page text."], ["Third page."]), "manual.pdf")
    lawful(document)
    assert len(document.pages) == 3
    assert document.page_at(document.text.index("first page")) == 1
    assert document.page_at(document.text.index("Second")) == 2
    assert document.page_at(document.text.index("Third")) == 3
    assert document.blocks[0].kind == "heading"


def test_commonly_nested_places_of_includes(tmp_path: Path) -> None:
    # A leading slash means the root of the manual, which may lie below the folder that is read.
    (tmp_path / "manual" / "deep").mkdir(parents=True)
    (tmp_path / "manual" / "part.txt").write_text("Taken in.\n")
    source = tmp_path / "manual" / "deep" / "page.rst"
    source.write_text("Page\n====\n\n.. include:: /part.txt\n")
    document = load(source, root=tmp_path)
    assert "Taken in." in document.text
    assert [item.uri for item in document.includes] == ["manual/part.txt"]
    assert document.line_at(document.text.index("Taken")) == 4


@given(data=st.binary(max_size=400) | st.text(max_size=400).map(str.encode), name=st.sampled_from(NAMES))
def test_any_bytes_are_read_or_refused(data: bytes, name: str) -> None:
    try:
        document = load(data, name)
    except NetGuruError:
        return
    lawful(document)


MARKUP = st.sampled_from(
    [
        *(
            "# H\n",
            "## I\n",
            "Title\n=====\n",
            "Other\n-----\n",
            "\n",
            "\n\n",
            "text of a line\n",
            "- item\n",
            "  - deeper\n",
        ),
        *(
            "1. one\n",
            "```\ncode\n```\n",
            "::\n\n    code\n\n",
            "| a | b |\n|---|---|\n| 1 | 2 |\n",
            "> quoted\n",
            "    pre\n",
        ),
        *(
            ".. clicmd:: show x\n",
            "   body\n",
            ".. note:: n\n",
            ".. include:: a\n",
            "<p>x</p>\n",
            "<div>\n",
            "!!! tip\n",
        ),
        *(
            "    inner\n",
            '=== "Tab"\n',
            "/// note\n",
            "///\n",
            "\f",
            "é\u0301\u200b\n",
            "***\n",
            "+--+\n|a |\n+--+\n",
            "`x`_ |s|\n",
        ),
    ]
)


@given(parts=st.lists(MARKUP, max_size=25), name=st.sampled_from(NAMES[:4]))
def test_any_markup_is_read(parts: list[str], name: str) -> None:
    text = "".join(parts)
    if text.strip():
        lawful(load(text.encode(), name))
