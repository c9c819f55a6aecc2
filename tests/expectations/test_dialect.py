"""Our dialect makes Great Expectations tell the truth about DuckDB."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from expectations import dialect
from expectations.audit import run_suites
from expectations.result import RuleResult
from expectations.rules import Rule
from expectations.suites import SUITES

TABLE = "warehouse.marts.customer_360"

# Kind of expectation -> arguments that the table below meets, and arguments that it breaks.
KNOWN_BAD: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "ExpectNoRows": (
        {"sql": "select 1 as one where false"},
        {"sql": "select 1 as one"},
    ),
    "ExpectColumnValuesToBeUnique": ({"column": "customer_id"}, {"column": "twice"}),
    "ExpectColumnValuesToNotBeNull": ({"column": "customer_id"}, {"column": "gap"}),
    "ExpectColumnValuesToBeBetween": (
        {"column": "amount", "min_value": 1, "max_value": 3},
        {"column": "amount", "min_value": 1, "max_value": 2},
    ),
    "ExpectColumnValuesToBeInSet": (
        {"column": "twice", "value_set": ["a", "b"]},
        {"column": "twice", "value_set": ["a"]},
    ),
    "ExpectColumnValuesToMatchRegex": (
        {"column": "twice", "regex": "^[ab]{1}$"},
        {"column": "twice", "regex": "^a$"},
    ),
    "ExpectColumnPairValuesAToBeGreaterThanB": (
        {"column_A": "amount", "column_B": "smaller", "or_equal": True},
        {"column_A": "smaller", "column_B": "amount", "or_equal": True},
    ),
    "ExpectCompoundColumnsToBeUnique": (
        {"column_list": ["twice", "amount"]},
        {"column_list": ["twice", "smaller"]},
    ),
    "ExpectTableRowCountToBeBetween": ({"min_value": 3, "max_value": 3}, {"min_value": 4}),
    # Not in use, but the one that a stock dialect is known to pass whatever it is given.
    "ExpectQueryResultsToMatchComparison": (
        {
            "base_query": "select 1",
            "comparison_data_source_name": "candidate",
            "comparison_query": "select 1",
        },
        {
            "base_query": "select 1",
            "comparison_data_source_name": "candidate",
            "comparison_query": "select 2",
        },
    ),
}


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> dialect.Session:
    folder = tmp_path_factory.mktemp("files")
    for name in ("work", "warehouse"):
        with duckdb.connect(folder / f"{name}.duckdb") as connection:
            connection.execute("create schema marts")
            connection.execute(
                "create table marts.customer_360 as select * from (values "
                "('C1', 'a', 1, 1.00::decimal(18, 2), 0::hugeint, ['x']), "
                "('C2', 'a', 2, 2.00, 0, null), ('C3', 'b', null, 3.00, 0, null)"
                ") as t(customer_id, twice, gap, amount, smaller, list)"
            )
    files = {name: str(folder / f"{name}.duckdb") for name in ("work", "warehouse")}
    return dialect.Session(files=files, spill=str(folder / "spill"))


def ask(session: dialect.Session, kind: str, arguments: dict[str, Any]) -> RuleResult:
    rule = Rule("asked", "critical", "reason", "remedy", TABLE, kind, arguments)
    return run_suites(session, {"suite": [rule]}, {})[0]


def test_every_kind_of_expectation_in_use_has_a_known_bad_case() -> None:
    in_use = {rule.expectation for rules in SUITES.values() for rule in rules}
    assert len(in_use) > 1
    assert in_use <= set(KNOWN_BAD)


@pytest.mark.parametrize("kind", KNOWN_BAD)
def test_known_bad_data_fails_every_kind_of_expectation(
    kind: str, session: dialect.Session
) -> None:
    good, bad = KNOWN_BAD[kind]
    assert ask(session, kind, good).status == "ok"
    assert ask(session, kind, bad).status == "failed"


def test_rules_join_across_files(session: dialect.Session) -> None:
    sql = f"select * from {TABLE} inner join work.marts.customer_360 using (customer_id)"
    assert ask(session, "ExpectNoRows", {"sql": sql}).unexpected_count == 3


def test_sql_may_hold_braces_colons_and_percents(session: dialect.Session) -> None:
    sql = (
        "select 'a:b' as k, '10 %' as p, {'x': 1}.x as s, [1, 2, 3][:2] as l "
        f"from {TABLE} where regexp_full_match(customer_id, 'C{{0,1}}[%:0-9]{{1}}')"
    )
    found = ask(session, "ExpectNoRows", {"sql": sql})
    assert found.unexpected_count == 3
    assert found.keys[0] == "k=a:b, p=10 %, s=1, l=[1, 2]"


def test_a_connection_reads_the_candidate_and_nothing_else(
    session: dialect.Session, tmp_path: Path
) -> None:
    other = tmp_path / "other.duckdb"
    duckdb.connect(other).close()
    with dialect.connect(session) as connection:
        for forbidden in (
            f"create table {TABLE}_2 as select 1",
            f"delete from {TABLE}",
            f"attach '{other}' as other",
            f"copy {TABLE} to '{tmp_path / 'leak.csv'}'",
            "from read_text('/etc/hostname')",
            "set enable_external_access = true",
        ):
            with pytest.raises(duckdb.Error):
                connection.execute(forbidden)
    assert not (tmp_path / "leak.csv").exists()


def test_reflected_types_are_ones_that_great_expectations_knows(
    session: dialect.Session,
) -> None:
    import sqlalchemy as sa

    with dialect.connect(session) as connection:
        engine = sa.create_engine(dialect.URL, **dialect.engine_arguments(connection))
        columns = sa.inspect(engine).get_columns("customer_360", schema="warehouse.marts")
    types = {column["name"]: type(column["type"]).__name__ for column in columns}
    assert types["customer_id"] == "VARCHAR"
    assert types["amount"] == "DECIMAL"
    assert types["list"] == "VARCHAR"
