"""Names of ports, devices and hardware addresses: one spelling to compare, one to show."""

from __future__ import annotations

import re
from functools import lru_cache

# Interface types: the spellings that systems print in full, the first of them Cisco's, and the
# abbreviations of them. A full spelling is kept when shown; all spellings of a row compare equal.
_PORT_TYPES: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("Ethernet",), ("e", "et", "eth")),
    (("FastEthernet",), ("f", "fa", "fas", "fast")),
    (("GigabitEthernet",), ("g", "gi", "gig", "ge")),
    (("TwoGigabitEthernet",), ("tw", "two")),
    (("FiveGigabitEthernet",), ("fi", "fiv", "five")),
    (
        ("TenGigabitEthernet", "TenGigE", "Ten-GigabitEthernet", "XGigabitEthernet", "10GigabitEthernet", "10GE"),
        ("te", "ten", "tengig", "xge"),
    ),
    (("TwentyFiveGigE", "TwentyFiveGigabitEthernet", "Twenty-FiveGigE", "25GE"), ("twe", "tf")),
    (("FortyGigabitEthernet", "FortyGigE", "40GE"), ("fo", "for", "fortygig")),
    (("FiftyGigE", "FiftyGigabitEthernet"), ("fif",)),
    (("HundredGigE", "HundredGigabitEthernet", "100GE"), ("hu", "hun", "hundredgig")),
    (("TwoHundredGigE", "TwoHundredGigabitEthernet", "200GE"), ("th",)),
    (("FourHundredGigE", "FourHundredGigabitEthernet", "400GE"), ("fou", "fh")),
    (("EightHundredGigE",), ("eh",)),
    (("Port-channel", "Port-Channel"), ("po", "portchannel")),
    (("Bundle-Ether",), ("be",)),
    (("Bridge-Aggregation",), ("bagg",)),
    (("Eth-Trunk",), ()),
    (("Loopback", "LoopBack"), ("lo", "loop")),
    (("Vlan", "Vlan-interface", "Vlanif"), ("vl",)),
    (("Tunnel",), ("tu", "tun")),
    (("Serial",), ("s", "se", "ser")),
    (("Management",), ("ma",)),
    (("mgmt",), ()),
    (("MgmtEth", "MgmtEther"), ("mg",)),
    (("AppGigabitEthernet",), ("ap",)),
    (("nve",), ()),
    (("BDI",), ()),
    (("BVI",), ("bv",)),
    (("Dialer",), ("di",)),
    (("Multilink",), ("mu",)),
    (("Null",), ("nu",)),
)
_SHOWN = {full.lower(): full for fulls, _ in _PORT_TYPES for full in reversed(fulls)}
_SHOWN |= {short: fulls[0] for fulls, shorts in _PORT_TYPES for short in shorts}
_KEYS = {name.lower(): fulls[0].lower() for fulls, shorts in _PORT_TYPES for name in (*fulls, *shorts)}
# The letters of the type, then a number with slashes: "Gi0/1", "Gig 1/0/10", "100GE1/0/1", "MgmtEth0/RSP0/CPU0/0".
_PORT = re.compile(r"^((?:\d+(?=G))?[A-Za-z](?:[A-Za-z-]*[A-Za-z])?)\s*(\d[\d/.:]*|\d+/R\w*/CPU\d+/\d+)$")
# Linux and Junos names are their own canonical form: eth1 is not Ethernet1, ge-0/0/1 has its dash.
_VERBATIM = re.compile(
    r"^(?:(?:eth|swp|en[opsx]|br|bond|wlan|veth|docker|vrrp)\d*[\w.:@-]*|lo"
    r"|[a-z]{2,5}-\d+/\d+/\d+.*|(?:ae|irb|me|fxp|em|vme|lo|st|reth)\d*(?:\.\d+)?)$"
)


def _split_port(name: str) -> tuple[str, str] | str:
    text = " ".join(name.split()).split("@", 1)[0]
    if _VERBATIM.match(text):
        return text
    match = _PORT.match(text)
    return (match[1], match[2]) if match and match[1].lower() in _SHOWN else text


def canonical_port(name: str) -> str:
    """Give the long form of a port name; Linux and Junos names and unknown types stay as they are.

    >>> canonical_port("Gi0/1"), canonical_port("eth1"), canonical_port("ge-0/0/1"), canonical_port("Ten 1/0/1")
    ('GigabitEthernet0/1', 'eth1', 'ge-0/0/1', 'TenGigabitEthernet1/0/1')
    >>> canonical_port("Port 1"), canonical_port("TenGigE0/0/0/8"), canonical_port("Fou1/0/22")
    ('Port 1', 'TenGigE0/0/0/8', 'FourHundredGigE1/0/22')
    """
    parts = _split_port(name)
    return parts if isinstance(parts, str) else _SHOWN[parts[0].lower()] + parts[1]


def port_key(name: str) -> str:
    """Give the spelling in which two names of one port are equal.

    >>> port_key("Te1/0/1") == port_key("tenGigabitEthernet 1/0/1") == port_key("TenGigE1/0/1")
    True
    """
    parts = _split_port(name)
    return parts.lower() if isinstance(parts, str) else _KEYS[parts[0].lower()] + parts[1].lower()


@lru_cache(maxsize=65_536)
def device_key(name: str) -> str:
    """Give the spelling in which two names of one device are equal: lower case, no domain, no serial in brackets.

    Addresses are kept whole.

    >>> device_key("SW1.example.net"), device_key("nx1(SSI1234)"), device_key("10.0.0.1"), device_key("0004.f2d1.2222")
    ('sw1', 'nx1', '10.0.0.1', '00:04:f2:d1:22:22')
    """
    text = name.strip().split("(", 1)[0].strip().lower()
    mac = canonical_mac(text)
    if mac and not text.isalnum():
        return mac
    if re.fullmatch(r"\d+(?:\.\d+){3}|[0-9a-f:.\-]*:[0-9a-f:.\-]*", text):
        return text
    return text.split(".", 1)[0] or text


def canonical_mac(text: str) -> str:
    """Give a hardware address as six lower-case pairs; other text comes back empty.

    >>> canonical_mac("024e.4704.0001"), canonical_mac("02-4E-47-04-00-01"), canonical_mac("eth0")
    ('02:4e:47:04:00:01', '02:4e:47:04:00:01', '')
    """
    digits = re.sub(r"[.:\-\s]", "", text).lower()
    if not re.fullmatch(r"[0-9a-f]{12}", digits):
        return ""
    return ":".join(digits[i : i + 2] for i in range(0, 12, 2))
