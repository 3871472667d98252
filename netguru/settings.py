"""Typed settings: argument, then environment (NETGURU_*), then `netguru.toml` in the user's configuration folder."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_type_hints

from netguru.errors import InputError, UnknownNameError

if TYPE_CHECKING:
    from pydantic import BaseModel

_PREFIX = "NETGURU_"
Source = Literal["environment", "file", "default"]


def _user_folder(variable: str, default: str) -> Path:
    # XDG Base Directory Specification: an unset or relative value means the default.
    stated = os.environ.get(variable, "")
    base = Path(stated) if Path(stated).is_absolute() else Path.home() / default
    return base / "netguru"


def config_folder() -> Path:
    """Give the folder of the user's settings file."""
    return _user_folder("XDG_CONFIG_HOME", ".config")


def data_folder() -> Path:
    """Give the folder of the default workspace."""
    return _user_folder("XDG_DATA_HOME", ".local/share")


def settings_file() -> Path:
    """Give the user's settings file; it need not exist."""
    return config_folder() / "netguru.toml"


def _file_values() -> dict[str, Any]:
    file = settings_file()
    try:
        values = tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"is not TOML: {error}", place=str(file)) from None
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}", place=str(file)) from None
    known = [item.name for item in fields(Settings)]
    for name in values:
        if name not in known:
            raise UnknownNameError(f"setting in {file}", name, known)
    return values


def _environment_values() -> dict[str, Any]:
    # Names in any case; an empty variable is one that is not set, as shells and service files mean it.
    found = {key.upper(): value for key, value in os.environ.items() if value}
    names = (item.name for item in fields(Settings))
    return {name: found[_PREFIX + name.upper()] for name in names if _PREFIX + name.upper() in found}


