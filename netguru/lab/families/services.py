"""Services: DHCP, DNS, HTTP, TLS and SNMP that fail, are slow, refuse, or are asked in vain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scapy.layers.dhcp import BOOTP, DHCP
from scapy.layers.dns import DNS, DNSQR, DNSRR
from scapy.layers.inet import ICMP, IP, UDP
from scapy.layers.l2 import Ether

from netguru.lab.frames import CLIENT, ROUTER, SECOND, SERVER, Host, Talk, ip, udp

if TYPE_CHECKING:
    from scapy.packet import Packet

    from netguru.lab.catalogue import Kind
    from netguru.lab.frames import Builder, Trace

_ANY, _ALL = "0.0.0.0", "255.255.255.255"
_BROADCAST = "ff:ff:ff:ff:ff:ff"


def _dhcp(kind: str, xid: int, server: Host | None = None, *, mac: str = CLIENT.mac, **options: Any) -> Packet:
    """Give a message of the client, or of a server."""
    fields = [("message-type", kind), *options.items(), "end"]
    hardware = bytes.fromhex(mac.replace(":", ""))
    if server is None:
        head = Ether(src=mac, dst=_BROADCAST) / IP(src=_ANY, dst=_ALL, id=1) / UDP(sport=68, dport=67)
        return head / BOOTP(op=1, chaddr=hardware, xid=xid, flags=0x8000) / DHCP(options=fields)
    head = Ether(src=server.mac, dst=_BROADCAST) / IP(src=server.ip, dst=_ALL, id=1) / UDP(sport=67, dport=68)
    given = _ANY if kind == "nak" else "192.0.2.10"
    return head / BOOTP(op=2, chaddr=hardware, xid=xid, yiaddr=given, flags=0x8000) / DHCP(options=fields)


def _lease(trace: Trace, at: float, xid: int, *, mac: str = CLIENT.mac) -> None:
    """Write the four messages of a lease."""
    given: dict[str, Any] = {
        "server_id": ROUTER.ip,
        "lease_time": 86400,
        "subnet_mask": "255.255.255.0",
        "router": ROUTER.ip,
    }
    trace.add(at, _dhcp("discover", xid, mac=mac))
    trace.add(at + 0.01, _dhcp("offer", xid, ROUTER, mac=mac, **given))
    trace.add(at + 0.02, _dhcp("request", xid, mac=mac, server_id=ROUTER.ip, requested_addr="192.0.2.10"))
    trace.add(at + 0.03, _dhcp("ack", xid, ROUTER, mac=mac, **given))


def _dhcp_no_offer(trace: Trace, kind: Kind) -> None:
    """A client asks four times in vain; in a near-miss the second time it is answered."""
    if kind != "negative":
        for at in (0.0, 4.0, 12.0, 28.0) if kind == "positive" else (0.0,):
            trace.add(at, _dhcp("discover", 0x1001))
    if kind != "positive":
        _lease(trace, 4.0, 0x1001)


def _dhcp_nak(trace: Trace, kind: Kind) -> None:
    """A server refuses an address; a near-miss only gives another one than wished."""
    if kind == "positive":
        trace.add(0.0, _dhcp("request", 0x1002, requested_addr="198.51.100.77"))
        trace.add(0.01, _dhcp("nak", 0x1002, ROUTER, server_id=ROUTER.ip))
    if kind == "near-miss":
        trace.add(0.0, _dhcp("discover", 0x1002, requested_addr="198.51.100.77"))
    _lease(trace, 0.5, 0x1003)


def _dhcp_two_servers(trace: Trace, kind: Kind) -> None:
    """Two servers offer to one client; in a near-miss one server offers twice."""
    _lease(trace, 0.0, 0x1004)
    if kind != "negative":
        rogue = SECOND if kind == "positive" else ROUTER
        given: dict[str, Any] = {
            "server_id": rogue.ip,
            "lease_time": 3600,
            "subnet_mask": "255.255.255.0",
            "router": rogue.ip,
        }
        trace.add(0.015, _dhcp("offer", 0x1004, rogue, **given))


def _query(trace: Trace, at: float, name: str, ident: int, *, rcode: int = 0, after: float | None = 0.01) -> None:
    """Write a query for an address and, unless `after` is None, its answer."""
    question = DNSQR(qname=name, qtype="A")
    trace.add(at, udp(CLIENT, SERVER, (50_000 + ident, 53), DNS(id=ident, rd=1, qd=question)))
    if after is None:
        return
    found = DNSRR(rrname=name, type="A", ttl=300, rdata="203.0.113.5") if not rcode else None
    answer = DNS(id=ident, qr=1, rd=1, ra=1, rcode=rcode, qd=question, an=found)
    trace.add(at + after, udp(SERVER, CLIENT, (53, 50_000 + ident), answer))


def _dns_result(rcode: int) -> Builder:
    def build(trace: Trace, kind: Kind) -> None:
        # A name that does not exist is near to a failure of the server, and none.
        given = {"positive": rcode, "near-miss": 3, "negative": 0}[kind]
        for ident in range(1, 9):
            _query(trace, ident * 0.5, f"host{ident}.example.net", ident, rcode=given if ident > 2 else 0)

    return build


def _dns_no_answer(trace: Trace, kind: Kind) -> None:
    """A server is silent to repeated queries; in a near-miss a repetition is answered."""
    for ident in range(1, 4):
        name, at = f"host{ident}.example.net", ident * 10.0
        if kind != "negative":
            for again in (0.0, 3.0) if kind == "positive" else (0.0,):
                _query(trace, at + again, name, ident, after=None)
        if kind != "positive":
            _query(trace, at + 3.0, name, ident)


def _dns_slow(trace: Trace, kind: Kind) -> None:
    """Answers take two seconds; in a near-miss 0.6 s."""
    after = {"positive": 2.0, "near-miss": 0.6, "negative": 0.01}[kind]
    for ident in range(1, 6):
        _query(trace, ident * 3.0, f"host{ident}.example.net", ident, after=after)


def _dns_port_closed(trace: Trace, kind: Kind) -> None:
    """The server's host says that nothing listens there; in a near-miss it says so of another port."""
    for ident in range(1, 4):
        name, at = f"host{ident}.example.net", ident * 2.0
        if kind != "positive":
            _query(trace, at, name, ident)
        if kind != "negative":
            port = 53 if kind == "positive" else 5353
            asked = udp(CLIENT, SERVER, (50_000 + ident, port), DNS(id=ident, rd=1, qd=DNSQR(qname=name, qtype="A")))
            trace.add(at + 0.5, asked)
            trace.add(at + 0.51, ip(SERVER, CLIENT) / ICMP(type=3, code=3) / asked[IP])


