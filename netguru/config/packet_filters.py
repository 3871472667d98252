"""Access lists and firewall filters of configurations, asked for single packets by other families."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netguru.config.acl_sets import EMPTY
from netguru.config.acl_sets_packets import families, packets
from netguru.config.questions_filters import filters_of
from netguru.config.quoting import proof
from netguru.model.routing import FilterVerdict
from netguru.workspace.packet_filters import packet_filters

if TYPE_CHECKING:
    from typing import Literal

    from netguru.config.acl_sets_model import Filter, FilterLine
    from netguru.model.config import DeviceConfig

    Action = Literal["permit", "deny", "partly"]


class ConfigFilters:
    """Put packets to the filters that a configuration defines, by exact set arithmetic."""

    def decide(self, config: DeviceConfig, name: str, packet: str) -> FilterVerdict | None:
        """Say what a filter does with packets, and by which lines; None without a filter of that name."""
        wanted = families(packet)
        for item in filters_of(config):
            if item.name == name and item.family in wanted:
                return _verdict(item, packet)
        return None


def _verdict(item: Filter, packet: str) -> FilterVerdict:
    space = item.space
    left = packets(space, packet)
    taken: list[tuple[str, FilterLine]] = []
    unsure = False
    for line in item.deciding:
        if space.both(left, line.condition.may) == EMPTY:
            continue
        taken.append((line.action, line))
        unsure = unsure or space.both(left, line.condition.may) != space.both(left, line.condition.must)
        left = space.minus(left, line.condition.must)
        if left == EMPTY:
            break
    actions = {action for action, _ in taken} | ({"deny"} if left != EMPTY else set())
    action: Action = "permit" if actions == {"permit"} else "deny" if actions == {"deny"} else "partly"
    lines = tuple(sorted({number for _, line in taken for number in line.lines}))
    every = tuple(sorted({number for line in item.lines for number in line.lines}))
    said = "; ".join(line.text.strip() for _, line in taken[:3])
    if left != EMPTY:
        said = "; ".join(part for part in (said, "no line matches: denied") if part)
        lines = every
    return FilterVerdict(
        action=action, sure=not unsure, says=f"{item.kind} {item.name}: {said}", evidence=proof(item.config, lines)
    )


packet_filters.register("config", ConfigFilters())
