"""Replayed or corrected, the rows are those of a contract or a file that was right from the start.

Compared as a build sees them: through the landing view, in the order of versions.
"""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from cartera import batches
from cartera.duck import connect
from cartera.settings import Settings
from ingestion.contract import Contract, load_source
from ingestion.replay import replay
from ingestion.spreadsheet import export, from_file
from ingestion.views import landing_view
from tests.ingestion.acme import Acme, contract

FEW = settings(max_examples=10, deadline=None)
WIDE: dict[str, Any] = {"date": ["iso", "%d/%m/%Y"], "null": ["", "none"], "decimal": "."}
NARROW: dict[str, Any] = {"null": ["", "none"]}
NAMES = ["product_id", "name", "list_price", "launched_on"]
RAW = ["id", "name", "price", "day"]

keys = st.sampled_from(["1", "2", "3", ""])
texts = st.one_of(
    st.sampled_from(["", "none", "=x", "'", "'-", " a ", 'q"', "two\nlines", "\rcr", "á€"]),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=5),
)
prices = st.sampled_from(["1", "2.5", "none", "x", "-3"])
days = st.sampled_from(["2026-01-01", "31/12/2025", "", "soon", "01/02/2026"])
records = st.tuples(keys, texts, prices, days)
rows = st.lists(records, max_size=8)
# By the day and number of the delivery.
deliveries = st.dictionaries(
    st.tuples(st.sampled_from(["2026-01-01", "2026-01-02"]), st.integers(0, 1)), rows, max_size=3
)


@contextmanager
def company() -> Iterator[Acme]:
    with tempfile.TemporaryDirectory() as home:
        yield Acme(Settings(home=Path(home), hash_key="k", threads=2))


def as_csv(given: list[tuple[str, ...]]) -> bytes:
    written = io.StringIO()
    csv.writer(written, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([RAW, *given])
    return written.getvalue().encode()


def as_jsonl(given: list[tuple[str, ...]]) -> bytes:
    return b"".join(json.dumps(dict(zip(RAW, row, strict=True))).encode() + b"\n" for row in given)


def staged(acme: Acme) -> list[tuple[Any, ...]]:
    """What a build sees: every row in the order of versions."""
    found = sorted(batches.readable(acme.batches()), key=lambda m: (m.order, m.batch_id))
    files = [m.data(acme.settings) for m in found if m.landed_rows]
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as work; create schema work.landing")
        connection.execute("create table work.landing.batches (batch varchar, batch_rank bigint)")
        for rank, manifest in enumerate(found):
            connection.execute(
                "insert into work.landing.batches values (?, ?)", [manifest.batch_id, rank]
            )
        view = landing_view(load_source("products"), files)
        return connection.execute(
            f"select {', '.join(NAMES)}, batch_rank from ({view}) order by batch_rank, batch_row"
        ).fetchall()


def account(acme: Acme) -> list[dict[str, Any]]:
    """The account of every delivery, and of every refused record its line and rule."""
    return [
        {
            "delivery": m.delivery,
            "counts": (m.received, m.accepted, m.quarantined, m.erased, m.landed_rows),
            "rejects": m.rejects,
            "refused": acme.refused(m) if m.quarantined else [],
            "state": m.state,
        }
        for m in acme.batches()
    ]


def deliver(acme: Acme, content: bytes, day: str, number: int) -> None:
    acme.deliver(content, f"{day}_{number}.csv")


@FEW
@given(deliveries=deliveries, snapshot=st.booleans(), is_json=st.booleans())
def test_a_contract_mended_later_gives_what_it_would_have_given_from_the_start(
    deliveries: dict[tuple[str, int], list[tuple[str, ...]]], snapshot: bool, is_json: bool
) -> None:
    kind = {"type": "jsonl" if is_json else "csv"}
    shared: dict[str, Any] = {"delivery": "snapshot" if snapshot else "increment"}
    narrow = contract(format=kind | NARROW, **shared)
    wide = contract(format=kind | WIDE, **shared)
    write = as_jsonl if is_json else as_csv
    with company() as acme, company() as right:
        for (day, number), given_rows in deliveries.items():
            for each in (acme, right):
                deliver(each, write(given_rows), day, number)
        acme.ingest(narrow)
        right.ingest(wide)
        # A mended contract alone changes nothing of what has landed.
        assert acme.ingest(wide).batches == 0
        replay_all(acme, wide)
        assert account(acme) == account(right)
        assert staged(acme) == staged(right)
        before = acme.stored()
        replay_all(acme, wide)
        assert acme.stored() == before


def replay_all(acme: Acme, which: Contract) -> None:
    replay(acme.settings, which, [m for m in acme.batches() if m.quarantined])


@FEW
@given(given_rows=st.lists(records, min_size=1, max_size=8), is_json=st.booleans())
def test_records_corrected_in_an_export_give_what_a_corrected_file_would(
    given_rows: list[tuple[str, ...]], is_json: bool
) -> None:
    which = contract(format={"type": "jsonl" if is_json else "csv"} | NARROW)
    write = as_jsonl if is_json else as_csv

    def right_row(row: tuple[str, ...]) -> tuple[str, ...]:
        key, name, price, day = row
        return (key or "9", name, "7" if price == "x" else price, "" if day == "soon" else day)

    def is_refused(row: tuple[str, ...]) -> bool:
        return not row[0] or row[2] == "x" or "/" in row[3] or row[3] == "soon"

    corrected = [right_row(row) if is_refused(row) else row for row in given_rows]
    with company() as acme, company() as right:
        acme.deliver(write(given_rows))
        acme.ingest(which)
        right.deliver(write(corrected))
        right.ingest(which)
        (batch,) = acme.batches()
        if batch.quarantined:
            path = acme.settings.home / "rows.csv"
            with connect(acme.settings) as connection:
                export(acme.settings, connection, batch, path)
            # To begin with, nobody changes anything.
            (same,) = replay(acme.settings, which, [batch], from_file(acme.settings, path))
            assert (same.landed, same.corrected) == (0, 0)
            edit(path, is_json)
            replay(acme.settings, which, [batch], from_file(acme.settings, path))
        ours, theirs = account(acme), account(right)
        assert staged(acme) == staged(right)
        for one in (*ours, *theirs):
            # What still does not fit is kept as it came, by the rule that it broke then.
            one["refused"] = [line for line, _, _ in one["refused"]]
            del one["rejects"]
        assert ours == theirs


def edit(path: Path, is_json: bool) -> None:
    """Correct an export as somebody with Python would."""
    with path.open(encoding="utf-8", newline="") as file:
        header, *records = list(csv.reader(file))
    for record in records:
        cells = dict(zip(header, record, strict=True))
        values = json.loads(cells["cartera:record"]) if is_json else cells
        values["id"] = values["id"] or "9"
        values["price"] = "7" if values["price"] == "x" else values["price"]
        values["day"] = "" if values["day"] == "soon" else values["day"]
        if is_json:
            cells["cartera:record"] = json.dumps(values)
        record[:] = cells.values()
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *records])
