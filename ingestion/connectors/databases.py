"""Other databases, through dlt's SQL source: each table by itself, in chunks, to Parquet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa
from sqlalchemy.engine import URL, make_url
from sqlalchemy.pool import NullPool

from cartera.credentials import Credentials
from cartera.errors import CarteraError, UsageError
from ingestion.connectors.config import Table

CHUNK_ROWS = 50_000


class DatabaseReader:
    """Any database that SQLAlchemy has a driver for."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def write(self, table: Table, floor: str | None, part: Path) -> None:
        schema: pa.Schema | None = None
        writer: pq.ParquetWriter | None = None
        try:
            for chunk in self._chunks(table, floor):
                if writer is None:
                    schema = pa.schema([_settled_type(f) for f in chunk.schema])
                    writer = pq.ParquetWriter(part, schema, compression="zstd")
                # Of a first chunk of nothing but NULL no type is known, and of later ones it is.
                writer.write_table(chunk.cast(schema))
        finally:
            if writer:
                writer.close()
        if writer is None:
            pq.write_table(self._nothing(table), part)

    def _chunks(self, table: Table, floor: str | None) -> Iterator[pa.Table]:
        from dlt.sources.sql_database import sql_table

        def adapt(query: Any, reflected: Any, *_: Any) -> Any:
            if not table.cursor:
                return query
            column = reflected.c[table.cursor]
            if floor is not None:
                value = _value(floor, column.type)
                query = query.where(sa.or_(column.is_(None), column >= value))
            return query.order_by(column)

        schema, name = table.schema_and_name
        self._check(table, schema, name)
        rows = sql_table(
            credentials=self._engine,
            table=name,
            schema=schema,
            backend="pyarrow",
            chunk_size=CHUNK_ROWS,
            reflection_level="full_with_precision",
            included_columns=list(table.columns) or None,
            query_adapter_callback=adapt,
        )
        for chunk in rows:
            yield pa.table(chunk)

    def _check(self, table: Table, schema: str | None, name: str) -> None:
        try:
            found = [c["name"] for c in sa.inspect(self._engine).get_columns(name, schema=schema)]
        except sa.exc.NoSuchTableError:
            found = []
        if not found:
            raise UsageError(
                f"There is no table {table.table!r} for this user.",
                fix="Write it as schema.table, as the database spells it.",
            )
        for column in (*table.columns, *filter(None, [table.cursor])):
            if column not in found:
                raise UsageError(
                    f"{table.table} has no column {column!r}.", fix=f"It has: {', '.join(found)}."
                )

    def _nothing(self, table: Table) -> pa.Table:
        """No rows, with the columns of the table."""
        schema, name = table.schema_and_name
        columns = sa.inspect(self._engine).get_columns(name, schema=schema)
        names = [c["name"] for c in columns if not table.columns or c["name"] in table.columns]
        kind = {c["name"]: c["type"] for c in columns}
        fields = [pa.field(n, _arrow(kind[n])) for n in names]
        return pa.schema(fields).empty_table()

    def close(self) -> None:
        self._engine.dispose()


def open_database(credentials: Credentials) -> DatabaseReader:
    """Connect, read-only where the database has a word for it."""
    url = make_url(credentials.uri) if credentials.uri else _url(credentials)
    options: dict[str, Any] = {"poolclass": NullPool, "hide_parameters": True}
    if url.get_backend_name() == "sqlite":
        # SQLite makes a missing file; opened so it neither makes nor changes one. As a URI, or it
        # would take `#`, `?` and `%41` in the name for more than a name.
        address = Path(url.database or "").absolute().as_uri()
        url = URL.create("sqlite", database=address, query={"mode": "ro", "uri": "true"})
    try:
        engine = sa.create_engine(url, **options)
    except (sa.exc.NoSuchModuleError, ModuleNotFoundError) as error:
        raise CarteraError(
            f"No driver for {url.drivername} is installed.",
            fix="Install SQLAlchemy's driver for it into .venv.",
        ) from error
    if url.get_backend_name() in ("mysql", "mariadb"):
        sa.event.listen(engine, "connect", _read_only)
    with engine.connect():
        pass
    return DatabaseReader(engine)


def _read_only(connection: Any, _: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("SET SESSION TRANSACTION READ ONLY")
    cursor.close()


def _url(credentials: Credentials) -> URL:
    return URL.create(
        credentials.scheme,
        credentials.login or None,
        credentials.password or None,
        credentials.host or None,
        credentials.port,
        credentials.database or None,
        dict(credentials.extra),
    )


def _value(floor: str, kind: Any) -> object:
    """``floor`` as a value of the cursor's column."""
    if isinstance(kind, sa.DateTime):
        return datetime.fromisoformat(floor)
    if isinstance(kind, sa.Date):
        return date.fromisoformat(floor[:10])
    if isinstance(kind, sa.Integer):
        return int(Decimal(floor))
    return Decimal(floor) if isinstance(kind, sa.Numeric) else floor


def _settled_type(field: pa.Field) -> pa.Field:
    return field.with_type(pa.string()) if pa.types.is_null(field.type) else field


def _arrow(kind: Any) -> pa.DataType:
    for known, arrow in (
        (sa.DateTime, pa.timestamp("us")),
        (sa.Date, pa.date32()),
        (sa.Integer, pa.int64()),
        (sa.Boolean, pa.bool_()),
        (sa.Float, pa.float64()),
        (sa.Numeric, pa.decimal128(38, 9)),
    ):
        if isinstance(kind, known):
            return arrow
    return pa.string()
