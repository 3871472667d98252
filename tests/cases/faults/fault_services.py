"""Recipes of service faults: DHCP, DNS, NTP, SNMP."""

from __future__ import annotations

from fault_network import Network, recipe

_DHCP = "udp port 67 or udp port 68"
_LEASE = "--log-facility=- --bind-interfaces --no-ping -p 0 -C /dev/null"


def _dhcpd(net: Network, host: str, pool: str, *more: str) -> None:
    lease = net.folder / f"{host}.leases"
    options = (
        f"{_LEASE} --dhcp-leasefile={lease} --pid-file={net.folder}/{host}.pid --interface=eth0 --dhcp-range={pool}"
    )
    net.start(host, f"dnsmasq -k -u root {options} {' '.join(more)}", ready=1.0)


def _ask(net: Network, host: str, *, seconds: int = 20, lease: str = "") -> None:
    """Run a client once; it gives up after some seconds."""
    script = net.write("nothing.sh", "#!/bin/sh\nexit 0\n")
    script.chmod(0o755)
    file = net.write(f"{host}.lease", lease)
    config = net.write("dhclient.conf", f"timeout {seconds};\ninitial-interval 2;\nbackoff-cutoff 8;\n")
    net.run(host, f"dhclient -1 -d -cf {config} -sf {script} -lf {file} -pf {net.folder}/{host}.dhc eth0",
            check=False, timeout=seconds)  # fmt: skip


@recipe("dhcp-no-offer", "dnsmasq isc-dhcp-client")
def dhcp_no_offer(net: Network, kind: str) -> None:
    """No server is there; in a near-miss it comes up after the first request."""
    net.lan("lan", client="", server="192.0.2.1/24")
    net.record("lan", "br0", _DHCP)
    if kind == "negative":
        _dhcpd(net, "server", "192.0.2.100,192.0.2.110")
    if kind == "near-miss":
        net.start("server", "sleep 5")
        script = net.write("late.sh", "sleep 3\nexec dnsmasq -k -u root --log-facility=- -p 0 -C /dev/null --no-ping"
                           f" --dhcp-leasefile={net.folder}/l --pid-file={net.folder}/p --interface=eth0"
                           " --dhcp-range=192.0.2.100,192.0.2.110\n")  # fmt: skip
        net.start("server", f"sh {script}", ready=0)
    _ask(net, "client", seconds=30 if kind == "positive" else 15)


@recipe("dhcp-exhausted", "dnsmasq isc-dhcp-client", "positive negative")
def dhcp_exhausted(net: Network, kind: str) -> None:
    """The pool has two addresses, and three hosts ask."""
    net.lan("lan", server="192.0.2.1/24", a="", b="", c="")
    _dhcpd(net, "server", f"192.0.2.100,192.0.2.10{1 if kind == 'positive' else 5}")
    net.record("lan", "br0", _DHCP)
    for host in "abc":
        _ask(net, host, seconds=8 if host != "c" else 25)


_LEASED = """lease {{
  interface "eth0";
  fixed-address {address};
  option subnet-mask 255.255.255.0;
  option dhcp-lease-time 86400;
  option dhcp-message-type 5;
  option dhcp-server-identifier {server};
  renew 0 2036/01/06 00:00:00;
  rebind 1 2036/01/07 00:00:00;
  expire 2 2036/01/08 00:00:00;
}}
"""


@recipe("dhcp-nak", "dnsmasq isc-dhcp-client")
def dhcp_nak(net: Network, kind: str) -> None:
    """A client asks for its address of another network; in a near-miss for one that is still right."""
    net.lan("lan", client="", server="192.0.2.1/24")
    _dhcpd(net, "server", "192.0.2.100,192.0.2.110", "--dhcp-authoritative")
    net.record("lan", "br0", _DHCP)
    address = {"positive": "198.51.100.77", "near-miss": "192.0.2.105", "negative": ""}[kind]
    _ask(net, "client", seconds=10,
         lease=_LEASED.format(address=address, server="192.0.2.1") if address else "")  # fmt: skip


