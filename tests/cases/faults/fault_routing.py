"""Recipes of routing faults between neighbours: OSPF, EIGRP, VRRP, and packets that go round."""

from __future__ import annotations

from fault_network import Network, recipe

_OSPF = "ip proto 89"
_LINK = {"one": "192.0.2.1/24", "two": "192.0.2.2/24"}


def _ospf(interface: str = "", *, process: str = "", router: str = "203.0.113.1", network: str = "192.0.2.0/24") -> str:
    area = "0.0.0.0"
    if "area=" in process:
        process, area = process.split("area=")
    return f"""
interface eth0
 {interface.replace(";", chr(10))}
router ospf
 ospf router-id {router}
 network {network} area {area}
 {process}
"""


def _two(net: Network, one: str, two: str, seconds: float, link: dict[str, str] | None = None) -> None:
    net.lan("lan", **(link or _LINK))
    net.record("lan", "br0", _OSPF)
    net.frr("one", "ospfd", one)
    net.frr("two", "ospfd", two)
    net.wait(seconds)


@recipe("ospf-hello-interval", "frr")
def hello_interval(net: Network, kind: str) -> None:
    """One router says hello every 5 s; in a near-miss only the cost and the priority differ."""
    two = {
        "positive": "ip ospf hello-interval 5;ip ospf dead-interval 20",
        "negative": "",
        "near-miss": "ip ospf cost 50;ip ospf priority 0",
    }[kind]
    _two(net, _ospf(), _ospf(two, router="203.0.113.2"), 45)


@recipe("ospf-dead-interval", "frr")
def dead_interval(net: Network, kind: str) -> None:
    """One router waits 120 s; in a near-miss both do."""
    long = "ip ospf dead-interval 120"
    _two(net, _ospf(long if kind == "near-miss" else ""),
         _ospf(long if kind != "negative" else "", router="203.0.113.2"), 45)  # fmt: skip


@recipe("ospf-area", "frr")
def area(net: Network, kind: str) -> None:
    """One router has the link in area 1; in a near-miss both have."""
    _two(net, _ospf(process="area=0.0.0.1" if kind == "near-miss" else ""),
         _ospf(process="area=0.0.0.1" if kind != "negative" else "", router="203.0.113.2"), 45)  # fmt: skip


@recipe("ospf-authentication", "frr")
def authentication(net: Network, kind: str) -> None:
    """One router signs, the other does not; in a near-miss both sign."""
    signed = "ip ospf authentication message-digest;ip ospf message-digest-key 1 md5 planted"
    _two(net, _ospf(signed if kind != "negative" else ""),
         _ospf(signed if kind == "near-miss" else "", router="203.0.113.2"), 45)  # fmt: skip


@recipe("ospf-mask", "frr")
def mask(net: Network, kind: str) -> None:
    """One router has the longer mask; in a near-miss both have."""
    wide, narrow = ("192.0.2.1/24", "192.0.2.2/24"), ("192.0.2.1/25", "192.0.2.2/25")
    one, two = {"positive": (wide[0], narrow[1]), "negative": wide, "near-miss": narrow}[kind]
    _two(net, _ospf(), _ospf(router="203.0.113.2", network="192.0.2.0/25" if two == narrow[1] else "192.0.2.0/24"), 45,
         {"one": one, "two": two})  # fmt: skip


@recipe("ospf-mtu", "frr")
def mtu(net: Network, kind: str) -> None:
    """One router's MTU is 1400; in a near-miss both routers' are."""
    net.lan("lan", **_LINK)
    if kind != "negative":
        net.run("two", "ip link set eth0 mtu 1400")
    if kind == "near-miss":
        net.run("one", "ip link set eth0 mtu 1400")
    net.record("lan", "br0", _OSPF)
    net.frr("one", "ospfd", _ospf())
    net.frr("two", "ospfd", _ospf(router="203.0.113.2"))
    net.wait(75)


@recipe("ospf-router-id", "frr", "positive negative")
def router_id(net: Network, kind: str) -> None:
    """Both routers have one id."""
    _two(net, _ospf(), _ospf(router="203.0.113.1" if kind == "positive" else "203.0.113.2"), 45)


@recipe("ospf-unicast-filtered", "frr")
def unicast_filtered(net: Network, kind: str) -> None:
    """A filter drops OSPF that is not multicast; in a near-miss it drops pings."""
    net.lan("lan", **_LINK)
    chosen = {"positive": "ip protocol 89 ip daddr 192.0.2.0/24", "near-miss": "ip protocol icmp", "negative": ""}[kind]
    if chosen:
        net.nft("two", f"{chosen} drop", hook="input")
    net.record("lan", "br0", _OSPF)
    net.frr("one", "ospfd", _ospf())
    net.frr("two", "ospfd", _ospf(router="203.0.113.2"))
    net.wait(75)


@recipe("ospf6-hello-interval", "frr", "positive negative")
def six_hello(net: Network, kind: str) -> None:
    """One router of version 3 says hello every 5 s."""
    _six(net, "ipv6 ospf6 hello-interval 5;ipv6 ospf6 dead-interval 20" if kind == "positive" else "", "0.0.0.0")


@recipe("ospf6-area", "frr", "positive negative")
def six_area(net: Network, kind: str) -> None:
    """One router of version 3 has the link in area 1."""
    _six(net, "", "0.0.0.1" if kind == "positive" else "0.0.0.0")


