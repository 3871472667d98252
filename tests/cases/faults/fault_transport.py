"""Recipes of TCP, TLS and HTTP faults: real stacks and servers, filters that drop, receivers that stop."""

from __future__ import annotations

import random

from fault_network import Network, recipe

_SERVER = "198.51.100.20"


def _routed(net: Network, *, far_mtu: int = 0) -> None:
    """Make client, router and server; the recorder stands on the client's LAN."""
    net.lan("lan", client="192.0.2.10/24", router="192.0.2.1/24")
    net.lan("far", router="198.51.100.1/24", server=f"{_SERVER}/24")
    net.run("client", "ip route add default via 192.0.2.1")
    net.run("server", "ip route add default via 198.51.100.1")
    net.run("router", "sysctl -qw net.ipv4.ip_forward=1")
    if far_mtu:
        net.run("router", f"ip link set eth1 mtu {far_mtu}")
        net.run("far", f"ip link set to-router mtu {far_mtu}")


def _files(net: Network, size: int = 60_000) -> None:
    (net.folder / "www").mkdir(exist_ok=True)
    (net.folder / "www" / "file").write_bytes(random.Random(7).randbytes(size))  # noqa: S311 - traffic
    (net.folder / "www" / "small").write_text("hello\n")


def _nginx(net: Network, site: str) -> None:
    net.write(
        "nginx.conf",
        f"""
daemon off; user root; worker_processes 1; pid {net.folder}/nginx.pid; error_log {net.folder}/nginx.err;
events {{ worker_connections 64; }}
http {{ access_log off; client_body_temp_path {net.folder}/b; proxy_temp_path {net.folder}/p;
 fastcgi_temp_path {net.folder}/f; uwsgi_temp_path {net.folder}/u; scgi_temp_path {net.folder}/s;
 {site} }}
""",
    )
    net.start("server", f"nginx -c {net.folder}/nginx.conf", ready=1.0)


def _get(net: Network, path: str, *, more: str = "", port: int = 80, seconds: int = 15, scheme: str = "http") -> None:
    net.run("client", f"curl -s -k -m {seconds} {more} -o /dev/null {scheme}://{_SERVER}:{port}/{path}", check=False)


def _site(net: Network, more: str = "") -> str:
    return f"server {{ listen 80; root {net.folder}/www; {more} }}"


@recipe("tcp-loss", "nginx-light curl")
def loss(net: Network, kind: str) -> None:
    """The router drops 8 of 100 packets towards the client; in a near-miss the 20th alone."""
    _routed(net)
    _files(net, 90_000)
    _nginx(net, _site(net))
    if kind == "positive":
        net.nft("router", "ip daddr 192.0.2.10 tcp sport 80 numgen inc mod 12 5 drop")
    if kind == "near-miss":
        net.nft("router", "ip daddr 192.0.2.10 tcp sport 80 numgen inc mod 1000 20 drop")
    # Behind the filter and before it alike: the client acknowledges again, the server sends again.
    net.record("far", "br0", "tcp port 80")
    _get(net, "file")


@recipe("tcp-blackhole", "nginx-light curl")
def blackhole(net: Network, kind: str) -> None:
    """A link of MTU 1400 behind the router, and its ICMP is dropped; in a near-miss ICMP comes through."""
    net.lan("lan", client="192.0.2.10/24", one="192.0.2.1/24")
    net.lan("core", one="203.0.113.1/24", two="203.0.113.2/24")
    net.lan("far", two="198.51.100.1/24", server=f"{_SERVER}/24")
    net.run("client", "ip route add default via 192.0.2.1")
    net.run("server", "ip route add default via 198.51.100.1")
    net.run("one", "sysctl -qw net.ipv4.ip_forward=1; ip route add 198.51.100.0/24 via 203.0.113.2")
    net.run("two", "sysctl -qw net.ipv4.ip_forward=1; ip route add 192.0.2.0/24 via 203.0.113.1")
    if kind != "negative":
        net.run("one", "ip link set eth1 mtu 1400")
        net.run("two", "ip link set eth0 mtu 1400")
    if kind == "positive":
        net.nft("two", "icmp type destination-unreachable drop", hook="output")
    _files(net, 30_000)
    _nginx(net, _site(net))
    net.record("far", "br0", "tcp port 80 or icmp")
    _get(net, "small")
    _get(net, "file", seconds=14)


_SLOW_READER = """
import socket, sys, time
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32768)
s.connect((sys.argv[1], 80))
s.sendall(b"GET /file HTTP/1.0\\r\\n\\r\\n")
pause = float(sys.argv[2])
got = 0
waited = pause == 0
while True:
    data = s.recv(4096)
    got += len(data)
    if not data:
        break
    if not waited and got > 20000:
        time.sleep(pause)
        waited = True
"""


