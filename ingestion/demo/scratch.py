"""The scratch database in which the demo company is made, and its dice.

All chance is a hash of (key, salt, seed): no state, so the same rows come out in whatever order
and on however many threads DuckDB computes them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb

from ingestion.demo import names

MACROS = """
-- One die: uniform in [0, 1). DuckDB's hash of several values only xors them together, which
-- leaves two salts of one key fully dependent; the outer hash mixes them.
create macro u(k, salt) as (hash(hash(k, salt, {seed})) >> 11)::double / 9007199254740992.0;
create macro dice(k, salt, sides) as floor(u(k, salt) * sides)::bigint;
create macro pick(list, x) as list[1 + floor(x * len(list))::bigint];
-- Prefers the front of a list ordered from common to rare.
create macro pick_common(list, x) as list[1 + floor(x * x * len(list))::bigint];
create macro normal(k, salt) as
    sqrt(-2 * ln(1 - u(k, salt || '1'))) * cos(2 * pi() * u(k, salt || '2'));
create macro seconds(n) as to_seconds((n)::bigint);
create macro day_at(n) as date '{start}' + (n)::integer;
create macro iso_z(t) as strftime(t, '%Y-%m-%dT%H:%M:%SZ');
create macro es_number(n) as
    replace(replace(replace(format('{{:,.2f}}', (n)::double), ',', '_'), '.', ','), '_', '.');
-- A number of `digits` digits that looks random and is different for every k below 10^digits.
create macro scramble(k, digits) as
    lpad(((((k)::bigint + {shift}) * 61803399) % (10 ** digits)::bigint)::varchar, digits, '0');
create macro typo(s, x) as case
    when length(s) < 4 then s
    when x < 0.3 then substr(s, 1, 1 + (x * 1000)::bigint % (length(s) - 2))
        || substr(s, 3 + (x * 1000)::bigint % (length(s) - 2))
    when x < 0.6 then substr(s, 1, 1 + (x * 1000)::bigint % (length(s) - 2))
        || substr(s, 3 + (x * 1000)::bigint % (length(s) - 2), 1)
        || substr(s, 2 + (x * 1000)::bigint % (length(s) - 2), 1)
        || substr(s, 4 + (x * 1000)::bigint % (length(s) - 2))
    when x < 0.8 then substr(s, 1, 1 + (x * 1000)::bigint % (length(s) - 2))
        || substr(s, 1 + (x * 1000)::bigint % (length(s) - 2))
    else substr(s, 1, 1 + (x * 1000)::bigint % (length(s) - 2))
        || 'aeiosnr'[1 + (x * 10000)::bigint % 7]
        || substr(s, 3 + (x * 1000)::bigint % (length(s) - 2)) end;
"""


class Company:
    """The company being made: its size, period and scratch database.

    ``start`` is the first day of data and ``as_of`` the exclusive end; ``deliveries`` are the
    days on which increments arrive (month ends, and the last day of data).
    """

    def __init__(
        self, db: duckdb.DuckDBPyConnection, people: int, seed: int, as_of: date, days: int
    ) -> None:
        self.db = db
        self.people, self.seed, self.as_of, self.days = people, seed, as_of, days
        self.start = as_of - timedelta(days=days)
        self.deliveries = _month_ends(self.start, as_of)
        for statement in (
            MACROS.format(seed=int(seed), start=self.start, shift=int(seed) % 9973)
        ).split(";\n"):
            if statement.strip():
                db.execute(statement)
        for name in ("SURNAMES_ES", "SURNAMES_EN", "WOMEN_ES", "MEN_ES", "WOMEN_EN", "MEN_EN"):
            self.let(name.lower(), getattr(names, name))
        self.let("streets_es", names.STREETS_ES)
        self.let("streets_en", names.STREETS_EN)
        self.let("mail_domains", names.MAIL_DOMAINS)
        self.fill("nicknames", "given varchar, nickname varchar", list(names.NICKNAMES.items()))
        self.fill(
            "cities",
            "city_id bigint, country varchar, city varchar, region varchar, postal varchar",
            [(i, *row) for i, row in enumerate(names.CITIES)],
        )
        self.fill(
            "deliveries",
            "delivery bigint, first_day date, last_day date",
            [
                (i, self.deliveries[i - 1] + timedelta(days=1) if i else self.start, day)
                for i, day in enumerate(self.deliveries)
            ],
        )

    def let(self, name: str, value: list[Any]) -> None:
        """Make a list known to SQL as getvariable('name')."""
        self.db.execute(f"set variable {name} = [{', '.join(map(sql_literal, value))}]")

    def fill(self, table: str, columns: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """Make a small table."""
        self.db.execute(f"create table {table} ({columns})")
        values = ", ".join(f"({', '.join(map(sql_literal, row))})" for row in rows)
        self.db.execute(f"insert into {table} values {values}")

    def make(self, table: str, query: str) -> None:
        """Make a table of the scratch database; {start}, {as_of}, {days}, {people} are filled."""
        self.db.execute(f"create table {table} as {self.sql(query)}")

    def sql(self, query: str) -> str:
        """Fill the company's period and size into a query."""
        for name in ("start", "as_of", "days", "people"):
            query = query.replace("{" + name + "}", str(getattr(self, name)))
        return query

    def one(self, query: str) -> Any:
        """The single value of a query."""
        row = self.db.execute(self.sql(query)).fetchone()
        return row[0] if row else None


def sql_literal(value: object) -> str:
    """A value as SQL. (Bound lists and executemany make DuckDB import pandas: seconds.)"""
    if isinstance(value, int | float):
        return repr(value)
    return "'" + str(value).replace("'", "''") + "'"


def _month_ends(start: date, as_of: date) -> list[date]:
    """The last days of the months from ``start`` to ``as_of`` (exclusive), ascending."""
    last = as_of - timedelta(days=1)
    days = [
        start + timedelta(days=n)
        for n in range((last - start).days + 1)
        if (start + timedelta(days=n + 1)).day == 1
    ]
    return days if days and days[-1] == last else [*days, last]


@contextmanager
def scratch_database(folder: Path, threads: int = 0) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB file in ``folder`` that may spill there and stays within a few gigabytes.

    ``threads`` 0 means as many as there are cores.
    """
    db = duckdb.connect(str(folder / "scratch.duckdb"))
    try:
        db.execute("set memory_limit = '4GB'")
        db.execute(f"set temp_directory = '{str(folder / 'spill').replace(chr(39), chr(39) * 2)}'")
        db.execute("set enable_progress_bar = false")
        if threads:
            db.execute(f"set threads = {int(threads)}")
        yield db
    finally:
        db.close()
