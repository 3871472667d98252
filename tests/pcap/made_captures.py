"""Captures made for the tests: frames and files composed byte by byte."""

from __future__ import annotations

import struct
from ipaddress import ip_address
from pathlib import Path

from netguru.model.source import SourceFile
from netguru.pcap.capture import CaptureFile

MAC_A, MAC_B = bytes.fromhex("020000000001"), bytes.fromhex("020000000002")
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "captures"
LAB = Path(__file__).resolve().parents[2] / "data" / "samples" / "lab"


def pcap(frames, *, order="<", magic=0xA1B2C3D4, link_type=1, step_ns=1_000_000, times=None):
    nano = magic == 0xA1B23C4D
    extra = b"\0" * 8 if magic == 0xA1B2CD34 else b""
    data = struct.pack(f"{order}IHHiIII", magic, 2, 4, 0, 0, 65535, link_type)
    for index, frame in enumerate(frames):
        time = times[index] if times else 1_000_000_000 * 1_000_000_000 + index * step_ns
        seconds, rest = divmod(time, 1_000_000_000)
        fraction = rest if nano else rest // 1000
        data += struct.pack(f"{order}IIII", seconds, fraction, len(frame), len(frame)) + extra + frame
    return data


def block(kind, body, order="<"):
    body += b"\0" * (-len(body) % 4)
    size = len(body) + 12
    return struct.pack(f"{order}II", kind, size) + body + struct.pack(f"{order}I", size)


def section(order="<"):
    return block(0x0A0D0D0A, struct.pack(f"{order}IHHq", 0x1A2B3C4D, 1, 0, -1), order)


def interface(link_type=1, options=b"", order="<"):
    return block(1, struct.pack(f"{order}HHI", link_type, 0, 0) + options, order)


def option(code, value, order="<"):
    return struct.pack(f"{order}HH", code, len(value)) + value + b"\0" * (-len(value) % 4)


def enhanced(frame, ticks=0, index=0, order="<"):
    head = struct.pack(f"{order}IIIII", index, ticks >> 32, ticks & 0xFFFFFFFF, len(frame), len(frame))
    return block(6, head + frame, order)


def ethernet(payload, kind=0x0800, src=MAC_A, dst=MAC_B):
    return dst + src + struct.pack(">H", kind) + payload


def vlan(tag, kind, payload):
    return struct.pack(">HH", tag, kind) + payload


def ipv4(payload, protocol, src="10.0.0.1", dst="10.0.0.2", *, ident=1, fragment=0x4000, ttl=64):
    size = 20 + len(payload)
    head = struct.pack(">BBHHHBBH", 0x45, 0, size, ident, fragment, ttl, protocol, 0)
    return head + ip_address(src).packed + ip_address(dst).packed + payload


def ipv6(payload, following, src="2001:db8::1", dst="2001:db8::2"):
    head = struct.pack(">IHBB", 6 << 28, len(payload), following, 64)
    return head + ip_address(src).packed + ip_address(dst).packed + payload


def udp(payload, src=1000, dst=2000):
    return struct.pack(">HHHH", src, dst, 8 + len(payload), 0) + payload


def tcp(flags, *, src=1000, dst=80, seq=1, ack=0, window=8192, payload=b"", options=b""):
    options += b"\0" * (-len(options) % 4)
    words = 5 + len(options) // 4
    return struct.pack(">HHIIHHHH", src, dst, seq, ack, words << 12 | flags, window, 0, 0) + options + payload


def segment(flags, client="10.0.0.1", server="10.0.0.2", *, back=False, port=80, ident=1, client_port=1000, **fields):
    ends = (server, client) if back else (client, server)
    ports = (port, client_port) if back else (client_port, port)
    return ethernet(ipv4(tcp(flags, src=ports[0], dst=ports[1], **fields), 6, *ends, ident=ident))


def open_bytes(folder, data, name="case.pcap"):
    path = folder / name
    path.write_bytes(data)
    return CaptureFile(SourceFile.of(path))
