"""IPsec: negotiations that fail, and numbers of ESP that are missing or come again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from netguru.checks import check, finding, threshold
from netguru.pcap.checks.common import counted, grouped, listed, messages, numbers, subject, told, vlans
from netguru.pcap.protocols.base import named
from netguru.pcap.protocols.ike import FIRST_STATUS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netguru.model.capture import Capture
    from netguru.model.finding import Finding

_BY_NOTIFY = {14: "ike.no-proposal", 24: "ike.auth-failed"}


@check("capture", "ike.no-proposal", "ike.auth-failed", "ike.refused", profile="security")
def refused(capture: Capture) -> Iterator[Finding]:
    """Report notifications of errors in the clear; those of a running negotiation with another group are none."""
    rows = [
        row | {"check": _BY_NOTIFY.get(code, "ike.refused"), "said": name}
        for row in messages(capture, "ike", pl.col("notify_types").list.len() > 0)
        for code, name in zip(row["notify_types"], row["notifies"], strict=True)
        if 0 < code < FIRST_STATUS and named("ike", "normal", code, "-") == "-"
    ]
    for (check_id, one, two, said), found in grouped(rows, "check", "src", "dst", "said").items():
        asked = [row["request"] for row in found if row["request"] is not None]
        yield finding(
            check_id,
            evidence=capture.evidence([*numbers(found)[:4], *asked[:2]], limit=6),
            subject=subject(one, two, vlans=vlans(found)),
            one=one,
            two=two,
            said=said,
            times=counted(len(found), "message"),
        )


@check("capture", "esp.loss", "esp.replay", profile="security")
def esp_numbers(capture: Capture) -> Iterator[Finding]:
    """Report associations that lack numbers, and such that bring the same number again."""
    for rows in told(capture, "esp").partition_by("src", "dst", "spi", maintain_order=True):
        sequence = rows["sequence"].to_numpy().astype(np.int64)
        if rows.height < threshold("esp.loss", "packets"):
            continue
        distinct, first, count = np.unique(sequence, return_index=True, return_counts=True)
        missing = int(distinct[-1] - distinct[0] + 1 - distinct.size)
        share = missing / (missing + distinct.size)
        head = rows.row(0, named=True)
        about = {"one": head["src"], "two": head["dst"], "spi": f"0x{head['spi']:08x}", "packets": rows.height}
        whom = subject(head["src"], head["dst"], vlans=[head["vlan"]])
        # A number that goes far away is that of another association, or of 64 bits.
        if missing and threshold("esp.loss", "share") < share < threshold("esp.loss", "most_share"):
            holes = np.flatnonzero(np.diff(distinct) > 1)[:2]
            shown = [rows["number"][int(first[place])] for hole in holes for place in (hole, hole + 1)]
            yield finding(
                "esp.loss",
                evidence=capture.evidence(shown, limit=4),
                subject=whom,
                lost=missing,
                share=f"{share:.1%}",
                **about,
            )
        again = distinct[count > 1]
        if again.size >= threshold("esp.replay", "numbers"):
            some = rows.filter(pl.col("sequence").is_in(again[:2].tolist()))
            yield finding(
                "esp.replay",
                evidence=capture.evidence(some["number"].to_list(), limit=6),
                subject=whom,
                numbers=listed(str(number) for number in again.tolist()),
                times=counted(int(again.size), "number"),
                **about,
            )
