"""The scan finds a value in whatever file it stands in, however it is written, and nothing else."""

from __future__ import annotations

import gzip
import json
import sqlite3
import zipfile
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from cartera.duck import literal
from cartera.privacy import scan as scanning
from cartera.privacy.scan import scan
from cartera.settings import Settings

VALUES = {
    "email": ["Ana.Gil@example.com"],
    "phone": ["600 111 222", "+34600111222"],
    "tax_id": ["12345678-Z", "12345678Z"],
    "record": ["CRM-1001", "email:5f2c1a9be07d4c33aa6b1f0e9d8c7b6a", "17"],
    "address": ["C/ Mayor, 5, 3ºB"],
    "loyalty_number": ["3000012345"],
}
LINE = "1,ana.gil@example.com,x\n"


def found(settings: Settings) -> dict[str, set[str]]:
    """Kinds that were found, by file."""
    scanned = scan(settings, VALUES)
    assert scanned.unread == []
    told: dict[str, set[str]] = {}
    for finding in scanned.findings:
        told.setdefault(finding.file, set()).add(finding.kind)
    return told


def write(settings: Settings, name: str, content: bytes) -> Path:
    path = settings.home / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("mail to ANA.GIL@EXAMPLE.COM.", "email"),
        ("+34 600 11 12 22", "phone"),
        ("0034600111222", "phone"),
        ("(600) 111-222", "phone"),
        ("nif 12345678z", "tax_id"),
        ('{"member":"3000012345"}', "loyalty_number"),
        ("crm:CRM-1001", "record"),
        ("shop:email:5f2c1a9be07d4c33aa6b1f0e9d8c7b6a", "record"),
        ("c mayor 5 3 b", "address"),
        ("C/  MAYOR 5, 3ºb (Madrid)", "address"),
        ("/form?mail=ana.gil%40example.com&x=1", "email"),
        ("ana.gil@example.com_2026", "email"),
        ("written to 2026-ana.gil@example.com.csv.gz", "email"),
        ("lists/crm-1001_old.csv", "record"),
        ("600111222.csv", "phone"),
    ],
)
def test_a_value_counts_however_it_is_written(settings: Settings, text: str, kind: str) -> None:
    write(settings, "inbox/a.csv", f"x;{text};y\n".encode())
    assert found(settings) == {"inbox/a.csv": {kind}}


@pytest.mark.parametrize(
    "text",
    [
        "ana.gil@example.com.mx",
        "mariana.gil%40example.com",
        "2026-CRM-1001-7",
        "CRM-10012.csv",
        "mariana.gil@example.com",
        "SV0600111222",
        "17",
        "CRM-10012",
        "C/ Mayor, 53",
        "123456789",
    ],
)
def test_what_only_looks_like_it_is_not_found(settings: Settings, text: str) -> None:
    write(settings, "inbox/a.csv", f"x;{text};y\n".encode())
    assert found(settings) == {}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("ana.gil@example.com.csv", "email"),
        ("2026-01-02_Ana.Gil@example.com.zip", "email"),
        ("for-ana.gil@example.com-again", "email"),
        ("member 3000012345.pdf", "loyalty_number"),
        ("export_crm-1001_1.csv", "record"),
        ("12345678Z-scan.png", "tax_id"),
        ("3000012345/a.csv", "loyalty_number"),
    ],
)
def test_a_file_s_name_is_looked_into(settings: Settings, name: str, kind: str) -> None:
    write(settings, f"inbox/{name}", b"nothing")
    assert found(settings) == {f"inbox/{name}": {kind}}


@pytest.mark.parametrize("name", ["mariana.gil@example.com.csv", "CRM-10012.csv", "20260102.csv"])
def test_a_file_of_another_name_is_not_found(settings: Settings, name: str) -> None:
    write(settings, f"inbox/{name}", b"nothing")
    values = {**VALUES, "record": ["CRM-1001", "20260102"]}
    assert scan(settings, values).findings == [], "a day is no id"


