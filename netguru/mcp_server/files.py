"""The folder's files as resources: a text without its secrets, a capture as its summary."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

from netguru.chat.inventory import take_stock
from netguru.chat.scope import inside
from netguru.errors import UnknownNameError
from netguru.mcp_server.tools import fenced, limit, words
from netguru.redact import redact
from netguru.workspace.files import admit, decode, read_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from netguru.chat.inventory import Kind
    from netguru.mcp_server.tools import Offer

SCHEME = "netguru"
_HEAD = 4096
"""Bytes that tell a text from binary data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One file as a resource."""

    uri: str
    name: str
    kind: Kind
    size: int


def listed(folder: Path) -> list[Listed]:
    """List the captures and texts of a folder, up to a limit."""
    found = [item for item in take_stock((folder,)).items if item.kind != "other"]
    names = [(item.path.relative_to(folder).as_posix(), item) for item in found[: limit("resources")]]
    return [Listed(uri=f"{SCHEME}:///{quote(name)}", name=name, kind=item.kind, size=item.size) for name, item in names]


def path_of(uri: str, folder: Path) -> Path:
    """Give the file of a resource; raises FileRejectedError for one outside of the folder."""
    parts = urlsplit(uri)
    if parts.scheme != SCHEME or parts.netloc:
        raise UnknownNameError("resource", uri, [f"{SCHEME}:///FILE"])
    return inside(folder / unquote(parts.path).lstrip("/"), (folder,))


async def text_of(uri: str, offer: Offer) -> str:
    """Give a resource: a text without its secrets, a capture as its summary, both between marks.

    Raises FileRejectedError for a file outside of the folder, one that cannot be read, or binary data.
    """
    path = path_of(uri, offer.folder)
    (item,) = (await asyncio.to_thread(take_stock, (path,))).items or (None,)
    if item is not None and item.kind == "capture":
        return (await offer.call("pcap_summary", {"file": str(path)}, _untold)).text
    return await asyncio.to_thread(_text, path, path.relative_to(offer.folder).as_posix())


def _text(path: Path, name: str) -> str:
    file = admit(path, name=name)
    text, most = decode(file, read_bytes(file, _HEAD)), limit("resource")
    cut = "" if len(text) <= most else "\n" + words("cut").format(shown=most, size=len(text))
    # Secrets are looked for in the whole: one may stand at the cut.
    return fenced(redact(text).text[:most]) + cut


async def _untold(_done: float, _total: float, _message: str) -> None:
    """Take the progress of what nobody waits for step by step."""
