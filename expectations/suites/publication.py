"""What must hold for the files as a whole: no contact data, described, complete, no surprise."""

from __future__ import annotations

from expectations.rules import Catalog, Rule, no_rows
from expectations.suites import drift

_OPEN_SCHEMAS = ("warehouse.core", "warehouse.marts", "warehouse.meta", "warehouse.ops")
_PUBLISHED = (*_OPEN_SCHEMAS, "contacts.contacts", "contacts.meta")

_EMAIL = r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+([.][A-Za-z0-9-]+)*[.][A-Za-z]{2,}"
# With a country code anywhere in the text, or a whole value written as people write phones.
# Bare digits are not enough: product and order numbers look like that.
_PHONE = (
    r"(^|[^A-Za-z0-9+])[+][1-9][0-9]{0,2}[ .-]?([(]?[0-9]{1,4}[)]?[ .-]?){2,5}[0-9]{2,4}($|[^0-9])"
)
# Shorter ones are anybody's number.
_TAX_ID_FROM, _TAX_ID_TO = 8, 15
# How what the patterns take begins: few texts do, and to compare one costs far less than a pattern.
_BEGINS_AS_WRITTEN = "v >= '(' and v < ':'"
_BEGINS_WITH_A_DIGIT = "v >= '0' and v < ':'"
_PHONE_AS_WRITTEN = r"(00[0-9]{2}[ .-]?)?[(]?[0-9]{2,3}[)]?[ .-][0-9]{2,3}([ .-][0-9]{2,3}){1,3}"


def _text_columns(catalog: Catalog) -> list[tuple[str, str]]:
    """Every column of the open schemas that can hold text, lists and JSON included."""
    return [
        (table, column)
        for table, columns in catalog.below(*_OPEN_SCHEMAS).items()
        for column, kind in columns.items()
        if "VARCHAR" in kind or "JSON" in kind or "BLOB" in kind
    ]


def _columns_where(catalog: Catalog, holds: str) -> str:
    """One row per text column with values for which ``holds`` (over ``v``) is true."""
    scans = " union all ".join(
        f"select '{table}' as table_name, '{column}' as column_name, count(*) as leaked_values "
        f'from (select cast("{column}" as varchar) as v from {table}) where {holds}'
        for table, column in _text_columns(catalog)
    )
    return f"select * from ({scans}) where leaked_values > 0 order by all"


def _columns_of_known_phones(catalog: Catalog) -> str:
    """Columns of bare digits, more than one in twenty of which is a known phone number.

    A single order number can be somebody's phone by chance; a column of phones cannot.
    """
    scans = " union all ".join(
        f"""
        select '{table}' as table_name, '{column}' as column_name,
            count(*) as numbers, count(known.national) as known_phones
        from (
            select distinct right(v, 9) as national
            from (select cast("{column}" as varchar) as v from {table})
            where {_BEGINS_WITH_A_DIGIT} and length(v) between 9 and 14
                and regexp_full_match(v, '[0-9]+')
        ) as shown
        left join known using (national)
        """
        for table, column in _text_columns(catalog)
    )
    return f"""
        with known as materialized (
            select distinct right(phone_e164, 9) as national
            from contacts.contacts.golden_records
            where length(phone_e164) >= 10
        )
        select * from ({scans}) where known_phones > 0 and known_phones * 20 > numbers
        order by all
    """


def _columns_of_known_tax_ids(catalog: Catalog) -> str:
    """Columns that hold a customer's tax id as a whole value."""
    scans = " union all ".join(
        f"""
        select '{table}' as table_name, '{column}' as column_name, count(*) as leaked_values
        from {table}
        where length("{column}") between {_TAX_ID_FROM} and {_TAX_ID_TO}
            and upper("{column}") in (select tax_id from known)
        """
        for table, column in _text_columns(catalog)
        if catalog.tables[table][column] == "VARCHAR"
    )
    return f"""
        with known as materialized (
            select distinct tax_id
            from contacts.contacts.golden_records
            where length(tax_id) between {_TAX_ID_FROM} and {_TAX_ID_TO}
        )
        select * from ({scans}) where leaked_values > 0 order by all
    """


