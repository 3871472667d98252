"""Checks between devices; importing this module registers them. `compare_ports` judges the two ends of a cable."""

from __future__ import annotations

from netguru.config import between_addresses, between_bgp, between_eigrp, between_gateways, between_ospf
from netguru.config.between_ports import compare_ports

__all__ = [
    "between_addresses",
    "between_bgp",
    "between_eigrp",
    "between_gateways",
    "between_ospf",
    "compare_ports",
]
