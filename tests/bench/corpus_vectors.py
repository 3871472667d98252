"""Make the vectors of the documents that travel with the package: `python tests/bench/corpus_vectors.py`.

To be run again when a document, a loader or the cutting into passages changed (tests/rag/test_corpus.py tells).
Vectors in 8 bits: each is a number of steps, and the length of its step. What has a vector keeps it.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

os.environ["NETGURU_EMBEDDER"] = "minilm"

import numpy as np

from netguru.operations.context import CancelToken, use
from netguru.rag.shipping import VECTORS, bring

FILE = Path(__file__).resolve().parents[2] / "data" / "corpus" / VECTORS
_STEPS = 127


def main() -> None:
    """Bring the documents into a collection of their own, embed what has no vector, write all down."""
    with tempfile.TemporaryDirectory() as folder, use(workspace=Path(folder) / "work"):
        os.environ["XDG_DATA_HOME"] = folder
        done = bring(_told, CancelToken())
        from netguru.rag.index import Index
        from netguru.rag.vectors import matrix_file

        index = Index.open("global")
        assert index is not None
        rows = dict(index.base.execute("SELECT key, row FROM vectors WHERE embedder = ?", (done.embedder,)))
        keys = sorted({row[0] for row in index.base.execute("SELECT DISTINCT key FROM chunks")})
        width = int(index.meta("dimensions"))
        made = np.fromfile(matrix_file(index.file.parent, done.embedder), dtype=np.float32).reshape(-1, width)
        chosen = made[[rows[key] for key in keys]]
    steps = np.abs(chosen).max(axis=1) / _STEPS
    held = np.round(chosen / steps[:, None]).astype(np.int8)
    again = held * steps[:, None]
    cosine = (again * chosen).sum(axis=1) / np.linalg.norm(again, axis=1) / np.linalg.norm(chosen, axis=1)
    packed = np.array([list(bytes.fromhex(key)) for key in keys], dtype=np.uint8)
    np.savez(FILE, embedder=done.embedder, keys=packed, vectors=held, steps=steps.astype(np.float32))
    print(f"{len(keys)} passages, {FILE.stat().st_size} bytes, least cosine to the vector in full {cosine.min():.5f}")


def _told(done: float, total: float = 0, message: str = "") -> None:
    print(f"\r{message[:60]:60} {done:.0f} of {total:.0f}", end="", flush=True)


if __name__ == "__main__":
    main()
