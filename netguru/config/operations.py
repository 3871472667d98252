"""Operations on configurations: read one, check one or many."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from netguru.errors import FileRejectedError
from netguru.model.finding import Finding, Findings, rank
from netguru.model.result import Result, to_plain
from netguru.operations import Progress, operation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netguru.model.config import (
        BgpProcess,
        EigrpProcess,
        Interface,
        OspfProcess,
        Reference,
        StaticRoute,
        Structure,
        System,
        Vlan,
    )
    from netguru.model.network import Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """Count a configuration's lines: the numbers of those that no view was read from are listed."""

    lines: int
    modelled: int
    unmodelled: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedConfig(Result):
    """The vendor-neutral views of one configuration; every row names its lines."""

    schema: ClassVar[str] = "netguru.config.parse/1"
    primary: ClassVar[str] = "interfaces"

    hostname: str
    platform: str
    platform_reason: str
    interfaces: tuple[Interface, ...]
    vlans: tuple[Vlan, ...]
    bgp: BgpProcess | None
    ospf: tuple[OspfProcess, ...]
    eigrp: tuple[EigrpProcess, ...]
    static_routes: tuple[StaticRoute, ...]
    system: System
    structures: tuple[Structure, ...]
    references: tuple[Reference, ...]
    views: dict[str, tuple[dict[str, Any], ...]]
    coverage: Lines

    def to_dict(self) -> dict[str, Any]:
        """Give the JSON form; what could give away a password stays inside the process."""
        plain = super(ParsedConfig, self).to_dict()
        if self.bgp is not None:
            bgp = replace(self.bgp, neighbors=tuple(replace(row, password_digest="") for row in self.bgp.neighbors))
            plain["bgp"] = to_plain(bgp)
            for row in plain["bgp"]["neighbors"]:
                del row["password_digest"]
        return plain


@operation("config.parse")
def parse(file: Path) -> ParsedConfig:
    """Read a device configuration into vendor-neutral views with line numbers.

    The platform is recognised from the content. Lines that no view was read from are listed in the
    coverage. Secrets are not part of the result.

    Args:
        file: A configuration: IOS, IOS-XE, NX-OS, IOS-XR, ASA, EOS, FRRouting, or Junos in braces or set commands.
    """
    from netguru.config.secrets import without_secret
    from netguru.config.views import lines_of, rows_of
    from netguru.workspace.opening import open_network

    if os.path.isdir(file):  # noqa: PTH112 - Path.is_dir raises for a name that is too long
        raise FileRejectedError("is a folder, a configuration file is needed", place=str(file))
    network = open_network(file)
    if not network.configs:
        raise FileRejectedError("is not a configuration", place=str(file), hint="state.parse reads device outputs")
    config = network.configs[0]
    views = rows_of(config)
    read = set().union(*(lines_of(rows) for rows in views.values()))
    left = tuple(number for number in config.unmodelled if number not in read)
    return ParsedConfig(
        hostname=config.hostname,
        platform=config.platform,
        platform_reason=config.platform_reason,
        interfaces=config.interfaces,
        vlans=config.vlans,
        bgp=config.bgp,
        ospf=config.ospf,
        eigrp=config.eigrp,
        static_routes=config.static_routes,
        system=config.system,
        structures=config.structures,
        references=tuple(replace(row, context=without_secret(row.context)) for row in config.references),
        views={name: tuple(rows) for name, rows in views.items() if rows},
        coverage=Lines(lines=config.coverage.total, modelled=config.coverage.total - len(left), unmodelled=left),
    )


@operation("config.check")
def check(
    path: Path,
    *,
    top: int = 0,
    rules: Path | None = None,
    suppressions: Path | None = None,
    benchmark: bool = False,
    progress: Progress,
) -> Findings:
    """Report the problems that configurations show, each device by itself and between devices, worst first.

    Rules of one's own and suppressions are taken from the files named, else from `.netguru/rules.yaml` and
    `.netguru/suppressions.toml` in the folder. What is suppressed, and until when, stands in the coverage.

    Args:
        path: A configuration, or a folder that holds some among other files.
        top: Show only the worst so many findings; 0 shows all.
        rules: A YAML file of rules: lines that must, must not, or alone may be there.
        suppressions: A TOML file of findings to leave out, each with its reason and expiry.
        benchmark: Hold the devices against the hygiene of the CIS benchmarks too, each row as an info.
    """
    from netguru.checks import run
    from netguru.config.facts import facts_of
    from netguru.config.user_benchmark import benchmark as against_benchmark
    from netguru.config.user_policy import Policy
    from netguru.workspace.opening import open_network

    network = open_network(path)
    if not network.configs:
        raise FileRejectedError("holds no configuration", place=str(path))
    policy = Policy.of(path, rules=rules, suppressions=suppressions)
    found: list[Finding] = list(policy.findings(network.configs))
    if benchmark:
        found += against_benchmark(network.configs)
    for position, config in enumerate(network.configs):
        progress(position, len(network.configs), config.hostname)
        found += run("config", config)
    found += run("configs", network.configs)
    found += run("facts", facts_of(network.configs))
    kept = policy.kept(rank(_joined(found)))
    coverage = replace(_coverage(network), notes=(*network.coverage.notes, *kept.notes))
    return Findings(findings=kept.findings[:top] if top > 0 else kept.findings, coverage=coverage)


def _joined(found: Iterable[Finding]) -> Iterable[Finding]:
    """Join what two texts of one device say in the same words."""
    by_key: dict[tuple[str, str, str], Finding] = {}
    for item in found:
        key = (item.check, str(item.subject), item.title)
        before = by_key.get(key)
        evidence = tuple(dict.fromkeys((*(before.evidence if before else ()), *item.evidence)))
        by_key[key] = replace(item, evidence=evidence)
    return by_key.values()


def _coverage(network: Network) -> Any:
    parts = tuple(replace(item.coverage, source=item.piece.file.name) for item in network.configs)
    return replace(network.coverage, parts=parts)
