"""NetGuru: a Jupyter workbench that finds the truth about a network, with proof.

    import netguru
    netguru.diagnose("folder")            # everything that a folder of files shows
    netguru.pcap.summary("trace.pcap")    # every operation is a function of its room

Names are loaded when they are first used: `import netguru` imports no third-party module.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

__version__ = "0.1.0"

_ROOMS = ("chat", "config", "diagnosis", "model", "pcap", "rag", "reports", "state", "store", "topology", "workspace")
_NAMES = {
    "Evidence": "netguru.model",
    "Finding": "netguru.model",
    "NetGuruError": "netguru.errors",
    "Network": "netguru.model",
    "Workspace": "netguru.workspace",
    "diagnose": "netguru.diagnosis",
    "graph": "netguru.jupyter",
    "load_ipython_extension": "netguru.jupyter",
    "open_network": "netguru.workspace",
    "operations": "netguru.operations",
    "unload_ipython_extension": "netguru.jupyter",
}

__all__ = sorted([*_ROOMS, *_NAMES, "__version__"])  # noqa: PLE0605 - one list of names, sorted


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return import_module(f"netguru.{name}")
    if name in _NAMES:
        return getattr(import_module(_NAMES[name]), name)
    if name.startswith("_"):
        raise AttributeError(f"module 'netguru' has no attribute {name!r}")
    # `from netguru import resources` asks here first: for a module no operation is looked for.
    return import_module(f"netguru.{name}") if find_spec(f"netguru.{name}") else _family(name)


def _family(name: str) -> Any:
    """Give the operations of a family that has no room of its name: `netguru.files.add`, `netguru.job.list`."""
    from types import SimpleNamespace

    from netguru.operations.operation import functions

    found = functions(name)
    if not found:
        raise AttributeError(f"module 'netguru' has no attribute {name!r}")
    return found[""] if "" in found else SimpleNamespace(**found)


def __dir__() -> list[str]:
    return list(__all__)
