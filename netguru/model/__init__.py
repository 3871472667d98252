"""What every room speaks: frozen values, standard library only."""

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
