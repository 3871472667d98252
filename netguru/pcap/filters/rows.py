"""The rows that filters are asked of: packets chunk by chunk, each followed by those inside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from netguru.pcap.filters.headers import WHOLE
from netguru.pcap.schema import INNER

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from netguru.pcap.capture import CaptureFile

_COLUMNS = frozenset(column.name for column in INNER)


def row_frames(capture: CaptureFile, columns: Collection[str]) -> Iterator[pl.DataFrame]:
    """Give the rows of a capture in order of `number`, a packet and those inside it in one frame.

    `tunnel` is empty for captured packets; `whole` says that the datagram is not fragmented or is
    complete with this row, which then has the ports of its first fragment, as in Wireshark.
    """
    asked = {*columns, "number", "tunnel"} & _COLUMNS
    for chunk in capture.chunks():
        frame = chunk.frame(asked)
        if WHOLE in columns:
            frame = frame.with_columns(pl.Series(WHOLE, chunk.datagrams))
            ports = chunk.ports
            later = np.flatnonzero(chunk.datagrams & ~chunk.has("ports") & (ports >= 0)) if ports.size else ports
            for name, values in (("src_port", ports >> 16), ("dst_port", ports & 0xFFFF)):
                if later.size and name in asked:
                    frame = frame.with_columns(frame[name].scatter(later, values[later]))
        yield frame
