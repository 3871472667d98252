"""The operation that repairs a capture."""

from __future__ import annotations

from pathlib import Path

from netguru.operations import operation
from netguru.operations.context import CancelToken, Progress
from netguru.pcap.repair_results import Repaired


@operation("pcap.repair", effect="write")
def repair(file: Path, *, out: Path, progress: Progress, cancel: CancelToken) -> Repaired:
    """Write a damaged capture anew with all packets that can be read, also those behind a damage.

    Reading stops at the first damage, in Wireshark too. Behind it, this goes on where a chain of
    sensible records begins again, and says which bytes were left out. The new file has the format of
    the capture, every block and record byte for byte; a compressed capture is written unpacked.

    Args:
        file: the capture (pcap or pcapng; also packed with gzip, zstd, lz4, bzip2 or xz).
        out: the file to write.
    """
    from netguru.pcap.engine import wants_compiled
    from netguru.pcap.repairing import repair_capture
    from netguru.workspace import open_capture

    source = open_capture(file).source
    return repair_capture(source, out, compiled=wants_compiled(source.size), progress=progress, cancel=cancel)
