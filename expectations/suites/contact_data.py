"""No text of the warehouse is contact data: by how it is written, or by whose it is known to be.

Every text is read, and most are none. So ``look`` reads each table once for all its columns and all
rules, and asks what costs least; a rule then asks those columns that have any mark of what it looks
for. What is known is looked up once for all columns together.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from expectations.rules import Catalog, Rule, no_rows

if TYPE_CHECKING:
    import duckdb

# What a rule asks of a warehouse in which no text has what it looks for.
_NONE = "select '' as table_name, '' as column_name, 0 as leaked_values where false"
OPEN_SCHEMAS = ("warehouse.core", "warehouse.marts", "warehouse.meta", "warehouse.ops")

_EMAIL = r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+([.][A-Za-z0-9-]+)*[.][A-Za-z]{2,}"
# With a country code anywhere in the text, or a whole value written as people write phones.
# Bare digits are not enough: product and order numbers look like that.
_PHONE = (
    r"(^|[^A-Za-z0-9+])[+][1-9][0-9]{0,2}[ .-]?([(]?[0-9]{1,4}[)]?[ .-]?){2,5}[0-9]{2,4}($|[^0-9])"
)
_PHONE_AS_WRITTEN = r"(00[0-9]{2}[ .-]?)?[(]?[0-9]{2,3}[)]?[ .-][0-9]{2,3}([ .-][0-9]{2,3}){1,3}"
# How they begin: DuckDB knows of whole blocks of texts that none of them does.
_BEGINS_AS_WRITTEN = "v >= '(' and v < ':'"
_BEGINS_WITH_A_DIGIT = "v >= '0' and v < ':'"
# Shorter ones are anybody's number.
_TAX_ID_FROM, _TAX_ID_TO = 8, 15
_KNOWN_TAX_IDS = f"""
    select tax_id from contacts.contacts.golden_records
    where length(tax_id) between {_TAX_ID_FROM} and {_TAX_ID_TO}
