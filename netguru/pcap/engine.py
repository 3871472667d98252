"""The engine: one pass over a capture, from its bytes to chunks of decoded, counted, analysed packets.

Large captures go through compiled kernels in fixed memory. Small ones are decoded by numpy and
followed in plain Python from the same source, because loading the compiler takes longer than that.
"""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

import numpy as np

from netguru.pcap.chunks import BIT, ROWS, Chunk
from netguru.pcap.conversations import LIVE, Conversations
from netguru.pcap.framing import read_batches
from netguru.pcap.kernels import load
from netguru.pcap.kernels.tcp import QUOTED
from netguru.pcap.tcp_state import Segments, TcpState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from netguru.pcap.framing import Found

_IPV4 = 4
COMPILED_FROM = 8_000_000
"""Bytes of a capture from which the compiled kernels pay for being loaded (about 25 thousand packets)."""


def wants_compiled(size: int) -> bool:
    """Say whether a capture of a size in bytes is worth the compiled kernels, as far as these are at hand.

    Kernels that are not compiled yet cost some fifteen seconds: only captures that take longer without wait for them.
    """
    return size >= COMPILED_FROM and (load.ready() or size >= 20 * COMPILED_FROM)


class Engine:
    """Work through one capture stream.

    `conversations` holds what was counted so far; with `losses` the column `tcp_kinds` is filled too.
    """

    def __init__(
        self, stream: IO[bytes], found: Found, *, compiled: bool, losses: bool = False, live: int = LIVE
    ) -> None:
        self.compiled = compiled
        self.conversations = Conversations(compiled=compiled, live=live)
        self.tcp = TcpState(compiled=compiled, strict=losses)
        self.conversations.handshakes = self.tcp.handshakes
        self.conversations.keep_places = self.tcp.keep
        self._stream = stream
        self._found = found

    def chunks(self) -> Iterator[Chunk]:
        """Give the chunks of the capture in order; compiled, each is valid until the next is asked for."""
        parts = self._compiled() if self.compiled else self._plain()
        for chunk in parts:
            self._follow(chunk)
            yield chunk

    def finish(self) -> None:
        """Let go of what only further packets would need."""
        self.conversations.finish()
        self.tcp.finish()

    def headers(self) -> Iterator[Chunk]:
        """Give the chunks without anything that is known of conversations."""
        return self._compiled() if self.compiled else self._plain()

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
            if not count:
                # All kernels of the pass are loaded now.
                load.settle()
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
        slots, directions = self.conversations.take(chunk)
        followed = np.asarray(slots) >= 0
        if not followed.any():
            return
        start, has = chunk.values("payload_offset"), chunk.has("payload")
        # A header that is longer than its IP packet says nothing of the length, as a quoted one does.
        longer = has & (start > chunk.values("network_offset") + chunk.values("ip_length"))
        if longer.any():
            directions = self._give(np.asarray(directions) | longer * np.int64(QUOTED))
        marks, kinds = self.tcp.take(self._segments(chunk, slots, directions))
        # Wireshark says nothing of a segment whose header was cut.
        marks = np.asarray(marks, np.uint16) * ~(has & (start > chunk.values("captured")))
        chunk.values("tcp_marks")[:] = marks
        chunk.values("tcp_kinds")[:] = kinds
        judged = followed & ((np.asarray(directions) & QUOTED == 0) | (marks != 0))
        chunk.present[: chunk.count] |= judged * np.uint32(BIT["marks"])

    def _give(self, values: NDArray[Any]) -> Any:
        return values if self.compiled else values.tolist()

    def _segments(self, chunk: Chunk, slots: Any, directions: Any) -> Segments:
        give = self._give

        def there(name: str, group: str) -> Any:
            return give(np.where(chunk.has(group), chunk.values(name).astype(np.int64), -1))

        plain = {"seqs": "tcp_seq", "acks": "tcp_ack", "flags": "tcp_flags", "windows": "tcp_window"}
        judged: dict[str, Any] = {}
        if self.tcp.strict:
            plain |= {
                "interfaces": "interface",
                "numbers": "number",
                "lefts": "tcp_sack_left",
                "rights": "tcp_sack_right",
            }
            version = chunk.values("ip_version")
            judged["idents"] = give(np.where(version == _IPV4, chunk.values("ip_id").astype(np.int64), -1))
            judged["stamps"] = there("tcp_tsval", "timestamp")
            judged["sacks"] = give(chunk.values("tcp_sack_blocks") * chunk.has("sack"))
        return Segments(
            slots=slots,
            directions=directions,
            times=give(chunk.values("time_ns").view(np.int64)),
            lengths=give(chunk.values("payload_length") * chunk.has("payload")),
            scales=there("tcp_window_scale", "scale"),
            **{name: give(chunk.values(column)) for name, column in plain.items()},
            **judged,
        )
