"""Group membership: IGMP versions 1 to 3 (RFC 1112, 2236, 3376) and MLD 1 and 2 (RFC 2710, 3810)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netguru.pcap.protocols.base import Protocol, carried_by, named
from netguru.pcap.protocols.wire import Row, as_far_as_told, ipv4, ipv6, total, u8, u16

if TYPE_CHECKING:
    from collections.abc import Callable

    import polars as pl

QUERY, REPORT_1, REPORT_2, LEAVE, REPORT_3 = 0x11, 0x12, 0x16, 0x17, 0x22
MLD_QUERY, MLD_REPORT, MLD_DONE, MLD_REPORT_2 = 130, 131, 132, 143
_KINDS = (QUERY, REPORT_1, REPORT_2, LEAVE, REPORT_3)
_VERSIONS = {REPORT_1: 1, REPORT_2: 2, LEAVE: 2, REPORT_3: 3}
_MLD_VERSIONS = {MLD_REPORT: 1, MLD_DONE: 1, MLD_REPORT_2: 2}
_V3_QUERY, _MLD_2_QUERY = 12, 28
_MOST = 256
_FLOATING, _MLD_FLOATING = 0x80, 0x8000


@total
def decode(payload: bytes) -> list[Row]:
    """Decode an IGMP message; of the protocols that share its number (DVMRP, PIM 1) the type alone."""
    kind = u8(payload, 0)
    row: Row = {"type": kind, "type_name": named("igmp", "type", kind)}
    if kind not in _KINDS:
        return [row]
    with as_far_as_told():
        if kind == REPORT_3:
            row["version"] = 3
            _records(payload, row, ipv4, 4)
            return [row]
        code = u8(payload, 1)
        row["group"] = ipv4(payload, 4)
        if kind != QUERY:
            row["version"] = _VERSIONS[kind]
            return [row]
        # RFC 3376 section 7.1: length and response time tell the version of a query.
        row["version"] = 3 if len(payload) >= _V3_QUERY else 2 if code else 1
        floating = row["version"] == 3 and code >= _FLOATING  # noqa: PLR2004 - version 3
        row["max_response_s"] = (_floating(code) if floating else code) / 10
        if len(payload) >= _V3_QUERY:
            _querier(payload, 8, row)
    return [row]


@total
def decode_listeners(payload: bytes) -> list[Row]:
    """Decode an MLD message, an ICMPv6 message by its form."""
    kind = u8(payload, 0)
    if kind not in (MLD_QUERY, MLD_REPORT, MLD_DONE, MLD_REPORT_2):
        return []
    row: Row = {"type": kind, "type_name": named("mld", "type", kind)}
    with as_far_as_told():
        if kind == MLD_REPORT_2:
            row["version"] = 2
            _records(payload, row, ipv6, 16)
            return [row]
        row["group"] = ipv6(payload, 8)
        if kind != MLD_QUERY:
            row["version"] = _MLD_VERSIONS[kind]
            return [row]
        row["version"] = 2 if len(payload) >= _MLD_2_QUERY else 1
        code = u16(payload, 4)
        if row["version"] == 2 and code >= _MLD_FLOATING:  # noqa: PLR2004 - version 2
            # RFC 3810 section 5.1.3.
            code = ((code & 0xFFF) | 0x1000) << ((code >> 12 & 7) + 3)
        row["max_response_s"] = code / 1000
        if len(payload) >= _MLD_2_QUERY:
            _querier(payload, 24, row)
    return [row]


def _floating(code: int) -> int:
    # RFC 3376 section 4.1.1: four bits of mantissa, three of exponent.
    return ((code & 15) | 16) << ((code >> 4 & 7) + 3)


def _querier(payload: bytes, at: int, row: Row) -> None:
    interval = u8(payload, at + 1)
    row["query_interval_s"] = _floating(interval) if interval >= _FLOATING else interval
    row["sources"] = u16(payload, at + 2)


def _records(payload: bytes, row: Row, address: Callable[[bytes, int], str], size: int) -> None:
    row["records"] = u16(payload, 6)
    row["groups"] = groups = []
    at = 8
    for _ in range(min(row["records"], _MOST)):
        group, kind = address(payload, at + 4), named("igmp", "record", u8(payload, at))
        groups.append(f"{group} {kind}")
        at += 4 + size + u16(payload, at + 2) * size + u8(payload, at + 1) * 4


def brief(row: Row) -> str:
    """Put an IGMP message into words."""
    return f"IGMP{_said(row)}"


def brief_listeners(row: Row) -> str:
    """Put an MLD message into words."""
    return f"MLD{_said(row)}"


def _said(row: Row) -> str:
    text = f"v{row['version']}" if row.get("version") else ""
    text += f" {row['type_name']}"
    if row.get("groups") is not None:
        return f"{text} {', '.join(row['groups'][:4]) or 'of no group'}"
    if row.get("group"):
        general = row["type"] in (QUERY, MLD_QUERY) and row["group"] in ("0.0.0.0", "::")  # noqa: S104 - no group
        text += " general" if general else f" group {row['group']}"
    return text


def select() -> pl.Expr:
    """Choose IP protocol 2."""
    return carried_by(2)


def select_listeners() -> pl.Expr:
    """Choose the ICMPv6 types of listener discovery."""
    import polars as pl

    return carried_by(58) & pl.col("icmp_type").is_in([MLD_QUERY, MLD_REPORT, MLD_DONE, MLD_REPORT_2])


PROTOCOL = Protocol(name="igmp", layer="network", select=select, decode=decode, brief=brief)
LISTENERS = Protocol(
    name="mld", layer="network", select=select_listeners, decode=decode_listeners, brief=brief_listeners
)
