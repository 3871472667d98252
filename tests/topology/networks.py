"""Small networks written by hand: rows of neighbours, and folders of files."""

from __future__ import annotations

from pathlib import Path

from netguru.model.evidence import Evidence
from netguru.model.network import Network
from netguru.model.topology import Neighbor, Neighbors


def row(text: str, **more: object) -> Neighbor:
    """Make a row from "device port > remote port" (CDP with "=>"); names hold no blanks, "_" stands for one."""
    protocol = "cdp" if "=>" in text else "lldp"
    near, far = (side.split() for side in text.replace("=>", ">").split(">"))
    device, port = near
    remote, remote_port = [*far, ""][:2]
    values = {
        "device": device,
        "port": port.replace("_", " "),
        "remote_device": remote.replace("-none-", ""),
        "remote_port": remote_port.replace("_", " "),
        "protocol": protocol,
        "evidence": (Evidence(source=f"{device}.txt", sha256="", kind="line", start=1, end=1, text=text),),
    }
    return Neighbor(**{**values, **more})


def network(*rows: Neighbor | str, root: Path = Path()) -> Network:
    """Make a network that knows neighbour tables only, one table for each device."""
    made = [row(item) if isinstance(item, str) else item for item in rows]
    devices = dict.fromkeys(item.device for item in made)
    return Network(
        root=root,
        files=(),
        neighbors=tuple(
            Neighbors(device=device, rows=tuple(item for item in made if item.device == device)) for device in devices
        ),
    )


def shown(topology) -> list[str]:
    """Show links as "a port - b port", one-sided ones with a question mark."""
    return [
        f"{link.a.device} {link.a.port} - {link.b.device} {link.b.port}"
        f"{'' if link.seen_from in ('both', 'neither') else ' ?'}"
        for link in topology.links
    ]


def write(folder: Path, **files: str) -> Path:
    """Write files; in the names "__" stands for the folder's slash."""
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder
