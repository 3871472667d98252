"""Chunks: their laws over any document, and where the cuts fall."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from netguru.errors import NetGuruError
from netguru.rag.chunks import chunked, tokens
from netguru.rag.documents import Chunk, Document, Kind
from netguru.rag.loaders import load
from netguru.rag.loaders.source import Source
from netguru.rag.loaders.writer import Line, Writer

if TYPE_CHECKING:
    from collections.abc import Sequence

KINDS = [kind for kind in get_args(Kind) if kind != "heading"]
LINE = st.text(alphabet="ab09 .:-_é/\t\u3000Ω", max_size=60) | st.sampled_from(
    ["set mtu 1500", "x" * 90, " " * 90 + "y", ""]
)
HEADING = st.tuples(
    st.just("heading"), st.integers(1, 6), st.lists(st.text(alphabet="abc 1", max_size=40), min_size=1, max_size=1)
)
BLOCK = st.tuples(st.sampled_from(KINDS), st.just(0), st.lists(LINE, min_size=1, max_size=30))


def written(parts: Sequence[tuple[str, int, list[str]]]) -> Document:
    """Write a document as loaders do, a source line for each line."""
    writer = Writer(Source(uri="made.md", data=b"made"))
    number = 0
    for kind, level, lines in parts:
        numbered = [Line(line, number + index) for index, line in enumerate(lines, 1)]
        number += len(lines)
        if level:
            writer.heading(level, lines[0], numbered[0].number)
        else:
            writer.block(kind, numbered)
    return writer.document("made", title="Made")


def lawful(document: Document, chunks: tuple[Chunk, ...], cap: int) -> None:
    covered = set()
    last = 0
    for chunk in chunks:
        assert document.text[chunk.start : chunk.end] == chunk.text
        assert chunk.text.strip()
        assert chunk.start >= last
        last = chunk.end
        covered.update(range(chunk.start, chunk.end))
        assert tokens(chunk.index_text) <= cap
        assert chunk.index_text.endswith(chunk.text)
        assert chunk.line_start <= document.line_at(chunk.start) <= chunk.line_end
        assert chunk.line_start <= document.line_at(chunk.end - 1) <= chunk.line_end
        assert chunk.page == document.page_at(chunk.start)
    assert all(char.isspace() or index in covered for index, char in enumerate(document.text))


@example(parts=[("heading", 1, ["111"]), ("prose", 0, [*["0"] * 7, "0:0:0", "0" * 13])], cap=24, share=1.0)
@given(parts=st.lists(HEADING | BLOCK, max_size=20), cap=st.integers(24, 200), share=st.floats(0.2, 1.0))
def test_the_laws_hold_for_any_document(parts: list[tuple[str, int, list[str]]], cap: int, share: float) -> None:
    document = written(parts)
    lawful(document, chunked(document, int(cap * share), cap), cap)


@given(text=st.text(max_size=3000))
def test_the_laws_hold_for_any_text(text: str) -> None:
    try:
        document = load(text.encode("utf-8", "replace"), "any.md")
    except NetGuruError:
        return
    lawful(document, chunked(document, 40, 60), 60)


def of(kind: str, *lines: str) -> tuple[str, int, list[str]]:
    return kind, 0, list(lines)


def head(level: int, text: str) -> tuple[str, int, list[str]]:
    return "heading", level, [text]


def words(count: int) -> str:
    return " ".join(["net"] * count)


def test_code_and_commands_stay_whole_below_the_cap() -> None:
    document = written(
        [head(1, "A"), of("prose", words(90)), of("command", *["set mtu one"] * 50), of("prose", words(90))]
    )
    whole = next(chunk for chunk in chunked(document, 100, 400) if chunk.kind == "command")
    assert whole.text == "\n".join(["set mtu one"] * 50)


def test_a_heading_stands_with_what_follows_it() -> None:
    document = written([head(1, "A"), of("prose", words(90)), head(2, "B"), of("code", *["one two"] * 60)])
    chunks = chunked(document, 100, 200)
    assert [chunk.text.split("\n")[0] for chunk in chunks] == ["A", "B"]
    assert [chunk.path for chunk in chunks] == [("A",), ("A", "B")]


def test_a_lead_in_stays_with_its_code() -> None:
    document = written([head(1, "A"), of("prose", words(95)), of("prose", "Do this:"), of("code", *["one two"] * 60)])
    assert chunked(document, 100, 200)[-1].text.startswith("Do this:")


def test_small_siblings_are_joined_under_the_path_that_they_share() -> None:
    document = written([head(1, "A"), head(2, "B"), of("prose", words(20)), head(2, "C"), of("prose", words(20))])
    (chunk,) = chunked(document, 100, 200)
    assert chunk.path == ("A",)
    assert chunk.index_text.startswith("Made > A\nA\n\nB")


def test_large_siblings_are_not_joined() -> None:
    document = written([head(1, "A"), head(2, "B"), of("prose", words(80)), head(2, "C"), of("prose", words(80))])
    assert [chunk.path for chunk in chunked(document, 100, 200)] == [("A", "B"), ("A", "C")]


def test_parts_of_a_cut_command_tell_its_first_line() -> None:
    document = written([head(1, "A"), of("command", "clear everything", *["  more words here"] * 200)])
    first, *rest = chunked(document, 64, 128)
    assert "clear everything" in first.text
    assert len(rest) > 3
    assert all(chunk.index_text.startswith("Made > A\nclear everything\n") for chunk in rest)


def test_a_block_is_cut_at_a_blank_line_if_it_can() -> None:
    paragraphs = [line for _ in range(12) for line in ("one two three four", "five six seven eight", "")]
    document = written([of("prose", *paragraphs)])
    chunks = chunked(document, 60, 60)
    assert all(chunk.text.endswith("eight") for chunk in chunks)


@pytest.mark.parametrize("line", ["x" * 1_000_000, "a b " * 250_000, " " * 1_000_000 + "x"])
def test_a_line_without_end_is_cut(line: str) -> None:
    document = written([of("prose", line)])
    chunks = chunked(document)
    assert max(tokens(chunk.index_text) for chunk in chunks) <= 512
    assert "".join("".join(chunk.text.split()) for chunk in chunks) == "".join(line.split())


def test_a_path_longer_than_its_part_of_the_cap_is_cut_from_outside() -> None:
    parts = [head(level, f"{words(30)} {level}") for level in range(1, 7)]
    document = written([*parts, of("prose", words(40))])
    last = chunked(document, 60, 120)[-1]
    assert tokens(last.index_text) <= 120
    assert len(last.path) > 1
    assert f"{words(20)} 1 >" not in last.index_text


def test_lines_and_pages_lead_back_to_the_source() -> None:
    document = load(b"First page.\n\fSecond page\nhas a text.\n\fThird page.\n", "paged.txt")
    chunks = chunked(document, 8, 16)
    assert [(chunk.page, chunk.line_start, chunk.line_end) for chunk in chunks] == [(1, 1, 1), (2, 2, 3), (3, 4, 4)]
