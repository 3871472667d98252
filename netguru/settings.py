"""Typed settings: argument, then environment (NETGURU_*), then `netguru.toml` in the user's configuration folder."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError

from netguru.errors import InputError, UnknownNameError

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

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


class _FileSource(PydanticBaseSettingsSource):
    """The user's settings file, read with errors that name it."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Give a field's value in the file."""
        del field
        return _file_values().get(field_name), field_name, False

    def __call__(self) -> dict[str, Any]:
        """Give all values of the file."""
        return _file_values()


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
    for name in values:
        if name not in Settings.model_fields:
            raise UnknownNameError(f"setting in {file}", name, Settings.model_fields)
    return values


class Settings(BaseSettings):
    """All settings of NetGuru with their defaults; `settings()` gives those in force."""

    # An empty variable is one that is not set, as shells and service files mean it.
    model_config = SettingsConfigDict(
        env_prefix=_PREFIX, extra="ignore", env_ignore_empty=True, hide_input_in_errors=True
    )

    workspace: Path | None = Field(None, description="the workspace folder; by default the nearest .netguru above")
    database_url: SecretStr = Field(
        SecretStr(""), description="a SQLAlchemy URL; by default an SQLite file in the workspace"
    )
    max_file_mb: int = Field(100, gt=0, description="the largest file that is taken, in MB (1,000,000 bytes)")
    job_workers: int = Field(0, ge=0, description="how many jobs run at once; 0 means one a processor")
    embedder: str = Field(
        "", description="what turns texts into vectors, none for words alone; by default the first there is"
    )
    qdrant_url: str = Field("", description="a Qdrant server for vectors; by default they lie beside the index")
    qdrant_key: SecretStr = Field(SecretStr(""), description="the key of the Qdrant server")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "warning", description="debug, info, warning or error; logs go to stderr"
    )
    log_format: Literal["console", "json"] = Field("console", description="console or json")

    @field_validator("log_level", "log_format", mode="before")
    @classmethod
    def _any_case(cls, value: Any) -> Any:
        return value.strip().lower() if isinstance(value, str) else value

    @property
    def max_file_bytes(self) -> int:
        """Give the size cap in bytes."""
        return self.max_file_mb * 1_000_000

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read arguments first, then the environment, then the user's file."""
        del dotenv_settings, file_secret_settings
        return init_settings, env_settings, _FileSource(settings_cls)


@cache
def settings() -> Settings:
    """Give the settings in force, read once; `settings.cache_clear()` reads them again.

    Raises InputError that names the setting, where it comes from, and what is wrong.
    """
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        name = str(first["loc"][0])
        # The value itself is not quoted: it may be a secret.
        raise InputError(f"setting {name}: {_lower(first['msg'])}", place=_place(name)) from None
    except SettingsError as error:
        raise InputError(f"the settings cannot be read: {error}") from None


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
            name=name,
            value="" if getattr(chosen, name) is None else str(getattr(chosen, name)),
            source=_source(name),
            variable=_PREFIX + name.upper(),
            description=field.description or "",
        )
        for name, field in Settings.model_fields.items()
    )


def _source(name: str) -> Source:
    # Environment variables are read in any case, as pydantic-settings does.
    if any(key.upper() == _PREFIX + name.upper() and value for key, value in os.environ.items()):
        return "environment"
    return "file" if name in _file_values() else "default"


def _place(name: str) -> str:
    return f"environment {_PREFIX}{name.upper()}" if _source(name) == "environment" else str(settings_file())


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
