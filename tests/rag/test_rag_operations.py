"""The operations `rag.*` as people and programs call them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from netguru import cli, rag
from netguru.errors import InputError, UnknownNameError

if TYPE_CHECKING:
    from pathlib import Path


def run(workspace: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, object], str]:
    status = cli.run([*arguments, "--json", "--workspace", str(workspace)])
    out, err = capsys.readouterr()
    return status, json.loads(out) if out else {}, err


def test_from_folder_to_answer(manual: Path, workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, ingested, err = run(workspace, capsys, "rag.ingest", str(manual))
    assert (status, err) == (0, "")
    assert (ingested["added"], ingested["collection"]) == (3, "local")

    _, found, _ = run(workspace, capsys, "rag.search", "feature1x2 timeout", "--limit", "2")
    passages = found["passages"]
    assert isinstance(passages, list)
    assert len(passages) == 2
    assert {"source", "heading", "start", "end", "score", "text"} <= passages[0].keys()
    assert passages[0]["source"] == "manual1.md"
    assert "Section 2" in passages[0]["heading"]

    _, answer, _ = run(workspace, capsys, "rag.ask", "feature1x2 timeout")
    assert answer["status"] == "grounded"

    _, told, _ = run(workspace, capsys, "rag.status")
    collections = told["collections"]
    assert isinstance(collections, list)
    assert (collections[0]["documents"], collections[0]["vectors"]) == (3, 0)
    assert "words alone" in str(told["method"])

    _, removed, _ = run(workspace, capsys, "rag.remove", "manual1.md")
    assert removed["documents"] == 1
    _, after, _ = run(workspace, capsys, "rag.search", "feature1x2 timeout")
    assert "manual1.md" not in {item["source"] for item in after["passages"]}  # type: ignore[attr-defined]  # a list


def test_global_collection_is_seen_from_every_workspace(
    manual: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(tmp_path / "one", capsys, "rag.ingest", str(manual), "--collection", "global")

    _, here, _ = run(tmp_path / "two", capsys, "rag.search", "feature0x0")
    _, own, _ = run(tmp_path / "two", capsys, "rag.search", "feature0x0", "--collection", "local")

    assert {item["collection"] for item in here["passages"]} == {"global"}  # type: ignore[attr-defined]  # a list
    assert own["passages"] == []


def test_view_is_written_as_a_page(manual: Path, tmp_path: Path) -> None:
    rag.ingest(manual)
    passage = rag.search("feature2x3").passages[0]
    out = tmp_path / "view.html"

    rag.view(passage.source, passage.start, passage.end, out=out)

    assert "<mark>" in out.read_text()


@pytest.mark.parametrize("source", ["manual0.md", "*"])
def test_remove(manual: Path, source: str) -> None:
    rag.ingest(manual)

    assert rag.remove(source).documents == (3 if source == "*" else 1)


def test_remove_the_ingested_folder_or_one_below(tmp_path: Path) -> None:
    import toy

    toy.write_manual(tmp_path / "docs" / "inner", documents=2)
    toy.write_manual(tmp_path / "docs" / "other", documents=1)
    rag.ingest(tmp_path / "docs")

    assert rag.remove("inner").documents == 2
    assert rag.remove(str(tmp_path / "docs")).documents == 1


def test_what_is_not_there_is_told(manual: Path) -> None:
    with pytest.raises(UnknownNameError, match="local collection"):
        rag.remove("manual0.md")
    rag.ingest(manual)
    with pytest.raises(UnknownNameError, match=r"manual0\.md"):
        rag.remove("manual9.md")
    with pytest.raises(InputError, match="limit"):
        rag.search("x", limit=0)


def test_background_hands_the_work_to_a_job(manual: Path) -> None:
    from netguru.store import jobs

    job = rag.ingest(manual, background=True)
    jobs.wait(job.id)

    assert rag.status().collections[0].documents == 3
