"""bgpSessionCompatibility: each configured BGP neighbour, and whether the network has the other end.

The statuses are those of Batfish's ConfiguredSessionStatus.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from ipaddress import ip_address, ip_interface, ip_network
from typing import TYPE_CHECKING

from netguru.config.questions_names import Row, place
from netguru.model.names import device_key, port_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from netguru.model.config import BgpNeighbor, BgpProcess, DeviceConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class _End:
    """One side of a session as its device states it; `local` is the address it uses, empty when not known."""

    config: DeviceConfig
    process: BgpProcess
    neighbor: BgpNeighbor
    local: str
    source_is_known: bool

    @property
    def device(self) -> str:
        return device_key(self.config.hostname)

    @property
    def passive(self) -> bool:
        """Say whether the device listens for neighbours in a range."""
        return "/" in self.neighbor.address

    @property
    def local_as(self) -> int:
        return self.process.asn if self.neighbor.local_as is None else self.neighbor.local_as

    @property
    def kind(self) -> str:
        if self.neighbor.remote_as is None:
            return "UNSET"
        if self.neighbor.remote_as == self.local_as:
            return "IBGP"
        return "EBGP_MULTIHOP" if (self.neighbor.ebgp_multihop or 1) > 1 else "EBGP_SINGLEHOP"


def bgp_sessions(configs: Iterable[DeviceConfig]) -> list[Row]:
    """Judge every BGP neighbour: `status` as Batfish names it, `remotes` the devices that fit."""
    known = list(configs)
    ends = [end for config in known for end in _ends(config)]
    owners = _owners(known)
    rows = []
    for end in ends:
        status, remotes = _judge(end, ends, owners)
        neighbor = end.neighbor
        rows.append(
            place(
                end.config,
                neighbor.lines,
                vrf=neighbor.vrf,
                local_as=end.local_as,
                local_address=end.local,
                remote_as=neighbor.remote_as,
                remote_address=neighbor.address,
                session_type=end.kind,
                status=status,
                remotes=remotes,
                enabled=neighbor.enabled,
            )
        )
    return rows


def _ends(config: DeviceConfig) -> Iterator[_End]:
    if config.bgp is None:
        return
    for neighbor in config.bgp.neighbors:
        local, known = _local_address(config, neighbor)
        yield _End(config=config, process=config.bgp, neighbor=neighbor, local=local, source_is_known=known)


def _local_address(config: DeviceConfig, neighbor: BgpNeighbor) -> tuple[str, bool]:
    """Give the address that a session starts from; a stated one may belong to no interface.

    Without a statement it is the address of the active interface whose subnet holds the neighbour.
    """
    stated = neighbor.update_source
    if stated and _version(stated):
        return str(ip_address(stated)), True
    version = _version(neighbor.address.split("/", 1)[0])
    for interface in config.interfaces:
        if not interface.enabled or (stated and port_key(interface.name) != port_key(stated)):
            continue
        for text in interface.addresses:
            known = ip_interface(text)
            if known.version != version or (not stated and interface.vrf != neighbor.vrf):
                continue
            if stated or ("/" not in neighbor.address and ip_address(neighbor.address) in known.network):
                return str(known.ip), True
    return "", bool(stated)


def _version(text: str) -> int:
    try:
        return ip_address(text).version
    except ValueError:
        return 0


def _owners(configs: Iterable[DeviceConfig]) -> dict[str, set[str]]:
    """Map each address of an active interface to its devices."""
    found: dict[str, set[str]] = defaultdict(set)
    for config in configs:
        for interface in config.interfaces:
            if interface.enabled:
                for text in interface.addresses:
                    found[str(ip_interface(text).ip)].add(device_key(config.hostname))
    return found


def _judge(end: _End, ends: list[_End], owners: dict[str, set[str]]) -> tuple[str, list[str]]:
    neighbor = end.neighbor
    if neighbor.remote_as is None and not end.passive:
        return "NO_REMOTE_AS", []
    remotes = sorted({other.config.hostname for other in ends if _fit(end, other)})
    if end.passive:
        return ("DYNAMIC_MATCH" if remotes else "NO_MATCH_FOUND"), remotes
    unowned = _unowned(end, owners)
    if unowned:
        return unowned, []
    if not remotes:
        return "HALF_OPEN", []
    return ("UNIQUE_MATCH" if len(remotes) == 1 else "MULTIPLE_REMOTES"), remotes


def _unowned(end: _End, owners: dict[str, set[str]]) -> str:
    """Give the status of an end whose own or whose neighbour's address belongs to nobody; empty otherwise."""
    if not end.local and not end.source_is_known:
        return "NO_LOCAL_IP" if end.kind == "EBGP_SINGLEHOP" else "LOCAL_IP_UNKNOWN_STATICALLY"
    if end.device not in owners.get(end.local, ()):
        return "INVALID_LOCAL_IP"
    if not owners.get(str(ip_address(end.neighbor.address)), set()) - {end.device}:
        return "UNKNOWN_REMOTE"
    return ""


def _fit(end: _End, other: _End) -> bool:
    """Say whether two ends make one session: each is what the other expects, by address and by AS."""
    if end.device == other.device or (end.passive and other.passive):
        return False
    if not (end.neighbor.enabled and other.neighbor.enabled):
        return False
    if not (_expects(end, other) and _expects(other, end)):
        return False
    return _as_fits(end, other) and _as_fits(other, end)


def _expects(end: _End, other: _End) -> bool:
    if end.passive:
        return bool(other.local) and _inside(other.local, end.neighbor.address)
    if other.local:
        return str(ip_address(end.neighbor.address)) == other.local
    # An end that listens, or that leaves its source open, answers from the address it was called by.
    return any(
        interface.enabled and str(ip_interface(text).ip) == str(ip_address(end.neighbor.address))
        for interface in other.config.interfaces
        for text in interface.addresses
    )


def _inside(address: str, network: str) -> bool:
    host, wanted = ip_address(address), ip_network(network, strict=False)
    return host.version == wanted.version and host in wanted


def _as_fits(end: _End, other: _End) -> bool:
    return end.neighbor.remote_as == other.local_as or (end.passive and end.neighbor.remote_as is None)
