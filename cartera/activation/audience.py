"""Audiences: YAML files that say whom to contact, for what and through which channel."""

from __future__ import annotations

import difflib
import hashlib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from cartera.errors import UsageError
from cartera.settings import Settings
from cartera.yaml_lines import load_model

SHIPPED = Path(__file__).parent / "audiences"
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


class Audience(BaseModel):
    """A rule over customer_360 and what is done with those that match."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")
    about: str
    purpose: Literal["marketing"] = "marketing"
    channel: Literal["email", "phone"]
    campaign: str | None = None
    rule: str
    order: str = "net_revenue desc"
    limit: int | None = Field(default=None, ge=1)
    holdout_percent: float = Field(default=10, ge=0, le=100)
    fields: tuple[str, ...] = ("customer_id",)

    @property
    def version(self) -> str:
        """Names this definition: another rule, order or limit is another pull."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:8]

    @property
    def salt(self) -> str:
        """What the holdout is drawn by: the pulls of one campaign hold out the same people."""
        return self.campaign or self.name


def load_audiences(settings: Settings) -> dict[str, Audience]:
    """Cartera's audiences and those in ``CARTERA_HOME/audiences``, which win, by name.

    Raises ContractError for a file with a mistake, naming file, line and field.
    """
    found = {}
    for folder in (SHIPPED, settings.home / "audiences"):
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
    near = difflib.get_close_matches(name, audiences, n=1)
    hint = f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(audiences)}."
    raise UsageError(f"No audience {name!r}.", fix=hint)
