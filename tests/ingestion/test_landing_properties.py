"""Whatever is delivered, in whatever order: nothing is lost, nothing is counted twice.

The oracles are Python's own csv and json readers and a dict.
"""

from __future__ import annotations

import csv
import io
import json
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from cartera import batches
from cartera.settings import Settings
from ingestion.contract import load_source
from ingestion.landing import SourceReport
from ingestion.views import landing_view
from tests.ingestion.acme import Acme, contract

# What trim takes off: every kind of space that Unicode has, and nothing else.
BLANKS = "".join(chr(code) for code in range(0x3001) if unicodedata.category(chr(code)) == "Zs")
FEW = settings(max_examples=60, deadline=None)
FEWER = settings(max_examples=25, deadline=None)
CSV = contract(columns={"product_id": "id", "name": "name", "list_price": "price"})
JSONL = contract(
    columns={"product_id": "id", "name": "name", "list_price": "price"}, format={"type": "jsonl"}
)

# Text of every kind, but for what ends a line outside quotes and what UTF-8 does not hold.
words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=8)
prices = st.one_of(
    st.decimals(-(10**6), 10**6, places=2).map(str),
    st.sampled_from(["", " ", "12,5", "x", "1e2", "--1", "1.5.5", " 7 ", "9" * 30]),
)
keys = st.sampled_from(["1", "2", "3", "", " ", "á", "'", '"', "0" * 20])
records = st.tuples(keys, words, prices)


@contextmanager
def company() -> Iterator[Acme]:
    """A home of its own for every example."""
    with tempfile.TemporaryDirectory() as home:
        yield Acme(Settings(home=Path(home), hash_key="k", threads=2))


def nothing_outside(acme: Acme) -> None:
    """Files only where a batch with a manifest may have them."""
    allowed = set()
    for m in acme.batches():
        allowed |= {m.data(acme.settings), m.rejected(acme.settings)}
        allowed |= {m.folder(acme.settings) / batches.MANIFEST}
        if m.landed_rows or m.is_readable:
            assert len(acme.rows(m)) == m.landed_rows
        if m.quarantined:
            assert len(acme.refused(m)) == m.quarantined
    stored = {acme.settings.home / path for path in acme.stored()}
    assert stored <= allowed
    tops = {path.name for path in acme.settings.home.iterdir()}
    assert tops <= {"inbox", "landing", "quarantine", "state"}


def balances(report: SourceReport) -> bool:
    return report.received == report.accepted + report.quarantined


def is_good(key: str, price: str) -> bool:
    """Whether a row with these values keeps the contract."""
    if not key.strip(" "):
        return False
    price = price.strip(" ")
    if not price:
        return True
    try:
        return abs(Decimal(price)) < 10**16
    except InvalidOperation:
        return False


@FEW
@given(rows=st.lists(records, max_size=12), ends=st.sampled_from(["\n", "\r\n"]))
def test_a_csv_is_received_record_by_record_as_pythons_reader_does(
    rows: list[tuple[str, str, str]], ends: str
) -> None:
    written = io.StringIO()
    writer = csv.writer(written, lineterminator=ends, quoting=csv.QUOTE_ALL)
    writer.writerows([("id", "name", "price"), *rows])
    text = written.getvalue()
    read = list(csv.reader(io.StringIO(text, newline="")))[1:]
    assert [tuple(row) for row in read] == rows
    with company() as acme:
        acme.deliver(text.encode())
        report = acme.ingest(CSV)
        assert report.problems == []
        good = [(key.strip(" "), name) for key, name, price in read if is_good(key, price)]
        assert (report.received, report.accepted) == (len(read), len(good))
        assert balances(report)
        (manifest,) = acme.batches()
        assert acme.rows(manifest) == [(key, name.strip(BLANKS) or None) for key, name in good]
        refused = acme.refused(manifest) if manifest.quarantined else []
        assert [json.loads(record)["name"] for _, _, record in refused] == [
            name or None for key, name, price in read if not is_good(key, price)
        ]
        nothing_outside(acme)


@FEW
@given(
    lines=st.lists(
        st.one_of(
            st.fixed_dictionaries(
                {"id": st.one_of(keys, st.integers(1, 9), st.none())},
                optional={"name": words, "price": st.one_of(prices, st.integers(-9, 9), st.none())},
            ).map(json.dumps),
            st.sampled_from(['{"id": 1', "{}", "[]", "17", "nothing", '{"id": 1}}']),
        ),
        max_size=12,
    )
)
def test_json_lines_are_received_line_by_line_as_pythons_reader_does(lines: list[str]) -> None:
    def good(line: str) -> bool:
        try:
            value = json.loads(line)
        except ValueError:
            return False
        key = value.get("id") if isinstance(value, dict) else None
        if key is None:
            return False
        price = value.get("price")
        return is_good(str(key), "" if price is None else str(price))

    with company() as acme:
        acme.deliver(("\n".join(lines) + "\n").encode(), "a.jsonl")
        report = acme.ingest(JSONL)
        assert report.problems == []
        assert (report.received, report.accepted) == (len(lines), sum(map(good, lines)))
        assert balances(report)
        (manifest,) = acme.batches()
        refused = acme.refused(manifest) if manifest.quarantined else []
        assert [record for _, _, record in refused] == [line for line in lines if not good(line)]
        nothing_outside(acme)


