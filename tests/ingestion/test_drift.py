"""What differs from the contract is held, landed or left out by policy, and always written down."""

from __future__ import annotations

import io
import json
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cartera import batches
from cartera.commands.status import describe
from ingestion.contract import load_source
from ingestion.drift import in_words
from ingestion.header import folded, nearest, spelt_otherwise
from ingestion.views import landing_view
from tests.ingestion.acme import GOOD, Acme, contract

MORE = b"id,name,price,day,color,notes\n1,anvil,1.5,2026-01-01,red,\n2,rope,2,,,\n"
JSONL: dict[str, Any] = {"format": {"type": "jsonl"}}


def parquet(**columns: Any) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue()


def test_new_columns_hold_the_batch_by_default(acme: Acme) -> None:
    manifest = acme.land(MORE)
    assert (manifest.state, manifest.quarantined) == ("held", 2)
    assert manifest.drift == [
        {"kind": "new", "column": "color", "policy": "fail"},
        {"kind": "new", "column": "notes", "policy": "fail"},
    ]


def test_new_columns_that_are_ignored_are_still_written_down(acme: Acme) -> None:
    manifest = acme.land(MORE, new_columns="ignore")
    assert (manifest.state, manifest.accepted) == ("landed", 2)
    assert [finding["column"] for finding in manifest.drift] == ["color", "notes"]
    named = acme.land(MORE, "b.csv", ignore=["Color", "notes"])
    assert (named.state, [f["kind"] for f in named.drift]) == ("landed", ["respelt"])


def test_new_columns_that_are_added_land_as_json(acme: Acme) -> None:
    manifest = acme.land(MORE, new_columns="add")
    extras = [json.loads(text) for text in acme.column(manifest, "extra")]
    assert extras == [{"color": "red"}, {}]
    assert len(manifest.drift) == 2


def test_a_build_reads_files_with_and_without_an_extra_column(acme: Acme) -> None:
    first, second = acme.land(GOOD, "a.csv"), acme.land(MORE, "b.csv", new_columns="add")
    files = [m.data(acme.settings) for m in (first, second)]
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as work; create schema work.landing")
        connection.execute(
            "create table work.landing.batches as select * from (values "
            f"('{first.batch_id}', 1), ('{second.batch_id}', 2)) t(batch, batch_rank)"
        )
        rows = connection.execute(
            f"select name, batch_rank from ({landing_view(load_source('products'), files)}) "
            "order by batch_rank, batch_row"
        ).fetchall()
    assert rows == [("anvil", 1), ("rope", 1), ("anvil", 2), ("rope", 2)]


def test_added_columns_of_a_group_are_those_of_its_first_row(acme: Acme) -> None:
    columns = {"product_id": "id", "name": {"from": "name", "take": "last"}}
    content = b"id,name,new\n1,a,x\n1,b,y\n"
    manifest = acme.land(content, columns=columns, group_by=["id"], new_columns="add")
    assert acme.rows(manifest, "name, extra") == [("b", '{"new":"x"}')]


def test_a_missing_column_is_null_where_the_contract_says_so(acme: Acme) -> None:
    content = b"id,name,day\n1,anvil,2026-01-01\n"
    held = acme.land(content)
    found = {"kind": "missing", "column": "price"}
    assert (held.state, held.drift) == ("held", [found | {"policy": "fail"}])
    # The one that was held is taken again as well: its contract has changed.
    acme.deliver(content, "b.csv")
    assert acme.ingest(contract(missing_columns="null")).batches == 2
    _, manifest = acme.batches()
    assert acme.rows(manifest, "name, list_price") == [("anvil", None)]
    assert manifest.drift == [found | {"policy": "null"}]


def test_a_column_that_every_record_needs_holds_its_batch_under_any_policy(acme: Acme) -> None:
    manifest = acme.land(b"name,price,day\na,1,\n", missing_columns="null")
    assert (manifest.state, manifest.rejects) == ("held", {"schema": 1})


def test_a_missing_part_of_a_sum_counts_for_nothing(acme: Acme) -> None:
    columns = {"product_id": "id", "list_price": {"add": ["price", "tax"]}}
    manifest = acme.land(b"id,price\n1,2.5\n", columns=columns, missing_columns="null")
    assert str(acme.column(manifest, "list_price")) == "[Decimal('2.50')]"


def test_a_renamed_column_is_suggested(acme: Acme) -> None:
    manifest = acme.land(b"id,name,unit_price,day\n1,a,1,\n", missing_columns="null")
    assert manifest.drift[1:] == [
        {"kind": "missing", "column": "price", "policy": "null", "perhaps": "unit_price"},
    ]
    assert manifest.state == "held"
    assert "columns unit_price are new" in manifest.reason