def _undescribed(catalog: Catalog) -> str:
    """Columns that meta.columns lacks, or describes though they do not exist."""
    names = [
        [*table.split("."), column]
        for table, columns in catalog.below(*_PUBLISHED).items()
        for column in columns
    ]
    rows = ", ".join("('" + "', '".join(name) + "')" for name in names)
    return f"""
        with present(file, table_schema, table_name, column_name) as (values {rows}),
        described as (
            select distinct file, table_schema, table_name, column_name
            from warehouse.meta.columns
            where pii_class is not null
        )
        select file, table_schema, table_name, column_name
        from (from present except from described union (from described except from present))
        order by all
    """


RULES: list[Rule] = [
    no_rows(
        "no_email_outside_contacts",
        severity="critical",
        table="warehouse.meta.publication",
        sql=lambda catalog: _columns_where(
            catalog, f"contains(v, '@') and regexp_matches(v, '{_EMAIL}')"
        ),
        reason="An e-mail address stands in the warehouse, which everybody may read.",
        remedy="Take the column shown out of its model, or keep it in contacts.",
    ),
    no_rows(
        "no_phone_outside_contacts",
        severity="critical",
        table="warehouse.meta.publication",
        sql=lambda catalog: _columns_where(
            catalog,
            f"(contains(v, '+') and regexp_matches(v, '{_PHONE}')) "
            f"or ({_BEGINS_AS_WRITTEN} and length(v) between 9 and 20 "
            f"and regexp_full_match(v, '{_PHONE_AS_WRITTEN}') "
            "and length(regexp_replace(v, '[^0-9]', '', 'g')) between 9 and 13)",
        ),
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
    no_rows(
        "no_contact_class_outside_contacts",
        severity="critical",
        table="warehouse.meta.columns",
        sql="""
            select table_schema, table_name, column_name, pii_class, made_of
            from warehouse.meta.columns
            where file = 'warehouse' and pii_class in ('direct', 'free_text', 'url')
            order by all
        """,
        reason="Contact data flows into a column of the warehouse, which everybody may read.",
        remedy="Take the column shown out of its model, or keep it in contacts.",
    ),
    no_rows(
        "columns_described",
        severity="critical",
        table="warehouse.meta.columns",
        sql=_undescribed,
        reason="meta.columns and the published tables do not agree on the columns.",
        remedy="Describe the table in its model's YAML or in cartera/arrows/tables.yml.",
    ),
    no_rows(
        "columns_explained",
        severity="warning",
        table="warehouse.meta.columns",
        sql="""
            select table_schema, table_name, column_name
            from warehouse.meta.columns
            where coalesce(description, '') = ''
            order by all
        """,
        reason="A published column has no description, so readers must guess.",
        remedy="Describe the column shown in its model's YAML or in cartera/arrows/tables.yml.",
    ),
    Rule(
        name="schema_version_present",
        severity="critical",
        table="warehouse.meta.publication",
        expectation="ExpectColumnValuesToNotBeNull",
        arguments={"column": "schema_version"},
        reason="Readers cannot tell which version of the tables they are looking at.",
        remedy="The step that writes meta.publication left schema_version empty.",
    ),
    Rule(
        name="publication_described_once",
        severity="critical",
        table="warehouse.meta.publication",
        expectation="ExpectTableRowCountToBeBetween",
        arguments={"min_value": 1, "max_value": 1},
        reason="meta.publication must hold exactly one row: this publication.",
        remedy="The step that writes meta.publication ran twice, or not at all.",
    ),
    Rule(
        name="batches_present",
        severity="critical",
        table="warehouse.ops.batches",
        expectation="ExpectTableRowCountToBeBetween",
        arguments={"min_value": 1},
        reason="No batch went into this publication, so it can only be empty.",
        remedy="Run `cartera ingest` first, or check CARTERA_HOME.",
    ),
    no_rows(
        "no_missing_fx_rate",
        severity="critical",
        table="warehouse.core.fct_orders",
        sql="""
            select currency, order_date as day, count(*) as orders
            from warehouse.core.fct_orders
            where coalesce(is_fx_missing, true)
            group by all
            union all
            select currency, refund_date, count(*)
            from warehouse.core.fct_refunds
            where fx_rate is null
            group by all
            order by all
        """,
        reason="Orders or refunds have no exchange rate for their day: unknown, not zero.",
        remedy="Deliver fx_rates for the currency and days shown and ingest them.",
    ),
    *drift.RULES,
]
