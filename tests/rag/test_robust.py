"""Vectors outlast a kill at any step of making the matrix smaller, a reader meanwhile, a damaged file beside them.

And no text is embedded twice.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_index import local

from netguru.operations.context import CancelToken, use
from netguru.rag import vectors
from netguru.rag.database import connect, file_of
from netguru.rag.embedders import graph
from netguru.rag.index import Filters
from netguru.rag.ingesting import ingest
from netguru.rag.inventory import remove
from netguru.rag.remembered import Remembered, file_of_user
from netguru.rag.vectors import Matrix, MatrixWriter

if TYPE_CHECKING:
    from collections.abc import Callable

    from toy import Toy

    from netguru.rag.results import Ingested

HERE = Path(__file__).parent

# Takes documents out and dies at the stated call of the system, in the middle of making the matrix smaller.
DYING = """
import os, signal, sys
from pathlib import Path
from netguru.operations.context import use
from netguru.rag.inventory import remove
def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)
step = sys.argv[2]
if step == "new file":
    from netguru.rag import vectors
    vectors.os = type("Dying", (), {"fsync": staticmethod(die)})
elif step == "rows":
    from netguru.rag import vectors
    vectors.set_meta = die
else:
    Path.unlink = die
with use(workspace=Path(sys.argv[1])):
    remove("*" if len(sys.argv) < 4 else sys.argv[3], "local")
