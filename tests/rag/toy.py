"""A deterministic embedder for the tests of the machinery: words hashed into a small vector. It knows no meaning."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import numpy as np

from netguru.rag import tokens
from netguru.rag.embedders import embedders

if TYPE_CHECKING:
    from pathlib import Path


class Toy:
    """Hash words; `asked` counts the passages that were embedded in this process."""

    dimensions = 32

    def __init__(self, name: str) -> None:
        self.id = f"{name}/1"
        self.salt = name
        self.asked = 0

    def _vector(self, text: str) -> list[float]:
        made = np.zeros(self.dimensions, dtype=np.float32)
        for word in tokens.words(text):
            made[zlib.crc32(f"{self.salt}{word}".encode()) % self.dimensions] += 1
        length = float(np.linalg.norm(made)) or 1.0
        return [float(value) / length for value in made]

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        self.asked += len(texts)
        return [self._vector(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        return self._vector(text)


def register(name: str) -> Toy:
    """Put a toy under a name into the registry, as a plug-in would."""
    toy = Toy(name)
    embedders.load()
    embedders._items[name] = lambda: toy
    return toy


def write_manual(folder: Path, documents: int = 3, sections: int = 4) -> Path:
    """Write a small manual: every section has a command of its own that a search can find again."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(documents):
        parts = [f"# Manual {number}\n"]
        for section in range(sections):
            word = f"feature{number}x{section}"
            parts += [
                f"## Section {section}\n",
                f"The {word} keeps neighbours of area {section} apart; set it on both sides.\n",
                f"```\nset protocols {word} timeout {number}\n```\n",
                f"More about {word}: {'see below. ' * 40}\n",
            ]
        (folder / f"manual{number}.md").write_text("\n".join(parts), encoding="utf-8")
    return folder
