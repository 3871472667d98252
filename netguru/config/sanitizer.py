"""What configurations tell of a network's names: hosts, users, domains."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netguru.workspace.sanitizers import sanitizers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from netguru.model.capture import Capture
    from netguru.model.network import Network
    from netguru.redact.anonymizer import Anonymizer


class ConfigSanitizer:
    """Name what configurations state; their text is rewritten as any text is."""

    name = "config"

    def names(self, network: Network) -> Iterator[str]:
        """Give host names, users and domains."""
        for config in network.configs:
            yield config.hostname
            yield config.system.domain
            yield from (user.name for user in config.system.users)

    def rewrite(self, capture: Capture, out: Path, anonymizer: Anonymizer) -> tuple[str, ...] | None:  # noqa: ARG002 - other families do
        """Write nothing: captures are not of this family."""
        return None


sanitizers.register("config", ConfigSanitizer())
