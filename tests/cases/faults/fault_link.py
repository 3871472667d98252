"""Recipes of faults on a link: ARP and ND duplicates, floods of requests, spanning tree, neighbours that disagree."""

from __future__ import annotations

from fault_network import Network, recipe


@recipe("ip-duplicate", "iputils-arping")
def ip_duplicate(net: Network, kind: str) -> None:
    """Two hosts have one address; in a near-miss the second takes it over when the first has gone."""
    net.lan("lan", client="192.0.2.10/24", one="192.0.2.20/24", two="192.0.2.21/24")
    if kind == "positive":
        net.run("two", "ip addr add 192.0.2.20/24 dev eth0")
    net.record("lan", "br0", "arp")
    for turn in range(6):
        if kind == "near-miss" and turn == 3:
            net.run("one", "ip addr del 192.0.2.20/24 dev eth0")
            net.run("two", "ip addr add 192.0.2.20/24 dev eth0")
        net.run("client", "arping -c 2 -I eth0 192.0.2.20", check=False)


@recipe("ipv6-duplicate", "iproute2", "positive negative")
def ipv6_duplicate(net: Network, kind: str) -> None:
    """A host takes an address that another one has."""
    net.version = 6
    net.lan("lan", one="2001:db8::20/64", two="2001:db8::21/64")
    net.wait(3)
    net.record("lan", "br0", "icmp6 and (ip6[40] == 135 or ip6[40] == 136)")
    net.run("two", f"ip addr add 2001:db8::2{0 if kind == 'positive' else 5}/64 dev eth0")
    net.wait(5)


@recipe("arp-storm", "nmap")
def arp_storm(net: Network, kind: str) -> None:
    """A host asks for 300 addresses in a second; in a near-miss for 60, ten in a second."""
    net.lan("lan", client="192.0.2.10/22", one="192.0.2.20/22")
    net.record("lan", "br0", "arp")
    chosen = {
        "positive": "--min-rate 500 --max-retries 0 192.0.1.0/24 192.0.2.100-150",
        "near-miss": "--max-rate 10 --max-retries 0 192.0.2.100-159",
        "negative": "192.0.2.20",
    }
    net.run("client", f"nmap -n -sn -PR {chosen[kind]}")


def _bridge(net: Network, name: str, priority: int, *ports: str) -> None:
    net.run(name, f"ip link add br0 type bridge stp_state 1 priority {priority} forward_delay 400 hello_time 200")
    for port in ports:
        net.run(name, f"ip link set {port} master br0")


def _up(net: Network, *names: str) -> None:
    for name in names:
        net.run(name, "ip link set br0 up")


_BPDU = "ether dst 01:80:c2:00:00:00"


@recipe("stp-topology-change", "iproute2")
def topology_change(net: Network, kind: str) -> None:
    """A port of a bridge comes and goes; in a near-miss a host is plugged in before the recording."""
    one, two = net.cable("one", "two")
    _, host = net.cable("host", "two")
    _bridge(net, "one", 4096, one)
    _bridge(net, "two", 32768, two, host)
    _up(net, "one", "two")
    net.wait(60)
    if kind == "near-miss":
        net.run("host", "ip link set eth0 down; sleep 1; ip link set eth0 up")
        net.wait(60)
    net.record("one", one, _BPDU)
    net.wait(10)
    for _ in range(3 if kind == "positive" else 0):
        net.run("host", "ip link set eth0 down; sleep 3; ip link set eth0 up")
        net.wait(14)
    net.wait(30 if kind != "positive" else 5)


@recipe("stp-root-change", "iproute2")
def root_change(net: Network, kind: str) -> None:
    """A bridge with a better id is plugged in; in a near-miss one with a worse id, before the recording settled."""
    one, two = net.cable("one", "two")
    new, there = net.cable("new", "two")
    net.run("new", f"ip link set {new} down")
    _bridge(net, "one", 8192, one)
    _bridge(net, "two", 32768, two, there)
    _bridge(net, "new", 4096 if kind == "positive" else 61440, new)
    if kind == "near-miss":
        net.run("new", f"ip link set {new} up")
    _up(net, "one", "two", "new")
    if kind != "near-miss":
        net.wait(40)
    else:
        net.wait(75)
    net.record("two", two, _BPDU)
    net.wait(25)
    if kind == "positive":
        net.run("new", f"ip link set {new} up")
    net.wait(30)


def _lldpd(net: Network, host: str, *more: str) -> None:
    options = f"-d -u {net.folder}/{host}.sock -S {host} -k"
    net.folder.chmod(0o777)
    # It keeps its files in one place of the machine and tells the machine's name: both become its own.
    own = f"mount -t tmpfs none /run; mkdir -p /run/lldpd; hostname {host}"
    net.start(host, f"unshare -m -u sh -c '{own}; exec lldpd {options}'", ready=1.5)
    for line in ("configure lldp tx-interval 5", *more):
        net.run(host, f"lldpcli -u {net.folder}/{host}.sock {line}", check=False)


def _says(tlv: str) -> str:
    """Let lldpd say what it does not read from such an interface."""
    return f"configure lldp custom-tlv add oui {tlv}"


def _neighbours(net: Network, one: str, two: str) -> None:
    end, _ = net.cable("one", "two")
    net.record("one", end, "ether proto 0x88cc")
    _lldpd(net, "one", _says(one))
    _lldpd(net, "two", _says(two))
    net.wait(20)


@recipe("lldp-frame-size", "lldpd")
def lldp_frame_size(net: Network, kind: str) -> None:
    """One end takes frames of 9216 bytes; in a near-miss both do."""
    small, large = "00,12,0f subtype 4 oui-info 05,f2", "00,12,0f subtype 4 oui-info 24,00"
    one, two = {"positive": (small, large), "negative": (small, small), "near-miss": (large, large)}[kind]
    _neighbours(net, one, two)


@recipe("lldp-port-vlan", "lldpd")
def lldp_port_vlan(net: Network, kind: str) -> None:
    """The ports are in VLANs 10 and 20; in a near-miss both in VLAN 20."""
    ten, twenty = "00,80,c2 subtype 1 oui-info 00,0a", "00,80,c2 subtype 1 oui-info 00,14"
    one, two = {"positive": (ten, twenty), "negative": (ten, ten), "near-miss": (twenty, twenty)}[kind]
    _neighbours(net, one, two)
