"""The networks among the files of a folder: where each one's files lie, and its cabling in words.

Folders that hold configurations of the same devices (before and after a change, two labs) are networks of their own.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from netguru.rag.own import OWN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netguru.rag.writing import Writer

_Files = list[PurePosixPath]

TOPOLOGY = "@topology"
"""Name of the document that tells the cabling of a network, in the network's folder."""


def is_made(uri: str) -> bool:
    """Say whether a document was made of several files, so that no file has its name."""
    return PurePosixPath(uri).name == TOPOLOGY


def networks(writer: Writer, root: str) -> dict[str, str]:
    """Give the folders of the networks below a root (empty for the root), each with a digest over its files."""
    marks = ", ".join("?" * len(OWN))
    sql = (
        "SELECT uri, sha256, documents.format, chunks.path FROM documents "  # noqa: S608 - marks
        "LEFT JOIN chunks ON chunks.document = documents.id AND position = 0 "
        f"WHERE root = ? AND format IN ({marks})"
    )
    rows = [row for row in writer.base.execute(sql, (root, *OWN)) if not is_made(row[0])]
    digests = {uri: digest for uri, digest, _, _ in rows}
    # The device stands above all passages of its configuration.
    devices = {uri: json.loads(path)[0] for uri, _, form, path in rows if form == "config" and path not in (None, "[]")}
    found: dict[str, str] = {}
    for group in _groups(PurePosixPath(), [PurePosixPath(uri) for uri in digests], devices):
        told = "\n".join(f"{uri} {digests[uri]}" for uri in sorted(map(str, group)))
        found[_folder(group)] = hashlib.sha256(told.encode()).hexdigest()
    return found


def _groups(folder: PurePosixPath, files: _Files, devices: dict[str, str]) -> Iterator[list[PurePosixPath]]:
    """Part the files of a folder by its folders when a device is configured in several folders below."""
    places: dict[str, set[PurePosixPath]] = defaultdict(set)
    for file in files:
        if str(file) in devices:
            places[devices[str(file)]].add(file.parent)
    if all(len(folders) == 1 for folders in places.values()):
        if files:
            yield files
        return
    inside: dict[str, _Files] = defaultdict(list)
    for file in files:
        parts = file.relative_to(folder).parts
        inside[parts[0] if len(parts) > 1 else ""].append(file)
    for name, below in sorted(inside.items()):
        yield from _groups(folder / name, below, devices) if name else [below]


def _folder(files: _Files) -> str:
    """Give the deepest folder that all files lie in."""
    common = files[0].parent.parts
    for file in files[1:]:
        parts = file.parent.parts
        same = 0
        while same < min(len(common), len(parts)) and common[same] == parts[same]:
            same += 1
        common = common[:same]
    return "/".join(common)


def topology_uri(folder: str) -> str:
    """Name the document of a network's cabling."""
    return f"{folder}/{TOPOLOGY}" if folder else TOPOLOGY
