"""RTP and RTCP (RFC 3550, 3551): streams of sound and picture, what is lost of them and how uneven they come.

No port and no mark tells RTP. A packet counts as RTP where its direction of a conversation holds several
with one payload type and numbers that go on; one alone only looks like it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from netguru.pcap.protocols.base import Protocol, carried_by, named
from netguru.pcap.protocols.wire import Row, is_long, total, u8, u16, u32

if TYPE_CHECKING:
    import polars as pl

_VERSION, _HEADER, _RESERVED_PORTS = 2, 12, 1024
_SENDER, _RECEIVER, _LAST_CONTROL = 200, 201, 204
# Payload types that mean something (RFC 3551 section 6); 72 to 76 are RTCP with the marker's bit.
_LAST_STATIC, _FIRST_DYNAMIC = 34, 96
_LEAST_PACKETS, _LEAST_SHARE, _NEAR = 5, 0.9, 100
_BLOCK, _TURN = 24, 1 << 16
_LOST_SIGN, _LOST_TURN = 1 << 23, 1 << 24
# A sender may leave many numbers out, or begin anew with others (RFC 3550 appendix A.1).
_MOST_DROPOUT = 3000


@total
def decode(payload: bytes) -> list[Row]:
    """Decode the header of a packet."""
    first, second = u8(payload, 0), u8(payload, 1)
    kind = second & 0x7F
    if first >> 6 != _VERSION or len(payload) < _HEADER + 4 * (first & 15) or not _is_known(kind):
        return []
    return [
        {
            "payload_type": kind,
            "payload_name": named("rtp", "payload", kind, "dynamic"),
            "marker": bool(second >> 7),
            "sequence": u16(payload, 2),
            "timestamp": u32(payload, 4),
            "ssrc": u32(payload, 8),
        }
    ]


def _is_known(kind: int) -> bool:
    return kind <= _LAST_STATIC or kind >= _FIRST_DYNAMIC


def brief(row: Row) -> str:
    """Put a packet into words."""
    return (
        f"UDP that reads as RTP type {row['payload_type']} {row['payload_name']} sequence {row['sequence']}"
        f" timestamp {row['timestamp']} SSRC 0x{row['ssrc']:08x}"
    )


def match(rows: list[Row]) -> None:
    """Count what each packet lacks before it, and the jitter of its stream (RFC 3550 sections 6.4.1 and A.8)."""
    last: dict[object, Row] = {}
    for row in rows:
        if row.get("copy_of") is not None:
            continue
        key = (row["src"], row["src_port"], row["dst"], row["dst_port"], row["ssrc"])
        before = last.get(key)
        if before is None:
            row["lost_before"] = 0
            row["jitter_ms"] = 0.0 if _clock(row) else None
            last[key] = row
            continue
        step = (row["sequence"] - before["sequence"]) % _TURN
        row["jitter_ms"] = _jitter(before, row)
        if 0 < step < _MOST_DROPOUT:
            row["lost_before"] = step - 1
            last[key] = row
        elif step >= _TURN - _NEAR or step == 0:
            # One that was overtaken, or came twice, is none that is missing.
            row["late"] = True
            row["lost_before"] = 0
        else:
            row["lost_before"] = 0
            last[key] = row


def _clock(row: Row) -> int:
    return int(named("rtp", "clock", row["payload_type"], "0"))


def _jitter(before: Row, row: Row) -> float | None:
    clock = _clock(row)
    if not clock or before.get("jitter_ms") is None or before["payload_type"] != row["payload_type"]:
        return None if not clock else 0.0
    sent = (row["timestamp"] - before["timestamp"] + (1 << 31)) % (1 << 32) - (1 << 31)
    moved = abs((row["time_ns"] - before["time_ns"]) / 1e6 - sent / clock * 1000)
    jitter: float = before["jitter_ms"] + (moved - before["jitter_ms"]) / 16
    return jitter


def select() -> pl.Expr:
    """Choose datagrams between ports above 1023 that begin as a packet does."""
    import polars as pl

    head = pl.col("payload_head")
    kind = head // (1 << 48) % 128
    return (
        carried_by(17)
        & (pl.col("src_port") >= _RESERVED_PORTS)
        & (pl.col("dst_port") >= _RESERVED_PORTS)
        & (pl.col("payload_length") > _HEADER)
        & (head // (1 << 62) == _VERSION)
        & ((kind <= _LAST_STATIC) | (kind >= _FIRST_DYNAMIC))
    )


def confirm(packets: pl.DataFrame) -> pl.DataFrame:
    """Leave the packets of directions with one payload type whose numbers go on."""
    import polars as pl

    head = pl.col("payload_head")
    kind, sequence = head // (1 << 48) % 128, (head // (1 << 32) % _TURN).cast(pl.Int64)
    direction = ["flow", "src_hi", "src_lo", "src_port", kind.alias("kind")]
    step = (sequence.diff() + _TURN // 2) % _TURN - _TURN // 2
    near = ((step.abs() <= _NEAR) & (step != 0)).fill_null(value=True).mean()
    different = sequence.n_unique()
    holds = (pl.len() >= _LEAST_PACKETS) & (different >= _LEAST_PACKETS) & (near >= _LEAST_SHARE)
    return packets.filter(holds.over(direction))


@total
def decode_control(payload: bytes) -> list[Row]:
    """Decode a compound packet; its lengths must add up, as nothing else tells RTCP."""
    rows: list[Row] = []
    at = 0
    while at < len(payload):
        first, kind, end = u8(payload, at), u8(payload, at + 1), at + 4 * (u16(payload, at + 2) + 1)
        if first >> 6 != _VERSION or not _SENDER <= kind <= _LAST_CONTROL + 3 or end > len(payload):
            return []
        rows.append({"type": kind, "type_name": named("rtcp", "type", kind)} | _report(payload[at:end]))
        at = end
    return rows if rows and rows[0]["type"] in (_SENDER, _RECEIVER) else []


def _report(data: bytes) -> Row:
    kind, blocks = data[1], data[0] & 31
    row: Row = {"ssrc": u32(data, 4)} if len(data) > 4 else {}  # noqa: PLR2004 - the header
    at = 8
    if kind == _SENDER:
        row["sent_packets"], row["sent_bytes"] = u32(data, 20), u32(data, 24)
        at = 28
    if kind in (_SENDER, _RECEIVER) and blocks:
        block = data[at : at + _BLOCK]
        if is_long(block, _BLOCK):
            lost = int.from_bytes(block[5:8], "big")
            row |= {
                "about": u32(block, 0),
                "fraction_lost": block[4] / 256,
                "lost": lost - _LOST_TURN if lost >= _LOST_SIGN else lost,
                "jitter": u32(block, 12),
            }
    return row


def brief_control(row: Row) -> str:
    """Put a report into words."""
    text = f"RTCP {row['type_name']}"
    text += f" SSRC 0x{row['ssrc']:08x}" if row.get("ssrc") is not None else ""
    if row.get("about") is None:
        return text
    return f"{text} about 0x{row['about']:08x} lost {row['fraction_lost']:.0%} jitter {row['jitter']}"


def select_control() -> pl.Expr:
    """Choose datagrams that begin with a sender's or a receiver's report."""
    import polars as pl

    head = pl.col("payload_head")
    return (
        carried_by(17)
        & (pl.col("src_port") >= _RESERVED_PORTS)
        & (pl.col("dst_port") >= _RESERVED_PORTS)
        & (pl.col("payload_length") % 4 == 0)
        & (pl.col("payload_length") >= 8)  # noqa: PLR2004 - header and source
        & (head // (1 << 62) == _VERSION)
        & (head // (1 << 48) % 256).is_in([_SENDER, _RECEIVER])
    )


PROTOCOL = Protocol(
    name="rtp", layer="transport", select=select, decode=decode, brief=brief, match=match, confirm=confirm
)
CONTROL = Protocol(name="rtcp", layer="transport", select=select_control, decode=decode_control, brief=brief_control)
