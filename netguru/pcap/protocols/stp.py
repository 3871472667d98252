"""Spanning tree BPDUs: 802.1D configuration and TCN, 802.1w rapid, 802.1s multiple, and Cisco's per-VLAN form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netguru.pcap.protocols.base import Protocol, named
from netguru.pcap.protocols.wire import Row, mac, total, u8, u16, u32

if TYPE_CHECKING:
    import polars as pl

CONFIGURATION, RAPID, CHANGE_NOTICE = 0x00, 0x02, 0x80
_CISCO, _PVST, _LLC = 0x00000C, 0x010B, 0x42
_TICKS = 256
_PVST_TLV = 36


@total
def decode(payload: bytes) -> list[Row]:
    """Decode a BPDU that begins with its protocol identifier."""
    if u16(payload, 0) != 0:
        return []
    kind = u8(payload, 3)
    row: Row = {"version": u8(payload, 2), "type": kind, "type_name": named("stp", "type", kind)}
    if kind == CHANGE_NOTICE:
        return [row]
    if kind not in (CONFIGURATION, RAPID):
        return []
    flags = u8(payload, 4)
    row |= {
        "flags": flags,
        "topology_change": bool(flags & 0x01),
        "topology_change_ack": bool(flags & 0x80),
        "root_cost": u32(payload, 13),
        "port_id": u16(payload, 25),
    }
    if kind == RAPID:
        row |= {"proposal": bool(flags & 0x02), "agreement": bool(flags & 0x40)}
        row["port_role"] = named("stp", "role", flags >> 2 & 3)
    for name, at in (("root", 5), ("bridge", 17)):
        stated = u16(payload, at)
        # 802.1D-2004 9.2.5: the upper four bits are the priority, the rest extends the system id.
        row[f"{name}_priority"], row[f"{name}_extension"] = stated & 0xF000, stated & 0x0FFF
        row[f"{name}_mac"] = mac(payload, at + 2)
    for place, name in enumerate(("message_age", "max_age", "hello_time", "forward_delay")):
        row[name] = u16(payload, 27 + 2 * place) / _TICKS
    if payload[_PVST_TLV : _PVST_TLV + 4] == b"\0\0\0\x02":
        row["pvst_vlan"] = u16(payload, _PVST_TLV + 4)
    return [row]


def brief(row: Row) -> str:
    """Put a BPDU into words."""
    text = f"STP {row['type_name']}"
    if row.get("root_mac") is None:
        return text
    text += (
        f" root {row['root_priority']}/{row['root_extension']}/{row['root_mac']} cost {row['root_cost']}"
        f" bridge {row['bridge_priority']}/{row['bridge_extension']}/{row['bridge_mac']}"
        f" port 0x{row['port_id']:04x}"
    )
    if row.get("pvst_vlan") is not None:
        text += f" vlan {row['pvst_vlan']}"
    if row["topology_change"]:
        text += " topology change"
    if row["topology_change_ack"] and row["type"] == CONFIGURATION:
        text += " topology change ack"
    return text


def select() -> pl.Expr:
    """Choose LLC 0x42 and Cisco's SNAP form."""
    import polars as pl

    pvst = (pl.col("snap_oui") == _CISCO) & (pl.col("snap_pid") == _PVST)
    return ((pl.col("llc_dsap") == _LLC) & (pl.col("llc_ssap") == _LLC)) | pvst


PROTOCOL = Protocol(name="stp", layer="link", select=select, decode=decode, brief=brief)
