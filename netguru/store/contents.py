"""The key of a result: an operation, its arguments and the contents of its inputs."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import netguru

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from netguru.operations import Operation

# Reading more than this to find out whether a result is known costs more than it saves.
_LIMIT_BYTES = 4_000_000_000


def content_key(item: Operation, arguments: Mapping[str, Any]) -> str | None:
    """Give the key of a result; None for an operation whose result does not follow from its inputs.

    It follows for one that only reads, has a file or folder as input, writes none, and does not
    ask for the workspace.
    """
    paths = [Path(value) for name, value in _paths(item, arguments) if not item.parameter(name).output]
    writes = any(item.parameter(name).output for name, _ in _paths(item, arguments))
    if item.effect != "read" or not paths or writes or "workspace" in item.injected:
        return None
    try:
        contents = [list(_digests(path)) for path in paths]
    except (OSError, OverflowError):
        return None
    known = [netguru.__version__, item.name, item.function.__module__, dict(arguments), contents]
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()


def _paths(item: Operation, arguments: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in arguments.items():
        if item.parameter(name).type is Path and value is not None:
            for single in value if isinstance(value, list) else [value]:
                yield name, single


def _digests(path: Path) -> Iterator[tuple[str, str]]:
    left = _LIMIT_BYTES
    for file in _files(path):
        left -= file.stat().st_size
        if left < 0:
            raise OverflowError
        digest = hashlib.sha256()
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
        yield str(file.relative_to(path)), digest.hexdigest()


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        if not path.is_file():
            raise OverflowError
        yield path
        return
    for folder, inside, names in os.walk(path):
        inside[:] = sorted(name for name in inside if name != ".netguru")
        yield from (Path(folder, name) for name in sorted(names) if Path(folder, name).is_file())