def _dns_tcp_refused(trace: Trace, kind: Kind) -> None:
    """Answers are cut and nobody listens for TCP; in a near-miss TCP works."""
    for ident in range(1, 4):
        name, at = f"host{ident}.example.net", ident * 2.0
        question = DNSQR(qname=name, qtype="TXT")
        trace.add(at, udp(CLIENT, SERVER, (50_000 + ident, 53), DNS(id=ident, rd=1, qd=question)))
        cut = DNS(id=ident, qr=1, rd=1, ra=1, tc=int(kind != "negative"), qd=question)
        trace.add(at + 0.01, udp(SERVER, CLIENT, (53, 50_000 + ident), cut))
        if kind == "negative":
            continue
        talk = Talk(trace, at=at + 0.05, port=41_000 + ident, service=53)
        if kind == "positive":
            talk.send(0, "S", options=[("MSS", 1460)])
            talk.wait(0.02)
            talk.send(1, "RA", seq=0, window=0)
            continue
        talk.open()
        whole = bytes(DNS(id=ident, rd=1, qd=question)), bytes(DNS(id=ident, qr=1, rd=1, ra=1, qd=question))
        talk.ask(*(len(part).to_bytes(2, "big") + part for part in whole))
        talk.close()


def _ntp(trace: Trace, kind: Kind) -> None:
    """A server has no time; in a near-miss it serves its own clock at stratum 10."""
    leap, stratum = {"positive": (3, 16), "near-miss": (0, 10), "negative": (0, 2)}[kind]
    for count in range(4):
        stamp = (0xE9000000 + count * 64).to_bytes(4, "big") + b"\0\0\0\1"
        rest = bytes(8) + (
            b"\x7f\x7f\x01\x01" if kind == "near-miss" else bytes(4) if kind == "positive" else b"\xc0\0\2\7"
        )
        asked = bytes([0x23, 0, 6, 0xE9]) + bytes(36) + stamp
        told = bytes([leap << 6 | 0x24, stratum, 6, 0xE9]) + rest + stamp + stamp + stamp + stamp
        trace.add(count * 64.0, udp(CLIENT, SERVER, (50_123, 123), asked))
        trace.add(count * 64.0 + 0.01, udp(SERVER, CLIENT, (123, 50_123), told))


