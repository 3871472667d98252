"""Reading a configuration: text to tree, tree to events, events to the vendor-neutral views."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from netguru.config import braces, indent
from netguru.config.bgp import bgp_process
from netguru.config.device import hostname, references, structures, system
from netguru.config.interfaces import interfaces, vlans
from netguru.config.platforms import Verdict, detect, platforms
from netguru.config.policies import policy_terms, prefix_rules
from netguru.config.routing import eigrp_processes, ospf_processes, static_routes, with_processes
from netguru.config.statements import apply
from netguru.errors import UnknownNameError
from netguru.model.config import DeviceConfig, runs
from netguru.model.coverage import Coverage, Gap
from netguru.model.source import Piece, SourceFile, split_lines

if TYPE_CHECKING:
    from netguru.config.platforms import Platform
    from netguru.config.tree import Grown

NOT_MODELLED = "statement of no view"
_PLACES = 20


def grow(text: str, platform: Platform, first_line: int = 1) -> Grown:
    """Build the tree of a text with the grammar of a platform."""
    if platform.style != "braces":
        return indent.grow(text, platform, first_line)
    if braces.is_set_form(text, platform):
        return braces.grow_set(text, platform, first_line)
    return braces.grow_braces(text, platform, first_line)


def parse(piece: Piece, *, platform: str = "") -> DeviceConfig:
    """Read one configuration.

    `platform` overrides what the content says. A text that speaks for no platform is read with the
    grammar of indentation and says so in `platform_reason`.
    """
    verdict = _verdict(piece, platform)
    chosen = verdict.platform
    grown = grow(piece.text, chosen, piece.first_line)
    events, understood = apply(grown, chosen)
    ospf = ospf_processes(events)
    count = len(split_lines(piece.text))
    numbers = range(piece.first_line, piece.first_line + count)
    modelled = (understood | grown.structure).intersection(numbers)
    unmodelled = tuple(number for number in numbers if number not in modelled)
    return DeviceConfig(
        hostname=hostname(events) or piece.device,
        platform=chosen.name,
        platform_reason=verdict.reason,
        piece=piece,
        tree=grown.tree,
        system=system(events),
        interfaces=with_processes(interfaces(events), ospf, events),
        vlans=vlans(events),
        ospf=ospf,
        bgp=bgp_process(events),
        eigrp=eigrp_processes(events, chosen.defaults.get("eigrp_weights_offset", 1)),
        static_routes=static_routes(events),
        policy_terms=policy_terms(grown.tree),
        prefix_rules=prefix_rules(grown.tree),
        structures=structures(events, chosen),
        references=references(events),
        modelled=tuple(sorted(modelled)),
        unmodelled=unmodelled,
        coverage=_coverage(count, unmodelled, piece),
    )


def _verdict(piece: Piece, platform: str) -> Verdict:
    if platform:
        if platform not in platforms():
            raise UnknownNameError("platform", platform, platforms())
        return Verdict(platform=platforms()[platform], score=1.0, reason="named by the caller")
    found = detect(piece.text)
    if found is not None:
        return found
    return Verdict(platform=platforms()["ios"], score=0.0, reason="nothing in the text speaks for a platform")


def _coverage(total: int, unmodelled: tuple[int, ...], piece: Piece) -> Coverage:
    spans = [f"line {a}" if a == b else f"lines {a}-{b}" for a, b in runs(unmodelled)]
    gaps = (Gap(reason=NOT_MODELLED, count=len(unmodelled), places=tuple(spans[:_PLACES])),) if unmodelled else ()
    return Coverage(unit="lines", total=total, read=total - len(unmodelled), gaps=gaps, source=piece.file.name)


def parse_text(text: str, *, name: str = "text", platform: str = "") -> DeviceConfig:
    r"""Read a configuration that is already a string; `name` stands for the file in evidence.

    >>> parse_text("hostname r1\ninterface lo\n ip address 10.0.0.1/32\n").interfaces[0].addresses
    ('10.0.0.1/32',)
    """
    data = text.encode()
    file = SourceFile(name=name, path=Path(name), sha256=hashlib.sha256(data).hexdigest(), size=len(data))
    return parse(Piece(file=file, text=text), platform=platform)
