"""SIP (RFC 3261) and the media that its SDP (RFC 8866) offers; no credentials are kept."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from netguru.pcap.protocols.base import Protocol, begins, carried_by, on_ports
from netguru.pcap.protocols.wire import Row, clean, total

if TYPE_CHECKING:
    import polars as pl

METHODS = (
    b"INVITE", b"ACK", b"BYE", b"CANCEL", b"REGISTER", b"OPTIONS", b"PRACK", b"SUBSCRIBE", b"NOTIFY", b"PUBLISH",
    b"INFO", b"REFER", b"MESSAGE", b"UPDATE",
)  # fmt: skip
_REQUEST = re.compile(rb"([A-Z]{1,20}) ([^ \r\n]{1,400}) SIP/2\.0$")
_RESPONSE = re.compile(rb"SIP/2\.0 ([1-6]\d\d)(?: ([^\r\n]{0,200}))?$")
_SEQUENCE = re.compile(rb"(\d{1,10})\s{1,20}([A-Za-z]{1,20})")
_MEDIA = re.compile(rb"m=([a-z]{1,20}) (\d{1,5})(?:/\d{1,5})? [^ \r\n]{1,40} ([^\r\n]{1,200})")
_PLACE = re.compile(rb"c=IN IP[46] ([^\s/]{1,60})")
_MAPPED = re.compile(rb"a=rtpmap:(\d{1,3}) ([^\r\n]{1,60})")
# RFC 3261 section 7.3.3: header names that may be written as one letter.
_SHORT = {b"i": b"call-id", b"f": b"from", b"t": b"to", b"m": b"contact", b"v": b"via"}
_PORT, _SECURE_PORT = 5060, 5061
_HEAD_LIMIT = 16_384
_CODECS_KEPT = 16


@total
def decode(payload: bytes) -> list[Row]:
    """Decode the message that begins the payload."""
    head, _, body = payload[:_HEAD_LIMIT].partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    row = _first_line(lines[0])
    if row is None:
        return []
    headers: dict[bytes, bytes] = {}
    for line in lines[1:]:
        name, colon, value = line.partition(b":")
        name = name.strip().lower()
        if colon:
            headers.setdefault(_SHORT.get(name, name), value.strip())
    _headers(headers, row)
    if b"m=" in body:
        _media(body, row)
    return [row]


def _first_line(line: bytes) -> Row | None:
    request = _REQUEST.match(line)
    if request:
        return {"method": request[1].decode(), "uri": clean(_hide(request[2]))}
    response = _RESPONSE.match(line)
    if response:
        return {"status": int(response[1]), "reason": clean(response[2] or b"")}
    return None


def _hide(uri: bytes) -> bytes:
    # A user part may carry a password behind a colon (RFC 3261 section 19.1.1).
    return re.sub(rb"(sips?:[^:@;>]{0,200}):[^@;>]{0,200}@", rb"\1@", uri)


def _address(value: bytes) -> str:
    inside = re.search(rb"<([^>]{1,300})>", value)
    return clean(_hide(inside[1] if inside else value.split(b";", 1)[0]))


def _headers(headers: dict[bytes, bytes], row: Row) -> None:
    for name, column in ((b"from", "from_uri"), (b"to", "to_uri"), (b"contact", "contact")):
        if headers.get(name):
            row[column] = _address(headers[name])
    if headers.get(b"call-id"):
        row["call_id"] = clean(headers[b"call-id"])
    found = _SEQUENCE.match(headers.get(b"cseq", b""))
    if found:
        row["cseq"], row["cseq_method"] = min(int(found[1]), (1 << 32) - 1), found[2].decode()
    branch = re.search(rb"branch=([^;,\s]{1,200})", headers.get(b"via", b""))
    if branch:
        row["branch"] = clean(branch[1])
    for name, column in ((b"user-agent", "user_agent"), (b"server", "user_agent"), (b"reason", "cause")):
        if headers.get(name):
            row.setdefault(column, clean(headers[name]))


def _media(body: bytes, row: Row) -> None:
    named = {match[1].decode(): clean(match[2].split(b"/")[0]) for match in _MAPPED.finditer(body)}
    place = _PLACE.search(body)
    if place:
        row["media_address"] = clean(place[1])
    media = [match for match in _MEDIA.finditer(body) if int(match[2]) < 1 << 16]
    row["media_ports"] = [int(match[2]) for match in media]
    types = [kind.decode() for match in media if match[1] == b"audio" for kind in match[3].split()]
    row["codecs"] = [named.get(kind, kind) for kind in map(clean, types)][:_CODECS_KEPT]


def brief(row: Row) -> str:
    """Put a message into words."""
    said = f"{row['method']} {row['uri']}" if row.get("method") else f"{row['status']} {row['reason']}"
    text = f"SIP {said}".rstrip()
    text += f" ({row['cseq']} {row['cseq_method']})" if row.get("cseq_method") else ""
    if row.get("media_address"):
        ports = ",".join(map(str, row["media_ports"]))
        text += f" media {row['media_address']} port {ports} {','.join(row['codecs'][:6])}".rstrip()
    return text + (f" call {row['call_id']}" if row.get("call_id") else "")


def match(rows: list[Row]) -> None:
    """Tie every response to the first request of its transaction: same branch and method (RFC 3261 section 17)."""
    asked: dict[object, Row] = {}
    for row in rows:
        method = row.get("method") or row.get("cseq_method")
        key = (row.get("call_id"), row.get("branch"), row.get("cseq"), method)
        if row.get("copy_of") is not None or not row.get("call_id"):
            continue
        if row.get("method"):
            first = asked.setdefault((row["src"], row["dst"], *key), row)
            if first is not row:
                row["repeats"] = first["number"]
            continue
        request = asked.get((row["dst"], row["src"], *key))
        if request is not None:
            row["request"], row["delay_ms"] = request["number"], (row["time_ns"] - request["time_ns"]) / 1e6
            request.setdefault("reply", row["number"])


def select() -> pl.Expr:
    """Choose port 5060 of UDP and TCP, and what begins as SIP does on other ports."""
    import polars as pl

    ports = on_ports(17, _PORT, _SECURE_PORT) | on_ports(6, _PORT)
    starts = begins(b"SIP/2.0 ", *(method + b" sip:" for method in METHODS))
    return (carried_by(17) | carried_by(6)) & (pl.col("payload_length") > 0) & (ports | starts)


PROTOCOL = Protocol(name="sip", layer="transport", select=select, decode=decode, brief=brief, match=match)
