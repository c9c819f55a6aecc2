"""How long the desk's pages take in a browser, of a million customers, and what it holds in memory.

    make .venv/stamp-browser
    .venv/bin/python -m benchmarks.desk data --customers 1000000

Takes a home with the demo company's publication and has every customer in it as often as it takes:
with ids and addresses of their own, and the same history. Sums such as KPIs stay as they are. Ten
people then go through all pages and open one customer, one after the other, with all their
browsers left open. Prints a Markdown table of seconds from a click until Streamlit has drawn all.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import psutil

from cartera import publications
from cartera.desk import words
from cartera.desk.pages import PAGES
from cartera.duck import attach, connect, identifier
from cartera.settings import Settings

CHROMIUM = "/usr/bin/chromium"
# What neither a page nor a list reads, and would take the most of the disk.
LEFT_AS_THEY_ARE = (
    "fct_order_lines",
    "fct_campaign_messages",
    "fct_web_product_views",
    "fct_web_sessions",
    "fct_customer_costs",
    "web_identities",
)
MOST_MS = 120_000


def multiply_publication(source: Path, settings: Settings, customers: int) -> None:
    """Copy ``source``'s publication, with ``customers`` or a few more."""
    home = settings.home
    for name in ("state", "publications"):
        shutil.copytree(source / name, home / name, symlinks=True)
    # The copy is the demo's as well, so that it needs no login.
    noted = settings.state / "demo.json"
    noted.write_text(json.dumps({**json.loads(noted.read_text()), "inbox": str(settings.inbox)}))
    publication = publications.current(settings)
    if publication is None:
        raise SystemExit(f"{source} has no publication: run `make run` first.")
    publication.folder.chmod(0o750)
    with connect(settings) as db:
        for file in (publication.contacts, publication.warehouse):
            file.chmod(0o640)
            attach(db, file, file.stem, write=True)
        (known,) = db.execute("select count(*) from warehouse.core.dim_customers").fetchall()[0]
        copies = -(-customers // known)
        for catalog, schema, table in tables_of_customers(db):
            multiply(db, f"{identifier(catalog)}.{identifier(schema)}.{identifier(table)}", copies)


def tables_of_customers(db: Any) -> list[tuple[str, str, str]]:
    found: list[tuple[str, str, str]] = db.execute(
        """
        select database_name, schema_name, table_name from duckdb_columns()
        where column_name = 'customer_id' and database_name in ('warehouse', 'contacts')
            and not list_contains($left, table_name)
        """,
        {"left": list(LEFT_AS_THEY_ARE)},
    ).fetchall()
    return found


def multiply(db: Any, table: str, copies: int) -> None:
    """Every row ``copies`` times, each time of another customer."""
    columns = {row[0] for row in db.execute(f"describe {table}").fetchall()}
    own = {
        "customer_id": "customer_id[:1] || lpad(n::varchar, 4, '0') || customer_id[6:]",
        "email": "n || '.' || email",
        "source_record_id": "source_record_id || '-' || n",
    }
    replaced = ", ".join(f"{own[name]} as {name}" for name in own if name in columns)
    db.execute(f"create or replace temp table kept as from {table}")
    db.execute(f"delete from {table}")
    db.execute(
        f"insert into {table} select kept.* replace ({replaced}) from range($copies) r(n), kept",
        {"copies": copies},
    )
    db.execute("drop table kept")


@contextmanager
def served(settings: Settings) -> Iterator[tuple[str, psutil.Process]]:
    """`cartera desk --demo`: its address, its process."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    command = [str(Path(sys.executable).with_name("cartera")), "desk", "--demo"]
    process = subprocess.Popen(
        [*command, "--home", str(settings.home), "--port", str(port)],
        env={**os.environ, "CARTERA_HASH_KEY": settings.hash_key},
        stdout=subprocess.DEVNULL,
    )
    try:
        until = time.monotonic() + 60
        while True:
            with socket.socket() as tried:
                if tried.connect_ex(("127.0.0.1", port)) == 0:
                    break
            if process.poll() is not None or time.monotonic() > until:
                raise SystemExit("The desk did not start.")
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}", psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait()


def memory(process: psutil.Process) -> float:
    """MB that the desk and its children hold."""
    family = [process, *process.children(recursive=True)]
    return sum(one.memory_info().rss for one in family) / 1e6


def walk(page: Any, url: str, customer: str) -> dict[str, float]:
    """Seconds of each page for one person, who came by the first."""
    took: dict[str, float] = {}

    def drawn(name: str, title: str, started: float) -> None:
        page.get_by_role("heading", name=title, exact=True, level=1).wait_for()
        page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
        took[name] = time.perf_counter() - started
        if page.locator('[data-testid="stException"], [data-testid="stAlertContentError"]').count():
            raise SystemExit(f"{name} shows an error.")

    titles = {one.name: words.say("en", f"{one.name}.title") for one in PAGES}
    started = time.perf_counter()
    page.goto(url)
    drawn("the first page, with Streamlit itself", titles["overview"], started)
    menu = page.locator('[data-testid="stSidebarNav"]')
    for name in [*(one.name for one in PAGES[1:]), PAGES[0].name]:
        started = time.perf_counter()
        menu.get_by_role("link", name=titles[name], exact=False).click()
        drawn(name, titles[name], started)
    started = time.perf_counter()
    page.goto(f"{url}/customers?customer={customer}")
    page.get_by_role("tab").first.wait_for()
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
    took["one customer, by its address"] = time.perf_counter() - started
    return took


def main() -> None:
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("home", type=Path, help="a home of the demo, as `make run` fills it")
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--people", type=int, default=10, help="who look, one after the other")
    parser.add_argument("--keep", type=Path, help="a folder for the larger home, or that has it")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cartera-bench-") as folder:
        home = given.keep or Path(folder)
        settings = Settings(home=home, hash_key="a key of the benchmark")
        if not settings.publications.exists():
            multiply_publication(given.home, settings, given.customers)
        with connect(settings) as db:
            current = settings.publications / publications.CURRENT
            attach(db, current / publications.WAREHOUSE, "warehouse", write=False)
            count, one = db.execute(
                "select count(*), max_by(customer_id, orders) from warehouse.marts.customer_360"
            ).fetchall()[0]
        with served(settings) as (url, process), sync_playwright() as playwright:
            begun = memory(process)
            browser = playwright.chromium.launch(
                executable_path=CHROMIUM, args=["--no-sandbox"] if os.getuid() == 0 else []
            )
            walks, held = [], []
            for _ in range(given.people):
                page = browser.new_context(locale="en-GB").new_page()
                page.set_default_timeout(MOST_MS)
                walks.append(walk(page, url, one))
                held.append(memory(process))
            browser.close()
    print(
        f"| {count:,} customers, {given.people} people | first, s | median, s | longest after, s |"
    )
    print("| --- | ---: | ---: | ---: |")
    for name in walks[0]:
        seconds = [walked[name] for walked in walks]
        row = (seconds[0], median(seconds), max(seconds[1:]))
        print(f"| {name} | {' | '.join(f'{told:.2f}' for told in row)} |")
    every = median(second for walked in walks for second in walked.values())
    print(f"\nMedian of all pages: {every:.2f} s. The desk held {begun:,.0f} MB at its start,")
    print(
        f"{held[0]:,.0f} MB with one person's pages, {max(held):,.0f} MB at most with all of them."
    )


if __name__ == "__main__":
    main()
