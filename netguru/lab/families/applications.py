"""Applications: DHCPv6, SNMP, RADIUS, SIP and RTP, IKE and ESP, QUIC, SSH, SMB and NetFlow, composed byte by byte."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from scapy.layers.dhcp6 import (
    DUID_LL,
    DHCP6_Advertise,
    DHCP6_Solicit,
    DHCP6OptClientId,
    DHCP6OptIA_NA,
    DHCP6OptIAAddress,
    DHCP6OptServerId,
    DHCP6OptStatusCode,
)
from scapy.layers.inet import UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether
from scapy.packet import Packet, Raw

from netguru.lab.frames import CLIENT, OTHER, SERVER, Talk, ip, udp

if TYPE_CHECKING:
    from netguru.lab.catalogue import Kind
    from netguru.lab.frames import Builder, Trace

_ALL_SERVERS = "ff02::1:2"
_ME, _SERVER_6, _SECOND_6 = "fe80::10", "fe80::fe", "fe80::fd"


def _solicit(xid: int) -> Packet:
    head = Ether(src=CLIENT.mac, dst="33:33:00:01:00:02") / IPv6(src=_ME, dst=_ALL_SERVERS, hlim=1)
    message = DHCP6_Solicit(trid=xid) / DHCP6OptClientId(duid=DUID_LL(lladdr=CLIENT.mac)) / DHCP6OptIA_NA(iaid=1)
    return head / UDP(sport=546, dport=547) / message


def _advertise(xid: int, *, server: str = _SERVER_6, status: int | None = None) -> Packet:
    mac = f"02:00:00:00:00:{server[-2:]}"
    inside = (
        [DHCP6OptStatusCode(statuscode=status, statusmsg=b"nothing left")]
        if status is not None
        else [DHCP6OptIAAddress(addr="2001:db8::10", preflft=3600, validlft=7200)]
    )
    message = (
        DHCP6_Advertise(trid=xid)
        / DHCP6OptClientId(duid=DUID_LL(lladdr=CLIENT.mac))
        / DHCP6OptServerId(duid=DUID_LL(lladdr=mac))
        / DHCP6OptIA_NA(iaid=1, ianaopts=inside)
    )
    return Ether(src=mac, dst=CLIENT.mac) / IPv6(src=server, dst=_ME) / UDP(sport=547, dport=546) / message


def _dhcpv6_silent(trace: Trace, kind: Kind) -> None:
    """A client solicits five times in vain; in a near-miss the second time it is answered."""
    times = {"positive": (0.0, 1.0, 3.0, 7.0, 15.0), "near-miss": (0.0, 1.0), "negative": (0.0,)}[kind]
    for at in times:
        trace.add(at, _solicit(0x1001))
    if kind != "positive":
        trace.add(times[-1] + 0.01, _advertise(0x1001))


def _dhcpv6_empty(trace: Trace, kind: Kind) -> None:
    """A server has no address; in a near-miss it states a success."""
    trace.add(0.0, _solicit(0x1002))
    trace.add(0.01, _advertise(0x1002, status={"positive": 2, "near-miss": 0, "negative": None}[kind]))


def _dhcpv6_two(trace: Trace, kind: Kind) -> None:
    """Two servers advertise to one client; in a near-miss one does so twice."""
    trace.add(0.0, _solicit(0x1003))
    trace.add(0.01, _advertise(0x1003))
    if kind != "negative":
        trace.add(0.02, _advertise(0x1003, server=_SECOND_6 if kind == "positive" else _SERVER_6))


def _snmp(pdu: int, ident: int, *, report: int = 0) -> bytes:
    """Give a message of version 3 without authentication, about one variable (RFC 3412, 3416)."""
    name = bytes([6, 10, 0x2B, 6, 1, 6, 3, 15, 1, 1, report, 0]) if report else bytes.fromhex("06082b06010201010300")
    bound = name + bytes([5, 0])
    inner = bytes([2, 1, ident, 2, 1, 0, 2, 1, 0, 0x30, len(bound) + 2, 0x30, len(bound)]) + bound
    scoped = bytes.fromhex("0400 0400".replace(" ", "")) + bytes([pdu, len(inner)]) + inner
    header = bytes([0x30, 13, 2, 1, ident, 2, 2, 0x05, 0xC0, 4, 1, 4 if pdu == 0xA0 else 0, 2, 1, 3])
    security = bytes.fromhex("0410 300e 0400 0201 00 0201 00 0402 6d65 0400 0400".replace(" ", ""))
    security = bytes([4, len(security) - 2]) + security[2:]
    body = bytes([2, 1, 3]) + header + security + bytes([0x30, len(scoped)]) + scoped
    return bytes([0x30, len(body)]) + body


def _snmp_silent(trace: Trace, kind: Kind) -> None:
    """An agent is silent to six requests; in a near-miss it answers the last one."""
    for ident in range(1, 7):
        trace.add(ident * 2.0, udp(CLIENT, SERVER, (51_000, 161), _snmp(0xA0, ident)))
        if kind == "negative" or (kind == "near-miss" and ident == 6):
            trace.add(ident * 2.0 + 0.02, udp(SERVER, CLIENT, (161, 51_000), _snmp(0xA2, ident)))


def _snmp_refused(trace: Trace, kind: Kind) -> None:
    """An agent reports an unknown user; in a near-miss it only makes itself known, as every one does at first."""
    trace.add(0.0, udp(CLIENT, SERVER, (51_000, 161), _snmp(0xA0, 1)))
    report = {"positive": 3, "near-miss": 4, "negative": 0}[kind]
    answer = _snmp(0xA8 if report else 0xA2, 1, report=report)
    trace.add(0.02, udp(SERVER, CLIENT, (161, 51_000), answer))


def _radius(code: int, ident: int, text: bytes = b"") -> bytes:
    attribute = {1: 1, 3: 18}.get(code, 18)
    attributes = bytes([attribute, len(text) + 2]) + text if text else b""
    return struct.pack("!BBH", code, ident, 20 + len(attributes)) + bytes(16) + attributes


def _radius_reject(trace: Trace, kind: Kind) -> None:
    """A server rejects a user; in a near-miss it challenges before it accepts."""
    trace.add(0.0, udp(CLIENT, SERVER, (50_001, 1812), _radius(1, 1, b"lab")))
    code = {"positive": 3, "near-miss": 11, "negative": 2}[kind]
    trace.add(0.02, udp(SERVER, CLIENT, (1812, 50_001), _radius(code, 1, b"no" if code == 3 else b"")))
    if kind == "near-miss":
        trace.add(0.1, udp(CLIENT, SERVER, (50_001, 1812), _radius(1, 2, b"lab")))
        trace.add(0.12, udp(SERVER, CLIENT, (1812, 50_001), _radius(2, 2)))


def _radius_silent(trace: Trace, kind: Kind) -> None:
    """A server is silent to four tries; in a near-miss it answers the second."""
    tries = {"positive": 4, "near-miss": 2, "negative": 1}[kind]
    for number in range(tries):
        trace.add(number * 5.0, udp(CLIENT, SERVER, (50_001, 1812), _radius(1, 1, b"lab")))
    if kind != "positive":
        trace.add(tries * 5.0 - 4.9, udp(SERVER, CLIENT, (1812, 50_001), _radius(2, 1)))


def _sip(first: str, *, method: str = "INVITE", media: tuple[str, int] | None = None, number: int = 1) -> bytes:
    body = f"v=0\r\nc=IN IP4 {media[0]}\r\nt=0 0\r\nm=audio {media[1]} RTP/AVP 0\r\n" if media else ""
    lines = [
        first,
        "Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK" + str(number),
        "From: <sip:alice@example.net>;tag=1",
        "To: <sip:bob@example.net>",
        f"Call-ID: call{number}@192.0.2.10",
        f"CSeq: 1 {method}",
        *(["Content-Type: application/sdp"] if media else []),
        f"Content-Length: {len(body)}",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


_INVITE = "INVITE sip:bob@example.net SIP/2.0"
_ENDS = ((CLIENT.ip, 40_000), (SERVER.ip, 40_002))


def _call(trace: Trace, at: float, said: bytes, *, back: bool = False) -> None:
    ends = (SERVER, CLIENT) if back else (CLIENT, SERVER)
    trace.add(at, udp(*ends, (5060, 5060), said))


def _sip_result(status: str) -> Builder:
    def build(trace: Trace, kind: Kind) -> None:
        # A line that is busy is no fault of the service.
        answer = {"positive": status, "near-miss": "486 Busy Here", "negative": "200 OK"}[kind]
        for number in range(1, 4):
            _call(trace, number * 2.0, _sip(_INVITE, number=number))
            _call(trace, number * 2.0 + 0.05, _sip(f"SIP/2.0 {answer}", number=number), back=True)

    return build


def _sip_silent(trace: Trace, kind: Kind) -> None:
    """Nobody answers seven tries; in a near-miss the second is answered."""
    times = {"positive": (0.0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5), "near-miss": (0.0, 0.5), "negative": (0.0,)}[kind]
    for at in times:
        _call(trace, at, _sip(_INVITE))
    if kind != "positive":
        _call(trace, times[-1] + 0.05, _sip("SIP/2.0 100 Trying"), back=True)


def _rtp(sequence: int, *, ssrc: int = 0xCAFE) -> bytes:
    return struct.pack("!BBHII", 0x80, 0, sequence, sequence * 160, ssrc) + b"\xff" * 160


def _rtp_loss(trace: Trace, kind: Kind) -> None:
    """Every tenth packet is lost; in a near-miss one of 200, and the numbers turn at their end."""
    for number in range(200):
        lost = {"positive": number % 10 == 5, "near-miss": number == 77, "negative": False}[kind]
        sequence = (65_500 + number) % 65_536
        if not lost:
            packet = struct.pack("!BBHII", 0x80, 0, sequence, number * 160, 0xCAFE) + b"\xff" * 160
            trace.add(number * 0.02, udp(CLIENT, SERVER, (40_000, 40_002), packet))


def _rtp_jitter(trace: Trace, kind: Kind) -> None:
    """Packets come in bursts of ten; in a near-miss each is some milliseconds early or late."""
    for number in range(200):
        late = {"positive": 0.2 - 0.0199 * (number % 10), "near-miss": 0.004 * (number % 3), "negative": 0.0}[kind]
        trace.add(number * 0.02 + late, udp(CLIENT, SERVER, (40_000, 40_002), _rtp(number)))


def _rtp_one_way(trace: Trace, kind: Kind) -> None:
    """Media of an answered call go one way; in a near-miss the side that is silent declined them."""
    _call(trace, 0.0, _sip(_INVITE, media=_ENDS[0]))
    port = 0 if kind == "near-miss" else 40_002
    _call(trace, 0.5, _sip("SIP/2.0 200 OK", media=(SERVER.ip, port)), back=True)
    for number in range(100):
        trace.add(1 + number * 0.02, udp(SERVER, CLIENT, (40_002, 40_000), _rtp(number)))
        if kind == "negative":
            trace.add(1.01 + number * 0.02, udp(CLIENT, SERVER, (40_000, 40_002), _rtp(number, ssrc=0xBEEF)))


def _ike(*, response: bool, notify: int = 0, exchange: int = 34, number: int = 0) -> bytes:
    body = struct.pack("!BBHBBH", 0, 0, 8, 0, 0, notify) if notify else struct.pack("!BBH", 0, 0, 36) + bytes(32)
    first = 41 if notify else 40
    spis = b"\x11" * 8 + (b"\x22" if response or exchange != 34 else b"\0") * 8
    flags = 0x20 if response else 0x08
    return spis + bytes([first, 0x20, exchange, flags]) + struct.pack("!II", number, 28 + len(body)) + body


def _ike_result(notify: int) -> Builder:
    def build(trace: Trace, kind: Kind) -> None:
        # A responder that names another group goes on with the negotiation.
        trace.add(0.0, udp(CLIENT, SERVER, (500, 500), _ike(response=False)))
        said = {"positive": notify, "near-miss": 17, "negative": 0}[kind]
        trace.add(0.05, udp(SERVER, CLIENT, (500, 500), _ike(response=True, notify=said)))

    return build


def _ike_silent(trace: Trace, kind: Kind) -> None:
    """A peer is silent to five tries; in a near-miss it answers the second."""
    times = {"positive": (0.0, 2.0, 6.0, 14.0, 30.0), "near-miss": (0.0, 2.0), "negative": (0.0,)}[kind]
    for at in times:
        trace.add(at, udp(CLIENT, SERVER, (500, 500), _ike(response=False)))
    if kind != "positive":
        trace.add(times[-1] + 0.1, udp(SERVER, CLIENT, (500, 500), _ike(response=True)))


def _esp(trace: Trace, at: float, number: int, ident: int) -> None:
    payload = struct.pack("!II", 0xC0FFEE01, number) + bytes(56)
    trace.add(at, ip(CLIENT, SERVER, ident=ident, proto=50) / Raw(payload))


def _esp_loss(trace: Trace, kind: Kind) -> None:
    """Every tenth packet is lost; in a near-miss two are overtaken."""
    for number in range(1, 121):
        if kind == "positive" and number % 10 == 5:
            continue
        late = 0.025 if kind == "near-miss" and number in (40, 80) else 0.0
        _esp(trace, number * 0.01 + late, number, number)


def _esp_replay(trace: Trace, kind: Kind) -> None:
    """Ten packets come a second time; in a near-miss one does."""
    for number in range(1, 101):
        _esp(trace, number * 0.01, number, number)
    for number in range({"positive": 10, "near-miss": 1, "negative": 0}[kind]):
        _esp(trace, 5 + number * 0.01, 50 + number, 500 + number)


def _quic_versions(trace: Trace, kind: Kind) -> None:
    """A server offers other versions; in a near-miss it asks for a token, in a negative it answers."""
    ids = bytes([8]) + b"\x01" * 8 + bytes([4]) + b"\x02" * 4
    back = bytes([4]) + b"\x02" * 4 + bytes([8]) + b"\x01" * 8
    initial = b"\xc0\0\0\0\x01" + ids + b"\0\x44\x00" + bytes(1024)
    trace.add(0.0, udp(CLIENT, SERVER, (50_443, 443), initial))
    answer = {
        "positive": b"\x80\0\0\0\0" + back + bytes.fromhex("6b3343cf"),
        "near-miss": b"\xf0\0\0\0\x01" + back + bytes(48),
        "negative": b"\xc0\0\0\0\x01" + back + b"\0\x44\x00" + bytes(1024),
    }[kind]
    trace.add(0.02, udp(SERVER, CLIENT, (443, 50_443), answer))


def _quic_silent(trace: Trace, kind: Kind) -> None:
    """A server is silent to five tries; in a near-miss it answers the second."""
    ids = bytes([8]) + b"\x01" * 8 + bytes([4]) + b"\x02" * 4
    back = bytes([4]) + b"\x02" * 4 + bytes([8]) + b"\x01" * 8
    times = {"positive": (0.0, 1.0, 3.0, 7.0, 15.0), "near-miss": (0.0, 1.0), "negative": (0.0,)}[kind]
    for at in times:
        trace.add(at, udp(CLIENT, SERVER, (50_443, 443), b"\xc0\0\0\0\x01" + ids + b"\0\x44\x00" + bytes(1024)))
    if kind != "positive":
        trace.add(
            times[-1] + 0.02, udp(SERVER, CLIENT, (443, 50_443), b"\xc0\0\0\0\x01" + back + b"\0\x44\x00" + bytes(1024))
        )


def _offer(kex: bytes, cipher: bytes = b"aes128-ctr") -> bytes:
    names = (kex, b"ssh-ed25519", cipher, cipher, b"hmac-sha2-256", b"hmac-sha2-256", b"none", b"none", b"", b"")
    body = b"\x14" + bytes(16) + b"".join(struct.pack("!I", len(each)) + each for each in names) + bytes(5)
    padding = 16 - (len(body) + 5) % 8
    return struct.pack("!IB", len(body) + 1 + padding, padding) + body + bytes(padding)


_STRONG, _WEAK = b"curve25519-sha256", b"diffie-hellman-group1-sha1"


def _ssh(trace: Trace, versions: tuple[bytes, bytes], offers: tuple[bytes, bytes] | None) -> None:
    talk = Talk(trace, service=22)
    talk.open()
    talk.say(1, b"SSH-" + versions[1] + b"-lab\r\n")
    talk.say(0, b"SSH-" + versions[0] + b"-lab\r\n")
    if offers:
        talk.say(0, offers[0])
        talk.say(1, offers[1])
    talk.close()


def _ssh_old(trace: Trace, kind: Kind) -> None:
    """A server speaks version 1 alone; in a near-miss also version 2, which it calls 1.99."""
    _ssh(trace, (b"2.0", {"positive": b"1.5", "near-miss": b"1.99", "negative": b"2.0"}[kind]), None)


def _ssh_weak(trace: Trace, kind: Kind) -> None:
    """A weak key exchange is chosen; in a near-miss it is offered, but a strong one comes first."""
    server = _WEAK if kind == "positive" else _STRONG + b"," + _WEAK if kind == "near-miss" else _STRONG
    _ssh(trace, (b"2.0", b"2.0"), (_offer(_STRONG + b"," + _WEAK), _offer(server)))


def _ssh_apart(trace: Trace, kind: Kind) -> None:
    """Two offers have no cipher in common; in a near-miss the last one of each."""
    ours = {"positive": b"aes256-ctr", "near-miss": b"aes256-ctr,aes128-ctr", "negative": b"aes128-ctr"}[kind]
    _ssh(trace, (b"2.0", b"2.0"), (_offer(_STRONG, ours), _offer(_STRONG)))


def _smb_2(dialect: int, *, required: bool) -> bytes:
    head = b"\xfeSMB" + struct.pack("<HHIHHIIQIIQ", 64, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0) + bytes(16)
    data = (
        head + struct.pack("<HHHH", 65, 2 if required else 1, dialect, 0) + bytes(48) + struct.pack("<HHI", 128, 0, 0)
    )
    return struct.pack("!I", len(data)) + data


def _smb_1(names: bytes = b"", *, response: bool = False) -> bytes:
    words = struct.pack("<HBHHIIIIQhB", 0, 3, 50, 1, 16_644, 65_536, 0, 0x8000_0000, 0, 0, 0) if response else b""
    body = bytes(16) if response else names
    head = b"\xffSMB\x72" + bytes(4) + (b"\x98" if response else b"\x18") + b"\x01\x28" + bytes(20)
    data = head + bytes([len(words) // 2]) + words + struct.pack("<H", len(body)) + body
    return struct.pack("!I", len(data)) + data


def _smb(trace: Trace, answer: bytes) -> None:
    talk = Talk(trace, service=445)
    talk.open()
    # A client that knows several versions asks in the first one.
    talk.ask(_smb_1(b"\x02NT LM 0.12\0\x02SMB 2.002\0"), answer)
    talk.close()


def _smb_old(trace: Trace, kind: Kind) -> None:
    """A server answers in version 1; in a near-miss the client alone asks in it."""
    _smb(trace, _smb_1(response=True) if kind == "positive" else _smb_2(0x0202, required=True))


def _smb_unsigned(trace: Trace, kind: Kind) -> None:
    """A server does not require signing; the others do."""
    _smb(
        trace, _smb_2({"positive": 0x0202, "near-miss": 0x0210, "negative": 0x0202}[kind], required=kind != "positive")
    )


def _netflow(trace: Trace, kind: Kind) -> None:
    """Messages are lost; in a near-miss the exporter starts anew."""
    for number in range(12):
        lost = kind == "positive" and number in (4, 8)
        sequence = number - 6 if kind == "near-miss" and number >= 6 else 1000 + number
        data = struct.pack("!HHIIII", 9, 1, number * 1000, 1_767_225_600 + number, sequence, 7)
        data += struct.pack("!HHHHHH", 0, 16, 256, 2, 8, 4) + struct.pack("!HH", 12, 4)
        if not lost:
            trace.add(number * 1.0, udp(OTHER, SERVER, (50_055, 2055), data))


BUILDERS: dict[str, Builder] = {
    "dhcpv6-no-reply": _dhcpv6_silent,
    "dhcpv6-no-addresses": _dhcpv6_empty,
    "dhcpv6-two-servers": _dhcpv6_two,
    "snmp-no-answer": _snmp_silent,
    "snmp-unknown-user": _snmp_refused,
    "radius-reject": _radius_reject,
    "radius-no-answer": _radius_silent,
    "sip-server-error": _sip_result("503 Service Unavailable"),
    "sip-codec": _sip_result("488 Not Acceptable Here"),
    "sip-no-answer": _sip_silent,
    "rtp-loss": _rtp_loss,
    "rtp-jitter": _rtp_jitter,
    "rtp-one-way": _rtp_one_way,
    "ike-no-proposal": _ike_result(14),
    "ike-auth-failed": _ike_result(24),
    "ike-no-answer": _ike_silent,
    "esp-loss": _esp_loss,
    "esp-replay": _esp_replay,
    "quic-versions": _quic_versions,
    "quic-no-answer": _quic_silent,
    "ssh-old-version": _ssh_old,
    "ssh-weak": _ssh_weak,
    "ssh-no-common": _ssh_apart,
    "smb-version-1": _smb_old,
    "smb-unsigned": _smb_unsigned,
    "netflow-loss": _netflow,
}
