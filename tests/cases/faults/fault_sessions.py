"""Recipes of BGP faults: sessions that are refused, lost, or never come up."""

from __future__ import annotations

from fault_network import Network, recipe


def _router(side: int, *, asn: int = 0, peer: int = 0, more: str = "", ident: str = "", family: str = "") -> str:
    own, other = (64496, 64497) if side == 1 else (64497, 64496)
    lines = more.replace(";", "\n ")
    return f"""
router bgp {asn or own}
 bgp router-id {ident or f"203.0.113.{side}"}
 no bgp ebgp-requires-policy
 no bgp network import-check
 timers bgp 3 9
 neighbor 192.0.2.{3 - side} remote-as {peer or other}
 neighbor 192.0.2.{3 - side} timers connect 5
 {lines}
 address-family ipv4 unicast
 {family.replace(";", chr(10))}
 exit-address-family
"""


def _two(net: Network, one: str, two: str, seconds: float) -> None:
    net.lan("lan", one="192.0.2.1/24", two="192.0.2.2/24")
    net.record("lan", "br0", "tcp port 179 or icmp")
    net.frr("one", "bgpd", one)
    net.frr("two", "bgpd", two)
    net.wait(seconds)


@recipe("bgp-peer-as", "frr")
def peer_as(net: Network, kind: str) -> None:
    """One router expects another AS of its peer; in a near-miss both are in one AS, as both expect."""
    if kind == "near-miss":
        _two(net, _router(1, asn=64500, peer=64500), _router(2, asn=64500, peer=64500), 20)
    else:
        _two(net, _router(1, peer=64999 if kind == "positive" else 0), _router(2), 25)


@recipe("bgp-md5", "frr")
def md5(net: Network, kind: str) -> None:
    """The passwords differ; in a near-miss they are equal."""
    one = "" if kind == "negative" else "neighbor 192.0.2.2 password planted"
    two = "" if kind == "negative" else f"neighbor 192.0.2.1 password {'other' if kind == 'positive' else 'planted'}"
    _two(net, _router(1, more=one), _router(2, more=two), 40)


@recipe("bgp-md5-missing", "frr", "positive negative")
def md5_missing(net: Network, kind: str) -> None:
    """One router alone has a password."""
    _two(net, _router(1, more="neighbor 192.0.2.2 password planted" if kind == "positive" else ""), _router(2), 40)


@recipe("bgp-hold-expired", "frr")
def hold_expired(net: Network, kind: str) -> None:
    """A filter comes to drop what one router sends; in a near-miss it drops a single segment."""
    _two(net, _router(1), _router(2), 12)
    chosen = {"positive": "", "near-miss": "numgen inc mod 1000 0", "negative": "numgen inc mod 1000 999"}[kind]
    net.nft("two", f"tcp dport 179 {chosen} drop", f"tcp sport 179 {chosen} drop", hook="input")
    net.wait(30)


@recipe("bgp-max-prefixes", "frr")
def max_prefixes(net: Network, kind: str) -> None:
    """A peer announces five networks where three are allowed; in a near-miss three."""
    count = 5 if kind == "positive" else 3 if kind == "near-miss" else 1
    networks = ";".join(f"network 198.51.100.{16 * number}/28" for number in range(count))
    family = "neighbor 192.0.2.2 maximum-prefix 3"
    _two(net, _router(1, family=family), _router(2, family=networks), 20)


@recipe("bgp-identifier", "frr", "positive negative")
def identifier(net: Network, kind: str) -> None:
    """Two routers of one AS have one identifier."""
    same = "203.0.113.1" if kind == "positive" else ""
    _two(net, _router(1, asn=64500, peer=64500), _router(2, asn=64500, peer=64500, ident=same), 20)


@recipe("bgp-capability", "frr", "positive negative")
def capability(net: Network, kind: str) -> None:
    """The routers have no address family in common."""
    six = "no neighbor 192.0.2.1 activate;exit-address-family;address-family ipv6 unicast;neighbor 192.0.2.1 activate"
    _two(net, _router(1), _router(2, family=six if kind == "positive" else ""), 20)


@recipe("bgp-refused", "frr")
def not_there(net: Network, kind: str) -> None:
    """No BGP runs at one end; in a near-miss it is shut down by its operator and says so."""
    if kind != "positive":
        _two(net, _router(1), _router(2), 10)
        if kind == "near-miss":
            net.vtysh("two", "conf t", "router bgp 64497", "neighbor 192.0.2.1 shutdown message planned work")
        net.wait(4)
        return
    net.lan("lan", one="192.0.2.1/24", two="192.0.2.2/24")
    net.record("lan", "br0", "tcp port 179")
    net.frr("one", "bgpd", _router(1))
    net.wait(30)
