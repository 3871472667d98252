"""A Qdrant server: our requests are what the client's published models say, and no vector is lost on any way.

No server is to be had here as a package (docs/rag.md), so that a strict one on the loopback stands for it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from qdrant_server import KEY, Store, serving
from test_index import CHILD, READER, local

from netguru.errors import InputError, ServiceDownError
from netguru.rag import vectors
from netguru.rag.database import file_of, set_meta
from netguru.rag.index import Filters
from netguru.rag.inventory import remove
from netguru.rag.qdrant import QdrantVectors, client
from netguru.rag.retrieve import Options, retrieve
from netguru.rag.vectors import Matrix
from netguru.rag.writing import writing
from netguru.settings import settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from toy import Toy

    from netguru.rag.results import Ingested

# The key goes over the loopback here.
pytestmark = pytest.mark.filterwarnings("ignore:Api key is used with an insecure connection")

HERE = Path(__file__).parent
QUESTION = "feature1x2 timeout"


@pytest.fixture
def use_server(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Put the address of a server into the settings, or none."""

    def set_to(url: str) -> None:
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.setenv("NETGURU_QDRANT_URL", url)
        monkeypatch.setenv("NETGURU_QDRANT_KEY", KEY)
        settings.cache_clear()
        client.cache_clear()

    return set_to


@pytest.fixture
def server(use_server: Callable[[str], None]) -> Iterator[Store]:
    with serving() as (store, url):
        use_server(url)
        yield store
        # Whatever a test does: no request was other than the models say.
        assert store.refused == []
    client.cache_clear()


def reader(toy: Toy) -> QdrantVectors:
    made = vectors.reader(local().file.parent, toy.id, toy.dimensions)
    assert isinstance(made, QdrantVectors)
    return made


def beside(toy: Toy) -> Matrix:
    return Matrix(local().file.parent, toy.id, toy.dimensions)


def same(found: list[tuple[int, float]], expected: list[tuple[int, float]]) -> bool:
    """Compare scores: passages of one score may stand in any order."""
    return len(found) == len(expected) and np.allclose(
        [score for _, score in found], [score for _, score in expected], atol=1e-5
    )


def test_server_finds_what_the_matrix_finds(
    server: Store, manual: Path, bring: Callable[[Path], Ingested], embedder: Callable[[str], Toy]
) -> None:
    toy = embedder("toy")
    done = bring(manual)
    asked = toy.embed_query(QUESTION)

    for source in ("", "manual0.md", "manual2.md", "nowhere"):
        # One of a few passages is far down the list of all: the server is asked for more.
        for limit in (1, 5):
            found = reader(toy).search(local(), asked, limit, Filters(source=source))
            assert same(found, beside(toy).search(local(), asked, limit, Filters(source=source)))
    assert server.points == done.passages == done.embedded
    assert "POST /points/query" in server.asked


def test_server_fuses_words_and_meaning(
    server: Store, manual: Path, bring: Callable[[Path], Ingested], embedder: Callable[[str], Toy]
) -> None:
    embedder("toy")
    bring(manual)

    found = retrieve(QUESTION, 5, Options(server=True))

    assert "feature1x2" in found.found[0].passage.text
    assert server.asked[-1] == "POST /points/query"


def test_setting_a_server_later_embeds_nothing(
    manual: Path, bring: Callable[[Path], Ingested], embedder: Callable[[str], Toy], use_server: Callable[[str], None]
) -> None:
    toy = embedder("toy")
    first = bring(manual)
    asked = toy.embed_query(QUESTION)
    expected = beside(toy).search(local(), asked, 5, Filters())
    with serving() as (store, url), serving() as (other, elsewhere):
        use_server(url)
        # Not there yet: the matrix answers, the server's own fusion says what to do.
        assert reader(toy).search(local(), asked, 5, Filters()) == expected
        with pytest.raises(InputError, match="not on this server"):
            reader(toy).fused(local(), asked, QUESTION, 5, Filters(), 60)
        assert store.asked == []
        for address, held in ((url, store), (elsewhere, other), (url, store)):
            use_server(address)
            assert bring(manual).embedded == 0
            assert held.points == first.passages
            assert same(reader(toy).search(local(), asked, 5, Filters()), expected)
        # What the first server had was not sent to it again.
        assert store.asked.count("PUT /points") == other.asked.count("PUT /points") == 1
        assert store.refused == other.refused == []
    use_server("")
    assert vectors.reader(local().file.parent, toy.id, toy.dimensions).search(local(), asked, 5, Filters()) == expected
    assert bring(manual).embedded == 0
    assert toy.asked == first.passages


def test_removed_passages_leave_the_server(
    server: Store, manual: Path, bring: Callable[[Path], Ingested], embedder: Callable[[str], Toy]
) -> None:
    toy = embedder("toy")
    done = bring(manual)
    gone = len(local().passages_of("manual0.md"))

    remove("manual0.md", "local")
    assert server.points == done.passages - gone

    (manual / "manual0.md").unlink()
    (manual / "manual1.md").unlink()
    bring(manual)
    assert server.points == local().count() == len(local().passages_of("manual2.md"))
    found = reader(toy).search(local(), toy.embed_query(QUESTION), 50, Filters())
    assert len(found) == local().count()


