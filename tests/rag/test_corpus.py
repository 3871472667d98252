"""The curated documents: what is indexed once, what makes a document new, what the manifest says of a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from conftest import quiet

from netguru import rag, resources
from netguru.errors import InputError
from netguru.operations.context import CancelToken
from netguru.rag import corpus
from netguru.rag.index import Index
from netguru.rag.loaders import loaders
from netguru.rag.shipping import bring as bring_shipped
from netguru.rag.writing import writing
from netguru.settings import settings

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


def _about(uri: str) -> tuple[str | None, ...]:
    index = Index.open("local")
    assert index is not None
    sql = "SELECT corpus, trust, vendor, product, licence FROM documents WHERE uri = ?"
    return tuple(index.base.execute(sql, (uri,)).fetchone())


def test_the_manifest_names_every_set_with_origin_terms_and_recipe() -> None:
    for item in corpus.sets():
        assert item.title, item
        assert item.licence, item
        assert item.origin, item
        assert item.files, item
        assert item.shipped != bool(item.reason), item
        assert item.marks or item.pattern, item
        # What has to stay out of an Apache-2.0 package, and what it may hold.
        assert not item.shipped or item.licence == "Apache-2.0", item
    assert len({item.name for item in corpus.sets()}) == len(corpus.sets())


def test_what_ships_is_what_the_manifest_says() -> None:
    folder = resources.path("data", "corpus", "documents")
    shipped = {item.name for item in corpus.sets() if item.shipped} - {"netguru"}
    assert {path.name for path in folder.iterdir()} == shipped
    found = {item.set.name: item.trust for item in corpus.labels(folder, _uris(folder))}
    assert found == dict.fromkeys(shipped, "shipped")
    assert sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) < 2_000_000
    notice = resources.path("data", "corpus", "NOTICE").read_text("utf-8")
    assert all(f"documents/{name}/" in notice for name in shipped)


def _uris(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]


def test_a_set_is_told_by_its_files_wherever_it_lies(tmp_path: Path, bring: Callable[[Path], Ingested]) -> None:
    manual = tmp_path / "some" / "checkout"
    manual.mkdir(parents=True)
    gobgp = next(item for item in corpus.sets() if item.name == "gobgp")
    for name in (*gobgp.marks, "other.md"):
        (manual / name).write_text(f"# {name}\n\nWords of {name}.\n")
    (tmp_path / "mine.md").write_text("# Mine\n\nMy own words.\n")
    bring(tmp_path)
    # Not byte for byte as the manifest knows it: another state of it.
    assert _about("some/checkout/other.md") == ("gobgp", "recognised", "GoBGP", "GoBGP", "Apache-2.0")
    assert _about("mine.md") == (None, None, None, None, None)
    (manual / "route-server.md").unlink()
    bring(tmp_path)
    assert _about("some/checkout/other.md")[:4] == (None, None, None, None)


def test_the_status_tells_the_sets_and_how_to_get_the_others(book: Path, bring: Callable[[Path], Ingested]) -> None:
    (book / "rfc4711.txt").write_text("Network Working Group\nRequest for Comments: 4711\n\nA protocol.\n")
    bring(book)
    status = rag.status()
    assert status.collections[0].sets == {"rfc": 1}
    told = "git clone --depth 1 https://github.com/FRRouting/frr; netguru rag.ingest frr/doc/user --collection global"
    assert f"FRRouting user guide (GPL-2.0-or-later): {told}" in status.elsewhere
    assert "SONiC command reference (Apache-2.0): netguru rag.ingest --shipped" in status.elsewhere
    assert not any("Requests for Comments" in line for line in status.elsewhere)


def test_a_request_for_comments_is_told_by_its_first_lines(tmp_path: Path, bring: Callable[[Path], Ingested]) -> None:
    (tmp_path / "rfc4711.txt").write_text("Network Working Group\nRequest for Comments: 4711\n\nA protocol.\n")
    (tmp_path / "rfc4712.txt").write_text("Notes on what we will ask of the vendor.\n")
    bring(tmp_path)
    assert _about("rfc4711.txt")[0] == "rfc"
    assert _about("rfc4712.txt")[0] is None


def test_a_folder_may_say_what_it_holds(tmp_path: Path, bring: Callable[[Path], Ingested]) -> None:
    (tmp_path / "switches").mkdir()
    (tmp_path / "switches/guide.md").write_text("# Guide\n\nWords of a guide.\n")
    (tmp_path / "corpus.toml").write_text(
        '[[set]]\nname = "guides"\npath = "switches"\nvendor = "Acme"\nproduct = "AcmeOS"\nlicence = "proprietary"\n'
    )
    bring(tmp_path)
    assert _sources_of("proprietary") == []
    assert _about("switches/guide.md") == ("guides", "stated", "Acme", "AcmeOS", "proprietary")


@pytest.mark.parametrize("text", ["[[set]", "[[set]]\nname = 3\n", "[[set]]\ncolour = 'red'\n", "set = 3\n"])
def test_a_manifest_that_is_none_is_named(tmp_path: Path, bring: Callable[[Path], Ingested], text: str) -> None:
    (tmp_path / "a.md").write_text("# A\n\nA text.\n")
    (tmp_path / "corpus.toml").write_text(text)
    with pytest.raises(InputError, match="is no manifest of documents"):
        bring(tmp_path)


@pytest.fixture
def shipping(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Let the package's documents be two small ones."""
    folder = tmp_path / "package"
    folder.mkdir()
    (folder / "bgp.md").write_text("# Peers\n\nSet the hold time of a peer with timers.\n")
    monkeypatch.setattr(corpus, "shipped_roots", lambda: (folder,))
    monkeypatch.setenv("NETGURU_SHIPPED_DOCUMENTS", "true")
    settings.cache_clear()
    return folder


