"""The index: what is written is found, only what changed is done again, a kill or a second process loses nothing."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netguru.errors import DamagedFileError, FileRejectedError, NetGuruError, OperationCancelled
from netguru.operations.context import CancelToken
from netguru.rag import lexical, tokens, vectors
from netguru.rag.database import file_of
from netguru.rag.index import Filters, Index
from netguru.rag.ingesting import ingest
from netguru.rag.query import parse
from netguru.rag.retrieve import Options, retrieve
from netguru.rag.writing import BATCH, writing

if TYPE_CHECKING:
    from collections.abc import Callable

    from toy import Toy

    from netguru.rag.results import Ingested

HERE = Path(__file__).parent

# A process of its own that ingests a folder with a toy embedder and tells how far it is, one line a batch.
CHILD = """
import sys
sys.path.insert(0, sys.argv[3])
import toy
from pathlib import Path
from netguru.operations.context import CancelToken, use
from netguru.rag.ingesting import ingest
toy.register("toy")
def tell(done, total=0, message=""):
    print(message.split("/")[-1].split(",")[0], int(done), flush=True)
with use(workspace=Path(sys.argv[1])):
    ingest(Path(sys.argv[2]), "local", tell, CancelToken())
print("finished", flush=True)
"""

READER = """
import sys
from pathlib import Path
from netguru.operations.context import use
from netguru.rag.retrieve import retrieve
last, asked = sys.argv[2], 0
print("reading", flush=True)
with use(workspace=Path(sys.argv[1])):
    while True:
        found = retrieve(last, 3).found
        retrieve("which manual keeps neighbours of an area apart, and where is the timeout set?", 50)
        asked += 1
        if found and last in found[0].passage.text:
            break