def _relayed(kind: str, xid: int) -> Packet:
    """Give a message between the relay and the server."""
    hardware = bytes.fromhex(CLIENT.mac.replace(":", ""))
    is_answer = kind == "offer"
    fields = [("message-type", kind), *([("server_id", SERVER.ip)] if is_answer else []), "end"]
    given = "192.0.2.10" if is_answer else _ANY
    body = BOOTP(op=2 if is_answer else 1, hops=1, chaddr=hardware, xid=xid, giaddr=ROUTER.ip, yiaddr=given)
    ends = (SERVER, ROUTER) if is_answer else (ROUTER, SERVER)
    return udp(*ends, (67, 67), body / DHCP(options=fields))


def _dhcp_relay(trace: Trace, kind: Kind) -> None:
    """What a relay forwards is not answered; in a near-miss the second request is."""
    for at in {"positive": (0.0, 4.0, 12.0, 28.0), "near-miss": (0.0, 4.0), "negative": (0.0,)}[kind]:
        trace.add(at, _relayed("discover", 0x1005))
    if kind != "positive":
        trace.add(4.01 if kind == "near-miss" else 0.01, _relayed("offer", 0x1005))


def _dhcp_exhausted(trace: Trace, kind: Kind) -> None:
    """Two hosts get the last addresses, the third gets none; in a near-miss one comes free in time."""
    for number in range(2):
        _lease(trace, number * 1.0, 0x1010 + number, mac=f"02:00:00:00:03:0{number}")
    last = "02:00:00:00:03:09"
    if kind != "negative":
        for at in (3.0, 7.0, 15.0, 31.0) if kind == "positive" else (3.0,):
            trace.add(at, _dhcp("discover", 0x1020, mac=last))
    if kind != "positive":
        _lease(trace, 7.0, 0x1020, mac=last)


def _page(status: str, body: bytes = b"hello") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def _http(trace: Trace, status: str, after: float) -> None:
    talk = Talk(trace, service=80)
    talk.open()
    for number in range(4):
        request = f"GET /page{number} HTTP/1.1\r\nHost: www.example.net\r\n\r\n".encode()
        talk.ask(request, _page(status if number else "200 OK"), after=after if number else 0.0)
    talk.close()


def _http_error(status: str) -> Builder:
    def build(trace: Trace, kind: Kind) -> None:
        _http(trace, {"positive": status, "near-miss": "304 Not Modified", "negative": "200 OK"}[kind], 0)

    return build


def _http_slow(trace: Trace, kind: Kind) -> None:
    """Answers begin after three seconds; in a near-miss after 0.5 s."""
    _http(trace, "200 OK", {"positive": 3.0, "near-miss": 0.5, "negative": 0.0}[kind])


def _http_basic(trace: Trace, kind: Kind) -> None:
    """A password crosses in basic authentication; the near-miss carries a token, the negative nothing."""
    header = {"positive": "Authorization: Basic bGFiOnBsYW50ZWQ=\r\n", "near-miss": "X-Auth: none\r\n", "negative": ""}
    talk = Talk(trace, service=80)
    talk.open()
    talk.ask(f"GET / HTTP/1.1\r\nHost: www.example.net\r\n{header[kind]}\r\n".encode(), _page("200 OK"))
    talk.close()


def _record(kind: int, body: bytes, version: bytes = b"\x03\x03") -> bytes:
    return bytes([kind]) + version + len(body).to_bytes(2, "big") + body