def test_the_first_question_of_a_new_user_is_answered(shipping: Path) -> None:
    assert rag.search("hold time of a peer").passages[0].source == "bgp.md"
    assert rag.status().collections[0].collection == "global"
    rag.remove("*", collection="global")
    # Emptied by the user: it stays so.
    assert rag.search("hold time of a peer").passages == ()
    del shipping


@pytest.mark.usefixtures("shipping")
def test_who_has_documents_of_his_own_is_asked_for_nothing(book: Path, bring: Callable[[Path], Ingested]) -> None:
    bring(book)
    assert {item.collection for item in rag.search("hold time of a peer").passages} <= {"local"}
    assert [item.collection for item in rag.status().collections] == ["local"]


def test_the_documents_of_the_package_move_with_it(shipping: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rag.ingest(shipped=True)
    with writing("global") as writer:
        writer.base.execute("UPDATE documents SET trust = 'shipped'")
    moved = shipping.rename(shipping.with_name("elsewhere"))
    monkeypatch.setattr(corpus, "shipped_roots", lambda: (moved,))
    again = rag.ingest(shipped=True)
    assert (again.added, again.removed) == (1, 1)
    assert [item.source for item in rag.search("hold time of a peer").passages] == ["bgp.md"]


def test_a_folder_or_the_package_is_ingested_not_both(book: Path) -> None:
    for stated in ({}, {"path": book, "shipped": True}):
        with pytest.raises(InputError, match="--shipped"):
            rag.ingest(**stated)


def test_vectors_travel_with_the_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETGURU_EMBEDDER", "minilm")
    settings.cache_clear()
    done = bring_shipped(quiet, CancelToken(), embed=False)
    assert not [place for gap in done.coverage.gaps for place in gap.places if not place.startswith("images/")]
    index = Index.open("global")
    assert index is not None
    missing = "SELECT count(*) FROM chunks JOIN documents ON documents.id = document WHERE corpus {} 'netguru' "
    missing += "AND key NOT IN (SELECT key FROM vectors)"
    # When this fails: python tests/bench/corpus_vectors.py
    assert index.base.execute(missing.format("!=")).fetchone()[0] == 0
    # Our own pages change more often than their vectors are made; what is missing is found by its words.
    assert index.base.execute(missing.format("=")).fetchone()[0] < index.count() / 10
    found = rag.search("stop learning routes from a neighbour after too many prefixes")
    assert found.method == "words and meaning"
    assert {item.trust for item in found.passages} == {"shipped"}