"""


def quiet(done: float, total: float = 0, message: str = "") -> None:
    del done, total, message


def searched(toy: Toy, limit: int = 50) -> list[tuple[int, float]]:
    matrix = Matrix(local().file.parent, toy.id, toy.dimensions)
    return matrix.search(local(), toy.embed_query("feature2x1 timeout"), limit, Filters())


def expected(toy: Toy) -> list[float]:
    """Give the cosines of all passages, computed from their texts."""
    from netguru.rag.embedding import texts_of

    numbers = [row[0] for row in local().base.execute("SELECT min(id) FROM chunks GROUP BY key")]
    asked = toy.embed_query("feature2x1 timeout")
    made = [float(np.dot(asked, toy.embed_query(text))) for text in texts_of(local().base, numbers).values()]
    return sorted(made, reverse=True)


def files() -> list[Path]:
    return sorted(file_of("local").parent.glob("*.f32"))


def test_removed_passages_leave_the_matrix(
    manual: Path, bring: Callable[[Path], Ingested], embedder: Callable[[str], Toy]
) -> None:
    toy = embedder("toy")
    bring(manual)
    before = files()

    remove("manual0.md", "local")

    assert files() != before
    assert [file.stat().st_size for file in files()] == [local().count() * toy.dimensions * 4]
    assert [score for _, score in searched(toy)] == pytest.approx(expected(toy), abs=1e-5)
    # One in four may stay: nothing is copied for few.
    (manual / "manual1.md").write_text((manual / "manual1.md").read_text() + "\n## Late\n\nfeature9x9 is new.\n")
    here = files()
    bring(manual / "manual1.md")
    assert files() == here


@pytest.mark.parametrize("step", ["new file", "rows", "old file"])
def test_kill_while_the_matrix_is_made_smaller(
    step: str, workspace: Path, manual: Path, bring: Callable[[Path], Ingested], embedder: Callable[[str], Toy]
) -> None:
    toy = embedder("toy")
    bring(manual)
    made = toy.asked

    died = subprocess.run([sys.executable, "-c", DYING, str(workspace), step, "manual0.md"], check=False)

    assert died.returncode < 0
    assert [score for _, score in searched(toy)] == pytest.approx(expected(toy), abs=1e-5)
    bring(manual)
    assert [score for _, score in searched(toy)] == pytest.approx(expected(toy), abs=1e-5)
    remove("manual1.md", "local")
    bring(manual)
    assert [score for _, score in searched(toy)] == pytest.approx(expected(toy), abs=1e-5)
    assert len(files()) == 1
    assert toy.asked == made


def test_readers_see_one_matrix_or_the_other(
    manual: Path, bring: Callable[[Path], Ingested], embedder: Callable[[str], Toy]
) -> None:
    """Documents come and go fifty times while another thread asks: each answer has the cosines of its own texts."""
    toy = embedder("toy")
    bring(manual)
    asked = toy.embed_query("feature2x1 timeout")
    keys = [row[0] for row in local().base.execute("SELECT key FROM chunks ORDER BY id")]
    half = keys[::2]
    file, over, wrong = local().file, threading.Event(), []

    def ask() -> None:
        from netguru.rag.embedding import texts_of
        from netguru.rag.index import Index

        index = Index("local", file)
        matrix = Matrix(file.parent, toy.id, toy.dimensions)
        while True:
            last = over.is_set()
            for number, score in matrix.search(index, asked, 50, Filters()):
                text = next(iter(texts_of(index.base, [number]).values()))
                if abs(score - float(np.dot(asked, toy.embed_query(text)))) > 1e-5:
                    wrong.append((number, score))
            if last:
                index.base.close()
                return

    thread = threading.Thread(target=ask)
    thread.start()
    base = connect(file, write=True)
    writer = MatrixWriter(base, file.parent, toy.id, toy.dimensions)
    try:
        for turn in range(50):
            kept = writer.read(half)
            with base:
                # Half of the passages change their keys, as if their texts had changed.
                base.executemany("UPDATE chunks SET key = ? WHERE key = ?", [(key + str(turn), key) for key in half])
            assert writer.compact() == len(half)
            half_now = [key + str(turn) for key in half]
            writer.write(half_now, [kept[key] for key in half])
            half = half_now
    finally:
        over.set()
        thread.join()
        base.close()
    assert wrong == []


@given(st.lists(st.tuples(st.sampled_from(["write", "gone", "compact", "mend"]), st.integers(0, 9)), max_size=20))
def test_any_order_of_changes_keeps_each_key_its_vector(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]
) -> None:
    folder = tmp_path_factory.mktemp("matrix")
    base = connect(folder / "index.db", write=True)
    writer = MatrixWriter(base, folder, "e/1", 4)
    made: dict[str, np.ndarray] = {}
    for number, (step, count) in enumerate(steps):
        if step == "write" and count:
            keys = [f"{number}-{position}" for position in range(count)]
            rows = np.random.default_rng(number).standard_normal((count, 4)).astype(np.float32)
            writer.write(keys, rows)
            made |= dict(zip(keys, vectors.unit(rows), strict=True))
            base.executemany(
                "INSERT INTO chunks (document, position, start, stop, path, kind, line_start, line_end, language, key, "
                "length) VALUES (?, ?, 0, 0, '', '', 0, 0, '', ?, 0)",
                [(number, position, key) for position, key in enumerate(keys)],
            )
        elif step == "gone":
            for key in list(made)[:count]:
                del made[key]
                base.execute("DELETE FROM chunks WHERE key = ?", (key,))
        elif step == "compact":
            writer.compact()
        elif step == "mend":
            assert writer.mend() == 0
    found = writer.read(list(made))
    assert set(found) == set(made)
    assert all(np.array_equal(found[key], made[key]) for key in made)
    del found
    base.close()


def test_no_text_is_embedded_twice(
    tmp_path: Path, manual: Path, bring: Callable[[Path], Ingested], embedder: Callable[[str], Toy]
) -> None:
    toy = embedder("toy")
    first = bring(manual)
    held = searched(toy)

    remove("*", "local")
    assert files()[0].stat().st_size == 0
    assert bring(manual).embedded == 0
    with use(workspace=tmp_path / "another"):
        assert ingest(manual, "local", quiet, CancelToken()).embedded == 0
        assert ingest(manual, "global", quiet, CancelToken()).embedded == 0
    assert toy.asked == first.passages
    assert [score for _, score in searched(toy)] == [score for _, score in held]
    # Another embedder has vectors of its own.
    other = embedder("other")
    assert bring(manual).embedded == other.asked == first.passages


def test_remembered_vectors_are_the_same_numbers_and_the_last_used_stay() -> None:
    rows = np.random.default_rng(1).standard_normal((6, 8)).astype(np.float32)
    texts = [f"text {number}" for number in range(6)]
    first = Remembered("e/1", 8, kept=4)
    first.keep(texts, [list(map(float, row)) for row in rows])
    first.close()

    again = Remembered("e/1", 8)
    found = again.of([*texts, "unknown"])
    other = Remembered("e/2", 8).of(texts)
    narrow = Remembered("e/1", 4).of(texts)

    assert list(found) == texts[2:]
    assert all(np.array_equal(found[text], rows[position]) for position, text in enumerate(texts) if text in found)
    assert other == narrow == {}
    assert file_of_user().stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("damage", ["no database", "a folder", "cut off"])
def test_remembered_vectors_that_are_damaged_cost_no_answer(
    damage: str, manual: Path, bring: Callable[[Path], Ingested], embedder: Callable[[str], Toy]
) -> None:
    toy = embedder("toy")
    file = file_of_user()
    file.parent.mkdir(parents=True)
    if damage == "a folder":
        file.mkdir()
    elif damage == "no database":
        file.write_bytes(b"something else entirely" * 500)
    else:
        bring(manual)
        for name in (f"{file}-wal", f"{file}-shm"):
            Path(name).unlink(missing_ok=True)
        os.truncate(file, 5000)
        remove("*", "local")

    done = bring(manual)

    assert done.embedded == done.passages
    assert len(searched(toy)) == done.passages
    remove("*", "local")
    # A damaged file made room for a new one.
    assert bring(manual).embedded == (done.passages if damage == "a folder" else 0)


def test_batches_under_way_keep_their_order(
    monkeypatch: pytest.MonkeyPatch, manual: Path, embedder: Callable[[str], Toy]
) -> None:
    toy = embedder("toy")
    monkeypatch.setattr(toy, "batch", 2, raising=False)
    monkeypatch.setattr(toy, "ahead", graph.AHEAD, raising=False)
    told: list[tuple[float, str]] = []

    def tell(done: float, total: float = 0, message: str = "") -> None:
        del total
        told.append((done, message))

    ingest(manual, "local", tell, CancelToken())

    embedding = [done for done, message in told if message.startswith("vectors")]
    assert embedding == sorted(embedding)
    assert embedding[-1] == local().count()
    assert any("left" in message for _, message in told)
    assert [score for _, score in searched(toy)] == pytest.approx(expected(toy), abs=1e-5)
    rows = local().base.execute("SELECT count(*), count(DISTINCT row), max(row) FROM vectors").fetchone()
    assert rows == (local().count(), local().count(), local().count() - 1)


def test_index_of_a_former_version_is_read(
    manual: Path, bring: Callable[[Path], Ingested], embedder: Callable[[str], Toy]
) -> None:
    """It knows no record of servers and no generations of the matrix."""
    toy = embedder("toy")
    bring(manual)
    with sqlite3.connect(file_of("local")) as base:
        base.execute("DROP TABLE served")
        base.execute("DELETE FROM meta WHERE key LIKE 'matrix:%'")
    base.close()

    assert len(searched(toy)) == local().count()
    assert bring(manual).embedded == 0