def test_what_fills_the_memory_is_looked_through_in_parts(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also in the middle of a table."""
    settings.home.mkdir()
    with duckdb.connect() as db:
        db.execute(
            f"attach '{settings.home}/w.duckdb' as w; create table w.t as "
            "select if(n % 60000 = 7, 'ana.gil@example.com', n::varchar) as a, n || 'x' as b "
            "from range(250000) as t(n)"
        )
    whole = scan(settings, VALUES)
    monkeypatch.setattr(scanning, "FULL", 1 << 20)
    parts = scan(settings, VALUES)
    assert whole.held_by == parts.held_by == {"w.duckdb"}
    assert {f.place for f in parts.findings} == {"main.t.a"}
    assert parts.texts == whole.texts


def test_every_kind_of_file_is_decoded(settings: Settings) -> None:
    plain = LINE.encode()
    write(settings, "inbox/utf8.csv", plain)
    write(settings, "inbox/wide.csv", LINE.encode("utf-16"))
    write(settings, "inbox/wide_without_mark.csv", LINE.encode("utf-16-le"))
    write(settings, "inbox/latin.csv", ("año," + LINE).encode("latin-1"))
    write(settings, "inbox/packed.csv.gz", gzip.compress(plain))
    write(settings, "inbox/packed.jsonl.zst", pa.compress(plain, "zstd", asbytes=True))
    with zipfile.ZipFile(write(settings, "inbox/packed.zip", b""), "w") as packed:
        packed.writestr("inside.csv", LINE)
    write(settings, "state/logs/run.log", b"DEBUG " + plain)
    write(settings, "state/index.html", f"<td>{LINE}</td>".encode())
    write(settings, "inbox/ana.gil@example.com/a.txt", b"nothing")
    with sqlite3.connect(settings.home / "state" / "airflow.db") as database:
        database.execute("create table xcom (value blob)")
        database.execute("insert into xcom values (?)", [json.dumps({"a": LINE}).encode()])
    with duckdb.connect() as db:
        db.execute(
            f"attach '{settings.home}/state/w.duckdb' as w; create schema w.s; "
            "create table w.s.t as select {'a': ['x', 'ana.gil@example.com']} as nested"
        )
        db.execute(
            f"copy (select 'ana.gil@example.com' as m) to '{settings.home}/inbox/a.parquet' "
            "(format parquet, compression zstd)"
        )
    assert set(found(settings)) == {
        path.relative_to(settings.home).as_posix()
        for path in settings.home.rglob("*")
        if path.is_file() and "state/tmp" not in path.as_posix()
    }


def test_a_name_that_looks_like_more_than_one_is_that_of_its_file(tmp_path: Path) -> None:
    """No address of which SQLite takes a part, no pattern that DuckDB takes for other files."""
    settings = Settings(home=tmp_path / "home #1%41", hash_key="k", threads=2)
    held = ["a #3", "a?b", "a%41", "a*", "a[1]", "a[!b]"]
    with duckdb.connect() as db:
        for name in [*held, "a", "a ", "a1", "ab", "aA"]:
            folder = settings.home / "inbox" / name
            folder.mkdir(parents=True)
            text = literal("ana.gil@example.com" if name in held else "nobody")
            path = literal(folder / f"{name}.parquet")
            db.execute(f"copy (select [{text}] as m) to {path} (format parquet)")
            with sqlite3.connect(folder / f"{name}.sqlite") as database:
                database.execute(f"create table t as select {text} as m")
    there = sorted(settings.inbox.rglob("*"))
    assert found(settings) == {
        f"inbox/{name}/{name}{ending}": {"email"}
        for name in held
        for ending in (".parquet", ".sqlite")
    }
    assert sorted(settings.inbox.rglob("*")) == there


def test_a_file_that_cannot_be_read_is_told(settings: Settings) -> None:
    write(settings, "landing/broken.parquet", b"PAR1 no table")
    assert scan(settings, VALUES).unread == ["landing/broken.parquet (ArrowInvalid)"]