@recipe("tcp-zero-window", "nginx-light")
def zero_window(net: Network, kind: str) -> None:
    """The client does not read for three seconds; in a near-miss for 20 ms."""
    _routed(net)
    _files(net, 110_000)
    _nginx(net, _site(net))
    script = net.write("reader.py", _SLOW_READER)
    net.record("lan", "br0", "tcp port 80")
    pause = {"positive": 3, "near-miss": 0.02, "negative": 0}[kind]
    net.run("client", f"python3 {script} {_SERVER} {pause}")


@recipe("tcp-refused", "nginx-light curl")
def refused(net: Network, kind: str) -> None:
    """Nothing listens; in a near-miss the server is started after the first attempt."""
    _routed(net)
    _files(net)
    net.record("lan", "br0", "tcp port 80 or icmp")
    if kind != "negative":
        _get(net, "small")
    if kind != "positive":
        _nginx(net, _site(net))
    for _ in range(3):
        _get(net, "small")


@recipe("tcp-filtered", "nginx-light curl")
def filtered(net: Network, kind: str) -> None:
    """The router drops the port; in a near-miss the first SYN alone."""
    _routed(net)
    _files(net)
    _nginx(net, _site(net, "listen 81;"))
    if kind == "positive":
        net.nft("router", "tcp dport 81 drop")
    if kind == "near-miss":
        net.nft("router", "tcp dport 81 tcp flags syn numgen inc mod 100 0 drop")
    net.record("lan", "br0", "tcp port 80 or tcp port 81 or icmp")
    _get(net, "small")
    _get(net, "small", port=81, seconds=8)


@recipe("tcp-rejected", "nginx-light curl")
def rejected(net: Network, kind: str) -> None:
    """The router rejects the port with a reset; in a near-miss another port, which nobody uses."""
    _routed(net)
    _files(net)
    _nginx(net, _site(net, "listen 81;"))
    port = {"positive": 81, "near-miss": 82, "negative": 83}[kind]
    if kind != "negative":
        net.nft("router", f"tcp dport {port} reject with tcp reset")
    net.record("lan", "br0", "tcp port 80 or tcp port 81 or icmp")
    for _ in range(2):
        _get(net, "small")
        _get(net, "small", port=81, seconds=8)


@recipe("scan-ports", "nmap nginx-light")
def scan_ports(net: Network, kind: str) -> None:
    """A host tries 200 ports of another; in a near-miss 20 ports on which services listen."""
    _routed(net)
    _files(net)
    _nginx(net, _site(net, " ".join(f"listen {port};" for port in range(8001, 8021))))
    net.record("lan", "br0", "tcp or icmp")
    if kind == "positive":
        net.run("client", f"nmap -n -Pn -sS -p 1-200 {_SERVER}")
    for port in range(8001, 8021) if kind == "near-miss" else range(8001, 8003):
        _get(net, "small", port=port)


@recipe("scan-hosts", "nmap nginx-light")
def scan_hosts(net: Network, kind: str) -> None:
    """A host looks for one port on 60 addresses; in a near-miss on five."""
    _routed(net)
    _files(net)
    _nginx(net, _site(net))
    net.record("lan", "br0", "tcp port 80")
    hosts = {"positive": "198.51.100.20-80", "near-miss": "198.51.100.18-22", "negative": _SERVER}[kind]
    net.run("client", f"nmap -n -Pn -sS -p 80 --max-retries 0 {hosts}")


@recipe("http-bad-gateway", "nginx-light curl")
def bad_gateway(net: Network, kind: str) -> None:
    """The server's application is not there; in a near-miss a page has moved."""
    _routed(net)
    _files(net)
    where = {"positive": "proxy_pass http://127.0.0.1:9;", "near-miss": "return 302 /small;", "negative": ""}[kind]
    _nginx(net, _site(net, f"location /app {{ {where} try_files /small =404; }}" if kind == "negative"
                      else f"location /app {{ {where} }}"))  # fmt: skip
    net.record("lan", "br0", "tcp port 80")
    for _ in range(3):
        _get(net, "app")
        _get(net, "small")


@recipe("http-slow", "nginx-light curl")
def slow(net: Network, kind: str) -> None:
    """The application behind the server takes three seconds; in a near-miss 0.3 s."""
    _routed(net)
    _files(net)
    seconds = {"positive": 3, "near-miss": 0.3, "negative": 0}[kind]
    script = net.write(
        "app.py",
        f"""
import http.server, time
class App(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        time.sleep({seconds})
        self.send_response(200)
        self.send_header("Content-Length", "6")
        self.end_headers()
        self.wfile.write(b"hello\\n")
http.server.HTTPServer(("127.0.0.1", 9000), App).serve_forever()
""",
    )
    net.start("server", f"python3 {script}", ready=1.0)
    _nginx(net, _site(net, "location /app { proxy_pass http://127.0.0.1:9000; }"))
    net.record("lan", "br0", "tcp port 80")
    for _ in range(2):
        _get(net, "app")


@recipe("http-basic", "nginx-light curl")
def basic(net: Network, kind: str) -> None:
    """A password crosses in the clear; in a near-miss the page asks for one and gets none."""
    _routed(net)
    _files(net)
    _nginx(net, _site(net))
    net.record("lan", "br0", "tcp port 80")
    more = {"positive": "-u lab:planted", "near-miss": "-H 'X-Token: none'", "negative": ""}[kind]
    _get(net, "small", more=more)