class Secret:
    """A text that is not shown: its `repr` and `str` are stars."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def get_secret_value(self) -> str:
        """Give the text."""
        return self._text

    def __repr__(self) -> str:
        return "**********" if self._text else ""


def _about(description: str, **limits: int) -> dict[str, Any]:
    """Say what a setting does, and its limits as pydantic's `Field` names them."""
    return {"description": description, **limits}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings of NetGuru with their defaults; `settings()` gives those in force."""

    workspace: Path | None = field(
        default=None, metadata=_about("the workspace folder; by default the nearest .netguru above")
    )
    database_url: Secret = field(
        default=Secret(""), metadata=_about("a SQLAlchemy URL; by default an SQLite file in the workspace")
    )
    max_file_mb: int = field(
        default=100, metadata=_about("the largest file that is taken, in MB (1,000,000 bytes)", gt=0)
    )
    job_workers: int = field(default=0, metadata=_about("how many jobs run at once; 0 means one a processor", ge=0))
    embedder: str = field(
        default="",
        metadata=_about("what turns texts into vectors: minilm (the default), openai, ollama, folder, or none"),
    )
    embedder_url: str = field(
        default="", metadata=_about("the server of the embedder openai (ends in /v1) or ollama; by default their own")
    )
    embedder_key: Secret = field(default=Secret(""), metadata=_about("the key of that server"))
    embedder_model: str = field(default="", metadata=_about("the model that this server is asked for"))
    embedder_folder: Path | None = field(
        default=None, metadata=_about("the folder of the embedder folder: model.onnx and tokenizer.json")
    )
    embedder_threads: int = field(
        default=0, metadata=_about("how many passages are embedded at once here; 0 means one a processor", ge=0)
    )
    shipped_documents: bool = field(
        default=True,
        metadata=_about("whether the first question brings in the documents of the package when nothing was ingested"),
    )
    reranker: str = field(
        default="", metadata=_about("what puts the best passages in a new order; by default nothing does")
    )
    reranker_folder: Path | None = field(
        default=None, metadata=_about("the folder of the reranker folder: model.onnx and tokenizer.json")
    )
    model: str = field(
        default="",
        metadata=_about("the language model, PROVIDER:NAME (openai, anthropic, ollama); by default none is asked"),
    )
    model_url: str = field(
        default="", metadata=_about("the server of the model (OpenAI-compatible ones end in /v1); by default its own")
    )
    model_key: Secret = field(
        default=Secret(""), metadata=_about("its key; else the provider's own variable, else the system's keyring")
    )
    model_fallbacks: str = field(
        default="", metadata=_about("models asked in turn when the first fails: PROVIDER:NAME[@URL], commas between")
    )
    model_answer_tokens: int = field(default=2048, metadata=_about("the longest answer of a model, in tokens", gt=0))
    model_tools: Literal["auto", "all", "few"] = field(
        default="auto",
        metadata=_about(
            "which tools the chat's model is told: all, the few that fit a question, or auto: few for ollama"
        ),
    )
    model_call_tokens: int = field(
        default=100_000, metadata=_about("the most tokens one call may take, question and answer", gt=0)
    )
    model_session_tokens: int = field(
        default=500_000, metadata=_about("the most tokens that all calls of a process may take", gt=0)
    )
    model_question_tokens: int = field(
        default=400_000, metadata=_about("the most tokens that one question to the chat may take", gt=0)
    )
    model_day_tokens: int = field(
        default=2_000_000,
        metadata=_about("the most tokens that a user's questions may take a day (UTC); 0: any number", ge=0),
    )
    model_price: str = field(
        default="", metadata=_about("the model's price, IN/OUT: money for a million tokens asked and given, as 2.5/10")
    )
    model_day_money: float = field(
        default=0, metadata=_about("the most money that they may cost a day; 0: any; needs the price", ge=0)
    )
    qdrant_url: str = field(
        default="", metadata=_about("a Qdrant server for vectors; by default they lie beside the index")
    )
    qdrant_key: Secret = field(default=Secret(""), metadata=_about("the key of the Qdrant server"))
    requests_per_minute: int = field(
        default=600, metadata=_about("requests that the Jupyter server answers a user in a minute; 0: any number", ge=0)
    )
    questions_per_minute: int = field(
        default=30,
        metadata=_about("questions that the Jupyter server takes of a user in a minute; 0: any number", ge=0),
    )
    log_level: Literal["debug", "info", "warning", "error"] = field(
        default="warning", metadata=_about("debug, info, warning or error; logs go to stderr")
    )
    log_format: Literal["console", "json"] = field(default="console", metadata=_about("console or json"))

    @property
    def max_file_bytes(self) -> int:
        """Give the size cap in bytes."""
        return self.max_file_mb * 1_000_000


_ANY_CASE = ("model_tools", "log_level", "log_format")


@cache
def settings() -> Settings:
    """Give the settings in force, read once; `settings.cache_clear()` reads them again.

    Raises InputError that names the setting, where it comes from, and what is wrong.
    """
    values = _file_values() | _environment_values()
    # Defaults need no check, and loading what checks takes longer than most commands.
    return Settings(**_checked(values)) if values else Settings()


def _checked(values: dict[str, Any]) -> dict[str, Any]:
    """Convert what was stated to the types of the settings."""
    from pydantic import ValidationError

    for name in _ANY_CASE:
        if isinstance(values.get(name), str):
            values[name] = values[name].strip().lower()
    try:
        checked = _model().model_validate(values)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        name = str(first["loc"][0])
        # The value itself is not quoted: it may be a secret.
        raise InputError(f"setting {name}: {_lower(first['msg'])}", place=_place(name)) from None
    secret = {item.name for item in fields(Settings) if isinstance(item.default, Secret)}
    return {
        name: Secret(getattr(checked, name)) if name in secret else getattr(checked, name)
        for name in checked.model_fields_set
    }


@cache
def _model() -> type[BaseModel]:
    """Make the model that checks values, of the one declaration of the settings."""
    from pydantic import Field, create_model

    kinds = get_type_hints(Settings)
    stated: dict[str, Any] = {
        item.name: (str if kinds[item.name] is Secret else kinds[item.name], Field(None, **item.metadata))
        for item in fields(Settings)
    }
    return create_model("Settings", **stated)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting in force: its value as text (stars for a secret), where it comes from, what it does."""

    name: str
    value: str
    source: Source
    variable: str
    description: str


def show() -> tuple[Setting, ...]:
    """List the settings in force with their sources; secrets are not shown."""
    chosen = settings()
    return tuple(
        Setting(
            name=item.name,
            value="" if getattr(chosen, item.name) is None else str(getattr(chosen, item.name)),
            source=_source(item.name),
            variable=_PREFIX + item.name.upper(),
            description=item.metadata["description"],
        )
        for item in fields(Settings)
    )


def _source(name: str) -> Source:
    if name in _environment_values():
        return "environment"
    return "file" if name in _file_values() else "default"


def _place(name: str) -> str:
    return f"environment {_PREFIX}{name.upper()}" if _source(name) == "environment" else str(settings_file())


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
