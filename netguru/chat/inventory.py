"""What there is to look at: files by name and kind, and which devices they are of, without reading them whole."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

from netguru import resources
from netguru.errors import FileRejectedError
from netguru.model.names import device_key
from netguru.operations.context import context
from netguru.workspace.files import files_below

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

Kind = Literal["capture", "text", "other"]

# pcap in both byte orders and resolutions, pcapng; compressed ones are told by their names.
_CAPTURES = (b"\xa1\xb2\xc3\xd4", b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\x3c\x4d", b"\x4d\x3c\xb2\xa1", b"\x0a\x0d\x0d\x0a")
_CAPTURE_NAMES = (".pcap", ".pcapng", ".cap", ".pcap.gz", ".pcapng.gz")


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One file: its path, what kind it seems to be, the devices that it names as its own."""

    path: Path
    kind: Kind
    size: int
    devices: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """The files below some paths; `more` says that not all were looked at."""

    items: tuple[Item, ...]
    devices: dict[str, str]
    more: bool = False

    def of_kind(self, kind: Kind) -> tuple[Item, ...]:
        """Give the files of one kind."""
        return tuple(item for item in self.items if item.kind == kind)


@cache
def rules(section: str) -> dict[str, float]:
    """Give the numbers of a section of the router's table."""
    found: dict[str, float] = resources.table("chat", "routing.toml")[section]
    return found


@cache
def pattern(name: str) -> re.Pattern[str]:
    """Give a pattern of the router's table."""
    return re.compile(resources.table("chat", "routing.toml")["patterns"][name])


def take_stock(paths: Iterable[Path]) -> Inventory:
    """List the files of paths, up to a limit, and the devices that they name; what cannot be read is left out."""
    items: list[Item] = []
    spelled: dict[str, str] = {}
    limit = int(rules("scope")["walked"])
    more = False
    for path in paths:
        try:
            names, root, _ = files_below(path)
        except FileRejectedError:
            continue
        more = more or len(names) > limit
        for name in names[:limit]:
            context().cancel.check()
            item, written = _look(root / name)
            items.append(item)
            for device in written:
                spelled.setdefault(device_key(device), device)
    return Inventory(items=tuple(items), devices=spelled, more=more)


def _look(path: Path) -> tuple[Item, tuple[str, ...]]:
    head, size = _head(path)
    if head.startswith(_CAPTURES) or path.name.lower().endswith(_CAPTURE_NAMES):
        return Item(path=path, kind="capture", size=size), ()
    if b"\0" in head[:1024]:
        return Item(path=path, kind="other", size=size), ()
    stated = [found[1] for found in pattern("hostname").finditer(head.decode("utf-8", "replace"))]
    # Files are named after their device, or lie in a folder that is: leaf2.conf, show/leaf2/version.txt.
    named = [name for name in (path.stem.split(".")[0], path.parent.name) if pattern("device_like").fullmatch(name)]
    devices = tuple(dict.fromkeys([*stated[:1], *named]))
    return Item(path=path, kind="text", size=size, devices=frozenset(map(device_key, devices))), devices


def _head(path: Path) -> tuple[bytes, int]:
    try:
        # Not blocking: a named pipe would wait for its writer.
        number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(number, "rb") as stream:
            return stream.read(int(rules("scope")["head"])), os.fstat(stream.fileno()).st_size
    except OSError:
        return b"", 0
