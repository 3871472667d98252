"""Old versions and weak algorithms of SSH, SMB and QUIC; and exports of flows that are lost on the way."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import polars as pl

from netguru.checks import check, finding, threshold
from netguru.pcap.checks.common import counted, grouped, listed, messages, numbers, subject, vlans
from netguru.pcap.protocols.base import named
from netguru.pcap.protocols.netflow import FIVE, NINE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netguru.model.capture import Capture
    from netguru.model.finding import Finding

_CHOSEN = ("chosen_kex", "chosen_key", "chosen_cipher")
_WIDTH = 1 << 32


@check("capture", "ssh.old-version", "ssh.weak-algorithm", "ssh.no-common-algorithm", profile="security")
def ssh(capture: Capture) -> Iterator[Finding]:
    """Report servers that speak version 1 alone, and algorithms that connections chose although they are weak."""
    old = messages(capture, "ssh", (pl.col("message") == "version") & (pl.col("protocol") < "1.99"))
    for (host, port), rows in grouped(old, "src", "src_port").items():
        yield finding(
            "ssh.old-version",
            evidence=capture.evidence(numbers(rows), limit=3),
            subject=subject(host, vlans=vlans(rows)),
            host=f"{host} port {port}",
            version=rows[0]["protocol"],
            software=rows[0]["software"] or "software that does not name itself",
        )
    offers = messages(capture, "ssh", pl.col("chosen_kex").is_not_null())
    for (host, port), rows in grouped(offers, "src", "src_port").items():
        chosen = {row[column] for row in rows for column in _CHOSEN if row[column]}
        weak = {name: named("ssh", "weak", name, "-") for name in chosen}
        weak = {name: why for name, why in weak.items() if why != "-"}
        if weak:
            shown = [row for row in rows if any(row[column] in weak for column in _CHOSEN)]
            yield finding(
                "ssh.weak-algorithm",
                evidence=capture.evidence(numbers(shown), limit=3),
                subject=subject(host, vlans=vlans(rows)),
                symptoms=[f"{name}: {why}" for name, why in sorted(weak.items())],
                server=f"{host} port {port}",
                names=listed(weak),
            )
        apart = [row for row in rows if not row["incomplete"] and "" in (row[column] for column in _CHOSEN)]
        if apart:
            yield finding(
                "ssh.no-common-algorithm",
                evidence=capture.evidence(numbers(apart), limit=3),
                subject=subject(host, *(row["dst"] for row in apart), vlans=vlans(apart)),
                server=f"{host} port {port}",
                clients=listed({row["dst"] for row in apart}),
            )


@check("capture", "smb.version-1", "smb.signing-optional", profile="security")
def smb(capture: Capture) -> Iterator[Finding]:
    """Report servers that speak SMB 1, and sessions that need not be signed."""
    # A first request of version 1 is sent by clients that want to know which versions there are.
    answers = messages(capture, "smb", (pl.col("version") == 1) & pl.col("response") & (pl.col("status") == 0))
    for (server,), rows in grouped(answers, "src").items():
        yield finding(
            "smb.version-1",
            evidence=capture.evidence(numbers(rows), limit=3),
            subject=subject(server, *(row["dst"] for row in rows), vlans=vlans(rows)),
            server=server,
            clients=listed({row["dst"] for row in rows}),
        )
    chosen = messages(capture, "smb", pl.col("dialect").is_not_null() & (pl.col("signing") != "required"))
    for (server,), rows in grouped(chosen, "src").items():
        yield finding(
            "smb.signing-optional",
            evidence=capture.evidence(numbers(rows), limit=3),
            subject=subject(server, vlans=vlans(rows)),
            server=server,
            signing=rows[0]["signing"],
            dialect=rows[0]["dialect"],
        )


@check("capture", "quic.version-negotiation", profile="services")
def quic(capture: Capture) -> Iterator[Finding]:
    """Report servers that do not speak the version of QUIC that a client begins with."""
    rows = messages(capture, "quic", pl.col("versions").list.len() > 0)
    for (server, client), told in grouped(rows, "src", "dst").items():
        yield finding(
            "quic.version-negotiation",
            evidence=capture.evidence(numbers(told), limit=4),
            subject=subject(server, client, vlans=vlans(told)),
            server=server,
            client=client,
            versions=listed({name for row in told for name in row["versions"]}, 6),
        )


@check("capture", "netflow.loss", profile="services")
def exports(capture: Capture) -> Iterator[Finding]:
    """Report exporters whose numbers leave gaps; IPFIX counts records, which no header tells."""
    rows = messages(capture, "netflow", pl.col("version").is_in([FIVE, NINE]))
    for (exporter, collector, *_), sent in grouped(rows, "src", "dst", "src_port", "version", "source").items():
        gaps = []
        lost = 0
        for before, after in pairwise(sent):
            step = before["count"] if before["version"] == FIVE else 1
            missing = (after["sequence"] - before["sequence"] - step) % _WIDTH
            # An exporter that starts anew counts from zero; one that is overtaken comes back.
            if 0 < missing < threshold("netflow.loss", "most"):
                gaps.append((before, after))
                lost += missing
        if gaps:
            noun = "record" if sent[0]["version"] == FIVE else "message"
            yield finding(
                "netflow.loss",
                evidence=capture.evidence([row["number"] for gap in gaps[:3] for row in gap], limit=6),
                subject=subject(exporter, collector, vlans=vlans(sent)),
                exporter=exporter,
                collector=collector,
                lost=counted(lost, noun),
                gaps=counted(len(gaps), "gap"),
            )