@recipe("dhcp-two-servers", "dnsmasq isc-dhcp-client", "positive negative")
def dhcp_two_servers(net: Network, kind: str) -> None:
    """A second server with a gateway of its own answers too."""
    net.lan("lan", client="", server="192.0.2.1/24", rogue="192.0.2.66/24")
    _dhcpd(net, "server", "192.0.2.100,192.0.2.110")
    if kind == "positive":
        _dhcpd(net, "rogue", "192.0.2.200,192.0.2.210", "--dhcp-option=3,192.0.2.66")
    net.record("lan", "br0", _DHCP)
    for _ in range(2):
        _ask(net, "client", seconds=6)


_ZONE = """$TTL 300
@ IN SOA ns.example.net. hostmaster.example.net. 1 3600 600 86400 300
@ IN NS ns.example.net.
ns IN A 192.0.2.53
www IN A 203.0.113.80
mail IN A 203.0.113.25
"""
_BIG = "".join(f'big IN TXT "{number:03d}{"x" * 200}"\n' for number in range(12))
_DNS = "port 53 or icmp"


def _named(net: Network, options: str = "recursion no;", zones: str = "", *, host: str = "server") -> None:
    net.write("example.net.zone", _ZONE + _BIG)
    net.write(
        f"{host}-named.conf",
        f"""
options {{ directory "{net.folder}"; pid-file "{net.folder}/{host}.pid"; session-keyfile "{net.folder}/{host}.key";
 listen-on {{ any; }}; listen-on-v6 {{ none; }}; dnssec-validation no; {options} }};
controls {{ }};
zone "example.net" {{ type master; file "example.net.zone"; {zones} }};
""",
    )
    net.start(host, f"named -g -u root -4 -c {net.folder}/{host}-named.conf", ready=2.0)


def _look(net: Network, *names: str, more: str = "+tries=2 +timeout=3", host: str = "client") -> None:
    for name in names:
        net.run(host, f"dig -4 @192.0.2.53 {more} {name}", check=False)


def _names_and_places(net: Network) -> None:
    net.lan("lan", client="192.0.2.10/24", server="192.0.2.53/24")


@recipe("dns-refused", "bind9 bind9-dnsutils")
def dns_refused(net: Network, kind: str) -> None:
    """The server answers for its own zone only and is asked for others; in a near-miss for names it does not have."""
    _names_and_places(net)
    _named(net)
    net.record("lan", "br0", _DNS)
    other = {"positive": "www.example.com", "near-miss": "wwww.example.net", "negative": "mail.example.net"}[kind]
    _look(net, "www.example.net", other, "mail.example.net", other)


@recipe("dns-servfail", "bind9 bind9-dnsutils")
def dns_servfail(net: Network, kind: str) -> None:
    """The server's only forwarder is not there; in a near-miss a name does not exist."""
    _names_and_places(net)
    _named(net, "recursion yes; allow-recursion { any; }; forward only; forwarders { 192.0.2.99; };")
    net.run("server", "ip route add unreachable 192.0.2.99")
    net.record("lan", "br0", _DNS)
    other = {"positive": "www.example.com", "near-miss": "wwww.example.net", "negative": "mail.example.net"}[kind]
    _look(net, "www.example.net", other, f"a.{other}", more="+tries=1 +timeout=15")


@recipe("dns-slow", "bind9 bind9-dnsutils")
def dns_slow(net: Network, kind: str) -> None:
    """The server's first forwarder is silent, the second answers; in a near-miss names come from the cache."""
    net.lan("lan", client="192.0.2.10/24", server="192.0.2.53/24")
    net.lan("back", server="198.51.100.1/24", up="198.51.100.2/24", silent="198.51.100.3/24")
    _named(net, host="up")
    net.nft("silent", "udp dport 53 drop", hook="input")
    first = "198.51.100.2;" if kind == "negative" else "198.51.100.3; 198.51.100.2;"
    net.write(
        "slow.conf",
        f"""
options {{ directory "{net.folder}"; pid-file "{net.folder}/slow.pid"; session-keyfile "{net.folder}/slow.key";
 listen-on {{ any; }}; listen-on-v6 {{ none; }}; dnssec-validation no; recursion yes; allow-recursion {{ any; }};
 empty-zones-enable no; resolver-query-timeout 10000; forward only; forwarders {{ {first} }}; }};
controls {{ }};
""",
    )
    net.start("server", f"named -g -u root -4 -c {net.folder}/slow.conf", ready=2.0)
    names = ("www.example.net", "mail.example.net", "ns.example.net")
    if kind == "near-miss":
        _look(net, *names, more="+tries=1 +timeout=12")
    net.record("lan", "br0", _DNS)
    _look(net, *names, more="+tries=1 +timeout=12")


