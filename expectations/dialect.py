"""How Great Expectations reads a candidate: a SQLAlchemy dialect over its DuckDB files.

The stock dialects lose a result when its connection goes back to the pool, and some
expectations then pass whatever the data says. This one reads every result to its end before
the connection is let go. It leans on internals of Great Expectations, whose version is
therefore pinned; tests/expectations shows that bad data fails every kind in use.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import duckdb
import sqlalchemy as sa
from duckdb_sqlalchemy import ConnectionWrapper, DuckDBExecutionContext
from duckdb_sqlalchemy import Dialect as DuckDBDialect
from sqlalchemy.dialects import registry
from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy
from sqlalchemy.engine.interfaces import ReflectedColumn
from sqlalchemy.pool import NullPool

from cartera.duck import identifier, literal

URL = "duckdb+candidate:///:memory:"
# What rules may hold unless somebody says more: enough for a million customers. DuckDB would keep
# of the candidate what it has read, as long as there is memory.
MEMORY = "2GB"


class Session(NamedTuple):
    """What one connection sees and may use."""

    files: dict[str, str]  # catalog name -> path of a DuckDB file, attached read-only
    spill: str  # folder for what does not fit in memory
    threads: int = 0  # 0: DuckDB decides
    memory_limit: str = ""  # '': MEMORY


def engine_arguments(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Arguments of sqlalchemy.create_engine for engines that read through ``connection``.

    Each checkout is a cursor of it, so files are attached once and nothing stays open after
    ``connection`` is closed.
    """

    def checkout() -> ConnectionWrapper:
        return ConnectionWrapper(connection.cursor())

    return {"creator": checkout, "poolclass": NullPool}


def connect(session: Session) -> duckdb.DuckDBPyConnection:
    """An in-memory connection that sees ``session.files`` and, from then on, nothing else.

    Raises duckdb.Error when a file is missing or is no DuckDB file.
    """
    connection = duckdb.connect()
    try:
        for catalog, path in session.files.items():
            connection.execute(f"attach {literal(path)} as {identifier(catalog)} (read_only)")
        connection.execute(f"set temp_directory = {literal(session.spill)}")
        connection.execute("set timezone = 'UTC'")
        if session.threads:
            connection.execute(f"set threads = {int(session.threads)}")
        connection.execute(f"set memory_limit = {literal(session.memory_limit or MEMORY)}")
        connection.execute("set enable_external_access = false")
        connection.execute("set lock_configuration = true")
    except BaseException:
        connection.close()
        raise
    return connection


class _BufferedContext(DuckDBExecutionContext):
    def post_exec(self) -> None:
        if self.cursor is not None and self.cursor.description is not None:
            self.cursor_fetch_strategy = FullyBufferedCursorFetchStrategy(
                self.cursor, self.cursor.description, self.cursor.fetchall()
            )


class CandidateDialect(DuckDBDialect):
    """Read-only DuckDB over attached files, as Great Expectations needs it."""

    driver = "candidate"
    execution_ctx_cls = _BufferedContext
    supports_statement_cache = True
    # Great Expectations looks for this attribute to choose between spellings of regular
    # expressions and LIKE; Dremio's (REGEXP_MATCHES, LIKE) are DuckDB's too.
    DremioDialect = True

    def get_columns(
        self, connection: Any, table_name: str, schema: str | None = None, **kw: Any
    ) -> list[ReflectedColumn]:
        """Columns of a table, of the plain types that Great Expectations knows by name."""
        columns: list[ReflectedColumn] = []
        for reflected in super().get_columns(connection, table_name, schema, **kw):
            column: ReflectedColumn = reflected.copy()
            column["type"] = _plain(column["type"])
            columns.append(column)
        return columns


def _plain(kind: Any) -> Any:
    if isinstance(kind, sa.Boolean | sa.Date | sa.DateTime | sa.Integer | sa.Float):
        return kind
    if isinstance(kind, sa.Numeric):
        return sa.DECIMAL(kind.precision, kind.scale)
    return sa.VARCHAR()


registry.register("duckdb.candidate", __name__, "CandidateDialect")
