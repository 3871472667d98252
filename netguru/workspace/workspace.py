"""Workspace: the folder that holds a user's work, and where operations find it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from netguru.errors import FileRejectedError
from netguru.operations.context import context, use
from netguru.operations.operation import find, inject
from netguru.settings import data_folder, settings

if TYPE_CHECKING:
    from netguru.model.network import Network
    from netguru.model.result import Result
    from netguru.operations.context import Context

MARKER = ".netguru"


@dataclass(frozen=True, slots=True)
class Workspace:
    """One folder of a user's work; its database and files lie in `.netguru` inside it.

    >>> Workspace(Path("/tmp/audit")).store
    PosixPath('/tmp/audit/.netguru')
    """

    folder: Path

    @property
    def store(self) -> Path:
        """Give the folder of the database and the stored files; it is made on the first write."""
        return self.folder / MARKER

    def open(self, path: str | Path = ".") -> Network:
        """Read a file or folder, relative to the workspace, into a Network."""
        from netguru.workspace.opening import open_network

        with use(workspace=self.folder):
            return open_network(self.folder / Path(path).expanduser())

    def ip(self, name: str) -> Result:
        """Tell everything that the workspace's files know of an address, as `diagnosis.ip` does."""
        return self._around("ip", name)

    def interface(self, name: str) -> Result:
        """Tell everything of a port ("leaf1 eth2"), as `diagnosis.interface` does."""
        return self._around("interface", name)

    def vlan(self, number: int | str) -> Result:
        """Tell everything of a VLAN, as `diagnosis.vlan` does."""
        return self._around("vlan", str(number))

    def flow(self, name: str) -> Result:
        """Tell everything of what two addresses exchange, as `diagnosis.flow` does."""
        return self._around("flow", name)

    def device(self, name: str) -> Result:
        """Tell everything of a device, as `diagnosis.device` does."""
        return self._around("device", name)

    def _around(self, kind: str, name: str) -> Result:
        with use(workspace=self.folder):
            made: Result = find(f"diagnosis.{kind}")(folder=self.folder, name=name)
        return made


def find_workspace(start: Path, stated: Path | None = None) -> Workspace:
    """Find the workspace: stated, from the settings, the nearest `.netguru` above, else the user's own."""
    chosen = stated or settings().workspace
    if chosen is not None:
        if chosen.exists() and not chosen.is_dir():
            raise FileRejectedError("is not a folder, a workspace is one", place=str(chosen))
        return Workspace(chosen)
    here = start.resolve()
    for folder in (here, *here.parents):
        if (folder / MARKER).is_dir():
            return Workspace(folder)
    return Workspace(data_folder() / "default")


def current_workspace() -> Workspace:
    """Give the workspace of the operation that runs now."""
    return _inject(context())


def _inject(current: Context) -> Workspace:
    # A library call does not look at the current folder behind the caller's back; faces that a
    # person types into (console, magic) set the workspace in the context.
    if current.workspace is not None:
        return Workspace(current.workspace)
    chosen = settings().workspace
    return Workspace(chosen) if chosen is not None else Workspace(data_folder() / "default")


inject("workspace", _inject)
