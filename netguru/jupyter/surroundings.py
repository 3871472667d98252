"""Where a session in Jupyter stands: its workspace."""

from __future__ import annotations

from pathlib import Path

from netguru.operations.context import context
from netguru.workspace.workspace import find_workspace


def workspace_here(stated: Path | None = None) -> Path:
    """Give the workspace folder: stated, from the context, from the settings, or the nearest above the session."""
    return find_workspace(Path.cwd(), stated or context().workspace).folder