print("asked", asked)
"""


def local() -> Index:
    index = Index.open("local")
    assert index is not None
    return index


def found_by(question: str) -> list[str]:
    return [item.passage.text for item in retrieve(question, 3).found]


def child(script: str, *arguments: str | Path, environment: dict[str, str] | None = None) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "NETGURU_EMBEDDER": "toy", **(environment or {})},
    )


@pytest.mark.parametrize(
    "question",
    ["ebgp-multihop", "multihop", "layer3+4", "2001:db8::/64", "Configuring", "ip ospf cost", "no shutdown", "in out"],
)
def test_network_words_are_found_whole_and_in_parts(
    question: str, tmp_path: Path, bring: Callable[[Path], Ingested]
) -> None:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "a.md").write_text(
        "# A\n\nConfigure `ebgp-multihop` and hash layer3+4 for 2001:db8::/64: ip ospf cost 10, no shutdown in out.\n"
    )
    (folder / "b.md").write_text("# B\n\nNothing of that kind stands here at all.\n")
    bring(folder)

    assert "ebgp-multihop" in found_by(question)[0]


@given(st.text(max_size=200))
def test_words_are_what_the_full_text_index_takes(text: str) -> None:
    for word in tokens.words(text):
        assert word == word.strip()
        assert not set(word) & set(' "\t\n')
        assert not any(char.isascii() and char.isupper() for char in word)


@given(st.text(max_size=120))
def test_any_question_is_read(question: str) -> None:
    parsed = parse(question, "en")

    assert all(concept.alternatives for concept in parsed.concepts)


def test_passages_are_the_stored_text(manual: Path, bring: Callable[[Path], Ingested]) -> None:
    done = bring(manual)
    index = local()
    passages = [item for name in sorted(path.name for path in manual.iterdir()) for item in index.passages_of(name)]

    assert done.passages == len(passages) == index.count()
    assert (done.added, done.coverage.read) == (3, 3)
    for item in passages:
        text = index.text_of(item.sha256, item.source)
        assert text is not None
        assert text[item.start : item.end] == item.text


def test_unchanged_documents_are_not_read_again(
    manual: Path, bring: Callable[[Path], Ingested], embedder: Callable[[str], Toy]
) -> None:
    toy = embedder("toy")
    first = bring(manual)
    assert first.embedded == first.passages == toy.asked

    again = bring(manual)
    os.utime(manual / "manual0.md", (1, 1))
    touched = bring(manual)

    for done in (again, touched):
        assert (done.added, done.changed, done.unchanged, done.passages, done.embedded) == (0, 0, 3, 0, 0)
    assert toy.asked == first.passages


def test_only_new_passages_are_embedded(
    manual: Path, bring: Callable[[Path], Ingested], embedder: Callable[[str], Toy]
) -> None:
    toy = embedder("toy")
    bring(manual)
    before = toy.asked
    with (manual / "manual1.md").open("a") as stream:
        stream.write("\n## Another section\n\n" + "A sentence about hairpin translation. " * 30 + "\n")

    done = bring(manual)

    assert (done.changed, done.unchanged) == (1, 2)
    assert 0 < done.embedded == toy.asked - before < done.passages
    assert "hairpin" in found_by("hairpin translation")[0]


def test_what_left_the_folder_leaves_the_index(manual: Path, bring: Callable[[Path], Ingested]) -> None:
    bring(manual)
    (manual / "manual2.md").unlink()

    single = bring(manual / "manual0.md")
    assert (single.removed, local().document("manual2.md") is not None) == (0, True)

    done = bring(manual)
    assert (done.removed, done.unchanged) == (1, 2)
    assert local().document("manual2.md") is None


def test_folder_inside_a_known_one_belongs_to_it(tmp_path: Path, bring: Callable[[Path], Ingested]) -> None:
    import toy

    toy.write_manual(tmp_path / "docs" / "inner")
    inner = bring(tmp_path / "docs" / "inner")
    outer = bring(tmp_path / "docs")
    again = bring(tmp_path / "docs" / "inner")

    assert (inner.added, outer.added, outer.removed) == (3, 3, 3)
    assert (again.unchanged, again.root) == (3, str(tmp_path / "docs"))


def test_link_out_of_the_folder_is_not_followed(tmp_path: Path, bring: Callable[[Path], Ingested]) -> None:
    (tmp_path / "secret.md").write_text("# Secret\n\nthe key of the vault\n")
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "a.md").write_text("# A\n\nplain\n")
    (folder / "link.md").symlink_to(tmp_path / "secret.md")

    assert bring(folder).added == 1
    assert local().document("link.md") is None


def test_path_that_is_not_there_is_refused(tmp_path: Path, bring: Callable[[Path], Ingested]) -> None:
    with pytest.raises(FileRejectedError, match="does not exist"):
        bring(tmp_path / "nowhere")


def test_cancel_keeps_what_is_written(manual: Path, bring: Callable[[Path], Ingested]) -> None:
    token = CancelToken()

    def stop(done: float, total: float = 0, message: str = "") -> None:
        del total, message
        if done >= 1:
            token.cancel()

    with pytest.raises(OperationCancelled):
        ingest(manual, "local", stop, token)
    assert local().count() > 0

    done = bring(manual)
    assert done.added + done.unchanged == 3


def test_new_embedder_is_built_beside_the_old(
    tmp_path: Path, bring: Callable[[Path], Ingested], embedder: Callable[[str], Toy]
) -> None:
    import toy

    manual = toy.write_manual(tmp_path / "big", documents=4, sections=24)
    old = embedder("old")
    bring(manual)
    new = embedder("new")
    token = CancelToken()

    def stop(done: float, total: float = 0, message: str = "") -> None:
        del done, total
        if message.startswith("vectors"):
            token.cancel()

    with pytest.raises(OperationCancelled):
        ingest(manual, "local", stop, token)
    assert local().meta("embedder") == old.id

    bring(manual)
    folder = file_of("local").parent
    assert local().meta("embedder") == new.id
    assert new.asked == local().count()
    assert [path.name for path in folder.glob("*.f32")] == [vectors.matrix_file(folder, new.id).name]


def test_vectors_find_what_the_matrix_says(
    manual: Path, bring: Callable[[Path], Ingested], embedder: Callable[[str], Toy]
) -> None:
    toy = embedder("toy")
    bring(manual)
    index = local()
    reader = vectors.reader(index.file.parent, toy.id, toy.dimensions)
    question = toy.embed_query("feature1x2 timeout")

    found = reader.search(index, question, 5, Filters())
    rows = np.fromfile(vectors.matrix_file(index.file.parent, toy.id), dtype=np.float32).reshape(-1, toy.dimensions)

    assert [score for _, score in found] == pytest.approx(sorted(rows @ vectors.unit([question])[0], reverse=True)[:5])
    filtered = reader.search(index, question, 5, Filters(source="manual0.md"))
    assert {item.source for item in index.passages([number for number, _ in filtered])} == {"manual0.md"}
    assert len(filtered) == len(index.passages_of("manual0.md"))


def test_question_is_answered_by_words_and_meaning(
    manual: Path, bring: Callable[[Path], Ingested], embedder: Callable[[str], Toy]
) -> None:
    embedder("toy")
    bring(manual)

    both = retrieve("feature1x2 timeout", 5)
    words = retrieve("feature1x2 timeout", 5, Options(meaning=False))

    assert (both.method, words.method) == ("words and meaning", "words")
    assert both.signals.cosine is not None
    assert "feature1x2" in both.found[0].passage.text


def test_half_written_vectors_are_written_over(
    manual: Path, bring: Callable[[Path], Ingested], embedder: Callable[[str], Toy]
) -> None:
    toy = embedder("toy")
    bring(manual)
    file = vectors.matrix_file(file_of("local").parent, toy.id)
    whole = file.stat().st_size
    with file.open("ab") as stream:
        stream.write(b"\xff" * 50)
    with (manual / "manual0.md").open("a") as stream:
        stream.write("\n## Late\n\n" + "Something else about snmp traps. " * 40)

    done = bring(manual)

    assert done.embedded > 0
    assert file.stat().st_size == whole + done.embedded * toy.dimensions * 4


def test_words_are_made_anew_by_new_rules(
    manual: Path, bring: Callable[[Path], Ingested], monkeypatch: pytest.MonkeyPatch
) -> None:
    bring(manual)
    monkeypatch.setattr(tokens, "VERSION", "next")
    assert "another version" in " ".join(retrieve("feature1x2").notes)

    done = bring(manual)

    assert done.unchanged == 3
    assert local().current
    assert "feature1x2" in found_by("feature1x2")[0]


def test_file_that_is_no_index_is_told(workspace: Path) -> None:
    file = file_of("local")
    file.parent.mkdir(parents=True)
    file.write_bytes(b"no database at all" * 100)

    assert workspace in file.parents
    with pytest.raises(DamagedFileError, match="no index of documents"):
        Index.open("local")
    with pytest.raises(NetGuruError, match="no index of documents"):
        retrieve("anything")


@pytest.mark.parametrize("stop", ["text", "vectors"])
def test_kill_loses_one_batch_at_most(
    stop: str, tmp_path: Path, workspace: Path, bring: Callable[[Path], Ingested], embedder: Callable[[str], Toy]
) -> None:
    import toy

    folder = toy.write_manual(tmp_path / "big", documents=12, sections=24)
    process = child(CHILD, workspace, folder, HERE)
    assert process.stdout is not None
    seen = 0
    for line in process.stdout:
        name, _, number = line.rpartition(" ")
        seen = int(number)
        if (stop == "text" and name.endswith("manual7.md")) or (stop == "vectors" and name == "vectors" and seen):
            break
    process.send_signal(signal.SIGKILL)
    process.communicate()
    index = local()
    written = index.count()
    if stop == "vectors":
        # Every batch that was told as done is there.
        rows = index.base.execute("SELECT count(*) FROM vectors").fetchone()[0]
        assert rows >= seen
    held = sqlite3.connect(index.file).execute("PRAGMA integrity_check").fetchone()[0]
    assert held == "ok"

    made = embedder("toy")
    done = bring(folder)

    total = local().count()
    assert done.passages == total - written
    assert made.asked == done.embedded == total - (rows if stop == "vectors" else 0)
    per_document = len(local().passages_of("manual0.md"))
    if stop == "text":
        # Documents read before the last batch are there: what is missing is the open batch and what came after.
        assert written >= (seen - 1) * per_document - BATCH
    assert local().base.execute("SELECT count(*) FROM words").fetchone()[0] == total
    assert len({item.position for item in local().passages_of("manual7.md")}) == per_document


def test_two_readers_and_a_writer_at_once(tmp_path: Path, workspace: Path) -> None:
    import toy

    folder = toy.write_manual(tmp_path / "big", documents=8, sections=12)
    first = child(CHILD, workspace, toy.write_manual(tmp_path / "small", documents=1), HERE)
    first.communicate()
    readers = [child(READER, workspace, "feature7x11", environment={"NETGURU_EMBEDDER": "none"}) for _ in range(2)]
    for reader in readers:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "reading\n"
    writer = child(CHILD, workspace, folder, HERE)
    second = child(CHILD, workspace, folder, HERE)

    for process in (writer, second):
        told, _ = process.communicate(timeout=120)
        assert (process.returncode, told.splitlines()[-1]) == (0, "finished")
    for reader in readers:
        told, _ = reader.communicate(timeout=120)
        assert (reader.returncode, told.split()[0]) == (0, "asked")
    index = local()
    assert index.base.execute("SELECT count(*) FROM documents").fetchone()[0] == 9
    assert (
        index.base.execute("SELECT count(*) FROM chunks WHERE id NOT IN (SELECT rowid FROM words)").fetchone()[0] == 0
    )


def test_filters_leave_out_other_products(manual: Path, bring: Callable[[Path], Ingested]) -> None:
    bring(manual)
    with writing("local") as writer:
        writer.base.execute("UPDATE documents SET product = 'FRR' WHERE uri = 'manual0.md'")
        writer.base.execute("UPDATE documents SET product = 'VyOS' WHERE uri = 'manual1.md'")

    hits = lexical.rank(local(), parse("keeps neighbours apart", "en"), Filters(product="frr"), 50)

    # A document that does not say its product is about any.
    assert {item.source for item in local().passages([hit.id for hit in hits])} == {"manual0.md", "manual2.md"}
