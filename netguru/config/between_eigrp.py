"""EIGRP between routers that announce one network in one AS: the K values must agree (RFC 7868 section 5.3.2)."""

from __future__ import annotations

from ipaddress import ip_network
from typing import TYPE_CHECKING

from netguru.checks import check, finding
from netguru.config.quoting import heading, proof
from netguru.model.finding import Finding, Subject
from netguru.model.names import device_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from netguru.model.config import DeviceConfig, EigrpProcess
    from netguru.model.evidence import Evidence


@check("configs", "eigrp.k-mismatch", profile="routing")
def k_mismatch(configs: Iterable[DeviceConfig]) -> Iterator[Finding]:
    """Find two routers whose EIGRP processes share an AS and a network, but not the K values."""
    rows = {
        (device_key(config.hostname), process.asn): (config, process)
        for config in configs
        for process in config.eigrp
        if config.hostname
    }
    known = list(rows.values())
    for position, (config, process) in enumerate(known):
        for other_config, other in known[position + 1 :]:
            if process.asn != other.asn or process.k_values == other.k_values:
                continue
            network = _common(process, other)
            if network:
                yield _finding(config, process, other_config, other, network)


def _common(one: EigrpProcess, other: EigrpProcess) -> str:
    """Give a network that both processes announce; a statement for everything proves no link."""
    for text in one.networks:
        for second in other.networks:
            if "/" not in text or "/" not in second:
                continue
            a, b = ip_network(text), ip_network(second)
            if a.prefixlen and a == b:
                return text
    return ""


def _finding(
    config: DeviceConfig, process: EigrpProcess, other_config: DeviceConfig, other: EigrpProcess, network: str
) -> Finding:
    def evidence(owner: DeviceConfig, row: EigrpProcess) -> tuple[Evidence, ...]:
        return proof(owner, row.at.get("weights", ())) or heading(owner, row.lines)

    names = (config.hostname, other_config.hostname)
    return finding(
        "eigrp.k-mismatch",
        a=names[0],
        a_values=" ".join(map(str, process.k_values)),
        b=names[1],
        b_values=" ".join(map(str, other.k_values)),
        asn=process.asn,
        network=network,
        subject=Subject(devices=tuple(sorted(names))),
        evidence=(*evidence(config, process), *evidence(other_config, other)),
    )
