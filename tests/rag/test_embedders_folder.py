"""Models of one's own: an embedder, a cross-encoder and a late interaction of a few numbers, made here."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from netguru.errors import DamagedFileError, InputError
from netguru.rag import embedders
from netguru.rag.embedders import reranking
from netguru.rag.embedders.folder import Folder
from netguru.rag.embedders.folder_reranker import FolderReranker
from netguru.rag.retrieve import retrieve
from netguru.settings import settings

onnx = pytest.importorskip("onnx")
tokenizers = pytest.importorskip("tokenizers")

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from netguru.rag.results import Ingested

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "bgp", "ospf", "peer", "neighbor", "area", "query", "passage"]
# "peer" and "neighbor" mean the same here; "ospf" and "area" are close.
MEANING = np.array(
    [[0, 0, 0], [0, 0, 0], [0, 0, 0.1], [0, 0, 0.1], [1, 0, 0], [0, 1, 0], [0.8, 0, 0.6], [0.8, 0, 0.6],
     [0, 0.9, 0.1], [0, 0, 5], [0, 0, -5]], dtype=np.float32,
)  # fmt: skip


def _tokenizer(folder: Path) -> None:
    made = tokenizers.Tokenizer(
        tokenizers.models.WordLevel({word: at for at, word in enumerate(WORDS)}, unk_token=WORDS[1])
    )
    made.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    made.post_processor = tokenizers.processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    made.save(str(folder / "tokenizer.json"))


def _model(
    folder: Path, nodes: list[object], result: list[object], inputs: tuple[str, ...], **constants: object
) -> None:
    helper = onnx.helper
    given = [helper.make_tensor_value_info(name, onnx.TensorProto.INT64, ["texts", "pieces"]) for name in inputs]
    values = [onnx.numpy_helper.from_array(value, name) for name, value in {"table": MEANING, **constants}.items()]
    out = helper.make_tensor_value_info("out", onnx.TensorProto.FLOAT, result)
    graph = helper.make_graph(nodes, "tiny", given, [out], values)
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9), folder / "model.onnx"
    )
    _tokenizer(folder)


@pytest.fixture
def vectors(tmp_path: Path) -> Path:
    """A model that gives one vector a piece."""
    node = onnx.helper.make_node("Gather", ["table", "input_ids"], ["out"])
    _model(tmp_path / "vectors", [node], ["texts", "pieces", 3], ("input_ids",))
    return tmp_path / "vectors"


@pytest.fixture
def cross(tmp_path: Path) -> Path:
    """A model that reads a pair and counts the second part's pieces of the meaning of `bgp`."""
    make = onnx.helper.make_node
    nodes = [
        make("Gather", ["table", "input_ids"], ["rows"]),
        make("MatMul", ["rows", "wanted"], ["score"]),
        make("Cast", ["token_type_ids"], ["kinds"], to=onnx.TensorProto.FLOAT),
        make("Unsqueeze", ["kinds", "two"], ["second"]),
        make("Mul", ["score", "second"], ["kept"]),
        make("ReduceSum", ["kept", "one"], ["out"], keepdims=0),
    ]
    constants = {"wanted": MEANING[4:5].T.copy(), "one": np.array([1]), "two": np.array([2])}
    _model(tmp_path / "cross", nodes, ["texts", 1], ("input_ids", "token_type_ids"), **constants)
    return tmp_path / "cross"


def test_a_folder_embeds(vectors: Path) -> None:
    made = Folder(vectors)
    asked = np.array(made.embed_query("peer"))
    near, far = (np.array(row) for row in made.embed_documents(["neighbor", "ospf area"]))
    assert made.dimensions == 3
    assert asked @ near == pytest.approx(1, abs=1e-5)
    assert asked @ far < 0.5


