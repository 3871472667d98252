"""The curated documents: what is indexed once, what makes a document new, what the manifest says of a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from netguru.rag.index import Index
from netguru.rag.loaders import loaders

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from netguru.rag.results import Ingested

_CHAPTER = "Origin validation\n=================\n\nThe cache holds route origin records.\n"
_BOOK = (
    "Routing\n=======\n\nWords of the book.\n\n.. include:: {}\n\nBehind it.\n------------\n\nThe end of the book.\n"
)
_FRAGMENT = "Use the common saving command after each change.\n"


def _sources_of(word: str) -> list[str]:
    index = Index.open("local")
    assert index is not None
    sql = "SELECT DISTINCT uri FROM documents JOIN chunks ON chunks.document = documents.id WHERE "
    return [
        row[0]
        for row in index.base.execute(
            f"{sql} instr(substr(text, start + 1, stop - start), ?) ORDER BY uri",
            (word,),
        )
    ]


@pytest.fixture
def book(tmp_path: Path) -> Path:
    folder = tmp_path / "book"
    folder.mkdir()
    (folder / "chapter.rst").write_text(_CHAPTER)
    (folder / "book.rst").write_text(_BOOK.format("chapter.rst"))
    (folder / "saving.rst").write_text(_FRAGMENT)
    for name in ("one", "two"):
        (folder / f"{name}.rst").write_text(f"{name.title()}\n===\n\nOf {name}.\n\n.. include:: saving.rst\n")
    return folder


def test_a_chapter_is_found_under_its_own_name_alone(book: Path, bring: Callable[[Path], Ingested]) -> None:
    bring(book)
    assert _sources_of("route origin records") == ["chapter.rst"]
    assert _sources_of("The end of the book") == ["book.rst"]


def test_a_fragment_is_found_in_the_documents_around_it(book: Path, bring: Callable[[Path], Ingested]) -> None:
    bring(book)
    assert _sources_of("common saving command") == ["one.rst", "two.rst"]


def test_what_is_left_out_stays_so_while_nothing_changes(book: Path, bring: Callable[[Path], Ingested]) -> None:
    first = bring(book)
    again = bring(book)
    assert (again.added, again.changed, again.passages, again.unchanged) == (0, 0, 0, first.added)
    assert _sources_of("route origin records") == ["chapter.rst"]


def test_a_fragment_comes_back_when_nothing_takes_it_in(book: Path, bring: Callable[[Path], Ingested]) -> None:
    bring(book)
    for name in ("one", "two"):
        (book / f"{name}.rst").write_text(f"{name.title()}\n===\n\nNothing but itself.\n")
    bring(book)
    assert _sources_of("common saving command") == ["saving.rst"]


def test_a_chapter_that_a_second_document_takes_in_becomes_a_fragment(
    book: Path, bring: Callable[[Path], Ingested]
) -> None:
    bring(book)
    (book / "other.rst").write_text(_BOOK.format("chapter.rst"))
    bring(book)
    assert _sources_of("route origin records") == ["book.rst", "other.rst"]


def test_a_file_taken_in_only_in_part_is_indexed_on_its_own(tmp_path: Path, bring: Callable[[Path], Ingested]) -> None:
    (tmp_path / "all.txt").write_text("".join(f"line {number} of the example\n" for number in range(20)))
    for name in ("a", "b"):
        (tmp_path / f"{name}.md").write_text(f'# {name}\n\nA text.\n\n```\n--8<-- "all.txt:1:3"\n```\n')
    bring(tmp_path)
    assert "all.txt" in _sources_of("line 19 of the example")


def test_a_loader_of_another_version_reads_its_documents_again(
    book: Path, bring: Callable[[Path], Ingested], monkeypatch: pytest.MonkeyPatch
) -> None:
    (book / "notes.md").write_text("# Notes\n\nA line of notes.\n")
    bring(book)
    monkeypatch.setattr(type(loaders["markdown"]), "version", "new", raising=False)
    again = bring(book)
    assert (again.changed, again.unchanged, again.embedded) == (1, 5, 0)
    assert bring(book).changed == 0
