"""The reader of captures: recognised by their magic numbers, compression looked through."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netguru.pcap.recognition import recognise
from netguru.pcap.streams import first_bytes, packing
from netguru.workspace.readers import Match, file_readers

if TYPE_CHECKING:
    from netguru.model.capture import Capture
    from netguru.model.source import SourceFile


class CaptureReader:
    """Read pcap, pcapng and snoop files, also packed with gzip, zstd, lz4, bzip2 or xz."""

    name = "capture"

    def recognise(self, head: bytes, file: SourceFile) -> Match | None:
        """Judge a file by its magic number."""
        packed = packing(head)
        # The head alone may hold less than the first block of its packing, so the file is asked.
        kind = recognise(first_bytes(file.path) if packed else head)
        if not kind:
            return None
        return Match(confidence=1.0, kind=kind, reason="magic number" + (f" inside {packed}" if packed else ""))

    def read(self, file: SourceFile) -> Capture:
        """Give the handle of a capture; it is read when a table is asked for."""
        from netguru.pcap.capture import CaptureFile

        return CaptureFile(file)


file_readers.register("capture", CaptureReader())
