"""The curated documents: sets that a manifest names, told by their files wherever they lie, and those that ship.

`data/corpus/manifest.toml` is ours; a folder that is ingested may hold its own (`corpus.toml`).
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from netguru import resources
from netguru.errors import InputError
from netguru.rag.scanning import MANIFEST

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from netguru.rag.writing import Writer

_HEAD = 4000
_SHIPPED = "shipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentSet:
    """One set of documents: where it comes from, whom it is about, under which terms, how to tell it."""

    name: str
    title: str = ""
    vendor: str = ""
    product: str = ""
    version: str = ""
    language: str = ""
    licence: str = ""
    origin: str = ""
    commit: str = ""
    folder: str = ""
    files: str = ""
    shipped: bool = False
    reason: str = ""
    marks: dict[str, str] = field(default_factory=dict)
    pattern: str = ""
    holds: str = ""
    path: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What is said of the documents below a folder (or of one document), and how much it may be trusted."""

    uri: str
    whole: bool
    """`uri` is a folder; empty for the root."""
    set: DocumentSet
    trust: str

    def fields(self) -> tuple[str | None, ...]:
        """Give what is stored with a document: set, trust, vendor, product, version."""
        of = self.set
        return of.name, self.trust, of.vendor or None, of.product or None, of.version or None


@cache
def sets() -> tuple[DocumentSet, ...]:
    """Give the sets of our manifest."""
    return tuple(_read(resources.path("data", "corpus", "manifest.toml")))


def _read(file: Path) -> Iterator[DocumentSet]:
    try:
        rows = tomllib.loads(file.read_text("utf-8")).get("set", [])
        for number, row in enumerate(rows, 1):
            yield DocumentSet(**{"name": f"{file.parent.name} {number}", **_checked(row)})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, TypeError, AttributeError) as error:
        raise InputError(f"is no manifest of documents: {error}", place=str(file)) from None


def _checked(row: dict[str, Any]) -> dict[str, Any]:
    for name, value in row.items():
        if not isinstance(value, (str, bool, dict)):
            raise TypeError(f"{name} is no text")
    return row


def labels(root: Path, uris: Iterable[str]) -> list[Label]:
    """Find the sets among files of a root: inner folders behind outer ones, single documents last."""
    known = list(uris)
    folders = {PurePosixPath(uri).parent for uri in known}
    folders |= {above for folder in folders for above in folder.parents}
    found = [label for folder in sorted(folders, key=lambda item: item.parts) if (label := _folder(root, folder))]
    found += _stated(root)
    return found + [label for uri in known if (label := _single(root, uri))]


def _folder(root: Path, folder: PurePosixPath) -> Label | None:
    place = root / folder
    uri = "" if folder == PurePosixPath() else str(folder)
    for item in sets():
        if not item.marks or not all((place / name).is_file() for name in item.marks):
            continue
        if item.holds and not re.search(item.holds, _head(place / next(iter(item.marks)))):
            continue
        same = all(_digest(place / name).startswith(mark) and mark for name, mark in item.marks.items())
        if is_shipped(place):
            return Label(uri=uri, whole=True, set=item, trust=_SHIPPED)
        # Another state of the repository: its commit and version are not those of the manifest.
        return Label(
            uri=uri,
            whole=True,
            set=item if same else replace(item, version="", commit=""),
            trust="curated" if same else "recognised",
        )
    return None


def _single(root: Path, uri: str) -> Label | None:
    name = PurePosixPath(uri).name
    for item in sets():
        fits = item.pattern and re.fullmatch(item.pattern, name)
        if fits and re.search(item.holds, _head(root / uri)):
            return Label(uri=uri, whole=False, set=item, trust="recognised")
    return None


def _stated(root: Path) -> list[Label]:
    """Give what the folder's own manifest says."""
    file = root / MANIFEST
    if not file.is_file():
        return []
    made = (replace(item, shipped=False) for item in _read(file))
    return [
        Label(uri="" if item.path in ("", ".") else item.path.strip("/"), whole=True, set=item, trust="stated")
        for item in made
    ]


def _head(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            return stream.read(_HEAD).decode("utf-8", "replace")
    except OSError:
        return ""


def _digest(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return ""


def label(writer: Writer, root: Path) -> int:
    """Write down what the manifests say of the documents of a root; gives how many of them changed.

    What a document says of itself (its licence) stays.
    """
    base = writer.base
    before = base.total_changes
    wanted: dict[str, Label] = {}
    stored = base.execute(
        "SELECT id, uri, corpus, trust, vendor, product, version, licence FROM documents WHERE root = ?", (str(root),)
    ).fetchall()
    found = labels(root, (row[1] for row in stored))
    for item in found:
        if not item.whole:
            wanted[item.uri] = item
            continue
        inside = f"{item.uri}/" if item.uri else ""
        wanted |= {row[1]: item for row in stored if row[1].startswith(inside)}
    for number, uri, *now, licence in stored:
        chosen = wanted.get(uri)
        if chosen is None and now[0] is None:
            # Nothing is said and nothing was: what its own loader knows stays.
            continue
        fields = chosen.fields() if chosen else (None,) * 5
        terms = licence or (chosen.set.licence if chosen else None) or None
        if (*now, licence) != (*fields, terms):
            base.execute(
                "UPDATE documents SET corpus = ?, trust = ?, vendor = ?, product = ?, version = ?, licence = ? "
                "WHERE id = ?",
                (*fields, terms, number),
            )
    writer.flush()
    return base.total_changes - before


def recipe(item: DocumentSet) -> str:
    """Give the commands that bring a set in."""
    if item.shipped:
        return "netguru rag.ingest --shipped"
    if "github.com" not in item.origin:
        return f"fetch {item.files} from {item.origin}, then netguru rag.ingest FOLDER --collection global"
    folder = "/".join(part for part in (item.origin.rpartition("/")[2], item.folder) if part)
    return f"git clone --depth 1 {item.origin}; netguru rag.ingest {folder} --collection global"


def shipped_roots() -> tuple[Path, ...]:
    """Give the folders of the documents that travel with the package."""
    return resources.path("data", "corpus", "documents").resolve(), resources.path("docs").resolve()


def is_shipped(place: Path) -> bool:
    """Say whether a folder is one of the documents that travel with the package."""
    return any(place == root or place.is_relative_to(root) for root in shipped_roots())
