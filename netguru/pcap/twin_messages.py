"""Twins of the messages of hosts: DNS, DHCP, NTP, BFD, HTTP."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from netguru.pcap.twin_link import fields

if TYPE_CHECKING:
    from netguru.pcap.twin_bytes import Draft

_POINTER = 0xC0
_A, _AAAA = 1, 28
_NAMES_AT = {2: 0, 5: 0, 12: 0, 39: 0, 15: 2, 33: 6}
"""Records whose data is a name, and the bytes before it: NS, CNAME, PTR, DNAME, MX, SRV."""
_SOA, _OPT, _EXTENDED_ERROR = 6, 41, 15
_KEPT_LABELS = {"in-addr", "ip6", "arpa", "local", "localhost", "wpad", "isatap"}
_MAGIC = b"\x63\x82\x53\x63"
_DHCP_ADDRESSES = {3, 4, 5, 6, 7, 42, 44, 50, 54, 150}
_DHCP_NAMES = {12, 15, 40}
_DHCP_KEPT = {1, 28, 46, 51, 52, 53, 55, 57, 58, 59, 60, 116}

_HTTP = re.compile(
    rb"HTTP/1\.[01] \d{3}|(?:GET|HEAD|POST|PUT|DELETE|OPTIONS|PATCH|CONNECT|TRACE) \S{1,8000} HTTP/1\.[01]\r?\n"
)
_HTTP_LINE = re.compile(rb"([A-Za-z-]{1,64}:[ \t]*)?([^\r\n]*)\r?\n?")
_HTTP_KEPT = (b"content-length:", b"transfer-encoding:", b"connection:", b"content-encoding:", b"date:", b"upgrade:")
_WORDS = re.compile(rb"[^ ]")


def dns(draft: Draft, start: int, end: int) -> None:
    """Replace names, by labels of the same length, and addresses of DNS (RFC 1035); other data is set to zero."""
    at = start + 12
    for _ in range(draft.u16(start + 4)):
        at = _domain(draft, at, end) + 4
    for _ in range(draft.u16(start + 6) + draft.u16(start + 8) + draft.u16(start + 10)):
        at = _domain(draft, at, end)
        kind, size = draft.u16(at), draft.u16(at + 8)
        value, at = at + 10, at + 10 + size
        if at > end:
            raise ValueError(at)
        _record(draft, kind, value, at)
    draft.zero(at, end, "DNS data")


def _record(draft: Draft, kind: int, start: int, end: int) -> None:
    if kind == _A and end - start == 4:  # noqa: PLR2004 - bytes of an IPv4 address
        draft.ipv4(start)
    elif kind == _AAAA and end - start == 16:  # noqa: PLR2004 - bytes of an IPv6 address
        draft.ipv6(start)
    elif kind in _NAMES_AT:
        _domain(draft, start + _NAMES_AT[kind], end)
    elif kind == _SOA:
        _domain(draft, _domain(draft, start, end), end)
    elif kind == _OPT:
        _dns_options(draft, start, end)
    else:
        draft.zero(start, end, "DNS data")


def _dns_options(draft: Draft, start: int, end: int) -> None:
    at = start
    while at + 4 <= end:
        kind, size = draft.u16(at), draft.u16(at + 2)
        # Of an extended error the number stays, its text does not (RFC 8914).
        draft.zero(at + (6 if kind == _EXTENDED_ERROR else 4), min(at + 4 + size, end), "DNS options")
        at += 4 + size


def _domain(draft: Draft, at: int, end: int) -> int:
    """Replace the labels that stand here, the last one but alone; a pointer leads to labels that are replaced there."""
    labels: list[tuple[int, int]] = []
    while True:
        size = draft.data[at]
        if size >= _POINTER:
            at += 2
            break
        at += 1
        if not size:
            break
        labels.append((at, at + size))
        at += size
        if at > end:
            raise ValueError(at)
    top = len(labels) > 1 and draft.data[at - 1] == 0
    for start, stop in labels[:-1] if top else labels:
        text = draft.data[start:stop].decode("latin-1")
        if not text.startswith("_") and text.lower() not in _KEPT_LABELS:
            draft.name(start, stop)
    return at


def dhcp(draft: Draft, start: int, end: int) -> None:
    """Replace addresses and names of DHCP (RFC 2131, RFC 2132); options that are not known are set to zero."""
    for place in (12, 16, 20, 24):
        draft.ipv4(start + place)
    if draft.data[start + 2] == 6:  # noqa: PLR2004 - bytes of a MAC address
        draft.mac(start + 28)
    else:
        draft.zero(start + 28, start + 44, "DHCP data")
    draft.zero(start + 44, start + 236, "DHCP data")
    if bytes(draft.data[start + 236 : start + 240]) != _MAGIC:
        draft.zero(start + 236, end, "DHCP data")
        return
    at = start + 240
    while at < end:
        if draft.data[at] == 0xFF:  # noqa: PLR2004 - the end of the options
            draft.zero(at + 1, end, "padding")
            return
        if not draft.data[at]:
            at += 1
            continue
        for kind, first, last in fields(draft, at, at + 2 + draft.data[at + 1]):
            _dhcp_option(draft, kind, first, min(last, end))
        at += 2 + draft.data[at + 1]


def _dhcp_option(draft: Draft, kind: int, start: int, end: int) -> None:
    if kind in _DHCP_ADDRESSES:
        for at in range(start, end - 3, 4):
            draft.ipv4(at)
    elif kind in _DHCP_NAMES:
        draft.name(start, end)
    elif kind == 61 and end - start == 7 and draft.data[start] == 1:  # noqa: PLR2004 - a client's MAC address
        draft.mac(start + 1)
    elif kind == 28:  # noqa: PLR2004 - a broadcast address
        draft.ipv4(start)
    elif kind not in _DHCP_KEPT:
        draft.zero(start, end, "DHCP options")


def ntp(draft: Draft, start: int, end: int) -> None:
    """Replace the reference of NTP (RFC 5905) where it is an address; digests are set to zero."""
    if end - start < 48 or draft.data[start] & 7 in (6, 7):  # noqa: PLR2004 - the header's length, control messages
        draft.zero(start, end, "NTP control messages")
        return
    if draft.data[start + 1] > 1:
        draft.ipv4(start + 12)
    draft.zero(start + 48, end, "NTP digests")


def bfd(draft: Draft, start: int, end: int) -> None:
    """Leave BFD (RFC 5880), which has no address, but for its authentication."""
    draft.zero(start + 24, end, "BFD digests")


def is_http(draft: Draft, start: int, end: int) -> bool:
    """Tell whether a payload begins as a request or a response of HTTP/1."""
    return _HTTP.match(draft.data, start, end) is not None


def http(draft: Draft, start: int, end: int) -> None:
    """Leave method, status and the fields that frame a message (RFC 9112); all else becomes x, the body zero."""
    at = start
    while at < end:
        line = _HTTP_LINE.match(draft.data, at, end)
        if line is None or line.end() == at:
            break
        field, value = (line[1] or b"").lower(), line.span(2)
        if value[0] == value[1] and not field:
            at = line.end()
            break
        if at == start:
            _start_line(draft, *value)
        elif not field.startswith(_HTTP_KEPT):
            _crossed(draft, *value)
        at = line.end()
    draft.zero(at, end, "HTTP bodies")


def _start_line(draft: Draft, start: int, end: int) -> None:
    if draft.data[start : start + 5] == b"HTTP/":
        return
    path = draft.data.index(b" ", start, end) + 1
    _crossed(draft, path + 1, draft.data.index(b" ", path, end))


def _crossed(draft: Draft, start: int, end: int) -> None:
    draft.data[start:end] = _WORDS.sub(b"x", draft.data[start:end])
