"""The tables of the database; migrations make them, `tests/store` proves that both agree."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, ForeignKey, Index, MetaData, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.types import TypeDecorator

HEAD = "0002"
"""The newest migration: a database at this revision is used as it is."""


class UtcTime(TypeDecorator[datetime]):
    """A moment in UTC; databases without time zones give back what was put in."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store in UTC."""
        del dialect
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give back an aware time."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Hold the tables; constraint names are fixed, so that every database can alter them later."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class FileRow(Base):
    """One stored file under one name; the content lies in the store's folder under its digest."""

    __tablename__ = "files"
    # Numbers of removed files are not given again: `files.remove 3` must mean one file for ever.
    __table_args__ = (UniqueConstraint("workspace", "sha256", "name"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(primary_key=True)
    workspace: Mapped[str] = mapped_column(String(32))
    sha256: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(255))
    size: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(String(40))
    added_at: Mapped[datetime] = mapped_column(UtcTime)


class RunRow(Base):
    """One kept analysis."""

    __tablename__ = "runs"
    __table_args__ = (Index(None, "workspace", "id"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(primary_key=True)
    workspace: Mapped[str] = mapped_column(String(32))
    operation: Mapped[str] = mapped_column(String(100))
    path: Mapped[str] = mapped_column(Text)
    version: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    findings: Mapped[list[FindingRow]] = relationship(order_by="FindingRow.position", cascade="all, delete-orphan")


class FindingRow(Base):
    """One finding of a run."""

    __tablename__ = "findings"

    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    check_id: Mapped[str] = mapped_column(String(100))
    severity: Mapped[int]
    title: Mapped[str] = mapped_column(Text)
    why: Mapped[str] = mapped_column(Text)
    remedy: Mapped[str] = mapped_column(Text)
    subject: Mapped[dict[str, Any]] = mapped_column(JSON)
    symptoms: Mapped[list[str]] = mapped_column(JSON)
    evidence: Mapped[list[dict[str, Any]]] = mapped_column(JSON)


class JobRow(Base):
    """One job. `worker` and `attempts` together say whose it is while it runs."""

    __tablename__ = "jobs"
    __table_args__ = (
        Index(None, "workspace", "state"),
        Index(None, "workspace", "cache_key"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    workspace: Mapped[str] = mapped_column(String(32))
    operation: Mapped[str] = mapped_column(String(100))
    arguments: Mapped[dict[str, Any]] = mapped_column(JSON)
    repeatable: Mapped[bool]
    state: Mapped[str] = mapped_column(String(10))
    done: Mapped[float] = mapped_column(default=0.0)
    total: Mapped[float] = mapped_column(default=0.0)
    message: Mapped[str] = mapped_column(Text, default="")
    attempts: Mapped[int] = mapped_column(default=0)
    worker: Mapped[str] = mapped_column(String(255), default="")
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    due_at: Mapped[datetime] = mapped_column(UtcTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcTime)
    heartbeat_at: Mapped[datetime | None] = mapped_column(UtcTime)
    cancel_asked_at: Mapped[datetime | None] = mapped_column(UtcTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
    cache_key: Mapped[str | None] = mapped_column(String(64))
    cached_from: Mapped[int | None] = mapped_column(ForeignKey("jobs.id"))
    # A column that is NULL when nothing was given, not the JSON document `null`.
    result: Mapped[Any | None] = mapped_column(JSON(none_as_null=True))
    error: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))


class JobEventRow(Base):
    """One thing that happened to a job."""

    __tablename__ = "job_events"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime] = mapped_column(UtcTime)
    kind: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(Text)


class WorkerRow(Base):
    """One taken place for a worker; the key makes it impossible that two take one place."""

    __tablename__ = "workers"

    workspace: Mapped[str] = mapped_column(String(32), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    worker: Mapped[str] = mapped_column(String(255))
    heartbeat_at: Mapped[datetime] = mapped_column(UtcTime)


class FileOwnerRow(Base):
    """Whose a stored file is, where several people share a workspace; a file without one is the workspace's own."""

    __tablename__ = "file_owners"

    file_id: Mapped[int] = mapped_column(ForeignKey("files.id", ondelete="CASCADE"), primary_key=True)
    owner: Mapped[str] = mapped_column(String(255), primary_key=True)
    added_at: Mapped[datetime] = mapped_column(UtcTime)


class JobOwnerRow(Base):
    """Whose a job is, where several people share a workspace; a job without one is the workspace's own."""

    __tablename__ = "job_owners"

    job_id: Mapped[int] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    owner: Mapped[str] = mapped_column(String(255), primary_key=True)


class ConversationRow(Base):
    """One conversation; a removed one keeps its row with the time of the removal."""

    __tablename__ = "conversations"
    __table_args__ = (Index(None, "workspace", "owner", "updated_at"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(primary_key=True)
    workspace: Mapped[str] = mapped_column(String(32))
    owner: Mapped[str] = mapped_column(String(255))
    title: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    updated_at: Mapped[datetime] = mapped_column(UtcTime)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcTime)


class MessageRow(Base):
    """One message; `runner` is the process that writes a streaming one."""

    __tablename__ = "messages"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"), index=True)
    role: Mapped[str] = mapped_column(String(10))
    text: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(10))
    runner: Mapped[str] = mapped_column(String(255), default="")
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    attachments: Mapped[list[str]] = mapped_column(JSON)
    answer: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    tools: Mapped[list[ToolRunRow]] = relationship(
        order_by="ToolRunRow.position", cascade="all, delete-orphan", lazy="selectin"
    )
    citations: Mapped[list[CitationRow]] = relationship(
        order_by="CitationRow.number", cascade="all, delete-orphan", lazy="selectin"
    )


class ToolRunRow(Base):
    """One run of an operation within an answer."""

    __tablename__ = "tool_runs"

    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    call: Mapped[str] = mapped_column(String(100))
    name: Mapped[str] = mapped_column(String(100))
    arguments: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(10))
    summary: Mapped[str] = mapped_column(Text)


class CitationRow(Base):
    """One numbered evidence of an answer."""

    __tablename__ = "citations"

    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    evidence: Mapped[dict[str, Any]] = mapped_column(JSON)
    label: Mapped[str] = mapped_column(Text)
    url: Mapped[str] = mapped_column(Text)


class UsageRow(Base):
    """What one answer cost: kept when its conversation is removed, for a day's budget counts it."""

    __tablename__ = "usage"
    __table_args__ = (Index(None, "workspace", "owner", "created_at"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(primary_key=True)
    workspace: Mapped[str] = mapped_column(String(32))
    owner: Mapped[str] = mapped_column(String(255))
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id", ondelete="SET NULL"))
    model: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    input_tokens: Mapped[int] = mapped_column(BigInteger, default=0)
    output_tokens: Mapped[int] = mapped_column(BigInteger, default=0)
    cost: Mapped[float] = mapped_column(default=0.0)
    details: Mapped[dict[str, Any]] = mapped_column(JSON)
