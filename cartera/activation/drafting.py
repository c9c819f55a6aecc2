"""A new audience: checked as it would be when it is pulled, and only then written."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from cartera import publications
from cartera.activation import members
from cartera.activation.audience import Audience, load_audiences, own_folder
from cartera.activation.kinds import Kind
from cartera.activation.neighbours import known_columns
from cartera.duck import attach, confine, connect
from cartera.errors import ContractError, UsageError, one_line
from cartera.files import write_whole
from cartera.settings import Settings
from cartera.yaml_lines import parse_model

# The field of contact data by which each channel reaches somebody.
REACHED_BY = {"email": "email", "phone": "phone_e164"}
CAP = re.compile(r"\s*(\d{1,9})\s*/\s*(\d{1,9})\s*")


def default_fields(channel: str | None) -> list[str]:
    """What a list carries where nobody says: whom to reach by ``channel``, and who that is."""
    if channel not in REACHED_BY:
        return ["customer_id"]
    return ["customer_id", "given_name", "surname_1", REACHED_BY[channel]]


def fields_of(text: str) -> list[str]:
    """Fields that somebody wrote with commas between them."""
    return [name.strip() for name in text.split(",") if name.strip()]


def cap_of(text: str) -> dict[str, int] | None:
    """A cap that somebody wrote as ``2/30``, two lists in thirty days; None of ``0``.

    Raises UsageError for another text.
    """
    if text.strip() in ("", "0"):
        return None
    found = CAP.fullmatch(text)
    if not found:
        raise UsageError(
            f"cap: {text!r} is not so many lists in so many days.", fix="Write 2/30, or 0 for none."
        )
    return {"lists": int(found[1]), "days": int(found[2])}


def draft(settings: Settings, told: dict[str, Any]) -> Path:
    """Write the audience ``told`` to ``CARTERA_HOME/audiences``.

    Its fields are those of its channel where none are told. Raises UsageError for a field, rule or
    order that is not right, and for a name that is taken.
    """
    audience = checked(settings, told)
    path = own_folder(settings) / f"{audience.name}.yml"
    _refuse_taken(settings, audience.name)
    text = yaml.safe_dump(_whole(told), allow_unicode=True, sort_keys=False, width=96)
    # A file that says something else, or nothing, would stop every command that reads audiences.
    if not _says(text, path, audience):
        raise UsageError(
            f"{audience.name}: written down, it would not be read as it was told.",
            fix="Leave out characters that are no text.",
        )
    write_whole(path, text.encode())
    return path


def _says(text: str, path: Path, audience: Audience) -> bool:
    """Whether the ``text`` of a file is read as ``audience``."""
    try:
        return parse_model(text.encode().decode(), path, Audience) == audience
    except (UnicodeError, ContractError):
        return False


def check_so_far(settings: Settings, told: dict[str, Any]) -> None:
    """Raise UsageError if no audience could come of what is ``told`` of it until now."""
    unsaid: dict[str, Any] = {"name": "new", "about": "new", "rule": "customer_id is not null"}
    if told.get("purpose") != "internal":
        unsaid["channel"] = "email"
    if not str(told.get("about", "new")).strip():
        raise UsageError("about: it says nothing.", fix="Say in a sentence what it is for.")
    audience = checked(settings, {**unsaid, **told})
    if "name" in told:
        _refuse_taken(settings, audience.name)


def _refuse_taken(settings: Settings, name: str) -> None:
    if name in load_audiences(settings):
        raise UsageError(
            f"There is an audience {name!r}.",
            fix="Choose another name; one of your own with the same name goes by hand.",
        )


def checked(settings: Settings, told: dict[str, Any]) -> Audience:
    """The audience ``told``, its rule held against the publication if there is one.

    It is the one that ``draft`` writes. Raises UsageError for what is not right.
    """
    try:
        audience = Audience.model_validate(_whole(told))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the audience"
        reason = first["msg"].removeprefix("Value error, ")
        raise UsageError(f"{place}: {reason}.", fix="Correct it.") from error
    if audience.campaign and audience.channel is None:
        raise UsageError("campaign: nobody is contacted.", fix="Leave it out.")
    if one_line(audience.about) != audience.about:
        raise UsageError("about: it is not one line of text.", fix="Say it in one sentence.")
    columns = columns_now(settings)
    if columns:
        members.check(settings, audience, columns)
    return audience


def _whole(told: dict[str, Any]) -> dict[str, Any]:
    """What is ``told``, and what follows from it: nobody can be reached by a list of ids."""
    return told if told.get("fields") else {**told, "fields": default_fields(told.get("channel"))}


def columns_now(settings: Settings) -> dict[str, Kind]:
    """What rules may name, by the current publication; nothing before the first."""
    publication = publications.current(settings)
    if publication is None:
        return {}
    with connect(settings) as connection:
        attach(connection, publication.warehouse, "warehouse", write=False)
        confine(connection)
        return known_columns(connection)
