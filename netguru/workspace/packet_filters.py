"""What a configuration's filters do with a packet: the families that read filters answer, others ask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from netguru.registry import Registry

if TYPE_CHECKING:
    from netguru.model.config import DeviceConfig
    from netguru.model.routing import FilterVerdict


class PacketFilters(Protocol):
    """Decide what a filter does with packets."""

    def decide(self, config: DeviceConfig, name: str, packet: str) -> FilterVerdict | None:
        """Put packets ("tcp 10.0.0.1 > 10.1.0.1:443") to a filter of a configuration; None without such a filter."""
        ...


packet_filters: Registry[PacketFilters] = Registry("packet filter", group="netguru.packet_filters")
