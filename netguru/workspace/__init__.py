"""The workspace: one folder of a user's work, and the reading of files into a Network.

Names are loaded when they are first used: a capture needs nothing of what reads texts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from netguru.lazy import lazily

# Not lazy: operations that ask for a workspace get it from there.
from netguru.workspace.workspace import Workspace, current_workspace

if TYPE_CHECKING:
    from netguru.workspace.captures import open_capture
    from netguru.workspace.naming import name_device
    from netguru.workspace.opening import open_network, open_pieces
    from netguru.workspace.readers import FileReader, Match, TextReader, file_readers, text_readers
    from netguru.workspace.sanitize_operations import sanitize
    from netguru.workspace.sanitizers import Sanitizer, sanitizers
    from netguru.workspace.transcript import split_transcript

_WHERE = {
    "FileReader": "readers",
    "Match": "readers",
    "Sanitizer": "sanitizers",
    "TextReader": "readers",
    "file_readers": "readers",
    "name_device": "naming",
    "open_capture": "captures",
    "open_network": "opening",
    "open_pieces": "opening",
    "sanitize": "sanitize_operations",
    "sanitizers": "sanitizers",
    "split_transcript": "transcript",
    "text_readers": "readers",
}

__all__ = [
    "FileReader",
    "Match",
    "Sanitizer",
    "TextReader",
    "Workspace",
    "current_workspace",
    "file_readers",
    "name_device",
    "open_capture",
    "open_network",
    "open_pieces",
    "sanitize",
    "sanitizers",
    "split_transcript",
    "text_readers",
]

__getattr__, __dir__ = lazily(__name__, _WHERE)
