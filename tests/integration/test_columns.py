"""What a publication says of its columns: all of them are there, each with its class."""

from __future__ import annotations

import base64
import hashlib

import duckdb
import pyarrow.parquet as pq

from cartera.arrows.classes import CONTACT, table_classes
from cartera.privacy.scan import scan
from tests.integration.conftest import Built
from tests.integration.landed import PEOPLE, versions
from tests.integration.leaks import text_columns


def test_both_files_describe_every_column_of_both(demo: Built) -> None:
    with demo.connect() as db:
        there = db.execute(
            "select database_name, schema_name, table_name, column_name from duckdb_columns() "
            "where database_name in ('warehouse', 'contacts') and not internal order by all"
        ).fetchall()
        for file in ("warehouse", "contacts"):
            told = db.execute(
                "select file, table_schema, table_name, column_name "
                f"from {file}.meta.columns order by all"
            ).fetchall()
            assert told == there
        nameless = db.execute(
            "from warehouse.meta.columns where pii_class is null or description = ''"
        ).fetchall()
    assert nameless == []


def test_classes_come_from_contracts_and_stay_in_their_file(demo: Built) -> None:
    with demo.connect() as db:
        found = {
            (file, f"{schema}.{table}.{column}"): (pii, made_of)
            for file, schema, table, column, pii, made_of in db.execute(
                "select file, table_schema, table_name, column_name, pii_class, made_of "
                "from warehouse.meta.columns"
            ).fetchall()
        }
    assert found["contacts", "contacts.golden_records.email"][0] == "direct"
    assert found["contacts", "contacts.golden_records.city"][0] == "indirect"
    assert not {pii for (file, _), (pii, _) in found.items() if file == "warehouse"} & {*CONTACT}
    assert found["warehouse", "core.fct_orders.customer_id"] == (
        "reference",
        "identity.bindings.customer_id",
    )
    assert found["warehouse", "core.fct_orders.net_revenue"] == ("none", "")


def test_what_the_models_read_is_described_as_it_is(demo: Built) -> None:
    """Classes are followed from tables.yml, so it must name every column that they could take."""
    with duckdb.connect() as db:
        for name in ("work", "contacts"):
            db.execute(f"attach '{demo.candidate / name}.duckdb' as {name} (read_only)")
        for schema, tables in table_classes().items():
            file = "contacts" if schema == "contacts" else "work"
            for table, columns in tables.items() if schema not in ("meta", "ops") else ():
                there = db.execute(f"describe {file}.{schema}.{table}").fetchall()
                assert [row[0] for row in there] == list(columns), table


def test_no_name_of_a_person_is_found_by_trying_addresses(demo: Built) -> None:
    """A hash without the key, of all that somebody is known by, is no name of theirs."""
    contacts = demo.settings.publications / "current" / "contacts.duckdb"
    with duckdb.connect() as db:
        db.execute(f"attach '{contacts}' as published (read_only)")
        names = {
            name
            for table in ("identity_map", "identity_ledger")
            for (name,) in db.execute(
                f"select source_record_id from published.contacts.{table}"
            ).fetchall()
        }
    orders = demo.settings.landing.glob("orders/*/*/data.parquet")
    tried = {
        hashlib.new(how, email.strip().lower().encode(), usedforsecurity=False).hexdigest()
        for path in orders
        for email in pq.ParquetFile(path).read(["party_email"])["party_email"].to_pylist()
        if email
        for how in ("md5", "sha1", "sha256")
    }
    assert len(tried) > 100
    assert sum(str(name).startswith("party:") for name in names) > 30
    assert not [name for name in names if name and name.partition(":")[2] in tried]


def test_what_dbt_the_gate_and_the_logs_leave_names_nobody(demo: Built) -> None:
    """The compiled SQL and results of dbt, records and pages of the gate, logs of builds."""
    people = [row for source in PEOPLE for row in versions(demo.settings.home, source)]
    values = {
        kind: sorted({row[kind] for row in people if row[kind]})
        for kind in ("email", "phone", "tax_id")
    }
    assert all(len(found) > 50 for found in values.values())
    state = scan(demo.settings, values, "state")
    assert {"state/gates", "state/logs"} <= state.files.keys()
    # What identity keeps for the next build is contact data, and said to be.
    assert set(state.by_store) == {"state/identity"}
    target = scan(demo.settings.model_copy(update={"home": demo.candidate}), values, "dbt")
    assert target.files["dbt"] > 100
    assert (target.findings, target.unread) == ([], [])


def test_the_key_of_the_ids_is_nowhere_in_a_home(demo: Built) -> None:
    """Neither as bytes in any file, nor as a value that a file of DuckDB has compressed."""
    key = demo.settings.hash_key
    forms = (key, key.encode().hex(), base64.b64encode(key.encode()).decode())
    files = [path for path in demo.settings.home.rglob("*") if path.is_file()]
    files += [path for path in demo.candidate.rglob("*") if path.is_file()]
    databases = [path for path in files if path.suffix == ".duckdb"]
    assert {path.stem for path in databases} >= {"work", "contacts", "warehouse"}
    for path in files:
        content = path.read_bytes()
        assert not [form for form in forms if form.encode() in content], path
    for path in databases:
        with duckdb.connect() as db:
            db.execute(f"attach '{path}' as scanned (read_only)")
            held: dict[str, list[str]] = {}
            for table, column in text_columns(db):
                held.setdefault(table, []).append(f"cast({column} as varchar)")
            views = db.execute("select schema_name, view_name from duckdb_views()").fetchall()
            # A view over landing shows what the files above have.
            for table in held.keys() - {f'"{schema}"."{name}"' for schema, name in views}:
                said = f"concat_ws(' ', {', '.join(held[table])})"
                where = " or ".join(f"contains({said}, '{form}')" for form in forms)
                found = db.execute(f"select count(*) from scanned.{table} where {where}").fetchone()
                assert found == (0,), (path, table)
