"""``python -m tests.faults.unprivileged UID GID,GROUP… COMMAND…``: the command line as a user.

The interpreter may stand where that user cannot reach it, so everything is imported first and
the user is changed then. ``COMMAND`` is Cartera's, or ``open FILE`` and ``write FILE`` to see
whether DuckDB may. A user id of -1 stays who one is.
"""

from __future__ import annotations

import importlib
import os
import sys

import duckdb

from cartera import cli
from cartera.settings import load_settings
from ingestion.contract import load_contracts

# What the command line imports only where it uses it.
LATER = ("ingestion.landing", "expectations.gate", "traceback", "encodings.latin_1", "_strptime")


def main() -> None:
    user, groups, *command = sys.argv[1:]
    for name in LATER:
        importlib.import_module(name)
    load_contracts(load_settings().contracts)
    if int(user) >= 0:
        group, *others = map(int, groups.split(","))
        os.setgroups([group, *others])
        os.setresgid(group, group, group)
        os.setresuid(int(user), int(user), int(user))
    if command[0] in ("open", "write"):
        mode = "read_only" if command[0] == "open" else "read_write"
        with duckdb.connect() as connection:
            connection.execute(f"attach '{command[1]}' as file ({mode})")
            tables = connection.execute(
                "select count(*) from duckdb_tables() where database_name = 'file'"
            ).fetchall()
            if mode == "read_write":
                connection.execute("create table file.main.mine (n int)")
        print(tables[0][0])
        return
    sys.argv = ["cartera", *command]
    cli.main()


if __name__ == "__main__":
    main()
