"""The day of a moment is the calendar's in every zone, whatever the macro does to be quick."""

from __future__ import annotations

import duckdb
import pytest
from dbt.context.base import get_context_modules
from jinja2 import Environment, FileSystemLoader, select_autoescape

from cartera.dbt import PROJECT

# Summer time north and south, none, half an hour of it, twice a year for Ramadan, quarters of an
# hour.
ZONES = (
    "Europe/Madrid",
    "America/Santiago",
    "UTC",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Asia/Kathmandu",
    "Pacific/Apia",
)


def business_date(zone: str, column: str) -> str:
    """The macro's SQL for DuckDB, as dbt renders it when it runs."""
    environment = Environment(
        loader=FileSystemLoader(PROJECT / "macros"),
        extensions=["jinja2.ext.do"],
        autoescape=select_autoescape(),
    )
    environment.globals.update(
        var={"business_timezone": zone}.__getitem__,
        modules=get_context_modules(),
        execute=True,
    )
    return str(environment.get_template("time.sql").module.default__business_date(column))


@pytest.mark.parametrize("zone", ZONES)
def test_a_day_is_that_of_the_calendar(zone: str) -> None:
    with duckdb.connect() as db:
        wrong, asked = db.execute(
            f"""
            with moments as (
                select unnest(generate_series(
                    timestamp '1965-01-01', timestamp '2040-01-01', interval 30 minute
                )) as moment
                union all select null
            ),
            told as (
                select
                    {business_date(zone, "moment")} as day,
                    cast(timezone('{zone}', timezone('UTC', moment)) as date) as calendar_day
                from moments
            )
            select count(*) filter (day is distinct from calendar_day), count(day) from told
            """
        ).fetchall()[0]
    assert wrong == 0
    assert asked > 1_300_000
