"""Re-reading packet evidence: describe the packets again and look for the quotation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netguru.checks.reread import evidence_readers
from netguru.errors import NetGuruError

if TYPE_CHECKING:
    from pathlib import Path

    from netguru.model.evidence import Evidence


def read_packets(evidence: Evidence, file: Path) -> bool:
    """Find a quotation in the description of a packet from `start` to `end`.

    An absence quotes no packet; it is found again when the packets of its range are there.
    """
    from netguru.workspace import open_capture

    try:
        capture = open_capture(file)
        count = capture.coverage.total
        if not 1 <= evidence.start <= evidence.end <= count:
            return False
        if evidence.text.endswith(f"not in packets {evidence.start}-{evidence.end}"):
            return True
        return any(evidence.text in capture.describe(number) for number in range(evidence.start, evidence.end + 1))
    except NetGuruError:
        return False


evidence_readers.register("packet", read_packets)
