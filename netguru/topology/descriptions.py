"""Reading an interface description: which device and port it says is at the other end."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from netguru import resources
from netguru.model.names import canonical_port

# A description is free text of any length; what names a port is short.
_LONGEST = 120


@dataclass(frozen=True, slots=True)
class Named:
    """What a description names; `port` is empty when it names a device only."""

    device: str
    port: str = ""


@cache
def _table() -> dict[str, Any]:
    return resources.table("neighbors", "descriptions.toml")


@cache
def _patterns(name: str) -> tuple[re.Pattern[str], ...]:
    rows = _table()
    return tuple(
        re.compile(
            pattern.replace("DEVICE", rows["device"])
            .replace("DEVSHORT", rows["device_short"])
            .replace("PORT", rows["port"])
        )
        for pattern in rows[name]
    )


def read_description(text: str) -> Named | None:
    """Read a description that clearly names a device and a port, or a device alone.

    None when it is prose: whether a lone word is a device at all, the caller knows.

    >>> read_description("to leaf3 eth1"), read_description("dist1 GigabitEthernet1/0/1").port
    (Named(device='leaf3', port='eth1'), 'GigabitEthernet1/0/1')
    >>> read_description("P2P_UPLINK_TO_DC1-SPINE1_Ethernet6"), read_description("USERS gateway")
    (Named(device='DC1-SPINE1', port='Ethernet6'), None)
    >>> read_description("Uplink Gi0/1"), read_description("// Connected to leaf-1")
    (None, Named(device='leaf-1', port=''))
    """
    stripped = text.strip()
    if not stripped or len(stripped) > _LONGEST:
        return None
    for pattern in _patterns("full"):
        match = pattern.match(stripped)
        if match and match["device"].lower() not in _table()["not_devices"]:
            return Named(match["device"], canonical_port(match["port"]))
    for pattern in _patterns("device_only"):
        match = pattern.match(stripped)
        if match and match["device"].lower() not in _table()["not_devices"]:
            return Named(match["device"])
    return None


def looks_like_a_device(name: str) -> bool:
    """Say whether an unknown name has the form that people give to devices: letters with a digit or a joint.

    >>> looks_like_a_device("old-switch"), looks_like_a_device("Uplink"), looks_like_a_device("12345")
    (True, False, False)
    """
    return bool(re.search(r"[A-Za-z]", name)) and bool(re.search(r"\d|[A-Za-z][-_.][A-Za-z]", name))