def _six(net: Network, two: str, area: str) -> None:
    net.version = 6
    net.lan("lan", one="2001:db8::1/64", two="2001:db8::2/64")
    net.record("lan", "br0", "ip6 proto 89")
    for number, (host, more, where) in enumerate((("one", "", "0.0.0.0"), ("two", two, area)), 1):
        lines = more.replace(";", "\n ")
        net.frr(
            host,
            "ospf6d",
            f"""
interface eth0
 ipv6 ospf6 area {where}
 {lines}
router ospf6
 ospf6 router-id 203.0.113.{number}
""",
        )
    net.wait(45)


@recipe("eigrp-as", "frr", "positive negative")
def eigrp_as(net: Network, kind: str) -> None:
    """The routers are in different autonomous systems."""
    net.lan("lan", **_LINK)
    net.record("lan", "br0", "ip proto 88")
    for host, asn in (("one", 100), ("two", 200 if kind == "positive" else 100)):
        net.frr(host, "eigrpd", f"router eigrp {asn}\n network 192.0.2.0/24\n")
    net.wait(30)


def _keepalived(
    priority: int, *, more: str = "", version: int = 2, vrid: int = 10, virtual: str = "192.0.2.254"
) -> str:
    return f"""
global_defs {{
 vrrp_version {version}
 vrrp_garp_master_delay 0
}}
vrrp_instance lab {{
 interface eth0
 state BACKUP
 virtual_router_id {vrid}
 priority {priority}
 advert_int 1
 {more}
 virtual_ipaddress {{
  {virtual}
 }}
}}
"""


def _gateways(net: Network, one: str, two: str) -> None:
    net.lan("lan", **_LINK)
    net.record("lan", "br0", "ip proto 112")
    for host, config in (("one", one), ("two", two)):
        file = net.write(f"keepalived-{host}.conf", config)
        options = (
            f"-n -l -f {file} -p {net.folder}/{host}.pid -r {net.folder}/{host}-vrrp.pid -c {net.folder}/{host}-c.pid"
        )
        net.start(host, f"keepalived {options}", ready=0.2)


@recipe("vrrp-filtered", "keepalived")
def vrrp_filtered(net: Network, kind: str) -> None:
    """Neither gateway hears the other; in a near-miss each has a group of its own."""
    if kind == "near-miss":
        _gateways(net, _keepalived(120), _keepalived(100, vrid=11, virtual="192.0.2.253"))
    else:
        _gateways(net, _keepalived(120), _keepalived(100))
    if kind == "positive":
        net.nft("one", "ip protocol 112 drop", hook="input")
        net.nft("two", "ip protocol 112 drop", hook="input")
    net.wait(25)


@recipe("vrrp-versions", "frr")
def vrrp_versions(net: Network, kind: str) -> None:
    """One gateway speaks version 2, the other version 3; in a near-miss both speak 3."""
    net.lan("lan", **_LINK)
    net.record("lan", "br0", "ip proto 112")
    first = 3 if kind == "near-miss" else 2
    for host, priority, version in (("one", 120, first), ("two", 100, 2 if kind == "negative" else 3)):
        net.run(host, "ip link add vrrp4-2-1 link eth0 type macvlan mode bridge;"
                " ip link set vrrp4-2-1 address 00:00:5e:00:01:0a; ip addr add 192.0.2.254/32 dev vrrp4-2-1;"
                " ip link set vrrp4-2-1 up")  # fmt: skip
        net.frr(
            host,
            "vrrpd",
            f"""
interface eth0
 vrrp 10 version {version}
 vrrp 10 priority {priority}
 vrrp 10 ip 192.0.2.254
""",
        )
    net.wait(25)


@recipe("vrrp-flap", "keepalived")
def vrrp_flap(net: Network, kind: str) -> None:
    """The cable of the master comes loose three times; in a near-miss once, for good."""
    _gateways(net, _keepalived(120), _keepalived(100))
    net.wait(10)
    for _ in range({"positive": 3, "negative": 0, "near-miss": 1}[kind]):
        net.run("lan", "ip link set to-one down")
        net.wait(8)
        if kind == "positive":
            net.run("lan", "ip link set to-one up")
            net.wait(10)
    net.wait(5)


@recipe("routing-loop", "iputils-ping")
def routing_loop(net: Network, kind: str) -> None:
    """Two routers send a network to each other; in a near-miss one of them has no route to it."""
    net.lan("lan", client="192.0.2.10/24", one="192.0.2.1/24")
    net.lan("core", one="198.51.100.1/24", two="198.51.100.2/24")
    net.run("client", "ip route add default via 192.0.2.1")
    net.run("one", "sysctl -qw net.ipv4.ip_forward=1; ip route add default via 198.51.100.2")
    net.run("two", "sysctl -qw net.ipv4.ip_forward=1; ip route add 192.0.2.0/24 via 198.51.100.1")
    if kind == "positive":
        net.run("two", "ip route add default via 198.51.100.1")
    if kind == "negative":
        net.run("two", "ip addr add 203.0.113.5/32 dev lo")
    net.record("core", "br0", "icmp")
    net.run("client", "ping -c 6 -i 0.5 -W 1 203.0.113.5", check=False)
