"""The demo company: writes what all its systems would deliver, and the truth behind it."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from cartera.errors import UsageError
from ingestion.demo.campaigns import Campaign, make_campaigns
from ingestion.demo.commerce import make_catalogue, make_orders
from ingestion.demo.export_campaigns import export_campaigns, lifts
from ingestion.demo.export_people import account_count, export_people, make_helpers
from ingestion.demo.export_sales import export_sales
from ingestion.demo.export_web import export_web
from ingestion.demo.people import make_people
from ingestion.demo.records import make_records
from ingestion.demo.scratch import Company, scratch_database
from ingestion.demo.service import export_finance, export_service, make_quotes
from ingestion.demo.write import Exporter

LEAST_DAYS = 60
MOST_PEOPLE = 10_000_000


def write_company(
    inbox: Path,
    *,
    people: int,
    seed: int,
    as_of: date,
    days: int,
    truth: Path | None = None,
    progress: Callable[[str], None] | None = None,
) -> list[str]:
    """Write the exports of every system below ``inbox/<system>/<source>/``.

    ``as_of`` is the exclusive end of ``days`` days of data; ``truth`` is a folder for
    people.csv, lift.csv and bad_rows.csv. The same arguments write the same bytes.
    Returns the paths of the files below ``inbox``.
    Raises UsageError for numbers that make no company.
    """
    _check(people, days)
    say = progress or (lambda _: None)
    inbox.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=inbox.parent, prefix=".demo-") as folder:
        temporary = Path(folder)
        with scratch_database(temporary) as db:
            company = Company(db, people, seed, as_of, days)
            say(f"{people:,} people")
            make_people(company)
            make_records(company)
            make_helpers(company)
            make_catalogue(company)
            make_quotes(company)
            say("orders")
            make_orders(company)
            say("campaigns")
            campaigns = make_campaigns(company)
            with Exporter(company, temporary / "inbox", temporary) as out:
                say("people's records")
                export_people(company, out)
                export_sales(company, out, say)
                export_web(company, out, say)
                export_campaigns(company, out, campaigns, say)
                say("service")
                export_service(company, out, account_count(company))
                export_finance(company, out)
            # All or nothing, file by file: whoever watches the inbox sees whole files only.
            written = _move(temporary / "inbox", inbox)
            if truth:
                _write_truth(company, truth, campaigns, out)
            say(f"{sum(out.rows.values()):,} rows written")
    return written


def _check(people: int, days: int) -> None:
    if not 50 <= people <= MOST_PEOPLE:
        raise UsageError(
            f"A demo company of {people:,} people cannot be made.",
            fix=f"Give --people between 50 and {MOST_PEOPLE:,}.",
        )
    if not LEAST_DAYS <= days <= 3650:
        raise UsageError(
            f"A demo over {days} days cannot be made.",
            fix=f"Give --days between {LEAST_DAYS} and 3650.",
        )


def _move(made: Path, inbox: Path) -> list[str]:
    """Rename every file to its place in the inbox, replacing those of an earlier demo.

    Returns those places, below the inbox.
    """
    moved = []
    for path in sorted(p for p in made.rglob("*") if p.is_file()):
        target = inbox / path.relative_to(made)
        target.parent.mkdir(parents=True, exist_ok=True)
        path.replace(target)
        moved.append(target.relative_to(inbox).as_posix())
    return moved


def _write_truth(company: Company, truth: Path, campaigns: list[Campaign], out: Exporter) -> None:
    """Write people.csv, lift.csv and bad_rows.csv, each in a fixed order."""
    truth.mkdir(parents=True, exist_ok=True)
    target = str(truth / "people.csv").replace("'", "''")
    company.db.execute(
        f"""copy (select system as source_system, record_id as source_record_id,
            'P' || p as person_id, 'H' || h as household_id
            from records order by system, record_id) to '{target}' (format csv, header)"""
    )
    _write_csv(truth / "lift.csv", ("campaign_id", "variant", "true_lift"), lifts(campaigns))
    bad = [(place, kind, count) for (place, kind), count in sorted(out.bad.items())]
    _write_csv(truth / "bad_rows.csv", ("source", "kind", "count"), bad)


def _write_csv(path: Path, header: tuple[str, ...], rows: Sequence[tuple[str, str, float]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
