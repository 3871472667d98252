"""BFD: sessions that go down and sessions that never come up (RFC 5880 section 6.8)."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from netguru.checks import check, finding, threshold
from netguru.pcap.checks.common import counted, grouped, messages, numbers, span_s, subject, vlans
from netguru.pcap.protocols.bfd import ADMIN_DOWN, DOWN, UP

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netguru.model.capture import Capture
    from netguru.model.finding import Finding


@check("capture", "bfd.down", "bfd.never-up", profile="routing")
def sessions(capture: Capture) -> Iterator[Finding]:
    """Follow the state that each end of a session states; an administrator's order is no fault."""
    stated = [row for row in messages(capture, "bfd") if row["state"] is not None]
    ordered = {(row["src"], row["dst"]) for row in stated if row["state"] == ADMIN_DOWN}
    for (src, dst), rows in grouped(stated, "src", "dst").items():
        if (src, dst) in ordered or (dst, src) in ordered:
            continue
        left = [two for one, two in pairwise(rows) if one["state"] == UP and two["state"] == DOWN]
        if left:
            yield finding(
                "bfd.down",
                evidence=capture.evidence(numbers(left), limit=6),
                subject=subject(src, dst, vlans=vlans(rows)),
                sender=src,
                peer=dst,
                times=counted(len(left), "time"),
                diagnostic=left[0]["diagnostic_name"],
            )
        down = [row for row in rows if row["state"] == DOWN]
        long = span_s(rows) >= threshold("bfd.never-up", "seconds")
        if len(rows) >= threshold("bfd.never-up", "messages") and long and len(down) == len(rows):
            deaf = not any(row["your_discriminator"] for row in rows)
            yield finding(
                "bfd.never-up",
                evidence=capture.evidence(numbers(rows)[-4:], limit=4),
                subject=subject(src, dst, vlans=vlans(rows)),
                symptoms=["its peer's discriminator stays 0: it hears nothing"] if deaf else (),
                sender=src,
                peer=dst,
                diagnostic=rows[-1]["diagnostic_name"],
            )
