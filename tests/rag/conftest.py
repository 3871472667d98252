"""What the tests of documents share: a collection of their own, a toy embedder, a small manual."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import toy

from netguru.operations.context import CancelToken, use
from netguru.rag import embedders
from netguru.rag.ingesting import ingest
from netguru.settings import settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from netguru.rag.database import CollectionName
    from netguru.rag.results import Ingested


def quiet(done: float, total: float = 0, message: str = "") -> None:
    del done, total, message


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give every test a workspace of its own, and no embedder unless it asks for one."""
    monkeypatch.setenv("NETGURU_EMBEDDER", "none")
    settings.cache_clear()
    embedders.load.cache_clear()
    with use(workspace=tmp_path / "work"):
        yield tmp_path / "work"
    settings.cache_clear()
    embedders.load.cache_clear()


@pytest.fixture
def manual(tmp_path: Path) -> Path:
    return toy.write_manual(tmp_path / "manual")


@pytest.fixture
def bring() -> Callable[..., Ingested]:
    """Ingest, by default into the workspace's own collection."""

    def run(path: Path, collection: CollectionName = "local") -> Ingested:
        return ingest(path, collection, quiet, CancelToken())

    return run


@pytest.fixture
def embedder(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], toy.Toy]:
    """Put a toy embedder in force."""

    def choose(name: str) -> toy.Toy:
        made = toy.register(name)
        monkeypatch.setitem(embedders.embedders._items, name, lambda: made)
        monkeypatch.setenv("NETGURU_EMBEDDER", name)
        settings.cache_clear()
        embedders.load.cache_clear()
        return made

    return choose
