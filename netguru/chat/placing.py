"""Giving a citation its place: relative to the folder of the turn, a label in words, an address that opens it."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

if TYPE_CHECKING:
    from pathlib import Path

    from netguru.chat.events import Cited
    from netguru.model.evidence import Evidence


def placed(cited: Cited, folder: Path) -> Cited:
    """Complete a citation; what it states itself stays."""
    evidence = cited.evidence
    if cited.root is not None and evidence.kind not in ("passage", "cell"):
        evidence = replace(evidence, source=source_within(evidence.source, cited.root, folder))
    return replace(
        cited,
        evidence=evidence,
        root=None,
        label=cited.label or evidence.where,
        url=cited.url or address(evidence),
    )


def source_within(source: str, root: Path, folder: Path) -> str:
    """Bring a source that is relative to `root` (a folder, or the file itself) to one relative to `folder`.

    What lies outside of the folder is named in full.
    """
    full = root / source if root.is_dir() else root
    for there, here in ((os.path.abspath(full), os.path.abspath(folder)), (full.resolve(), folder.resolve())):  # noqa: PTH100 - links stay as they are named
        relative = os.path.relpath(there, here)
        if not relative.startswith(".."):
            return relative
    return os.path.abspath(full)  # noqa: PTH100 - as above


def address(evidence: Evidence) -> str:
    """Give the address of an evidence, relative to the base of the chat's interface; empty where nothing opens."""
    if evidence.kind == "cell":
        return ""
    place = f"{evidence.start}-{evidence.end}"
    return "evidence?" + urlencode({"source": evidence.source, "kind": evidence.kind, "place": place})
