"""The embedder that comes with NetGuru: its pieces, its weights, its place as the default."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netguru import resources
from netguru.errors import DamagedFileError, UnknownNameError
from netguru.rag import embedders, inventory
from netguru.rag.embedders import Embedder, minilm, wordpiece
from netguru.rag.embedders.wordpiece import WordPiece
from netguru.rag.index import Index
from netguru.rag.query import parse
from netguru.rag.retrieve import retrieve
from netguru.rag.translating import asked_of, in_english
from netguru.settings import settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from netguru.rag.results import Ingested

FOLDER = resources.path("data", "models", "minilm-l6-int8")
CUT = WordPiece.read(minilm.shipped("vocab.txt", FOLDER), 64)


@pytest.fixture(scope="module")
def shipped() -> minilm.MiniLM:
    return minilm.MiniLM()


@pytest.fixture
def default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NETGURU_EMBEDDER")
    settings.cache_clear()


def _cosine(one: list[float], other: list[float]) -> float:
    return float(np.dot(one, other))


def test_meaning_is_nearer_than_words(shipped: minilm.MiniLM) -> None:
    asked = shipped.embed_query("How do I stop a peer from sending too many routes?")
    near, far = shipped.embed_documents(
        ["Limit the prefixes accepted from a neighbor: maximum-prefix NUMBER.", "How do I stop a service at boot?"]
    )
    assert _cosine(asked, near) > _cosine(asked, far)


def test_vectors_have_length_one_and_fit_the_protocol(shipped: minilm.MiniLM) -> None:
    assert isinstance(shipped, Embedder)
    found = np.array(shipped.embed_documents(["", "a", "ospf " * 2000, "\0\ud83d\ude00\u200b"]))
    assert found.shape == (4, shipped.dimensions)
    assert np.linalg.norm(found, axis=1) == pytest.approx(1, abs=1e-5)


def test_a_vector_depends_on_its_text_alone(shipped: minilm.MiniLM, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = ["show ip bgp summary", "A long text about areas. " * 40, "x"]
    alone = [shipped.embed_query(text) for text in texts]
    for count in ("1", "3"):
        monkeypatch.setenv("NETGURU_EMBEDDER_THREADS", count)
        settings.cache_clear()
        assert shipped.embed_documents(texts) == alone


# The pieces as the model's own tokenizer cuts them.
@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("ip ospf mtu-ignore", "ip os ##pf mt ##u - ignore"),
        ("Área 0.0.0.1\tDÉFAUT", "area 0 . 0 . 0 . 1 def ##au ##t"),
        ("set\u00a0vlan\u200b10", "set v ##lan ##10"),
        ("漢x", "漢 x"),
        ("a" * 101, "[UNK]"),
        ("", ""),
    ],
)
def test_pieces(text: str, pieces: str) -> None:
    names = list(CUT._pieces)
    assert " ".join(names[number] for number in CUT(text)[1:-1]) == pieces


# Scripts that both libraries' tables of characters know: beyond, they are of different years.
@given(st.text(st.characters(max_codepoint=0x5FF, exclude_categories=["Cs"]), max_size=300))
def test_pieces_agree_with_the_tokenizers_library(text: str) -> None:
    tokenizers = pytest.importorskip("tokenizers")
    model = tokenizers.models.WordPiece(dict(CUT._pieces), unk_token=wordpiece._UNKNOWN, max_input_chars_per_word=100)
    theirs = tokenizers.Tokenizer(model)
    theirs.normalizer = tokenizers.normalizers.BertNormalizer(lowercase=True)
    theirs.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    theirs.enable_truncation(62)
    assert CUT(text)[1:-1] == theirs.encode(text, add_special_tokens=False).ids


@pytest.mark.parametrize(
    ("name", "part", "content"),
    [
        ("vocab.txt", "vocab.txt.gz", b"[UNK]\n"),
        ("vocab.txt", "vocab.txt.gz", gzip.compress(b"[UNK]\n", mtime=0)),
        ("model.onnx", "model.onnx.2", b"other weights"),
        ("model.onnx", "model.onnx.2", None),
    ],
)
def test_a_changed_or_missing_file_is_refused(tmp_path: Path, name: str, part: str, content: bytes | None) -> None:
    folder = tmp_path / "model"
    shutil.copytree(FOLDER, folder)
    (folder / part).unlink()
    if content is not None:
        (folder / part).write_bytes(content)
    with pytest.raises(DamagedFileError, match=r"is not what came|cannot be read"):
        minilm.shipped(name, folder)


def test_the_manifest_names_every_file() -> None:
    parts = {part for parts in minilm.manifest()["files"].values() for part in parts}
    assert {file.name for file in FOLDER.iterdir()} == {*parts, "LICENSE"}


@pytest.mark.usefixtures("default")
def test_ours_is_the_default(manual: Path, bring: Callable[[Path], Ingested]) -> None:
    assert embedders.chosen_name() == "minilm"
    first = bring(manual)
    assert first.embedded == first.passages > 0
    assert bring(manual).embedded == 0
    status = inventory.status()
    assert (status.embedder, status.collections[0].missing) == ("minilm", 0)
    assert status.collections[0].embedder.startswith("minilm-l6-int8/")
    assert retrieve("what keeps neighbours apart?").method == "words and meaning"


@pytest.mark.usefixtures("default")
def test_another_can_be_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETGURU_EMBEDDER", "no-such")
    settings.cache_clear()
    with pytest.raises(UnknownNameError, match="no-such"):
        embedders.chosen_name()


def test_importing_the_room_loads_no_runtime() -> None:
    code = (
        "import sys, json; from netguru.rag import embedders\n"
        "list(embedders.embedders)\nprint(json.dumps(list(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"onnxruntime", "tokenizers", "openai", "numpy"} & set(json.loads(done.stdout))


def test_a_question_is_asked_in_english_words() -> None:
    query = parse("Como limito os prefixos que um vizinho envia?", "pt")
    assert "neighbor" in in_english(query)
    assert "vizinho" not in in_english(query)


def test_only_an_embedder_of_english_gets_english_words(shipped: minilm.MiniLM) -> None:
    class Any:
        pass

    asked = "Como vejo os vizinhos?"
    assert asked_of(shipped, parse(asked, "pt")) != asked
    assert asked_of(Any(), parse(asked, "pt")) == asked  # type: ignore[arg-type]
    assert asked_of(shipped, parse("Show the neighbors", "en")) == "Show the neighbors"


@given(st.text(max_size=200))
def test_any_text_can_be_put_into_english_words(text: str) -> None:
    assert isinstance(in_english(parse(text, "pt")), str)


def test_what_is_indexed_by_a_missing_embedder_is_searched_by_words(
    manual: Path, bring: Callable[[Path], Ingested], embedder: Callable[[str], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    embedder("toy")
    bring(manual)
    monkeypatch.delitem(embedders.embedders._items, "toy")
    monkeypatch.setenv("NETGURU_EMBEDDER", "none")
    settings.cache_clear()
    embedders.load.cache_clear()
    found = retrieve("feature0x0")
    assert found.method == "words"
    assert any("searched by words alone" in note for note in found.notes)
    assert Index.open("local") is not None
