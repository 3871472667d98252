"""The operation that makes sanitized twins of files."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

from netguru.errors import UnknownNameError
from netguru.operations import operation
from netguru.workspace.sanitized import Sanitized
from netguru.workspace.workspace import Workspace


@operation("workspace.sanitize", alias="sanitize", effect="write")
def sanitize(
    path: Path,
    *,
    out: Path,
    words: str = "",
    keep: str = "",
    keep_oui: bool = False,
    key_file: Path | None = None,
    workspace: Workspace,
) -> Sanitized:
    """Write twins of configurations, device outputs and captures without what tells whose network it is.

    Replaced are secrets, IPv4 and IPv6 addresses (prefixes stay prefixes; private, link-local, multicast, loopback and
    documentation addresses stay of their kind), MAC addresses, AS numbers (private ones stay private), names of
    devices, users and domains. Line numbers stay. The same key gives the same result in every file and every run, so
    that twins made on different days fit together; who has the key can test guesses, so keep it to yourself.

    Of captures the headers and the messages of known protocols are rewritten with their checksums, other payload is
    set to zero, and the report says so. Interface descriptions, locations and other free text may tell more: add words.

    Args:
        path: a file or a folder.
        out: the folder to write the twins to; it must lie outside of `path`.
        words: further words to replace, with commas between them (the company, sites, customers).
        keep: kinds that stay, with commas between them (addresses, macs, asns, names).
        keep_oui: leave the first half of MAC addresses, which tells the vendor.
        key_file: a file with the key, at least 16 bytes; without it the workspace has one of its own.
    """
    from netguru.redact.anonymizer import Keep
    from netguru.workspace.sanitizing import read_key, sanitize_path

    kinds = [kind.strip() for kind in keep.split(",") if kind.strip()]
    possible = [field.name for field in fields(Keep)]
    for kind in kinds:
        if kind not in possible:
            raise UnknownNameError("kind", kind, possible)
    key, place = read_key(key_file, workspace.store)
    chosen = [word.strip() for word in words.split(",") if word.strip()]
    kept = Keep(**dict.fromkeys(kinds, True))
    made = sanitize_path(path, out, key=key, words=chosen, keep=kept, keep_oui=keep_oui)
    return replace(made, key=place)