def test_server_that_was_emptied_is_filled_again(
    server: Store, manual: Path, bring: Callable[[Path], Ingested], embedder: Callable[[str], Toy]
) -> None:
    toy = embedder("toy")
    done = bring(manual)
    server.engine.delete_collection(reader(toy).name)
    asked = toy.embed_query(QUESTION)

    # The matrix answers for a server that has lost everything; that the collection is gone is its 404.
    assert reader(toy).search(local(), asked, 5, Filters()) == beside(toy).search(local(), asked, 5, Filters())
    assert len(server.refused) == 1
    server.refused.clear()
    assert bring(manual).embedded == 0
    assert server.points == done.passages


def test_points_that_nobody_knows_are_taken_off(
    server: Store, manual: Path, bring: Callable[[Path], Ingested], embedder: Callable[[str], Toy]
) -> None:
    """A run was killed between the server's word and its record, and the document was removed then."""
    toy = embedder("toy")
    done = bring(manual)
    stray = "f" * 64
    reader(toy).put([stray], ["feature9x9"], [vectors.unit([toy.embed_query("feature9x9")])[0]])
    assert server.points == done.passages + 1
    found = reader(toy).search(local(), toy.embed_query("feature9x9"), 5, Filters())
    assert len(found) == 5

    bring(manual)
    assert server.points == done.passages


def test_server_that_fails_loses_nothing(
    server: Store, manual: Path, bring: Callable[[Path], Ingested], embedder: Callable[[str], Toy]
) -> None:
    toy = embedder("toy")
    server.failing = lambda asked: asked == "PUT /points"
    with pytest.raises(ServiceDownError, match="Qdrant"):
        bring(manual)
    server.failing = lambda _: False
    server.refused.clear()
    made = toy.asked
    assert retrieve(QUESTION, 5).method == "words and meaning"

    bring(manual)
    assert (toy.asked, server.points) == (made, local().count())
    server.failing = lambda _: True
    asked = toy.embed_query(QUESTION)
    assert reader(toy).search(local(), asked, 5, Filters()) == beside(toy).search(local(), asked, 5, Filters())
    remove("manual0.md", "local")
    server.failing = lambda _: False
    server.refused.clear()
    bring(manual)
    assert server.points == local().count()


def test_server_that_is_away_is_told(
    use_server: Callable[[str], None], manual: Path, bring: Callable[[Path], Ingested], embedder: Callable[[str], Toy]
) -> None:
    embedder("toy")
    # Nothing listens on the discard port of the loopback.
    use_server("http://127.0.0.1:9")
    with pytest.raises(ServiceDownError, match="Qdrant"):
        bring(manual)
    assert retrieve(QUESTION, 5).method == "words and meaning"
    client.cache_clear()


def test_vectors_of_a_former_version_are_found_out(
    server: Store, manual: Path, bring: Callable[[Path], Ingested], embedder: Callable[[str], Toy]
) -> None:
    """It kept them on the server alone, under whole numbers: rows without numbers are no vectors."""
    toy = embedder("toy")
    first = bring(manual)
    from qdrant_client import models

    name = reader(toy).name
    server.engine.upsert(
        name, points=[models.PointStruct(id=7, vector={"dense": toy.embed_query("old")}, payload={"key": "0" * 64})]
    )
    vectors.matrix_file(file_of("local").parent, toy.id).unlink()

    # Made before, so that none is embedded; they are beside the index again.
    assert bring(manual).embedded == 0
    assert server.points == first.passages
    assert len(beside(toy).search(local(), toy.embed_query(QUESTION), 5, Filters())) == 5


def test_embedder_that_was_replaced_leaves_the_server(
    server: Store, manual: Path, bring: Callable[[Path], Ingested], embedder: Callable[[str], Toy]
) -> None:
    embedder("old")
    bring(manual)
    embedder("new")
    bring(manual)

    assert server.points == local().count()


def test_two_readers_and_a_writer_share_a_server(server: Store, tmp_path: Path, workspace: Path) -> None:
    import toy

    environment = {**os.environ, "NETGURU_EMBEDDER": "toy"}

    def start(script: str, *arguments: str | Path) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", script, *map(str, arguments)], stdout=subprocess.PIPE, text=True, env=environment
        )

    prepared = f"import sys\nsys.path.insert(0, {str(HERE)!r})\nimport toy\ntoy.register('toy')\n"
    start(CHILD, workspace, toy.write_manual(tmp_path / "small", documents=1), HERE).communicate(timeout=120)
    readers = [start(prepared + READER, workspace, "feature5x11") for _ in range(2)]
    for process in readers:
        assert process.stdout is not None
        assert process.stdout.readline() == "reading\n"
    writer = start(CHILD, workspace, toy.write_manual(tmp_path / "big", documents=6, sections=12), HERE)

    told = [process.communicate(timeout=120)[0] for process in (writer, *readers)]

    assert [process.returncode for process in (writer, *readers)] == [0, 0, 0]
    assert told[0].splitlines()[-1] == "finished"
    assert server.points == local().base.execute("SELECT count(DISTINCT key) FROM chunks").fetchone()[0]


def test_mark_of_a_full_server_goes_with_new_vectors(
    server: Store, manual: Path, bring: Callable[[Path], Ingested], embedder: Callable[[str], Toy]
) -> None:
    toy = embedder("toy")
    bring(manual)
    with writing("local") as writer:
        store = vectors.MatrixWriter(writer.base, writer.folder, toy.id, toy.dimensions)
        store.write(["e" * 64], [toy.embed_query("late")])
        set_meta(writer.base, "some", "thing")
    before = len(server.asked)

    reader(toy).search(local(), toy.embed_query(QUESTION), 5, Filters())

    assert len(server.asked) == before