@recipe("dns-port-closed", "bind9-dnsutils bind9")
def dns_port_closed(net: Network, kind: str) -> None:
    """Nobody listens on the server's port; in a near-miss another program's port is closed."""
    _names_and_places(net)
    if kind != "positive":
        _named(net)
    net.record("lan", "br0", _DNS)
    _look(net, "www.example.net", "mail.example.net")
    if kind == "near-miss":
        net.run("client", "dig -4 @192.0.2.53 -p 5353 +tries=1 +timeout=1 www.example.net", check=False)


@recipe("dns-filtered", "bind9-dnsutils bind9")
def dns_filtered(net: Network, kind: str) -> None:
    """A filter drops the queries; in a near-miss it drops every second one."""
    _names_and_places(net)
    _named(net)
    rule = {"positive": "udp dport 53", "near-miss": "udp dport 53 numgen inc mod 2 0", "negative": "udp dport 5353"}[
        kind
    ]
    net.nft("server", f"{rule} drop", hook="input")
    net.record("lan", "br0", _DNS)
    _look(net, "www.example.net", "mail.example.net", "ns.example.net")


@recipe("dns-tcp-refused", "bind9-dnsutils bind9")
def dns_tcp_refused(net: Network, kind: str) -> None:
    """An answer is cut and the port is closed for TCP; in a near-miss TCP works."""
    _names_and_places(net)
    _named(net)
    if kind == "positive":
        net.nft("server", "tcp dport 53 reject with tcp reset", hook="input")
    net.record("lan", "br0", _DNS)
    name = "big.example.net TXT" if kind != "negative" else "www.example.net"
    _look(net, name, name, more="+bufsize=512 +tries=1 +timeout=3")


@recipe("ntp-unsynchronised", "chrony")
def ntp(net: Network, kind: str) -> None:
    """The server has no clock to follow; in a near-miss it serves its own clock, as it was told to."""
    net.lan("lan", client="192.0.2.10/24", server="192.0.2.123/24")
    clock = {"positive": "server 192.0.2.99 iburst", "near-miss": "local stratum 10", "negative": "local stratum 1"}[
        kind
    ]
    common = "cmdport 0\nbindcmdaddress /\n"
    server = net.write("server.conf", f"{clock}\nallow\npidfile {net.folder}/s.pid\n{common}")
    client = net.write(
        "client.conf", f"server 192.0.2.123 iburst minpoll 1 maxpoll 1\npidfile {net.folder}/c.pid\n{common}"
    )
    net.start("server", f"chronyd -x -d -u root -f {server}", ready=2.0)
    net.record("lan", "br0", "udp port 123")
    net.start("client", f"chronyd -x -d -u root -f {client}")
    net.wait(12)


@recipe("snmp-community", "snmpd snmp")
def snmp(net: Network, kind: str) -> None:
    """A manager asks by version 2c; in a near-miss by version 3 with privacy."""
    net.lan("lan", client="192.0.2.10/24", server="192.0.2.20/24")
    config = net.write(
        "snmpd.conf",
        "agentAddress udp:161\nrocommunity planted\ncreateUser lab SHA plantedkey AES plantedpriv\nrouser lab priv\n",
    )
    net.run("server", f"mkdir -p {net.folder}/state")
    net.start(
        "server",
        f"env SNMP_PERSISTENT_DIR={net.folder}/state snmpd -f -Lo -C -c {config} -p {net.folder}/snmpd.pid",
        ready=4,
    )
    net.record("lan", "br0", "udp port 161 or icmp")
    secure = "-v3 -u lab -l authPriv -a SHA -A plantedkey -x AES -X plantedpriv"
    if kind == "negative":
        net.run("client", "ping -c 5 -i 0.2 192.0.2.20")
        return
    chosen = "-v2c -c planted" if kind == "positive" else secure
    for oid in ("1.3.6.1.2.1.1.1.0", "1.3.6.1.2.1.1.3.0", "1.3.6.1.2.1.1.5.0"):
        net.run("client", f"snmpget {chosen} 192.0.2.20 {oid}", check=False)
