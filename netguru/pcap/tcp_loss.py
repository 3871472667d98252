"""What repeated and stalled segments add up to: lossy pairs, black holes of the path MTU, stalled receivers.

Every measure is taken on one capture interface at a time; of several interfaces that saw the same
hosts the one with most events speaks, so that a packet seen twice is not counted twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from netguru.checks import threshold
from netguru.pcap.addresses import address_text, destination, source
from netguru.pcap.tcp_wireshark import RST, Mark

if TYPE_CHECKING:
    from netguru.pcap.capture import CaptureFile

_RETRANSMISSION = int(Mark.RETRANSMISSION | Mark.FAST_RETRANSMISSION)
_FEW = 3
_ENDS = ("ip_version", "src_hi", "src_lo", "dst_hi", "dst_lo")
_FRAGMENTATION_NEEDED, _PACKET_TOO_BIG = (3, 4), 2
_ICMP, _ICMPV6 = 1, 58


@dataclass(frozen=True, slots=True, kw_only=True)
class LossyPair:
    """Two hosts between which segments were sent again; `numbers` are packets that show it."""

    a: str
    b: str
    data: int
    resent: int
    from_a: int
    duplicates: int
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BlackHole:
    """Large packets one way that were never acknowledged; sizes are those of IP packets."""

    sender: str
    receiver: str
    size: int
    passed: int
    icmp: bool
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stall:
    """A receiver whose window stood at zero."""

    address: str
    port: int
    peer: str
    peer_port: int
    duration_ns: int
    numbers: tuple[int, ...]


def lossy_pairs(capture: CaptureFile) -> list[LossyPair]:
    """Find pairs of hosts with resent data above the note threshold, most resent first."""
    rows = capture.segments()
    # Probes of one byte are no loss, and a black hole is reported as such.
    probing = (pl.col("marks") & int(Mark.KEEP_ALIVE | Mark.ZERO_WINDOW_PROBE)) != 0
    buried = [number for hole in black_holes(capture) for number in hole.numbers]
    lower = _lower_sends()
    rows = rows.filter(~pl.col("copy")).with_columns(
        (pl.col("resend") & ~probing & ~pl.col("number").is_in(buried)).alias("again"),
        (pl.col("payload_length") > 0).alias("loaded"),
        lower.alias("lower"),
        *(
            pl.when(lower).then(f"{one}_{half}").otherwise(f"{other}_{half}").alias(f"{name}_{half}")
            for name, one, other in (("a", "src", "dst"), ("b", "dst", "src"))
            for half in ("hi", "lo")
        ),
    )
    pair = ("ip_version", "a_hi", "a_lo", "b_hi", "b_lo")
    likely = pl.col("again") & ((pl.col("marks") & _RETRANSMISSION) != 0)
    groups = rows.group_by(*pair, "interface").agg(
        pl.col("loaded").sum().alias("data"),
        pl.col("again").sum().alias("resent"),
        (pl.col("again") & pl.col("lower")).sum().alias("from_a"),
        ((pl.col("marks") & int(Mark.DUPLICATE_ACK)) != 0).sum().alias("duplicates"),
        pl.col("number").filter(likely).alias("marked"),
        pl.col("number").filter("again").alias("numbers"),
    )
    groups = groups.filter(
        (pl.col("resent") >= threshold("tcp.loss", "resent_segments"))
        & (pl.col("resent") >= threshold("tcp.loss", "note_share") * pl.col("data"))
    )
    groups = groups.sort(["resent", "interface", *pair], descending=[True] + [False] * 6)
    groups = groups.unique(subset=pair, keep="first", maintain_order=True)
    return [_pair(row) for row in groups.iter_rows(named=True)]


def _lower_sends() -> pl.Expr:
    return (pl.col("src_hi") < pl.col("dst_hi")) | (
        (pl.col("src_hi") == pl.col("dst_hi")) & (pl.col("src_lo") < pl.col("dst_lo"))
    )


def _pair(row: dict[str, Any]) -> LossyPair:
    # Those that Wireshark marks too are shown first, so that its filter finds them.
    numbers = row["marked"] if len(row["marked"]) >= _FEW else row["numbers"]
    return LossyPair(
        a=address_text(row["ip_version"], row["a_hi"], row["a_lo"]),
        b=address_text(row["ip_version"], row["b_hi"], row["b_lo"]),
        data=row["data"],
        resent=row["resent"],
        from_a=row["from_a"],
        duplicates=row["duplicates"],
        numbers=tuple(numbers),
    )


def black_holes(capture: CaptureFile) -> list[BlackHole]:
    """Find directions in which a large segment is repeated and never acknowledged while smaller ones are."""
    rows = capture.segments()
    size = threshold("tcp.pmtu-blackhole", "size_bytes")
    way = ("flow", "interface", "forward")
    loaded = rows.filter((pl.col("payload_length") > 0) & ~pl.col("copy"))
    repeats = (
        loaded.filter((pl.col("ip_length") >= size) & (pl.col("dont_fragment") | (pl.col("ip_version") == 6)))  # noqa: PLR2004 - the version
        .group_by(*way, "tcp_seq", "payload_length", *_ENDS, maintain_order=True)
        .agg(pl.col("number"), pl.col("ip_length").max(), pl.col("resend").sum().alias("resends"))
        .filter(pl.col("resends") >= threshold("tcp.pmtu-blackhole", "resends"))
    )
    if repeats.is_empty():
        return []
    # The segment that was repeated most speaks for its direction.
    repeats = repeats.sort("resends", descending=True, maintain_order=True).unique(
        way, keep="first", maintain_order=True
    )
    place = ("flow", "interface")
    flows = rows.join(repeats, on=place, how="semi", maintain_order="left").partition_by(place, as_dict=True)
    told = _told(capture)
    holes: dict[tuple[str, str], BlackHole] = {}
    for row in repeats.iter_rows(named=True):
        key = (source(row), destination(row))
        hole = _hole(row, flows[row["flow"], row["interface"]], told=key in told)
        if hole is not None and (key not in holes or len(hole.numbers) > len(holes[key].numbers)):
            holes[key] = hole
    return list(holes.values())


def _told(capture: CaptureFile) -> set[tuple[str, str]]:
    """Give the (sender, receiver) pairs whose packets an ICMP error calls too big."""
    kind, code = pl.col("icmp_type"), pl.col("icmp_code")
    four = (kind == _FRAGMENTATION_NEEDED[0]) & (code == _FRAGMENTATION_NEEDED[1]) & (pl.col("protocol") == _ICMP)
    six = (kind == _PACKET_TOO_BIG) & (pl.col("protocol") == _ICMPV6)
    errors = capture.table().filter(four | six).select("number")
    quoted = capture.inner().filter(pl.col("tunnel") == "icmp").join(errors, on="number", how="semi")
    return {(source(row), destination(row)) for row in quoted.iter_rows(named=True)}


def _hole(row: dict[str, Any], flow: pl.DataFrame, *, told: bool) -> BlackHole | None:
    back = flow.filter((pl.col("forward") != row["forward"]) & ((pl.col("tcp_flags") & RST) == 0))
    ahead = ((pl.col("tcp_ack").cast(pl.Int64) - row["tcp_seq"]) % 2**32).is_between(1, 2**31)
    if back.is_empty() or not back.filter(ahead).is_empty():
        return None
    mine = flow.filter((pl.col("forward") == row["forward"]) & (pl.col("number") <= row["number"][-1]))
    acknowledged = back["tcp_ack"].cast(pl.Int64)
    top = max(((number - row["tcp_seq"] + 2**31) % 2**32 for number in acknowledged), default=0)
    passed = mine.filter(
        (pl.col("tcp_seq").cast(pl.Int64) + pl.col("payload_length") - row["tcp_seq"] + 2**31) % 2**32 <= top
    )
    biggest = max(passed["ip_length"].to_list(), default=row["ip_length"])
    if biggest >= row["ip_length"]:
        return None
    return BlackHole(
        sender=source(row),
        receiver=destination(row),
        size=row["ip_length"],
        passed=biggest,
        icmp=told,
        numbers=tuple(row["number"][1:]),
    )


def stalled_receivers(capture: CaptureFile) -> list[Stall]:
    """Find the times at which a side kept its window at zero, longest first, one row for each side."""
    rows = capture.segments()
    zero = (pl.col("marks") & int(Mark.ZERO_WINDOW)) != 0
    way = ("flow", "interface", "forward")
    shut = rows.filter(zero).select(way).unique()
    if shut.is_empty():
        return []
    found: dict[tuple[str, int, str, int], Stall] = {}
    mine = rows.join(shut, on=way, how="semi", maintain_order="left").with_columns(zero.alias("zero"))
    for group in mine.partition_by(way, maintain_order=True):
        first = group.row(0, named=True)
        numbers, duration = _longest_stall(group)
        stall = Stall(
            address=source(first),
            port=first["src_port"],
            peer=destination(first),
            peer_port=first["dst_port"],
            duration_ns=duration,
            numbers=numbers,
        )
        key = (stall.address, stall.port, stall.peer, stall.peer_port)
        if key not in found or duration > found[key].duration_ns:
            found[key] = stall
    return sorted(found.values(), key=lambda stall: (-stall.duration_ns, stall.numbers))


def _longest_stall(group: pl.DataFrame) -> tuple[tuple[int, ...], int]:
    """Give all zero windows of a side and the longest time until its window opened (or it spoke last)."""
    numbers: list[int] = []
    longest, since = 0, None
    for number, time, zero in group.select("number", "time_ns", "zero").iter_rows():
        if since is not None:
            longest = max(longest, time - since)
        if zero:
            numbers.append(number)
            since = time if since is None else since
        else:
            since = None
    return tuple(numbers), longest