def _hello(kind: int, version: bytes, record: bytes = b"\x03\x03") -> bytes:
    """Give a ClientHello (1) or a ServerHello (2) without extensions (RFC 5246 section 7.4.1)."""
    random = bytes(range(32))
    rest = b"\x00\x04\x00\x2f\xc0\x2f\x01\x00" if kind == 1 else b"\xc0\x2f\x00"
    body = version + random + b"\x00" + rest
    return _record(22, bytes([kind]) + len(body).to_bytes(3, "big") + body, record)


def _tls(trace: Trace, version: bytes, alert: bytes = b"", *, record: bytes = b"\x03\x03") -> None:
    talk = Talk(trace, service=443)
    talk.open()
    talk.say(0, _hello(1, b"\x03\x03", record))
    if alert:
        talk.say(1, _record(21, alert))
    else:
        talk.say(1, _hello(2, version))
        talk.say(0, _record(23, b"\x00" * 64))
        talk.say(1, _record(21, b"\x01\x00"))
    talk.close()


def _tls_old(version: bytes) -> Builder:
    def build(trace: Trace, kind: Kind) -> None:
        # Clients put an old version on the record around their hello; what counts is what the server chooses.
        chosen = version if kind == "positive" else b"\x03\x03"
        _tls(trace, chosen, record=version if kind == "near-miss" else b"\x03\x03")

    return build


def _tls_alert(code: int) -> Builder:
    def build(trace: Trace, kind: Kind) -> None:
        # An alert of the level warning ends nothing.
        level = {"positive": b"\x02", "near-miss": b"\x01", "negative": b""}[kind]
        _tls(trace, b"\x03\x03", alert=level + bytes([code]) if level else b"")

    return build


def _snmp(trace: Trace, kind: Kind) -> None:
    """SNMP version 2c carries its community in the clear, version 3 (near-miss) has none; the negative asks DNS."""
    if kind == "negative":
        _query(trace, 0.0, "host.example.net", 1)
        return
    version = 1 if kind == "positive" else 3
    community = (
        bytes.fromhex("0407") + b"planted"
        if version == 1
        else bytes.fromhex("300d020101020205c00401040201 03".replace(" ", ""))
    )
    pdu = bytes.fromhex("a01c020401020304020100020100300e300c06082b060102010101000500")
    body = bytes([2, 1, version]) + community + pdu
    for number in range(3):
        trace.add(number * 1.0, udp(CLIENT, SERVER, (51_000, 161), bytes([0x30, len(body)]) + body))


BUILDERS: dict[str, Builder] = {
    "dhcp-no-offer": _dhcp_no_offer,
    "dhcp-nak": _dhcp_nak,
    "dhcp-two-servers": _dhcp_two_servers,
    "dhcp-relay-no-offer": _dhcp_relay,
    "dhcp-exhausted": _dhcp_exhausted,
    "dns-servfail": _dns_result(2),
    "dns-refused": _dns_result(5),
    "dns-no-answer": _dns_no_answer,
    "dns-slow": _dns_slow,
    "dns-port-closed": _dns_port_closed,
    "dns-tcp-refused": _dns_tcp_refused,
    "ntp-unsynchronised": _ntp,
    "http-error": _http_error("503 Service Unavailable"),
    "http-internal-error": _http_error("500 Internal Server Error"),
    "http-bad-gateway": _http_error("502 Bad Gateway"),
    "http-gateway-timeout": _http_error("504 Gateway Timeout"),
    "http-slow": _http_slow,
    "http-basic": _http_basic,
    "tls-ssl3": _tls_old(b"\x03\x00"),
    "tls-1.0": _tls_old(b"\x03\x01"),
    "tls-1.1": _tls_old(b"\x03\x02"),
    "tls-handshake-failure": _tls_alert(40),
    "tls-certificate-expired": _tls_alert(45),
    "tls-unknown-ca": _tls_alert(48),
    "tls-protocol-version": _tls_alert(70),
    "tls-bad-certificate": _tls_alert(42),
    "tls-insufficient-security": _tls_alert(71),
    "tls-unrecognized-name": _tls_alert(112),
    "tls-no-application-protocol": _tls_alert(120),
    "snmp-community": _snmp,
}