def test_a_type_that_widens_is_written_down_and_held_by_policy(acme: Acme) -> None:
    values: dict[str, Any] = {
        "format": {"type": "parquet"},
        "columns": {"product_id": "id", "list_price": "price"},
    }
    small = parquet(id=["1"], price=pa.array([1], pa.int32()))
    wide = parquet(id=["1", "2"], price=pa.array([1.5, 3e300], pa.float64()))
    text = parquet(id=["1"], price=["cheap"])
    assert acme.land(small, "a.parquet", **values).drift == []
    widened = acme.land(wide, "b.parquet", **values)
    assert widened.drift == [
        {
            "kind": "type",
            "column": "price",
            "policy": "read",
            "was": "INTEGER",
            "now": "DOUBLE",
        },
    ]
    assert (widened.accepted, widened.rejects) == (1, {"unreadable:list_price": 1})
    held = acme.land(text, "c.parquet", **values, changed_types="fail")
    assert (held.state, held.reason) == (
        "held",
        "types have changed: price was DOUBLE and is VARCHAR",
    )


def test_the_header_of_parquet_may_be_spelt_otherwise(acme: Acme) -> None:
    columns = {"product_id": "id", "list_price": "Price"}
    content = parquet(ID=["1"], price=[2.0])
    manifest = acme.land(content, "a.parquet", format={"type": "parquet"}, columns=columns)
    assert acme.rows(manifest, "product_id, list_price::double") == [("1", 2.0)]
    assert {f["column"]: f["spelt"] for f in manifest.drift} == {"id": "ID", "Price": "price"}


def test_new_keys_of_json_lines_are_found(acme: Acme) -> None:
    content = b'{"id": 1, "name": "a"}\nbroken\n{"id": 2, "color": "red", "x": null}\n[1]\n'
    by_default = acme.land(content, "a.jsonl", **JSONL)
    assert (by_default.state, by_default.accepted) == ("landed", 2)
    assert [f["column"] for f in by_default.drift if f["kind"] == "new"] == ["color", "x"]
    held = acme.land(content, "b.jsonl", **JSONL, new_columns="fail")
    assert (held.state, held.reason) == ("held", "columns color, x are new; map or ignore them")
    # The same file is taken again, as its contract has changed.
    assert acme.ingest(contract(**JSONL, new_columns="add")).batches == 1
    added = acme.batches()[-1]
    assert (added.delivery, added.replaces) == (held.delivery, held.batch_id)
    assert [json.loads(t or "{}") for t in acme.column(added, "extra")] == [
        {},
        {"color": "red", "x": None},
    ]


def test_a_renamed_key_of_json_lines_is_suggested(acme: Acme) -> None:
    manifest = acme.land(b'{"id": 1, "unit_price": 2}\n', "a.jsonl", **JSONL)
    found = {"kind": "missing", "column": "price", "policy": "null", "perhaps": "unit_price"}
    assert found in manifest.drift


def test_the_latest_drift_of_a_source_is_in_its_status(acme: Acme) -> None:
    acme.land(GOOD, "2026-01-01.csv")
    acme.land(MORE, "2026-01-02.csv", new_columns="ignore")
    (source,) = describe(acme.settings)["sources"]
    assert source["drift"] == "new color, notes (not read)"


def test_drift_is_said_in_few_words() -> None:
    found = [{"kind": "new", "column": name} for name in "abcde"]
    found.append({"kind": "type", "column": "f", "was": "INTEGER", "now": "DOUBLE"})
    assert in_words(found) == "new a, b, c and 2 more; f INTEGER → DOUBLE"
    assert in_words([]) == ""
    told = [
        {"kind": "new", "column": "a", "policy": "add"},
        {"kind": "missing", "column": "b", "policy": "fail", "perhaps": "a"},
        {"kind": "missing", "column": "c", "policy": "null"},
        {"kind": "respelt", "column": "d", "policy": "read", "spelt": "D"},
        {"kind": "type", "column": "e", "policy": "fail", "was": "INTEGER", "now": "DOUBLE"},
    ]
    assert in_words(told) == (
        "new a (kept in extra); missing b (a?) (held); missing c (read as empty); "
        "respelt d; e INTEGER → DOUBLE (held)"
    )


def test_manifests_of_before_are_still_read(acme: Acme) -> None:
    """A batch that landed before drift and skipped rows were written down."""
    manifest = acme.land(GOOD)
    path = manifest.folder(acme.settings) / batches.MANIFEST
    values = json.loads(path.read_text())
    for name in ("drift", "skipped", "columns"):
        del values[name]
    path.write_text(json.dumps(values))
    assert acme.batches() == [manifest]


@given(names=st.lists(st.text(max_size=6), max_size=6), given_=st.lists(st.text(max_size=6)))
def test_a_match_is_never_ambiguous(names: list[str], given_: list[str]) -> None:
    found = spelt_otherwise(names, given_)
    assert len(set(found.values())) == len(found)
    for name, column in found.items():
        assert name not in given_
        assert [c for c in given_ if folded(c) == folded(name)] == [column] * given_.count(column)


@pytest.mark.parametrize(
    ("name", "given_", "said"),
    [
        ("Población", ["poblacion", "pais"], "poblacion"),
        ("fecha_alta", ["Fecha de alta", "baja"], "Fecha de alta"),
        ("importe", ["x", "y"], ""),
        ("importe", [], ""),
        ("???", ["a"], ""),
    ],
)
def test_the_nearest_name_is_one_that_is_like_it(name: str, given_: list[str], said: str) -> None:
    assert nearest(name, given_) == said
