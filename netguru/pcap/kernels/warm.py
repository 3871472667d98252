"""Run every kernel once, compiled, on a capture of two packets: what was not compiled yet is then."""

from __future__ import annotations

import io
import struct


def run() -> None:
    """Work through a made-up capture with the compiled kernels: a TCP segment and a fragment, as pcap and pcapng."""
    from netguru.pcap.engine import Engine
    from netguru.pcap.framing import Found

    for capture in (_pcap(), _pcapng()):
        engine = Engine(io.BytesIO(capture), Found(), compiled=True, losses=True)
        for _ in engine.chunks():
            pass
        engine.conversations.rehash()


def _frames() -> list[bytes]:
    link = bytes.fromhex("020000000002020000000001") + b"\x08\x00"
    ends = bytes((10, 0, 0, 1, 10, 0, 0, 2))
    tcp = struct.pack(">HHIIBBHHH", 1000, 80, 1, 0, 0x50, 2, 1024, 0, 0)
    segment = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(tcp), 1, 0, 64, 6, 0) + ends + tcp
    udp = struct.pack(">HHHH", 1000, 2000, 24, 0) + bytes(8)
    fragment = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(udp), 1, 0x2000, 64, 17, 0) + ends + udp
    return [link + segment, link + fragment]


def _pcap() -> bytes:
    records = b"".join(struct.pack("<IIII", 1, 0, len(frame), len(frame)) + frame for frame in _frames())
    return struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1) + records


def _pcapng() -> bytes:
    def block(kind: int, body: bytes) -> bytes:
        body += bytes(-len(body) % 4)
        return struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)

    section = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
    interface = block(1, struct.pack("<HHI", 1, 0, 65535))
    packets = (block(6, struct.pack("<IIIII", 0, 0, 1, len(frame), len(frame)) + frame) for frame in _frames())
    return section + interface + b"".join(packets)
