"""Lookups: the value of each key among what has landed, worked out once for all deliveries."""

from __future__ import annotations

import duckdb

from cartera import batches
from cartera.duck import identifier, one_file
from cartera.settings import Settings
from ingestion.contract import Contract, load_source
from ingestion.rows import LookupTable


class Lookups:
    """The lookups of one contract, as tables of ``connection``.

    They show what had landed when they were first asked for; ``landed`` says that a source has
    changed since.
    """

    def __init__(
        self, settings: Settings, connection: duckdb.DuckDBPyConnection, contract: Contract
    ) -> None:
        self._settings, self._connection, self._contract = settings, connection, contract
        self._tables: dict[str, LookupTable] = {}

    def tables(self) -> dict[str, LookupTable]:
        """For each column with a lookup, the latest value of each key among what has landed."""
        for number, (name, mapping) in enumerate(self._contract.columns.items()):
            if mapping.lookup and name not in self._tables:
                wanted = mapping.lookup
                table = f"lookup_{number}"
                found = self._fill(table, wanted.source, wanted.key, wanted.value)
                self._tables[name] = LookupTable(table, found)
        return dict(self._tables)

    def landed(self, source: str) -> None:
        """Forget what was looked up in ``source``."""
        for name, mapping in self._contract.columns.items():
            if mapping.lookup and mapping.lookup.source == source:
                self._tables.pop(name, None)

    def _fill(self, table: str, source: str, key: str, value: str) -> list[str]:
        """Make the table; returns the batches that it was made from."""
        found = [
            m
            for m in batches.readable(batches.scan(self._settings, source))
            if m.system == self._contract.system and m.data(self._settings).exists()
        ]
        rows = " union all ".join(
            f"select cast({identifier(key)} as VARCHAR) as k, {identifier(value)} as v, "
            f"({rank}, file_row_number) as version "
            f"from read_parquet({one_file(m.data(self._settings))}, file_row_number = true)"
            for rank, m in enumerate(found)
        )
        kind = load_source(source).columns[value].sql_type
        empty = (
            f"select cast(null as VARCHAR) as k, cast(null as {kind}) as v, null as version "
            "where false"
        )
        self._connection.execute(
            f"create or replace temp table {table} as "
            f"select k, arg_max(v, version) as v from ({rows or empty}) group by k"
        )
        return [m.batch_id for m in found]
