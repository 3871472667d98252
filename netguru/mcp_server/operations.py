"""The operation that serves all others to a foreign assistant."""

from __future__ import annotations

from pathlib import Path

from netguru.errors import FileRejectedError
from netguru.operations import operation
from netguru.workspace import Workspace


@operation(
    "mcp",
    effect="serve",
    without={
        "magic": "it speaks over the standard input and output of a process of its own",
        "form": "it speaks over the standard input and output of a process of its own",
        "tool": "an assistant is served by it, it does not start one",
        "report": "it serves until its client is gone, there is nothing to report",
    },
)
def mcp(folder: Path | None = None, *, write: bool = False, workspace: Workspace) -> None:
    """Serve the operations as tools of the Model Context Protocol, over standard input and output.

    An assistant starts this command by itself (docs/mcp.md has the lines for its settings) and sees the
    operations that read, about the files of one folder and nothing outside of it. What files, packets and
    devices say is marked as data, its secrets are replaced.

    Args:
        folder: The folder that may be read; by default the workspace.
        write: Offer the operations that write too, inside the folder; the assistant should ask you first.
    """
    chosen = (folder or workspace.folder).absolute()
    if not chosen.is_dir():
        raise FileRejectedError("is not a folder", place=str(chosen))
    from netguru.mcp_server.serving import serve

    serve(chosen, write=write)
