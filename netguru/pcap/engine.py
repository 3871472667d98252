"""The engine: one pass over a capture, from its bytes to chunks of decoded, counted, analysed packets.

Large captures go through compiled kernels in fixed memory. Small ones are decoded by numpy and
followed in plain Python from the same source, because loading the compiler takes longer than that.
"""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

import numpy as np

from netguru.pcap.chunks import ROWS, Chunk
from netguru.pcap.conversations import Conversations
from netguru.pcap.framing import read_batches
from netguru.pcap.kernels import load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netguru.pcap.framing import Found

COMPILED_FROM = 8_000_000
"""Bytes of a capture from which the compiled kernels pay for being loaded (about 25 thousand packets)."""


def wants_compiled(size: int) -> bool:
    """Say whether a capture of a size in bytes is worth the compiled kernels, as far as these are at hand.

    Kernels that are not compiled yet cost some fifteen seconds: only captures that take longer without wait for them.
    """
    return size >= COMPILED_FROM and (load.ready() or size >= 20 * COMPILED_FROM)


class Engine:
    """Work through one capture stream; `conversations` holds what was counted so far."""

    def __init__(self, stream: IO[bytes], found: Found, *, compiled: bool) -> None:
        self.compiled = compiled
        self.conversations = Conversations(compiled=compiled)
        self._stream = stream
        self._found = found

    def chunks(self) -> Iterator[Chunk]:
        """Give the chunks of the capture in order; compiled, each is valid until the next is asked for."""
        parts = self._compiled() if self.compiled else self._plain()
        for chunk in parts:
            self._follow(chunk)
            yield chunk

    def _plain(self) -> Iterator[Chunk]:
        from netguru.pcap.columns import decode

        count = 0
        for batch in read_batches(self._stream, self._found):
            numbers = np.arange(count + 1, count + 1 + batch.start.size, dtype=np.int64)
            count += batch.start.size
            if batch.start.size:
                yield decode(batch, numbers)

    def _compiled(self) -> Iterator[Chunk]:
        decode = load.compiled("decode").decode
        chunk = Chunk.empty(ROWS)
        count = 0
        for batch in read_batches(self._stream, self._found, compiled=True):
            rows = (batch.start, batch.captured, batch.length, batch.time_ns, batch.interface, batch.link_type)
            matrices = (chunk.m8, chunk.m16, chunk.m32, chunk.m64, chunk.present)
            first, packets = 0, batch.start.size
            while first < packets:
                first, chunk.count = decode(
                    batch.buffer, batch.base, count + 1, first, packets, *rows, chunk.count, ROWS, *matrices
                )
                if first < packets:
                    yield chunk
                    chunk.count = 0
            count += packets
        if chunk.count:
            yield chunk

    def _follow(self, chunk: Chunk) -> None:
        self.conversations.take(chunk)
