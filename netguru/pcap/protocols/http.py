"""HTTP/1 (RFC 9112): requests and responses whose header begins in a segment."""

from __future__ import annotations

import re
from collections import deque
from typing import TYPE_CHECKING

from netguru.pcap.protocols.base import Protocol, carried_by
from netguru.pcap.protocols.wire import Row, clean, total

if TYPE_CHECKING:
    import polars as pl

METHODS = (b"GET ", b"POST ", b"HEAD ", b"PUT ", b"DELETE ", b"OPTIONS ", b"CONNECT ", b"PATCH ", b"TRACE ")
_REQUEST = re.compile(rb"^([A-Z]+) (\S+) HTTP/(1\.[01])$")
_RESPONSE = re.compile(rb"^HTTP/(1\.[01]) (\d{3})(?: (.*))?$")
# No server of the field takes longer request lines and header lines than this by default.
_HEADER_LIMIT = 16_384
# More messages than a segment of any size holds.
_MOST_MESSAGES = 64
_INFORMATIONAL = 200


@total
def decode(payload: bytes) -> list[Row]:
    """Decode the messages whose first line is in the segment; more follow only behind a known length."""
    rows: list[Row] = []
    while payload and len(rows) < _MOST_MESSAGES:
        row, size = _message(payload)
        if row is None:
            break
        rows.append(row)
        payload = payload[size:] if size else b""
    return rows


def _message(payload: bytes) -> tuple[Row | None, int]:
    head, found, _ = payload[:_HEADER_LIMIT].partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    row = _first_line(lines[0])
    if row is None:
        return None, 0
    fields = [line.partition(b":") for line in lines[1:]]
    headers = {name.strip().lower(): value.strip() for name, _, value in fields}
    row |= _headers(headers)
    if not found:
        row["incomplete"] = True
        return row, 0
    row["header_length"] = len(head) + 4
    # Only a request without a body, or a message of a known length, tells where the next begins.
    length = row.get("content_length")
    if length is None and ("method" not in row or b"transfer-encoding" in headers):
        return row, 0
    return row, len(head) + 4 + (length or 0)


def _first_line(line: bytes) -> Row | None:
    request = _REQUEST.match(line)
    if request:
        return {"method": request[1].decode(), "uri": clean(_hide(request[2])), "version": request[3].decode()}
    response = _RESPONSE.match(line)
    if response:
        return {
            "version": response[1].decode(),
            "status": int(response[2]),
            "reason": clean(response[3] or b""),
        }
    return None


def _hide(uri: bytes) -> bytes:
    # A query string or user part may carry a password or a token; the path is what tells the page.
    return re.sub(rb"//[^/@]*@", b"//", uri.split(b"?", 1)[0] + (b"?..." if b"?" in uri else b""))


def _headers(headers: dict[bytes, bytes]) -> Row:
    row: Row = {}
    for name, column in ((b"host", "host"), (b"content-type", "content_type"), (b"server", "server")):
        if name in headers:
            row[column] = clean(headers[name])
    length = headers.get(b"content-length", b"")
    if re.fullmatch(rb"\d{1,18}", length):
        row["content_length"] = int(length)
    # The scheme alone: what follows it is the secret.
    scheme = headers.get(b"authorization", b"").split(b" ", 1)[0]
    if scheme:
        row["authorization"] = clean(scheme, 20)
    return row


def brief(row: Row) -> str:
    """Put a message into words."""
    if row.get("method"):
        return f"HTTP {row['method']} {row.get('host') or ''}{row['uri']}"
    return f"HTTP response {row['status']} {row['reason']}".rstrip()


def match(rows: list[Row]) -> None:
    """Tie every final response to the oldest open request of its connection (RFC 9112 section 9.3.2)."""
    waiting: dict[object, deque[Row]] = {}
    for row in rows:
        if row.get("copy_of") is not None:
            continue
        if row.get("method"):
            waiting.setdefault((row["flow"], row["src"]), deque()).append(row)
            continue
        queue = waiting.get((row["flow"], row["dst"]))
        if queue and row["status"] >= _INFORMATIONAL:
            request = queue.popleft()
            row["request"], request["reply"] = request["number"], row["number"]
            row["delay_ms"] = (row["time_ns"] - request["time_ns"]) / 1e6
            row["request_method"], row["request_uri"] = request["method"], request["uri"]
            row["request_host"] = request.get("host")


def select() -> pl.Expr:
    """Choose TCP segments with data; the first bytes decide."""
    import polars as pl

    return carried_by(6) & (pl.col("payload_length") > 0)


PROTOCOL = Protocol(
    name="http",
    layer="transport",
    select=select,
    decode=decode,
    brief=brief,
    starts=(*METHODS, b"HTTP/1."),
    match=match,
)