def _certificate(net: Network, name: str, more: str = "-days 30", subject: str = "/CN=www.example.net") -> None:
    key, made = net.folder / f"{name}.key", net.folder / f"{name}.pem"
    net.run("server", f"openssl req -x509 -newkey rsa:2048 -nodes -keyout {key} -out {made} -subj {subject} {more}")


def _expired(net: Network, name: str) -> None:
    """Make a certificate that ended years ago, signed by an authority that the client trusts."""
    _certificate(net, "ca", subject="/CN=lab")
    folder = net.folder
    net.write("index.txt", "")
    net.write("serial", "01\n")
    net.write("ca.cnf", f"[ca]\ndefault_ca=d\n[d]\ndatabase={folder}/index.txt\nserial={folder}/serial\n"
              f"new_certs_dir={folder}\ndefault_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n")  # fmt: skip
    net.run(
        "server",
        f"cd {folder}; {_REQUEST} -keyout {name}.key -out {name}.csr",
    )
    net.run(
        "server",
        f"cd {folder}; openssl ca -batch -config ca.cnf -cert ca.pem -keyfile ca.key -in {name}.csr -out {name}.pem"
        " -startdate 20200101000000Z -enddate 20210101000000Z -notext",
    )


def _tls(net: Network, server: str = "", client: str = "", *, certificate: str = "good") -> None:
    files = f"-cert {net.folder}/{certificate}.pem -key {net.folder}/{certificate}.key"
    net.start("server", f"openssl s_server -accept 443 -www -quiet {files} {server}", ready=1.0)
    net.record("lan", "br0", "tcp port 443")
    for _ in range(2):
        net.run("client", f"(sleep 0.6; printf 'GET / HTTP/1.0\\r\\n\\r\\n'; sleep 0.6) | timeout 8 openssl s_client "
                f"-connect {_SERVER}:443 {client}", check=False)  # fmt: skip


_REQUEST = "openssl req -new -newkey rsa:2048 -nodes -subj /CN=www.example.net"
_OLD = "-cipher ALL:@SECLEVEL=0"


@recipe("tls-1.0", "openssl")
def tls_old(net: Network, kind: str) -> None:
    """Both ends still speak 1.0; in a near-miss 1.2."""
    _routed(net)
    _certificate(net, "good")
    version = {"positive": f"-tls1 {_OLD}", "near-miss": "-tls1_2", "negative": "-tls1_3"}[kind]
    _tls(net, version, version)


@recipe("tls-1.1", "openssl", "positive negative")
def tls_older(net: Network, kind: str) -> None:
    """The client allows no more than 1.1, and the server takes it."""
    _routed(net)
    _certificate(net, "good")
    _tls(net, _OLD, f"-tls1_1 {_OLD}" if kind == "positive" else "-tls1_2")


@recipe("tls-protocol-version", "openssl")
def tls_version(net: Network, kind: str) -> None:
    """The server wants 1.2, the client has 1.1; in a near-miss they meet at 1.2."""
    _routed(net)
    _certificate(net, "good")
    client = {"positive": f"-tls1_1 {_OLD}", "near-miss": "", "negative": "-tls1_2"}[kind]
    _tls(net, f"-tls1_2 {_OLD}", client)


@recipe("tls-no-cipher", "openssl", "positive negative")
def tls_cipher(net: Network, kind: str) -> None:
    """The ends have no cipher suite in common."""
    _routed(net)
    _certificate(net, "good")
    server = "-tls1_2 -cipher ECDHE-RSA-AES256-GCM-SHA384"
    _tls(net, server, "-tls1_2 -cipher ECDHE-RSA-AES128-SHA256" if kind == "positive" else "-tls1_2")


@recipe("tls-certificate-expired", "openssl")
def tls_expired(net: Network, kind: str) -> None:
    """The certificate ended in 2021, and the client minds; in a near-miss it does not look."""
    _routed(net)
    _certificate(net, "good")
    _expired(net, "old")
    check = f"-tls1_2 -verify_return_error -CAfile {net.folder}/{'good' if kind == 'negative' else 'ca'}.pem"
    _tls(net, "", "-tls1_3" if kind == "near-miss" else check, certificate="good" if kind == "negative" else "old")


@recipe("tls-unknown-ca", "openssl", "positive negative")
def tls_unknown(net: Network, kind: str) -> None:
    """The client does not know who signed the certificate."""
    _routed(net)
    _certificate(net, "ca", subject="/CN=lab")
    net.run(
        "server",
        f"cd {net.folder}; {_REQUEST} -keyout good.key -out good.csr;"
        " openssl x509 -req -in good.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -out good.pem",
    )
    _certificate(net, "other", subject="/CN=other")
    trusted = "other" if kind == "positive" else "ca"
    _tls(net, "", f"-tls1_2 -verify_return_error -CAfile {net.folder}/{trusted}.pem")
