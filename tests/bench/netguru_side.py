"""NetGuru's side of the bench, warm: one product over one capture; prints what it took and counted as JSON.

The kernels are loaded and every library imported before the clock runs; the process's peak memory counts all of it.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

TURNS = 3


def opened(path: Path) -> Any:
    """Open a capture: the one place that knows how."""
    from netguru.model.source import SourceFile
    from netguru.pcap.capture import CaptureFile

    return CaptureFile(SourceFile.of(path))


def decode(path: Path) -> dict[str, int]:
    """Decode all packets and follow their flows, without a table."""
    capture = opened(path)
    capture.run()
    return {"packets": capture.totals.packets, "captured": capture.totals.captured, "wire_bytes": capture.totals.bytes}


def table(path: Path) -> dict[str, int]:
    """Give every column of every packet as polars (Arrow) tables, chunk by chunk."""
    from netguru.pcap.chunks import PACKET_COLUMNS

    rows = octets = 0
    for chunk in opened(path).chunks():
        frame = chunk.frame(PACKET_COLUMNS, chunk.captured())
        rows += frame.height
        octets += int(frame["captured"].sum())
    return {"packets": rows, "captured": octets, "columns": len(PACKET_COLUMNS)}


def flows(path: Path) -> dict[str, int]:
    """Give the flow table."""
    capture = opened(path)
    capture.run()
    return {"packets": capture.totals.packets, **_flow_counts(capture.conversations.table().collect())}


def tcp(path: Path) -> dict[str, int]:
    """Mark the segments as Wireshark does, and gather the marked ones."""
    from netguru.pcap.tcp_report import Flagged
    from netguru.pcap.tcp_wireshark import Mark

    class Marked(Flagged):
        losses = False

    capture, marked = opened(path), Marked()
    capture.run(marked)
    bits = int(Mark.RETRANSMISSION | Mark.FAST_RETRANSMISSION | Mark.SPURIOUS_RETRANSMISSION)
    return {"packets": capture.totals.packets, "retransmissions": marked.with_bits(bits).count}


def strict(path: Path) -> dict[str, int]:
    """Analyse TCP as `pcap.tcp` does: the marks, and beside them loss told from reordering."""
    from netguru.pcap.tcp_report import tcp_report

    capture = opened(path)
    report = tcp_report(capture)
    return {"packets": capture.totals.packets, "retransmissions": report.retransmission.count}


def whole(path: Path) -> dict[str, int]:
    """Give packet table with the marks of the TCP analysis, and flows, in one pass."""
    from netguru.pcap.chunks import PACKET_COLUMNS
    from netguru.pcap.tcp_wireshark import Mark

    bits = int(Mark.RETRANSMISSION | Mark.FAST_RETRANSMISSION | Mark.SPURIOUS_RETRANSMISSION)

    class Tables:
        rows = again = 0

        def take(self, chunk: Any) -> None:
            self.rows += chunk.frame(PACKET_COLUMNS, chunk.captured()).height
            self.again += int(((chunk.values("tcp_marks") & bits != 0) & chunk.has("marks")).sum())

    capture, tables = opened(path), Tables()
    capture.run(tables)
    counts = _flow_counts(capture.conversations.table().collect())
    return {"packets": tables.rows, "retransmissions": tables.again, **counts}


def _flow_counts(found: Any) -> dict[str, int]:
    outer = found.filter(found["tunnel"] == "")
    protocols = outer["protocol"]
    return {
        "flows": found.height,
        "tcp_flows": int((protocols == 6).sum()),
        "udp_flows": int((protocols == 17).sum()),
    }


PRODUCTS = {"decode": decode, "table": table, "flows": flows, "tcp": tcp, "strict": strict, "whole": whole}


def main(product: str, path: Path, small: Path) -> None:
    """Measure one product; the best of some turns, as neighbours on the machine only ever add."""
    from netguru.pcap import engine
    from netguru.pcap.kernels.warm import run

    run()
    work = PRODUCTS[product]
    kept, engine.COMPILED_FROM = engine.COMPILED_FROM, 0  # the small capture goes the way of the large one
    work(small)
    engine.COMPILED_FROM = kept
    turns = TURNS if path.stat().st_size < 300_000_000 else 1
    taken = []
    for _ in range(turns):
        before, start = time.process_time(), time.monotonic()
        counts = work(path)
        taken.append((time.process_time() - before, time.monotonic() - start))
    cpu, seconds = min(taken)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(
        json.dumps({"cpu": cpu, "seconds": seconds, "all": taken, "peak_mb": peak, "counts": counts}) + "\n"
    )


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
