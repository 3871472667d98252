"""The file of a collection: where it lies, its tables, how it is opened for reading and for writing."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, get_args

from netguru.errors import DamagedFileError, InputError
from netguru.settings import data_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CollectionName = Literal["global", "local"]
COLLECTIONS: tuple[CollectionName, ...] = get_args(CollectionName)
"""Curated documents for all work of a user, and the documents of one workspace."""

LAYOUT = "1"
_WAIT_MS = 30_000
_FOLDER = "rag"

_TABLES = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS documents (
  id INTEGER PRIMARY KEY, root TEXT NOT NULL, uri TEXT NOT NULL, sha256 TEXT NOT NULL, size INTEGER NOT NULL,
  modified INTEGER NOT NULL, title TEXT NOT NULL, text TEXT NOT NULL, format TEXT NOT NULL, language TEXT NOT NULL,
  licence TEXT, vendor TEXT, product TEXT, version TEXT, pages TEXT NOT NULL, damages TEXT NOT NULL,
  includes TEXT NOT NULL, chunker TEXT NOT NULL, complete INTEGER NOT NULL, corpus TEXT, trust TEXT,
  UNIQUE (root, uri));
CREATE INDEX IF NOT EXISTS documents_uri ON documents (uri);
CREATE INDEX IF NOT EXISTS documents_digest ON documents (sha256);
CREATE TABLE IF NOT EXISTS chunks (
  id INTEGER PRIMARY KEY, document INTEGER NOT NULL REFERENCES documents (id), position INTEGER NOT NULL,
  start INTEGER NOT NULL, stop INTEGER NOT NULL, path TEXT NOT NULL, kind TEXT NOT NULL, line_start INTEGER NOT NULL,
  line_end INTEGER NOT NULL, page INTEGER, language TEXT NOT NULL, key TEXT NOT NULL, length INTEGER NOT NULL,
  UNIQUE (document, position));
CREATE INDEX IF NOT EXISTS chunks_key ON chunks (key);
CREATE TABLE IF NOT EXISTS vectors (
  embedder TEXT NOT NULL, key TEXT NOT NULL, row INTEGER NOT NULL, PRIMARY KEY (embedder, key)) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS vectors_row ON vectors (embedder, row);
CREATE TABLE IF NOT EXISTS served (
  place TEXT NOT NULL, embedder TEXT NOT NULL, key TEXT NOT NULL, PRIMARY KEY (place, embedder, key)) WITHOUT ROWID;
CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5 (
  body, heading, place, tokenize = "ascii tokenchars '-_.:/+@'");
CREATE VIRTUAL TABLE IF NOT EXISTS words_known USING fts5vocab ('words', 'row');
"""

# Columns that came later: an older file gets them when it is opened.
_LATER = {"documents": ("corpus", "trust")}


def folder_of(collection: CollectionName) -> Path:
    """Give the folder of a collection; the global one is the user's, the local one the workspace's."""
    from netguru.workspace import current_workspace

    base = data_folder() if collection == "global" else current_workspace().store
    return base / _FOLDER / collection


def file_of(collection: CollectionName) -> Path:
    """Give the database file of a collection; it need not exist."""
    return folder_of(collection) / "index.db"


def make_folder(collection: CollectionName) -> Path:
    """Make the folder of a collection, for its owner only; raises InputError."""
    folder = folder_of(collection)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"the collection cannot be made: {error.strerror or error}",
            place=str(folder),
            hint="choose another folder with --workspace or NETGURU_WORKSPACE",
        ) from None
    return folder


def connect(file: Path, *, write: bool = False) -> sqlite3.Connection:
    """Open a collection's file; raises DamagedFileError when it is not one.

    Readers and the one writer work at the same time (write-ahead log); what was committed survives a kill.
    """
    try:
        # A notebook's forms and a server's threads share the connection one after the other.
        base = sqlite3.connect(file, isolation_level=None, check_same_thread=False, timeout=_WAIT_MS / 1000)
        if write:
            base.execute("PRAGMA journal_mode = WAL")
            # A lost batch after a power cut is made anew; a kill loses nothing that was committed.
            base.execute("PRAGMA synchronous = NORMAL")
            base.executescript(_TABLES)
        _complete(base)
        if not write:
            base.execute("PRAGMA query_only = ON")
        layout = _layout(base, write=write)
    except sqlite3.Error as error:
        raise _damaged(file, str(error)) from None
    if layout != LAYOUT:
        raise _damaged(file, f"its layout is {layout or 'unknown'}, this version writes {LAYOUT}")
    return base


def _complete(base: sqlite3.Connection) -> None:
    for table, columns in _LATER.items():
        present = {row[1] for row in base.execute(f"PRAGMA table_info({table})")}
        for name in columns:
            if present and name not in present:
                base.execute(f"ALTER TABLE {table} ADD COLUMN {name} TEXT")


def _layout(base: sqlite3.Connection, *, write: bool) -> str:
    row = base.execute("SELECT value FROM meta WHERE key = 'layout'").fetchone()
    if row is None and write:
        base.execute("INSERT INTO meta VALUES ('layout', ?)", (LAYOUT,))
        return LAYOUT
    return str(row[0]) if row else ""


def _damaged(file: Path, reason: str) -> DamagedFileError:
    return DamagedFileError(
        f"is no index of documents that can be used: {reason}",
        place=str(file),
        hint="remove the file and ingest the documents again",
    )


@contextmanager
def transaction(base: sqlite3.Connection) -> Iterator[None]:
    """Write a batch as a whole or not at all."""
    base.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        base.execute("ROLLBACK")
        raise
    base.execute("COMMIT")


def get_meta(base: sqlite3.Connection, key: str) -> str:
    """Give a remembered value, empty when there is none."""
    row = base.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return str(row[0]) if row else ""


def set_meta(base: sqlite3.Connection, key: str, value: str) -> None:
    """Remember a value."""
    base.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))
