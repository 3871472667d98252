"""Names of ports, devices and hardware addresses: one spelling to compare, one to show."""

from __future__ import annotations

import re

# Long name of each interface type and the abbreviations that Cisco-like systems print for it.
# Longest abbreviation first is not needed: the whole alphabetic prefix is looked up.
_PORT_TYPES: dict[str, tuple[str, ...]] = {
    "Ethernet": ("e", "et", "eth", "ethernet"),
    "FastEthernet": ("f", "fa", "fas", "fastethernet"),
    "GigabitEthernet": ("g", "gi", "gig", "ge", "gigabitethernet"),
    "TwoGigabitEthernet": ("tw", "two", "twogigabitethernet"),
    "FiveGigabitEthernet": ("fi", "fiv", "fivegigabitethernet"),
    "TenGigabitEthernet": ("te", "ten", "tengig", "tengige", "tengigabitethernet"),
    "TwentyFiveGigE": ("twe", "twentyfivegige", "twentyfivegigabitethernet"),
    "FortyGigabitEthernet": ("fo", "for", "fortygige", "fortygigabitethernet"),
    "FiftyGigE": ("fif", "fiftygige"),
    "HundredGigE": ("hu", "hun", "hundredgige", "hundredgigabitethernet"),
    "Port-channel": ("po", "port-channel", "portchannel"),
    "Bundle-Ether": ("be", "bundle-ether"),
    "Loopback": ("lo", "loop", "loopback"),
    "Vlan": ("vl", "vlan"),
    "Tunnel": ("tu", "tun", "tunnel"),
    "Serial": ("s", "se", "ser", "serial"),
    "Management": ("ma", "management"),
    "mgmt": ("mgmt", "mg"),
    "MgmtEth": ("mgmteth",),
    "AppGigabitEthernet": ("ap", "appgigabitethernet"),
    "nve": ("nve",),
    "BDI": ("bdi",),
    "BVI": ("bv", "bvi"),
    "Dialer": ("di", "dialer"),
    "Multilink": ("mu", "multilink"),
    "Null": ("nu", "null"),
}
_LONG = {short: long for long, shorts in _PORT_TYPES.items() for short in shorts}
_PORT = re.compile(r"^([A-Za-z][A-Za-z-]*?)\s*(\d[\d/.:]*)$")
# Linux and Junos names are their own canonical form: eth1 is not Ethernet1, ge-0/0/1 has its dash.
_VERBATIM = re.compile(
    r"^(?:(?:eth|swp|en[opsx]|br|bond|wlan|veth|docker|vrrp)\d*[\w.:@-]*|lo|[a-z]{2,5}-\d+/\d+/\d+.*|(?:ae|irb|me|fxp|em|vme|lo|st|reth)\d*(?:\.\d+)?)$"
)


def canonical_port(name: str) -> str:
    """Give the long form of a port name; Linux and Junos names stay as they are.

    >>> canonical_port("Gi0/1"), canonical_port("eth1"), canonical_port("ge-0/0/1"), canonical_port("Ten 1/0/1")
    ('GigabitEthernet0/1', 'eth1', 'ge-0/0/1', 'TenGigabitEthernet1/0/1')
    """
    text = name.strip().split("@", 1)[0]
    if _VERBATIM.match(text):
        return text
    match = _PORT.match(text)
    if match is None:
        return text
    return _LONG.get(match[1].lower(), match[1]) + match[2]


def port_key(name: str) -> str:
    """Give the spelling in which two names of one port are equal.

    >>> port_key("Te1/0/1") == port_key("tenGigabitEthernet 1/0/1")
    True
    """
    return canonical_port(name).lower()


def device_key(name: str) -> str:
    """Give the spelling in which two names of one device are equal: lower case, no domain, no serial in brackets.

    >>> device_key("SW1.example.net"), device_key("nx1(SSI1234)"), device_key("10.0.0.1")
    ('sw1', 'nx1', '10.0.0.1')
    """
    text = name.strip().split("(", 1)[0].lower()
    if re.fullmatch(r"[\d.]+|[0-9a-f:.\-]*[:][0-9a-f:.\-]*", text):
        return text
    return text.split(".", 1)[0]


def canonical_mac(text: str) -> str:
    """Give a hardware address as six lower-case pairs; other text comes back empty.

    >>> canonical_mac("024e.4704.0001"), canonical_mac("02-4E-47-04-00-01"), canonical_mac("eth0")
    ('02:4e:47:04:00:01', '02:4e:47:04:00:01', '')
    """
    digits = re.sub(r"[.:\-\s]", "", text).lower()
    if not re.fullmatch(r"[0-9a-f]{12}", digits):
        return ""
    return ":".join(digits[i : i + 2] for i in range(0, 12, 2))
