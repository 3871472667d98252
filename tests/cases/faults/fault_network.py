"""The stage of the recordings: hosts in network namespaces, LANs between them, real daemons, a recorder.

Root, Linux with bridges and nftables. Every host is a namespace; a LAN is a bridge in one of its own, on which the
recorder sees each frame once; a cable is a pair of interfaces, for what bridges do not pass on (LLDP, BPDUs).
"""

from __future__ import annotations

import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KINDS = ("positive", "negative", "near-miss")
_QUIET = "net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1"


@dataclass(frozen=True)
class Recipe:
    """How one fault is recorded, in which kinds, and with which programs."""

    name: str
    make: Callable[[Network, str], None]
    packages: tuple[str, ...]
    kinds: tuple[str, ...]


RECIPES: dict[str, Recipe] = {}


def recipe(name: str, packages: str, kinds: str = "positive negative near-miss") -> Callable[[Any], Any]:
    """Take a function as the recipe of a fault; `packages` are Debian's, whose versions are written down."""

    def take(make: Callable[[Network, str], None]) -> Callable[[Network, str], None]:
        RECIPES[name] = Recipe(name, make, tuple(packages.split()), tuple(kinds.split()))
        return make

    return take


@dataclass
class Network:
    """The hosts of one recording; `close` ends every program it started and removes every namespace it made."""

    prefix: str
    folder: Path
    version: int = 4
    spaces: list[str] = field(default_factory=list)
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)
    ports: dict[str, int] = field(default_factory=dict)
    recorder: subprocess.Popen[bytes] | None = None

    @property
    def capture(self) -> Path:
        """Give the file that the recorder writes."""
        return self.folder / "capture.pcap"

    def space(self, name: str) -> str:
        """Give the namespace of a host, made at first use."""
        whole = f"{self.prefix}-{name}"
        if whole not in self.spaces:
            subprocess.run(["ip", "netns", "del", whole], stderr=subprocess.DEVNULL, check=False)
            subprocess.run(["ip", "netns", "add", whole], check=True)
            self.spaces.append(whole)
            self.run(name, "ip link set lo up")
            if self.version == 4:
                self.run(name, f"sysctl -qw {_QUIET}")
        return whole

    def run(self, host: str, command: str, *, check: bool = True, timeout: float = 60) -> str:
        """Run a shell command on a host; give what it prints."""
        whole = ["ip", "netns", "exec", self.space(host), "sh", "-c", command]
        try:
            done = subprocess.run(whole, capture_output=True, text=True, check=False, timeout=timeout, errors="replace")
        except subprocess.TimeoutExpired:
            if check:
                raise
            return ""
        if check and done.returncode:
            raise RuntimeError(f"{host}: {command}: {done.stderr or done.stdout}")
        return done.stdout

    def start(self, host: str, command: str, *, ready: float = 0.5) -> subprocess.Popen[bytes]:
        """Start a program on a host that stays in the foreground, and let it get ready."""
        log = (self.folder / f"{host}-{len(self.started)}.log").open("wb")
        whole = ["ip", "netns", "exec", self.space(host), "sh", "-c", f"exec {command}"]
        process = subprocess.Popen(whole, stdin=subprocess.PIPE, stdout=log, stderr=log, cwd=self.folder)
        self.started.append(process)
        time.sleep(ready)
        return process

    def stop(self, process: subprocess.Popen[bytes]) -> None:
        """End a program."""
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(5)
        process.kill()
        process.wait()

    def write(self, name: str, text: str) -> Path:
        """Write a file into the recording's folder."""
        path = self.folder / name
        path.write_text(text)
        return path

    def _end(self, host: str, peer: str, peer_space: str) -> str:
        """Give a host another interface, eth0, eth1 and so on; its other end has a name of its own."""
        self.ports[host] = self.ports.get(host, -1) + 1
        name, space = f"eth{self.ports[host]}", self.space(host)
        command = ["ip", "link", "add", name, "netns", space, "type", "veth", "peer", "name", peer]
        subprocess.run([*command, "netns", self.space(peer_space)], check=True)
        for where, what in ((host, name), (peer_space, peer)):
            self.run(where, f"ethtool -K {what} tx off rx off tso off gso off gro off; ip link set {what} up")
        return name

    def lan(self, name: str, **hosts: str) -> None:
        """Join hosts by a bridge; each gets its addresses, separated by blanks."""
        lan_only = "mcast_snooping 0 forward_delay 0 ageing_time 0"
        self.run(name, f"ip link add br0 type bridge {lan_only} && ip link set br0 up")
        for host, addresses in hosts.items():
            end = self._end(host, f"to-{host}", name)
            self.run(name, f"ip link set to-{host} master br0")
            for address in addresses.split():
                self.run(host, f"ip addr add {address} dev {end} nodad")

    def cable(self, one: str, two: str) -> tuple[str, str]:
        """Join two hosts by a pair of interfaces; give their names."""
        name = f"eth{self.ports.get(two, -1) + 1}"
        end = self._end(one, name, two)
        self.ports[two] = int(name[3:])
        return end, name

    def record(self, host: str, interface: str, chosen: str) -> None:
        """Record what a filter of tcpdump chooses, from now on."""
        # The ring of the kernel has room for few packets of the greatest length.
        options = f"--immediate-mode -U -n -s 2048 -B 16384 -Z root -i {interface} -w {self.capture}"
        self.recorder = self.start(host, f"tcpdump {options} '{chosen}'", ready=1.0)

    def wait(self, seconds: float) -> None:
        """Let the daemons work."""
        time.sleep(seconds)

    def frr(self, host: str, daemons: str, config: str) -> dict[str, subprocess.Popen[bytes]]:
        """Start daemons of FRR on a host, all with one configuration; zebra goes first."""
        place = self.folder / f"frr-{host}"
        place.mkdir(exist_ok=True)
        for path in (self.folder, place):
            # The daemons give up root; they must reach their sockets.
            path.chmod(0o777)
        file = self.write(f"frr-{host}.conf", config)
        made = {}
        for daemon in ("zebra", *daemons.split()):
            options = f"-f {file} -i {place}/{daemon}.pid -z {place}/zserv.api --vty_socket {place}"
            made[daemon] = self.start(host, f"/usr/lib/frr/{daemon} {options} -A 127.0.0.1", ready=0.8)
        return made

    def vtysh(self, host: str, *commands: str) -> str:
        """Give commands to the daemons of FRR on a host."""
        whole = " ".join(f"-c '{command}'" for command in commands)
        return self.run(host, f"vtysh --vty_socket {self.folder}/frr-{host} {whole}", check=False)

    def nft(self, host: str, *rules: str, hook: str = "forward") -> None:
        """Add rules to a host's table of this recording."""
        chain = "{ type filter hook %s priority filter ; }" % hook  # noqa: UP031 - braces of nftables
        self.run(host, f"nft 'add table inet m; add chain inet m {hook} {chain}'")
        for rule in rules:
            self.run(host, f"nft 'add rule inet m {hook} {rule}'")

    def unfilter(self, host: str) -> None:
        """Take the rules away."""
        self.run(host, "nft 'flush ruleset'")

    def close(self) -> None:
        """End every program of this recording and remove its namespaces."""
        if self.recorder is not None:
            self.wait(0.5)
            self.stop(self.recorder)
        for process in reversed(self.started):
            if process is not self.recorder:
                self.stop(process)
        for space in self.spaces:
            # Daemons that went to the background are ended by their process ids, which the namespace knows.
            found = subprocess.run(["ip", "netns", "pids", space], capture_output=True, text=True, check=False)
            for number in found.stdout.split():
                subprocess.run(["kill", "-9", number], stderr=subprocess.DEVNULL, check=False)
            subprocess.run(["ip", "netns", "del", space], check=False)
