"""TCP analysis flags as Wireshark 4.0 computes them; the names follow its documentation of tcp.analysis.*.

The rules are in `kernels.tcp`.
"""

from __future__ import annotations

from enum import IntFlag


class Mark(IntFlag):
    """What is said of one segment."""

    RETRANSMISSION = 1
    FAST_RETRANSMISSION = 2
    SPURIOUS_RETRANSMISSION = 4
    OUT_OF_ORDER = 8
    DUPLICATE_ACK = 16
    LOST_SEGMENT = 32
    ACK_LOST_SEGMENT = 64
    ZERO_WINDOW = 128
    ZERO_WINDOW_PROBE = 256
    WINDOW_FULL = 512
    WINDOW_UPDATE = 1024
    KEEP_ALIVE = 2048
    KEEP_ALIVE_ACK = 4096
    ZERO_WINDOW_PROBE_ACK = 8192
    REUSED_PORTS = 16384


FIN, SYN, RST, ACK = 1, 2, 4, 16
