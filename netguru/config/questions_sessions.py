"""Questions about sessions: which BGP and OSPF neighbours fit together, with Batfish's names of statuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netguru.config.questions_bgp import bgp_sessions
from netguru.config.questions_ospf import ospf_sessions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from netguru.config.questions_names import Row
    from netguru.model.config import DeviceConfig

QUESTIONS: dict[str, Callable[[Sequence[DeviceConfig]], list[Row]]] = {
    "bgpSessionCompatibility": bgp_sessions,
    "ospfSessionCompatibility": ospf_sessions,
}
