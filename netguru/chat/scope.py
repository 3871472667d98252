"""Where to look: what the user attached or named, else the part of the folder that a question is about."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from netguru.chat.inventory import Inventory, rules, take_stock
from netguru.errors import FileRejectedError
from netguru.model.names import device_key
from netguru.workspace.workspace import MARKER

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from netguru.chat.entities import Entities
    from netguru.chat.events import Question, TurnContext


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What may be looked at: the attached paths (else the turn's folder), and the files below."""

    paths: tuple[Path, ...]
    stock: Inventory
    attached: bool


def inside(path: Path, roots: Iterable[Path]) -> Path:
    """Give a path when it lies in one of the roots, links resolved; raises FileRejectedError.

    The store of a workspace holds what is several people's: it is no place to read from, unless it is a root.
    """
    real = Path(os.path.realpath(path))
    for root in roots:
        base = os.path.realpath(root)
        if real.is_relative_to(base) and MARKER not in real.relative_to(base).parts:
            return path
    raise FileRejectedError("lies outside of the workspace", place=str(path))


def scope_of(question: Question, context: TurnContext) -> Scope:
    """Take stock of what is attached, or of the turn's folder; raises FileRejectedError for a path outside."""
    attached = tuple(
        inside(context.folder / item.path, context.roots) for item in question.attachments if item.path is not None
    )
    paths = attached or (context.folder,)
    return Scope(paths=paths, stock=take_stock(paths), attached=bool(attached))


def networks(scope: Scope, named: Entities) -> tuple[Path, ...]:
    """Give the folders (or files) that a question about the network is about, at most two.

    Attached ones are taken as they are. Else the smallest folder that holds every file of the named devices;
    where it holds several states of one network (the same files below different folders), the newest two.
    """
    if scope.attached:
        return scope.paths
    (root,) = scope.paths
    keys = {device_key(name) for name in named.devices}
    chosen = [item.path for item in scope.stock.items if keys & item.devices or item.path in named.files]
    if not chosen:
        return (root,)
    states = _states(_common(chosen, root), chosen)
    return states[: int(rules("scope")["captures"])]


def too_much(scope: Scope, path: Path) -> int:
    """Count the files below a path when they are more than one question should read, else 0."""
    below = [item for item in scope.stock.items if item.path == path or path in item.path.parents]
    limits = rules("scope")
    heavy = sum(item.size for item in below) > limits["megabytes"] * 1_000_000
    return len(below) if heavy or len(below) > limits["files"] or scope.stock.more else 0


def _common(files: Sequence[Path], root: Path) -> Path:
    """Give the lowest folder that holds all files and more than one kind of them: a network is not one subfolder."""
    base = Path(os.path.commonpath([file.parent for file in files]))
    # The configurations of a network stand beside its captures and outputs.
    return base.parent if base != root and base.is_relative_to(root) and _is_part(base) else base


def _is_part(folder: Path) -> bool:
    siblings = [item for item in folder.parent.iterdir() if item.is_dir() and not item.name.startswith(".")]
    return len(siblings) > 1 and not any(_same_inside(folder, other) for other in siblings if other != folder)


def _states(base: Path, files: Sequence[Path]) -> tuple[Path, ...]:
    """Split a folder into states of one network, the newest first; the folder itself where it holds one state."""
    children = sorted(
        {base / file.relative_to(base).parts[0] for file in files if len(file.relative_to(base).parts) > 1}
    )
    alike = [child for child in children if any(other != child and _same_inside(child, other) for other in children)]
    if len(alike) < len(children) or not alike:
        return (base,)
    newest = {child: max(file.stat().st_mtime for file in files if child in file.parents) for child in alike}
    return tuple(sorted(alike, key=lambda child: (-newest[child], child.name)))


def _same_inside(one: Path, other: Path) -> bool:
    """Say whether two folders are laid out alike: a file of the same name in a subfolder of the same name."""
    for folder in (item for item in one.iterdir() if item.is_dir()):
        twin = other / folder.name
        if twin.is_dir() and {item.name for item in folder.iterdir()} & {item.name for item in twin.iterdir()}:
            return True
    return False
