"""The step and its mart without the rest of a build: orders in, ``work.marts.customer_clv`` out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import jinja2

from cartera.dbt import PROJECT

ORDERS = """
    create schema work.staging;
    create schema work.identity;
    create schema work.prediction;
    create schema work.marts;
    create table work.staging.stg_netted_orders (
        person_system varchar, person_record_id varchar, order_date date,
        net_revenue decimal(18, 2), is_fully_refunded boolean
    );
    create table work.identity.bindings (
        person_system varchar, person_record_id varchar, customer_id varchar
    );
"""


@contextmanager
def workshop() -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty ``work`` in memory, with the tables that the step reads."""
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as work")
        connection.execute(ORDERS)
        yield connection


def score(connection: duckdb.DuckDBPyConnection) -> None:
    """Run the model ``customer_clv`` over what the step left."""
    macros = (PROJECT / "macros" / "keys.sql").read_text(encoding="utf-8")
    model = PROJECT / "models" / "marts" / "prediction" / "customer_clv.sql"
    template = jinja2.Template(macros + model.read_text(encoding="utf-8"))
    sql = template.render(source=lambda schema, table: f"work.{schema}.{table}")
    connection.execute(f"create or replace table work.marts.customer_clv as {sql}")
