"""The bundled samples: what there is, and whether it is still what was recorded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from netguru import resources
from netguru.model.coverage import Coverage, Gap
from netguru.model.result import Result
from netguru.operations import operation


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One bundled sample: a folder with its origin and licence."""

    name: str
    title: str
    folder: str
    origin: str
    licence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples(Result):
    """The bundled samples."""

    schema: ClassVar[str] = "netguru.samples.list/1"
    primary: ClassVar[str] = "samples"

    samples: tuple[Sample, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification(Result):
    """Whether every sample file has the digest that was recorded for it."""

    schema: ClassVar[str] = "netguru.samples.verify/1"

    files: int
    changed: tuple[str, ...]
    missing: tuple[str, ...]
    unlisted: tuple[str, ...]
    coverage: Coverage

    @property
    def exit_status(self) -> int:
        """Give the status of the command: 1 when something is not as recorded."""
        return int(bool(self.changed or self.missing or self.unlisted))


@operation("samples.list")
def list_samples() -> Samples:
    """List the bundled sample networks with their folders, origin and licence."""
    import tomllib

    base = resources.path("data", "samples")
    rows = tomllib.loads((base / "manifest.toml").read_text(encoding="utf-8"))["samples"]
    return Samples(
        samples=tuple(
            Sample(
                name=row["name"],
                title=row["title"],
                folder=str(base / row["name"]),
                origin=row["origin"],
                licence=row["licence"],
            )
            for row in rows
        )
    )


@operation("samples.verify")
def verify() -> Verification:
    """Compare every bundled sample file with its recorded SHA-256 digest."""
    from netguru.model.source import SourceFile

    base = resources.path("data", "samples")
    listed = {}
    for line in (base / "SHA256SUMS").read_text(encoding="utf-8").splitlines():
        digest, name = line.split(maxsplit=1)
        listed[name] = digest
    present = {file.relative_to(base).as_posix() for file in base.glob("*/**/*") if file.is_file()}
    changed = [name for name in sorted(listed.keys() & present) if SourceFile.of(base / name).sha256 != listed[name]]
    missing = sorted(listed.keys() - present)
    reasons = (("changed", changed), ("missing", missing))
    return Verification(
        files=len(listed),
        changed=tuple(changed),
        missing=tuple(missing),
        unlisted=tuple(sorted(present - listed.keys())),
        coverage=Coverage(
            unit="files",
            total=len(listed),
            read=len(listed) - len(changed) - len(missing),
            gaps=tuple(Gap(reason=reason, count=len(names), places=tuple(names)) for reason, names in reasons if names),
        ),
    )
