"""What every room speaks: frozen values, standard library only.

Names are loaded when they are first used: making the classes of all takes longer than many a command.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from netguru.lazy import lazily

if TYPE_CHECKING:
    from netguru.model.answer import Answer
    from netguru.model.capture import Capture, CaptureInterface, Damage
    from netguru.model.config import ConfigLine, DeviceConfig
    from netguru.model.coverage import Coverage, Gap
    from netguru.model.evidence import Evidence
    from netguru.model.finding import Finding, Findings, Severity, Subject, rank
    from netguru.model.network import Network, Unread
    from netguru.model.result import Result
    from netguru.model.source import Piece, SourceFile
    from netguru.model.state import DeviceState
    from netguru.model.topology import Device, Endpoint, Link, Neighbor, Neighbors, Topology, Unresolved

_WHERE = {
    "Answer": "answer",
    "Capture": "capture",
    "CaptureInterface": "capture",
    "ConfigLine": "config",
    "Coverage": "coverage",
    "Damage": "capture",
    "Device": "topology",
    "DeviceConfig": "config",
    "DeviceState": "state",
    "Endpoint": "topology",
    "Evidence": "evidence",
    "Finding": "finding",
    "Findings": "finding",
    "Gap": "coverage",
    "Link": "topology",
    "Neighbor": "topology",
    "Neighbors": "topology",
    "Network": "network",
    "Piece": "source",
    "Result": "result",
    "Severity": "finding",
    "SourceFile": "source",
    "Subject": "finding",
    "Topology": "topology",
    "Unread": "network",
    "Unresolved": "topology",
    "rank": "finding",
}

__all__ = [
    "Answer",
    "Capture",
    "CaptureInterface",
    "ConfigLine",
    "Coverage",
    "Damage",
    "Device",
    "DeviceConfig",
    "DeviceState",
    "Endpoint",
    "Evidence",
    "Finding",
    "Findings",
    "Gap",
    "Link",
    "Neighbor",
    "Neighbors",
    "Network",
    "Piece",
    "Result",
    "Severity",
    "SourceFile",
    "Subject",
    "Topology",
    "Unread",
    "Unresolved",
    "rank",
]

__getattr__, __dir__ = lazily(__name__, _WHERE)
