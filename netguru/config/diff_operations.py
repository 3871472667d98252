"""Operations that compare configurations and give the commands from one to the other, and back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from netguru.errors import FileRejectedError
from netguru.model.result import Result
from netguru.operations import operation

if TYPE_CHECKING:
    from netguru.config.diff_pairs import Pair
    from netguru.config.remediation_steps import Step
    from netguru.model.config import DeviceConfig
    from netguru.model.coverage import Coverage
    from netguru.model.evidence import Evidence

OUT_OF = "configuration of one side only"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference of meaning; `lines` are those before and after, secrets masked."""

    device: str
    feature: str
    path: str
    kind: str
    before: str
    after: str
    lines: dict[str, tuple[int, ...]]
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """What may happen while a block of commands is entered."""

    label: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Commands of one section, entered together."""

    device: str
    section: str
    feature: str
    commands: tuple[str, ...]
    risks: tuple[Risk, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigDiff(Result):
    """What two configurations mean differently, and the commands from one to the other and back."""

    schema: ClassVar[str] = "netguru.config.diff/1"
    primary: ClassVar[str] = "changes"
    quiet: ClassVar[tuple[str, ...]] = ("remediation", "rollback")

    changes: tuple[Change, ...]
    remediation: tuple[str, ...]
    rollback: tuple[str, ...]
    coverage: Coverage


@dataclass(frozen=True, slots=True, kw_only=True)
class Remediation(Result):
    """The commands from one configuration to another, and back, in blocks with their risks."""

    schema: ClassVar[str] = "netguru.config.remediation/1"
    primary: ClassVar[str] = "blocks"
    quiet: ClassVar[tuple[str, ...]] = ("rollback_blocks",)

    remediation: tuple[str, ...]
    rollback: tuple[str, ...]
    blocks: tuple[Block, ...]
    rollback_blocks: tuple[Block, ...]
    coverage: Coverage


@operation("config.diff")
def diff(before: Path, after: Path, *, secrets: bool = False) -> ConfigDiff:
    """Compare the meaning of two configurations, or of two folders device by device.

    Order counts only where the device counts it: access lists without numbers, policy terms, firewall
    filters. Braces and set commands of Junos are the same. Secrets are masked; equal secrets have
    equal masks.

    Args:
        before: A configuration, or a folder that holds some.
        after: The configuration, or folder, that it is compared with.
        secrets: Leave secrets in the commands, as a device needs them.
    """
    from netguru.config.diff_pairs import plan
    from netguru.config.diff_texts import Masked, commands, shown

    pairs, coverage = _pairs(before, after)
    changes: list[Change] = []
    for pair in pairs:
        texts = Masked.of(pair.before), Masked.of(pair.after)
        changes += [shown(pair, row, *texts) for row in pair.changes]
    many = len(pairs) > 1
    forth = [(pair.after, plan(pair.before, pair.after)) for pair in pairs]
    back = [(pair.after, plan(pair.after, pair.before)) for pair in pairs]
    return ConfigDiff(
        changes=tuple(sorted(changes, key=lambda row: (row.device, row.feature))),
        remediation=commands(forth, secrets=secrets, headed=many),
        rollback=commands(back, secrets=secrets, headed=many),
        coverage=coverage,
    )


@operation("config.remediation")
def remediation(before: Path, after: Path, *, secrets: bool = False) -> Remediation:
    """Give the commands that take a device from one configuration to another, and those that roll back.

    The order is safe: a list exists before it is bound and is unbound before it goes. Each block names
    its risks: lockout, session, order. Commands hold masks in place of secrets unless these are asked for.

    Args:
        before: The configuration that the device has, or a folder that holds some.
        after: The configuration, or folder, that it should have.
        secrets: Leave secrets in the commands, as a device needs them.
    """
    from netguru.config.diff_pairs import plan
    from netguru.config.diff_texts import blocks, commands

    pairs, coverage = _pairs(before, after)
    forth: list[tuple[DeviceConfig, list[Step]]] = [(pair.after, plan(pair.before, pair.after)) for pair in pairs]
    back = [(pair.after, plan(pair.after, pair.before)) for pair in pairs]
    many = len(pairs) > 1
    return Remediation(
        remediation=commands(forth, secrets=secrets, headed=many),
        rollback=commands(back, secrets=secrets, headed=many),
        blocks=blocks(forth, secrets=secrets),
        rollback_blocks=blocks(back, secrets=secrets),
        coverage=coverage,
    )


def _pairs(before: Path, after: Path) -> tuple[list[Pair], Coverage]:
    """Pair the configurations of two places: two alone always, others by the names of their devices."""
    from netguru.config.diff_pairs import Pair
    from netguru.model.coverage import Coverage, Gap
    from netguru.model.names import device_key

    old, new = _configs(before), _configs(after)
    if len(old) == len(new) == 1:
        return [Pair(old[0], new[0])], Coverage(unit="configurations", total=2, read=2)
    named = {device_key(config.hostname) + config.platform: config for config in old}
    found = [(named.pop(device_key(config.hostname) + config.platform, None), config) for config in new]
    pairs = [Pair(left, right) for left, right in found if left is not None]
    alone = [config.piece.file.name for config in (*named.values(), *(right for left, right in found if left is None))]
    gaps = (Gap(reason=OUT_OF, count=len(alone), places=tuple(alone)),) if alone else ()
    total = len(alone) + 2 * len(pairs)
    return pairs, Coverage(unit="configurations", total=total, read=total - len(alone), gaps=gaps)


def _configs(path: Path) -> tuple[DeviceConfig, ...]:
    from netguru.workspace.opening import open_network

    network = open_network(path)
    if not network.configs:
        raise FileRejectedError("holds no configuration", place=str(path))
    return network.configs
