"""What holds after every round, whatever struck. Read without Cartera's own code.

Each check yields what is wrong, in words; none says nothing.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from tests.faults import homes
from tests.faults.homes import Home

PASSED = ("passed", "passed_with_warnings")
Ids = dict[str, str]


@dataclass(frozen=True)
class Erased:
    """Somebody whom nobody may find any more."""

    customer_id: str
    emails: tuple[str, ...]
    records: tuple[str, ...]


@dataclass
class Known:
    """What was true before: ids by publication, and who was erased."""

    ids: dict[str, Ids] = field(default_factory=dict)
    erased: list[Erased] = field(default_factory=list)


@contextmanager
def opened(home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    """The current publication, both files of it."""
    folder = (home.publications / "current").resolve()
    with duckdb.connect() as connection:
        for name in ("warehouse", "contacts"):
            connection.execute(f"attach '{folder / name}.duckdb' as {name} (read_only)")
        yield connection


def told_by(what: str, *checks: Iterator[str]) -> list[str]:
    """All that the checks say. One that cannot look has found something, too."""
    lines = []
    for check in checks:
        try:
            lines += [f"{what}: {line}" for line in check]
        except (duckdb.Error, pa.ArrowException, OSError, ValueError, KeyError) as error:
            lines.append(f"{what}: {check.__name__} cannot look: {error!r}")
    return lines


def current_opens(home: Home) -> Iterator[str]:
    """It opens, is what its folder says, and the gate let it through."""
    try:
        facts = homes.assert_opens(home)
    except (AssertionError, duckdb.Error, OSError) as error:
        yield f"current does not open: {error}"
        return
    if facts["gate_status"] not in PASSED:
        yield f"current is published as {facts['gate_status']}"
    verdict = home.path / "state" / "gates" / f"{home.current}.json"
    if not verdict.exists() or json.loads(verdict.read_text())["status"] != facts["gate_status"]:
        yield f"the gate's result of {home.current} is not on file"


def accounts_balance(home: Home, counted: dict[str, list[int]], *, landed: bool) -> Iterator[str]:
    """Each delivery landed once with all of its records; ``landed``: none still waits."""
    every = home.manifests()
    gone = {m["replaces"] for m in every if m["replaces"]}
    found: dict[str, list[int]] = {}
    for m in sorted(every, key=lambda m: (m["delivery"], m["ordinal"])):
        name = f"batch {m['batch_id']} of {m['delivery']}"
        if m["received"] != m["accepted"] + m["quarantined"] + m["erased"]:
            yield f"{name}: {m['received']} received are not accepted, quarantined and erased"
        if m["batch_id"] in gone:
            continue
        found.setdefault(m["delivery"], []).append(m["received"])
        place = Path(m["source"], f"partition={m['partition']}", f"batch={m['batch_id']}")
        data = home.path / "landing" / place / "data.parquet"
        if not data.exists() or pq.read_metadata(data).num_rows != m["landed_rows"]:
            yield f"{name}: its data are not the rows that it says"
        refused = home.path / "quarantine" / place / "rows.parquet"
        kept = pq.read_metadata(refused).num_rows if refused.exists() else 0
        if kept != m["quarantined"]:
            yield f"{name}: {kept} records are in quarantine, and it says {m['quarantined']}"
    for delivery, counts in found.items():
        expected = counted.get(delivery, [])
        if counts != expected[: len(counts)]:
            yield f"{delivery}: {counts} records landed, and {expected} were delivered"
    if landed:
        for delivery, expected in counted.items():
            if len(found.get(delivery, [])) != len(expected):
                yield f"{delivery}: delivered {len(expected)} times, landed {found.get(delivery)}"


def ids_stay(home: Home, known: Known) -> Iterator[str]:
    """Who was somebody's record stays theirs, in every later publication and when one returns."""
    with opened(home) as connection:
        now = dict(
            connection.execute(
                "select source_system || ':' || source_record_id, customer_id "
                "from contacts.contacts.identity_map"
            ).fetchall()
        )
        merged = dict(
            connection.execute(
                "select old_customer_id, current_customer_id from warehouse.core.customer_merges"
            ).fetchall()
        )
    current = str(home.current)
    if not now:
        yield f"{current} knows nobody"
    if current in known.ids and known.ids[current] != now:
        yield f"{current} is not what it was when it was published"
    gone = {record for person in known.erased for record in person.records}
    for publication, ids in known.ids.items():
        if publication > current:
            continue
        for record, before in ids.items():
            after = now.get(record)
            if record not in gone and after != merged.get(before, before):
                yield f"{record} was {before} in {publication} and is {after} in {current}"
    known.ids[current] = now


