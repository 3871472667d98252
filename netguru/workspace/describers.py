"""Describers: who puts a configuration, a capture or a network into words, so that questions find it.

Each family registers its own with the loaders of documents (entry-point group `netguru.loaders`). What they return
holds no payload of packets; secrets are replaced by who stores it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Protocol

from netguru.registry import Registry

if TYPE_CHECKING:
    from netguru.model.description import Description

Subject = Literal["config", "capture", "network"]


class Describer(Protocol):
    """Describe one kind of subject; `version` grows when the description of the same subject changes."""

    subject: Subject
    version: str

    def describe(self, subject: Any) -> Description | None:
        """Describe a DeviceConfig, a Capture or a Network; None when there is nothing to say."""
        ...


describers: Registry[Describer] = Registry("describer", group="netguru.loaders")
