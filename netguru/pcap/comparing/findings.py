"""What happened between two points as findings, with the packets of both captures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from netguru.checks import finding, threshold
from netguru.model.finding import Finding, Severity, rank
from netguru.pcap.addresses import destination, source
from netguru.pcap.checks.common import counted, subject
from netguru.pcap.comparing.tables import WAYS, conversations_alone, ends, overtaken, rewritten, ways

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netguru.model.evidence import Evidence
    from netguru.pcap.capture import CaptureFile
    from netguru.pcap.compare_results import Rewritten, Way
    from netguru.pcap.comparing.path import Path

_SHOWN = 4
_RST = 0x04
_SYN = 0x02
_TCP = 6
_OPTIONS = ("window scale", "SACK permitted")


@dataclass(frozen=True, slots=True)
class Compared:
    """Two captures, how they are called, and what lies between them."""

    a: CaptureFile
    b: CaptureFile
    path: Path

    def side(self, way: str, *, near: bool) -> tuple[CaptureFile, str, pl.DataFrame, pl.DataFrame]:
        """Give capture, name, packets and packets without partner of the point that a way leaves, or comes to."""
        first = (way == "ab") is near
        if first:
            return self.a, f"A ({self.a.source.name})", self.path.a, self.path.only_a
        return self.b, f"B ({self.b.source.name})", self.path.b, self.path.only_b


def path_findings(compared: Compared) -> tuple[Finding, ...]:
    """Give what happened between the points, worst first."""
    named = {row.way: row for row in ways(compared.path)}
    found: list[Finding] = []
    for way, words in WAYS.items():
        if words in named:
            for check in (_loss, _missed, _delay, _overtaken, _doubled):
                found.extend(check(compared, way, named[words]))
        found.extend(_injected(compared, way))
        found.extend(_stopped(compared, way))
    found.extend(_changes(compared))
    return rank(found)


def _fate(rows: pl.DataFrame, fate: str, way: str) -> pl.DataFrame:
    return rows.filter(pl.col("fate") == fate, pl.col("way") == way)


def _absent(capture: CaptureFile, rows: pl.DataFrame, what: str) -> Evidence:
    """Show that a capture does not have something, over all that was compared of it."""
    return capture.absence(int(rows["number"].min()), int(rows["number"].max()), what)  # type: ignore[arg-type]  # of integers


def _loss(compared: Compared, way: str, row: Way) -> Iterator[Finding]:
    near, near_name, _, alone = compared.side(way, near=True)
    far, far_name, far_rows, _ = compared.side(way, near=False)
    share = row.lost / row.sent if row.sent else 0.0
    if row.lost < threshold("path.loss", "packets") or share < threshold("path.loss", "note_share"):
        return
    lost = _fate(alone, "lost", way)
    proven = lost.filter(pl.col("again")).height
    dropped = sum(interface.dropped or 0 for interface in far.interfaces)
    grave = (
        share >= threshold("path.loss", "warning_share")
        and row.lost >= threshold("path.loss", "warning_packets")
        and not dropped
    )
    yield finding(
        "path.loss",
        severity=Severity.WARNING if grave else Severity.NOTE,
        evidence=(
            *near.evidence(lost["number"].sort().to_list(), limit=_SHOWN),
            _absent(far, far_rows, "packets with the same content"),
        ),
        way=row.way, lost=row.lost, sent=row.sent, share=f"{share:.2%}", near=near_name, far=far_name,
        proof=f"The sender sent TCP data again for {proven} of them." if proven else "",
        doubt=f" The recorder of {far_name} says that it dropped {dropped} packets itself." if dropped else "",
    )  # fmt: skip


def _missed(compared: Compared, way: str, row: Way) -> Iterator[Finding]:
    if not row.missed:
        return
    near, near_name, _, alone = compared.side(way, near=True)
    far, far_name, far_rows, _ = compared.side(way, near=False)
    missed = _fate(alone, "missed", way)
    yield finding(
        "path.recorder-missed",
        evidence=(
            *near.evidence(missed["number"].sort().to_list(), limit=_SHOWN),
            _absent(far, far_rows, "packets with the same content"),
        ),
        way=row.way, near=near_name, far=far_name, count=counted(missed.height, "segment"),
    )  # fmt: skip


def _delay(compared: Compared, way: str, row: Way) -> Iterator[Finding]:
    above = row.p95_ms - row.least_ms
    if row.arrived < threshold("path.delay", "packets") or above < threshold("path.delay", "note_ms"):
        return
    slow = compared.path.pairs.filter(pl.col("way") == way).sort("delay_ns", descending=True).head(_SHOWN // 2)
    one_way = compared.path.clock.method == "one direction"
    yield finding(
        "path.delay",
        severity=Severity.WARNING if above >= threshold("path.delay", "warning_ms") else Severity.NOTE,
        evidence=_both(compared, slow),
        way=row.way, longest=row.longest_ms, least=row.least_ms, median=row.median_ms, p95=row.p95_ms,
        count=row.arrived, beyond=", counted from the fastest packet" if one_way else "",
    )  # fmt: skip


def _both(compared: Compared, pairs: pl.DataFrame) -> tuple[Evidence, ...]:
    """Quote packets of both captures."""
    numbers = pairs["number"].to_list(), pairs["number_b"].to_list()
    return (
        *compared.a.evidence(sorted(numbers[0]), limit=_SHOWN),
        *compared.b.evidence(sorted(numbers[1]), limit=_SHOWN),
    )


def _overtaken(compared: Compared, way: str, row: Way) -> Iterator[Finding]:
    if row.overtaken < max(threshold("path.reordered", "packets"), threshold("path.reordered", "share") * row.arrived):
        return
    pairs = overtaken(compared.path.pairs.filter(pl.col("way") == way), way)
    yield finding(
        "path.reordered",
        evidence=_both(compared, pairs.head(_SHOWN // 2)),
        way=row.way, count=row.overtaken, sent=row.sent,
    )  # fmt: skip


def _doubled(compared: Compared, way: str, row: Way) -> Iterator[Finding]:
    if row.doubled < threshold("path.doubled", "packets"):
        return
    far, far_name, _, alone = compared.side(way, near=False)
    _, near_name, _, _ = compared.side(way, near=True)
    copies = _fate(alone, "doubled", way)
    yield finding(
        "path.doubled",
        evidence=far.evidence(copies["number"].sort().to_list(), limit=_SHOWN),
        way=row.way, count=counted(copies.height, "packet"), near=near_name, far=far_name,
    )  # fmt: skip


def _injected(compared: Compared, way: str) -> Iterator[Finding]:
    """Report resets that appear on the way, of connections whose other packets came through."""
    far, far_name, _, alone = compared.side(way, near=False)
    near, near_name, near_rows, _ = compared.side(way, near=True)
    resets = alone.filter(
        pl.col("fate") == "appeared", pl.col("way") == way, pl.col("protocol") == _TCP, pl.col("tcp_flags") & _RST > 0
    )
    for (_,), rows in resets.group_by("flow", maintain_order=True):
        first = rows.row(0, named=True)
        client, server = ends(first)
        yield finding(
            "path.injected",
            subject=subject(source(first), destination(first)),
            evidence=(
                *far.evidence(rows["number"].sort().to_list(), limit=_SHOWN),
                _absent(near, near_rows, "this reset"),
            ),
            way=WAYS[way], near=near_name, far=far_name, client=client, server=server,
            count=counted(rows.height, "reset"),
        )  # fmt: skip


def _stopped(compared: Compared, way: str) -> Iterator[Finding]:
    """Report connections that are tried at one point and never come to the other, between hosts that both know."""
    near, near_name, _, alone = compared.side(way, near=True)
    far, far_name, far_rows, _ = compared.side(way, near=False)
    flows = conversations_alone(compared.path, alone, "" if way == "ab" else "_b").filter("known")
    tried = alone.join(flows.select("flow"), on="flow", how="semi").filter(pl.col("protocol") == _TCP)
    for (_,), rows in tried.group_by("flow", maintain_order=True):
        opening = (rows["tcp_flags"] & _SYN > 0) & rows["from_client"]
        if not opening.all() or rows.height < threshold("path.stopped", "syn"):
            continue
        first = rows.row(0, named=True)
        client, server = ends(first)
        yield finding(
            "path.stopped",
            subject=subject(source(first), destination(first)),
            evidence=(
                *near.evidence(rows["number"].to_list(), limit=_SHOWN),
                _absent(far, far_rows, f"packets of {client} and {server}"),
            ),
            client=client, server=server, near=near_name, far=far_name, count=counted(rows.height, "attempt"),
        )  # fmt: skip


def _changes(compared: Compared) -> Iterator[Finding]:
    """Report what a device between the points rewrote."""
    translated: set[tuple[str, str]] = set()
    for row in rewritten(compared.path):
        check = _check_of(row)
        if check == "path.translated" and (row.at_a, row.at_b) in translated:
            # The way back says the same of the other end of the packet.
            continue
        if check:
            translated.add((row.at_a, row.at_b))
            before, after = _in_order(row)
            yield finding(
                check,
                severity=Severity.WARNING if check == "path.marking" and _falls(row) else None,
                evidence=(*compared.a.evidence([row.example_a]), *compared.b.evidence([row.example_b])),
                way=row.way, field=row.field, at_a=row.at_a, at_b=row.at_b, before=before, after=after,
                packets=counted(row.packets, "packet"), conversations=counted(row.conversations, "conversation"),
                lost=", which takes their priority away" if _falls(row) else "",
            )  # fmt: skip


def _in_order(row: Rewritten) -> tuple[str, str]:
    """Give the values in the order in which the packet had them."""
    return (row.at_b, row.at_a) if row.way == WAYS["ba"] else (row.at_a, row.at_b)


def _check_of(row: Rewritten) -> str:
    if row.field.endswith(" address"):
        return "path.translated"
    if row.field == "DSCP":
        return "path.marking" if row.packets >= threshold("path.marking", "packets") else ""
    if row.field == "MSS" and "none" not in (row.at_a, row.at_b):
        return "path.mss"
    before, after = _in_order(row)
    gone = before not in ("none", "no") and after in ("none", "no")
    return "path.option-removed" if row.field in _OPTIONS and gone else ""


def _falls(row: Rewritten) -> bool:
    """Say whether packets of a class for voice, video or signalling (RFC 4594) end in best effort."""
    before, after = _in_order(row)
    return row.field == "DSCP" and after == "0" and int(before) >= threshold("path.marking", "priority")
