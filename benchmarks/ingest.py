"""What landing costs beside DuckDB alone: CPU ratios of CSV orders and JSONL.gz events.

    python -m benchmarks.ingest 1000000

Writes both files, lands them by contract and copies them with a bare ``COPY (typed read) TO`` of
the same columns in the same Parquet, each in turn and three times; prints a Markdown table of the
least CPU seconds and their ratio, and the highest memory of the process.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

from cartera.duck import connect, identifier, literal
from cartera.settings import Settings
from ingestion.contract import Contract, load_contracts
from ingestion.landing import ingest_contract

REPEATS = 3
SETTLED = 1_000_000_000
ORDERS = """
    select 'T' || range as ticket, case when range % 3 = 0 then 'S' || range % 50000 end as socio,
      case when range % 40 = 0 then 'D' else 'V' end as tipo, null as ticket_origen,
      timestamp '2026-01-01' + to_seconds(range % 25000000) as fecha, 'M01' as tienda,
      'E' || range % 90 as vendedor, 'EUR' as moneda,
      cast(range % 90000 / 100.0 as decimal(18, 2)) as importe_bruto,
      cast(range % 900 / 100.0 as decimal(18, 2)) as descuento,
      cast(range % 9000 / 100.0 as decimal(18, 2)) as iva, null as vale, null as campana
    from range({rows})"""
EVENTS = """
    select 'e' || range as id, case when range % 3 = 0 then 'u' || range % 50000 end as user_id,
      strftime(timestamp '2026-01-01' + to_seconds(range), '%Y-%m-%dT%H:%M:%SZ') as ts,
      'a' || range % 90000 as anon, 'page_view' as event,
      'https://shop.example/p/' || range % 3000 || '?utm_source=x' as url, null as ref,
      'P' || range % 3000 as sku, 'shoes' as cat, null as "order", 'news' as utm_source,
      'email' as utm_medium, 'c1' as utm_campaign, 'mobile' as device
    from range({rows})"""
ORDER_TYPES = (
    "{'ticket': 'VARCHAR', 'socio': 'VARCHAR', 'tipo': 'VARCHAR', 'ticket_origen': 'VARCHAR', "
    "'fecha': 'TIMESTAMP', 'tienda': 'VARCHAR', 'vendedor': 'VARCHAR', 'moneda': 'VARCHAR', "
    "'importe_bruto': 'DECIMAL(18,2)', 'descuento': 'DECIMAL(18,2)', 'iva': 'DECIMAL(18,2)', "
    "'vale': 'VARCHAR', 'campana': 'VARCHAR'}"
)
EVENT_TYPES = (
    "{'id': 'VARCHAR', 'user_id': 'VARCHAR', 'ts': 'TIMESTAMP', 'anon': 'VARCHAR', "
    "'event': 'VARCHAR', 'url': 'VARCHAR', 'ref': 'VARCHAR', 'sku': 'VARCHAR', 'cat': 'VARCHAR', "
    "'order': 'VARCHAR', 'utm_source': 'VARCHAR', 'utm_medium': 'VARCHAR', "
    "'utm_campaign': 'VARCHAR', 'device': 'VARCHAR'}"
)


def plain_orders() -> Contract:
    """The till's contract for an export in UTF-8 with ISO dates and decimal points."""
    (till,) = [c for c in load_contracts(system="till") if c.source == "orders"]
    values = till.model_dump(by_alias=True, exclude_defaults=True)
    return Contract.model_validate(values | {"format": {"type": "csv"}})


def web_events() -> Contract:
    (events,) = load_contracts(system="web")
    return events


def cpu_of(work: Callable[[], object]) -> float:
    """CPU seconds of this process, all its threads."""
    before = time.process_time()
    work()
    return time.process_time() - before


def same_columns(contract: Contract) -> str:
    """The columns that landing writes, without a check or a translation."""
    outputs = []
    for name, column in contract.model.columns.items():
        mapping = contract.columns.get(name)
        value = "null"
        if mapping:
            value = literal(mapping.constant) if mapping.constant else identifier(mapping.origin)
        outputs.append(f"cast({value} as {column.sql_type}) as {identifier(name)}")
    return ", ".join([*outputs, f"{literal(contract.system)} as source_system"])


def copy_bare(settings: Settings, select: str, target: Path) -> None:
    with connect(settings) as connection:
        connection.execute(
            f"copy ({select}) to {literal(target)} (format parquet, compression zstd)"
        )


def measure(contract: Contract, file: str, select: str, bare: str, rows: int) -> str:
    """One row of the table."""
    with tempfile.TemporaryDirectory(prefix="cartera-bench-") as folder:
        settings = Settings(home=Path(folder), hash_key="k")
        path = settings.inbox / contract.system / contract.folder / file
        path.parent.mkdir(parents=True)
        with connect(settings) as connection:
            kind = "csv, header" if contract.forms.type == "csv" else "json, compression gzip"
            statement = f"copy ({select.format(rows=rows)}) to {literal(path)} (format {kind})"
            connection.execute(statement)
        os.utime(path, (SETTLED, SETTLED))
        landed, copied = [], []
        for number in range(REPEATS):
            home = Settings(home=Path(folder) / str(number), hash_key="k")
            home.home.mkdir()
            home.inbox.symlink_to(settings.inbox)
            reports = []
            landed.append(
                cpu_of(lambda home=home, r=reports: r.append(ingest_contract(home, contract)))
            )
            if reports[0].accepted != rows or reports[0].held:
                raise SystemExit(f"Not all of the {rows} rows landed: {reports[0]}")
            target = Path(folder) / "bare.parquet"
            read = f"select {same_columns(contract)} from {bare.replace('PATH', literal(path))}"
            copied.append(cpu_of(lambda t=target, r=read: copy_bare(settings, r, t)))
        size = path.stat().st_size / 1e6
    ours, theirs = min(landed), min(copied)
    return (
        f"| {contract.name} ({file}) | {rows:,} | {size:,.0f} | {ours:.2f} | {theirs:.2f} | "
        f"{ours / theirs:.2f} |"
    )


def main(rows: int) -> None:
    cases: list[tuple[Any, ...]] = [
        (
            plain_orders(),
            "2026-01-01.csv",
            ORDERS,
            f"read_csv(PATH, header = true, columns = {ORDER_TYPES})",
        ),
        (
            web_events(),
            "2026-01-01.jsonl.gz",
            EVENTS,
            f"read_json(PATH, format = 'newline_delimited', columns = {EVENT_TYPES})",
        ),
    ]
    print(f"DuckDB {duckdb.__version__}")
    print("| file | rows | MB | landing, CPU s | bare COPY, CPU s | ratio |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for case in cases:
        print(measure(*case, rows), flush=True)
    print(f"\nHighest memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