def test_what_the_folder_says_is_followed(vectors: Path) -> None:
    plain = Folder(vectors)
    (vectors / "config_sentence_transformers.json").write_text(
        json.dumps({"prompts": {"query": "query ", "passage": "passage "}})
    )
    told = Folder(vectors)
    assert told.id != plain.id
    assert told.embed_query("bgp")[2] > 0 > told.embed_documents(["bgp"])[0][2]
    (vectors / "1_Pooling").mkdir()
    (vectors / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode_cls_token": True}))
    first = Folder(vectors)
    assert first.id != told.id
    assert first.embed_query("bgp") == first.embed_query("ospf")
    (vectors / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 4}))
    assert len(Folder(vectors)._cut("bgp " * 9).ids) == 4


def test_a_folder_serves_by_setting(
    vectors: Path, manual: Path, bring: Callable[[Path], Ingested], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NETGURU_EMBEDDER", "folder")
    monkeypatch.setenv("NETGURU_EMBEDDER_FOLDER", str(vectors))
    settings.cache_clear()
    embedders.load.cache_clear()
    assert bring(manual).embedder.startswith("folder/")


@pytest.mark.parametrize("missing", ["model.onnx", "tokenizer.json"])
def test_a_folder_without_its_files(missing: str, vectors: Path) -> None:
    (vectors / missing).unlink()
    with pytest.raises(InputError, match=f"holds no {missing}"):
        Folder(vectors)


@pytest.mark.parametrize("broken", ["model.onnx", "tokenizer.json", "config_sentence_transformers.json"])
def test_a_folder_with_a_broken_file(broken: str, vectors: Path) -> None:
    (vectors / broken).write_bytes(b"\x00not this")
    with pytest.raises(DamagedFileError):
        Folder(vectors)


def test_no_folder_is_set() -> None:
    with pytest.raises(InputError, match="no folder is set"):
        Folder()


def test_a_model_that_asks_for_more(vectors: Path) -> None:
    node = onnx.helper.make_node("Gather", ["table", "pixels"], ["out"])
    _model(vectors, [node], ["texts", "pieces", 3], ("pixels",))
    with pytest.raises(DamagedFileError, match="asks for pixels"):
        Folder(vectors)


def test_a_cross_encoder_reads_pairs(cross: Path) -> None:
    made = FolderReranker(cross)
    assert not made.late
    assert isinstance(made, reranking.Reranker)
    assert made.scores("bgp bgp", ["ospf", "bgp", "peer"]) == pytest.approx([0, 1, 0.8])


def test_late_interaction_takes_the_nearest_piece(vectors: Path) -> None:
    made = FolderReranker(vectors)
    assert made.late
    good, half, none = made.scores("bgp area", ["area bgp ospf", "bgp", "x"])
    assert good > half > none


def test_a_reranker_puts_passages_in_its_order(
    cross: Path, tmp_path: Path, bring: Callable[[Path], Ingested], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "one.md").write_text("# One\n\nmtu mtu mtu of ospf\n")
    (folder / "two.md").write_text("# Two\n\nthe mtu of bgp and what else there is to say\n")
    bring(folder)
    before = [item.passage.source for item in retrieve("mtu").found]
    monkeypatch.setenv("NETGURU_RERANKER", "folder")
    monkeypatch.setenv("NETGURU_RERANKER_FOLDER", str(cross))
    settings.cache_clear()
    reranking.load.cache_clear()
    after = retrieve("mtu")
    assert before == ["one.md", "two.md"]
    assert [item.passage.source for item in after.found] == ["two.md", "one.md"]
    assert [item.score for item in after.found] == sorted((item.score for item in after.found), reverse=True)


def test_a_reranker_that_is_not_there_changes_nothing(
    manual: Path, bring: Callable[[Path], Ingested], monkeypatch: pytest.MonkeyPatch
) -> None:
    bring(manual)
    before = [item.passage.id for item in retrieve("neighbours").found]
    monkeypatch.setenv("NETGURU_RERANKER", "folder")
    settings.cache_clear()
    reranking.load.cache_clear()
    after = retrieve("neighbours")
    assert [item.passage.id for item in after.found] == before
    assert any("first order" in note for note in after.notes)
