"""SNMP versions 1, 2c (RFC 3416) and 3 (RFC 3412, 3414): who asks what with which right, and the answer.

A community is a password: that there is one is told, never what it is.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from netguru.pcap.protocols.base import Protocol, named, on_ports
from netguru.pcap.protocols.ber import INTEGER, OBJECT, OCTETS, SEQUENCE, element, elements, integer, object_name
from netguru.pcap.protocols.matching import pair
from netguru.pcap.protocols.wire import Row, clean, total, u8

if TYPE_CHECKING:
    import polars as pl

_VERSION_3 = 3
_FIRST_PDU, _LAST_PDU, RESPONSE, _TRAP_1, _BULK, REPORT = 0xA0, 0xA8, 2, 4, 5, 8
_UNANSWERED = (_TRAP_1, 7)
_NAMES_KEPT = 8
_AUTHENTICATED, _ENCRYPTED = 1, 2
_WIDTH = 1 << 32
ASKING = (0, 1, 3, 5, 6)
HIDDEN = "REDACTED"


@total
def decode(payload: bytes) -> list[Row]:
    """Decode a message; what stands behind a place that cannot be read is left out."""
    tag, message, _ = element(payload, 0)
    kind, value, at = element(message, 0)
    if tag != SEQUENCE or kind != INTEGER:
        return []
    version = integer(value)
    if version not in (0, 1, _VERSION_3):
        return []
    row: Row = {"version": version, "version_name": named("snmp", "version", version)}
    try:
        if version == _VERSION_3:
            _version_3(message, at, row)
        else:
            _, community, at = element(message, at)
            row["community"] = HIDDEN if community else ""
            _pdu(message, at, row)
    except (struct.error, ValueError, IndexError):
        row["incomplete"] = True
    return [row]


def _version_3(message: bytes, at: int, row: Row) -> None:
    _, header, at = element(message, at)
    fields = list(elements(header))
    row["message_id"] = integer(fields[0][1]) % _WIDTH
    flags = u8(fields[2][1], 0)
    levels = ("noAuthNoPriv", "authNoPriv", "", "authPriv")
    row["security"] = levels[flags & (_AUTHENTICATED | _ENCRYPTED)]
    _, parameters, at = element(message, at)
    security = [value for _, value in elements(element(parameters, 0)[1])]
    row["engine"] = security[0].hex()
    row["user"] = clean(security[3])
    tag, scoped, _ = element(message, at)
    if tag == OCTETS:
        row["pdu"] = "encrypted"
        return
    _, _, place = element(scoped, 0)
    _, _, place = element(scoped, place)
    _pdu(scoped, place, row)


def _pdu(data: bytes, at: int, row: Row) -> None:
    tag, body, _ = element(data, at)
    if not _FIRST_PDU <= tag <= _LAST_PDU:
        raise ValueError("no PDU")
    row["pdu_type"] = tag - _FIRST_PDU
    row["pdu"] = named("snmp", "pdu", row["pdu_type"])
    fields = list(elements(body))
    if row["pdu_type"] == _TRAP_1:
        row["enterprise"] = object_name(fields[0][1])
        row["generic_trap"] = integer(fields[2][1]) % 256
    else:
        row["request_id"] = integer(fields[0][1]) % _WIDTH
        if row["pdu_type"] != _BULK:
            row["error_status"], row["error_index"] = (integer(fields[place][1]) % _WIDTH for place in (1, 2))
            row["error_name"] = named("snmp", "error", row["error_status"])
    names = [element(binding, 0) for _, binding in elements(fields[-1][1])]
    row["bindings"] = len(names)
    row["oids"] = [object_name(value) for kind, value, _ in names[:_NAMES_KEPT] if kind == OBJECT]


def brief(row: Row) -> str:
    """Put a message into words; the community is not among them."""
    text = f"SNMP {row['version_name']} {row.get('pdu') or 'message'}"
    if row.get("request_id") is not None:
        text += f" id {row['request_id']}"
    if row.get("user") or row.get("security"):
        text += f" user {row.get('user') or 'none'} {row.get('security') or ''}".rstrip()
    if row.get("error_status"):
        text += f" error {row['error_name']} at {row['error_index']}"
    return text + (f" {', '.join(row['oids'][:3])}" if row.get("oids") else "")


def match(rows: list[Row]) -> None:
    """Tie responses and reports to requests: same id, ends exchanged; of encrypted ones the message id counts."""

    def key(row: Row) -> object:
        if row["version"] == _VERSION_3:
            return (3, row.get("message_id"))
        return (row["version"], row["request_id"]) if row.get("request_id") is not None else None

    # The flags of a message do not tell whether an encrypted one asks or answers: the port does.
    pair(
        [row for row in rows if row.get("pdu_type") not in _UNANSWERED],
        key=key,
        is_reply=lambda row: (
            row.get("pdu_type") in (RESPONSE, REPORT) or (row.get("pdu_type") is None and row["src_port"] in _PORTS)
        ),
        repeats=True,
    )


_PORTS = (161, 162)


def select() -> pl.Expr:
    """Choose UDP ports 161 and 162."""
    return on_ports(17, *_PORTS)


PROTOCOL = Protocol(name="snmp", layer="transport", select=select, decode=decode, brief=brief, match=match)
