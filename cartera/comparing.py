"""What changed between two publications: tables, rows, figures, segments, customers.

Reads the two warehouses alone, so that who may not see contact data may compare. Customers are
followed through the merges that the later publication knows, whichever of the two is named first.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb

from cartera.duck import attach, confine, identifier, literal
from cartera.errors import CarteraError
from cartera.publications import Publication, facts

SIDES = ("was", "now")
SCHEMAS = ("core", "marts", "meta", "ops")
# What these hold is about a build and not about the company: their rows always differ.
COUNTED = ("core", "marts")
SCHEMES = ("rfm_segment", "abc_class", "value_tier")
NEW = "(new)"
GONE = "(gone)"
UNKNOWN = "(none)"
# Sums of floats differ in their last digits by the order in which threads add them.
TOLERANCE = 1e-9


@dataclass(frozen=True)
class Comparison:
    """``schemas`` and ``rows`` name what differs; ``kpis`` has every metric of the last months."""

    was: dict[str, Any]
    now: dict[str, Any]
    schemas: list[dict[str, Any]]
    rows: list[dict[str, Any]]
    kpis: list[dict[str, Any]]
    customers: dict[str, int]
    segments: list[dict[str, Any]]


def compare(was: Publication, now: Publication, *, months: int = 3) -> Comparison:
    """What is different in ``now``. ``months`` is how many of the last complete ones are told.

    A table or column that one of them does not have is told once, under ``schemas``.
    Raises CarteraError if one of the files cannot be read.
    """
    told = (facts(was), facts(now))
    with _both(was, now) as connection:
        columns = [_columns(connection, side) for side in SIDES]
        later = SIDES[now.publication_id >= was.publication_id]
        _follow(connection, columns, later)
        return Comparison(
            was=told[0],
            now=told[1],
            schemas=_schemas(*columns),
            rows=_rows(connection, *columns),
            kpis=_kpis(connection, columns, months),
            customers=_customers(connection),
            segments=[row for scheme in SCHEMES for row in _moves(connection, columns, scheme)],
        )


@contextmanager
def _both(was: Publication, now: Publication) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        for side, publication in zip(SIDES, (was, now), strict=True):
            if side == "now" and publication.warehouse == was.warehouse:
                raise CarteraError(
                    f"{publication.publication_id} would be compared with itself.",
                    fix="Name two; see `cartera publications list`.",
                )
            attach(connection, publication.warehouse, side, write=False)
        confine(connection)
        yield connection


Columns = dict[str, dict[str, str]]


def _columns(connection: duckdb.DuckDBPyConnection, side: str) -> Columns:
    """Table, as ``schema.table``, to its columns and their types."""
    found: Columns = {}
    for table, column, kind in connection.execute(
        "select schema_name || '.' || table_name, column_name, data_type from duckdb_columns() "
        "where database_name = $1 and list_contains($2, schema_name) "
        "order by schema_name, table_name, column_index",
        [side, list(SCHEMAS)],
    ).fetchall():
        found.setdefault(table, {})[column] = kind
    return found


def _schemas(was: Columns, now: Columns) -> list[dict[str, Any]]:
    found = []
    for table in sorted(was.keys() | now.keys()):
        if table not in was or table not in now:
            found.append(_change(table, None, table in was, table in now))
            continue
        for column in {**was[table], **now[table]}:
            kinds = was[table].get(column), now[table].get(column)
            if kinds[0] != kinds[1]:
                found.append(_change(table, column, *kinds))
    return found


def _change(table: str, column: str | None, was: Any, now: Any) -> dict[str, Any]:
    change = "retyped" if was and now else "added" if now else "removed"
    kinds = {} if column is None else {"was": was, "now": now}
    return {"table": table, "column": column, "change": change, **kinds}


def _rows(
    connection: duckdb.DuckDBPyConnection, was: Columns, now: Columns
) -> list[dict[str, Any]]:
    """Rows of each table that both have, where their number differs."""
    tables = [t for t in sorted(was.keys() & now.keys()) if t.split(".")[0] in COUNTED]
    if not tables:
        return []
    counts = " union all ".join(
        f"select {literal(table)}, (select count(*) from was.{_quoted(table)}), "
        f"(select count(*) from now.{_quoted(table)})"
        for table in tables
    )
    return [
        {"table": table, "was": before, "now": after, "change": after - before}
        for table, before, after in sorted(connection.execute(counts).fetchall())
        if before != after
    ]


def _kpis(
    connection: duckdb.DuckDBPyConnection, columns: list[Columns], months: int
) -> list[dict[str, Any]]:
    """Every metric of the last complete months of either, as a whole: no dimension."""
    if not all("marts.kpi_values" in side for side in columns):
        return []
    rows = connection.execute(
        """
        with months as (
            select distinct period_start
            from (
                select period_kind, period_start from was.marts.kpi_values
                union all select period_kind, period_start from now.marts.kpi_values
            )
            where period_kind = 'month'
            order by period_start desc
            limit $months
        ),

        before as (
            select metric, period_start, value from was.marts.kpi_values
            where period_kind = 'month' and dimension = 'ALL' and member = 'ALL'
        ),

        after as (
            select metric, period_start, value from now.marts.kpi_values
            where period_kind = 'month' and dimension = 'ALL' and member = 'ALL'
        )

        select metric, period_start, before.value, after.value
        from before
        full join after using (metric, period_start)
        where period_start in (select period_start from months)
        order by metric, period_start
        """,
        {"months": months},
    ).fetchall()
    return [_kpi(*row) for row in rows]


def _kpi(metric: str, month: date, was: float | None, now: float | None) -> dict[str, Any]:
    known = was is not None and now is not None
    change = now - was if was is not None and now is not None else None
    same = (
        abs(change or 0) <= TOLERANCE * max(abs(was or 0), abs(now or 0), 1)
        if known
        else was is None and now is None
    )
    return {
        "metric": metric,
        "month": month.isoformat(),
        "was": was,
        "now": now,
        "change": 0.0 if known and same else change,
        "change_rate": change / abs(was) if change is not None and was else None,
        "is_changed": not same,
    }


def _follow(connection: duckdb.DuckDBPyConnection, columns: list[Columns], later: str) -> None:
    """Tables ``before`` and ``after``: each customer's id as it is, and whom it leads to."""
    merges = (
        f"select old_customer_id, current_customer_id from {later}.core.customer_merges"
        if "core.customer_merges" in columns[SIDES.index(later)]
        else "select null::varchar as old_customer_id, null::varchar as current_customer_id "
        "where false"
    )
    connection.execute(f"create temp table merges as {merges}")
    for side, found, name in zip(SIDES, columns, ("before", "after"), strict=True):
        known = found.get("marts.customer_360", {})
        schemes = ", ".join(
            f"coalesce({scheme}, {literal(UNKNOWN)}) as {scheme}"
            if scheme in known
            else f"null::varchar as {scheme}"
            for scheme in SCHEMES
        )
        source = (
            f"select customer_id, {schemes} from {side}.marts.customer_360"
            if "customer_id" in known
            else f"select null::varchar as customer_id, {schemes} where false"
        )
        connection.execute(
            f"""
            create temp table {name} as
            select
                customers.*,
                coalesce(merges.current_customer_id, customers.customer_id) as leads_to
            from ({source}) as customers
            left join merges on customers.customer_id = merges.old_customer_id
            """
        )


