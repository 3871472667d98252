"""TLS (RFC 8446, 5246, 6066, 7301): hellos and alerts in the clear."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netguru.pcap.protocols.base import Protocol, carried_by, named
from netguru.pcap.protocols.wire import Row, clean, has, is_long, total, u8, u16

if TYPE_CHECKING:
    from collections.abc import Iterator

    import polars as pl

_FIRST, _ALERT, _HANDSHAKE, _LAST = 20, 21, 22, 24
_MAJOR, _ALERT_LENGTH = 3, 2
CLIENT_HELLO, SERVER_HELLO = 1, 2
_SERVER_NAME, _ALPN, _VERSIONS = 0, 16, 43
_GREASE_MASK, _GREASE = 0x0F0F, 0x0A0A
_MOST_RECORD = 16_384 + 2048
_HELLO_RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
FATAL = 2


@total
def decode(payload: bytes) -> list[Row]:
    """Decode the records that begin in the segment; a hello may run past its end."""
    rows: list[Row] = []
    at = 0
    while at + 5 <= len(payload):
        kind, version, length = payload[at], u16(payload, at + 1), u16(payload, at + 3)
        if not _FIRST <= kind <= _LAST or version >> 8 != _MAJOR or length > _MOST_RECORD:
            break
        body = payload[at + 5 : at + 5 + length]
        row: Row = {"record_version": named("tls", "version", version)}
        if kind == _HANDSHAKE:
            rows += [row | part for part in _hello(body)]
        elif kind == _ALERT and length == _ALERT_LENGTH and is_long(body, 2):
            rows.append(row | _alert(body))
        at += 5 + length
    return rows


def _alert(body: bytes) -> Row:
    level, description = body
    return {
        "message": "alert",
        "alert_level": level,
        "alert": description,
        "alert_name": named("tls", "alert", description),
    }


@total
def _hello(body: bytes) -> list[Row]:
    kind = u8(body, 0)
    if kind not in (CLIENT_HELLO, SERVER_HELLO):
        return []
    hello = body[4:]
    version = u16(hello, 0)
    row: Row = {"message": "client_hello" if kind == CLIENT_HELLO else "server_hello"}
    if hello[2:34] == _HELLO_RETRY:
        row["message"] = "hello_retry_request"
    at = 35 + u8(hello, 34)
    if kind == CLIENT_HELLO:
        row["ciphers"] = u16(hello, at) // 2
        at += 2 + u16(hello, at)
        at += 1 + u8(hello, at)
    else:
        row["cipher"] = u16(hello, at)
        at += 3
    for code, value in _extensions(hello, at):
        if code == _SERVER_NAME and kind == CLIENT_HELLO and has(value, 6):
            row["sni"] = clean(value[5 : 5 + u16(value, 3)])
        elif code == _ALPN:
            row["alpn"] = list(_protocols(value))
        elif code == _VERSIONS:
            version = _highest(value, kind) or version
    row["version"] = named("tls", "version", version)
    return [row]


def _extensions(hello: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    if at + 2 > len(hello):
        return
    end = min(at + 2 + u16(hello, at), len(hello))
    at += 2
    while at + 4 <= end:
        length = u16(hello, at + 2)
        if at + 4 + length > end:
            return
        yield u16(hello, at), hello[at + 4 : at + 4 + length]
        at += 4 + length


def _protocols(value: bytes) -> Iterator[str]:
    at = 2
    while at < len(value):
        yield clean(value[at + 1 : at + 1 + value[at]])
        at += 1 + value[at]


def _highest(value: bytes, kind: int) -> int:
    if kind == SERVER_HELLO:
        return u16(value, 0) if is_long(value, 2) else 0
    offered = [u16(value, at) for at in range(1, len(value) - 1, 2)]
    # RFC 8701: values of the form 0x?a?a are noise that a server must ignore.
    return max((item for item in offered if item & _GREASE_MASK != _GREASE), default=0)


def brief(row: Row) -> str:
    """Put a message into words."""
    if row["message"] == "alert":
        level = "fatal" if row["alert_level"] == FATAL else "warning"
        return f"TLS alert {level} {row['alert_name']}"
    text = f"TLS {row['message'].replace('_', ' ')} {row['version']}"
    text += f" SNI {row['sni']}" if row.get("sni") else ""
    return text + (f" ALPN {','.join(row['alpn'])}" if row.get("alpn") else "")


def select() -> pl.Expr:
    """Choose TCP segments with data; the first bytes decide."""
    import polars as pl

    return carried_by(6) & (pl.col("payload_length") > 0)


def likely() -> pl.Expr:
    """Choose segments that begin with a hello or with an alert in the clear."""
    import polars as pl

    head = pl.col("payload_head")
    kind, length, message = head // (1 << 56), head // (1 << 24) % (1 << 16), head // (1 << 16) % (1 << 8)
    hello = (kind == _HANDSHAKE) & message.is_in([CLIENT_HELLO, SERVER_HELLO])
    return hello | ((kind == _ALERT) & (length == _ALERT_LENGTH))


PROTOCOL = Protocol(
    name="tls",
    layer="transport",
    select=select,
    decode=decode,
    brief=brief,
    starts=tuple(bytes((kind, _MAJOR)) for kind in range(_FIRST, _LAST + 1)),
    likely=likely,
)
