"""A little world of source records to resolve: in memory, without dbt."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from cartera.identity.ledger import export_ledger
from cartera.identity.loading import COLUMNS
from cartera.identity.resolve import resolve
from cartera.settings import Settings
from tests.identity.linking import table, unoptimised


class World:
    """Resolves people again and again, each time with the ledger of the time before."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.round = 0

    def resolve(
        self, people: Iterable[dict[str, Any]], *, publishes: bool = True
    ) -> dict[str, str]:
        """Resolve; returns the customer of each ``system:record``.

        A build that is killed before it ``publishes`` leaves no ledger.
        """
        self.round += 1
        self.connection = unoptimised(duckdb.connect())
        self.connection.execute(
            "set threads = 1; attach ':memory:' as work; attach ':memory:' as contacts; "
            "create schema work.staging"
        )
        self.connection.register("given_people", table(people))
        self.connection.execute(
            f"create table work.staging.stg_people as select {', '.join(COLUMNS)} from given_people"
        )
        self.resolved = resolve(
            self.settings,
            self.connection,
            publication_id=f"p{self.round}",
            as_of=datetime(2026, 1, self.round, tzinfo=UTC),
            base_contacts=None,
        )
        if publishes:
            export_ledger(self.settings, self.connection, "contacts")
        return dict(
            self.connection.execute(
                "select source_system || ':' || source_record_id, customer_id "
                "from contacts.contacts.identity_map"
            ).fetchall()
        )

    def events(self) -> list[tuple[Any, ...]]:
        """The ledger, in order: event, customer, other customer, record, publication."""
        return self.connection.execute(
            "select event, customer_id, other_customer_id, source_record_id, publication_id "
            "from contacts.contacts.identity_ledger order by event_id"
        ).fetchall()

    def table(self, name: str) -> list[dict[str, Any]]:
        cursor = self.connection.execute(f"select * from {name} order by all")
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@pytest.fixture
def world(tmp_path: Path) -> World:
    settings = Settings(home=tmp_path, hash_key="a key of the tests")
    settings.state.mkdir()
    return World(settings)


@pytest.fixture
def person() -> Callable[..., dict[str, Any]]:
    """A source record: ``person("crm", 1, "Ana García", email=…)``."""

    def make(system: str, number: int, name: str | None = None, **more: Any) -> dict[str, Any]:
        record: dict[str, Any] = {
            "source_system": system,
            "source_record_id": str(number),
            "source": "crm_contacts",
            "created_at": datetime.fromisoformat("2025-01-01"),
        }
        if name:
            record["full_name"] = name
        return record | more

    return make
