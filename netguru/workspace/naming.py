"""Whose output is it: naming the device of a text that does not name it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from netguru.model.names import device_key

if TYPE_CHECKING:
    from collections.abc import Iterable

# Folder names that sort files rather than name a device.
_GENERIC = frozenset(
    "captures cli config configs data dump dumps files linux lldp cdp log logs neighbors neighbours output outputs "
    "pcap pcaps routers running show shows state switches tables text txt".split()
)
# What a file is called when nobody named it after a device: file12.txt, session-3.log, f007.
_NAMELESS = re.compile(
    r"^(?:file|doc|document|session|terminal|screen|paste|part|untitled|new|attachment|capture|cli|config|conf|data|dump"
    r"|log|neighbou?rs|output|out|pcap|state|text|txt|tmp)?[\s_.()#-]*\d*[\s()]*$|^f\d{3,}$",
    re.IGNORECASE,
)
_SEPARATOR = re.compile(r"[_\s-]")
# leaf1_show_version.txt: what stands before the command.
_BEFORE_COMMAND = re.compile(r"^(?P<device>.+?)[_\s.-]+(?:show|display)[_\s-]", re.IGNORECASE)
_COMMAND = re.compile(
    r"^(?:show|sh|display|get|ip|bgp|lldp|cdp|interface|version|running|startup|lldpctl|lldpcli)(?:[\s_.-]|$)"
    r"|^(?:net|nv)[\s_.-]show(?:[\s_.-]|$)"
    # Words that devices are named after too (arp-proxy1): here the words of a command follow without a hyphen.
    r"|^(?:ipv6|ospf6?|ospfv3|eigrp|isis|rip|mpls|pim|igmp|vrrp|hsrp|standby|arp|mac|stp|spanning|vlans?|routes?"
    r"|inventory|logging|neighbou?rs?)(?:[\s_]|$)",
    re.IGNORECASE,
)


def name_device(name: str, known: Iterable[str] = ()) -> str:
    """Guess a device from a file's path relative to the input; empty when the path says nothing.

    A part of the path that is a known device wins; otherwise the file's stem, or its folder when
    the stem looks like a command or names nothing (file12.txt): outputs of one device in such files
    would else be those of many devices.

    >>> name_device("show/leaf1/ip_route.txt"), name_device("lldp/leaf1.json"), name_device("x/core.cfg", ["Core"])
    ('leaf1', 'leaf1', 'Core')
    >>> name_device("leaf1_show_version.txt"), name_device("leaf2/net_show_lldp_json.json")
    ('leaf1', 'leaf2')
    >>> name_device("show/Remote_7/ipv6_route.txt"), name_device("file12.txt"), name_device("vlan-core.txt")
    ('Remote_7', '', 'vlan-core')
    """
    parts = name.split("/")
    stem = parts[-1].split(".", 1)[0] if not re.match(r"^[\d.]+$", parts[-1]) else parts[-1]
    folders = [part for part in reversed(parts[:-1]) if part.lower() not in _GENERIC]
    by_key = {device_key(item): item for item in known}
    for candidate in [stem, *folders]:
        if device_key(candidate) in by_key:
            return by_key[device_key(candidate)]
    # leaf1_show_version.txt, leaf1-running-config.cfg: a known device begins the stem.
    lower = stem.lower()
    for cut in reversed([mark.start() for mark in _SEPARATOR.finditer(lower)]):
        if lower[:cut] in by_key:
            return by_key[lower[:cut]]
    if _COMMAND.match(stem) or _NAMELESS.match(stem) or stem.lower() in _GENERIC:
        return folders[0] if folders else ""
    before = _BEFORE_COMMAND.match(stem)
    return before["device"] if before else stem