def erased_stay_erased(home: Home, known: Known, *, inbox: bool) -> Iterator[str]:
    """No row of theirs is published, landed or refused; nor do the files of the inbox hold one."""
    if not known.erased:
        return
    with opened(home) as connection:
        tables = connection.execute(
            "select database_name || '.' || schema_name || '.' || table_name, "
            "list(column_name) from duckdb_columns() where data_type = 'VARCHAR' "
            "and database_name in ('contacts', 'warehouse') group by all"
        ).fetchall()
        for table, columns in tables:
            if table.endswith((".identity_ledger", ".customer_merges")):
                continue  # where the customer's id stays, so that nobody else is given it
            text = "concat_ws(' ', " + ", ".join(f'"{c}"' for c in columns) + ")"
            for person in known.erased:
                for value in (person.customer_id, *person.emails):
                    (hits,) = connection.execute(
                        f"select count(*) from {table} where contains(lower({text}), ?)",
                        [value.lower()],
                    ).fetchone() or (0,)
                    if hits:
                        yield f"{value}, who was erased, is in {table}"
        for person in known.erased:
            there = connection.execute(
                "select list(source_system || ':' || source_record_id) from "
                "contacts.contacts.identity_map where source_system || ':' || source_record_id "
                "in (select unnest(?))",
                [list(person.records)],
            ).fetchall()
            if there[0][0]:
                yield f"{there[0][0]} of somebody who was erased are somebody's records"
    roots = ["landing", "quarantine", "exports", *(["inbox"] if inbox else [])]
    for path in (p for root in roots for p in (home.path / root).rglob("*") if p.is_file()):
        text = _text(path)
        for person in known.erased:
            for email in person.emails:
                if email.lower() in text:
                    yield f"{email}, who was erased, is in {path.relative_to(home.path)}"


def _text(path: Path) -> str:
    data: Any = path.read_bytes()
    if path.suffix == ".parquet":
        return str(pq.read_table(path).to_pylist()).lower()
    if path.suffix == ".gz":
        data = gzip.decompress(data)
    return str(data.decode("utf-8", "replace")).lower()


def no_old_candidate(home: Home, started: float) -> Iterator[str]:
    """What a build left behind is the last one's: the next start of one removes the others."""
    left = home.candidates
    if len(left) > 1:
        yield f"{len(left)} candidates are there: {', '.join(left)}"
    for name in left:
        if (home.publications / name).stat().st_mtime < started:
            yield f"{name} is older than the last start of a build"


def no_candidate(home: Home) -> Iterator[str]:
    """A build that was not killed takes its candidate away, whatever stopped it."""
    if home.candidates:
        yield f"a candidate stays where nothing was killed: {', '.join(home.candidates)}"


def nothing_half(home: Home) -> Iterator[str]:
    """After a run that ended well nothing is half-written."""
    try:
        homes.assert_whole(home)
    except AssertionError as error:
        yield f"half-written: {error}"


def nobody_works(home: Home) -> Iterator[str]:
    """No process of a command outlives it."""
    try:
        homes.assert_nobody_works_in(home)
    except AssertionError as error:
        yield f"still at work: {error}"


def newest_is_current(home: Home) -> Iterator[str]:
    """After a build what it published is the newest, though the clock went back."""
    published = [p.name for p in home.publications.iterdir() if p.is_dir() and p.name[0] == "2"]
    if home.current != max(published):
        yield f"{home.current} was just published, and {max(published)} counts as newer"


def said_properly(done: homes.Done) -> Iterator[str]:
    """An error is one paragraph with what to do, and its code is a documented one."""
    if done.code not in (0, 1, 2, 3, 4):
        yield f"it ended with {done.code}: {done.said[-600:]}"
    elif "Traceback" in done.said or "fault of Cartera" in done.said:
        yield f"it broke: {done.said[-900:]}"
    elif done.code and not done.error.count("✗") == done.error.count("→") == 1:
        yield f"its error is no paragraph: {done.error[:600]}"
