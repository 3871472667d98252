"""Packets as two points of a path can recognise them: what routers, NAT and marking leave alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from netguru import resources

if TYPE_CHECKING:
    from netguru.pcap.capture import CaptureFile

COLUMNS = (
    "number", "time_ns", "interface", "length", "vlan", "ip_version", "src_hi", "src_lo", "dst_hi", "dst_lo",
    "protocol", "ttl", "ip_id", "dscp", "ecn", "more_fragments", "fragment_offset", "ip_length", "src_port",
    "dst_port", "tcp_seq", "tcp_ack", "tcp_flags", "tcp_mss", "tcp_window_scale", "tcp_sack_permitted", "tcp_tsval",
    "tcp_tsecr", "payload_length", "payload_head", "flow", "stream", "from_client",
)  # fmt: skip
_SAME = ("_group", "protocol", "ip_version", "fragment_offset", "more_fragments", "payload_length", "_head", "_flags")
_TIMESTAMPS = ("tcp_tsval", "tcp_tsecr")
_NUMBERS = ("tcp_seq", "tcp_ack")
LEVELS: tuple[tuple[str, tuple[str, ...], frozenset[str]], ...] = (
    ("", (*_SAME, "ip_id", *_NUMBERS, *_TIMESTAMPS), frozenset()),
    ("identification", (*_SAME, *_NUMBERS, *_TIMESTAMPS), frozenset({"ip_id"})),
    ("timestamps", (*_SAME, "ip_id", *_NUMBERS), frozenset(_TIMESTAMPS)),
    ("sequence numbers", (*_SAME, "ip_id", *_TIMESTAMPS), frozenset(_NUMBERS)),
)
"""What must be equal, from strict to loose: each level says what a device on the way is taken to have rewritten."""

_CORE_FLAGS = 0x3F
"""FIN to URG: the bits of congestion notification are routers' to change."""

_CLASS_D = 0xE0000000
"""224.0.0.0, the first IPv4 multicast address (RFC 5771); limited broadcast lies above it."""

_ICMP = (1, 58)
_TYPE_CODE_SEQUENCE = 0xFFFF_0000_0000_FFFF
"""Bytes 0, 1, 6 and 7, whichever byte of the eight comes first."""

_FF00 = 0xFF << 56
"""Upper half of ff00::, the first IPv6 multicast address (RFC 4291 section 2.7)."""


def limits() -> dict[str, float]:
    """Give the bounds of a comparison (`pcap-limits.toml`)."""
    found: dict[str, float] = resources.table("pcap-limits.toml")["compare"]
    return found


def comparable(capture: CaptureFile, interface: int | None) -> pl.DataFrame:
    """Give the IP packets of one capture point with a key for each level (`key0`, `key1`, ...).

    Packets in tunnels count as the packet around them. Of a large capture the first ones are taken (`limits`).
    """
    frame = capture.packets().select(COLUMNS).filter(pl.col("ip_version") > 0, pl.col("time_ns").is_not_null())
    if interface is not None:
        frame = frame.filter(pl.col("interface") == interface)
    rows = frame.head(int(limits()["packets"])).collect()
    flags = (pl.col("tcp_flags") & _CORE_FLAGS).alias("_flags")
    # Nobody rewrites the sender of a multicast: without it the greetings of any two links would look alike.
    many = pl.when(pl.col("ip_version") == 4).then(pl.col("dst_lo") >= _CLASS_D).otherwise(pl.col("dst_hi") >= _FF00)  # noqa: PLR2004 - the version
    sender = pl.struct("src_hi", "src_lo").hash(seed=7)
    group = pl.when(many).then(sender).otherwise(pl.lit(0, pl.UInt64)).alias("_group")
    keys = [pl.struct(names).hash(seed=7).alias(f"key{at}") for at, (_, names, _) in enumerate(LEVELS)]
    return rows.with_columns(flags, group, _head()).with_columns(keys)


def _head() -> pl.Expr:
    """Give the first payload bytes; of ICMP without checksum and identifier, which NAT rewrites (RFC 5508)."""
    head = pl.col("payload_head")
    return pl.when(pl.col("protocol").is_in(_ICMP)).then(head & _TYPE_CODE_SEQUENCE).otherwise(head).alias("_head")
