"""Where things are and how this company counts: one class, filled from ``CARTERA_*``."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from cartera.errors import UsageError
from cartera.quantities import age, size

CHECKOUT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """Every setting has a default; each comes from the environment variable of its name."""

    model_config = SettingsConfigDict(env_prefix="CARTERA_", extra="ignore")

    home: Path = Field(default=CHECKOUT / "data", description="where data lives")
    business_timezone: str = Field(
        default="Europe/Madrid", description="zone of every date and period"
    )
    reporting_currency: str = Field(default="EUR", pattern=r"^[A-Z]{3}$")
    default_country: str = Field(default="ES", pattern=r"^[A-Z]{2}$")
    hash_key: str = Field(
        default="", repr=False, description="key of every keyed hash; made once if empty"
    )
    threads: int = Field(default=0, ge=0, description="DuckDB threads; 0 means all cores")
    memory_limit: str = Field(default="", description="DuckDB memory limit, e.g. 8GB")
    keep_publications: int = Field(default=5, ge=1, description="publications kept by prune")
    keep_publications_for: str = Field(
        default="", description="age above which publications are pruned, e.g. 30d; empty: none"
    )
    publications_budget: str = Field(
        default="", description="bytes that publications may take, e.g. 20GB; empty: any"
    )
    parquet_folder: str = Field(
        default="", description="where each publication goes as Parquet; empty: nowhere"
    )
    postgres_url: str = Field(
        default="", repr=False, description="PostgreSQL database that gets each publication"
    )
    postgres_wait_seconds: float = Field(
        default=120, ge=0, description="how long a copy waits for those who read the one before"
    )
    tombstones_copy: str = Field(
        default="", description="file in which tombstones outlive this home; empty: none"
    )
    backup_folder: str = Field(
        default="", description="where maintenance puts its backups; empty: it makes none"
    )
    keep_backups: int = Field(default=4, ge=1, description="backups kept in that folder")
    briefing_to: str = Field(
        default="", description="who gets the briefing of each publication by mail, with commas"
    )
    briefing_from: str = Field(default="", description="the sender of briefings")
    briefing_language: Literal["en", "es"] = Field(default="en", description="en or es")
    contacts_group: str = Field(
        default="", description="Unix group that may read contacts.duckdb; empty: owner only"
    )
    max_inflated: str = Field(
        default="20GB", description="bytes that a packed delivery may unpack to"
    )
    max_inflation: int = Field(
        default=200, ge=2, description="how many times its size it may unpack to, above 100 MB"
    )
    lock_wait_seconds: float = Field(default=0, ge=0, description="how long to wait for a lock")
    desk_url: str = Field(
        default="", description="address at which people open the desk, if it is behind a proxy"
    )
    desk_idle_minutes: int = Field(
        default=30, ge=1, description="how long somebody may be away and is still logged in"
    )
    desk_session_hours: int = Field(
        default=10, ge=1, description="how long somebody is logged in at the most"
    )
    desk_oidc_file: str = Field(
        default="", description="TOML file with the provider of logins; empty: local users"
    )
    desk_roles: str = Field(
        default="",
        description="roles of those who log in there: ana@firm.com=admin @firm.com=viewer",
    )
    desk_trust_email: bool = Field(
        default=False,
        description="take e-mails of a provider that never says whether it verified them",
    )

    @field_validator("home")
    @classmethod
    def _absolute(cls, home: Path) -> Path:
        home = home.expanduser().absolute()
        if "?" in str(home):
            raise ValueError(
                "a folder with ? in its name, below which DuckDB can write no database"
            )
        return home

    @field_validator("business_timezone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"{zone!r} is not an IANA time zone such as Europe/Madrid") from error
        return zone

    @field_validator("keep_publications_for", "publications_budget", "max_inflated")
    @classmethod
    def _quantity(cls, text: str, info: ValidationInfo) -> str:
        try:
            if text or info.field_name == "max_inflated":
                (age if info.field_name == "keep_publications_for" else size)(text)
        except UsageError as error:
            raise ValueError(str(error)) from error
        return text

    @cached_property
    def inbox(self) -> Path:
        return self.home / "inbox"

    @cached_property
    def landing(self) -> Path:
        return self.home / "landing"

    @cached_property
    def quarantine(self) -> Path:
        return self.home / "quarantine"

    @cached_property
    def publications(self) -> Path:
        return self.home / "publications"

    @cached_property
    def state(self) -> Path:
        return self.home / "state"

    @cached_property
    def stewards(self) -> Path:
        return self.home / "stewards"

    @cached_property
    def exports(self) -> Path:
        return self.home / "exports"

    @cached_property
    def connections(self) -> Path:
        """Where this company's systems keep their data, one file per system."""
        return self.home / "connections"

    @cached_property
    def contracts(self) -> Path:
        """Contracts of this company, beside those that Cartera ships with."""
        return self.home / "contracts"


def load_settings(**overrides: object) -> Settings:
    """Read the settings from the environment; ``overrides`` win.

    Raises UsageError that names the variable at fault.
    """
    try:
        return Settings(**{k: v for k, v in overrides.items() if v is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        name = "CARTERA_" + "_".join(str(part) for part in first["loc"]).upper()
        raise UsageError(
            f"{name}: {first['msg']} (it is {first['input']!r}).",
            fix=f"Set {name} to a valid value or unset it.",
        ) from error
