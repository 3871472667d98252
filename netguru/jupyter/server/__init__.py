"""The extension of the Jupyter server: the chat's interface under /netguru/api/v1 (docs/chat-api.md).

Jupyter Server authenticates and authorises; the wheel's configuration enables it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "netguru.jupyter.server"}]


def _load_jupyter_server_extension(app: ServerApp) -> None:
    from netguru.jupyter.server.loading import load

    load(app)
