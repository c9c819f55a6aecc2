"""What a DuckDB reads in a file: run as a script, by whatever version is first on the path.

Prints as JSON the version, and of each table its columns, rows and a digest of them.
"""

from __future__ import annotations

import hashlib
import json
import sys

import duckdb


def read(path: str) -> dict[str, object]:
    with duckdb.connect() as connection:
        # Under a name of its own: contacts.duckdb has a schema contacts.
        quoted = path.replace("'", "''")
        connection.execute(f"attach '{quoted}' as published (read_only)")
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() "
            "where database_name = 'published' order by 1, 2"
        ).fetchall()
        found = {}
        for schema, table in tables:
            cursor = connection.execute(f'select * from published."{schema}"."{table}"')
            columns = [column[0] for column in cursor.description]
            rows = sorted(map(repr, cursor.fetchall()))
            digest = hashlib.sha256("\n".join(rows).encode()).hexdigest()
            found[f"{schema}.{table}"] = [columns, len(rows), digest]
    return {"version": duckdb.__version__, "tables": found}


if __name__ == "__main__":
    print(json.dumps(read(sys.argv[1])))
