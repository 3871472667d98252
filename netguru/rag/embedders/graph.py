"""Running an ONNX graph over texts: one text a run, so that its vector does not depend on those beside it.

One at a time is the quickest on a processor, too: nothing is padded, and what a text needs stays in its cache (11
passages a CPU second against 5 in batches of 16, MiniLM in 32 bits). Several threads take one text each.
"""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING

from netguru.errors import DamagedFileError, MissingExtraError
from netguru.settings import settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import numpy as np
    from onnxruntime import InferenceSession

BATCH = 16
"""Texts between two looks at whether the work was cancelled: one to two seconds on one processor."""

AHEAD = 2
"""Batches that are under way at once, so that no thread is idle while the last text of one is computed."""

_FATAL = 4
_INPUTS = ("input_ids", "attention_mask", "token_type_ids")


def threads() -> int:
    """Give how many texts are embedded at once: the setting, by default one a processor that is ours."""
    return settings().embedder_threads or len(os.sched_getaffinity(0))


def digest(file: Path) -> str:
    """Give the SHA-256 of a file; raises DamagedFileError when it cannot be read."""
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise DamagedFileError(f"cannot be read: {error.strerror or error}", place=str(file)) from None


class Graph:
    """A model that takes the numbers of word pieces, of one text or of two side by side.

    `content` is given where the model lies in several files; `file` names it then.
    """

    def __init__(self, file: Path, content: bytes | None = None) -> None:
        self._file = file
        self._session = _session(file, content)
        self._inputs = [item.name for item in self._session.get_inputs()]
        unknown = [name for name in self._inputs if name not in _INPUTS]
        if unknown:
            raise DamagedFileError(f"asks for {', '.join(unknown)}; known are {', '.join(_INPUTS)}", place=str(file))

    def run(self, pieces: Sequence[int], kinds: Sequence[int] = ()) -> np.ndarray:
        """Give the first output for one text; `kinds` tells the second part of a pair (1) from the first (0)."""
        import numpy as np

        values = {
            "input_ids": np.array([pieces], dtype=np.int64),
            "attention_mask": np.ones((1, len(pieces)), dtype=np.int64),
            "token_type_ids": np.array([kinds or [0] * len(pieces)], dtype=np.int64),
        }
        try:
            found = self._session.run(None, {name: values[name] for name in self._inputs})[0]
        except Exception as error:  # noqa: BLE001 - the runtime's errors have no base of their own
            raise DamagedFileError(f"does not run: {str(error).splitlines()[0]}", place=str(self._file)) from None
        first: np.ndarray = np.asarray(found, dtype=np.float32)[0]
        return first


def each(work: Callable[[str], list[float]], texts: Sequence[str]) -> list[list[float]]:
    """Do the work for every text, on as many threads as the settings say, in the order of the texts."""
    count = threads()
    if min(count, len(texts)) <= 1:
        return [work(text) for text in texts]
    # The runtime lets go of Python's lock while it computes.
    return list(_pool(count).map(work, texts))


@cache
def _pool(count: int) -> ThreadPoolExecutor:
    """Give the threads, which stay for the next batch: two batches share them, and neither waits for its last text."""
    return ThreadPoolExecutor(count, thread_name_prefix="embedding")


def _session(file: Path, content: bytes | None) -> InferenceSession:
    try:
        import onnxruntime
    except ImportError:
        raise MissingExtraError("embedding on this machine", "pip install onnxruntime") from None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    # Texts differ in length: plans of memory for each length would pile up.
    options.enable_mem_pattern = False
    options.log_severity_level = _FATAL
    try:
        return onnxruntime.InferenceSession(content or str(file), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # noqa: BLE001 - the runtime's errors have no base of their own
        raise DamagedFileError(f"is no ONNX model: {str(error).splitlines()[0]}", place=str(file)) from None
