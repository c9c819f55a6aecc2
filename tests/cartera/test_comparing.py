"""A comparison tells of every table, figure and customer that differs, and of no other."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

from cartera import publications
from cartera.comparing import compare
from cartera.errors import CarteraError
from cartera.publications import Publication
from cartera.settings import Settings
from tests.cartera.calling import Run

EARLY, LATE = "20260101T000000000000Z-0123abcd", "20260201T000000000000Z-4567abcd"
EMPTY = """
create schema meta; create schema core; create schema marts; create schema ops;
create table core.customer_merges (old_customer_id text, current_customer_id text);
create table marts.customer_360 (
    customer_id text, rfm_segment text, abc_class text, value_tier text
);
create table marts.kpi_values (
    metric text, period_kind text, period_start date, dimension text, member text, value double
);
"""


def publication(settings: Settings, name: str, sql: str, tables: str = EMPTY) -> Publication:
    folder = settings.publications / name
    folder.mkdir(parents=True)
    with duckdb.connect(str(folder / publications.WAREHOUSE)) as connection:
        connection.execute(
            f"{tables}; create table meta.publication as select '{name}' as publication_id, "
            f"date '2026-01-01' as as_of, 'passed' as gate_status; {sql}"
        )
    return Publication(name, folder, is_current=False)


def people(*segments: str) -> str:
    """Customers ``a``, ``b`` … of these segments; a dash is one who is not there."""
    listed = ", ".join(
        f"('{letter}', {'null' if segment == 'null' else repr(segment)}, 'A', 'MVC')"
        for letter, segment in zip("abcdef", segments, strict=False)
        if segment != "-"
    )
    return f"insert into marts.customer_360 values {listed};"


def kpis(*values: tuple[str, str, str]) -> str:
    listed = ", ".join(
        f"('{metric}', 'month', date '{month}', 'ALL', 'ALL', {value})"
        for metric, month, value in values
    )
    return f"insert into marts.kpi_values values {listed};"


def test_two_of_the_same_differ_in_nothing(settings: Settings) -> None:
    sql = people("Lost", "null") + kpis(("orders", "2026-01-01", "10"))
    found = compare(publication(settings, EARLY, sql), publication(settings, LATE, sql))
    assert (found.schemas, found.rows) == ([], [])
    assert [row["is_changed"] for row in found.kpis] == [False]
    assert found.customers == {
        "was": 2,
        "now": 2,
        "kept": 2,
        "new": 0,
        "gone": 0,
        "merged": 0,
        "parted": 0,
    }
    assert [row for row in found.segments if row["is_move"]] == []
    assert sum(row["customers"] for row in found.segments) == 6


def test_tables_and_columns_are_told_that_came_went_or_changed_type(settings: Settings) -> None:
    was = publication(
        settings, EARLY, "create table core.old (x int); create table core.t (a int, b int, c int)"
    )
    now = publication(
        settings, LATE, "create table core.new (x int); create table core.t (a int, b text, d int)"
    )
    assert compare(was, now).schemas == [
        {"table": "core.new", "column": None, "change": "added"},
        {"table": "core.old", "column": None, "change": "removed"},
        {"table": "core.t", "column": "b", "change": "retyped", "was": "INTEGER", "now": "VARCHAR"},
        {"table": "core.t", "column": "c", "change": "removed", "was": "INTEGER", "now": None},
        {"table": "core.t", "column": "d", "change": "added", "was": None, "now": "INTEGER"},
    ]


def test_rows_are_counted_of_the_tables_whose_number_changed(settings: Settings) -> None:
    same = 'create table core."it\'s" (x int); create table core.same as select 1 as x;'
    was = publication(settings, EARLY, same + "create table ops.batches (x int)")
    now = publication(
        settings,
        LATE,
        same + 'insert into core."it\'s" values (1), (2); create table ops.batches as select 1 x',
    )
    assert compare(was, now).rows == [{"table": "core.it's", "was": 0, "now": 2, "change": 2}]


def test_figures_are_those_of_the_last_months_and_a_last_digit_is_no_change(
    settings: Settings,
) -> None:
    was = publication(
        settings,
        EARLY,
        kpis(
            ("orders", "2025-11-01", "1"),
            ("orders", "2025-12-01", "10"),
            ("rate", "2025-12-01", "0.1 + 0.2"),
            ("none", "2025-12-01", "null"),
        ),
    )
    now = publication(
        settings,
        LATE,
        kpis(
            ("orders", "2025-11-01", "2"),
            ("orders", "2025-12-01", "8"),
            ("orders", "2026-01-01", "12"),
            ("rate", "2025-12-01", "0.3"),
            ("none", "2025-12-01", "0"),
        )
        + "insert into marts.kpi_values values "
        "('orders', 'month', '2025-12-01', 'channel', 'store', 5), "
        "('orders', 'year', '2025-01-01', 'ALL', 'ALL', 99);",
    )
    told = [
        (r["metric"], r["month"], r["was"], r["now"], r["change"], r["change_rate"])
        for r in compare(was, now, months=2).kpis
        if r["is_changed"]
    ]
    assert told == [
        ("none", "2025-12-01", None, 0, None, None),
        ("orders", "2025-12-01", 10, 8, -2, -0.2),
        ("orders", "2026-01-01", None, 12, None, None),
    ]


def merged(old: str, into: str) -> str:
    return f"insert into core.customer_merges values ('{old}', '{into}');"


def test_customers_are_followed_through_their_merges(settings: Settings) -> None:
    was = publication(settings, EARLY, people("Lost", "Loyal", "Champions", "At Risk", "-", "-"))
    now = publication(
        settings, LATE, people("Loyal", "-", "Champions", "-", "Promising") + merged("b", "a")
    )
    found = compare(was, now)
    assert found.customers == {
        "was": 4,
        "now": 3,
        "kept": 2,
        "new": 1,
        "gone": 1,
        "merged": 1,
        "parted": 0,
    }
    moves = {
        (row["from"], row["to"]): row["customers"]
        for row in found.segments
        if row["scheme"] == "rfm_segment"
    }
    assert moves == {
        ("Lost", "Loyal"): 1,
        ("Loyal", "Loyal"): 1,
        ("Champions", "Champions"): 1,
        ("At Risk", "(gone)"): 1,
        ("(new)", "Promising"): 1,
    }
    # Looked at from the other end, by the same merges.
    assert compare(now, was).customers == {
        "was": 3,
        "now": 4,
        "kept": 2,
        "new": 1,
        "gone": 1,
        "merged": 0,
        "parted": 1,
    }


def test_an_older_publication_without_marts_is_compared_by_what_it_has(settings: Settings) -> None:
    was = publication(settings, EARLY, "", tables="create schema meta")
    now = publication(settings, LATE, people("Lost"))
    found = compare(was, now)
    assert {row["table"] for row in found.schemas} == {
        *("core.customer_merges", "marts.customer_360", "marts.kpi_values")
    }
    assert (found.kpis, found.segments, found.rows) == ([], [], [])
    assert (found.customers["was"], found.customers["new"]) == (0, 1)


def test_a_publication_is_not_compared_with_itself_or_with_a_damaged_one(
    settings: Settings, tmp_path: Path
) -> None:
    one = publication(settings, EARLY, "")
    with pytest.raises(CarteraError, match="compared with itself"):
        compare(one, one)
    two = publication(settings, LATE, "")
    two.warehouse.write_bytes(b"no database")
    with pytest.raises(CarteraError, match="cannot be read"):
        compare(one, two)


def test_the_command_compares_the_one_before_with_the_current_one(
    run: Run, settings: Settings
) -> None:
    publication(settings, EARLY, people("Lost") + kpis(("orders", "2025-12-01", "10")))
    (settings.publications / "current").symlink_to(EARLY)
    alone = run("publications", "diff")
    assert (alone.code, "no publication before" in alone.err) == (2, True)
    # A publication is one that was current, and the record says so.
    settings.state.mkdir(parents=True, exist_ok=True)
    (settings.state / "publications.jsonl").write_text(
        "\n".join(json.dumps({"event": "publish", "publication_id": i}) for i in (EARLY, LATE))
    )
    publication(settings, LATE, people("Loyal", "Lost") + kpis(("orders", "2025-12-01", "8")))
    (settings.publications / "current").unlink()
    (settings.publications / "current").symlink_to(LATE)
    told = json.loads(run("publications", "diff", "--json").out)
    assert (told["was"]["publication_id"], told["now"]["publication_id"]) == (EARLY, LATE)
    assert told["rows"] == [{"table": "marts.customer_360", "was": 1, "now": 2, "change": 1}]
    shown = run("publications", "diff", EARLY, LATE).out
    assert "Lost" in shown
    assert "-20.0%" in shown
    assert run("publications", "diff", "nothing").code == 2
