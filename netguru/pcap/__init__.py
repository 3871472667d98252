"""Captures: framing, columns, flows, TCP analysis, protocol decoders and checks.

Every public name is loaded on first use.
"""

from __future__ import annotations

from netguru.lazy import lazily

_WHERE = {
    "CaptureFile": "capture",
    "summary": "operations",
    "flows": "operations",
    "packets": "packet_operations",
    "tcp": "operations",
    "dissect": "inspect_operations",
    "export": "inspect_operations",
    "follow": "inspect_operations",
    "query": "inspect_operations",
    "picture": "picture_operations",
    "pyshark_packets": "foreign_packets",
    "scapy_packets": "foreign_packets",
    "check": "protocol_operations",
    "compare": "compare_operations",
    "protocol": "protocol_operations",
    "neighbors": "protocol_operations",
    "index": "index_operations",
    "repair": "repair_operations",
}

__getattr__, __dir__ = lazily(__name__, _WHERE)