mutations = st.lists(
    st.tuples(
        st.integers(0, 10**6), st.sampled_from([b"", b'"', b"\n", b"\r", b"\x00", b",", b"\xff"])
    ),
    min_size=1,
    max_size=5,
)


@FEW
@given(
    rows=st.lists(records, min_size=1, max_size=6),
    mutations=mutations,
    kind=st.sampled_from(["csv", "jsonl", "parquet", "csv.gz", "raw"]),
    noise=st.binary(max_size=60),
)
def test_bytes_of_any_kind_land_balanced_or_not_at_all(
    rows: list[tuple[str, str, str]], mutations: list[tuple[int, bytes]], kind: str, noise: bytes
) -> None:
    written = io.StringIO()
    csv.writer(written).writerows([("id", "name", "price"), *rows])
    content = written.getvalue().encode()
    if kind == "jsonl":
        content = b"\n".join(
            json.dumps(dict(zip(("id", "name", "price"), row, strict=True))).encode()
            for row in rows
        )
    for position, replacement in mutations:
        at = position % (len(content) + 1)
        content = content[:at] + replacement + content[at + 1 :]
    if kind == "raw":
        content = noise
    form = {"jsonl": "jsonl", "parquet": "parquet"}.get(kind, "csv")
    with company() as acme:
        acme.deliver(content, f"a.{kind}")
        report = acme.ingest(
            contract(
                columns={"product_id": "id", "name": "name"},
                format={"type": form},
                ignore=["price"],
            )
        )
        assert balances(report)
        assert report.batches + len(report.problems) == 1
        assert len(acme.batches()) == report.batches
        nothing_outside(acme)


@FEWER
@given(rows=st.lists(records, max_size=6))
def test_to_ingest_twice_is_to_ingest_once(rows: list[tuple[str, str, str]]) -> None:
    written = io.StringIO()
    csv.writer(written, quoting=csv.QUOTE_ALL).writerows([("id", "name", "price"), *rows])
    with company() as acme:
        path = acme.deliver(written.getvalue().encode())
        acme.ingest(CSV)
        before = {name: (acme.settings.home / name).read_bytes() for name in acme.stored()}
        again = acme.ingest(CSV)
        assert (again.batches, again.repeats) == (0, 1)
        acme.deliver(path.read_bytes())
        assert acme.ingest(CSV).repeats == 1
        assert {name: (acme.settings.home / name).read_bytes() for name in acme.stored()} == before


# A delivery: its day and number, and the rows that it brings.
deliveries = st.dictionaries(
    st.tuples(st.sampled_from(["2026-01-01", "2026-01-02", "2026-02-01"]), st.integers(0, 2)),
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 99)), max_size=4),
    max_size=5,
)


@FEWER
@given(deliveries=deliveries, data=st.data())
def test_increments_in_any_order_of_arrival_give_the_same_latest_rows(
    deliveries: dict[tuple[str, int], list[tuple[str, int]]], data: st.DataObject
) -> None:
    arrival = data.draw(st.permutations(list(deliveries)))
    breaks = data.draw(st.lists(st.booleans(), min_size=len(arrival), max_size=len(arrival)))
    with company() as acme:
        for (day, number), stop in zip(arrival, breaks, strict=True):
            rows = "".join(f"{key},{name}\n" for key, name in deliveries[day, number])
            acme.deliver(f"id,name\n{rows}".encode(), f"{day}_{number}.csv")
            if stop:
                acme.ingest(contract(columns={"product_id": "id", "name": "name"}))
        acme.ingest(contract(columns={"product_id": "id", "name": "name"}))
        latest, every = latest_rows(acme)
    expected: dict[str, str] = {}
    for key in sorted(deliveries):
        for product, name in deliveries[key]:
            expected[product] = str(name)
    assert latest == expected
    assert every == Counter(
        (product, str(name)) for rows in deliveries.values() for product, name in rows
    )


def latest_rows(acme: Acme) -> tuple[dict[str, str], Counter[tuple[str, str]]]:
    """By the landing view and staging's rule, and all rows of the view."""
    found = batches.readable(acme.batches())
    ordered = sorted(found, key=lambda m: (m.order, m.batch_id))
    files = [m.data(acme.settings) for m in ordered if m.landed_rows]
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as work; create schema work.landing")
        connection.execute("create table work.landing.batches (batch varchar, batch_rank bigint)")
        for rank, manifest in enumerate(ordered):
            connection.execute(
                "insert into work.landing.batches values (?, ?)", [manifest.batch_id, rank]
            )
        view = landing_view(load_source("products"), files)
        connection.execute(f"create view work.landing.products as {view}")
        rows: list[tuple[Any, ...]] = connection.execute(
            "select product_id, name, row_number() over (partition by source_system, product_id "
            "order by batch_rank desc, batch_row desc) from work.landing.products"
        ).fetchall()
    latest = {product: name for product, name, version in rows if version == 1}
    return latest, Counter((product, name) for product, name, _ in rows)


def test_corrections_of_one_delivery_and_columns_of_another_day_are_read_in_order(
    acme: Acme,
) -> None:
    plain = {"product_id": "id", "name": "name"}
    for name in ("first", "second", "first"):
        acme.land(f"id,name\na,{name}\n".encode(), "2026-01-02.csv", columns=plain)
    acme.land(b"id,name\na,older\nb,only\n", "2026-01-01.csv", columns=plain)
    latest, every = latest_rows(acme)
    assert latest == {"a": "first", "b": "only"}
    assert sum(every.values()) == 5
