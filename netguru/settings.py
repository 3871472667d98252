"""Typed settings: argument, then environment (NETGURU_*), then `netguru.toml` in the user's configuration folder."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource


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


class Settings(BaseSettings):
    """All settings of NetGuru with their defaults."""

    model_config = SettingsConfigDict(env_prefix="NETGURU_", extra="ignore")

    workspace: Path | None = Field(None, description="the workspace folder; by default the nearest .netguru above")
    database_url: SecretStr = Field(
        SecretStr(""), description="a SQLAlchemy URL; by default an SQLite file in the workspace"
    )
    max_file_mb: int = Field(100, gt=0, description="the largest file that is taken, in MB (1,000,000 bytes)")
    job_workers: int = Field(0, ge=0, description="how many jobs run at once; 0 means one a processor")
    log_level: str = Field("warning", description="debug, info, warning or error; logs go to stderr")
    log_format: str = Field("console", description="console or json")

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
        file = config_folder() / "netguru.toml"
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=file)


@cache
def settings() -> Settings:
    """Give the settings in force, read once; `settings.cache_clear()` reads them again."""
    return Settings()
