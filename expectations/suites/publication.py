"""What must hold for the files as a whole: no contact data, described, complete, no surprise."""

from __future__ import annotations

from expectations.rules import Catalog, Rule, no_rows
from expectations.suites import contact_data, drift

_PUBLISHED = (*contact_data.OPEN_SCHEMAS, "contacts.contacts", "contacts.meta")


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
    *contact_data.RULES,
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
