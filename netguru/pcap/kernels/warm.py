"""Run every kernel once, compiled, on a capture of three packets: what was not compiled yet is then."""

from __future__ import annotations

import io
import struct

import numpy as np


def run() -> None:
    """Work through a made-up capture with the compiled kernels: segments and a fragment, as pcap and pcapng."""
    from netguru.pcap.engine import Engine
    from netguru.pcap.framing import Found

    for capture in (_pcap(), _pcapng()):
        engine = Engine(io.BytesIO(capture), Found(), compiled=True, losses=True)
        for _ in engine.chunks():
            pass
        engine.conversations.rehash()
        # Of two connections the first is forgotten, as in a flood.
        engine.tcp.keep(np.array([1]))


def _frames() -> list[bytes]:
    link = bytes.fromhex("020000000002020000000001") + b"\x08\x00"
    udp = struct.pack(">HHHH", 1000, 2000, 24, 0) + bytes(8)
    segments = [struct.pack(">HHIIBBHHH", port, 80, 1, 0, 0x50, 16, 1024, 0, 0) + bytes(4) for port in (1000, 1001)]
    carried = [(6, 0, segment) for segment in segments] + [(17, 0x2000, udp)]
    return [link + _ip(protocol, fragment, payload) for protocol, fragment, payload in carried]


def _ip(protocol: int, fragment: int, payload: bytes) -> bytes:
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), 1, fragment, 64, protocol, 0)
    return head + bytes((10, 0, 0, 1, 10, 0, 0, 2)) + payload


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
