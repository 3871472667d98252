"""Operations that turn a network around one thing: an address, a port, a VLAN, a conversation, a device."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from netguru.diagnosis.pivot_rows import Pivoted
from netguru.operations import Progress, operation

if TYPE_CHECKING:
    from collections.abc import Callable

    from netguru.diagnosis.checks import Joined
    from netguru.model.coverage import Coverage
    from netguru.model.finding import Finding

    Pivot = Callable[[Joined, str, tuple[Finding, ...], Coverage], Pivoted]


@operation("diagnosis.ip")
def ip(folder: Path, name: str, *, progress: Progress) -> Pivoted:
    """Tell everything that is known of an address: owner, configuration lines, reports, conversations, findings.

    Args:
        folder: The network's folder.
        name: An IPv4 or IPv6 address.
    """
    from netguru.diagnosis import pivots

    return _around(folder, name, pivots.address, progress)


@operation("diagnosis.interface")
def interface(folder: Path, name: str, *, progress: Progress) -> Pivoted:
    """Tell everything that is known of a port: settings, neighbours, reports, conversations, findings.

    Args:
        folder: The network's folder.
        name: A device and its port ("leaf1 eth2", "core1:Te1/0/1"), or an address of the port.
    """
    from netguru.diagnosis import pivots

    return _around(folder, name, pivots.port, progress)


@operation("diagnosis.vlan")
def vlan(folder: Path, name: str, *, progress: Progress) -> Pivoted:
    """Tell everything that is known of a VLAN: where it is defined and carried, what was learned and sent in it.

    Args:
        folder: The network's folder.
        name: The number of the VLAN.
    """
    from netguru.diagnosis import pivots

    return _around(folder, name, pivots.vlan, progress)


@operation("diagnosis.flow")
def flow(folder: Path, name: str, *, progress: Progress) -> Pivoted:
    """Tell everything that is known of what two addresses say to each other.

    Args:
        folder: The network's folder.
        name: Two addresses ("10.0.0.1 10.0.0.2").
    """
    from netguru.diagnosis import pivots

    return _around(folder, name, pivots.flow, progress)


@operation("diagnosis.device")
def device(folder: Path, name: str, *, progress: Progress) -> Pivoted:
    """Tell everything that is known of a device: its files, ports, sessions, neighbours, findings.

    Args:
        folder: The network's folder.
        name: The device, or one of its addresses.
    """
    from netguru.diagnosis import pivots

    return _around(folder, name, pivots.device, progress)


def _around(folder: Path, name: str, pivot: Pivot, progress: Progress) -> Pivoted:
    from netguru.diagnosis.procedure import join_sources, judge
    from netguru.model.coverage import Coverage

    joined = join_sources(folder)
    # A wrong name is told before the work, not after it.
    pivot(joined, name, (), Coverage(unit="files", total=0, read=0))
    found = judge(joined, progress=progress)
    return pivot(joined, name, found.findings, found.coverage)
