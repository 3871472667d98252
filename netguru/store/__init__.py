"""The store: what is kept (files, runs with their findings) and what runs (jobs).

    from netguru.store import files, jobs, runs
    number = jobs.submit("pcap.check", {"file": "trace.pcap"})
    jobs.wait(number).result

Everything takes an optional `workspace` folder; without one `location` finds it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from netguru.store import files, jobs, runs
    from netguru.store.places import Location, location

__all__ = ["Location", "files", "jobs", "location", "runs"]


def __getattr__(name: str) -> Any:
    if name in ("files", "jobs", "runs"):
        return import_module(f"netguru.store.{name}")
    if name in ("Location", "location"):
        return getattr(import_module("netguru.store.places"), name)
    message = f"module 'netguru.store' has no attribute {name!r}"
    raise AttributeError(message)
