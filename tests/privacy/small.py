"""A company of a few people: contracts, deliveries, and a publication that says who is who."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable
from pathlib import Path

import duckdb

from cartera import batches, publications, records
from cartera.arrows import ingest
from cartera.batches import Manifest
from cartera.duck import literal
from cartera.identity.ledger import LEDGER_COLUMNS
from cartera.settings import Settings

CONTRACTS = {
    "crm_contacts": """
system: acme
source: crm_contacts
about: People of the tests.
delivery: increment
reject_limit: 1
expected_volume: false
format: {type: csv, date: [iso]}
columns:
  {record_id: id, full_name: name, email: mail, phone: tel, tax_id: nif, birth_date: born,
   notes: notes}
""",
    "orders": """
system: acme
source: orders
about: Orders of the tests.
delivery: increment
reject_limit: 1
expected_volume: false
format: {type: csv, timestamp: [iso]}
columns:
  order_id: order
  party_id: member
  party_email: mail
  kind: {constant: order}
  ordered_at: day
  channel: {constant: store}
  currency: {constant: EUR}
  gross_amount: amount
""",
}
PEOPLE = "id,name,mail,tel,nif,born,notes"
ORDERS = "order,member,mail,day,amount"
FIRST = "20260101T000000000000Z-0123abcd"
_ages = itertools.count(1_000_000_000)


class Small:
    """Delivers, lands, publishes and looks."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        folder = settings.contracts / "acme"
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in CONTRACTS.items():
            (folder / f"{name}.yml").write_text(text)

    def deliver(self, source: str, rows: Iterable[str], name: str = "2026-01-02.csv") -> Path:
        path = self.settings.inbox / "acme" / source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        header = PEOPLE if source == "crm_contacts" else ORDERS
        path.write_text("\n".join([header, *rows]) + "\n")
        age = next(_ages)
        os.utime(path, (age, age))
        return path

    def land(self) -> None:
        ingest(self.settings, "acme")

    def publish(self, owners: dict[str, str], publication_id: str = FIRST) -> None:
        """A publication in which each record of acme is the customer's of ``owners``."""
        folder = self.settings.publications / publication_id
        folder.mkdir(parents=True)
        events = ", ".join(
            f"({n}, 'mint', {literal(customer)}, null, 'acme', {literal(record)}, 'founding', "
            "null, 'p', timestamp '2026-01-01')"
            for n, (record, customer) in enumerate(owners.items(), start=1)
        )
        with duckdb.connect() as db:
            db.execute(f"attach {literal(folder / publications.WAREHOUSE)} as w")
            db.execute(
                "create schema w.meta; create table w.meta.publication as "
                "select date '2026-02-01' as as_of, 'passed' as gate_status"
            )
            db.execute(f"attach {literal(folder / publications.CONTACTS)} as c")
            db.execute(
                f"""
                create schema c.contacts;
                create table c.contacts.identity_ledger ({LEDGER_COLUMNS});
                insert into c.contacts.identity_ledger values {events};
                create table c.contacts.identity_map as
                    select source_system, source_record_id, customer_id
                    from c.contacts.identity_ledger;
                """
            )
        link = self.settings.publications / publications.CURRENT
        link.unlink(missing_ok=True)
        link.symlink_to(publication_id)
        records.append(
            self.settings, "publications", event="publish", publication_id=publication_id
        )

    def batches(self, source: str) -> list[Manifest]:
        return batches.scan(self.settings, source)

    def rows(self, source: str, columns: str) -> list[tuple[object, ...]]:
        """What a build reads of a source, in order."""
        files = [m.data(self.settings) for m in batches.readable(self.batches(source))]
        listed = ", ".join(literal(path) for path in files)
        return duckdb.sql(
            f"select {columns} from read_parquet([{listed}], hive_partitioning = false) "
            "order by all"
        ).fetchall()

    def accounts(self, source: str) -> list[tuple[int, int, int, int]]:
        """Received, accepted, quarantined and erased, checked against the files."""
        found = []
        for m in self.batches(source):
            landed = duckdb.sql(
                f"select count(*) from read_parquet({literal(m.data(self.settings))})"
            ).fetchall()[0][0]
            rejected = m.rejected(self.settings)
            refused = (
                duckdb.sql(f"select count(*) from read_parquet({literal(rejected)})").fetchall()
                if rejected.exists()
                else [(0,)]
            )[0][0]
            assert (landed, refused) == (m.landed_rows, m.quarantined)
            assert sum(m.rejects.values()) == m.quarantined
            found.append((m.received, m.accepted, m.quarantined, m.erased))
        return found
