"""Re-reading packet evidence: describe the packets again and look for the quotation."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from netguru.checks.reread import evidence_readers
from netguru.errors import NetGuruError

if TYPE_CHECKING:
    from pathlib import Path

    from netguru.model.capture import Capture
    from netguru.model.evidence import Evidence


@lru_cache(1)
def _opened(file: Path, *version: int) -> Capture:
    """Open a capture; one that did not change is opened once for all its evidence."""
    from netguru.workspace import open_capture

    del version
    return open_capture(file)


def read_packets(evidence: Evidence, file: Path) -> bool:
    """Find a quotation in the description of a packet from `start` to `end`.

    An absence quotes no packet; it is found again when the packets of its range are there.
    """
    try:
        status = file.stat()
        capture = _opened(file, status.st_ino, status.st_size, status.st_mtime_ns)
        count = capture.coverage.total
        if not 1 <= evidence.start <= evidence.end <= count:
            return False
        if evidence.text.endswith(f"not in packets {evidence.start}-{evidence.end}"):
            return True
        return any(evidence.text in capture.describe(number) for number in range(evidence.start, evidence.end + 1))
    except (NetGuruError, OSError):
        return False


evidence_readers.register("packet", read_packets)
