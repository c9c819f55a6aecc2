"""Refused records of Parquet land with the types and the digits that they had in the file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from cartera.errors import UsageError
from ingestion.corrections import of_line
from ingestion.spreadsheet import from_file
from tests.ingestion.acme import Acme, contract
from tests.ingestion.replaying import again, edited, only


def test_parquet_keeps_its_types_and_every_digit(acme: Acme, tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    duckdb.sql(
        "select * from (values (null, 'a', 12345678901234.56::decimal(18, 2), date '2026-01-01', "
        "[1, 2]), ('2', 'b', 1.5::decimal(18, 2), null, [])) t(id, name, price, day, list)"
    ).write_parquet(str(path))
    values: dict[str, Any] = {"format": {"type": "parquet", "decimal": ","}, "ignore": ["list"]}
    old = acme.land(path.read_bytes(), "a.parquet", **values)
    assert old.quarantined == 1
    with pytest.raises(UsageError, match=r"the value of price is no DECIMAL\(18,2\)"):
        again(acme, contract(**values), old, of_line(acme.settings, 1, {"price": "x"}))
    assert again(acme, contract(**values), old, of_line(acme.settings, 1, {"id": "1"})).landed == 1
    assert acme.rows(only(acme), "name, list_price::text, launched_on::text") == [
        ("a", "12345678901234.56", "2026-01-01"),
        ("b", "1.50", None),
    ]


NESTED = (
    "{'sum': 12345678901234567.89::decimal(19, 2), 'x': 12345678901234567890.5::decimal(38, 1), "
    "'bytes': '\\xAA'::blob, 'tenth': 0.1::float, 'DECIMAL(3,1)': 'as it is', "
    "'many': [1.10::decimal(4, 2), null]}"
)


@pytest.mark.parametrize("by", ["line", "file"])
def test_what_is_nested_keeps_every_digit(acme: Acme, tmp_path: Path, by: str) -> None:
    """JSON numbers are doubles to whoever reads them."""
    path = tmp_path / "a.parquet"
    duckdb.sql(
        f"select * from (values (null, {NESTED}), ('2', {NESTED})) t(id, name)"
    ).write_parquet(str(path))
    values: dict[str, Any] = {
        "format": {"type": "parquet"},
        "columns": {"product_id": "id"},
        "new_columns": "add",
    }
    old = acme.land(path.read_bytes(), "a.parquet", **values)
    assert old.quarantined == 1
    which = contract(**values)
    if by == "line":
        done = again(acme, which, old, of_line(acme.settings, 1, {"id": "1"}))
    else:
        rows = edited(acme, old, tmp_path / "rows.csv", **{'"",,': '"",,', ',,"{': ',"1","{'})
        done = again(acme, which, old, from_file(acme.settings, rows))
    assert (done.landed, done.failed) == (1, [])
    (first, as_was) = acme.rows(only(acme), "product_id, extra::varchar")
    assert (first[0], as_was[0]) == ("1", "2")
    assert first[1] == as_was[1]
    assert json.loads(first[1])["name"] == {
        "sum": "12345678901234567.89",
        "x": "12345678901234567890.5",
        "bytes": "\\xAA",
        "tenth": pytest.approx(0.1),
        "DECIMAL(3,1)": "as it is",
        "many": ["1.10", None],
    }


def test_a_nested_value_is_corrected_as_json(acme: Acme, tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    duckdb.sql("select null as id, [1.5::decimal(38, 1)] as list").write_parquet(str(path))
    values: dict[str, Any] = {
        "format": {"type": "parquet"},
        "columns": {"product_id": "id"},
        "new_columns": "add",
    }
    old = acme.land(path.read_bytes(), "a.parquet", **values)
    for wrong, said in [("[1", "is no JSON"), ('["x"]', r"is no DECIMAL\(38,1\)\[\]")]:
        with pytest.raises(UsageError, match=said):
            again(acme, contract(**values), old, of_line(acme.settings, 1, {"list": wrong}))
    rows = edited(acme, old, tmp_path / "rows.csv", **{"[": "(["})
    with pytest.raises(UsageError, match="line 1: the value of list is no JSON"):
        again(acme, contract(**values), old, from_file(acme.settings, rows))
    right = of_line(acme.settings, 1, {"id": "1", "list": "[12345678901234567890.5, 2]"})
    assert again(acme, contract(**values), old, right).landed == 1
    assert acme.column(only(acme), "extra::varchar") == [
        '{"list":["12345678901234567890.5","2.0"]}'
    ]
