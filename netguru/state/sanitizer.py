"""What the outputs of devices tell of a network's names: the devices that report, and their neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netguru.workspace.sanitizers import sanitizers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from netguru.model.capture import Capture
    from netguru.model.network import Network
    from netguru.redact.anonymizer import Anonymizer


class StateSanitizer:
    """Name who reports and who is reported; the text is rewritten as any text is."""

    name = "state"

    def names(self, network: Network) -> Iterator[str]:
        """Give the names of devices; of a neighbour with a domain also its first part."""
        yield from network.devices
        for neighbor in network.all_neighbors():
            yield neighbor.remote_device
            yield neighbor.remote_device.split(".")[0]

    def rewrite(self, capture: Capture, out: Path, anonymizer: Anonymizer) -> tuple[str, ...] | None:  # noqa: ARG002 - other families do
        """Write nothing: captures are not of this family."""
        return None


sanitizers.register("state", StateSanitizer())
