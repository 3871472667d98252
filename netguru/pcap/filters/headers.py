"""Which rows have a header: the conditions of fields, and protocols by Wireshark's names."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import polars as pl

from netguru import resources

if TYPE_CHECKING:
    from collections.abc import Iterable

WHOLE = "whole"
"""Column that says whether a row's datagram is not fragmented, or complete with this row."""

_TCP, _UDP, _SCTP, _ICMP, _ICMPV6 = 6, 17, 132, 1, 58
_ETHERNET = 1
# Where the network layer of an Ethernet frame with SNAP begins, without tags.
_SNAP_END = 22
_LOW, _HIGH = pl.min_horizontal("src_port", "dst_port"), pl.max_horizontal("src_port", "dst_port")


def _carried(number: int) -> pl.Expr:
    return pl.col(WHOLE) & (pl.col("protocol") == number)


def _captured() -> pl.Expr:
    return pl.col("tunnel") == ""


_CONDITIONS: dict[str, pl.Expr] = {
    "tags": pl.col("vlan").is_not_null(),
    "service_tags": pl.col("vlan").is_not_null(),
    "llc": (pl.col("link_type") == _ETHERNET)
    & (pl.col("llc_dsap").is_not_null() | (pl.col("network_offset") >= _SNAP_END)),
    "labels": pl.col("mpls_label").is_not_null(),
    "frame": _captured(),
    "eth": pl.col("eth_src").is_not_null() & (pl.col("link_type") == _ETHERNET),
    "arp": pl.col("ethertype").is_in((0x0806, 0x8035)),
    "any_ip": pl.col("ip_version") > 0,
    "ip": pl.col("ip_version") == 4,  # noqa: PLR2004 - the version
    "ipv6": pl.col("ip_version") == 6,  # noqa: PLR2004 - the version
    "icmp": _carried(_ICMP) & pl.col("icmp_type").is_not_null(),
    "icmpv6": _carried(_ICMPV6) & pl.col("icmp_type").is_not_null(),
    "tcp": _carried(_TCP) & pl.col("src_port").is_not_null(),
    "tcp_header": _carried(_TCP) & pl.col("tcp_seq").is_not_null(),
    "tcp_stream": _carried(_TCP) & pl.col("tcp_seq").is_not_null(),
    "udp": _carried(_UDP) & pl.col("payload_offset").is_not_null() & pl.col("src_port").is_not_null(),
    "sctp": _carried(_SCTP) & pl.col("src_port").is_not_null(),
    "in_vxlan": pl.col("tunnel") == "vxlan",
    "in_geneve": pl.col("tunnel") == "geneve",
}


def condition(name: str) -> pl.Expr:
    """Give the condition of a header that fields name in `when`, or of a protocol."""
    return _CONDITIONS[name] if name in _CONDITIONS else holds(name)


@cache
def protocol_names() -> frozenset[str]:
    """Give the names of protocols that rows can be known to hold."""
    tables: dict[str, Any] = resources.table("pcap.toml")
    kinds = ("link_protocols", "ethertypes", "llc", "snap", "ip_protocols", "udp_ports", "tcp_ports", "tcp_heads")
    names = {name for kind in kinds for name in tables[kind].values()}
    return frozenset(names | {"frame", "eth", "vlan", "mpls", "llc"})


@cache
def carried_names() -> frozenset[str]:
    """Give the names of protocols that TCP or UDP carry."""
    tables: dict[str, Any] = resources.table("pcap.toml")
    return frozenset(name for kind in ("udp_ports", "tcp_ports", "tcp_heads") for name in tables[kind].values())


@cache
def holds(name: str) -> pl.Expr:
    """Say of every row whether it holds a protocol, as `pcap.summary` counts it."""
    tables: dict[str, Any] = resources.table("pcap.toml")
    parts = [_among("ethertype", _keys(tables["ethertypes"], name)), _among("llc_dsap", _keys(tables["llc"], name))]
    parts += [_captured() & _among("link_type", _keys(tables["link_protocols"], name))]
    parts += [pl.col(WHOLE) & _among("protocol", _keys(tables["ip_protocols"], name))]
    for key, named in tables["snap"].items():
        oui, pid = (int(part, 16) for part in key.split())
        if named == name:
            parts.append((pl.col("snap_oui") == oui) & (pl.col("snap_pid") == pid))
    parts += [_by_port(_TCP, tables["tcp_ports"], name), _by_port(_UDP, tables["udp_ports"], name)]
    parts += [_by_head(digits) for digits, named in tables["tcp_heads"].items() if named == name]
    present = {"vlan": "vlan", "mpls": "mpls_label", "llc": "llc_dsap"}
    if name in present:
        parts.append(pl.col(present[name]).is_not_null())
    if name == "eth":
        parts.append(~_captured() & pl.col("eth_src").is_not_null())
    if name == "frame":
        parts.append(_captured())
    return _any(part for part in parts if part is not None)


def _any(parts: Iterable[pl.Expr]) -> pl.Expr:
    return pl.any_horizontal(part.fill_null(value=False) for part in parts)


def _keys(table: dict[str, str], name: str) -> list[int]:
    return [int(key, 0) for key, named in table.items() if named == name]


def _among(column: str, keys: list[int]) -> Any:
    return pl.col(column).is_in(keys) if keys else None


def _by_port(number: int, table: dict[str, str], name: str) -> Any:
    ports = _keys(table, name)
    if not ports:
        return None
    # The well-known port is the lower one in nearly every conversation; the other is asked second.
    low, high = _LOW.is_in(ports), _HIGH.is_in(ports)
    asked_second = ~_LOW.is_in([int(key) for key in table])
    return _carried(number) & (pl.col("payload_length") > 0) & (low | (high & asked_second))


def _by_head(digits: str) -> pl.Expr:
    size = len(digits) // 2
    head = pl.col("payload_head") // (1 << 8 * (8 - size))
    return _carried(_TCP) & (pl.col("fragment_offset") == 0) & (head == int(digits, 16))
