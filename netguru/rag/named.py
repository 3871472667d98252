"""Devices of the user's own network that a question names: what they say themselves counts most."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from netguru import resources
from netguru.rag.own import OWN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netguru.rag.index import Index

# A name that is an ordinary word ("core", "switch") would be met in every other question.
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")
_MARK = re.compile(r"[\d_-]")


def devices_named(question: str, indexes: Sequence[Index]) -> frozenset[str]:
    """Give the devices of indexed networks that a question names, in lower case, without their domain."""
    words = {_short(word) for word in _NAME.findall(question)}
    words = {word for word in words if _MARK.search(word)}
    return frozenset(words & {name for index in indexes for name in _devices(index)}) if words else frozenset()


def weights(index: Index, numbers: Sequence[int], devices: frozenset[str]) -> dict[int, float]:
    """Say what each passage counts: those of a named device in full, others as `[named]` of the table says."""
    table = resources.table("rag", "retrieval.toml")["named"]
    made: dict[int, float] = {}
    for number, form, path in index.origins_of(numbers):
        if form not in OWN:
            made[number] = float(table["document"])
        else:
            made[number] = 1.0 if _device(path) in devices else float(table["other"])
    return made


def _devices(index: Index) -> set[str]:
    return {name for path in index.beginnings(OWN) if (name := _device(path)) and _MARK.search(name)}


def _device(path: str) -> str:
    parts = json.loads(path)
    return _short(parts[0]) if parts else ""


def _short(name: str) -> str:
    return name.rstrip(".").partition(".")[0].lower()
