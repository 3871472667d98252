"""How certain a claim is that rests on outputs which do not show everything."""

from __future__ import annotations

from ipaddress import ip_interface
from typing import TYPE_CHECKING

from netguru.model.names import device_key, port_key
from netguru.state.facts import rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netguru.model.finding import Finding
    from netguru.model.state import DeviceState

_VPN = ("vpn", "vrf")


def is_certain(finding: Finding, states: Sequence[DeviceState]) -> bool:
    """Say whether a finding about a double address holds without knowing the routing instances.

    Customers of a VPN use the same addresses by design, and `show interfaces` does not name the
    instance. An address in a subnet of a device that carries VPNs, on a port whose instance is not
    stated, proves nothing.
    """
    if finding.check != "ip.duplicate-address":
        return True
    carriers = {
        device_key(state.device)
        for state, row in rows(states, "bgp_peers")
        if any(word in str(row["family"]).lower() for word in _VPN)
    }
    carriers |= {device_key(state.device) for state, row in rows(states, "interfaces") if _named(row["vrf"])}
    stated = {
        (device_key(state.device), port_key(row["name"])) for state, row in rows(states, "interfaces") if row["vrf"]
    }
    owners = {(device_key(device), port_key(port)) for device, port in finding.subject.interfaces}
    # Two ports of one device cannot have one address but in two instances.
    if len({device for device, _ in owners}) == 1 and not owners & stated:
        return False
    for state, row in rows(states, "addresses"):
        key = (device_key(state.device), port_key(row["interface"]))
        if key[0] in carriers and key not in stated and "/" in row["address"]:
            network = ip_interface(row["address"]).network
            if any(ip_interface(address.split("/")[0]).ip in network for address in finding.subject.addresses):
                return False
    return True


def _named(vrf: str | None) -> bool:
    return bool(vrf) and vrf != "default"
