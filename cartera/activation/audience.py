"""Audiences: YAML files that say whom to contact, for what and through which channel."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from cartera.activation.kinds import nearest
from cartera.errors import ContractError, UsageError, one_line
from cartera.settings import Settings
from cartera.yaml_lines import line_of, load_model

SHIPPED = Path(__file__).parent / "audiences"
NAME = r"^[a-z][a-z0-9_]{0,62}$"
# What a list may carry of a customer's contact data.
CONTACT_FIELDS = (
    "given_name",
    "surname_1",
    "surname_2",
    "email",
    "phone_e164",
    "address",
    "postal_code",
    "city",
    "country",
    "language",
)
Format = Literal["csv", "excel", "parquet", "google", "meta"]
Purpose = Literal["marketing", "service", "internal"]
# What says how a list is used, and not who is on it.
NOT_OF_THE_LIST = {"about", "nightly", "formats", "destination"}


class Cap(BaseModel):
    """At most ``lists`` lists in ``days`` days for one customer, of whatever audience."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    lists: int = Field(ge=1)
    days: int = Field(ge=1, le=3650)


class Audience(BaseModel):
    """A rule over customer_360 and its neighbours, and what is done with those that match.

    ``purpose``: ``marketing`` needs consent; ``service`` answers what a customer asked for and
    needs none; ``internal`` contacts nobody. Of a ``rescue``, as of what is no marketing,
    nobody is held out. ``limit_per`` takes the first ``limit`` of each value of a column.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=NAME)
    about: str
    purpose: Purpose = "marketing"
    channel: Literal["email", "phone"] | None = None
    campaign: str | None = None
    rescue: bool = False
    rule: str
    order: str = "net_revenue desc"
    limit: int | None = Field(default=None, ge=1)
    limit_per: str | None = None
    holdout_percent: float = Field(default=10, ge=0, le=100)
    cap: Cap | None = None
    fields: tuple[str, ...] = Field(default=("customer_id",), min_length=1)
    formats: tuple[Format, ...] = Field(default=("csv",), min_length=1)
    destination: str | None = Field(default=None, pattern=NAME)
    nightly: bool = False

    @model_validator(mode="before")
    @classmethod
    def _nobody_held_out(cls, told: Any) -> Any:
        """Where nobody may be held out, that need not be said."""
        is_measured = isinstance(told, dict) and (
            not told.get("rescue") and told.get("purpose", "marketing") == "marketing"
        )
        return told if is_measured or not isinstance(told, dict) else {"holdout_percent": 0, **told}

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if (self.channel is None) != (self.purpose == "internal"):
            raise ValueError("channel is email or phone, and there is none for purpose internal")
        if self.holdout_percent and (self.rescue or self.purpose != "marketing"):
            raise ValueError("holdout_percent is 0 where customers are rescued, served or counted")
        if self.cap and (self.rescue or self.purpose != "marketing"):
            raise ValueError("cap is for marketing: a rescue or a service does not wait")
        if self.limit_per and not self.limit:
            raise ValueError("limit_per needs limit: how many of each")
        if len(set(self.fields)) < len(self.fields):
            raise ValueError("fields names a column twice")
        return self

    @property
    def version(self) -> str:
        """Names this definition: another rule, order or limit is another pull."""
        told = self.model_dump_json(exclude=NOT_OF_THE_LIST)
        return hashlib.sha256(told.encode()).hexdigest()[:8]

    @property
    def salt(self) -> str:
        """What the holdout is drawn by: the pulls of one campaign hold out the same people."""
        return self.campaign or self.name

    def for_campaign(self, campaign: str | None) -> Audience:
        """The same list as one of ``campaign``, as if its file named it; as it is for None.

        Raises UsageError for a list that nobody is contacted from, and for what is no id.
        """
        if campaign is None or campaign == self.campaign:
            return self
        if self.channel is None:
            raise UsageError(
                f"{self.name} contacts nobody, so it is no list of a campaign.",
                fix="Leave the campaign out.",
            )
        if campaign != one_line(campaign).strip() or not campaign:
            raise UsageError(
                f"{campaign!r} is no id of a campaign.",
                fix="Write it as the system that runs the campaign does.",
            )
        return self.model_copy(update={"campaign": campaign})


def own_folder(settings: Settings) -> Path:
    """Where this company's audiences are."""
    return settings.home / "audiences"


def place_in_file(settings: Settings, audience: Audience, *field: int | str) -> str | None:
    """``file:line`` of a field of ``audience``; None of one that no file holds as it is."""
    for folder in (own_folder(settings), SHIPPED):
        path = folder / f"{audience.name}.yml"
        if path.exists():
            try:
                is_held = load_model(path, Audience) == audience
                return f"{path}:{line_of(path, field)}" if is_held else None
            except ContractError:
                return None
    return None


def load_audiences(settings: Settings) -> dict[str, Audience]:
    """Cartera's audiences and those in ``CARTERA_HOME/audiences``, which win, by name.

    Raises ContractError for a file with a mistake, naming file, line and field.
    """
    found = {}
    for folder in (SHIPPED, own_folder(settings)):
        for path in sorted(folder.glob("*.yml")):
            audience = load_model(path, Audience)
            if audience.name != path.stem:
                raise UsageError(
                    f"{path}: it is named {audience.name!r} inside.",
                    fix="Give the file and the audience the same name.",
                )
            found[audience.name] = audience
    return found


def find_audience(settings: Settings, name: str) -> Audience:
    """The audience of that name. Raises UsageError with the nearest one."""
    audiences = load_audiences(settings)
    if name in audiences:
        return audiences[name]
    hint = nearest(name, audiences) or f"There are: {', '.join(audiences)}."
    raise UsageError(f"No audience {name!r}.", fix=hint)
