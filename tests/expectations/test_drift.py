"""A publication of older tables is one to compare with as far as it goes."""

from __future__ import annotations

import duckdb
import pytest

from expectations.rules import Catalog, Rule
from expectations.suites.drift import RULES

NOW = {
    "warehouse.marts.customer_rfm": {"customer_id": "VARCHAR", "rfm_segment": "VARCHAR"},
    "warehouse.core.dim_customers": {"customer_id": "VARCHAR", "has_email": "BOOLEAN"},
}
OLD = {"base.marts.customer_rfm": {"customer_id": "VARCHAR"}}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
@pytest.mark.parametrize("base", [{}, OLD], ids=["other tables", "other columns"])
def test_what_the_last_publication_did_not_have_is_no_alarm(
    rule: Rule, base: dict[str, dict[str, str]]
) -> None:
    tables = {**NOW, **base}
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as warehouse; attach ':memory:' as base")
        for name, columns in tables.items():
            connection.execute(f"create schema if not exists {name.rpartition('.')[0]}")
            kinds = ", ".join(f"{column} {kind}" for column, kind in columns.items())
            connection.execute(f"create table {name} ({kinds})")
        assert connection.execute(rule.arguments_for(Catalog(tables))["sql"]).fetchall() == []
