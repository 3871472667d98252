"""What a user adds to the checks: rules of the network's own, and suppressions of findings."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from netguru.config.suppress import Kept, Suppression, read_suppressions, suppress
from netguru.config.user_rules import Rules, check_rules, read_rules

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netguru.model.config import DeviceConfig
    from netguru.model.finding import Finding

_FOLDER = ".netguru"
_SUPPRESSIONS = "suppressions.toml"
_RULES = "rules.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Rules and suppressions in force on a day."""

    rules: Rules = field(default_factory=Rules)
    suppressions: tuple[Suppression, ...] = ()
    today: date

    @classmethod
    def of(
        cls, path: Path, *, rules: Path | None = None, suppressions: Path | None = None, today: date | None = None
    ) -> Policy:
        """Read the files named, else those in the folder `.netguru` of what is checked, where they exist."""
        rules = rules or _beside(path, _RULES)
        suppressions = suppressions or _beside(path, _SUPPRESSIONS)
        return cls(
            rules=read_rules(rules) if rules is not None else Rules(),
            suppressions=read_suppressions(suppressions) if suppressions is not None else (),
            today=today or datetime.now(UTC).date(),
        )

    def findings(self, configs: Iterable[DeviceConfig]) -> tuple[Finding, ...]:
        """Give what the rules find."""
        return tuple(check_rules(configs, self.rules))

    def kept(self, findings: Iterable[Finding]) -> Kept:
        """Leave out what is suppressed, and tell so."""
        return suppress(findings, self.suppressions, self.today)


def _beside(path: Path, name: str) -> Path | None:
    file = Path(path) / _FOLDER / name
    return file if file.is_file() else None
