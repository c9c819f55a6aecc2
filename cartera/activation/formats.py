"""How a list is written: CSV that no spreadsheet takes for formulas, Parquet, hashed for ads.

Google: https://support.google.com/google-ads/answer/7659867 has the header names, and that zip and
country stay as they are; https://support.google.com/google-ads/answer/7476159 and
https://developers.google.com/display-video/api/guides/tasks/upload-customer-match-audience/prepare-data
that e-mails and names are put in lower case without spaces, and phones in E.164, before SHA-256.

Meta: https://www.facebook.com/business/help/2082575038703844 has the header names;
https://developers.facebook.com/docs/marketing-api/audiences/guides/custom-audiences that all is
hashed: phones as digits with their country code and no plus, names and cities in lower case without
punctuation, zips without spaces, countries as two small letters.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

import duckdb

from cartera.activation.audience import CONTACT_FIELDS, Audience, Format
from cartera.activation.kinds import nearest
from cartera.activation.members import Checked
from cartera.activation.neighbours import people
from cartera.duck import identifier, literal
from cartera.errors import UsageError
from cartera.files import sync_file
from cartera.formulas import has_formula, is_formula, marked_within

SUFFIXES: dict[Format, str] = {
    "csv": ".csv",
    "excel": ".excel.csv",
    "parquet": ".parquet",
    "google": ".google.csv",
    "meta": ".meta.csv",
}
# The warehouse's word counts: it is that of the rule.
TOLD_BY_BOTH = ("country", "language")
BOM = b"\xef\xbb\xbf"
COPY_ROOM = 1 << 20


def formats_named(names: Iterable[str]) -> tuple[Format, ...]:
    """These names as formats, each once. Raises UsageError with the nearest one."""
    found: dict[Format, None] = {}
    for name in names:
        form = next((form for form in SUFFIXES if form == name), None)
        if form is None:
            hint = nearest(name, SUFFIXES) or f"There are: {', '.join(SUFFIXES)}."
            raise UsageError(f"No format {name!r}.", fix=hint)
        found[form] = None
    return tuple(found)


def write_list(
    connection: duckdb.DuckDBPyConnection,
    audience: Audience,
    checked: Checked,
    form: Format,
    path: Path,
) -> None:
    """Write who is on the list to ``path``, in the audience's order, synced."""
    rows = _listed(connection, audience, checked)
    if form == "parquet":
        fields = ", ".join(map(identifier, audience.fields))
        options = "format parquet, compression zstd"
    else:
        fields = ", ".join(
            f"{column} as {identifier(name)}"
            for name, column in _csv_columns(connection, audience, rows, form).items()
        )
        options = "format csv, header"
    aside = path.with_name(path.name + ".plain")
    target = aside if form == "excel" else path
    connection.execute(
        f"copy (select {fields} from ({rows}) order by {checked.sorting}) "
        f"to {literal(target)} ({options})"
    )
    if form == "excel":
        with path.open("wb") as marked, aside.open("rb") as plain:
            marked.write(BOM)
            shutil.copyfileobj(plain, marked, COPY_ROOM)
        aside.unlink()
    path.chmod(0o640)
    sync_file(path)


def _listed(connection: duckdb.DuckDBPyConnection, audience: Audience, checked: Checked) -> str:
    """A query of everyone on the list: what the warehouse knows, then contact data."""
    named = [*audience.fields, checked.order]
    contacts = ", ".join(f"golden.{name}" for name in CONTACT_FIELDS if name not in TOLD_BY_BOTH)
    return f"""
        select {contacts}, customers.*
        from members
        join ({people(connection, named)}) customers using (customer_id)
        left join contacts.contacts.golden_records golden using (customer_id)
        where members.bucket = 'list'
    """


def _csv_columns(
    connection: duckdb.DuckDBPyConnection, audience: Audience, rows: str, form: Format
) -> dict[str, str]:
    if form == "google":
        return GOOGLE
    if form == "meta":
        return META
    kinds = {name: kind for name, kind, *_ in connection.execute(f"describe {rows}").fetchall()}
    return {
        name: _safe(name) if kinds[name] == "VARCHAR" else identifier(name)
        for name in audience.fields
    }


def _safe(name: str) -> str:
    """Text that a spreadsheet does not take for a formula; a plain phone number stays as it is."""
    column = identifier(name)
    marked = marked_within(column)
    return (
        f"case when {is_formula(column)} and not regexp_full_match({column}, '[+][0-9]+') "
        f"then '''' || {marked} else {marked} end"
    )


def _hashed(text: str) -> str:
    """SHA-256 in hex; nothing is hashed to nothing."""
    return f"sha256(nullif({text}, ''))"


def _without(column: str, pattern: str) -> str:
    return f"regexp_replace(lower({column}), '{pattern}', '', 'g')"


def _or_nothing(column: str) -> str:
    """Text that a platform takes as it is; nothing where a spreadsheet would take a formula.

    A mark before it would be part of what is matched, and no zip or country is such a text.
    """
    return f"case when not {has_formula(column)} then {column} end"


# What somebody may be found by is what they agreed to be addressed by.
_SPACES, _MARKS = r"\s+", r"[\s\p{P}]+"
_EMAIL = f"case when is_reachable_email then {_without('email', _SPACES)} end"
_PHONE = f"case when is_reachable_phone then {_without('phone_e164', '[^0-9]')} end"
_SURNAMES = "concat_ws(' ', surname_1, surname_2)"
GOOGLE = {
    "Email": _hashed(_EMAIL),
    "Phone": _hashed(f"'+' || nullif({_PHONE}, '')"),
    "First Name": _hashed(_without("given_name", _SPACES)),
    "Last Name": _hashed(_without(_SURNAMES, _SPACES)),
    "Country": _or_nothing("country"),
    "Zip": _or_nothing("postal_code"),
}
META = {
    "email": _hashed(_EMAIL),
    "phone": _hashed(_PHONE),
    "fn": _hashed(_without("given_name", _MARKS)),
    "ln": _hashed(_without(_SURNAMES, _MARKS)),
    "ct": _hashed(_without("city", _MARKS)),
    "zip": _hashed(_without("postal_code", _SPACES)),
    "country": _hashed("lower(country)"),
}
