"""Sanitizing a path: the names of all files first, then every file under one key, into a folder of its own."""

from __future__ import annotations

import os
import secrets
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from netguru.errors import FileRejectedError, InputError, NetGuruError
from netguru.model.coverage import Coverage, Gap
from netguru.operations.context import context
from netguru.redact.anonymizer import Anonymizer
from netguru.workspace.captures import is_capture, read_capture
from netguru.workspace.files import admit_below, decode, files_below
from netguru.workspace.opening import open_network
from netguru.workspace.sanitized import Sanitized, SanitizedFile
from netguru.workspace.sanitizers import sanitizers

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netguru.model.source import SourceFile
    from netguru.redact.anonymizer import Keep

_KEY_BYTES = 32
_LEAST_KEY = 16
_DOMAIN = "."


def read_key(file: Path | None, store: Path) -> tuple[bytes, str]:
    """Give the key and where it is: of a file, else the workspace's own, which is made when it is first needed."""
    place = file or store / "sanitize.key"
    try:
        if file is None and not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
                stream.write(secrets.token_hex(_KEY_BYTES).encode() + b"\n")
        key = place.read_bytes().strip()
    except OSError as error:
        raise FileRejectedError(f"cannot be used as key: {error.strerror or error}", place=str(place)) from None
    if len(key) < _LEAST_KEY:
        raise InputError(f"is shorter than {_LEAST_KEY} bytes, too short for a key", place=str(place))
    return key, str(place)


def sanitize_path(path: Path, out: Path, *, key: bytes, words: Iterable[str], keep: Keep, keep_oui: bool) -> Sanitized:
    """Write the sanitized twins of all files below a path; what cannot be written is listed with the reason."""
    names, root, skipped = files_below(path)
    alone = root != path
    _check_place(root, out, alone=alone)
    known = {*words, *(() if keep.names else _names(path))}
    anonymizer = Anonymizer(key, names=_with_parts(known), keep=keep, keep_oui=keep_oui)
    made: list[SanitizedFile] = []
    gaps = [(item.name, item.reason) for item in skipped]
    current = context()
    for position, name in enumerate(names):
        current.cancel.check()
        current.progress(position, len(names), name)
        try:
            file, head = admit_below(root, name, alone=alone, spared=is_capture)
            made.append(_written(file, head, out, anonymizer))
        except NetGuruError as error:
            if alone:
                raise
            gaps.append((name, error.message))
    total: Counter[str] = Counter()
    for item in made:
        total.update(item.replaced)
    return Sanitized(
        out=str(out),
        files=tuple(made),
        replaced=dict(sorted(total.items())),
        names=len(anonymizer.names.known),
        key="",
        coverage=Coverage(
            unit="files",
            total=len(names) + len(skipped),
            read=len(made),
            gaps=tuple(Gap(reason=reason, count=1, places=(name,)) for name, reason in gaps),
        ),
    )


def _check_place(root: Path, out: Path, *, alone: bool) -> None:
    real, place = os.path.realpath(root), Path(os.path.realpath(out))
    if str(place) == real or (not alone and place.is_relative_to(real)):
        raise InputError("lies in the folder that is read: name another one", place=str(out))
    if out.exists() and not out.is_dir():
        raise FileRejectedError("is not a folder, a folder is to be written", place=str(out))


def _names(path: Path) -> set[str]:
    try:
        network = open_network(path)
    except NetGuruError:
        # A text of no known kind has addresses and secrets all the same.
        return set()
    return {name for sanitizer in sanitizers.values() for name in sanitizer.names(network)} - {""}


def _with_parts(names: Iterable[str]) -> set[str]:
    """Add to names with a domain the domain and the name alone."""
    found: set[str] = set()
    for name in names:
        parts = name.split(_DOMAIN)
        if all(part.isdigit() for part in parts) or ":" in name:
            continue
        found.add(name if len(parts) == 1 else parts[0])
        # The last part is that of everybody: com, net, local.
        found.update(parts[1:-1])
    return found


def _written(file: SourceFile, head: bytes, out: Path, anonymizer: Anonymizer) -> SanitizedFile:
    anonymizer.counts.clear()
    capture = read_capture(file, head)
    place = out / anonymizer.path(file.name)
    if capture is not None:
        place = place.with_suffix(".pcap" if place.suffix == ".pcap" else ".pcapng")
        place.parent.mkdir(parents=True, exist_ok=True)
        for sanitizer in sanitizers.values():
            notes = sanitizer.rewrite(capture, place, anonymizer)
            if notes is not None:
                return _told(file, out, place, "capture", anonymizer, notes)
        raise FileRejectedError("is a capture, and no sanitizer for captures is installed", place=file.name)
    text = anonymizer.text(decode(file, head))
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text.encode("utf-8", "surrogateescape"))
    except OSError as error:
        raise FileRejectedError(f"cannot be written: {error.strerror or error}", place=str(place)) from None
    return _told(file, out, place, "text", anonymizer, ())


def _told(
    file: SourceFile, out: Path, place: Path, kind: str, anonymizer: Anonymizer, notes: tuple[str, ...]
) -> SanitizedFile:
    counts = {name: count for name, count in sorted(anonymizer.counts.items()) if count}
    name = place.relative_to(out).as_posix()
    return SanitizedFile(source=file.name, out=name, kind=kind, replaced=counts, notes=notes)
