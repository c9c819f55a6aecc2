"""What is new in a table comes by its cursor or as a snapshot, and nothing is lost."""

from __future__ import annotations

from typing import Any

import pytest

from cartera.errors import RefusedByData
from cartera.settings import Settings
from ingestion.connectors.fetch import fetch_system
from tests.ingestion.connectors.homes import (
    SYSTEM,
    connection,
    contract,
    done,
    fetch,
    inbox,
    land,
    landed,
)
from tests.ingestion.connectors.products_table import (
    ORDERS,
    SNAPSHOT,
    TABLE,
    insert,
    rows,
)


def test_only_what_is_new_comes_and_what_came_late_within_the_overlap(
    settings: Settings, postgres: Any
) -> None:
    contract(settings, "parquet")
    connection(settings, ORDERS)
    postgres.execute(TABLE)
    insert(postgres, 1, "one", "2026-01-01 10:00+00")
    insert(postgres, 2, "two", "2026-01-01 12:00+00")
    insert(postgres, 3, "never dated", None)
    assert fetch(settings)["files"] == 1
    assert rows(settings) == [(1, "one"), (2, "two"), (3, "never dated")]
    insert(postgres, 4, "committed late", "2026-01-01 11:30+00")
    insert(postgres, 5, "too late", "2026-01-01 10:59+00")
    insert(postgres, 1, "one, changed", "2026-01-02 09:00+02")
    assert fetch(settings)["files"] == 1
    assert rows(settings) == [
        (1, "one, changed"),
        (2, "two"),
        (3, "never dated"),
        (4, "committed late"),
    ]
    land(settings)
    assert landed(settings) == {
        "1": "one, changed",
        "2": "two",
        "3": "never dated",
        "4": "committed late",
    }
    assert [r["cursor"] for r in done(settings)] == [
        "2026-01-01 12:00:00+00",
        "2026-01-02 07:00:00+00",
    ]


def test_nothing_new_makes_no_file(settings: Settings, postgres: Any) -> None:
    contract(settings, "parquet")
    connection(settings, ORDERS)
    postgres.execute(TABLE)
    assert fetch(settings)["files"] == 0
    insert(postgres, 1, "one", "2026-01-01 10:00+00")
    assert fetch(settings)["files"] == 1
    for _ in range(2):
        assert (fetch(settings)["already"], len(inbox(settings))) == (1, 1)
    insert(postgres, 1, "uno", "2026-01-01 10:00+00")
    assert (fetch(settings)["files"], len(inbox(settings))) == (1, 2)


def test_a_row_from_the_future_does_not_carry_the_cursor_there(
    settings: Settings, postgres: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARTERA_NOW", "2026-01-02T00:00:00Z")
    contract(settings, "parquet")
    connection(settings, ORDERS)
    postgres.execute(TABLE)
    insert(postgres, 1, "one", "2026-01-01 10:00+00")
    insert(postgres, 2, "typo", "2062-01-01 10:00+00")
    insert(postgres, 3, "open end", "infinity")
    fetch(settings)
    insert(postgres, 4, "new", "2026-01-01 11:00+00")
    fetch(settings)
    assert rows(settings) == [(1, "one"), (2, "typo"), (3, "open end"), (4, "new")]


def test_a_cursor_of_numbers_counts_with_a_number_of_overlap(
    settings: Settings, postgres: Any
) -> None:
    contract(settings, "parquet")
    connection(settings, ORDERS.replace("changed, overlap: 1 hour", "id, overlap: 2"))
    postgres.execute(TABLE)
    for key in range(1, 12):
        insert(postgres, key, "x", None)
    fetch(settings)
    insert(postgres, 12, "y", None)
    fetch(settings)
    assert [row[0] for row in rows(settings)] == [9, 10, 11, 12]


def test_a_snapshot_comes_whole_and_what_is_gone_is_gone_in_it(
    settings: Settings, postgres: Any
) -> None:
    contract(settings, "parquet", "snapshot")
    connection(settings, SNAPSHOT)
    postgres.execute(TABLE)
    for key in (1, 2):
        insert(postgres, key, "x", "2026-01-01")
    fetch(settings)
    assert fetch(settings)["already"] == 1
    postgres.execute("delete from products where id = 1")
    fetch(settings)
    assert rows(settings) == [(2, "x")]
    # Back to what it was is a delivery like any other.
    insert(postgres, 1, "x", "2026-01-01")
    fetch(settings)
    assert rows(settings) == [(1, "x"), (2, "x")]
    assert [path.name for path in inbox(settings)] == sorted(
        record["file"].split("/")[-1] for record in done(settings)
    )


def test_a_snapshot_that_is_suddenly_empty_is_not_believed(
    settings: Settings, postgres: Any
) -> None:
    contract(settings, "parquet", "snapshot")
    connection(settings, SNAPSHOT)
    postgres.execute(TABLE)
    insert(postgres, 1, "x", "2026-01-01")
    fetch(settings)
    postgres.execute("truncate products")
    with pytest.raises(RefusedByData, match="is empty, and a snapshot of it would remove"):
        fetch_system(settings, SYSTEM)
    assert len(inbox(settings)) == 1
    connection(settings, SNAPSHOT.replace("mode: snapshot", "mode: snapshot, may_be_empty: true"))
    assert fetch(settings)["files"] == 1
    assert rows(settings) == []
