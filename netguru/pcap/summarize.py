"""The summary of a capture: what it holds, in numbers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import polars as pl

from netguru import resources
from netguru.pcap.datagrams import reassembled
from netguru.pcap.results import Summary

if TYPE_CHECKING:
    from netguru.pcap.capture import CaptureFile

_SECOND = 1_000_000_000
_TCP, _UDP = 6, 17


def summarize(capture: CaptureFile) -> Summary:
    """Count packets, protocols and conversations of a capture."""
    packets = capture.table()
    tcp_flows, udp_flows = capture.conversations.streams
    first, last = packets["time_ns"].min(), packets["time_ns"].max()
    names: dict[str, str] = resources.table("pcap.toml")["link_types"]
    seen = {interface.link_type for interface in capture.interfaces}
    return Summary(
        source=capture.source.name,
        sha256=capture.source.sha256,
        format=capture.format,
        packets=packets.height,
        bytes=int(packets["length"].sum()),
        captured_bytes=int(packets["captured"].sum()),
        first_time=epoch_text(first),
        last_time=epoch_text(last),
        first_time_iso=iso_text(first),
        last_time_iso=iso_text(last),
        link_types=tuple(names.get(str(number), str(number)) for number in sorted(seen)),
        protocols=protocol_counts(packets, capture.inner().drop("tunnel", "tunnel_id")),
        ip_conversations=capture.conversations.pairs(),
        tcp_flows=tcp_flows,
        udp_flows=udp_flows,
        interfaces=capture.interfaces,
        damage=capture.damage,
        coverage=capture.coverage,
    )


def epoch_text(time_ns: Any) -> str | None:
    """Give a time as seconds since the epoch with nine decimals, as tshark prints it.

    >>> epoch_text(1_500_000_000_000_000_042)
    '1500000000.000000042'
    """
    if time_ns is None:
        return None
    sign = "-" if time_ns < 0 else ""
    seconds, rest = divmod(abs(int(time_ns)), _SECOND)
    return f"{sign}{seconds}.{rest:09d}"


def iso_text(time_ns: Any) -> str | None:
    """Give a time as ISO 8601 in UTC with nine decimals.

    >>> iso_text(1_500_000_000_000_000_042)
    '2017-07-14T02:40:00.000000042Z'
    """
    if time_ns is None:
        return None
    seconds, rest = divmod(int(time_ns), _SECOND)
    whole = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    return f"{whole:%Y-%m-%dT%H:%M:%S}.{rest:09d}Z"


def protocol_counts(packets: pl.DataFrame, inner: pl.DataFrame) -> dict[str, int]:
    """Count the packets whose headers hold each protocol, by Wireshark's filter names, sorted.

    Packets inside tunnels, and those quoted by ICMP errors, count for the packet around them.
    Application protocols are told by port, HTTP, TLS and SSH over TCP by their first bytes.
    """
    links = packets.select("number", _lookup(pl.col("link_type"), resources.table("pcap.toml")["link_protocols"]))
    ethernet = inner.filter(pl.col("eth_src").is_not_null()).select("number", pl.lit("eth").alias("name"))
    names = [links, ethernet, *_names(pl.concat((packets, inner)))]
    found = pl.concat([each.select("number", pl.col("name").cast(pl.String)) for each in names])
    counts = found.drop_nulls().unique().group_by("name").len().sort("name")
    return dict(zip(counts["name"].to_list(), counts["len"].to_list(), strict=True))


def _names(packets: pl.DataFrame) -> list[pl.DataFrame]:
    tables: dict[str, Any] = resources.table("pcap.toml")
    typed = pl.col("ethertype")
    sap, snap = pl.col("llc_dsap"), pl.format("{} {}", pl.col("snap_oui"), pl.col("snap_pid"))
    named = [
        packets.select("number", _lookup(typed, tables["ethertypes"])),
        packets.select("number", _lookup(sap, tables["llc"])),
        packets.select(
            "number", _lookup(snap, {_snap(key): name for key, name in tables["snap"].items()}, as_text=True)
        ),
    ]
    for column, name in (("vlan", "vlan"), ("mpls_label", "mpls"), ("llc_dsap", "llc")):
        named.append(packets.filter(pl.col(column).is_not_null()).select("number", pl.lit(name).alias("name")))
    whole = packets.filter((pl.col("fragment_offset") == 0) & ~pl.col("more_fragments"))
    columns = ("number", "protocol", "src_port", "dst_port", "payload_length")
    joined = reassembled(packets)
    datagrams = pl.concat((whole.select(columns), joined.select(columns)), how="vertical_relaxed")
    named.append(datagrams.select("number", _lookup(pl.col("protocol"), tables["ip_protocols"])))
    return named + _applications(whole, datagrams, tables)


def _applications(whole: pl.DataFrame, datagrams: pl.DataFrame, tables: dict[str, Any]) -> list[pl.DataFrame]:
    loaded = datagrams.filter(pl.col("payload_length") > 0)
    udp = loaded.filter(pl.col("protocol") == _UDP)
    tcp = loaded.filter(pl.col("protocol") == _TCP)
    named = [udp.select("number", _by_port(tables["udp_ports"])), tcp.select("number", _by_port(tables["tcp_ports"]))]
    segments = whole.filter((pl.col("protocol") == _TCP) & pl.col("payload_head").is_not_null())
    heads: dict[int, dict[int, str]] = {}
    for digits, name in tables["tcp_heads"].items():
        heads.setdefault(len(digits) // 2, {})[int(digits, 16)] = name
    for size, table in heads.items():
        head = pl.col("payload_head") // (1 << 8 * (8 - size))
        named.append(segments.select("number", _lookup(head, {str(key): name for key, name in table.items()})))
    return named


def _by_port(table: dict[str, str]) -> pl.Expr:
    # The well-known port is the lower one in nearly every conversation; the other is asked second.
    low, high = pl.min_horizontal("src_port", "dst_port"), pl.max_horizontal("src_port", "dst_port")
    return pl.coalesce(_lookup(low, table), _lookup(high, table)).alias("name")


def _lookup(column: pl.Expr, table: dict[str, str], *, as_text: bool = False) -> pl.Expr:
    if as_text:
        return column.replace_strict(list(table), list(table.values()), default=None, return_dtype=pl.String).alias(
            "name"
        )
    keys = [int(key, 0) for key in table]
    names = list(table.values())
    return column.cast(pl.UInt64).replace_strict(keys, names, default=None, return_dtype=pl.String).alias("name")


def _snap(key: str) -> str:
    oui, pid = key.split()
    return f"{int(oui, 16)} {int(pid, 16)}"