def _customers(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """``was`` = kept + merged + gone and ``now`` = kept + parted + new: nobody is left over."""
    cursor = connection.execute(
        """
        select
            (select count(*) from before) as was,
            (select count(*) from after) as now,
            (select count(distinct leads_to) from before
                where leads_to in (select leads_to from after)) as kept,
            (select count(*) from after
                where leads_to not in (select leads_to from before)) as new,
            (select count(*) from before
                where leads_to not in (select leads_to from after)) as gone,
            (select count(*) - count(distinct leads_to) from before
                where leads_to in (select leads_to from after)) as merged,
            (select count(*) - count(distinct leads_to) from after
                where leads_to in (select leads_to from before)) as parted
        """
    )
    names = [column[0] for column in cursor.description]
    return dict(zip(names, cursor.fetchall()[0], strict=True))


def _moves(
    connection: duckdb.DuckDBPyConnection, columns: list[Columns], scheme: str
) -> list[dict[str, Any]]:
    """How many went from which segment to which; who stayed is told too."""
    if not all(scheme in side.get("marts.customer_360", {}) for side in columns):
        return []
    rows = connection.execute(
        f"""
        select
            case when before.leads_to is null then $new else before.{identifier(scheme)} end,
            case when after.leads_to is null then $gone else after.{identifier(scheme)} end,
            count(*)
        from before
        full join after on before.leads_to = after.leads_to
        group by all
        order by 3 desc, 1, 2
        """,
        {"new": NEW, "gone": GONE},
    ).fetchall()
    return [
        {"scheme": scheme, "from": old, "to": new, "is_move": old != new, "customers": customers}
        for old, new, customers in rows
    ]


def _quoted(table: str) -> str:
    return ".".join(identifier(part) for part in table.split(".", 1))
