"""The workspace: one folder of a user's work, and the reading of files into a Network."""

from netguru.workspace.naming import name_device
from netguru.workspace.opening import open_capture, open_network, open_pieces
from netguru.workspace.readers import FileReader, Match, TextReader, file_readers, text_readers
from netguru.workspace.transcript import split_transcript
from netguru.workspace.workspace import Workspace, current_workspace

__all__ = [
    "FileReader",
    "Match",
    "TextReader",
    "Workspace",
    "current_workspace",
    "file_readers",
    "name_device",
    "open_capture",
    "open_network",
    "open_pieces",
    "split_transcript",
    "text_readers",
]