"""

# SQL over a text ``v``; nothing but a case leaves out what need not be asked.
_IS_EMAIL = f"case when contains(v, '@') then regexp_matches(v, '{_EMAIL}') end"
_IS_INTERNATIONAL = f"case when contains(v, '+') then regexp_matches(v, '{_PHONE}') end"


def look(
    connection: duckdb.DuckDBPyConnection, catalog: Catalog
) -> dict[tuple[str, str], frozenset[str]]:
    """What texts of each table and column have in them: ``@``, ``+``, the length of a ``tax id``.

    Raises duckdb.Error where a table cannot be read.
    """
    lengths = connection.execute(
        f"select distinct strlen(tax_id)::integer from ({_KNOWN_TAX_IDS}) order by all"
    ).fetchall()
    asked = {"@": "contains(v, '@')", "+": "contains(v, '+')"}
    if lengths:
        asked["tax id"] = f"strlen(v) in ({', '.join(str(length) for (length,) in lengths)})"
    found: dict[tuple[str, str], frozenset[str]] = {}
    query = _all_at_once(_texts(catalog), *asked.values())
    if query:
        for table, column, *counts in connection.execute(f"{query} order by all").fetchall():
            marks = zip(asked, counts, strict=True)
            found[table, column] = frozenset(mark for mark, count in marks if count)
    return found


def _texts(catalog: Catalog, mark: str | None = None) -> dict[str, dict[str, str]]:
    """Table to column to SQL of its text: all that can hold text, lists and JSON included.

    With a ``mark``, those that may have it.
    """
    found = {
        table: {
            column: f'"{column}"' if kind == "VARCHAR" else f'cast("{column}" as varchar)'
            for column, kind in columns.items()
            if ("VARCHAR" in kind or "JSON" in kind or "BLOB" in kind)
            and (mark is None or catalog.marks is None or mark in catalog.marks[table, column])
        }
        for table, columns in catalog.below(*OPEN_SCHEMAS).items()
    }
    return {table: texts for table, texts in found.items() if texts}


def _all_at_once(texts: dict[str, dict[str, str]], *holds: str) -> str:
    """One row per column: how many of its values each of ``holds`` (over ``v``) is true of."""
    return " union all ".join(
        f"""
        select '{table}' as table_name, unnest({list(columns)}) as column_name,
            {", ".join(_counts(columns, one, place) for place, one in enumerate(holds))}
        from {table}
        """
        for table, columns in texts.items()
    )


def _counts(columns: dict[str, str], holds: str, place: int) -> str:
    counts = ", ".join(f"count_if({_of(text, holds)})" for text in columns.values())
    return f"unnest([{counts}]) as leaked_values{place or ''}"


def _of(text: str, holds: str) -> str:
    return re.sub(r"\bv\b", lambda _: text, holds)


def _one_by_one(texts: dict[str, dict[str, str]], where: str) -> str:
    """Every text ``v`` for which ``where`` is true, with its table and column."""
    return " union all ".join(
        f"select '{table}' as table_name, '{column}' as column_name, {text} as v "
        f"from {table} where {_of(text, where)}"
        for table, columns in texts.items()
        for column, text in columns.items()
    )


def _columns_of_emails(catalog: Catalog) -> str:
    texts = _texts(catalog, "@")
    if not texts:
        return _NONE
    return f"""
        select table_name, column_name, leaked_values
        from ({_all_at_once(texts, _IS_EMAIL)})
        where leaked_values > 0
        order by all
    """


def _columns_of_phones(catalog: Catalog) -> str:
    international = _texts(catalog, "+")
    as_written = f"{_BEGINS_AS_WRITTEN} and strlen(v) between 9 and 20"
    return f"""
        select table_name, column_name, sum(leaked_values)::bigint as leaked_values
        from (
            {_all_at_once(international, _IS_INTERNATIONAL) or _NONE}
            union all
            select table_name, column_name, count(*) as leaked_values
            from ({_one_by_one(_texts(catalog), as_written)})
            where regexp_full_match(v, '{_PHONE_AS_WRITTEN}')
                and length(regexp_replace(v, '[^0-9]', '', 'g')) between 9 and 13
            group by table_name, column_name
        )
        group by table_name, column_name
        having sum(leaked_values) > 0
        order by all
    """


def _columns_of_known_phones(catalog: Catalog) -> str:
    """Columns of bare digits, more than one in twenty of which is a known phone number.

    A single order number can be somebody's phone by chance; a column of phones cannot.
    """
    digits = f"{_BEGINS_WITH_A_DIGIT} and strlen(v) between 9 and 14"
    return f"""
        with shown as (
            select distinct table_name, column_name, right(v, 9) as national
            from ({_one_by_one(_texts(catalog), digits)})
            where regexp_full_match(v, '[0-9]+')
        ),
        known as (
            select distinct right(phone_e164, 9) as national
            from contacts.contacts.golden_records
            where length(phone_e164) >= 10
        )
        select table_name, column_name, count(*) as numbers, count(known.national) as known_phones
        from shown
        left join known using (national)
        group by table_name, column_name
        having known_phones > 0 and known_phones * 20 > numbers
        order by all
    """


def _columns_of_known_tax_ids(catalog: Catalog) -> str:
    """Columns that hold a customer's tax id as a whole value."""
    texts = _texts(catalog, "tax id")
    if not texts:
        return _NONE
    long = f"strlen(v) between {_TAX_ID_FROM} and {_TAX_ID_TO}"
    return f"""
        select table_name, column_name, count(*) as leaked_values
        from ({_one_by_one(texts, long)})
        where upper(v) in ({_KNOWN_TAX_IDS})
        group by table_name, column_name
        order by all
    """


RULES: list[Rule] = [
    no_rows(
        "no_email_outside_contacts",
        severity="critical",
        table="warehouse.meta.publication",
        sql=_columns_of_emails,
        reason="An e-mail address stands in the warehouse, which everybody may read.",
        remedy="Take the column shown out of its model, or keep it in contacts.",
    ),
    no_rows(
        "no_phone_outside_contacts",
        severity="critical",
        table="warehouse.meta.publication",
        sql=_columns_of_phones,
        reason="A phone number stands in the warehouse, which everybody may read.",
        remedy="Take the column shown out of its model, or keep it in contacts.",
    ),
    no_rows(
        "no_known_phones_outside_contacts",
        severity="critical",
        table="warehouse.meta.publication",
        sql=_columns_of_known_phones,
        reason="A column of the warehouse holds customers' phone numbers as bare digits.",
        remedy="Take the column shown out of its model, or keep it in contacts.",
    ),
    no_rows(
        "no_known_tax_ids_outside_contacts",
        severity="critical",
        table="warehouse.meta.publication",
        sql=_columns_of_known_tax_ids,
        reason="A customer's tax id stands in the warehouse, which everybody may read.",
        remedy="Take the column shown out of its model, or keep it in contacts.",
    ),
]
