"""What a rule is, and the two ways to write one. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from expectations.result import Severity

# Columns that name a row of a table in the result of one of Great Expectations' own rules; a query
# brings its keys itself. None may hold contact data: a source record's id can be an e-mail address.
KEYS: Mapping[str, tuple[str, ...]] = {
    "warehouse.core.dim_customers": ("customer_id",),
    "warehouse.core.fct_orders": ("order_key",),
    "warehouse.marts.customer_360": ("customer_id",),
    "warehouse.marts.customer_rfm": ("customer_id",),
    "warehouse.marts.campaign_performance": ("campaign_id", "source_system", "variant", "step"),
    "warehouse.meta.publication": ("publication_id",),
    "warehouse.ops.batches": ("batch_id",),
}

NO_ROWS = "ExpectNoRows"


@dataclass(frozen=True)
class Catalog:
    """The tables that a candidate (and its base) holds: catalog.schema.table -> column -> type.

    ``marks`` are what texts of a table's column have in them, as ``contact_data.look`` found, so
    that it need not be asked again of those that have nothing; None if nobody looked.
    """

    tables: Mapping[str, Mapping[str, str]]
    marks: Mapping[tuple[str, str], Collection[str]] | None = None

    def below(self, *schemas: str) -> dict[str, Mapping[str, str]]:
        """Tables of the given ``catalog.schema`` names, by full name, in order of name."""
        return {
            table: self.tables[table]
            for table in sorted(self.tables)
            if table.rpartition(".")[0] in schemas
        }


Arguments = Mapping[str, Any]


@dataclass(frozen=True)
class Rule:
    """One thing that must hold before a candidate is published.

    ``expectation`` names a class of great_expectations.expectations, or ``ExpectNoRows``;
    ``arguments`` are its own, or are made from the catalog when the gate runs.
    """

    name: str
    severity: Severity
    reason: str  # what a failure means, in one line
    remedy: str  # what to do about it
    table: str  # catalog.schema.table that the rule is about
    expectation: str
    arguments: Arguments | Callable[[Catalog], Arguments]
    needs_base: bool = False  # skipped when nothing has been published yet

    def arguments_for(self, catalog: Catalog) -> Arguments:
        return self.arguments(catalog) if callable(self.arguments) else self.arguments


def no_rows(
    name: str,
    *,
    severity: Severity,
    table: str,
    sql: str | Callable[[Catalog], str],
    reason: str,
    remedy: str,
    needs_base: bool = False,
) -> Rule:
    """A rule broken by every row that ``sql`` returns; its columns become the keys shown.

    ``sql`` may read all attached files (work, contacts, warehouse, base) by full name.
    """

    def arguments(catalog: Catalog) -> Arguments:
        return {"sql": sql(catalog) if callable(sql) else sql}

    return Rule(
        name=name,
        severity=severity,
        table=table,
        reason=reason,
        remedy=remedy,
        expectation=NO_ROWS,
        arguments=arguments,
        needs_base=needs_base,
    )
