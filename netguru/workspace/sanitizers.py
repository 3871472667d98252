"""Sanitizers: what each family knows of the names in its files, and how it rewrites files that are no text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from netguru.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from netguru.model.capture import Capture
    from netguru.model.network import Network
    from netguru.redact.anonymizer import Anonymizer


class Sanitizer(Protocol):
    """Tell and rewrite what a family knows."""

    name: str

    def names(self, network: Network) -> Iterable[str]:
        """Give the names of devices, users and domains that the family's files tell."""
        ...

    def rewrite(self, capture: Capture, out: Path, anonymizer: Anonymizer) -> tuple[str, ...] | None:
        """Write the sanitized twin of a capture and give remarks on it; None for what the family does not write."""
        ...


sanitizers: Registry[Sanitizer] = Registry("sanitizer", group="netguru.sanitizers")
