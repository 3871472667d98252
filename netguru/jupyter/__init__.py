"""NetGuru inside Jupyter: the magic, forms, the dashboard, and the workbench that starts it all.

%load_ext netguru
%netguru diagnose FOLDER
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

_NAMES = {
    "ask_the_docs": "netguru.jupyter.documents",
    "chat": "netguru.jupyter.chat_widget",
    "form": "netguru.jupyter.forms",
    "graph": "netguru.jupyter.graph_widget",
    "network_health": "netguru.jupyter.health",
}

__all__ = [
    "ask_the_docs",
    "chat",
    "form",
    "graph",
    "load_ipython_extension",
    "network_health",
    "unload_ipython_extension",
]


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Add the magic `%netguru` with its completion to a session (`%load_ext netguru`).

    Where the capture engine is not compiled yet, that begins in the background.
    """
    from netguru.jupyter.magics import load
    from netguru.pcap.kernels.load import prepare_in_background

    load(shell)
    prepare_in_background()


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Take the magic away again (`%unload_ext netguru`)."""
    from netguru.jupyter.magics import unload

    unload(shell)


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(import_module(_NAMES[name]), name)
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
